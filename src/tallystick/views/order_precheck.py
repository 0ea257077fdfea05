"""Precheck of an order: figures of the account as they are, and what placing the order would change of them."""

from __future__ import annotations

from msgspec import Struct

from tallystick.contract import trade as orders
from tallystick.contract import trade_modes as contract
from tallystick.engine import core, ledger, margin, trial
from tallystick.engine.commands import PlaceOrder
from tallystick.engine.core import Stamp
from tallystick.engine.state import State
from tallystick.views import trade
from tallystick.views.core import Caller, QueryView, View, amount


class Figures(Struct, frozen=True):
    """Figures of an account, in atoms; without a debt, present or possible, the ratio is 0."""

    adjusted: int
    initial: int
    maintenance: int
    ratio: int
    available: dict[str, int]
    debts: dict[str, int]


def order_precheck(state: State, request: contract.OrderPrecheck, caller: Caller) -> tuple[contract.OrderPrecheckRow]:
    """Figures before the order, and after it less before. Refused as the order itself would be, by its code.

    The order is placed on a state apart, so that one that meets the book is filled and one that rests is open. There
    are no positions: fields of theirs are "". `availBal` is told with auto-loan off, `liabChgCcy` with it on.
    """
    command = trade.place_command(as_order(request), caller, state)
    before = figures(state, caller.user_id)
    after = figures(_placed(state, caller, command), caller.user_id)
    user = state.users[caller.user_id]
    base, _, quote = request.instId.partition("-")
    given, received = (quote, base) if request.side == "buy" else (base, quote)
    changed = [ccy for ccy in (given, received) if after.debts.get(ccy, 0) != before.debts.get(ccy, 0)]
    owed_ccy = changed[0] if changed else given
    owed, there = before.debts.get(owed_ccy, 0), before.available.get(given, 0)
    return (
        contract.OrderPrecheckRow(
            adjEq=amount(before.adjusted),
            adjEqChg=amount(after.adjusted - before.adjusted),
            availBal="" if user.auto_loan else amount(there),
            availBalChg="" if user.auto_loan else amount(after.available.get(given, 0) - there),
            imr=amount(before.initial),
            imrChg=amount(after.initial - before.initial),
            liab=amount(owed),
            liabChg=amount(after.debts.get(owed_ccy, 0) - owed),
            liabChgCcy=owed_ccy if changed and user.auto_loan else "",
            liqPx="",
            liqPxDiff="",
            liqPxDiffRatio="",
            mgnRatio=amount(before.ratio),
            mgnRatioChg=amount(after.ratio - before.ratio),
            mmr=amount(before.maintenance),
            mmrChg=amount(after.maintenance - before.maintenance),
            posBal="",
            posBalChg="",
            type="",
        ),
    )


def as_order(request: contract.OrderPrecheck) -> orders.PlaceOrder:
    """Request to place the order that is asked about; each field that both have is the same."""
    return orders.PlaceOrder(
        instId=request.instId,
        tdMode=request.tdMode,
        side=request.side,
        posSide=request.posSide,
        ordType=request.ordType,
        sz=request.sz,
        px=request.px,
        reduceOnly=request.reduceOnly,
        tgtCcy=request.tgtCcy,
    )


def figures(state: State, user_id: int) -> Figures:
    """Figures of an account as its balance shows them."""
    user = state.users[user_id]
    adjusted = margin.adjusted_equity(state, user_id)
    coins = ledger.equity(state, user_id)
    return Figures(
        adjusted=adjusted,
        initial=margin.initial_margin(state, user_id),
        maintenance=margin.maintenance_margin(state, user_id),
        ratio=margin.margin_ratio(state, user_id, adjusted) or 0,
        available={ccy: ledger.available(state, user, ccy) for ccy in coins},
        debts=dict(ledger.debts(state, user_id)),
    )


def _placed(state: State, caller: Caller, command: PlaceOrder) -> State:
    """State apart in which the order has been placed. Rejects: what placing the order is refused with."""
    tried = trial.apart(state, caller.user_id, command.instrument)
    core.handle(tried, Stamp(tried.seq + 1, max(tried.at_ms, caller.at_ms)), command)
    return tried


VIEWS: dict[str, View] = {"order_precheck": QueryView(contract.OrderPrecheck, order_precheck)}
