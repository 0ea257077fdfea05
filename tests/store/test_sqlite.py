"""What only a file can do wrong."""

from __future__ import annotations

import itertools
import os
import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from tallystick.store import sqlite_reader
from tallystick.store.api import (
    HistoryRow,
    JournalDamaged,
    KeyRecord,
    Snapshot,
    StoreError,
    StoreInUse,
    WriteBatch,
    checked_entries,
)
from tallystick.store.format import FORMAT
from tallystick.store.sqlite import SqliteStore
from tests.store.chain import chain, fill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def test_everything_is_there_after_opening_again(path: Path) -> None:
    store = SqliteStore(path)
    entries = fill(store, 100)
    store.close()
    store = SqliteStore(path)
    assert list(checked_entries(store)) == entries
    store.close()


def test_files_are_private(path: Path) -> None:
    old = os.umask(0)
    try:
        store = SqliteStore(path)
        fill(store, 3)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        store.close()
    finally:
        os.umask(old)
    assert set(modes) == {path.name, path.name + "-wal", path.name + "-shm", path.name + ".lock"}
    assert set(modes.values()) == {0o600}


def test_every_commit_is_synced(path: Path) -> None:
    """FULL syncs the log at each commit; NORMAL would lose acknowledged commands with the power."""
    store = SqliteStore(path)
    assert store._writer.pragma("journal_mode") == "wal"
    assert store._writer.pragma("synchronous") == 2
    store.close()


def test_a_second_holder_is_refused_by_name(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises(StoreInUse, match=f"data folder is in use by process {os.getpid()}"):
        SqliteStore(path)
    store.close()
    SqliteStore(path).close()


HOLD = """
import sys, time
from pathlib import Path
from tallystick.store.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
print("open", flush=True)
time.sleep(60)
"""


def test_a_second_process_is_refused_until_the_first_is_killed(path: Path) -> None:
    """E12; the system takes the lock back from a killed process, so nobody has to remove a file."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(StoreInUse, match=f"in use by process {holder.pid}$"):
            SqliteStore(path)
        holder.kill()
        holder.wait()
    SqliteStore(path).close()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot use"):
        SqliteStore(tmp_path / "missing" / "journal.sqlite")


def test_a_file_that_is_no_journal(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="cannot use"):
        SqliteStore(path)
    path.unlink()
    stranger = apsw.Connection(str(path))
    stranger.execute("CREATE TABLE t (x); PRAGMA user_version = 1")
    stranger.close()
    with pytest.raises(StoreError, match="not a journal of this program"):
        SqliteStore(path)


def test_a_file_of_a_later_version(path: Path) -> None:
    SqliteStore(path).close()
    later = apsw.Connection(str(path))
    later.pragma("user_version", FORMAT + 1)
    later.close()
    said = f"written by a later version .format {FORMAT + 1}, this one knows formats up to {FORMAT}.: go on with that"
    with pytest.raises(StoreError, match=said):
        SqliteStore(path)


def damage(path: Path, statement: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "seq", "reason"),
    [
        ("UPDATE journal SET events = x'5b5d' WHERE seq = 7", 7, "hash mismatch"),
        ("UPDATE journal SET command = cast(command || ' ' AS BLOB) WHERE seq = 1", 1, "hash mismatch"),
        ("UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 20", 20, "hash mismatch"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 9", 9, "hash mismatch"),
        ("DELETE FROM journal WHERE seq = 5", 5, "entry missing, 6 follows 4"),
        ("DELETE FROM journal WHERE seq = 1", 1, "entry missing, 2 follows 0"),
        ("UPDATE meta SET value = '{\"x\":1}' WHERE name = 'genesis'", 1, "hash mismatch"),
        ("DELETE FROM meta", 1, "the state it starts from is missing"),
    ],
)
def test_damage_is_found_and_named(path: Path, statement: str, seq: int, reason: str) -> None:
    """E9: where and why, whatever was touched."""
    store = SqliteStore(path)
    fill(store, 20)
    store.close()
    damage(path, statement)
    store = SqliteStore(path)
    with pytest.raises(JournalDamaged, match=f"^journal damaged at seq {seq}: {reason}$"):
        list(checked_entries(store))
    store.close()


def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    store = SqliteStore(path)
    fill(store, 3)
    damage(path, "CREATE TRIGGER no BEFORE INSERT ON journal WHEN NEW.seq = 5 BEGIN SELECT raise(ABORT, 'full'); END")
    with pytest.raises(StoreError, match=r"write failed: .*full"):
        store.write(WriteBatch(settings={"name": "value"}, entries=chain(6)[3:]))
    assert store.get_meta("name") is None
    assert [entry.seq for entry in store.entries()] == [1, 2, 3]
    store.write(WriteBatch(snapshot=Snapshot(3, 3, b"", b"")))
    store.close()


NOTHING_TAKEN = "CREATE TRIGGER no BEFORE INSERT ON {} BEGIN SELECT raise(IGNORE); END"


@pytest.mark.parametrize("table", ["journal", "history", "keys", "meta", "snapshot"])
def test_a_row_that_is_not_taken_fails_the_write(path: Path, table: str) -> None:
    batches = {
        "journal": WriteBatch(entries=chain(4)[3:]),
        "history": WriteBatch(rows=[HistoryRow(table="t", user_id=1, key=1, id=1, a="", b="", body=b"{}")]),
        "keys": WriteBatch(
            keys=[
                KeyRecord(
                    api_key="a", secret_key="s", passphrase_hash=b"", passphrase_salt=b"", user_id=1, permissions=()
                )
            ]
        ),
        "meta": WriteBatch(settings={"clock": "{}"}),
        "snapshot": WriteBatch(snapshot=Snapshot(3, 3, b"h", b"{}")),
    }
    store = SqliteStore(path)
    fill(store, 3)
    damage(path, NOTHING_TAKEN.format(table))
    with pytest.raises(StoreError, match="write failed: 0 rows were changed where 1 were to be written"):
        store.write(batches[table])
    store.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (NOTHING_TAKEN.format("journal"), "it holds the trigger no, which is none of ours"),
        ("CREATE VIEW other AS SELECT * FROM journal", "it holds the view other, which is none of ours"),
        ("CREATE TABLE other (x)", "it holds the table other, which is none of ours"),
        ("CREATE UNIQUE INDEX one ON history (name)", "it holds the index one, which is none of ours"),
        ("DROP INDEX history_a", "its index history_a is missing"),
        ("DROP TABLE snapshot", "its table snapshot is missing"),
        ("ALTER TABLE meta ADD COLUMN more TEXT", "its table meta is declared in another way"),
    ],
)
def test_what_is_made_otherwise_than_by_us_is_named(path: Path, statement: str, said: str) -> None:
    """Beside a store that is open, and where one is opened."""
    store = SqliteStore(path)
    fill(store, 3)
    damage(path, statement)
    view = store.view()
    assert said in view.faults(lambda: None)
    view.close()
    store.close()
    with pytest.raises(StoreError, match=said):
        SqliteStore(path)


def test_the_last_page_costs_what_the_first_costs(path: Path) -> None:
    """No step of the query plan is a scan or a sort, whatever is filtered."""
    store = SqliteStore(path)
    for by_a, by_b, pieces in itertools.product((False, True), (False, True), (0, 2)):
        statement = sqlite_reader._page_query(by_a, by_b, pieces)
        values = ("loan", 1, *(("x",) * (by_a + by_b)), 0, 10, *((b"x",) * pieces), 100)
        plan = [str(step[3]) for step in store._connection.execute("EXPLAIN QUERY PLAN " + statement, values)]
        assert len(plan) == 1, plan
        assert plan[0].startswith("SEARCH history USING"), plan
        assert "key>? AND key<?" in plan[0], plan
    store.close()
