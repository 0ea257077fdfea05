"""The file of an archive under a disk that dies at any write or sync, is full, or flips bits; and who opens it.

A short form of what `make torture` does for the archive with every operation and every page.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.bases.sqlite import SqliteBase
from tallystick.archive.certificate import lines
from tallystick.archive.checking import check
from tallystick.archive.records import Problem
from tallystick.archive.standing import status
from tallystick.archive.store import Archive
from tests.archive.books import DAY_MS, MINUTE_MS, Book
from tests.client.lists import START_MS
from tests.torture.disk import Faults, Operation, watched

ROWS = 330
PAGE = 4_096
FLIPS = 24


class Dies:
    """A watcher under which every write and sync fails from one operation on: the process is dead for its file."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seen = 0

    def __call__(self, operation: Operation) -> None:
        if operation.doing in ("write", "sync", "truncate"):
            self.seen += 1
            if self.seen >= self.at:
                raise apsw.IOError("planted: the process is dead")


def filled(place: Path) -> Book:
    """An archive of a list of 330 rows, of which 200 were pulled before the rest came."""
    book = Book(place, inclusive=True, by_time=True, shared=True)
    for number in range(200):
        book.add(START_MS + number // 2 * MINUTE_MS)
    book.now_ms = START_MS + 300 * MINUTE_MS
    book.pull()
    for number in range(ROWS - 200):
        book.add(book.now_ms + number * 1_000)
    book.now_ms += DAY_MS
    return book


def died_at(folder: Path, operation: int) -> bool:
    """Pull with a disk that dies, and again with one that does not; False where the pull was over before."""
    book = filled(folder / f"{operation}.archive")
    dies = Dies(operation)
    book.archive.close()
    with watched(dies):
        with suppress(ArchiveError):
            book.archive = Archive(folder / f"{operation}.archive")
            book.pull()
        with suppress(ArchiveError):
            book.archive.close()
    book.archive = Archive(folder / f"{operation}.archive")
    assert {one.kind for one in check(book.archive).problems} <= {"gap"}, operation
    book.pull()
    assert book.amounts() == sorted(one["amt"] for one in book.all), operation
    assert check(book.archive).problems == [], operation
    book.archive.close()
    return dies.seen >= operation


def test_a_pull_that_dies_at_any_write_or_sync_loses_and_doubles_nothing(tmp_path: Path) -> None:
    operation = 1
    while died_at(tmp_path, operation):
        operation += 3
    assert operation > 20


def test_a_writer_that_commits_in_pieces_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: rows and their page are written one by one, each in a transaction of its own."""
    monkeypatch.setattr(SqliteBase, "writing", lambda base: base._named())
    with pytest.raises(AssertionError):
        all(died_at(tmp_path, operation) for operation in range(1, 60))


@pytest.mark.parametrize("doing", ["write", "sync"])
def test_a_disk_that_fails_once_is_named_and_the_pull_goes_on_after_it(tmp_path: Path, doing: str) -> None:
    book = filled(tmp_path / "full.archive")
    book.archive.close()
    faults = Faults()
    with watched(faults):
        book.archive = Archive(tmp_path / "full.archive")
        faults.fail(doing, 1, "full")
        said = ""
        try:
            book.pull()
        except ArchiveError as error:
            said = str(error)
        assert "is full: make room and pull again" in said
        book.pull()
        assert book.amounts() == sorted(one["amt"] for one in book.all)
        book.archive.close()
    assert faults.seen["failed"] == 1
    with Archive(tmp_path / "full.archive") as archive:
        assert check(archive).problems == []


# ---- bits


def dump(archive: Archive) -> list[object]:
    """All that the archive says, in an order of its own.

    `walk` of a row is no part of it: the next reading writes its own number there before it compares any.
    """
    columns = {"row": "id, series, cursor, identity, n, at_ms, raw"}
    tables = ("account", "series", "row", "former", "span", "hole", "finding", "page", "balance")
    return [sorted(map(repr, archive.read(f"SELECT {columns.get(table, '*')} FROM {table}"))) for table in tables]


def read_all(archive: Archive) -> None:
    """All that reads rows and pages for others."""
    for read in (lambda: list(lines(archive)), lambda: status(archive, 0), lambda: archive.ask("SELECT * FROM rows")):
        with suppress(ArchiveError):
            read()


def flipped(path: Path, whole: bytes, offset: int, bit: int) -> str:
    """Fate of an archive with one bit flipped: "named", "harmless", or what is wrong.

    Named is what is not said of the whole archive.
    """
    path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1 << bit]) + whole[offset + 1 :])
    try:
        with Archive(path, read_only=True) as archive:
            problems = check(archive).problems
            read_all(archive)
            if problems != WHOLE[whole][1]:
                return "named"
            return "harmless" if dump(archive) == WHOLE[whole][0] else f"unseen at {offset}, bit {bit}"
    except ArchiveError:
        return "named"


WHOLE: dict[bytes, tuple[list[object], list[Problem]]] = {}
"""Contents of an archive that is whole, and what is said of it."""


def a_whole_file(folder: Path) -> bytes:
    """Bytes of an archive that is whole, with a row that changed and one that is not shown any more."""
    book = filled(folder / "whole.archive")
    book.pull()
    other = Book(book.archive, inclusive=True, by_time=False, shared=False, filters='{"tag":"other"}')
    for number in range(150):
        other.add(START_MS + number * MINUTE_MS)
    other.now_ms = START_MS + DAY_MS
    other.pull()
    other.listed.rows[2] = {**other.listed.rows[2], "type": "repaid"}
    del other.listed.rows[4]
    other.pull()
    book.archive.close()
    with Archive(folder / "whole.archive") as archive:
        assert archive.read("SELECT (SELECT count(*) FROM former), (SELECT count(*) FROM finding)") == [(1, 1)]
        found = dump(archive), check(archive).problems
    whole = (folder / "whole.archive").read_bytes()
    WHOLE[whole] = found
    return whole


def test_a_bit_that_flips_in_any_page_is_named_or_changes_nothing(tmp_path: Path) -> None:
    whole, chance = a_whole_file(tmp_path), random.Random(5)
    pages = len(whole) // PAGE
    found = []
    for number in range(FLIPS):
        page = number * pages // FLIPS
        offset = page * PAGE + chance.randrange(PAGE)
        found.append(flipped(tmp_path / "flipped.archive", whole, offset, chance.randrange(8)))
    assert set(found) <= {"named", "harmless"}, found
    assert found.count("named") > FLIPS // 3


@pytest.mark.parametrize("text", [b'"amt":"17"', b'"ccy":"BTC"', b"loan_history"])
def test_a_letter_that_changes_in_a_row_or_a_name_is_named(tmp_path: Path, text: bytes) -> None:
    whole = a_whole_file(tmp_path)
    offset = whole.rindex(text) + len(text) - 2
    assert flipped(tmp_path / "flipped.archive", whole, offset, 1) == "named"


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    whole = a_whole_file(tmp_path)
    for length in (100, PAGE, len(whole) // 2, len(whole) - PAGE):
        path = tmp_path / "cut.archive"
        path.write_bytes(whole[:length])
        with suppress(ArchiveError), Archive(path, read_only=True) as archive:
            assert check(archive).problems != []


# ---- others


def test_others_open_the_file_as_it_is(tmp_path: Path) -> None:
    """Read-only and by the system's own SQLite, as Datasette does, while the archive is open to write."""
    book = filled(tmp_path / "books.archive")
    for _ in range(2):
        connection = sqlite3.connect(f"file:{tmp_path / 'books.archive'}?mode=ro", uri=True)
        names = [column[0] for column in connection.execute("SELECT * FROM rows LIMIT 1").description]
        assert names == ["stream", "account", "at_ms", "id", "raw"]
        assert connection.execute("SELECT count(*), count(DISTINCT id) FROM rows").fetchone() == (200, 200)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM row")
        connection.close()
        book.archive.close()


def test_a_new_archive_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "a.archive"
    base = SqliteBase(place, read_only=False, existing=False)
    try:
        with base.writing():
            pass
        modes = {path.name: f"{path.stat().st_mode & 0o777:o}" for path in tmp_path.iterdir()}
    finally:
        base.close()
    assert modes.pop(place.name) == "600"
    assert set(modes.values()) == {"600"}


def test_an_archive_in_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=f"{tmp_path}/none/a.archive"):
        SqliteBase(tmp_path / "none" / "a.archive", read_only=False, existing=False)
