"""A check that cannot fail is a defect: each bug planted into the lab makes its rows differ from the engine's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tallystick.engine import discount, loan_judging
from tallystick.engine.amounts import ONE, mul_down
from tallystick.engine.interest import HOURS_PER_YEAR
from tallystick.engine.loan_liquidation import liquidation
from tallystick.engine.parameters import Parameters
from tallystick.engine.prices import Quotes
from tallystick.lab import following, growth, panels, screen
from tallystick.lab.lives import Lives
from tests.lab.test_worlds import by_the_engine, by_the_lab, first_events
from tests.lab.worlds import world

SEEDS = (10, 20, *range(1, 8))
"""Worlds that are tried: two with still prices among them."""


def found_in_worlds() -> bool:
    """Test whether the lab differs from the engine in one of the worlds."""
    return any(by_the_lab(made) != by_the_engine(made) for made in (world(seed, hours_most=160) for seed in SEEDS))


def test_without_a_bug_nothing_differs() -> None:
    assert not found_in_worlds()


def test_the_moment_at_the_old_prices_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made = panels.Moments.__init__

    def planted(self: panels.Moments, hour_ms: int, hours: int, points: int) -> None:
        made(self, hour_ms, hours, points)
        self.price[:: self.per_hour] += 1

    reference = {seed: by_the_engine(world(seed, hours_most=160)) for seed in SEEDS}
    monkeypatch.setattr(panels.Moments, "__init__", planted)
    assert any(by_the_lab(world(seed, hours_most=160)) != reference[seed] for seed in SEEDS)


def test_interest_is_reckoned_in_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    """In both ways in which debts grow: few of them one by one, and many at once."""
    monkeypatch.setattr(growth, "loan_hours", in_floats)
    assert found_in_worlds()
    monkeypatch.undo()
    monkeypatch.setattr(growth, "units_of", lambda products: (np.rint(products), np.zeros(0, dtype=np.intp)))
    assert found_in_worlds()


def in_floats(debt: int, rate: int, hours: int) -> list[int]:
    return [int(debt * (1 + rate / ONE / HOURS_PER_YEAR) ** hour) for hour in range(1, hours + 1)]


def test_a_discount_at_the_amount_before_a_sale(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = discount.counted

    def planted(currency: Any, amount: int) -> int:
        """Share of twice the amount, as if half of it had not been sold."""
        return exact(currency, 2 * amount) // 2

    reference = {seed: by_the_engine(world(seed, hours_most=160)) for seed in SEEDS}
    made = {seed: world(seed, hours_most=160) for seed in SEEDS}
    monkeypatch.setattr(discount, "counted", planted)
    monkeypatch.setattr(loan_judging, "discounted_usd", discounted_rightly(exact))
    assert any(by_the_lab(made[seed]) != reference[seed] for seed in SEEDS)


def discounted_rightly(exact: Callable[[Any, int], int]) -> Callable[..., int]:
    """The engine's sum with the right discount, so that the screen alone has the bug."""

    def discounted(parameters: Parameters, quotes: Quotes, collateral: dict[str, int]) -> int:
        known = parameters.currencies
        return sum(mul_down(exact(known[ccy], amount), quotes.usd[ccy]) for ccy, amount in collateral.items())

    return discounted


def test_what_is_left_of_a_loan_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(*arguments: Any, **named: Any) -> Any:
        return liquidation(*arguments, **named)._replace(closed=True)

    monkeypatch.setattr(following, "liquidation", planted)
    assert found_in_worlds()


def test_a_second_warning_comes_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = following.Following._warn

    def planted(self: following.Following, keys: Any, moments: Any) -> None:
        exact(self, keys, moments)
        self._again_ms[keys] -= 3_600_000

    monkeypatch.setattr(following.Following, "_warn", planted)
    assert found_in_worlds()


def test_a_warned_loan_is_passed_over_where_it_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = screen.Screen.passed

    def planted(self: screen.Screen, *arguments: Any) -> screen.Passed:
        found = exact(self, *arguments)
        return found._replace(not_due=np.ones_like(found.not_due))

    monkeypatch.setattr(screen.Screen, "passed", planted)
    made = world(1, hours_most=160)
    lives = Lives(made.book, made.hours, made.points, first_events=True)
    found = {life.loan_id: life.rows for life in lives.on(made.steps)}
    assert found != {loan: first_events(rows) for loan, rows in by_the_engine(made).items()}
