"""Refusals whose facts take more than a line to gather: coins, margin, limits and pools that several commands check.

Each function makes the refusal of a check that has just failed, from the numbers that the check compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.engine import account_group, fund, ledger, margin, prices, transient
from tallystick.engine.amounts import ONE, mul_up
from tallystick.engine.commands import AmendOrder, CancelOrder
from tallystick.engine.kinds import BookSide
from tallystick.engine.parameters import Instrument
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Loan, Order, Quote, RepayRun, State, User


def short_of(ccy: str, free: int, needed: int, account: str, user: User) -> Rejected:
    """Refusal of coins that an account lacks."""
    no = Rejected(Reject.FUNDING_INSUFFICIENT, ccy=ccy)
    return no.because(ccy=ccy, free=free, needed=needed, account=account, name=user.name)


def not_covered(state: State, user: User, ccy: str, need: int) -> Rejected:
    """Refusal of an order that coins at hand do not cover, where none may be borrowed."""
    why = "coin" if user.may_borrow else "off"
    free = ledger.available(state, user, ccy)
    if user.cross and not user.auto_loan:
        return Rejected(Reject.AUTO_LOAN_OFF, ccy=ccy).because(ccy=ccy, free=free, needed=need, name=user.name)
    return Rejected(Reject.INSUFFICIENT_BALANCE, ccy=ccy).because(why, ccy=ccy, free=free, needed=need, name=user.name)


def unsound(state: State) -> Rejected:
    """Refusal of what `soundness.stays_sound` has just said no to, with the figures it compared."""
    weighed = transient.of(state).weighed
    if weighed is None:
        return Rejected(Reject.MARGIN_INSUFFICIENT).because("unpriced")
    return Rejected(Reject.MARGIN_INSUFFICIENT).because(equity_usd=weighed[0], needed_usd=weighed[1])


def risky_transfer(state: State) -> Rejected:
    """Refusal of coins that leave a cross account, with the figures `soundness` compared last."""
    weighed = transient.of(state).weighed
    if weighed is None:
        return Rejected(Reject.TRANSFER_RISK).because("unpriced")
    return Rejected(Reject.TRANSFER_RISK).because(equity_usd=weighed[0], needed_usd=weighed[1])


def lowers_equity(state: State) -> Rejected:
    """Refusal of an order in a cross account that is short already, with the figures `soundness` compared last."""
    equity, needed = transient.of(state).weighed or (0, 0)
    return Rejected(Reject.ORDER_LOWERS_EQUITY).because(equity_usd=equity, needed_usd=needed)


def beyond_margin(state: State, user: User, ccy: str, asked: int, most: int) -> Rejected:
    """Refusal of a manual borrow above `most`, the result of `margin.max_manual_borrow`."""
    no = Rejected(Reject.MARGIN_INSUFFICIENT)
    if most == 0 and not margin.priced(state, (ccy, *ledger.debts(state, user.user_id))):
        return no.because("unpriced")
    free, needed = _margin_of(state, user, ccy, most), _margin_of(state, user, ccy, asked)
    return no.because("loan", ccy=ccy, asked=asked, most=most, free_usd=free, needed_usd=needed)


def _margin_of(state: State, user: User, ccy: str, amount: int) -> int:
    """Margin that a new loan of this amount takes: its value over the leverage, in USD, rounded up."""
    return -(-mul_up(amount, prices.usd_index(state, ccy)) * ONE // margin.leverage_of(state, user, ccy))


def above_limit(state: State, user: User, ccy: str, asked: int) -> Rejected:
    """Refusal of a manual borrow above quota or tier, by the smaller of both."""
    quota, tier = margin.quota_left(state, user.user_id, ccy), margin.tier_left(state, user, ccy)
    if quota <= tier:
        return above_quota(state, Rejected(Reject.ABOVE_BORROW_LIMIT), user, ccy, asked=asked, left=quota)
    return above_tier(state, Rejected(Reject.ABOVE_BORROW_LIMIT), user, ccy, asked=asked, left=tier)


def above_quota(state: State, no: Rejected, user: User, ccy: str, *, asked: int, left: int) -> Rejected:
    """The refusal `no` with the facts of the quota that the main account has."""
    level, main = account_group.level(state, user.user_id), account_group.main_of(state, user.user_id)
    return no.because("quota", ccy=ccy, asked=asked, left=left, level=level, name=main.name)


def above_tier(state: State, no: Rejected, user: User, ccy: str, *, asked: int, left: int) -> Rejected:
    """The refusal `no` with the facts of the borrow tier of the chosen leverage."""
    return no.because("tier", ccy=ccy, asked=asked, left=left, leverage=margin.leverage_of(state, user, ccy))


def pool_empty(state: State, reject: Reject, ccy: str, asked: int, left: int) -> Rejected:
    """Refusal of a loan that the pool, or the empty insurance fund, does not allow."""
    why = "fund" if fund.is_empty(state) else "pool"
    return Rejected(reject, ccy=ccy).because(why, ccy=ccy, asked=asked, left=left)


def no_such_sub(state: State, user_id: int) -> Rejected:
    """Refusal of a user who is no sub-account of this one's main account."""
    main = account_group.main_of(state, user_id)
    known = " ".join(state.users[sub_id].name for sub_id in main.sub_ids) or "none"
    return Rejected(Reject.NO_SUCH_SUB_ACCOUNT).because(name=main.name, known=known)


# ---- lists, loans and one-click runs


def too_many_coins(listed: Sequence[str], most: int) -> Rejected:
    """Refusal of a list with more coins than there may be."""
    return Rejected(Reject.TOO_MANY_COINS, max=str(most)).because(asked_count=len(listed), most_count=most)


def run_in_progress(run: RepayRun) -> Rejected:
    """Refusal of a one-click repay beside one that runs."""
    return Rejected(Reject.RUN_IN_PROGRESS).because(ccy=run.debt_ccy, since_ms=run.requested_at_ms)


def unknown_loan(state: State, user_id: int, loan_id: int) -> Rejected:
    """Refusal of a loan that is not there, or is another user's."""
    own = sorted(loan.loan_id for loan in state.loans.values() if loan.user_id == user_id)
    known = " ".join(map(str, own)) or "none"
    return Rejected(Reject.UNKNOWN_LOAN).because(id=str(loan_id), known=known)


def not_owed(state: State, loan: Loan, ccy: str) -> Rejected:
    """Refusal of a coin that a loan does not owe."""
    return Rejected(Reject.NOT_LOAN_CCY).because(ccy=ccy, owed=" ".join(ledger.loan_debts(state, loan)))


def beyond_ltv(no: Rejected, needed: int, counted: int) -> Rejected:
    """The refusal `no` with both sides of `flexible_loan.within_initial_ltv`; one that holds lacks a price."""
    if needed <= counted:
        return no.because("unpriced")
    return no.because("ltv", counted_usd=counted, needed_usd=needed)


def not_redeemable(ccy: str, asked: int, locked: int, cover: tuple[int, int]) -> Rejected:
    """Refusal of a release of more than is locked, or than the initial LTV allows."""
    no = Rejected(Reject.ABOVE_REDEEMABLE)
    return no.because(ccy=ccy, asked=asked, locked=locked) if asked > locked else beyond_ltv(no, *cover)


# ---- orders and quotes


def off_lot(instrument: Instrument, size: int) -> Rejected:
    """Refusal of a size that is no multiple of the lot."""
    return Rejected(Reject.SIZE_OFF_LOT).because(instrument=instrument.instrument, asked=size, unit=instrument.lot)


def off_tick(instrument: Instrument, price: int) -> Rejected:
    """Refusal of a price that is no multiple of the tick."""
    return Rejected(Reject.PRICE_OFF_TICK).because(instrument=instrument.instrument, asked=price, unit=instrument.tick)


def below_min(instrument: Instrument, size: int) -> Rejected:
    """Refusal of an order under the least size."""
    no, least = Rejected(Reject.SIZE_BELOW_MIN), instrument.min_size
    return no.because(instrument=instrument.instrument, ccy=instrument.base_ccy, asked=size, least=least)


def below_min_in_quote(instrument: Instrument, size: int, least: int) -> Rejected:
    """Refusal of an order sized in quote coins whose value is under that of the least size."""
    no = Rejected(Reject.SIZE_BELOW_MIN)
    return no.because(instrument=instrument.instrument, ccy=instrument.quote_ccy, asked=size, least=least)


def order_id_taken(order: Order) -> Rejected:
    """Refusal of a client id that an open order has."""
    no = Rejected(Reject.DUPLICATE_ORDER_ID, clOrdId=order.client_order_id)
    return no.because(id=order.client_order_id, order=str(order.order_id))


def unknown_order(command: CancelOrder | AmendOrder) -> Rejected:
    """Refusal of an order that is not open under this id and instrument for this user."""
    named = command.client_order_id if command.order_id == 0 else str(command.order_id)
    return Rejected(Reject.UNKNOWN_ORDER).because(id=named, instrument=command.instrument)


def no_offer(instrument: Instrument, side: BookSide, ccy: str) -> Rejected:
    """Refusal of a market order against an empty side."""
    no = Rejected(Reject.NO_PRICE, ccy=ccy)
    return no.because("side", instrument=instrument.instrument, side=side)


def convert_too_small(worth: int, least: int) -> Rejected:
    """Refusal of a quote for less than the least value."""
    return Rejected(Reject.BELOW_CONVERT_MIN, min_atoms=str(least)).because(worth_usd=worth, least_usd=least)


def client_id_taken(client_id: str, until_ms: int) -> Rejected:
    """Refusal of a client id that was used, and is free again at `until_ms`."""
    return Rejected(Reject.DUPLICATE_CLIENT_ID).because(id=client_id, until_ms=until_ms)


def quote_expired(quote: Quote, at_ms: int) -> Rejected:
    """Refusal of a trade after the end of its quote."""
    no = Rejected(Reject.QUOTE_EXPIRED)
    return no.because(id=quote.quote_id, ended_ms=quote.expires_at_ms, late_span_ms=at_ms - quote.expires_at_ms)
