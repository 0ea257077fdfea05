"""Pulls of a modelled list: interruptions anywhere, rows that come meanwhile and late, ties, rows that vanish.

The list is a model of the documents' words; what an archive must have is what the list ever showed, each row once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.checking import check
from tallystick.archive.store import Archive
from tallystick.client.errors import BadAnswer, ClientError
from tests.archive.books import DAY_MS, MINUTE_MS, Book
from tests.client.lists import START_MS, Listed, Raw, row

Make = Callable[..., Book]


@pytest.fixture
def make(place: Path | str) -> Iterator[Make]:
    """Makes the book of a test."""
    made: list[Book] = []

    def book(**how: Any) -> Book:
        made.append(Book(place, **how))
        return made[-1]

    yield book
    for each in made:
        each.archive.close()


CURSORS = pytest.mark.parametrize(
    ("inclusive", "by_time", "shared"),
    [(True, True, True), (False, True, True), (False, False, False), (True, False, False)],
)


@CURSORS
@pytest.mark.parametrize("seed", range(4))
def test_pulls_that_break_off_anywhere_end_with_every_row_once(
    make: Make, inclusive: bool, by_time: bool, shared: bool, seed: int
) -> None:
    chance = random.Random(seed)
    book = make(inclusive=inclusive, by_time=by_time, shared=shared)
    for _ in range(8):
        for _ in range(chance.randrange(0, 400)):
            book.now_ms += chance.choice((0, 0, 1, 1_000, MINUTE_MS))
            # At most a minute late, which is within what the stream allows for.
            book.add(max(START_MS, book.now_ms - chance.choice((0, 0, 0, MINUTE_MS))))
        book.pull(chance.choice((1, 2, 3, None)))
    book.now_ms += 10 * MINUTE_MS
    book.pull()
    ties = Counter(one[book.listed.page.cursor] for one in book.all)
    assert max(ties.values()) < 100, "a tie that fills a page is another test"
    assert book.amounts() == sorted(one["amt"] for one in book.all)
    assert [problem.text for problem in check(book.archive).problems] == []
    spans = book.archive.spans(book.series.id)
    assert len(spans) == 1
    assert spans[0].ended


@CURSORS
def test_a_pull_that_broke_off_is_a_gap_until_it_is_taken_up(
    make: Make, inclusive: bool, by_time: bool, shared: bool
) -> None:
    book = make(inclusive=inclusive, by_time=by_time, shared=shared)
    for number in range(500):
        book.add(START_MS + number * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS
    book.pull(2)
    (gap,) = check(book.archive).problems
    assert (gap.kind, gap.from_ms) == ("gap", 0)
    before = len(book.listed.asked)
    book.pull()
    assert check(book.archive).proven
    # One page from the top, which meets what the first pull proved, and three below it; the last may be empty.
    assert len(book.listed.asked) - before in (4, 5)


def test_a_full_page_of_one_time_is_unprovable_by_name(make: Make) -> None:
    book = make(inclusive=True, by_time=True, shared=True)
    for _ in range(130):
        book.add(START_MS + MINUTE_MS)
    book.add(START_MS)
    book.now_ms = START_MS + DAY_MS
    book.pull()
    assert len(book.amounts()) == 101
    (open_,) = check(book.archive).problems
    assert (open_.kind, open_.from_ms) == ("unprovable", START_MS + MINUTE_MS)


def test_alike_rows_are_kept_as_often_as_the_list_has_them(make: Make) -> None:
    book = make(inclusive=True, by_time=True, shared=True)
    for number in range(98):
        book.add(START_MS + number)
    twin = row(7_000, ts=START_MS + 1_000, ref_id=1)
    book.listed.rows[:0] = [dict(twin) for _ in range(5)]
    book.now_ms = START_MS + DAY_MS
    book.pull()
    book.pull()
    assert book.amounts().count("7000") == 5
    assert len(book.amounts()) == 103


def test_a_row_that_is_not_shown_any_more_is_named(make: Make) -> None:
    book = make(inclusive=True, by_time=True, shared=True)
    for number in range(10):
        book.add(START_MS + number * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS
    book.pull()
    # The newest span proves it; the next pull sees its times again as far as its first page reaches.
    gone = book.listed.rows.pop(3)
    for _ in range(2):
        book.pull()
        assert len(book.amounts()) == 10
        (named,) = check(book.archive).problems
        assert named.kind == "vanished"
        assert named.text.startswith(f"row {gone['ts']}-")
    # Shown again, it is no longer missing.
    book.listed.rows.insert(3, gone)
    book.pull()
    assert check(book.archive).proven


@CURSORS
def test_a_row_that_was_deleted_from_the_file_is_found(
    make: Make, inclusive: bool, by_time: bool, shared: bool
) -> None:
    book = make(inclusive=inclusive, by_time=by_time, shared=shared)
    for number in range(120):
        book.add(START_MS + number * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS
    book.pull()
    assert check(book.archive).proven
    keys = book.archive.read("SELECT cursor, identity, n FROM row")
    with book.archive.writing() as db:
        db.execute("DELETE FROM row WHERE cursor = ? AND identity = ? AND n = ?", *keys[57])
    assert [problem.kind for problem in check(book.archive).problems] == ["damage"]


def test_a_changed_page_breaks_the_chain_of_pages(make: Make) -> None:
    book = make(inclusive=True, by_time=True, shared=True)
    for number in range(350):
        book.add(START_MS + number * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS
    book.pull()
    with book.archive.writing() as db:
        db.execute("UPDATE page SET rows = 99 WHERE id = 2")
    (found,) = check(book.archive).problems
    assert found.kind == "damage"
    assert found.text.startswith("page 2 ")


def test_one_process_writes_an_archive(place: Path | str) -> None:
    with Archive(place), pytest.raises(ArchiveError, match="another process writes"):
        Archive(place)


def test_a_network_that_fails_keeps_what_was_read(make: Make) -> None:
    book = make(inclusive=False, by_time=False, shared=False)
    for number in range(300):
        book.add(START_MS + number * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS

    def fail(listed: Listed) -> None:
        if len(listed.asked) == 2:
            listed.failures = 100

    book.listed.meanwhile = fail
    with pytest.raises(ClientError):
        book.pull()
    # Three pages of 100; the second and the third begin with a row that was there.
    assert len(book.amounts()) == 298
    book.listed.meanwhile = lambda listed: None
    book.listed.failures = 0
    book.pull()
    assert len(book.amounts()) == 300


def answered(book: Book, number: int, rows: Callable[[list[Raw]], list[Raw]]) -> None:
    """Have the answer with this number be what `rows` makes of it."""
    honest = book.listed.answer

    def answer(query: dict[str, str]) -> list[Raw]:
        found = honest(query)
        return rows(found) if len(book.listed.asked) == number else found

    book.listed.answer = answer  # type: ignore[method-assign]


@CURSORS
def test_an_empty_page_in_the_middle_is_no_end(make: Make, inclusive: bool, by_time: bool, shared: bool) -> None:
    book = make(inclusive=inclusive, by_time=by_time, shared=shared)
    for number in range(250):
        book.add(START_MS + number * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS
    answered(book, 2, lambda rows: [])
    with pytest.raises(BadAnswer, match="The page is empty, where a row"):
        book.pull()
    assert [problem.kind for problem in check(book.archive).problems] == ["gap"]
    book.pull()
    assert len(book.amounts()) == 250
    assert check(book.archive).proven


@CURSORS
def test_an_empty_first_answer_is_believed_until_rows_say_otherwise(
    make: Make, inclusive: bool, by_time: bool, shared: bool
) -> None:
    """Nothing tells an empty list from one that is empty by mistake; the next pull reads all that it hid."""
    book = make(inclusive=inclusive, by_time=by_time, shared=shared)
    for number in range(350):
        book.add(START_MS + number * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS
    answered(book, 1, lambda rows: [])
    book.pull()
    assert book.amounts() == []
    book.add(book.now_ms)
    book.now_ms += DAY_MS
    book.pull()
    assert len(book.amounts()) == 351
    assert check(book.archive).proven


@CURSORS
@pytest.mark.parametrize("count", [50, 250])
def test_a_list_that_was_full_is_not_believed_to_be_empty(
    make: Make, inclusive: bool, by_time: bool, shared: bool, count: int
) -> None:
    book = make(inclusive=inclusive, by_time=by_time, shared=shared)
    for number in range(count):
        book.add(START_MS + number * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS
    book.pull()
    answered(book, len(book.listed.asked) + 1, lambda rows: [])
    with pytest.raises(BadAnswer, match="The page is empty, where a row"):
        book.pull()
    assert check(book.archive).proven
    book.pull()
    assert check(book.archive).proven


@CURSORS
def test_rows_far_later_than_allowed_for_have_all_below_read_again(
    make: Make, inclusive: bool, by_time: bool, shared: bool
) -> None:
    """Such as with a clock of the exchange that went ten minutes fast: 150 rows lie in times that were proven."""
    book = make(inclusive=inclusive, by_time=by_time, shared=shared)
    for number in range(250):
        book.add(START_MS + number * MINUTE_MS)
    true_ms = START_MS + 250 * MINUTE_MS
    book.now_ms = true_ms + 10 * MINUTE_MS
    book.pull()
    for number in range(150):
        book.add(true_ms + number * 1_000)
    book.now_ms = true_ms + 20 * MINUTE_MS
    book.pull()
    assert len(book.amounts()) == 400
    assert check(book.archive).proven


@CURSORS
def test_a_field_that_is_new_makes_no_other_row(make: Make, inclusive: bool, by_time: bool, shared: bool) -> None:
    book = make(inclusive=inclusive, by_time=by_time, shared=shared)
    for number in range(250):
        book.add(START_MS + number // 3 * MINUTE_MS)
    book.now_ms = START_MS + DAY_MS
    answered(book, 2, lambda rows: [{**one, "newField": "1"} for one in rows])
    book.pull()
    for one in book.listed.rows:
        one["newField"] = "1"
    book.pull()
    assert len(book.amounts()) == 250
    assert check(book.archive).proven
