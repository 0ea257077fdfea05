"""Random runs of multi-currency and portfolio margin agree with a second model in exact fractions (`cross_model`)."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tallystick.engine import headroom, ledger
from tallystick.engine.amounts import unit_of
from tallystick.engine.ledger import InvariantViolation
from tests.properties import planting
from tests.properties.cross_owing import Owing
from tests.properties.cross_run import COINS, USER, Run
from tests.properties.same_cash import slices

RUNS = range(120)
MORE = slices(120, 50_000 if os.environ.get("TORTURE") == "long" else 1_000)
STEPS = 30
OWING = range(20_000 if os.environ.get("TORTURE") == "long" else 420)
"""Runs of accounts that owe with auto-loan off."""


MET = (
    "PlaceOrder done",
    "PlaceOrder MARGIN_INSUFFICIENT",
    "PlaceOrder ORDER_LOWERS_EQUITY",
    "PlaceOrder AUTO_LOAN_OFF",
    "PlaceOrder CROSS_ORDER_ABOVE_TIER",
    "Transfer done",
    "Transfer TRANSFER_RISK",
    "Transfer TRANSFER_ABOVE_AVAILABLE",
    "Transfer NEGATIVE_BALANCES",
    "ChooseCollateral done",
    "ChooseCollateral COLLATERAL_BORROWED",
    "ChooseCollateral COLLATERAL_NEEDED",
    "SwitchMode done",
    "SwitchMode SWITCH_ORDERS",
    "SetPrices done",
    "Tick done",
    "an exchange",
)
"""Outcomes that runs must meet, so that agreement says something."""


def played(seeds: range) -> Counter[str]:
    seen: Counter[str] = Counter()
    for seed in seeds:
        seen += Run(seed).play(STEPS)
    return seen


def test_engine_and_model_agree_and_meet_what_they_may_part_over() -> None:
    seen = played(RUNS)
    assert [name for name in MET if not seen[name]] == []


EXCHANGES = (
    "BTC whole, 0 sold",
    "BTC whole, 1 sold",
    "BTC in part, 0 sold",
    "ETH whole, 0 sold",
    "ETH whole, 1 sold",
    "ETH in part, 0 sold",
    "USDT whole, 1 sold",
    "USDT whole, 2 sold",
    "USDT in part, 1 sold",
    "USDT in part, 2 sold",
)
"""Coin bought back, to half of its quota or as far as coins go, and how many coins besides USDT went for it."""


def test_engine_and_model_agree_on_exchanges() -> None:
    seen: Counter[str] = Counter()
    for seed in OWING:
        seen += Owing(seed).play(STEPS)
    assert [kind for kind in EXCHANGES if not seen[kind]] == []


def untight(seeds: range) -> list[str]:
    """Largest transfers during runs, of own coins and with leave to borrow, that the model does not find tight."""
    found = []
    for seed in seeds:
        run = Run(seed)
        for _ in range(6):
            run.play(5)
            if run.over:
                break
            state, model = run.state, run.model
            pool = {ccy: ledger.balance(state, "pool", ccy) for ccy in COINS}
            for ccy in COINS:
                grain = unit_of(state.parameters.currencies[ccy].decimals)
                for borrows in (False, True):
                    most = headroom.transfer_size(state, state.users[USER], ccy, may_borrow=borrows)
                    passes = model.refusal_of_leaving(ccy, most, may_borrow=borrows, pool=pool)
                    beyond = model.refusal_of_leaving(ccy, most + grain, may_borrow=borrows, pool=pool)
                    if (most and passes) or beyond == "":
                        found.append(f"seed {seed}: {most} {ccy} {borrows}: {passes}, a grain more {beyond!r}")
    return found


def test_a_largest_transfer_passes_and_a_grain_more_does_not() -> None:
    assert untight(range(60)) == []


def test_a_largest_transfer_that_is_not_tight_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    planting.plant(monkeypatch, "headroom.transfer_size", "// unit) * unit", "// unit) * unit // 2")
    assert untight(range(10)) != []


@pytest.mark.long
@pytest.mark.parametrize("seeds", MORE, ids=str)
def test_many_more_runs(seeds: range) -> None:
    assert played(seeds)["PlaceOrder done"] > len(seeds)


PLANTS = {
    "a quota is charged nothing with auto-loan on": (
        "free_quota.granted",
        "user.cross and not user.auto_loan",
        "user.cross",
    ),
    "what is above a quota costs nothing": ("accrual._hours", "min(debt, quotas[place])", "debt"),
    "all of a debt above its quota costs": (
        "accrual._hours",
        "min(debt, quotas[place])",
        "debt if debt <= quotas[place] else 0",
    ),
    "a quota does not grow by other coins": (
        "free_quota.of",
        "return currency.free_quota + added",
        "return currency.free_quota",
    ),
    "an exchange buys back to the quota": (
        "auto_exchange._exchange",
        "mul_down(quota, state.parameters.exchange_target)",
        "quota",
    ),
    "an exchange does not come": ("auto_exchange._above", "owed > free_quota.of", "owed > 10**30 + free_quota.of"),
    "an exchange sells for USDT that are there": (
        "auto_exchange._plan",
        "_cost(offers, size) - own",
        "_cost(offers, size)",
    ),
    "an exchange sells the smaller coin first": (
        "forced_sale.sources",
        "-prices.usd_value(state, coin, available)",
        "prices.usd_value(state, coin, available)",
    ),
    "an exchange sells a little more": ("auto_exchange._netting", "there, lift(", "there, 10**16 + lift("),
    "a hole is discounted": (
        "discount.Valuation.usd_value",
        "-mul_up(-amount, index)",
        "-mul_up(-amount * 98 // 100, index)",
    ),
    "possible borrowing is forgotten in imr": (
        "margin.initial_margin",
        "potential(state, user) if user.cross else {}",
        "{}",
    ),
    "possible borrowing is forgotten in mmr": ("margin.borrowing", "if user.cross and user.frozen", "if False"),
    "every order is sound": ("soundness._cross_sound", "if all(equity >= needed", "if True or all(equity >= needed"),
    "an open order counts as filled": ("soundness._cross_sound", "if order.resting is not None:", "if False:"),
    "a short account may do anything": (
        "soundness._cross_sound",
        "return min(worth - now[0], whole) >= weighed[1] - now[1]",
        "return True",
    ),
    "a fill borrows beside the coins of other orders": (
        "spot_borrow.shortfall",
        "ledger.cash(state, order.user_id, order.held_ccy)",
        "released",
    ),
    "liquidated before the orders go": (
        "spot_risk.review",
        "if user.cross and not user.liquidating and _due(state, user):",
        "if False:",
    ),
    "orders that would borrow stay": (
        "spot_risk._cancel_what_margin_no_longer_carries",
        "if worth < owed +",
        "if 0 > owed +",
    ),
    "a switch looks at no margin": ("modes._carries", "if not owed:", "if True:"),
    "collateral is taken out though it is needed": (
        "cross_settings._require_dispensable",
        "if left < needed:",
        "if False:",
    ),
    "coins that orders hold may leave": (
        "account.require_leave",
        "margin.potential(state, user, {ccy: -amount}).get(ccy, 0)",
        "max(0, amount - ledger.cash(state, user.user_id, ccy))",
    ),
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_makes_them_part(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planting.plant(monkeypatch, *PLANTS[name])
    with pytest.raises((AssertionError, InvariantViolation)):
        played(range(400))
