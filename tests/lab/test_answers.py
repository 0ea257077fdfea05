"""Answers by hand: intervals of small samples, and a book whose outcomes are given."""

from __future__ import annotations

import numpy as np
import pytest

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.lab.answers import answers, mean, median, share, shortfall
from tallystick.lab.book import Book
from tallystick.lab.drawing import Curves
from tallystick.lab.forms import AccountOutcome, Answer, Figure, Outcome, PathOutcome
from tallystick.lab.opening import Owing, state_with
from tallystick.venue.parameters import load_parameters
from tests.lab.test_models import PRICES, small

HOUR = 3_600_000


def near(figure: Figure, value: float, low: float | None, high: float | None) -> bool:
    wanted = pytest.approx((value, low, high), abs=5e-4)
    return (figure.value, figure.low, figure.high) == wanted


def test_a_probability_has_the_interval_of_wilson() -> None:
    """5 of 20: the middle is (5 + 1.9207) / 23.8415, and 0.1785 on either side of it."""
    assert near(share(5, 20), 0.25, 0.1119, 0.4687)
    assert share(0, 20).low == 0.0
    assert share(20, 20).high == 1.0
    assert share(0, 0) == Figure(None, None, None)


def test_a_mean_and_its_interval() -> None:
    """1, 2, 3, 4: the variance is 5 / 3, so 1.95996 x sqrt(5 / 12) = 1.26515."""
    assert near(mean([1.0, 2.0, 3.0, 4.0]), 2.5, 1.23485, 3.76515)
    assert mean([7.0]) == Figure(7.0, None, None)


def test_what_a_mean_can_never_be_is_cut_off_its_interval() -> None:
    """9 x 0 and 10: a mean of 1 with a deviation of sqrt(10), so 1.95996 on either side; 9 x 1 and 0 mirror it."""
    assert near(mean([*[0.0] * 9, 10.0]), 1.0, 0.0, 2.95996)
    assert near(mean([*[1.0] * 9, 0.0], most=1.0), 0.9, 0.7040, 1.0)
    worst = shortfall([*[0.0] * 79, 8.0])
    assert (worst.value, worst.low) == (2.0, 0.0)
    gained = mean([*[-1.0] * 9, 10.0])
    assert gained.low == pytest.approx(0.1 - 1.959964 * (109 / 9 - 0.1 / 9) ** 0.5 / 10**0.5, abs=1e-5)


def test_zeros_that_are_counted_are_those_that_are_listed() -> None:
    draw = np.random.default_rng(23)
    for zeros in (0, 1, 2, 19, 20, 100, 999):
        for size in (0, 1, 3, 40):
            values = [float(value) for value in draw.exponential(100.0, size) - (10.0 if zeros % 2 else 0.0)]
            listed = [*values, *[0.0] * zeros]
            assert mean(values, zeros) == mean(listed)
            assert shortfall(values, zeros) == shortfall(listed)


def test_a_median_is_between_two_of_the_values() -> None:
    """Ranks of 1 to 100 are (100 -+ 19.6) / 2: the 40th and the 61st."""
    assert median(float(number) for number in range(100, 0, -1)) == Figure(50.5, 40.0, 61.0)
    assert median([3.0, 1.0]) == Figure(2.0, None, None)


def test_the_worst_five_percent() -> None:
    """The mean of 96 to 100, of 1 to 100, is 98: sqrt((2.5 + 0.95 x 4) / 5) = 1.1225, times 1.95996."""
    assert near(shortfall([float(number) for number in range(1, 101)]), 98.0, 95.8, 100.2)


def outcome(**given: int | str) -> Outcome:
    nothing = {"called_ms": 0, "liquidated_ms": 0, "liquidations": 0, "closed_ms": 0, "fund_gains": "0"}
    return Outcome(loan=1, **{**nothing, "fund_pays": "0", "interest": {"USDT": "3", "USDC": "0"}, **given})  # type: ignore[arg-type]


def given() -> list[PathOutcome]:
    """Four paths: nothing, a call, a liquidation that costs 8, and one that takes 5 from the fund and gives it 2."""
    at_ms = small().hour_ms
    return [
        PathOutcome(0, []),
        PathOutcome(1, [outcome(called_ms=at_ms + 2 * HOUR)]),
        PathOutcome(2, [outcome(called_ms=at_ms + 4 * HOUR, liquidated_ms=at_ms + 5 * HOUR, fund_gains="8")]),
        PathOutcome(3, [outcome(liquidated_ms=at_ms + 7 * HOUR, fund_gains="2", fund_pays="5")]),
    ]


def test_a_book_by_hand() -> None:
    book, coin, loan = answers(small(), 10, given())
    assert (book.scope, coin.name, loan.name, book.loans) == ("book", "BTC", "1", 1)
    for answer in (book, coin, loan):
        assert (answer.called.value, answer.liquidated.value, answer.each_liquidated.value) == (0.5, 0.5, 0.5)
        assert (answer.hours_to_call.value, answer.hours_to_liquidation.value) == (3.0, 6.0)
        assert (answer.loss.value, answer.shortfall.value, answer.fund_pays.value) == (4.0, 8.0, 0.75)


def test_an_account_by_hand() -> None:
    """Two paths: nothing, and a liquidation whose sales cost 3 and whose fees are 2: a loss of 5."""
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    owing = Owing(held={"BTC": ONE // 100}, debts={"USDT": 100 * ONE})
    book = Book(state_with(load_parameters(), 1_700_000_000_000, prices, [], [owing]))
    fallen = AccountOutcome(
        account=1,
        called_ms=0,
        liquidated_ms=book.hour_ms + 4 * HOUR,
        liquidations=1,
        closed_ms=0,
        fund_gains="2",
        fund_pays="0",
        sales_cost="3",
        interest={"USDT": "1"},
    )
    paths = [PathOutcome(0, []), PathOutcome(1, [], [fallen])]
    found = {(answer.scope, answer.name): answer for answer in answers(book, 10, paths)}
    assert set(found) == {("book", ""), ("coin", "BTC"), ("account", "1")}
    for answer in found.values():
        assert (answer.loans, answer.accounts) == (0, 1)
        assert (answer.liquidated.value, answer.loss.value, answer.hours_to_liquidation.value) == (0.5, 5.0, 4.0)
    first = answers(book, 10, paths, costed=False)
    assert {(answer.liquidated.value, answer.loss.value, answer.fund_pays.value) for answer in first} == {
        (0.5, None, None)
    }


def test_interest_counts_quiet_paths_too() -> None:
    """100 USDT at 6.33 % or less grow by less than a cent in 10 hours; three paths pay 3 USDT."""
    found: Answer = answers(small(), 10, given())[0]
    book = small()
    quiet = (book.grown("USDT", 100 * ONE, 0, 10)[10] - 100 * ONE) / ONE
    assert float(found.interest["USDT"]) == pytest.approx((9 + quiet) / 4, abs=1e-8)


def test_the_curves_end_at_what_is_left() -> None:
    """One loan of four paths: a loan that is liquidated counts as warned, so one is not warned and two are left."""
    curves = Curves(1, small().hour_ms, 10)
    for path in given():
        curves.take(path)
    assert curves.left() == {
        "not warned": [4, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1],
        "not liquidated": [4, 4, 4, 4, 4, 3, 3, 2, 2, 2, 2],
    }
