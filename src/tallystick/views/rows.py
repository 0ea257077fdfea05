"""Events -> rows of the histories, ready as JSON. From the events and what they moved, so that tables can be rebuilt.

Tables and their keys: one_click_repay by request time, loan_history and loan_interest by refId, convert by trade time
cut to the second, spot_borrow_repay by time, spot_interest by the hour charged for, easy_convert by time, order by
order id, transfer by its number, subaccount_bills by time, fill, account_bills and asset_bills by billId, trades (of
nobody) by trade number, lending_rates (of nobody) by hour.
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
from tallystick.engine.flexible_loan import loans_of
from tallystick.engine.interest import Charge
from tallystick.engine.state import State
from tallystick.store.api import HistoryRow
from tallystick.views import (
    asset,
    bills,
    borrow,
    convert,
    easy_convert,
    flexible_loan,
    kinds,
    orders,
    repay,
    savings,
    subaccounts,
    trade,
    trades,
)
from tallystick.views.core import of_event

ROWS_PER_COMMAND = 10_000
SPOT_TABLES = (borrow.INTEREST_TABLE, bills.ACCOUNT_TABLE)
"""Tables with the interest of spot debts."""
_encode = msgspec.json.Encoder().encode


def rows_of(stamp: Stamp, events: Sequence[Event], state: State) -> list[HistoryRow]:
    """Every row these events write; a later row with the same key and id replaces the earlier one.

    `state` is the one that has just made or folded them: it knows which interest was booked and which balances moved.
    """
    rows = rows_of_charges(transient.of(state).charges)
    if stamp.seq == 1:
        rows += savings.opening_rows(state)
    for index, event in enumerate(events):
        if type(event) is HourPassed:
            rows += savings.rows_of_hour(state, event.hour_ms)
        if type(event) is OrderFilled:
            rows.append(orders.fill_row(event, stamp, index, state))
        make = MAKERS.get(type(event))
        if make is not None:
            rows.append(make(event, stamp, stamp.seq * ROWS_PER_COMMAND + index))
        if type(event) is TransferredBetween and (bill := subaccounts.bill_row(event, stamp, state)):
            rows.append(bill)
        if trades.is_match(event):
            rows.append(trades.stored_row(event, stamp))
    if transient.of(state).postings:
        rows += bills.rows_of(stamp, events, state)
    return rows


def rows_of_charges(charges: Sequence[Charge]) -> list[HistoryRow]:
    """Rows of interest. The same charge gives the same row, booked or due."""
    rows: list[HistoryRow] = []
    for charge in charges:
        if charge.loan_id:
            rows.append(_loan_interest_row(charge))
        else:
            rows += (_interest_row(charge), bills.interest_bill(charge))
    return rows


def charges_due(state: State, table: str, user_id: int) -> list[Charge]:
    """Interest of a user that a table tells of, and that is due and not booked: it has no stored rows yet."""
    user = state.users.get(user_id)
    if table in SPOT_TABLES and user is not None:
        return accrual.charges_of_user(state, user)
    if table == flexible_loan.INTEREST_TABLE:
        return [charge for loan in loans_of(state, user_id) for charge in accrual.charges_of_loan(state, loan)]
    return []


def _interest_row(charge: Charge) -> HistoryRow:
    body = _encode(borrow.interest_row(charge))
    table, found_as = borrow.INTEREST_TABLE, borrow.FOUND_AS
    return HistoryRow(
        table=table, user_id=charge.user_id, key=charge.hour_ms, id=charge.number, a=charge.ccy, b=found_as, body=body
    )


def _loan_interest_row(charge: Charge) -> HistoryRow:
    body = _encode(flexible_loan.interest_row(charge))
    table = flexible_loan.INTEREST_TABLE
    return HistoryRow(
        table=table,
        user_id=charge.user_id,
        key=charge.number,
        id=charge.loan_id,
        a=charge.ccy,
        b=str(charge.loan_id),
        body=body,
    )


def _repay_row(event: RepayStarted | RepayAdvanced | RepayEnded, stamp: Stamp, row_id: int) -> HistoryRow:
    record = event.record
    body = _encode(repay.history_row(record))
    return HistoryRow(
        table=repay.TABLE, user_id=record.user_id, key=record.requested_at_ms, id=record.run_id, a="", b="", body=body
    )


def _borrow_row(event: Borrowed | Repaid | DebtCovered, stamp: Stamp, row_id: int) -> HistoryRow:
    row = borrow.history_row(event, stamp.at_ms)
    return HistoryRow(
        table=borrow.TABLE,
        user_id=event.user_id,
        key=stamp.at_ms,
        id=row_id,
        a=row.type,
        b=event.ccy,
        body=_encode(row),
    )


def _loan_row(event: LoanMoved, stamp: Stamp, row_id: int) -> HistoryRow:
    row = flexible_loan.history_row(event, stamp.at_ms)
    return HistoryRow(
        table=flexible_loan.TABLE,
        user_id=event.user_id,
        key=event.ref_id,
        id=0,
        a=row.type,
        b=str(event.loan_id),
        body=_encode(row),
    )


def _convert_row(event: QuoteTraded, stamp: Stamp, row_id: int) -> HistoryRow:
    body = _encode(convert.history_row(event, stamp.at_ms))
    key = convert.history_time(stamp.at_ms)
    tag = convert.tag_filter(event.tag)
    return HistoryRow(
        table=convert.TABLE, user_id=event.user_id, key=key, id=row_id, a=tag, b=event.client_trade_id, body=body
    )


def _easy_convert_row(event: EasyConverted, stamp: Stamp, row_id: int) -> HistoryRow:
    body = _encode(easy_convert.history_row(event, stamp.at_ms))
    return HistoryRow(
        table=easy_convert.TABLE, user_id=event.user_id, key=stamp.at_ms, id=row_id, a="", b="", body=body
    )


def _order_row(event: OrderClosed, stamp: Stamp, row_id: int) -> HistoryRow:
    body = _encode(trade.order_row(event, kinds.ORDER_ENDS[event.state], stamp.at_ms))
    return HistoryRow(
        table=trade.TABLE,
        user_id=event.user_id,
        key=event.order_id,
        id=0,
        a=event.instrument,
        b=event.client_order_id,
        body=body,
    )


def _transfer_row(event: Transferred | TransferredBetween, stamp: Stamp, row_id: int) -> HistoryRow:
    body = _encode(asset.transfer_row(event))
    kind = asset.transfer_type(event)
    return HistoryRow(
        table=asset.TRANSFERS, user_id=event.user_id, key=event.transfer_id, id=0, a=kind, b=event.client_id, body=body
    )


MAKERS: dict[type[Event], Callable[[Event, Stamp, int], HistoryRow]] = dict(
    (
        of_event(RepayStarted, _repay_row),
        of_event(RepayAdvanced, _repay_row),
        of_event(RepayEnded, _repay_row),
        of_event(Borrowed, _borrow_row),
        of_event(DebtCovered, _borrow_row),
        of_event(Repaid, _borrow_row),
        of_event(LoanMoved, _loan_row),
        of_event(QuoteTraded, _convert_row),
        of_event(EasyConverted, _easy_convert_row),
        of_event(OrderClosed, _order_row),
        of_event(Transferred, _transfer_row),
        of_event(TransferredBetween, _transfer_row),
    )
)
