"""One-click repay: currencies, runs and their history."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.contract import repay as contract
from tallystick.contract.core import Endpoint, Nothing
from tallystick.contract.surface import BORROWING_FOR_REPAY, modes
from tallystick.engine import ledger, prices
from tallystick.engine.commands import RepayDebt
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event, RepayLeg, RepayRecord
from tallystick.engine.state import State
from tallystick.views import kinds
from tallystick.views.core import Caller, CommandView, PageView, QueryView, Refusal, View, amount
from tallystick.views.tables import ONE_CLICK_REPAYS


def currency_list(state: State, request: Nothing, caller: Caller) -> tuple[contract.OneClickRepayCurrencyListV2Row]:
    """Debts, and coins with an available balance, those of the debts included; most valuable first."""
    user = state.users[caller.user_id]
    held = state.ledger.get(f"trading:{caller.user_id}", {})
    usable = [(ccy, ledger.available(state, user, ccy)) for ccy in held]
    usable.sort(key=lambda item: (-prices.usd_value(state, *item), item[0]))
    return (
        contract.OneClickRepayCurrencyListV2Row(
            debtData=tuple(
                contract.DebtItem(debtAmt=amount(debt), debtCcy=ccy)
                for ccy, debt in ledger.debts(state, caller.user_id).items()
            ),
            repayData=tuple(
                contract.RepayItem(repayAmt=amount(available), repayCcy=ccy)
                for ccy, available in usable
                if available > 0
            ),
        ),
    )


def modes_with(state: State, endpoint: Endpoint, surface: str) -> tuple[str, ...]:
    """Account modes that have an endpoint on a surface; empty for all of them.

    The history of one-click repay has those that its documents name alone unless `margin_repay_history` is on.
    """
    if endpoint is contract.ONE_CLICK_REPAY_HISTORY_V2 and not state.parameters.margin_repay_history:
        return endpoint.modes
    return modes(endpoint, surface)


def repay_command(request: contract.OneClickRepayV2, caller: Caller, state: State) -> RepayDebt:
    """Command to repay. Refused: borrowing or auto-loan switched off (51010, on the later surface 51625)."""
    user = state.users[caller.user_id]
    if user.cross and not user.auto_loan:
        raise Refusal("51625").because("auto loan off", name=user.name)
    if not user.may_borrow:
        code = "51625" if BORROWING_FOR_REPAY.holds(caller.surface) else "51010"
        raise Refusal(code).because("borrowing off", name=user.name)
    return RepayDebt(user_id=caller.user_id, debt_ccy=request.debtCcy, repay_ccys=request.repayCcyList)


def repay_reply(
    request: contract.OneClickRepayV2, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.OneClickRepayV2Row]:
    """Row of an acceptance. Its time is the gateway's, a few ms after the history's (observed)."""
    return (
        contract.OneClickRepayV2Row(
            debtCcy=request.debtCcy,
            repayCcyList=request.repayCcyList,
            ts=str(stamp.at_ms + state.parameters.repay_reply_lag_ms),
        ),
    )


def history_row(record: RepayRecord) -> contract.OneClickRepayHistoryV2Row:
    """One run as the history shows it: legs newest first, prices and sizes of unfilled legs as documented."""
    return contract.OneClickRepayHistoryV2Row(
        debtCcy=record.debt_ccy,
        fillDebtSz=amount(record.repaid),
        ordIdInfo=tuple(_leg(leg) for leg in reversed(record.legs)),
        repayCcyList=record.repay_ccys,
        status=kinds.RUN_STATUSES[record.status],
        ts=str(record.requested_at_ms),
    )


def _leg(leg: RepayLeg) -> contract.RepayOrder:
    return contract.RepayOrder(
        cTime=str(leg.placed_at_ms),
        fillPx=amount(leg.fill_price) if leg.fill_size else "",
        fillSz=amount(leg.fill_size),
        instId=leg.instrument,
        ordId=str(leg.order_id),
        ordType="ioc",
        px=amount(leg.price),
        side=kinds.SIDES[leg.side],
        state=kinds.LEG_STATES[leg.state],
        sz=amount(leg.size),
    )


VIEWS: dict[str, View] = {
    "one_click_repay_currency_list_v2": QueryView(Nothing, currency_list),
    "one_click_repay_v2": CommandView(contract.OneClickRepayV2, repay_command, repay_reply),
    "one_click_repay_history_v2": PageView(contract.OneClickRepayHistoryV2, ONE_CLICK_REPAYS, ONE_CLICK_REPAYS.whole),
}
