"""Bugs planted into the account side of the lab: each one makes its rows differ from the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pytest

from tallystick.engine.margin_tiers import tier_of
from tallystick.engine.parameters import Currency
from tallystick.lab import account_lives, account_screen, book, panels
from tallystick.lab.rows import Row
from tests.lab.account_worlds import account_world, crowded
from tests.lab.test_account_worlds import by_the_engine, by_the_lab
from tests.lab.test_plants import in_floats
from tests.lab.worlds import World

SEEDS = (10, *range(1, 6))
"""Worlds that are tried: one with still prices among them."""


@lru_cache(maxsize=1)
def reference() -> dict[int, dict[int, list[Row]]]:
    return {seed: by_the_engine(made(seed)) for seed in SEEDS}


def made(seed: int) -> World:
    return account_world(seed, hours_most=140)


def found_in_worlds() -> bool:
    """Test whether the lab differs from the engine in one of the worlds."""
    return any(by_the_lab(made(seed)) != rows for seed, rows in reference().items())


def test_without_a_bug_nothing_differs() -> None:
    assert not found_in_worlds()


def test_the_moment_at_the_old_prices_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    reference()
    init = panels.Moments.__init__

    def planted(self: panels.Moments, hour_ms: int, hours: int, points: int) -> None:
        init(self, hour_ms, hours, points)
        self.price[:: self.per_hour] += 1

    monkeypatch.setattr(panels.Moments, "__init__", planted)
    assert found_in_worlds()


def test_interest_is_reckoned_in_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    reference()
    monkeypatch.setattr(book, "spot_hours", in_floats)
    assert found_in_worlds()


def test_the_rate_of_the_first_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    reference()
    monkeypatch.setattr(account_screen, "tier_of", lambda currency, amount: tier_of(currency, 1))
    assert found_in_worlds()


def test_coins_out_of_the_collateral_count(monkeypatch: pytest.MonkeyPatch) -> None:
    reference()

    def planted(currency: Currency, held: int, grown: Sequence[int], *, out: bool) -> list[float]:
        return exact(currency, held, grown, out=False)

    exact = account_screen.equity_of
    monkeypatch.setattr(account_screen, "equity_of", planted)
    monkeypatch.setattr(account_screen, "uncounted_of", lambda account: ())
    assert found_in_worlds()


def test_sales_under_one_price_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The costs of liquidations alone are others than together, so rows differ."""
    reference()
    init = account_lives.AccountLives.__init__

    def planted(self: account_lives.AccountLives, *given: Any, **named: Any) -> None:
        init(self, *given, **named)
        self.alone = True

    monkeypatch.setattr(account_lives.AccountLives, "__init__", planted)
    assert found_in_worlds()


def test_what_is_left_of_an_account_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    reference()
    monkeypatch.setattr(
        account_screen.AccountScreen, "not_safe", planted_not_safe(account_screen.AccountScreen.not_safe)
    )
    assert found_in_worlds()


def planted_not_safe(exact: Any) -> Any:
    def not_safe(self: Any, shapes: Any, usd: Any, extremes: Any, *, since: int = 0) -> Any:
        rows, moments = exact(self, shapes, usd, extremes, since=since)
        return (rows[:0], moments[:0]) if since else (rows, moments)

    return not_safe


def test_an_episode_ends_before_the_house_quotes_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts that are due with the interest of the hour find what sales after the last price have left."""
    alike = crowded()
    assert by_the_lab(alike) == by_the_engine(alike)
    assert [len(rows) > 3 for rows in by_the_lab(alike).values()] == [True, True]
    monkeypatch.setattr(account_lives, "renewed", lambda moments, number: True)
    assert by_the_lab(alike) != by_the_engine(alike)
