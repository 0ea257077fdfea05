"""Invariants of figures: what a rounding may take, and the price at which a loan would be liquidated."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import msgspec

from tallystick.contract import by_name
from tallystick.engine import events as e
from tallystick.engine.interest import Charge
from tallystick.views import VIEWS, Caller, QueryView
from tests.engine.history import NoHistory
from tests.properties.invariants import Step, check
from tests.properties.oracle import COIN, clean, need

UNITS = {"spot": Fraction(100), "loan": Fraction(10**10), "quote": Fraction(10**10), "dust": Fraction(100)}
"""The named roundings that are coarser than an atom: 16 or 8 decimals."""


@check("L6")
def nothing_is_rounded_by_more_than_a_unit(step: Step) -> None:
    """What a product or quotient exactly comes to and what was booked differ by less than one unit of its rounding.

    Both sides of a posting carry the same rounded amount, so a residue stays with whom the rounding favours and none
    is left to book (decisions/023).
    """
    parameters = step.state.parameters
    for event in step.events:
        if isinstance(event, Charge):
            exact = Fraction(event.debt_before * event.rate_per_year, 8760 * COIN)
            need(0 <= event.interest - exact < UNITS["loan" if event.loan_id else "spot"], "L6", event)
    for effect in step.effects:
        event = effect.event
        if isinstance(event, e.OrderFilled):
            base, quote = event.instrument.split("-")
            sign = 1 if event.side == "buy" else -1
            value, booked = Fraction(event.size * event.price, COIN), effect.ledger.get(("market", quote), 0)
            need(abs(sign * booked - value) < 1, "L6", f"{event} is worth {value}, the market got {booked} {quote}")
            need(effect.ledger.get(("market", base), 0) == -sign * event.size, "L6", f"{event}: {effect.ledger}")
            rate = parameters.maker_fee if event.maker else parameters.taker_fee
            received = event.size if event.side == "buy" else value
            fee = effect.ledger.get(("fee", event.fee_ccy), 0)
            need(-1 < fee - received * rate / COIN < 2, "L6", f"{event}, booked as fee {fee}")
        elif isinstance(event, e.QuoteTraded):
            booked = abs(effect.ledger.get(("desk", event.quote_ccy), 0))
            exact = Fraction(event.base_size * event.price, COIN)
            slack = UNITS["quote"] * max(Fraction(1), Fraction(event.price, COIN))
            need(abs(booked - exact) <= slack, "L6", f"{event} moved {booked} for {exact}")


def shown_loans(step: Step, user: int, surface: str) -> dict[int, dict[str, Any]]:
    """Loan id -> its row of loan-info."""
    view = VIEWS["loan_info"]
    if not isinstance(view, QueryView):
        raise TypeError(view)
    caller = Caller(user, step.stamp.at_ms, NoHistory(), surface=surface)
    found = view.answer(step.state, msgspec.convert({}, by_name["loan_info"].request), caller)
    rows = [json.loads(msgspec.json.encode(row)) for row in found]
    mine = [number for number, loan in step.shadow.loans.items() if loan.user == user]
    return dict(zip(sorted(mine), rows, strict=True))


HALF, HAIR = Fraction(1, 2 * 10**4), Fraction(1, 10**9)


@check("F1")
def the_later_surface_shows_ltv_over_adjusted_collateral(step: Step) -> None:
    """Value after the discounts, what is owed over it, the liquidation LTV without a discount; decided as ever.

    Values below a cent are left out: their roundings to the atom show in four decimals.
    """
    shadow = step.shadow
    for user in {loan.user for loan in shadow.loans.values()}:
        for number, row in shown_loans(step, user, "2026-08").items():
            loan = shadow.loans[number]
            owed, whole, ltv = shadow.total_usd(loan.debts), shadow.total_usd(loan.locked), shadow.ltv(loan)
            counted = whole if loan.e_mode else shadow.counted_usd(loan.locked)
            if ltv is None or min(counted, owed) < COIN // 100:
                continue
            shown = {name: Fraction(text) for name, text in row.items() if name.endswith("LTV")}
            need(abs(Fraction(row["collateralNotionalUsd"]) * COIN - counted) < 10**4, "F1", f"{row}: {counted}")
            need(abs(shown["curLTV"] - owed / counted) <= HALF + HAIR, "F1", f"{row}: {owed / counted}")
            margin_call, line = shadow.lines(loan)
            if not loan.e_mode:
                margin_call, line = margin_call * whole / counted, Fraction(COIN, shadow.p.loan_liquidation)
            for name, exact in (("marginCallLTV", margin_call), ("liqLTV", line)):
                need(-HAIR <= exact - shown[name] < 2 * HALF + HAIR, "F1", f"{row}: {name} is {exact}")


@check("F11")
def a_liquidation_price_is_shown_only_where_there_is_one(step: Step) -> None:
    """With one coin on each side and a pair of the two: the lowest tick at which the LTV is not above liqLTV."""
    shown: dict[int, dict[str, Any]] = {}
    for user in {loan.user for loan in step.shadow.loans.values()}:
        shown |= shown_loans(step, user, "2026-01")
    for number, loan in step.shadow.loans.items():
        debts, locked = clean(loan.debts), clean(loan.locked)
        warning = shown[number]["riskWarningData"]
        pair = f"{next(iter(locked))}-{next(iter(debts))}"
        alone = len(debts) == len(locked) == 1 and pair in step.state.parameters.instruments
        if not alone or shown[number]["liqLTV"] == "0":
            need((warning["instId"], warning["liqPx"]) == ("", ""), "F11", f"{warning} for {loan}")
            continue
        tick = step.state.parameters.instruments[pair].tick
        price, line = int(Fraction(warning["liqPx"]) * COIN), Fraction(shown[number]["liqLTV"])
        (owed,), (pledged,) = debts.values(), locked.values()
        need(warning["instId"] == pair and price % tick == 0, "F11", warning)
        need(Fraction(owed * COIN, pledged * price) <= line, "F11", f"{loan} is above {line} at {warning}")
        lower = price - tick
        need(lower == 0 or Fraction(owed * COIN, pledged * lower) > line, "F11", f"{warning} is not the lowest: {loan}")
