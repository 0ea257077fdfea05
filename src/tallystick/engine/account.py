"""Users, deposits, leverage, and transfers between the funding and the trading account."""

from __future__ import annotations

from typing import Final

from tallystick.engine import borrow, ledger, margin, modes, refusals, soundness, spot_borrow
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.commands import AdjustBalance, CreateUser, SetLeverage, Transfer
from tallystick.engine.events import BalanceAdjusted, LeverageSet, Transferred, UserCreated
from tallystick.engine.margin_tiers import tier_cap
from tallystick.engine.parameters import LEVERAGE_LEAST, LEVERAGE_MOST
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.sparse import own
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

TRADING: Final = "trading"
FUNDING: Final = "funding"
TRANSFER_ID_WINDOW_MS = 14 * 86_400_000
"""Time a transfer's client id stays taken: two weeks, the time in which its state can be asked for."""


def create_user(work: Work, command: CreateUser) -> None:
    """Open an account, or a sub-account of a main account.

    Rejects: USER_EXISTS (id or name), UNKNOWN_USER (the main account), NOT_A_MAIN_ACCOUNT (a sub-account has none
    of its own). Emits: UserCreated.
    """
    users = work.state.users
    if command.user_id in users or any(user.name == command.name for user in users.values()):
        raise Rejected(Reject.USER_EXISTS, name=command.name).because(name=command.name)
    if command.master_id and (master := work.user(command.master_id)).master_id:
        raise Rejected(Reject.NOT_A_MAIN_ACCOUNT).because(name=master.name)
    open_to = modes.margin_modes(command.modes)
    work.emit(UserCreated(user_id=command.user_id, name=command.name, master_id=command.master_id, modes=open_to))


def adjust_balance(work: Work, command: AdjustBalance) -> None:
    """Deposit coins from outside, or withdraw them.

    Rejects: UNKNOWN_USER, UNKNOWN_CCY, AMOUNT_TOO_FINE, WOULD_BE_NEGATIVE, MARGIN_INSUFFICIENT.
    Emits: BalanceAdjusted, Repaid (auto repay).
    """
    user = work.user(command.user_id)
    state = work.state
    ledger.require_ccy(state, command.ccy)
    borrow.require_decimals(state, command.ccy, abs(command.delta))
    if command.delta < 0:
        at_hand = (
            ledger.available(state, user, command.ccy)
            if command.account == TRADING
            else ledger.funding(state, command.user_id, command.ccy)
        )
        if at_hand + command.delta < 0:
            no = Rejected(Reject.WOULD_BE_NEGATIVE, ccy=command.ccy)
            raise no.because(ccy=command.ccy, free=at_hand, asked=-command.delta, account=command.account)
        changes = {command.ccy: command.delta}
        if command.account == TRADING and not soundness.stays_sound(state, command.user_id, changes):
            raise refusals.unsound(state)
    work.emit(BalanceAdjusted(user_id=command.user_id, account=command.account, ccy=command.ccy, delta=command.delta))
    if command.account == TRADING and command.delta > 0:
        borrow.auto_repay(work, user, command.ccy)


def transfer(work: Work, command: Transfer) -> None:
    """Move coins between funding and trading. Borrowed coins stay, unless the transfer may borrow.

    Rejects: UNKNOWN_USER, IN_LIQUIDATION (out of trading), UNKNOWN_CCY, AMOUNT_TOO_FINE, SAME_ACCOUNT,
    DUPLICATE_CLIENT_ID, FUNDING_INSUFFICIENT (either side), MARGIN_INSUFFICIENT; out of a cross account, and out of one
    of Spot mode that may borrow for it, as `require_leave`. Emits: Borrowed (what is not there), Transferred, Repaid
    (auto repay). Source: documented (funding-account-rest-api-funds-transfer); what a loan needs: decisions/057.
    """
    user = work.active_user(command.user_id) if command.source == TRADING else work.user(command.user_id)
    state = work.state
    ledger.require_ccy(state, command.ccy)
    borrow.require_decimals(state, command.ccy, command.amount)
    if command.source == command.target:
        raise Rejected(Reject.SAME_ACCOUNT).because(account=command.source)
    require_new_id(work, user, command.client_id)
    if command.source == TRADING and (user.cross or command.may_borrow):
        require_leave(state, user, command.ccy, command.amount, may_borrow=command.may_borrow)
        lacking = command.amount - ledger.at_hand(state, user, command.ccy)
        if lacking > 0:
            spot_borrow.borrow(work, user, command.ccy, lacking)
    else:
        at_hand = (
            ledger.funding(state, command.user_id, command.ccy)
            if command.source == FUNDING
            else own_available(state, user, command.ccy)
        )
        if command.amount > at_hand:
            raise refusals.short_of(command.ccy, at_hand, command.amount, command.source, user)
        inwards = command.amount if command.target == TRADING else -command.amount
        if not soundness.stays_sound(state, command.user_id, {command.ccy: inwards}):
            raise refusals.unsound(state)
    work.emit(
        Transferred(
            user_id=command.user_id,
            transfer_id=state.last_transfer_id + 1,
            ccy=command.ccy,
            amount=command.amount,
            source=command.source,
            target=command.target,
            client_id=command.client_id,
        )
    )
    if command.target == TRADING:
        borrow.auto_repay(work, user, command.ccy)


def require_leave(state: State, user: User, ccy: str, amount: int, *, may_borrow: bool) -> None:
    """Require that coins may leave the trading account of a cross account, or borrowed ones that of Spot mode.

    Rejects, first that applies: NEGATIVE_BALANCES (auto-loan off and something owed), TRANSFER_ABOVE_AVAILABLE (coins
    that no order holds; with `may_borrow` tier, quota and pool), TRANSFER_RISK (adjEq would be under imr).
    """
    if user.cross and not user.auto_loan and (owed := ledger.debts(state, user.user_id)):
        raise Rejected(Reject.NEGATIVE_BALANCES).because(owed=" ".join(owed), name=user.name)
    lacking = margin.potential(state, user, {ccy: -amount}).get(ccy, 0)
    if lacking:
        most = 0
        if may_borrow and spot_borrow.can_borrow(state, user, ccy):
            most = min(margin.borrow_limit_left(state, user.user_id, ccy), margin.lendable(state, ccy))
        if lacking > most:
            free = ledger.available(state, user, ccy)
            raise Rejected(Reject.TRANSFER_ABOVE_AVAILABLE).because(ccy=ccy, free=free, most=most, asked=amount)
    if not soundness.stays_sound(state, user.user_id, {ccy: -amount}):
        raise refusals.risky_transfer(state)


def set_leverage(work: Work, command: SetLeverage) -> None:
    """Set the borrowing leverage of one currency. A lower one needs more margin; a higher one allows a smaller debt.

    Rejects, first that applies: UNKNOWN_USER, IN_LIQUIDATION, BORROWING_NOT_ENABLED, UNKNOWN_CCY, LEVERAGE_TOO_LOW
    (under 1), LEVERAGE_TOO_HIGH (over 10), LEVERAGE_ABOVE_TIER (what is owed or may be owed exceeds the tier),
    LEVERAGE_MARGIN (adjEq would be under imr and borrowFroz). Emits: LeverageSet.
    Source: documented (trading-account-rest-api-set-leverage); range and order chosen (decisions/012).
    """
    user = work.active_user(command.user_id)
    state = work.state
    if not (user.borrow_enabled or user.cross):
        raise Rejected(Reject.BORROWING_NOT_ENABLED).because(name=user.name)
    ledger.require_ccy(state, command.ccy)
    if command.leverage < LEVERAGE_LEAST:
        no = Rejected(Reject.LEVERAGE_TOO_LOW, min=text_from_atoms(LEVERAGE_LEAST))
        raise no.because(asked=command.leverage, least=LEVERAGE_LEAST)
    if command.leverage > LEVERAGE_MOST:
        raise Rejected(Reject.LEVERAGE_TOO_HIGH).because(asked=command.leverage, most=LEVERAGE_MOST)
    more = margin.potential(state, user)
    owed = ledger.debt(state, command.user_id, command.ccy) + more.get(command.ccy, 0)
    if owed > (cap := tier_cap(state.parameters.currencies[command.ccy], command.leverage)):
        no = Rejected(Reject.LEVERAGE_ABOVE_TIER)
        raise no.because(ccy=command.ccy, owed=owed, most=cap, leverage=command.leverage)
    if owed and command.leverage < margin.leverage_of(state, user, command.ccy):
        wanted = {**user.leverage, command.ccy: command.leverage}
        needed = margin.initial_margin(state, command.user_id, more, wanted)
        known = margin.priced(state, (*more, *ledger.debts(state, command.user_id)))
        if not known or (equity := margin.adjusted_equity(state, command.user_id)) < needed:
            no = Rejected(Reject.LEVERAGE_MARGIN)
            raise no.because(equity_usd=equity, needed_usd=needed) if known else no.because("unpriced")
    work.emit(LeverageSet(user_id=command.user_id, ccy=command.ccy, leverage=command.leverage))


def require_new_id(work: Work, user: User, client_id: str) -> None:
    """Require a client id that is not taken. Rejects: DUPLICATE_CLIENT_ID."""
    taken_at = user.transfer_ids.get(client_id) if client_id else None
    if taken_at is not None and work.stamp.at_ms < taken_at + TRANSFER_ID_WINDOW_MS:
        raise refusals.client_id_taken(client_id, taken_at + TRANSFER_ID_WINDOW_MS)


def own_available(state: State, user: User, ccy: str) -> int:
    """Available coins that are not borrowed: cash less debt, at most what no order holds."""
    own = ledger.cash(state, user.user_id, ccy) - ledger.debt(state, user.user_id, ccy)
    return max(0, min(own, ledger.available(state, user, ccy)))


# ---- events


@applies(UserCreated)
def _user_created(state: State, stamp: Stamp, event: UserCreated) -> None:
    state.users[event.user_id] = User(
        event.user_id,
        event.name,
        event.master_id,
        made_at_ms=stamp.at_ms,
        modes_open=event.modes,
        charged_ms=state.hour_ms,
    )
    if event.master_id:
        state.users[event.master_id].sub_ids += (event.user_id,)


@applies(BalanceAdjusted)
def _balance_adjusted(state: State, stamp: Stamp, event: BalanceAdjusted) -> None:
    ledger.post(state, event.ccy, (f"{event.account}:{event.user_id}", event.delta), ("outside", -event.delta))
    if event.account == TRADING:
        user = state.users[event.user_id]
        ledger.touch(user, event.ccy, stamp.at_ms)
        if event.delta < 0:
            ledger.spend_exempt(user, event.ccy, -event.delta)


@applies(LeverageSet)
def _leverage_set(state: State, stamp: Stamp, event: LeverageSet) -> None:
    user = state.users[event.user_id]
    own(user, "leverage", user.leverage)[event.ccy] = event.leverage


@applies(Transferred)
def _transferred(state: State, stamp: Stamp, event: Transferred) -> None:
    ledger.post(
        state,
        event.ccy,
        (f"{event.source}:{event.user_id}", -event.amount),
        (f"{event.target}:{event.user_id}", event.amount),
    )
    user = state.users[event.user_id]
    count_transfer(state, stamp, user, event.transfer_id, event.client_id)
    if event.source == TRADING:
        ledger.spend_exempt(user, event.ccy, event.amount)
    ledger.touch(user, event.ccy, stamp.at_ms)


def count_transfer(state: State, stamp: Stamp, user: User, transfer_id: int, client_id: str) -> None:
    """Remember the number of a transfer, and for two weeks the id its user gave it."""
    state.last_transfer_id = transfer_id
    if client_id:
        ids = own(user, "transfer_ids", user.transfer_ids)
        forget_old(ids, stamp.at_ms - TRANSFER_ID_WINDOW_MS)
        ids[client_id] = stamp.at_ms


def forget_old(ids: dict[str, int], until_ms: int) -> None:
    """Drop the ids used at `until_ms` or before. Ids stand in the order of use, so the later ones are not looked at."""
    while ids:
        oldest = next(iter(ids))
        if ids[oldest] > until_ms:
            return
        del ids[oldest]
