"""Levels of main accounts, transfers between a main account and its sub-accounts, and permission for them."""

from __future__ import annotations

from tallystick.engine import account_group, borrow, ledger, refusals, soundness
from tallystick.engine.account import TRADING, count_transfer, own_available, require_leave, require_new_id
from tallystick.engine.commands import SetLevel, SetTransferOut, TransferBetween
from tallystick.engine.events import LevelSet, TransferOutSet, TransferredBetween
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies, concern


def set_level(work: Work, command: SetLevel) -> None:
    """Set the level of a main account. A lower one leaves debts above its quota alone, and allows no new ones.

    Rejects: UNKNOWN_USER, NOT_A_MAIN_ACCOUNT, UNKNOWN_LEVEL. Emits: LevelSet, unless it has that level.
    """
    user = work.user(command.user_id)
    levels = dict(work.state.parameters.quota_levels)
    if user.master_id:
        raise Rejected(Reject.NOT_A_MAIN_ACCOUNT).because(name=user.name)
    if command.level not in levels:
        no = Rejected(Reject.UNKNOWN_LEVEL, levels=" ".join(levels))
        raise no.because(level=command.level, known=" ".join(levels))
    if account_group.level(work.state, command.user_id) != command.level:
        work.emit(LevelSet(user_id=command.user_id, level=command.level))


def set_transfer_out(work: Work, command: SetTransferOut) -> None:
    """Allow sub-accounts to move coins to one another, or forbid it; at first it is forbidden.

    Rejects: UNKNOWN_USER, NO_SUCH_SUB_ACCOUNT (any of them is no sub-account of this main account).
    Emits: TransferOutSet, unless all of them have this setting.
    Source: documented (sub-account-rest-api-set-permission-of-transfer-out).
    """
    subs = work.user(command.user_id).sub_ids
    if any(sub_id not in subs for sub_id in command.sub_ids):
        raise refusals.no_such_sub(work.state, command.user_id)
    if any(work.state.users[sub_id].may_transfer_out != command.allowed for sub_id in command.sub_ids):
        work.emit(TransferOutSet(user_id=command.user_id, sub_ids=command.sub_ids, allowed=command.allowed))


def transfer_between(work: Work, command: TransferBetween) -> None:
    """Move own coins between a main account and its sub-accounts. Borrowed coins stay, as in `account.transfer`.

    Rejects, first that applies: UNKNOWN_USER (the asking user), NO_SUCH_SUB_ACCOUNT (giver or receiver is of another
    main account), SAME_SUB_ACCOUNT, NOT_THE_GIVER (a sub-account disposes of its own coins only), TRANSFER_OUT_OFF (of
    a sub-account to another one), IN_LIQUIDATION (the giver, out of trading), UNKNOWN_CCY, AMOUNT_TOO_FINE,
    DUPLICATE_CLIENT_ID (of the asking user), FUNDING_INSUFFICIENT (either side of the giver), MARGIN_INSUFFICIENT (of
    the giver); out of a cross account as `account.require_leave` instead of both; last MARGIN_INSUFFICIENT (the
    receiver could no longer be judged).
    Emits: TransferredBetween, Repaid (auto repay of the receiver).
    Source: documented (funding-account-rest-api-funds-transfer); the order is chosen (decisions/022).
    """
    asker, state = work.user(command.user_id), work.state
    members = account_group.members(state, command.user_id)
    if command.giver_id not in members or command.receiver_id not in members:
        raise refusals.no_such_sub(state, command.user_id)
    if command.giver_id == command.receiver_id:
        raise Rejected(Reject.SAME_SUB_ACCOUNT).because(name=state.users[command.giver_id].name)
    if asker.master_id and command.giver_id != command.user_id:
        raise Rejected(Reject.NOT_THE_GIVER).because(giver=state.users[command.giver_id].name)
    if asker.master_id and command.receiver_id != members[0] and not asker.may_transfer_out:
        raise Rejected(Reject.TRANSFER_OUT_OFF, param=asker.name).because(name=asker.name)
    out_of_trading = command.source == TRADING
    giver = work.active_user(command.giver_id) if out_of_trading else work.user(command.giver_id)
    ledger.require_ccy(state, command.ccy)
    borrow.require_decimals(state, command.ccy, command.amount)
    require_new_id(work, asker, command.client_id)
    if out_of_trading and giver.cross:
        require_leave(state, giver, command.ccy, command.amount, may_borrow=False)
    else:
        _require_own(state, giver, command)
    into_trading = command.target == TRADING
    if into_trading and not soundness.stays_sound(state, command.receiver_id, {command.ccy: command.amount}):
        raise refusals.unsound(state)
    work.emit(
        TransferredBetween(
            user_id=command.user_id,
            transfer_id=state.last_transfer_id + 1,
            main_id=members[0],
            giver_id=command.giver_id,
            receiver_id=command.receiver_id,
            ccy=command.ccy,
            amount=command.amount,
            source=command.source,
            target=command.target,
            counterpart=command.counterpart,
            client_id=command.client_id,
        )
    )
    if into_trading:
        borrow.auto_repay(work, work.user(command.receiver_id), command.ccy)


def _require_own(state: State, giver: User, command: TransferBetween) -> None:
    """Require coins of the giver's own, and that the margin of their trading account does without them."""
    out_of_trading = command.source == TRADING
    at_hand = (
        own_available(state, giver, command.ccy)
        if out_of_trading
        else ledger.funding(state, command.giver_id, command.ccy)
    )
    if command.amount > at_hand:
        raise refusals.short_of(command.ccy, at_hand, command.amount, command.source, giver)
    if out_of_trading and not soundness.stays_sound(state, command.giver_id, {command.ccy: -command.amount}):
        raise refusals.unsound(state)


# ---- events


@applies(LevelSet)
def _level_set(state: State, stamp: Stamp, event: LevelSet) -> None:
    state.users[event.user_id].level = event.level


@applies(TransferOutSet)
def _transfer_out_set(state: State, stamp: Stamp, event: TransferOutSet) -> None:
    for sub_id in event.sub_ids:
        state.users[sub_id].may_transfer_out = event.allowed


@applies(TransferredBetween)
def _transferred_between(state: State, stamp: Stamp, event: TransferredBetween) -> None:
    for member in (event.giver_id, event.receiver_id):
        concern(state, member)
    ledger.post(
        state,
        event.ccy,
        (f"{event.source}:{event.giver_id}", -event.amount),
        (f"{event.target}:{event.receiver_id}", event.amount),
    )
    count_transfer(state, stamp, state.users[event.user_id], event.transfer_id, event.client_id)
    giver, receiver = state.users[event.giver_id], state.users[event.receiver_id]
    if event.source == TRADING:
        ledger.spend_exempt(giver, event.ccy, event.amount)
        ledger.touch(giver, event.ccy, stamp.at_ms)
    if event.target == TRADING:
        ledger.touch(receiver, event.ccy, stamp.at_ms)
