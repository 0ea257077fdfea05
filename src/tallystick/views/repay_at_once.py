"""One-click repay of multi-currency and portfolio margin: coins, repayment and history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tallystick.contract import trade_modes as contract
from tallystick.engine import discount, ledger, prices
from tallystick.engine import repay_at_once as engine
from tallystick.engine.amounts import cut, unit_of
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event
from tallystick.engine.repay_at_once import RepaidAtOnce, RepayAtOnce
from tallystick.engine.state import State
from tallystick.views.core import Caller, CommandView, PageView, QueryView, View, amount, padded
from tallystick.views.tables import REPAYS_AT_ONCE

PLACES: Final = 16
"""Decimals of the history's amounts, zeros included (sample)."""
LISTED_UNIT: Final = unit_of(PLACES)


def currency_list(state: State, request: contract.RepayListV1, caller: Caller) -> tuple[contract.RepayListV1Row, ...]:
    """Debts in cross margin, and coins that may pay, the most valuable first. There is no isolated debt."""
    if request.debtType == "isolated":
        return ()
    user = state.users[caller.user_id]
    owed = ledger.debts(state, caller.user_id)
    held = {**state.ledger.get(f"trading:{caller.user_id}", {}), **state.ledger.get(f"funding:{caller.user_id}", {})}
    payers = [
        (ccy, engine.usable(state, user, ccy)) for ccy in held if ccy not in owed and discount.counts(state, user, ccy)
    ]
    payers.sort(key=lambda payer: (-prices.usd_value(state, *payer), payer[0]))
    return (
        contract.RepayListV1Row(
            debtData=tuple(
                contract.DebtV1(debtAmt=amount(cut(debt, LISTED_UNIT)), debtCcy=ccy) for ccy, debt in owed.items()
            ),
            debtType="cross",
            repayData=tuple(
                contract.RepayerV1(repayAmt=amount(cut(most, LISTED_UNIT)), repayCcy=ccy)
                for ccy, most in payers
                if most >= LISTED_UNIT
            ),
        ),
    )


def repay_command(request: contract.RepayV1, caller: Caller, state: State) -> RepayAtOnce:
    return RepayAtOnce(user_id=caller.user_id, debt_ccys=request.debtCcy, repay_ccy=request.repayCcy)


def repay_reply(
    request: contract.RepayV1, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.RepayV1Row, ...]:
    """One row for each debt. Amounts have no padding here, and the desk has settled them already."""
    return tuple(
        contract.RepayV1Row(
            debtCcy=event.debt_ccy,
            fillDebtSz=amount(event.debt_amount),
            fillRepaySz=amount(event.repay_amount),
            repayCcy=event.repay_ccy,
            status="filled" if event.debt_amount else "failed",
            uTime=str(stamp.at_ms),
        )
        for event in events
        if isinstance(event, RepaidAtOnce)
    )


def history_row(event: RepaidAtOnce, at_ms: int) -> contract.RepayV1Row:
    """Row of the history, with 16 decimals."""
    return contract.RepayV1Row(
        debtCcy=event.debt_ccy,
        fillDebtSz=padded(event.debt_amount, PLACES),
        fillRepaySz=padded(event.repay_amount, PLACES),
        repayCcy=event.repay_ccy,
        status="filled" if event.debt_amount else "failed",
        uTime=str(at_ms),
    )


VIEWS: dict[str, View] = {
    "one_click_repay_currency_list": QueryView(contract.RepayListV1, currency_list),
    "one_click_repay": CommandView(contract.RepayV1, repay_command, repay_reply),
    "one_click_repay_history": PageView(contract.RepayHistoryV1, REPAYS_AT_ONCE, REPAYS_AT_ONCE.whole),
}
