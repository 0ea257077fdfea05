"""Entry point of the engine: commands in, events out, nothing else.

It has no clock, disk, network or randomness: the same commands with the same stamps give the same
events and the same bytes of state, on any machine. `handle` decides and applies; `fold` only
applies, which is what recovery does. Time passes by `Tick` commands: `due_at_ms` says when the next
one is wanted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from tallystick.engine import (
    account,
    amend,
    auction,
    borrow,
    cancel_timer,
    charging,
    convert,
    cross_settings,
    easy_convert,
    faults,
    flexible_loan,
    fund,
    keys,
    late_interest,
    ledger,
    listing,
    loan_conversion,
    loan_requests,
    loan_risk,
    market,
    modes,
    numbers,
    order_faults,
    orders,
    prices,
    rates,
    repay,
    repay_at_once,
    risk,
    settings,
    subaccounts,
    transient,
)
from tallystick.engine import commands as c
from tallystick.engine.events import HourPassed
from tallystick.engine.interest import HOUR_MS
from tallystick.engine.journaled import AnyEvent
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.single import small
from tallystick.engine.sparse import shared_again
from tallystick.engine.state import SPARSE, State
from tallystick.engine.work import Stamp, Work, apply_event

__all__ = [
    "Reject",
    "Rejected",
    "Stamp",
    "advance",
    "apply",
    "decode_state",
    "due_at_ms",
    "encode_state",
    "fold",
    "handle",
    "new_state",
    "state_hash",
]


def new_state(parameters: Parameters, started_at_ms: int) -> State:
    """State of a new venue at `started_at_ms`: no users, full pools, nothing lent out."""
    state = State(parameters, at_ms=started_at_ms, hour_ms=started_at_ms - started_at_ms % HOUR_MS)
    for currency in parameters.currencies.values():
        if currency.pool:
            ledger.post(state, currency.ccy, ("pool", currency.pool), ("outside", -currency.pool))
        state.rates[currency.ccy] = [(state.hour_ms, rates.now(state, currency.ccy))]
    transient.of(state).charged_since_ms = state.hour_ms
    reserve = parameters.insurance_fund
    ledger.post(state, parameters.transit_ccy, ("insurance", reserve), ("outside", -reserve))
    return state


def handle(state: State, stamp: Stamp, command: c.Command) -> list[Any]:
    """Carry out one command. A refusal leaves the state, its seq included, as it was.

    A command that changes nothing (a tick with nothing due) gives no events and is not to be journaled.
    If its trades moved an index, debts are judged by it before the command ends.
    """
    work = Work(state, stamp)
    try:
        if not state.faults:
            HANDLERS[type(command)](work, command)
        elif not faults.refuse(work, command):
            HANDLERS[type(command)](work, command)
            faults.let_pass(work, command)
            order_faults.cancel_placed(work, command)
        risk.review_moved_index(work)
    except Rejected:
        if work.events:
            raise ledger.InvariantViolation(
                "L11", f"{type(command).__name__} was refused after its first event"
            ) from None
        raise
    if work.events:
        advance(state, stamp)
    return work.events


def apply(state: State, stamp: Stamp, event: AnyEvent) -> None:
    """Fold one event into the state."""
    apply_event(state, stamp, event)


def fold(state: State, stamp: Stamp, events: Iterable[AnyEvent]) -> None:
    """Fold the events of one journal entry, deciding nothing anew."""
    noted = transient.of(state)
    noted.begin()
    for event in events:
        apply_event(state, stamp, event)
        noted.end_event()
    advance(state, stamp)


def advance(state: State, stamp: Stamp) -> None:
    """Complete an entry: move the state to its stamp, and number the postings.

    A posting's number begins with the time and rises from one to the next. Violations: L9.
    """
    if stamp.seq <= state.seq or stamp.at_ms < state.at_ms:
        raise ledger.InvariantViolation("L9", f"{stamp} after seq {state.seq} at {state.at_ms}")
    state.seq = stamp.seq
    state.at_ms = stamp.at_ms
    noted = transient.of(state)
    if noted.postings:
        noted.first_id = numbers.next_posting_id(state, stamp.at_ms)
        state.last_posting_id = noted.first_id + len(noted.postings) - 1


# ---- time


class Due(NamedTuple):
    """Something that happens by itself: `at` gives its next time (Unix ms, None is never), `act` does it."""

    at: Callable[[State], int | None]
    act: Callable[[Work], None]


def _next_hour_ms(state: State) -> int:
    return state.hour_ms + HOUR_MS


def _begin_hour(work: Work) -> None:
    if work.state.faults:
        late_interest.put_off(work, _next_hour_ms(work.state))
    work.emit(HourPassed(hour_ms=_next_hour_ms(work.state)))
    rates.fix(work)
    risk.review(work)


DUE = (
    Due(_next_hour_ms, _begin_hour),
    Due(late_interest.due_at_ms, late_interest.book_next),
    Due(repay.due_at_ms, repay.step_next),
    Due(loan_requests.due_at_ms, loan_requests.settle_next),
    Due(cancel_timer.due_at_ms, cancel_timer.go_off),
    Due(convert.due_at_ms, convert.expire_quotes),
    Due(prices.due_at_ms, prices.expire),
)
"""Everything that happens by itself, in its order at one instant: interest comes first (chosen: decisions/002)."""
_AFTER_THE_HOUR = DUE[1:]


def _first_due(state: State) -> tuple[int, Due]:
    """First thing that is due, and its time; there is always a next hour."""
    first, first_ms = DUE[0], _next_hour_ms(state)
    for due in _AFTER_THE_HOUR:
        at_ms = due.at(state)
        if at_ms is not None and at_ms < first_ms:
            first, first_ms = due, at_ms
    return first_ms, first


def due_at_ms(state: State) -> int:
    """Time of the next tick the engine needs, in Unix ms."""
    return _first_due(state)[0]


def _tick(work: Work, command: c.Tick) -> None:
    """Do the first thing that is due, if its time has come."""
    at_ms, due = _first_due(work.state)
    if at_ms <= work.stamp.at_ms:
        due.act(work)


# ---- bytes


def encode_state(state: State) -> bytes:
    """Deterministic JSON of the state: dictionaries keep the order in which things happened."""
    return msgspec.json.encode(state)


def decode_state(data: bytes) -> State:
    state = msgspec.json.decode(data, type=State)
    for user in state.users.values():
        shared_again(user, SPARSE)
    state.ledger = {name: small(amounts) for name, amounts in state.ledger.items()}
    for loan in state.loans.values():
        loan.booked, loan.collateral = small(loan.booked), small(loan.collateral)
    return state


def state_hash(state: State) -> str:
    """SHA-256, in hex, of the state with all due interest booked. The time of booking does not change the hash."""
    return hashlib.sha256(encode_state(charging.charged(state))).hexdigest()


HANDLERS: dict[type, Callable[[Work, Any], None]] = {
    c.Tick: _tick,
    c.CreateUser: account.create_user,
    cross_settings.SetAutoLoan: cross_settings.set_auto_loan,
    cross_settings.ChooseCollateral: cross_settings.choose_collateral,
    modes.OpenModes: modes.open_modes,
    modes.SetObstacles: modes.set_obstacles,
    modes.SwitchMode: modes.switch_mode,
    c.SetLevel: subaccounts.set_level,
    c.SetTransferOut: subaccounts.set_transfer_out,
    c.NoteKeys: keys.note_keys,
    c.AdjustBalance: account.adjust_balance,
    c.SwitchSpotBorrow: borrow.switch_spot_borrow,
    c.MoveMarket: market.move_market,
    c.SetPrices: market.set_prices,
    c.SetBook: market.set_book,
    c.ReleaseMarket: market.release_market,
    c.ChangeParameters: settings.change_parameters,
    listing.ListCoins: listing.list_coins,
    c.MovePool: loan_risk.move_pool,
    c.SetBids: auction.set_bids,
    c.MoveFund: fund.move_fund,
    c.InjectFault: faults.inject_fault,
    c.ClearFaults: faults.clear_faults,
    c.SetAutoRepay: borrow.set_auto_repay,
    c.SetLeverage: account.set_leverage,
    c.ManualBorrow: borrow.manual_borrow,
    c.ManualRepay: borrow.manual_repay,
    c.Transfer: account.transfer,
    c.TransferBetween: subaccounts.transfer_between,
    c.PlaceOrder: orders.place_order,
    c.CancelOrder: orders.cancel_order,
    c.AmendOrder: amend.amend_order,
    c.SetCancelTimer: cancel_timer.set_cancel_timer,
    c.RepayDebt: repay.repay_debt,
    repay_at_once.RepayAtOnce: repay_at_once.repay_at_once,
    c.BorrowLoan: loan_requests.borrow_loan,
    c.RepayLoan: loan_requests.repay_loan,
    c.RepayLoanWithCollateral: loan_conversion.repay_with_collateral,
    c.AdjustCollateral: flexible_loan.adjust_collateral,
    c.AskQuote: convert.ask_quote,
    c.TradeQuote: convert.trade_quote,
    c.EasyConvert: easy_convert.easy_convert,
}
