"""Cursor windows against the plain reading of the rules."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.contract import by_name
from tallystick.contract.core import Page
from tallystick.wire.page import LARGEST_KEY, Window, window

KEYS = st.integers(0, 12) | st.sampled_from([LARGEST_KEY - 1, LARGEST_KEY])
CURSORS = st.none() | KEYS


def plain(rows: list[int], page: Page, after: int | None, before: int | None, limit: int) -> list[int]:
    def wanted(key: int) -> bool:
        older = after is None or key < after or (page.inclusive and key == after)
        newer = before is None or key > before or (page.inclusive and key == before)
        return older and newer

    return [key for key in sorted(rows, reverse=True) if wanted(key)][:limit]


@settings(deadline=None, database=None, max_examples=500)
@given(
    rows=st.lists(KEYS, unique=True), inclusive=st.booleans(), after=CURSORS, before=CURSORS, limit=st.integers(1, 100)
)
def test_a_window_holds_what_the_rules_say(
    rows: list[int], inclusive: bool, after: int | None, before: int | None, limit: int
) -> None:
    page = Page(cursor="ts", inclusive=inclusive, retention_ms=None)
    found = window(page, after, before, limit)
    assert -(2**63) <= found.min_key <= LARGEST_KEY
    assert -(2**63) <= found.max_key <= LARGEST_KEY
    held = [key for key in sorted(rows, reverse=True) if found.min_key <= key <= found.max_key][: found.limit]
    assert held == plain(rows, page, after, before, limit)


def test_the_five_documents_cursors() -> None:
    repay, loan = by_name["one_click_repay_history_v2"].page, by_name["loan_history"].page
    assert repay is not None
    assert loan is not None
    assert window(repay, 20, 10, 100) == Window(10, 20, 100)
    assert window(loan, 20, 10, 100) == Window(11, 19, 100)
    assert window(loan, None, None, 100) == Window(0, LARGEST_KEY, 100)


def test_rows_past_their_time_are_out_of_every_window() -> None:
    page = by_name["one_click_repay_history_v2"].page
    assert page is not None
    week = 7 * 86_400_000
    now = 1_742_194_481_852
    assert window(page, None, None, 100, now_ms=now).min_key == now - week
    assert window(page, None, 0, 100, now_ms=now).min_key == now - week
    assert window(page, None, now, 100, now_ms=now).min_key == now


def test_a_page_is_never_longer_than_declared() -> None:
    page = by_name["candles"].page
    assert page is not None
    assert window(page, None, None, 300).limit == 300
    assert window(page, None, None, 301).limit == 300
