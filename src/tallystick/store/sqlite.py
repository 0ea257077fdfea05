"""One SQLite file in WAL mode, one process that writes, every commit synced before it returns.

The driver brings its own current SQLite: the one a distribution ships may carry old faults of the
write-ahead log. Two connections: the writer commits and checkpoints, the reader pages beside it and
sees only what is committed. Histories are one table clustered on (table, user, key, id), so the
last page of ten million rows costs what the first one costs.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import apsw
import msgspec

from tallystick.store import files, sqlite_copy, sqlite_saved
from tallystick.store.api import (
    GENESIS,
    Entry,
    HistoryRow,
    Reader,
    Reset,
    StoreError,
    StoreInUse,
    WriteBatch,
)
from tallystick.store.copying import Progress
from tallystick.store.format import FORMAT, Steps
from tallystick.store.records import superfluous
from tallystick.store.sqlite_reader import SqliteReader, disk_errors, first_of, words_of
from tallystick.store.sqlite_schema import APPLICATION, SCHEMA, difference
from tallystick.store.sqlite_upgrade import upgrade
from tallystick.store.upgrading import way_from

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite makes beside the file."""
HOLDER_FORM = re.compile(rb"[0-9\0]{0,20}[\n\0]?")
"""Of a lock; zeros are what a power loss can leave in it."""
CHECKPOINT_PAGES = 2_000
"""Pages of the write-ahead log from which on a commit folds them into the file."""
_OPEN_EXISTING = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOFOLLOW
_OPEN_READER = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_NOFOLLOW


class SqliteStore(SqliteReader):
    """Implements `store.api.Store` on the file `path`, which is made with mode 0600 where it is missing.

    Links on the way to the folder are followed, the file itself must not be one. Raises StoreInUse when another
    process has it open, StoreError when it cannot be used: also of a later format, or of an earlier one without the
    `steps` from there. With them it is brought to the present format, and `was_format` is the one it had.
    """

    def __init__(self, path: Path, steps: Steps | None = None) -> None:
        self._steps = steps or {}
        self.was_format = FORMAT
        path = Path(os.path.realpath(path.parent)) / path.name
        self._path = path
        self._lock_file = _take_lock(path.with_name(path.name + ".lock"))
        self._writing = threading.Lock()
        self._log_pages = 0
        self._failed = False
        """The last write did not succeed: what the disk holds is not known."""
        try:
            self._open()
        except (OSError, apsw.Error) as error:
            os.close(self._lock_file)
            if isinstance(error, apsw.Error):
                error = first_of(error)
            words = words_of(error) if isinstance(error, apsw.Error) else ""
            if isinstance(error, apsw.CorruptError | apsw.NotADBError):
                words += ": the file is damaged, put it back from a copy"
            raise files.trouble(path, error, words, full=isinstance(error, apsw.FullError)) from error
        except StoreError:
            os.close(self._lock_file)
            raise

    def _open(self) -> None:
        _create_private(self._path)
        for suffix in BESIDE:
            if (link := self._path.with_name(self._path.name + suffix)).is_symlink():
                # SQLite opens none, and says no more than that it cannot open something.
                raise files.not_ours(link, "a symbolic link")
        self._writer = self._connect(_OPEN_EXISTING)
        try:
            self._prepare()
            # SQLite does so too when it makes the log, and passes over a disk that refuses.
            files.sync_folder(self._path.parent)
            super().__init__(self._connect(_OPEN_READER), self._path)
        except BaseException:
            self._writer.close()
            raise

    def _connect(self, flags: int) -> apsw.Connection:
        connection = apsw.Connection(str(self._path), flags=flags)
        connection.set_busy_timeout(5_000)
        # A stable plan per statement: otherwise each page is planned anew for its bound values, a third of its cost.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        return connection

    def _prepare(self) -> None:
        version = self._writer.pragma("user_version")
        if version > FORMAT:
            raise StoreError(
                f"{self._path} was written by a later version (format {version}, this one knows formats up to "
                f"{FORMAT}): go on with that version, or begin anew with another --data"
            )
        if version == 0:
            self._writer.pragma("page_size", 8192)
        self._writer.pragma("journal_mode", "wal")
        self._writer.pragma("synchronous", "full")
        # SQLite's own checkpoint keeps the errors of the disk to itself; ours is a write like any other.
        self._writer.set_wal_hook(self._note_log)
        if version == 0:
            with self._writer:
                self._writer.execute(SCHEMA)
        elif self._writer.pragma("application_id") != APPLICATION:
            raise StoreError(f"{self._path} is not a journal of this program")
        elif version < FORMAT:
            self._upgrade(version)
        self._require_ours()

    def _require_ours(self) -> None:
        if found := difference(self._writer):
            raise StoreError(f"{self._path} was changed by another hand: {found}. Put it back from a copy")

    def _upgrade(self, version: int) -> None:
        way = way_from(version, self._steps)
        if way is None:
            raise StoreError(
                f"{self._path} was written by an earlier version (format {version}, this one writes format {FORMAT}): "
                "keep a copy and start it with tally serve, which brings it to this format"
            )
        upgrade(self._writer, version, way, self._require_ours)
        self.was_format = version

    # ---- writing

    def write(self, batch: WriteBatch) -> None:
        with self._writing, disk_errors("write", self._path):
            self._failed = True
            with self._writer:
                self._put(batch)
            if self._log_pages >= CHECKPOINT_PAGES:
                self._writer.wal_checkpoint()
            self._failed = False

    def _note_log(self, connection: apsw.Connection, database: str, pages: int) -> int:
        """Called by SQLite after a commit."""
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _put(self, batch: WriteBatch) -> None:
        if batch.forget is not None:
            sqlite_saved.forget(self._writer, batch.forget)
        if batch.reset is not None:
            self._reset(batch.reset)
        if batch.restore is not None:
            sqlite_saved.restore(self._writer, batch.restore)
        self._insert("REPLACE INTO meta VALUES (?, ?)", list(batch.settings.items()))
        keys = [(key.api_key, key.user_id, msgspec.json.encode(key)) for key in batch.keys]
        self._insert("REPLACE INTO keys VALUES (?, ?, ?)", keys)
        if batch.entries:
            self._check_follows(batch.entries)
            entries = [(e.seq, e.at_ms, e.command, e.events, e.hash) for e in batch.entries]
            self._insert("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", entries)
        rows = [(r.table, r.user_id, r.key, r.id, r.a, r.b, r.body) for r in batch.rows]
        self._insert("REPLACE INTO history VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        if (kept := batch.snapshot) is not None:
            values = (kept.seq, kept.at_ms, kept.hash, kept.state)
            self._insert("REPLACE INTO snapshot VALUES (?, ?, ?, ?)", [values])
            held: list[Any] = self._writer.execute("SELECT seq FROM snapshot ORDER BY seq").fetchall()
            for seq in superfluous([row[0] for row in held]):
                self._writer.execute("DELETE FROM snapshot WHERE seq = ?", (seq,))
        if batch.save is not None:
            sqlite_saved.save(self._writer, batch.save)

    def fill(self, view: Reader, progress: Progress) -> None:
        """Write everything of another store into this one, which is empty, in one transaction. Raises StoreError, what
        `progress` raises: nothing is written."""
        with self._writing, disk_errors("write", self._path):
            sqlite_copy.fill(self._writer, view, progress)

    def _insert(self, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
        """Raises StoreError where not every row was taken: a trigger of another hand can pass over one in silence."""
        if not values:
            return
        before = self._writer.total_changes()
        self._writer.executemany(statement, values)
        taken = self._writer.total_changes() - before
        if taken != len(values):
            raise StoreError(f"write failed: {taken} rows were changed where {len(values)} were to be written")

    def _check_follows(self, entries: Sequence[Entry]) -> None:
        seq = self._writer.execute("SELECT coalesce(max(seq), 0) FROM journal").get
        for entry in entries:
            seq += 1
            if entry.seq != seq:
                raise StoreError(f"entry {entry.seq} does not follow entry {seq - 1}")

    def _reset(self, reset: Reset) -> None:
        self._writer.execute("DELETE FROM journal; DELETE FROM history; DELETE FROM snapshot")
        for (api_key,) in self._writer.execute("SELECT api_key FROM keys").fetchall():
            if api_key not in reset.keep_keys:
                self._writer.execute("DELETE FROM keys WHERE api_key = ?", (api_key,))
        self._insert("REPLACE INTO meta VALUES (?, ?)", [(GENESIS, reset.genesis)])

    # ---- reading beside the writer

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        # A connection of its own: a long walk neither holds up the pages nor sees later commits.
        with self._beside() as reader:
            yield from reader.entries(after_seq)

    def history(self) -> Iterator[HistoryRow]:
        with self._beside() as reader:
            yield from reader.history()

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        with self._beside() as reader:
            yield from reader.indexed(column)

    def view(self) -> SqliteReader:
        connection = self._connect(_OPEN_READER)
        try:
            with disk_errors("read", self._path):
                # What is read first is the moment everything that follows is read at.
                connection.execute("BEGIN; SELECT count(*) FROM meta").fetchall()
        except BaseException:
            connection.close()
            raise
        return SqliteReader(connection, self._path)

    def _beside(self) -> closing[SqliteReader]:
        return closing(SqliteReader(self._connect(_OPEN_READER), self._path))

    def close(self) -> None:
        """Fold the log into the file and let go of the folder. Harmless when called twice.

        Raises StoreError where the disk refuses to take what was written; where a write has failed, that was told.
        """
        with self._writing:
            if self._lock_file < 0:
                return
            super().close()
            try:
                # SQLite does the same when it closes, and keeps to itself that it failed.
                if self._log_pages and not self._failed:
                    with disk_errors("folding the log into the file", self._path):
                        self._writer.wal_checkpoint()
            finally:
                self._writer.close()
                os.close(self._lock_file)
                self._lock_file = -1


def _create_private(path: Path) -> None:
    """The log and the shared index take over the mode of the file, so only this one is set."""
    os.close(files.open_own(path, os.O_RDWR | os.O_CREAT))


def _take_lock(path: Path) -> int:
    """An advisory lock the system lets go of when the process ends, however it ends; the file names the holder."""
    try:
        handle = files.open_own(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise files.trouble(path.parent, error) from error
    try:
        _hold(handle, path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _hold(handle: int, path: Path) -> None:
    named = os.read(handle, 32)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise files.trouble(path, error) from error
        holder = named.decode("ascii", "replace").strip() or "unknown"
        raise StoreInUse(f"data folder is in use by process {holder}") from None
    if os.fstat(handle).st_nlink > 1 or not HOLDER_FORM.fullmatch(named):
        # A second name of somebody's file, which writing to ours would write over.
        raise files.not_ours(path, "no lock of ours")
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, b"%d\n" % os.getpid(), 0)
    except OSError as error:
        raise files.trouble(path.parent, error) from error
