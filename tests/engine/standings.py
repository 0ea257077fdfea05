"""How a trading account stands after each event of an entry, and which event made it so: `spot_risk.TRANSITIONS`."""

from __future__ import annotations

from typing import Any

from tallystick.engine import ledger, margin, prices, spot_risk
from tallystick.engine.amounts import ONE
from tallystick.engine.state import State

Line = tuple[str, str, str]

WORDS = {
    "UserCreated": "opened",
    "Borrowed": "borrowed",
    "Repaid": "repaid",
    "OrderPlaced": "order",
    "OrderFilled": "order",
    "OrderClosed": "order",
    "BalanceAdjusted": "coins",
    "Transferred": "coins",
    "QuoteTraded": "coins",
    "EasyConverted": "coins",
    "MarketMoved": "price",
    "PriceHeld": "price",
    "MarketReleased": "price",
    "HourPassed": "interest",
    "InterestBooked": "interest",
    "InterestCharged": "interest",
    "ParametersChanged": "parameters",
    "LiquidationStarted": "liquidation begins",
    "LiquidationEnded": "liquidation ends",
}
"""Event -> what happens. A fill of somebody else can only move the price."""


def standings(state: State) -> dict[int, str]:
    """Of every account that can be judged: while a price is missing a debt is not."""
    return {user_id: standing(state, user_id) for user_id in state.users if priced(state, user_id)}


def priced(state: State, user_id: int) -> bool:
    if not ledger.debts(state, user_id):
        return True
    return all(prices.usd_index(state, ccy) > 0 for ccy in ledger.equity(state, user_id))


def standing(state: State, user_id: int) -> str:
    if state.users[user_id].liquidating:
        return spot_risk.FROZEN
    needed = margin.needed_margin(state, user_id)
    if needed == 0:
        return spot_risk.FREE
    worth = margin.adjusted_equity(state, user_id)
    return spot_risk.WARNED if worth * ONE <= needed * state.parameters.spot_warning_ratio else spot_risk.SOUND


def lines(before: dict[int, str], after: dict[int, str], event: Any) -> set[Line]:
    """(before, what happened, after) of every account that stands otherwise since one event."""
    found = set()
    for user_id, now in after.items():
        name = type(event).__name__
        opened = name == "UserCreated" and event.user_id == user_id
        was = "" if opened else before.get(user_id, now)
        if was != now:
            stranger = name.startswith("Order") and event.user_id != user_id
            found.add((was, "price" if stranger else WORDS.get(name, name), now))
    return found


def allowed() -> set[Line]:
    """Every line of the table, one by one."""
    return {(before, what, after) for before, whats, after in spot_risk.TRANSITIONS for what in whats}
