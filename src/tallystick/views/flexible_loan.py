"""Flexible loans: currencies, collateral, borrowing, repaying, limits and histories."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.contract import flexible_loan as contract
from tallystick.contract.core import UNSET, Nothing
from tallystick.contract.surface import ADJUSTED_COLLATERAL, FIRST, PLEDGED_ASSETS, SETTLED_LATER
from tallystick.engine import flexible_loan as engine
from tallystick.engine import ledger, prices
from tallystick.engine.commands import AdjustCollateral, BorrowLoan, RepayLoan
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event, LoanMoved, LoanOpened, LoanRequestAccepted
from tallystick.engine.interest import Charge
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.single import Amounts
from tallystick.engine.state import Loan, State
from tallystick.views import kinds
from tallystick.views.core import Caller, CommandView, PageView, QueryView, Refusal, View, amount, atoms
from tallystick.views.tables import LOAN_INTEREST, LOANS


def loan_currencies(state: State, request: Nothing, caller: Caller) -> tuple[contract.LoanCurrenciesRow, ...]:
    currencies = state.parameters.currencies.values()
    return tuple(contract.LoanCurrenciesRow(borrowCcy=currency.ccy) for currency in currencies if currency.loanable)


def e_mode_info(state: State, request: Nothing, caller: Caller) -> tuple[contract.LoanEModeInfoRow, ...]:
    pairs = state.parameters.loan_e_mode_pairs
    return tuple(contract.LoanEModeInfoRow(collateralCcy=pledged, borrowCcy=owed) for pledged, owed in pairs)


def collateral_assets(
    state: State, request: contract.LoanCollateralAssets, caller: Caller
) -> tuple[contract.LoanCollateralAssetsRow, ...]:
    """Coins the funding account could pledge; on the later surface the collateral of the loan asked for, none without.

    The documents changed the meaning of this endpoint between the two surfaces.
    """
    if not PLEDGED_ASSETS.holds(caller.surface):
        held = state.ledger.get(f"funding:{caller.user_id}", {})
    else:
        loan = loan_meant(state, caller, request.ordId)
        if loan is None:
            return ()
        held = loan.collateral
    currencies = state.parameters.currencies
    return (
        contract.LoanCollateralAssetsRow(
            assets=tuple(
                contract.LoanAsset(amt=amount(value), ccy=ccy, notionalUsd=amount(prices.usd_value(state, ccy, value)))
                for ccy, value in sorted(held.items())
                if currencies[ccy].collateral and request.ccy in ("", ccy)
            )
        ),
    )


def loan_meant(state: State, caller: Caller, loan_id: int | None) -> Loan | None:
    """The loan with this number, or the oldest where none is given; None without any. Rejects: UNKNOWN_LOAN."""
    if loan_id is None:
        return engine.oldest_loan(state, caller.user_id)
    return engine.find(state, caller.user_id, loan_id)


def max_loan(state: State, request: contract.LoanMaxLoan, caller: Caller) -> tuple[contract.LoanMaxLoanRow, ...]:
    """Largest further loan, or largest new loan with the collateral given (chosen: decisions/014).

    Rejects, first that applies: UNKNOWN_LOAN, UNKNOWN_CCY, LOAN_CCY_NOT_BORROWABLE, then per collateral entry
    UNKNOWN_CCY, COLLATERAL_IS_LOAN_CCY, CCY_NOT_COLLATERAL, AMOUNT_TOO_FINE, and at last COLLATERAL_IS_LOAN_CCY
    for collateral locked already and NO_E_MODE_PAIR. There is no row without a loan and without collateral.
    """
    ccy = request.borrowCcy
    loan = loan_meant(state, caller, request.ordId)
    engine.require_loanable(state, ccy)
    debts = {**(ledger.loan_debts(state, loan) if loan else {}), ccy: 0}
    added: dict[str, int] = {}
    for entry in request.supCollateral:
        engine.require_pledgeable(state, debts, entry.ccy, atoms(entry.amt))
        added[entry.ccy] = added.get(entry.ccy, 0) + atoms(entry.amt)
    if loan is None and not added:
        return ()
    if loan is not None and ccy in loan.collateral:
        raise Rejected(Reject.COLLATERAL_IS_LOAN_CCY).because(ccy=ccy)
    if loan is not None and loan.e_mode:
        engine.require_e_mode_pairs(state, debts, {**loan.collateral, **added})
    most = engine.max_loan(state, caller.user_id, loan, ccy, added)
    return (
        contract.LoanMaxLoanRow(
            borrowCcy=ccy,
            maxLoan=amount(most),
            notionalUsd=amount(prices.usd_value(state, ccy, most)),
            remainingQuota=amount(engine.remaining_quota(state, caller.user_id, ccy)),
        ),
    )


def max_redeem(state: State, request: contract.LoanMaxRedeem, caller: Caller) -> tuple[contract.LoanMaxRedeemRow, ...]:
    """Largest collateral to take out; no row without a loan. Rejects: UNKNOWN_LOAN, UNKNOWN_CCY, NOT_IN_COLLATERAL."""
    loan = loan_meant(state, caller, request.ordId)
    ledger.require_ccy(state, request.ccy)
    if loan is None:
        return ()
    if request.ccy not in loan.collateral:
        raise Rejected(Reject.NOT_IN_COLLATERAL).because(ccy=request.ccy, known=" ".join(loan.collateral))
    most = engine.max_redeem(state, loan, request.ccy)
    return (contract.LoanMaxRedeemRow(ccy=request.ccy, maxRedeemAmt=amount(most)),)


def borrow_command(request: contract.LoanBorrow, caller: Caller, state: State) -> BorrowLoan:
    """Command to borrow. Refused: `eMode` for an existing loan, as it is fixed when a loan is made (50024)."""
    if request.ordId is not None and request.eMode is not None:
        raise Refusal("50024", param="ordId", other="eMode")
    return BorrowLoan(
        user_id=caller.user_id,
        loan_id=request.ordId or 0,
        ccy=request.loanData.ccy,
        amount=atoms(request.loanData.amt),
        collateral=tuple((entry.ccy, atoms(entry.amt)) for entry in request.collateralData),
        client_order_id=request.clOrdId,
        e_mode=request.eMode == "1",
        settles_later=SETTLED_LATER.holds(caller.surface),
    )


OF_A_NEW_LOAN = (LoanOpened, LoanMoved, LoanRequestAccepted)


def borrow_reply(
    request: contract.LoanBorrow, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.LoanBorrowRow]:
    """Row of the reply. A loan that is accepted but not yet paid out has its number already."""
    loan_id = next(event.loan_id for event in events if isinstance(event, OF_A_NEW_LOAN))
    loan = state.loans.get(loan_id)
    in_e_mode = loan.e_mode if loan else request.eMode == "1"
    return (contract.LoanBorrowRow(ordId=str(loan_id), eMode="1" if in_e_mode else "0", clOrdId=request.clOrdId),)


def repay_command(request: contract.LoanRepay, caller: Caller, state: State) -> RepayLoan:
    later = SETTLED_LATER.holds(caller.surface)
    return RepayLoan(
        user_id=caller.user_id,
        loan_id=request.ordId,
        ccy=request.ccy,
        amount=atoms(request.amt),
        client_order_id=request.clOrdId,
        settles_later=later,
    )


def repay_reply(
    request: contract.LoanRepay, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.LoanRepayRow]:
    """Row of the reply. `amt` is the amount as requested, even where less was owed (documented)."""
    return (contract.LoanRepayRow(ordId=str(request.ordId), ccy=request.ccy, amt=request.amt, clOrdId=request.clOrdId),)


def adjust_command(request: contract.LoanAdjustCollateral, caller: Caller, state: State) -> AdjustCollateral:
    return AdjustCollateral(
        user_id=caller.user_id,
        loan_id=request.ordId or 0,
        add=request.type == "add",
        ccy=request.collateralCcy,
        amount=atoms(request.collateralAmt),
    )


def loan_info(state: State, request: contract.LoanInfo, caller: Caller) -> tuple[contract.LoanInfoRow, ...]:
    """Open loans of the user, oldest first. The later surface shows `ordId`, and LTV over adjusted collateral."""
    loans = engine.loans_of(state, caller.user_id)
    if request.ordId is not None:
        loans = [loan for loan in loans if loan.loan_id == request.ordId]
    return tuple(_loan_row(state, loan, caller.surface) for loan in loans)


def _loan_row(state: State, loan: Loan, surface: str) -> contract.LoanInfoRow:
    adjusted = ADJUSTED_COLLATERAL.holds(surface) or state.parameters.loan_adjusted_ltv
    standing = engine.adjusted_standing(state, loan) if adjusted else engine.plain_standing(state, loan)
    warning = engine.liquidation_price(state, loan)
    return contract.LoanInfoRow(
        ordId=UNSET if surface == FIRST else str(loan.loan_id),
        collateralData=_amounts(loan.collateral),
        collateralNotionalUsd=amount(standing.collateral_usd),
        curLTV=amount(standing.ltv),
        liqLTV=amount(standing.liquidation),
        loanData=_amounts(ledger.loan_debts(state, loan)),
        loanNotionalUsd=amount(engine.loan_usd(state, loan)),
        marginCallLTV=amount(standing.margin_call),
        riskWarningData=contract.LoanRiskWarning(instId=warning[0], liqPx=amount(warning[1]))
        if warning
        else contract.LoanRiskWarning(),
    )


def _amounts(amounts: Amounts) -> tuple[contract.LoanCcyAmount, ...]:
    return tuple(contract.LoanCcyAmount(amt=amount(value), ccy=ccy) for ccy, value in amounts.items())


def history_row(event: LoanMoved, at_ms: int) -> contract.LoanHistoryRow:
    """Row of the history. Times are cut to the second (observed); amounts have the sign the user sees."""
    return contract.LoanHistoryRow(
        amt=amount(event.amount),
        ccy=event.ccy,
        refId=str(event.ref_id),
        ts=str(at_ms - at_ms % 1000),
        type=kinds.LOAN_TYPES[event.kind],
    )


def interest_row(event: Charge) -> contract.LoanInterestAccruedRow:
    """Row of interest. `ts` is the full hour charged for; refId begins with it, or with a few ms more (observed)."""
    return contract.LoanInterestAccruedRow(
        ccy=event.ccy,
        interest=amount(event.interest),
        interestRate=amount(event.rate_per_year),
        loan=amount(event.debt_before),
        refId=str(event.number),
        ts=str(event.hour_ms),
    )


def _number(loan_id: int | None) -> str | None:
    """Number of a loan as the filter of the histories; None for all loans."""
    return None if loan_id is None else str(loan_id)


VIEWS: dict[str, View] = {
    "loan_currencies": QueryView(Nothing, loan_currencies),
    "loan_collateral_assets": QueryView(contract.LoanCollateralAssets, collateral_assets),
    "loan_max_loan": QueryView(contract.LoanMaxLoan, max_loan),
    "loan_max_redeem": QueryView(contract.LoanMaxRedeem, max_redeem),
    "loan_borrow": CommandView(contract.LoanBorrow, borrow_command, borrow_reply, amount_field="loanData"),
    "loan_repay": CommandView(contract.LoanRepay, repay_command, repay_reply, amount_field="amt"),
    "loan_adjust_collateral": CommandView(
        contract.LoanAdjustCollateral,
        adjust_command,
        lambda request, stamp, events, state: (),
        amount_field="collateralAmt",
    ),
    "loan_info": QueryView(contract.LoanInfo, loan_info),
    "loan_history": PageView(
        contract.LoanHistory, LOANS, lambda request: LOANS.asked(type=request.type, ordId=_number(request.ordId))
    ),
    "loan_interest_accrued": PageView(
        contract.LoanInterestAccrued,
        LOAN_INTEREST,
        lambda request: LOAN_INTEREST.asked(ccy=request.ccy, ordId=_number(request.ordId)),
    ),
    "loan_e_mode_info": QueryView(Nothing, e_mode_info),
}
