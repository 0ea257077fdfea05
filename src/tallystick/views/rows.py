"""Rows of the histories as JSON, made from events and the postings they caused, so that tables can be rebuilt.

Tables and their keys: one_click_repay by request time, loan_history and loan_interest by refId, convert by trade time
cut to the second, spot_borrow_repay by time, spot_interest by the hour charged for, easy_convert by time, order by
order id, transfer by its number, subaccount_bills by time, fill, account_bills and asset_bills by billId, trades
(public) by trade number, lending_rates (public) by hour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tallystick.engine import accrual, transient
from tallystick.engine.core import Stamp
from tallystick.engine.events import (
    Borrowed,
    DebtCovered,
    EasyConverted,
    Event,
    HourPassed,
    LoanMoved,
    MarketMoved,
    OrderClosed,
    OrderFilled,
    QuoteTraded,
    Repaid,
    RepayAdvanced,
    RepayEnded,
    RepayStarted,
    Transferred,
    TransferredBetween,
)
from tallystick.engine.fault_events import EasyConvertFailed
from tallystick.engine.flexible_loan import loans_of
from tallystick.engine.interest import Charge
from tallystick.engine.repay_at_once import RepaidAtOnce
from tallystick.engine.state import State
from tallystick.store.api import HistoryRow
from tallystick.views import (
    asset,
    bills,
    borrow,
    convert,
    easy_convert,
    flexible_loan,
    orders,
    repay,
    repay_at_once,
    savings,
    subaccounts,
    trades,
)
from tallystick.views.core import of_event
from tallystick.views.tables import (
    ACCOUNT_BILLS,
    CONVERTS,
    EASY_CONVERTS,
    LOAN_INTEREST,
    LOANS,
    ONE_CLICK_REPAYS,
    REPAYS_AT_ONCE,
    SPOT_BORROW_REPAY,
    SPOT_INTEREST,
    TRANSFERS,
)

ROWS_PER_COMMAND = 10_000
SPOT_TABLES = (SPOT_INTEREST.name, ACCOUNT_BILLS.name)
"""Tables that contain interest of spot debts."""
_encode = msgspec.json.Encoder().encode


def rows_of(stamp: Stamp, events: Sequence[Event], state: State) -> list[HistoryRow]:
    """Rows that these events write; a later row with the same key and id replaces the earlier one.

    `state` has just made or folded them: it knows which interest was booked and which balances moved.
    """
    noted = transient.of(state)
    rows = rows_of_charges(noted.charges) if noted.charges else []
    if stamp.seq == 1:
        rows += savings.opening_rows(state)
    for index, event in enumerate(events):
        if type(event) is MarketMoved:
            # The most frequent event by far, and it writes no row.
            continue
        if type(event) is HourPassed:
            rows += savings.rows_of_hour(state, event.hour_ms)
        if type(event) is OrderFilled:
            rows.append(orders.fill_row(event, stamp, index, state))
        if type(event) is OrderClosed:
            rows.append(orders.ended_row(event, stamp, state))
        make = MAKERS.get(type(event))
        if make is not None and not borrow.is_unseen(event, state):
            rows.append(make(event, stamp, stamp.seq * ROWS_PER_COMMAND + index))
        if type(event) is TransferredBetween and (bill := subaccounts.bill_row(event, stamp, state)):
            rows.append(bill)
        if trades.is_match(event):
            rows.append(trades.stored_row(event, stamp))
    if noted.postings:
        rows += bills.rows_of(stamp, events, state)
    return rows


def rows_of_charges(charges: Sequence[Charge]) -> list[HistoryRow]:
    """Rows of interest. A charge gives the same row if it is booked or still due."""
    rows: list[HistoryRow] = []
    for charge in charges:
        if charge.loan_id:
            rows.append(_loan_interest_row(charge))
        else:
            rows += (_interest_row(charge), bills.interest_bill(charge))
    return rows


def charges_due(state: State, table: str, user_id: int) -> list[Charge]:
    """Interest of a user that is due but not booked, for a table that contains it: it has no stored rows yet."""
    if table in SPOT_TABLES:
        user = state.users.get(user_id)
        return [] if user is None else accrual.charges_of_user(state, user)
    if table == LOAN_INTEREST.name:
        return [charge for loan in loans_of(state, user_id) for charge in accrual.charges_of_loan(state, loan)]
    return []


def _interest_row(charge: Charge) -> HistoryRow:
    row = borrow.interest_row(charge)
    return SPOT_INTEREST.row(
        charge.user_id, charge.hour_ms, charge.number, row, ccy=charge.ccy, mgnMode=borrow.FOUND_AS
    )


def _loan_interest_row(charge: Charge) -> HistoryRow:
    row, loan = flexible_loan.interest_row(charge), str(charge.loan_id)
    return LOAN_INTEREST.row(charge.user_id, charge.number, charge.loan_id, row, ccy=charge.ccy, ordId=loan)


def _repay_row(event: RepayStarted | RepayAdvanced | RepayEnded, stamp: Stamp, row_id: int) -> HistoryRow:
    record = event.record
    return ONE_CLICK_REPAYS.row(record.user_id, record.requested_at_ms, record.run_id, repay.history_row(record))


def _repay_at_once_row(event: RepaidAtOnce, stamp: Stamp, row_id: int) -> HistoryRow:
    return REPAYS_AT_ONCE.row(event.user_id, stamp.at_ms, row_id, repay_at_once.history_row(event, stamp.at_ms))


def _borrow_row(event: Borrowed | Repaid | DebtCovered, stamp: Stamp, row_id: int) -> HistoryRow:
    row = borrow.history_row(event, stamp.at_ms)
    return SPOT_BORROW_REPAY.row(event.user_id, stamp.at_ms, row_id, row, type=row.type, ccy=event.ccy)


def _loan_row(event: LoanMoved, stamp: Stamp, row_id: int) -> HistoryRow:
    row = flexible_loan.history_row(event, stamp.at_ms)
    return LOANS.row(event.user_id, event.ref_id, 0, row, type=row.type, ordId=str(event.loan_id))


def _convert_row(event: QuoteTraded, stamp: Stamp, row_id: int) -> HistoryRow:
    row, key = convert.history_row(event, stamp.at_ms), convert.history_time(stamp.at_ms)
    tag = convert.tag_filter(event.tag)
    return CONVERTS.row(event.user_id, key, row_id, row, tag=tag, clTReqId=event.client_trade_id)


def _easy_convert_row(event: EasyConverted | EasyConvertFailed, stamp: Stamp, row_id: int) -> HistoryRow:
    return EASY_CONVERTS.row(event.user_id, stamp.at_ms, row_id, easy_convert.history_row(event, stamp.at_ms))


def _transfer_row(event: Transferred | TransferredBetween, stamp: Stamp, row_id: int) -> HistoryRow:
    row, kind = asset.transfer_row(event), asset.transfer_type(event)
    return TRANSFERS.row(event.user_id, event.transfer_id, 0, row, type=kind, clientId=event.client_id)


MAKERS: dict[type[Event], Callable[[Event, Stamp, int], HistoryRow]] = dict(
    (
        of_event(RepayStarted, _repay_row),
        of_event(RepayAdvanced, _repay_row),
        of_event(RepayEnded, _repay_row),
        of_event(RepaidAtOnce, _repay_at_once_row),
        of_event(Borrowed, _borrow_row),
        of_event(DebtCovered, _borrow_row),
        of_event(Repaid, _borrow_row),
        of_event(LoanMoved, _loan_row),
        of_event(QuoteTraded, _convert_row),
        of_event(EasyConverted, _easy_convert_row),
        of_event(EasyConvertFailed, _easy_convert_row),
        of_event(Transferred, _transfer_row),
        of_event(TransferredBetween, _transfer_row),
    )
)
