"""Rate limits against brute force. Invariant A7."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.server import limits


class Rate(NamedTuple):
    requests: int
    period_ms: int


@given(
    rate=st.builds(Rate, st.integers(1, 6), st.integers(1, 50)),
    gaps=st.lists(st.integers(0, 20), max_size=120),
)
def test_every_window_holds_at_most_n_and_no_request_is_refused_without_need(rate: Rate, gaps: list[int]) -> None:
    limiter = limits.Limiter()
    passed: list[int] = []
    now_ms = 0
    for gap in gaps:
        now_ms += gap
        # The windows that contain this request are those that begin in (now - period, now].
        in_last_window = sum(1 for at_ms in passed if at_ms > now_ms - rate.period_ms)
        admitted = limiter.admit(("endpoint", 1), rate, now_ms)
        assert admitted == (in_last_window < rate.requests)
        if admitted:
            passed.append(now_ms)
    for start_ms in range(now_ms + 1):
        assert sum(1 for at_ms in passed if start_ms <= at_ms < start_ms + rate.period_ms) <= rate.requests


@given(gaps=st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc")), max_size=120))
def test_counters_do_not_touch_each_other(gaps: list[tuple[int, str]]) -> None:
    rate = Rate(2, 30)
    together = limits.Limiter()
    apart = {name: limits.Limiter() for name in "abc"}
    now_ms = 0
    for gap, name in gaps:
        now_ms += gap
        assert together.admit((name,), rate, now_ms) == apart[name].admit((name,), rate, now_ms)


def test_the_edge_of_the_window() -> None:
    limiter = limits.Limiter()
    rate = Rate(1, 2_000)
    assert limiter.admit(("x",), rate, 1_000)
    assert not limiter.admit(("x",), rate, 2_999)
    assert limiter.admit(("x",), rate, 3_000)


def test_off_and_more_generous() -> None:
    rate = Rate(1, 1_000)
    off = limits.Limiter(limits.parse_generosity("off"))
    assert all(off.admit(("x",), rate, 0) for _ in range(100))
    triple = limits.Limiter(limits.parse_generosity("3"))
    assert [triple.admit(("x",), rate, 0) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "on", "١", "1000001"])
def test_unknown_generosity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="exact, off or a whole number"):
        limits.parse_generosity(text)


def test_idle_counters_are_dropped_before_memory_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYS_MAX", 10)
    limiter = limits.Limiter()
    rate = Rate(1, 100)
    for number in range(1_000):
        limiter.admit((number,), rate, number * 50)
    assert len(limiter.windows) <= 10


def test_a_request_two_limits_count_passes_both_or_is_counted_by_none() -> None:
    limiter = limits.Limiter()
    many, few = (("x", 1), Rate(3, 1_000)), (("x", 1, "buy"), Rate(1, 5_000))
    other = (("x", 1, "sell"), Rate(1, 5_000))
    assert limiter.admit_all([many, few], 0)
    assert not limiter.admit_all([many, few], 1)
    assert not limiter.admit_all([many, few], 2)
    assert limiter.admit_all([many, other], 3)
    assert limiter.admit(*many, 4)
    assert not limiter.admit(*many, 5)


def test_ever_new_keys_fill_no_memory_where_time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request names another instrument under a frozen clock: at most 25 counters, and few looks at them."""
    monkeypatch.setattr(limits, "KEYS_MAX", 10)
    limiter, rate = limits.Limiter(), Rate(1, 1_000)
    looks = 0

    def make_room(now_ms: int) -> None:
        nonlocal looks
        looks += len(limiter.windows)
        limits.Limiter.make_room(limiter, now_ms)

    limiter.make_room = make_room  # type: ignore[method-assign]
    for number in range(1_000):
        assert limiter.admit((f"X{number}-USDT",), rate, 5_000)
        # The latest are known, whatever is forgotten.
        assert not limiter.admit((f"X{number}-USDT",), rate, 5_000)
        assert number < 15 or not limiter.admit((f"X{number - 15}-USDT",), rate, 5_000)
        assert len(limiter.windows) <= 25
    assert looks <= 5 * 1_000
