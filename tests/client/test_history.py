"""Histories give every row once, whatever the cursor, and say so where they cannot."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tallystick.client.errors import BadAnswer, NotSent, Unprovable
from tallystick.client.flows import ATTEMPTS
from tallystick.client.history import AsyncHistory, History
from tallystick.client.rows.flexible_loan import LoanHistoryRow
from tallystick.client.walk import Span, Walk
from tallystick.contract.core import Endpoint
from tests.client.lists import LIMIT, START_MS, AsyncListHalf, Listed, ListHalf, Raw, endpoint, row

TIES = (0, 1, 99, 100, 101, 1_000)
KINDS = list(itertools.product([True, False], [True, False], [True, False]))
"""Eight kinds of cursor: included or not, a time or a number, rows that stay as they are or change once more."""
ABOVE, BELOW = 137, 160
EVERYTHING = Span()

each_kind = pytest.mark.parametrize(("inclusive", "by_time", "changing"), KINDS)


def list_of(ties: int, *, inclusive: bool, by_time: bool, changing: bool, **page: Any) -> tuple[Endpoint, Listed]:
    """Rows with `ties` of them on one cursor value, others above and below; the newest first."""
    named = {"shared": True, **({"identity": ("ts", "refId", "amt")} if changing else {}), **page}
    shown = endpoint(inclusive=inclusive, by_time=by_time, **named)
    cursors = [*range(ABOVE + BELOW, BELOW, -1), *[BELOW] * ties, *range(BELOW - 1, -1, -1)]
    rows = []
    for number, cursor in enumerate(cursors):
        other = len(cursors) - number
        at_ms, ref_id = (START_MS + cursor, other) if by_time else (START_MS + other, 10_000 + cursor)
        rows.append(row(number, ts=at_ms, ref_id=ref_id))
    listed = Listed(shown, rows)
    if changing:
        listed.meanwhile = change_all
    return shown, listed


def change_all(listed: Listed) -> None:
    """Between two pages every row changes, but for what it is known by."""
    for found in listed.rows:
        found["type"] = "repaid" if found["type"] == "borrowed" else "borrowed"


def read(shown: Endpoint, listed: Listed, span: Span = EVERYTHING) -> list[str]:
    return [found.raw["amt"] for found in History(ListHalf(listed), shown, {}, LoanHistoryRow, span)]


def numbers(rows: list[Raw]) -> list[str]:
    return [found["amt"] for found in rows]


@each_kind
@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("half", ["sync", "async"])
def test_every_row_comes_once_or_it_is_unprovable(
    half: str, ties: int, inclusive: bool, by_time: bool, changing: bool
) -> None:
    """A page holds 100 rows, so that 100 and more on one value cannot be told from more than those: never a hole."""
    shown, listed = list_of(ties, inclusive=inclusive, by_time=by_time, changing=changing)
    given, error = asyncio.run(read_async(shown, listed)) if half == "async" else read_until_error(shown, listed)
    if ties < LIMIT:
        assert error is None
        assert given == numbers(listed.rows)
        return
    assert isinstance(error, Unprovable)
    # All rows above the tie, and as many of it as could be reached: none twice, none left out between.
    assert given == numbers(listed.rows)[: len(given)]
    assert ABOVE + LIMIT <= len(given) < ABOVE + ties + 1
    beyond = read(shown, listed, Span(position=error.beyond))
    assert beyond == numbers(listed.rows)[ABOVE + ties :]


def read_until_error(shown: Endpoint, listed: Listed) -> tuple[list[str], Exception | None]:
    history = History(ListHalf(listed), shown, {}, LoanHistoryRow, Span())
    given = []
    try:
        for found in history:
            given.append(found.raw["amt"])
    except Unprovable as error:
        return given, error
    return given, None


async def read_async(shown: Endpoint, listed: Listed) -> tuple[list[str], Exception | None]:
    history = AsyncHistory(AsyncListHalf(listed), shown, {}, LoanHistoryRow, Span())
    given = []
    try:
        async for found in history:
            given.append(found.raw["amt"])
    except Unprovable as error:
        return given, error
    return given, None


@each_kind
def test_rows_added_meanwhile_disturb_nothing(inclusive: bool, by_time: bool, changing: bool) -> None:
    """New rows push the others down by some places before each page; they belong to the next reading."""
    shown, listed = list_of(99, inclusive=inclusive, by_time=by_time, changing=changing)
    before = numbers(listed.rows)
    fresh = itertools.count(5_000)

    def add(listed: Listed) -> None:
        if listed.asked:
            listed.rows[:0] = [row(next(fresh), ts=START_MS + 9_000, ref_id=90_000) for _ in range(7)]

    listed.meanwhile = add
    assert read(shown, listed) == before


def test_a_row_added_to_the_value_a_page_ended_in_comes_too() -> None:
    """The clock of a list may stand: what is new shares the time of what was read last, and stands before it."""
    shown, listed = list_of(90, inclusive=True, by_time=True, changing=False)
    added = row(7_777, ts=START_MS + BELOW, ref_id=55)

    def add(listed: Listed) -> None:
        if len(listed.asked) == 2:
            listed.rows.insert(ABOVE, added)

    listed.meanwhile = add
    given = read(shown, listed)
    assert len(given) == len(set(given)) == len(listed.rows)


def test_rows_that_are_alike_to_the_last_letter_come_as_often_as_they_are_there() -> None:
    shown = endpoint(inclusive=False, by_time=True, shared=True)
    tied = [row(1, ts=START_MS, ref_id=1) for _ in range(60)]
    listed = Listed(shown, [row(0, ts=START_MS + 1, ref_id=2) for _ in range(70)] + tied)
    assert read(shown, listed) == ["0"] * 70 + ["1"] * 60


@each_kind
@pytest.mark.parametrize("stop", [1, 50, 100, 137, 138, 180, 236, 396])
def test_a_reading_is_taken_up_where_it_stopped(stop: int, inclusive: bool, by_time: bool, changing: bool) -> None:
    """Before the tie, in it, at the end of a page and at the very end; the position is text."""
    shown, listed = list_of(99, inclusive=inclusive, by_time=by_time, changing=changing)
    history = History(ListHalf(listed), shown, {}, LoanHistoryRow, Span())
    first = [next(history).raw["amt"] for _ in range(stop)]
    saved = history.position
    listed.rows[:0] = [row(5_000, ts=START_MS + 9_000, ref_id=90_000)]
    rest = read(shown, listed, Span(position=saved))
    assert first + rest == numbers(listed.rows)[1:]


def test_a_saved_position_can_be_saved_again_within_the_same_tie() -> None:
    shown, listed = list_of(99, inclusive=True, by_time=True, changing=False)
    given: list[str] = []
    position: str | None = None
    while True:
        history = History(ListHalf(listed), shown, {}, LoanHistoryRow, Span(position=position))
        some = [found.raw["amt"] for found in itertools.islice(history, 10)]
        if not some:
            break
        given += some
        position = history.position
    assert given == numbers(listed.rows)


def test_an_exception_in_between_loses_nothing() -> None:
    shown, listed = list_of(99, inclusive=True, by_time=True, changing=False)
    history = History(ListHalf(listed), shown, {}, LoanHistoryRow, Span())
    given = [next(history).raw["amt"] for _ in range(LIMIT)]
    listed.failures = ATTEMPTS
    with pytest.raises(NotSent):
        next(history)
    given += [found.raw["amt"] for found in history]
    assert given == numbers(listed.rows)


def test_a_position_belongs_to_its_history_and_filters() -> None:
    shown, listed = list_of(0, inclusive=True, by_time=True, changing=False)
    half = ListHalf(listed)
    history = History(half, shown, {"type": "borrowed"}, LoanHistoryRow, Span())
    next(history)
    span = Span(position=history.position)
    with pytest.raises(ValueError, match="other filters"):
        History(half, shown, {"type": "repaid"}, LoanHistoryRow, span)
    with pytest.raises(ValueError, match="no saved position"):
        History(half, shown, {}, LoanHistoryRow, Span(position="{}"))
    with pytest.raises(ValueError, match="no saved position"):
        History(half, shown, {}, LoanHistoryRow, Span(position="yesterday"))
    elsewhere = json.dumps(json.loads(history.position) | {"at": "yesterday"})
    with pytest.raises(ValueError, match="no saved position"):
        History(half, shown, {}, LoanHistoryRow, Span(position=elsewhere))


# ---- since and until


@each_kind
def test_since_is_included_and_until_is_not(inclusive: bool, by_time: bool, changing: bool) -> None:
    shown, listed = list_of(3, inclusive=inclusive, by_time=by_time, changing=changing)
    since, until = START_MS + 100, START_MS + 220
    expected = [found["amt"] for found in listed.rows if since <= int(found["ts"]) < until]
    assert len(expected) == (122 if by_time else 120)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    as_times = Span(epoch + timedelta(milliseconds=since), epoch + timedelta(milliseconds=until))
    assert read(shown, listed, Span(since, until)) == expected
    assert read(shown, listed, as_times) == expected


def test_since_ends_the_reading_and_until_begins_it() -> None:
    """400 rows ten seconds apart are four pages; a window of 20 of them in the middle is one."""
    shown = endpoint(inclusive=False, by_time=True)
    listed = Listed(shown, [row(n, ts=START_MS - 10_000 * n, ref_id=400 - n) for n in range(400)])
    window = Span(START_MS - 10_000 * 219, START_MS - 10_000 * 199)
    assert read(shown, listed, window) == [str(number) for number in range(200, 220)]
    assert len(listed.asked) == 1


def test_a_tie_above_until_is_in_nobodys_way() -> None:
    """The first page begins a second above `until`; 100 rows of one time there are not wanted, so nothing is lost."""
    shown, listed = list_of(100, inclusive=False, by_time=True, changing=False)
    assert read(shown, listed, Span(START_MS + 10, START_MS + 30)) == [str(number) for number in range(367, 387)]


def test_a_time_without_a_zone_is_refused() -> None:
    shown, listed = list_of(0, inclusive=True, by_time=True, changing=False)
    with pytest.raises(TypeError, match="time zone"):
        read(shown, listed, Span(since=datetime(2026, 1, 15)))


# ---- odd answers


def test_a_list_that_ignores_its_cursor_is_a_bad_answer_and_no_loop() -> None:
    shown, listed = list_of(0, inclusive=True, by_time=True, changing=False)
    honest = listed.answer
    listed.answer = lambda query: honest({"limit": query["limit"]})  # type: ignore[method-assign]
    with pytest.raises((BadAnswer, Unprovable)):
        read(shown, listed)
    assert len(listed.asked) < 5


def test_a_row_without_a_cursor_is_a_bad_answer() -> None:
    shown, listed = list_of(0, inclusive=True, by_time=True, changing=False)
    listed.rows[3]["ts"] = ""
    with pytest.raises(BadAnswer, match="no ts to go on from"):
        read(shown, listed)


def test_a_row_whose_time_cannot_be_read_is_a_bad_answer() -> None:
    shown, listed = list_of(1, inclusive=True, by_time=False, changing=False)
    listed.rows[3]["ts"] = "yesterday"
    with pytest.raises(BadAnswer, match="ts of a row is no time"):
        read(shown, listed, Span(since=START_MS))


def test_a_list_that_cuts_no_tie_is_read_through() -> None:
    """Hourly lending rates: a page ends with all rows of its last hour (documented)."""
    shown = endpoint(inclusive=False, by_time=True, whole=True)
    hours = [[row(hour * 200 + n, ts=START_MS - hour, ref_id=1) for n in range(120)] for hour in range(4)]
    listed = Listed(shown, [found for hour in hours for found in hour])
    cut = listed.answer

    def whole(query: dict[str, str]) -> list[Raw]:
        found = cut({**query, "limit": "100000"})
        last = found[min(len(found), int(query["limit"])) - 1]["ts"] if found else ""
        return [each for each in found if each["ts"] >= last]

    listed.answer = whole  # type: ignore[method-assign]
    assert read(shown, listed) == numbers(listed.rows)


# ---- bugs planted


def exclusive_for_inclusive(walk: Walk[LoanHistoryRow]) -> int | None:
    """The edge itself is never asked for again."""
    if walk.edge is None:
        return None
    return walk.edge - 1 if walk.page.inclusive else walk.edge


def nothing_known(walk: Walk[LoanHistoryRow], rows: list[tuple[int, LoanHistoryRow]]) -> Any:
    return rows


@pytest.mark.parametrize(
    ("name", "planted"), [("_after", exclusive_for_inclusive), ("_unknown", nothing_known)], ids=["hole", "double"]
)
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_planted_bug_is_seen(
    monkeypatch: pytest.MonkeyPatch, name: str, planted: Callable[..., Any], inclusive: bool
) -> None:
    shown, listed = list_of(99, inclusive=inclusive, by_time=True, changing=False)
    assert read(shown, listed) == numbers(listed.rows)
    monkeypatch.setattr(Walk, name, planted)
    assert read(shown, listed) != numbers(listed.rows)
