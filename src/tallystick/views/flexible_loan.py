"""Flexible loans: both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick.contract import flexible_loan as contract
from tallystick.contract.core import UNSET
from tallystick.engine import flexible_loan as engine
from tallystick.engine.commands import AdjustCollateral, BorrowLoan, RepayLoan
from tallystick.engine.core import Stamp
from tallystick.engine.events import LoanMoved
from tallystick.engine.state import Loan, State
from tallystick.views.core import Caller, CommandView, PageView, QueryView, View, amount, atoms, only

TABLE = "loan_history"


def borrow_command(request: contract.LoanBorrow, caller: Caller, state: State) -> BorrowLoan:
    return BorrowLoan(
        caller.user_id,
        request.ordId or 0,
        request.loanData.ccy,
        atoms(request.loanData.amt),
        tuple((entry.ccy, atoms(entry.amt)) for entry in request.collateralData),
        request.clOrdId,
        request.eMode == "1",
    )


def borrow_reply(
    request: contract.LoanBorrow, stamp: Stamp, events: Sequence[Any], state: State
) -> tuple[contract.LoanBorrowRow]:
    loan_id = only(events, LoanMoved).loan_id
    in_e_mode = state.loans[loan_id].e_mode
    return (contract.LoanBorrowRow(ordId=str(loan_id), eMode="1" if in_e_mode else "0", clOrdId=request.clOrdId),)


def repay_command(request: contract.LoanRepay, caller: Caller, state: State) -> RepayLoan:
    return RepayLoan(caller.user_id, request.ordId, request.ccy, atoms(request.amt), request.clOrdId)


def repay_reply(
    request: contract.LoanRepay, stamp: Stamp, events: Sequence[Any], state: State
) -> tuple[contract.LoanRepayRow]:
    """`amt` is the amount as requested, even where less was owed (documented)."""
    return (contract.LoanRepayRow(ordId=str(request.ordId), ccy=request.ccy, amt=request.amt, clOrdId=request.clOrdId),)


def adjust_command(request: contract.LoanAdjustCollateral, caller: Caller, state: State) -> AdjustCollateral:
    return AdjustCollateral(
        caller.user_id, request.ordId or 0, request.type == "add", request.collateralCcy, atoms(request.collateralAmt)
    )


def loan_info(state: State, request: contract.LoanInfo, caller: Caller) -> tuple[contract.LoanInfoRow, ...]:
    """Every open loan of the user, oldest first. `ordId` is read on both surfaces, shown on the newer one."""
    loans = engine.loans_of(state, caller.user_id)
    if request.ordId is not None:
        loans = [loan for loan in loans if loan.loan_id == request.ordId]
    return tuple(_loan_row(state, loan, shows_id=caller.surface != "2026-01") for loan in loans)


def _loan_row(state: State, loan: Loan, *, shows_id: bool) -> contract.LoanInfoRow:
    _, margin_call, liquidation = engine.thresholds(state, loan)
    warning = engine.liquidation_price(state, loan)
    return contract.LoanInfoRow(
        ordId=str(loan.loan_id) if shows_id else UNSET,
        collateralData=_amounts(loan.collateral),
        collateralNotionalUsd=amount(engine.collateral_usd(state, loan)),
        curLTV=amount(engine.current_ltv(state, loan)),
        liqLTV=amount(liquidation),
        loanData=_amounts(loan.debts),
        loanNotionalUsd=amount(engine.loan_usd(state, loan)),
        marginCallLTV=amount(margin_call),
        riskWarningData=contract.LoanRiskWarning(instId=warning[0], liqPx=amount(warning[1]))
        if warning
        else contract.LoanRiskWarning(),
    )


def _amounts(amounts: dict[str, int]) -> tuple[contract.LoanCcyAmount, ...]:
    return tuple(contract.LoanCcyAmount(amt=amount(value), ccy=ccy) for ccy, value in amounts.items())


def history_row(event: LoanMoved, at_ms: int) -> contract.LoanHistoryRow:
    """Times are cut to the second (observed); amounts are signed as the user sees them."""
    return contract.LoanHistoryRow(
        amt=amount(event.amount),
        ccy=event.ccy,
        refId=str(event.ref_id),
        ts=str(at_ms - at_ms % 1000),
        type=event.kind,  # type: ignore[arg-type]
    )


VIEWS: dict[str, View] = {
    "loan_borrow": CommandView(borrow_command, borrow_reply, amount_field="loanData"),
    "loan_repay": CommandView(repay_command, repay_reply, amount_field="amt"),
    "loan_adjust_collateral": CommandView(
        adjust_command, lambda request, stamp, events, state: (), amount_field="collateralAmt"
    ),
    "loan_info": QueryView(loan_info),
    "loan_history": PageView(
        TABLE, lambda request: (request.type, str(request.ordId) if request.ordId is not None else None)
    ),
}
