"""Connections to the database of an archive that are lost: at a commit, anywhere else, by a database started anew.

What was not answered is looked into: a page that was written is not read again, and one that was not is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from subprocess import PIPE, Popen

import pytest

from tallystick.archive.bases import postgres
from tallystick.archive.bases.core import LOST_MAX, ArchiveError, ArchiveLost, again
from tallystick.archive.bases.postgres import PostgresBase
from tallystick.archive.checking import check, check_new
from tallystick.archive.store import Archive
from tests.archive.books import DAY_MS, MINUTE_MS, Book
from tests.client.lists import START_MS, Listed
from tests.store.cutting import Way, Where
from tests.store.database import server

COMMIT = b"COMMIT;"
ROWS = 250
"""Rows of the list: three pages of 100, each but the first with the last row of the page before."""


@pytest.fixture
def way() -> Iterator[Way]:
    made = Way(server().port)
    yield made
    made.close()


@pytest.fixture
def book(way: Way) -> Iterator[Book]:
    made = Book(server().url(way.port), inclusive=True, by_time=True, shared=True)
    for number in range(ROWS):
        made.add(START_MS + number * MINUTE_MS)
    made.now_ms = START_MS + DAY_MS
    yield made
    made.archive.close()


def pulled(book: Book) -> None:
    again(book.pull)


def is_whole(book: Book) -> None:
    """Every row once, proven, and whatever was said of it stands in one chain."""
    assert book.amounts() == sorted(one["amt"] for one in book.all)
    assert check(book.archive).problems == []


def cut_in_page(book: Book, way: Way, page: int, where: Where) -> None:
    """Cut the commit of a page of the next pull."""
    first = len(book.listed.asked)

    def arm(listed: Listed) -> None:
        if len(listed.asked) == first + page - 1:
            way.cut_at(where, COMMIT)
            book.listed.meanwhile = lambda listed: None

    book.listed.meanwhile = arm


@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.parametrize(("where", "asked"), [("answer", 3), ("request", None)])
def test_a_commit_that_is_not_answered_is_looked_into(
    book: Book, way: Way, page: int, where: Where, asked: int | None
) -> None:
    cut_in_page(book, way, page, where)
    pulled(book)
    assert way.cuts == 1
    is_whole(book)
    # Of a page that was written nothing is read again. One that was not is read, after the list from its top.
    assert len(book.listed.asked) == (asked or 4 + (page > 1))
    assert len(book.archive.read("SELECT id FROM page")) == 3 + (0 if asked else int(page > 1))


def test_an_unknown_commit_that_is_called_a_loss_is_caught(
    book: Book, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: what was not answered counts as rolled back, so that pages are read which are there."""

    def lost(base: PostgresBase, number: str, page: int | None, error: ArchiveError) -> None:
        raise ArchiveLost(str(error))

    monkeypatch.setattr(PostgresBase, "_require_committed", lost)
    cut_in_page(book, way, 2, "answer")
    pulled(book)
    is_whole(book)
    assert len(book.listed.asked) > 3


def test_an_unknown_commit_that_is_called_done_is_caught(book: Book, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what was not answered counts as written, and a page is missing."""
    monkeypatch.setattr(PostgresBase, "_require_committed", lambda base, number, page, error: None)
    cut_in_page(book, way, 2, "request")
    pulled(book)
    assert len(book.amounts()) == ROWS - 99


@pytest.mark.parametrize("where", ["request", "answer"])
def test_a_connection_that_is_lost_at_any_message_loses_and_doubles_nothing(book: Book, way: Way, where: Where) -> None:
    """A pull sends more than forty messages; each sixth is the last one of its connection."""
    pulled(book)
    for number in range(0, 42, 6):
        for row in range(150):
            book.add(book.now_ms + row)
        book.now_ms += DAY_MS
        way.cut_at(where, after=number)
        pulled(book)
        assert way.cuts == number // 6 + 1
        is_whole(book)


@pytest.mark.parametrize("after", [0, 1, 5, 9, 14])
def test_a_check_whose_connection_is_lost_is_made_anew(book: Book, way: Way, after: int) -> None:
    """And what it could not read is no damage."""
    pulled(book)
    for number, what in enumerate((check, check_new, check_new)):
        way.cut_at("answer", after=after)
        assert what(book.archive).problems == []
        assert way.cuts == number + 1


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_database_that_is_started_anew_is_found_again(book: Book, after: int) -> None:
    def restart(listed: Listed) -> None:
        if len(listed.asked) == after - 1:
            book.listed.meanwhile = lambda listed: None
            server().stop()
            server().start()

    book.listed.meanwhile = restart
    pulled(book)
    is_whole(book)


def test_a_database_that_stays_away_is_named_and_the_next_pull_goes_on(
    book: Book, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE_S", 0.2)
    url = server().url_of(book.archive.place.rpartition("/")[2])

    def away(listed: Listed) -> None:
        if len(listed.asked) == 1:
            way.close()
            way.cut_at("request")

    book.listed.meanwhile = away
    with pytest.raises(ArchiveError, match=f"opening the archive failed: postgresql://127.0.0.1:{way.port}/"):
        pulled(book)
    book.archive.close()
    book.archive, book.listed.meanwhile = Archive(url), lambda listed: None
    pulled(book)
    is_whole(book)


def test_work_that_loses_each_of_its_connections_ends(book: Book, way: Way) -> None:
    tries = 0

    def work() -> None:
        nonlocal tries
        tries += 1
        with book.archive.writing() as db:
            way.cut_at("request")
            db.fetch("SELECT 1")

    with pytest.raises(ArchiveLost):
        again(work)
    assert tries == way.cuts == LOST_MAX


# ---- others


@pytest.mark.parametrize("stays", [True, False])
def test_who_came_between_is_not_written_over(
    book: Book, way: Way, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has the archive as soon as the connection is lost, writes a page, and goes or stays."""
    url = server().url_of(book.archive.place.rpartition("/")[2])
    others: list[Archive] = []
    honest = PostgresBase._reopen

    def reopen(base: PostgresBase) -> None:
        monkeypatch.setattr(PostgresBase, "_reopen", honest)
        others.append(opened(url))
        mine, book.archive = book.archive, others[0]
        book.pull(1)
        book.archive = mine
        if not stays:
            others[0].close()
        honest(base)

    monkeypatch.setattr(PostgresBase, "_reopen", reopen)
    cut_in_page(book, way, 2, "answer")
    with pytest.raises(ArchiveError, match="another process writes" if stays else "another process has written"):
        pulled(book)
    others[0].close()
    book.archive.close()
    book.archive = Archive(url)
    pulled(book)
    is_whole(book)


def opened(url: str) -> Archive:
    """The archive, once the database has noticed that the connection before is gone."""
    while True:
        with suppress(ArchiveError):
            return Archive(url)


OPEN = """
import sys
from pathlib import Path
from tallystick.archive.store import Archive, ArchiveError, SCHEMES
place = sys.argv[1]
try:
    with Archive(place if place.startswith(SCHEMES) else Path(place)):
        print("mine", flush=True)
        sys.stdin.read()
except ArchiveError as error:
    print(error, flush=True)
"""


def test_of_processes_that_make_one_archive_at_once_one_has_it(place: object) -> None:
    words = [sys.executable, "-c", OPEN, str(place)]
    processes = [Popen(words, stdin=PIPE, stdout=PIPE, text=True) for _ in range(4)]
    said = [process.stdout.readline() for process in processes if process.stdout]
    for process in processes:
        process.communicate(timeout=60)
    assert said.count("mine\n") == 1, said
    assert sum("another process writes" in one for one in said) == 3, said
