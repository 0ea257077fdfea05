"""Files of a data folder: links are left alone, what is written is whole, and trouble is told with its cure."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from tallystick.store import files
from tallystick.store.api import StoreError, StoreInUse
from tallystick.store.sqlite import SqliteStore
from tests.store.chain import chain, fill
from tests.store.failing import failing_disk

NAMES = ("journal.sqlite", "journal.sqlite.lock", "journal.sqlite-wal", "journal.sqlite-shm", "journal.sqlite-journal")
"""Everything a store opens or makes in its folder."""


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """Somebody's file outside of the folder."""
    path = tmp_path / "victim"
    path.write_bytes(b"mine\n" * 3_000)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("used", [False, True], ids=["a new folder", "a kept journal"])
def test_a_link_in_place_of_a_file_is_left_alone(folder: Path, victim: Path, name: str, used: bool) -> None:
    if used:
        store = SqliteStore(folder / "journal.sqlite")
        fill(store, 3)
        store.close()
        (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(victim)
    before = victim.read_bytes(), victim.stat().st_mtime_ns
    with pytest.raises(
        StoreError, match=f"{name} is a symbolic link.*: put the file itself in its place, or remove it"
    ):
        SqliteStore(folder / "journal.sqlite")
    assert (victim.read_bytes(), victim.stat().st_mtime_ns) == before


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_link_to_nowhere_makes_nothing_there(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).symlink_to(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="is a symbolic link"):
        SqliteStore(folder / "journal.sqlite")
    assert not (tmp_path / "nowhere").exists()


def test_a_second_name_of_a_file_is_not_written_over(folder: Path, victim: Path) -> None:
    """A hard link looks like a plain file; that it is no lock is seen by what stands in it."""
    os.link(victim, folder / "journal.sqlite.lock")
    before = victim.read_bytes()
    with pytest.raises(StoreError, match=r"journal\.sqlite\.lock is no lock of ours"):
        SqliteStore(folder / "journal.sqlite")
    assert victim.read_bytes() == before


def test_a_second_name_of_a_file_of_digits_is_not_written_over(folder: Path, victim: Path) -> None:
    """It could be a lock by what stands in it; a lock has one name."""
    victim.write_bytes(b"2026")
    os.link(victim, folder / "journal.sqlite.lock")
    with pytest.raises(StoreError, match=r"journal\.sqlite\.lock is no lock of ours"):
        SqliteStore(folder / "journal.sqlite")
    assert victim.read_bytes() == b"2026"


def test_a_pipe_in_place_of_a_file_holds_nobody_up(folder: Path) -> None:
    os.mkfifo(folder / "journal.sqlite.lock")
    with pytest.raises(StoreError, match="is no plain file"):
        SqliteStore(folder / "journal.sqlite")
    os.mkfifo(folder / "connection.json")
    with pytest.raises(StoreError, match="is no plain file"):
        files.read_whole(folder / "connection.json")


def test_the_folder_itself_may_be_reached_by_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(folder)
    store = SqliteStore(tmp_path / "way" / "journal.sqlite")
    fill(store, 3)
    with pytest.raises(StoreInUse):
        SqliteStore(folder / "journal.sqlite")
    store.close()
    store = SqliteStore(folder / "journal.sqlite")
    assert list(store.entries()) == chain(3)
    store.close()


def test_lines_are_read_as_they_stand_in_the_file(folder: Path) -> None:
    """An empty line is a line; what follows the last end of line is one too."""
    path = folder / "lines"
    path.write_bytes(b"one\n\nthree")
    assert list(files.read_lines(path)) == [b"one", b"", b"three"]


def test_lines_of_a_link_are_not_read(folder: Path, victim: Path) -> None:
    link = folder / "lines"
    link.symlink_to(victim)
    with pytest.raises(StoreError, match="a symbolic link"):
        list(files.read_lines(link))


def test_a_file_is_replaced_whole_and_a_link_in_its_place_goes(folder: Path, victim: Path) -> None:
    path = folder / "connection.json"
    for name in ("connection.json", "connection.json.new"):
        (folder / name).symlink_to(victim)
    before = victim.read_bytes()
    with pytest.raises(StoreError, match="is a symbolic link"):
        files.read_whole(path)
    files.write_whole(path, b"{}")
    assert victim.read_bytes() == before
    assert files.read_whole(path) == b"{}"
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    assert [found.name for found in folder.iterdir()] == ["connection.json"]


def test_a_folder_in_the_way_of_a_file_is_named(folder: Path) -> None:
    files.write_whole(folder / "connection.json", b"old")
    (folder / "connection.json.new").mkdir()
    with pytest.raises(StoreError, match=r"cannot use .*connection\.json\.new: Is a directory"):
        files.write_whole(folder / "connection.json", b"new")
    assert files.read_whole(folder / "connection.json") == b"old"


def test_a_write_that_fails_leaves_the_file_before_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "connection.json"
    files.write_whole(path, b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the disk it lies on is full: make room there and try again"):
        files.write_whole(path, b"new")
    assert files.read_whole(path) == b"old"


def test_what_is_said_of_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite calls it an I/O error where it cannot make its shared index: how much is left tells the rest."""
    said = r"cannot use .*: the disk it lies on is full: make room there and try again; what was acknowledged is safe"
    with failing_disk() as disk:
        disk.fail_next("db", "write")
        with pytest.raises(StoreError, match=said):
            SqliteStore(folder / "journal.sqlite")
        disk.fail_next("db", "sync")
        with pytest.raises(StoreError, match=r"cannot use .*: disk I/O error, SQLITE_IOERR_FSYNC$"):
            SqliteStore(folder / "journal.sqlite")
        whole = os.statvfs
        values = list(whole(folder))
        values[4] = 1
        monkeypatch.setattr(os, "statvfs", lambda place: os.statvfs_result(values))
        disk.fail_next("db", "sync")
        with pytest.raises(StoreError, match=said):
            SqliteStore(folder / "journal.sqlite")
        store = SqliteStore(folder / "journal.sqlite")
        disk.fail_next("wal", "sync")
        with pytest.raises(StoreError, match="disk I/O error, SQLITE_IOERR_FSYNC; make room on the disk of"):
            fill(store, 3)
        store.close()


def test_a_lock_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first thing that is written into a folder, so what a full disk refuses first."""

    def full(handle: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(StoreError, match="is full: make room"):
            SqliteStore(folder / "journal.sqlite")
    SqliteStore(folder / "journal.sqlite").close()


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EACCES, "give --data a folder you may write to"),
        (errno.EROFS, "give --data a folder you may write to"),
        (errno.EDQUOT, "make room there"),
        (errno.EIO, "the disk is failing"),
        (errno.ENOTDIR, "Not a directory"),
    ],
)
def test_trouble_is_told_with_its_cure(tmp_path: Path, number: int, cure: str) -> None:
    assert cure in str(files.trouble(tmp_path / "new" / "data", OSError(number, os.strerror(number))))


def test_who_else_may_write_or_read_is_told(folder: Path) -> None:
    secret = folder / "journal.sqlite"
    secret.write_bytes(b"x")
    secret.chmod(0o600)
    folder.chmod(0o700)
    assert files.lets_others(folder, secret, folder / "missing") == []
    folder.chmod(0o777)
    secret.chmod(0o644)
    written, read = files.lets_others(folder, secret)
    assert f"chmod 700 {folder}" in written
    assert f"chmod 600 {secret}" in read
    folder.chmod(0o1777)
    assert len(files.lets_others(folder)) == 1
