"""The same cash flow gives the same debt in every mode, over random flows (see `same_cash`)."""

from __future__ import annotations

import os

import pytest

from tests.properties import planting, same_cash

FLOWS = range(150)
MORE = same_cash.slices(150, 100_000 if os.environ.get("TORTURE") == "long" else 1_500)
HOURS = 6


def differences(seeds: range, *, clear: bool) -> list[str]:
    return [one for seed in seeds for one in same_cash.play(seed, HOURS, clear=clear).differences]


def test_three_modes_owe_the_same_where_no_coin_in_debt_is_frozen_at_the_hour() -> None:
    assert differences(FLOWS, clear=True) == []


def test_where_orders_stay_open_spot_mode_owes_more_by_the_coins_that_it_holds() -> None:
    assert differences(FLOWS, clear=False) == []


def test_the_flows_borrow_pay_interest_and_freeze_coins_in_debt() -> None:
    """Most flows owe something at some hour, and enough end at an hour with a frozen coin in debt."""
    cleared = [same_cash.play(seed, HOURS, clear=True) for seed in range(60)]
    assert sum(found.interest > 0 for found in cleared) > 40
    left_open = [same_cash.play(seed, HOURS, clear=False) for seed in range(60)]
    assert sum(found.frozen for found in left_open) > 5


@pytest.mark.long
@pytest.mark.parametrize("seeds", MORE, ids=str)
@pytest.mark.parametrize("clear", [True, False])
def test_many_more_flows(clear: bool, seeds: range) -> None:
    assert differences(seeds, clear=clear) == []


PLANTS = [
    # A fill that borrows what other orders freeze, as Spot mode does.
    ("spot_borrow.shortfall", "ledger.cash(state, order.user_id, order.held_ccy)", "released"),
    # A hole that only new coins above what orders hold may fill.
    ("ledger.at_hand", "if user.cross else", "if False else"),
]


@pytest.mark.parametrize(("function", "old", "new"), PLANTS, ids=lambda text: str(text)[:30])
def test_a_planted_bug_makes_a_difference(function: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planting.plant(monkeypatch, function, old, new)

    def first() -> str:
        for clear in (True, False):
            for seed in FLOWS:
                try:
                    found = same_cash.play(seed, HOURS, clear=clear).differences
                except Exception as broken:
                    return f"{type(broken).__name__}: {broken}"
                if found:
                    return found[0]
        return ""

    assert first()
