"""The line of progress that `tally archive pull` shows on a terminal, in both languages, and nowhere else."""

from __future__ import annotations

import io

import pytest

from tallystick.archive.pulling import Progress
from tallystick.cli.archiving.pulling import counter, line_of, rounded
from tallystick.cli.frame import language
from tallystick.cli.frame.options import Asked

STREAMS = ("fills", "orders_history", "account_bills", *(f"other{number}" for number in range(15)))
DAY_MS = 86_400_000
AT_MS = 1_768_500_000_000
"""2026-01-15 18:00 UTC."""
HALF = Progress(
    stream="account_bills",
    filters="{}",
    pages=12,
    rows=1_200,
    fresh=1_000,
    lowest_ms=AT_MS,
    left_ms=60 * DAY_MS,
    passed_ms=30 * DAY_MS,
    took_s=4.5,
)
"""30 days in 4.5 seconds: the 60 days that are left take 9."""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("progress", "en", "zh"),
    [
        (
            HALF,
            "stream 3 of 18, account_bills: 1,200 rows, 1,000 new, back to 2026-01-15;"
            " left: 60 d of history, about 9 s",
            "第 3/18 项 account_bills：1,200 行，新增 1,000 行，已读到 2026-01-15；剩余：60 天的历史，约 9 秒",
        ),
        (
            HALF._replace(passed_ms=0),
            "stream 3 of 18, account_bills: 1,200 rows, 1,000 new, back to 2026-01-15; left: 60 d of history",
            "第 3/18 项 account_bills：1,200 行，新增 1,000 行，已读到 2026-01-15；剩余：60 天的历史",
        ),
        (
            HALF._replace(left_ms=None),
            "stream 3 of 18, account_bills: 1,200 rows, 1,000 new, back to 2026-01-15; left: unknown",
            "第 3/18 项 account_bills：1,200 行，新增 1,000 行，已读到 2026-01-15；剩余：未知",
        ),
        (
            HALF._replace(left_ms=0, lowest_ms=None),
            "stream 3 of 18, account_bills: 1,200 rows, 1,000 new",
            "第 3/18 项 account_bills：1,200 行，新增 1,000 行",
        ),
    ],
)
def test_a_line_says_what_is_left_or_that_it_is_unknown(progress: Progress, en: str, zh: str) -> None:
    try:
        language.use("en")
        assert line_of(progress, STREAMS) == en
        language.use("zh")
        assert line_of(progress, STREAMS) == zh
    finally:
        language.use("")


@pytest.mark.parametrize(
    ("span_s", "said"),
    [
        (0.2, "1 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (7_199, "120 min"),
        (7_200, "2 h"),
        (172_800, "2 d"),
        (86_400_000, "1,000 d"),
    ],
)
def test_a_span_is_told_in_the_longest_unit_of_which_it_has_two(span_s: float, said: str) -> None:
    try:
        language.use("en")
        assert rounded(span_s) == said
    finally:
        language.use("")


def test_progress_is_shown_on_a_terminal_without_json_alone() -> None:
    assert counter(Asked(), io.StringIO(), STREAMS) is None
    assert counter(Asked(json=()), Terminal(), STREAMS) is None
    assert counter(Asked(json=("rows",)), Terminal(), STREAMS) is None
    errors = Terminal()
    tell = counter(Asked(), errors, STREAMS)
    assert tell is not None
    tell(HALF)
    tell(HALF._replace(rows=1_300))
    first, second = (part for part in errors.getvalue().split("\r\033[K") if part)
    assert "1,200 rows" in first
    assert "1,300 rows" in second
    assert "\n" not in errors.getvalue()
