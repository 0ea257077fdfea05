"""What a store says when the disk refuses: a StoreError whatever was to be written, and never half of a batch."""

from __future__ import annotations

import errno
from pathlib import Path

import apsw
import pytest

from tallystick.store import files, sqlite
from tallystick.store.api import GENESIS, HistoryRow, KeyRecord, Reset, Save, Snapshot, StoreError, WriteBatch
from tallystick.store.sqlite import SqliteStore
from tests.store.at_once import at_once
from tests.store.chain import chain, fill
from tests.store.failing import failing_disk

KEY = KeyRecord(api_key="a", secret_key="s", passphrase_hash=b"", passphrase_salt=b"", user_id=1, permissions=())
OLD_KEY = KeyRecord(api_key="old", secret_key="s", passphrase_hash=b"", passphrase_salt=b"", user_id=1, permissions=())
BATCHES = {
    "entries": WriteBatch(entries=chain(4)[3:]),
    "rows": WriteBatch(rows=[HistoryRow(table="loan", user_id=1, key=1, id=1, a="", b="", body=b"{}")]),
    "keys": WriteBatch(keys=[KEY]),
    "settings": WriteBatch(settings={"clock": "{}"}),
    "snapshot": WriteBatch(snapshot=Snapshot(3, 3, b"h", b"{}")),
    "reset": WriteBatch(reset=Reset("[]", frozenset())),
    "save": WriteBatch(save=Save("kept", 4, 3, 1)),
    "restore": WriteBatch(restore="old", settings={"generation": "2"}),
    "forget": WriteBatch(forget="old"),
}


def contents(store: SqliteStore) -> list[object]:
    return [
        list(store.entries()),
        list(store.history()),
        store.load_keys(),
        store.get_meta("clock"),
        store.get_meta(GENESIS),
        store.snapshot(),
        store.saved(),
    ]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("sync", r"disk I/O error, SQLITE_IOERR_FSYNC"),
        ("write", "database or disk is full"),
    ],
)
@pytest.mark.parametrize("kind", BATCHES)
def test_whatever_is_written_a_failed_write_or_sync_is_an_error(
    tmp_path: Path, kind: str, call: str, said: str
) -> None:
    with failing_disk() as disk:
        store = SqliteStore(tmp_path / "journal.sqlite")
        fill(store, 3)
        store.write(WriteBatch(save=Save("old", 3, 3, 1)))
        store.write(WriteBatch(keys=[OLD_KEY]))
        before = contents(store)
        disk.fail_next("wal", call)
        with pytest.raises(StoreError, match=f"write failed: {said}"):
            store.write(BATCHES[kind])
        assert disk.failed
        assert contents(store) == before
        store.write(BATCHES[kind])
        assert contents(store) != before
        store.close()


@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_checkpoint_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """SQLite's own checkpoint behind a commit would keep it to itself."""
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 1)
    with failing_disk() as disk:
        store = SqliteStore(tmp_path / "journal.sqlite")
        disk.fail_next("db", call)
        with pytest.raises(StoreError, match="write failed"):
            fill(store, 3)
        assert disk.failed
        store.close()
        store = SqliteStore(tmp_path / "journal.sqlite")
        assert list(store.entries()) == chain(3)
        store.close()


@pytest.mark.parametrize(("call", "said"), [("write", "database or disk is full"), ("sync", "SQLITE_IOERR_FSYNC")])
def test_a_last_fold_of_the_log_that_fails_is_an_error(tmp_path: Path, call: str, said: str) -> None:
    """SQLite's own, when it closes, would keep it to itself. The folder is let go of all the same."""
    with failing_disk() as disk:
        store = SqliteStore(tmp_path / "journal.sqlite")
        fill(store, 3)
        disk.fail_next("db", call)
        with pytest.raises(StoreError, match=f"folding the log into the file failed: .*{said}"):
            store.close()
        assert disk.failed
        store.close()
        store = SqliteStore(tmp_path / "journal.sqlite")
        assert list(store.entries()) == chain(3)
        store.close()


def test_a_folder_that_cannot_be_synced_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a power failure could take the names of the files, with all that was acknowledged."""

    def failing(folder: Path) -> None:
        raise OSError(errno.EIO, f"planted for {folder.name}")

    with monkeypatch.context() as patch:
        patch.setattr(files, "sync_folder", failing)
        with pytest.raises(StoreError, match=rf"planted for {tmp_path.name}: the disk is failing"):
            SqliteStore(tmp_path / "journal.sqlite")
    SqliteStore(tmp_path / "journal.sqlite").close()


def test_a_full_disk_is_named_where_the_schema_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has taken the transaction back by then; that nothing is left to take back is not what ails."""
    whole = SqliteStore._connect

    def little(store: SqliteStore, flags: int) -> apsw.Connection:
        connection = whole(store, flags)
        connection.pragma("max_page_count", 3)
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "_connect", little)
        with pytest.raises(StoreError, match="is full: make room there") as caught:
            SqliteStore(tmp_path / "journal.sqlite")
    assert "rollback" not in str(caught.value)
    SqliteStore(tmp_path / "journal.sqlite").close()


def test_the_log_is_folded_into_the_file_now_and_then(tmp_path: Path) -> None:
    """With our own checkpoint in place of SQLite's, the log grows no further than before."""
    with failing_disk() as disk:
        store = SqliteStore(tmp_path / "journal.sqlite")
        disk.calls.clear()
        pages = 3 * sqlite.CHECKPOINT_PAGES
        for number in range(pages // 50):
            store.write(
                WriteBatch(
                    rows=[HistoryRow(table="loan", user_id=1, key=number, id=1, a="", b="", body=b"x" * 50 * 8192)]
                )
            )
        assert ("db", "sync") in disk.calls
        size = (tmp_path / "journal.sqlite-wal").stat().st_size
        assert size < 2 * sqlite.CHECKPOINT_PAGES * 8192
        store.close()


def test_a_group_is_one_transaction(tmp_path: Path) -> None:
    """However much it carries, one sync of the log makes it durable."""
    with failing_disk() as disk:
        store = SqliteStore(tmp_path / "journal.sqlite")
        disk.calls.clear()
        store.write(
            WriteBatch(
                reset=Reset("{}", frozenset()),
                settings={"clock": "{}"},
                keys=[KEY],
                entries=chain(3),
                rows=[HistoryRow(table="loan", user_id=1, key=1, id=1, a="", b="", body=b"{}")],
                snapshot=Snapshot(3, 3, b"h", b"{}"),
                save=Save("kept", 4, 3, 1),
            )
        )
        assert disk.calls.count(("wal", "sync")) == 1
        assert ("db", "sync") not in disk.calls
        store.close()


def test_a_read_that_fails_is_an_error_of_the_store(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    store = SqliteStore(path)
    fill(store, 2_000)
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (size - 8192))
    store = SqliteStore(path)
    for attempt in (
        store.last_entry,
        store.load_keys,
        lambda: at_once(store.page("loan", 1, 0, 9)),
        lambda: list(store.history()),
    ):
        with pytest.raises(StoreError, match="read failed: database disk image is malformed"):
            attempt()
    store.close()
