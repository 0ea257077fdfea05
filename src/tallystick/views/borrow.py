"""Spot borrowing by hand, its history, auto repay, interest, rates and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, assert_never

from tallystick.contract import borrow as contract
from tallystick.engine import account_group, ledger, margin, prices, rates
from tallystick.engine.amounts import cut, lift, unit_of
from tallystick.engine.borrow import FORCED_REPAY
from tallystick.engine.commands import ManualBorrow, ManualRepay, SetAutoRepay
from tallystick.engine.core import Stamp
from tallystick.engine.events import AutoRepaySwitched, Borrowed, DebtCovered, Event, Repaid
from tallystick.engine.free_quota import free_part
from tallystick.engine.interest import HOUR_MS, HOURS_PER_YEAR, Charge
from tallystick.engine.parameters import Currency
from tallystick.engine.state import State
from tallystick.views import kinds
from tallystick.views.core import Caller, CommandView, PageView, QueryView, Refusal, View, amount, atoms, only, padded
from tallystick.views.tables import SPOT_BORROW_REPAY, SPOT_INTEREST, Filters

FOUND_AS = "cross"
"""Margin mode under which rows of Spot mode are found, though they show none (chosen: decisions/014)."""
RATE_UNIT = unit_of(16)
QUOTA_PLACES = 8
DEBT_PLACES = 32
DAYS_PER_YEAR = 365


def auto_repay_command(request: contract.SetAutoRepay, caller: Caller, state: State) -> SetAutoRepay:
    return SetAutoRepay(user_id=caller.user_id, enabled=request.autoRepay)


def auto_repay_reply(
    request: contract.SetAutoRepay, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.SetAutoRepayRow]:
    return (contract.SetAutoRepayRow(autoRepay=only(events, AutoRepaySwitched).enabled),)


def manual_command(request: contract.SpotManualBorrowRepay, caller: Caller, state: State) -> ManualBorrow | ManualRepay:
    amt = atoms(request.amt)
    match request.side:
        case "borrow":
            return ManualBorrow(user_id=caller.user_id, ccy=request.ccy, amount=amt)
        case "repay":
            return ManualRepay(user_id=caller.user_id, ccy=request.ccy, amount=amt)
        case never:
            assert_never(never)


def manual_reply(
    request: contract.SpotManualBorrowRepay, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.SpotManualBorrowRepayRow]:
    """Row of the reply. `amt` is the amount borrowed or repaid in fact."""
    done = only(events, Borrowed) if request.side == "borrow" else only(events, Repaid)
    return (contract.SpotManualBorrowRepayRow(ccy=request.ccy, side=request.side, amt=amount(done.amount)),)


def is_unseen(event: Event, state: State) -> bool:
    """True of a loan or a repayment in multi-currency and portfolio margin, which has neither row nor bill.

    The trade that made the balance negative, or filled the hole, tells it (chosen: decisions/057).
    """
    return isinstance(event, Borrowed | Repaid) and state.users[event.user_id].cross


def history_row(event: Borrowed | Repaid | DebtCovered, at_ms: int) -> contract.SpotBorrowRepayHistoryRow:
    return contract.SpotBorrowRepayHistoryRow(
        accBorrowed="0" if isinstance(event, DebtCovered) else amount(event.debt_after),
        amt=amount(event.amount),
        ccy=event.ccy,
        ts=str(at_ms),
        type=history_type(event),
    )


def history_type(event: Borrowed | Repaid | DebtCovered) -> contract.SpotBorrowType:
    """Type in the history. A repayment by the insurance fund shows as a forced one (chosen: decisions/012)."""
    match event:
        case Borrowed():
            return kinds.BORROW_TYPES[event.kind]
        case Repaid():
            return kinds.REPAY_TYPES[event.kind]
        case DebtCovered():
            return kinds.REPAY_TYPES[FORCED_REPAY]
        case never:
            assert_never(never)


# ---- interest, rates and limits


def interest_row(event: Charge) -> contract.InterestAccruedRow:
    """Row of an hour's interest. Rows of multi-currency and portfolio margin name the margin and the free part."""
    return contract.InterestAccruedRow(
        ccy=event.ccy,
        interest=amount(event.interest),
        interestRate=amount(rate_of(event.rate_per_year, HOURS_PER_YEAR)),
        liab=amount(event.debt_before),
        totalLiab=amount(event.debt_before),
        interestFreeLiab=amount(event.free) if event.cross else "",
        mgnMode="cross" if event.cross else "",
        ts=str(event.hour_ms),
    )


def interest_filters(request: contract.InterestAccrued) -> Filters:
    """Filters of the history. Debts of Spot mode have neither instrument nor isolated position; those find nothing."""
    return SPOT_INTEREST.asked(ccy=request.ccy, mgnMode=request.instId or request.mgnMode)


def rate_of(rate_per_year: int, parts: int) -> int:
    """Rate of one part of a year, cut at 16 decimals: 0.03577 a year is 0.0000040833333333 an hour."""
    return cut(rate_per_year // parts, RATE_UNIT)


def rate_per_year(state: State, ccy: str) -> int:
    """Yearly rate of a spot debt of this coin, in force now."""
    return rates.in_force(state, ccy)


def daily_rate(state: State, ccy: str) -> str:
    return amount(rate_of(rate_per_year(state, ccy), DAYS_PER_YEAR))


def borrowable(state: State, ccy: str) -> list[Currency]:
    """Currencies that can be borrowed, or the one asked for. Rejects: UNKNOWN_CCY."""
    if ccy:
        ledger.require_ccy(state, ccy)
    currencies = state.parameters.currencies.values()
    return [currency for currency in currencies if currency.borrowable and ccy in ("", currency.ccy)]


def interest_rate(state: State, request: contract.InterestRate, caller: Caller) -> tuple[contract.InterestRateRow, ...]:
    return tuple(
        contract.InterestRateRow(
            ccy=currency.ccy, interestRate=amount(rate_of(rate_per_year(state, currency.ccy), HOURS_PER_YEAR))
        )
        for currency in borrowable(state, request.ccy)
    )


def interest_limits(
    state: State, request: contract.InterestLimits, caller: Caller
) -> tuple[contract.InterestLimitsRow]:
    """Interest and limits, one object. The quota and its rest are shared by the main account and its sub-accounts.

    Debt and use are of this account alone. Interest joins the debt when it is charged, so none is ever pending. What
    open orders would borrow is told in multi-currency and portfolio margin, and what is within the interest-free quota.
    """
    user = state.users[caller.user_id]
    possible = margin.borrowing(state, user) if user.cross else None
    debts = ledger.debts(state, caller.user_id)
    next_hour = str(state.hour_ms + HOUR_MS)
    return (
        contract.InterestLimitsRow(
            debt=padded(margin.debt_usd(state, caller.user_id), DEBT_PLACES),
            interest=padded(0, DEBT_PLACES),
            nextDiscountTime=next_hour,
            nextInterestTime=next_hour,
            records=tuple(
                contract.InterestLimitsRecord(
                    ccy=currency.ccy,
                    interest="0",
                    loanQuota=padded(account_group.quota(state, caller.user_id, currency.ccy), QUOTA_PLACES),
                    rate=daily_rate(state, currency.ccy),
                    surplusLmt=padded(margin.quota_left(state, caller.user_id, currency.ccy), QUOTA_PLACES),
                    usedLmt=padded(
                        lift(ledger.debt(state, caller.user_id, currency.ccy), unit_of(QUOTA_PLACES)), QUOTA_PLACES
                    ),
                    interestFreeLiab="" if possible is None else amount(free_part(state, user, currency.ccy, debts)),
                    potentialBorrowingAmt="" if possible is None else amount(possible.get(currency.ccy, 0)),
                )
                for currency in borrowable(state, request.ccy)
            ),
        ),
    )


def max_loan(state: State, request: contract.MaxLoan, caller: Caller) -> tuple[contract.MaxLoanRow, ...]:
    """Largest loans: base (sell) and quote (buy) per instrument asked, then the currency.

    Refused: in Spot mode with borrowing off (51010); in the other modes first without an instrument, since nothing is
    borrowed by hand there (50014), then isolated margin, which they do not have (51010).
    """
    user = state.users[caller.user_id]
    if user.cross:
        if not request.instId:
            raise Refusal("50014", param="instId")
        if request.mgnMode != "cross":
            raise Refusal("51010")
    elif not user.borrow_enabled:
        raise Refusal("51010").because("borrowing off", name=user.name)
    asked: list[tuple[str, str, Literal["buy", "sell", ""]]] = []
    for name in request.instId:
        instrument = prices.require_instrument(state, name)
        if request.tradeQuoteCcy not in ("", instrument.quote_ccy):
            raise Refusal("51000", param="tradeQuoteCcy")
        asked += [(name, instrument.base_ccy, "sell"), (name, instrument.quote_ccy, "buy")]
    if request.ccy:
        ledger.require_ccy(state, request.ccy)
        asked.append(("", request.ccy, ""))
    return tuple(
        contract.MaxLoanRow(
            instId=name,
            mgnMode=request.mgnMode,
            maxLoan=amount(margin.max_loan(state, user, ccy)),
            ccy=ccy,
            side=side,
        )
        for name, ccy, side in asked
    )


VIEWS: dict[str, View] = {
    "set_auto_repay": CommandView(contract.SetAutoRepay, auto_repay_command, auto_repay_reply),
    "spot_manual_borrow_repay": CommandView(
        contract.SpotManualBorrowRepay, manual_command, manual_reply, amount_field="amt"
    ),
    "spot_borrow_repay_history": PageView(
        contract.SpotBorrowRepayHistory,
        SPOT_BORROW_REPAY,
        lambda request: SPOT_BORROW_REPAY.asked(type=request.type, ccy=request.ccy),
    ),
    "interest_accrued": PageView(contract.InterestAccrued, SPOT_INTEREST, interest_filters),
    "interest_rate": QueryView(contract.InterestRate, interest_rate),
    "interest_limits": QueryView(contract.InterestLimits, interest_limits),
    "max_loan": QueryView(contract.MaxLoan, max_loan),
}
