"""Lines in rough order, beside a plain list that is searched from end to end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.engine import lines
from tallystick.engine.lines import Entry, Lines, least_of, place_of

# Close together, where they share a list, at the ends of lists, and of every size.
LINE = st.one_of(
    st.integers(0, 5_000),
    st.integers(10**30, 10**30 + 10**27),
    st.integers(12, 200).flatmap(lambda bits: st.integers(2**bits - 2, 2**bits + 2)),
    st.integers(0, 2**200),
)
STEP = st.one_of(
    st.tuples(st.just("push"), LINE),
    st.tuples(st.just("take"), LINE),
    st.tuples(st.just("keep"), st.integers(1, 4)),
)


@given(st.lists(STEP, max_size=60))
def test_it_says_what_a_plain_list_says(steps: list[tuple[str, int]]) -> None:
    found, plain = Lines(), list[Entry]()
    for number, (step, value) in enumerate(steps):
        if step == "push":
            entry = (value, number, number)
            found.push(entry)
            plain.append(entry)
        elif step == "take":
            assert sorted(found.take(value)) == sorted(entry for entry in plain if entry[0] <= value)
            plain = [entry for entry in plain if entry[0] > value]
        else:
            found.keep(lambda entry, every=value: entry[1] % every == 0)  # type: ignore[misc]
            plain = [entry for entry in plain if entry[1] % value == 0]
        assert len(found) == len(plain)
        if plain:
            assert found.least() == min(plain)[0]


@given(LINE, LINE)
def test_places_rise_with_lines(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert place_of(low) <= place_of(high)
    assert least_of(place_of(low)) <= low < least_of(place_of(low) + 1)


def test_a_list_holds_lines_that_are_close() -> None:
    """By hand: of 4,096 to 8,191 two lines share a list, of 8,192 to 16,383 four; below each has its own."""
    assert [place_of(line) for line in (0, 1, 4_095, 4_096, 4_097, 4_098, 8_191, 8_192, 8_195, 8_196)] == [
        0, 1, 4_095, 4_096, 4_096, 4_097, 6_143, 6_144, 6_144, 6_145,
    ]  # fmt: skip
    assert [least_of(place) for place in (0, 4_095, 4_096, 4_097, 6_143, 6_144, 6_145)] == [
        0, 4_095, 4_096, 4_098, 8_190, 8_192, 8_196,
    ]  # fmt: skip


def test_a_list_that_is_taken_in_part_keeps_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a loan would be forgotten whose line lies just above the price: the planted bug drops them."""

    def rest_of(take: int) -> list[int]:
        some = Lines()
        for line in (10**30, 10**30 + 1, 10**30 + 2):
            some.push((line, 1, 1))
        some.take(take)
        return sorted(entry[0] for entry in some.take(10**31))

    assert rest_of(10**30) == [10**30 + 1, 10**30 + 2]
    monkeypatch.setattr(lines, "least_of", lambda place: least_of(place - 1))
    assert rest_of(10**30) != [10**30 + 1, 10**30 + 2]
