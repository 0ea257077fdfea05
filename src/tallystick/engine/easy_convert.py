"""Easy convert: small balances of up to five coins into one main coin, at once.

Each coin gives its available balance, cut to 8 decimals. It gets the value of that at the index, less the
convert desk's half-spread, cut to 16. The desk is the other side, not the order book: dust
is below the book's least size, and the documented amounts do not obey the lot either.
Source: docs/rules/convert.md#easy-convert (documented), price and refusals chosen (decisions/013).
"""

from __future__ import annotations

from msgspec import structs

from tallystick.engine import borrow, convert, faults, ledger, prices, refusals, soundness
from tallystick.engine.account import TRADING
from tallystick.engine.amounts import ONE, cut, unit_of
from tallystick.engine.commands import EasyConvert
from tallystick.engine.events import EasyConverted
from tallystick.engine.fault_events import EasyConvertFailed
from tallystick.engine.kinds import Account
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

SOURCE_UNIT = unit_of(8)
TARGET_UNIT = unit_of(16)


def balance_of(state: State, user: User, account: Account, ccy: str) -> tuple[int, int]:
    """Whole balance of a coin in "trading" or "funding", and the part of it that no order holds."""
    if account == TRADING:
        return ledger.cash(state, user.user_id, ccy), ledger.available(state, user, ccy)
    held = ledger.funding(state, user.user_id, ccy)
    return held, held


def is_dust(state: State, ccy: str, balance: int) -> bool:
    """Tell whether the whole balance is worth less than the ceiling; false without a price."""
    index = prices.usd_index(state, ccy)
    return index > 0 and balance * index < state.parameters.easy_convert_max_usd * ONE


def proceeds(state: State, source_ccy: str, target_ccy: str, amount: int) -> int:
    """Proceeds of `amount`: at the index less the half-spread, cut at 16 decimals; 0 without a price."""
    source, target = prices.usd_index(state, source_ccy), prices.usd_index(state, target_ccy)
    if source <= 0 or target <= 0:
        return 0
    spread = convert.half_spread(state.parameters, source_ccy, target_ccy)
    return cut(amount * source * (ONE - spread) // (target * ONE), TARGET_UNIT)


def easy_convert(work: Work, command: EasyConvert) -> None:
    """Convert all of these coins, or none.

    Rejects, first that applies: UNKNOWN_USER, IN_LIQUIDATION (trading account), TOO_MANY_COINS,
    UNKNOWN_CCY (the target, then the sources),
    CCY_NOT_CONVERTIBLE (target not offered, or among the sources), then per source CONVERT_UNAVAILABLE (no price),
    NOTHING_AVAILABLE, NOT_DUST, RESULT_TOO_SMALL, and at last MARGIN_INSUFFICIENT (trading account).
    Emits: EasyConverted per source, Repaid (auto repay of the coin received); or EasyConvertFailed per source (by a
    fault).
    """
    user = work.active_user(command.user_id) if command.account == TRADING else work.user(command.user_id)
    state = work.state
    parameters = state.parameters
    if len(command.source_ccys) > parameters.easy_convert_coins_max:
        raise refusals.too_many_coins(command.source_ccys, parameters.easy_convert_coins_max)
    for ccy in (command.target_ccy, *command.source_ccys):
        ledger.require_ccy(state, ccy)
    if command.target_ccy not in parameters.easy_convert_ccys or command.target_ccy in command.source_ccys:
        no, known = Rejected(Reject.CCY_NOT_CONVERTIBLE, ccy=command.target_ccy), " ".join(parameters.easy_convert_ccys)
        raise no.because(ccy=command.target_ccy, known=known)
    converted = [_conversion(state, user, command, ccy) for ccy in command.source_ccys]
    if command.account == TRADING:
        changes = {event.source_ccy: -event.source_amount for event in converted}
        changes[command.target_ccy] = sum(event.target_amount for event in converted)
        if not soundness.stays_sound(state, command.user_id, changes):
            raise refusals.unsound(state)
    if faults.fires(work, "easy-convert-failed", command.user_id):
        for event in converted:
            work.emit(EasyConvertFailed(**structs.asdict(event)))
        return
    for event in converted:
        work.emit(event)
    if command.account == TRADING:
        borrow.auto_repay(work, user, command.target_ccy)


def _conversion(state: State, user: User, command: EasyConvert, ccy: str) -> EasyConverted:
    target = command.target_ccy
    if prices.usd_index(state, ccy) <= 0 or prices.usd_index(state, target) <= 0:
        raise Rejected(Reject.CONVERT_UNAVAILABLE).because(ccy=ccy, other=target)
    balance, available = balance_of(state, user, command.account, ccy)
    amount = cut(available, SOURCE_UNIT)
    if amount <= 0:
        raise Rejected(Reject.NOTHING_AVAILABLE, ccy=ccy).because(ccy=ccy, account=command.account)
    if not is_dust(state, ccy, balance):
        most, worth = state.parameters.easy_convert_max_usd, prices.usd_value(state, ccy, balance)
        no = Rejected(Reject.NOT_DUST, ccy=ccy, max_atoms=str(most))
        raise no.because(ccy=ccy, worth_usd=worth, most_usd=most)
    received = proceeds(state, ccy, target, amount)
    if received == 0:
        raise Rejected(Reject.RESULT_TOO_SMALL, ccy=ccy, other=target).because(ccy=ccy, other=target, asked=amount)
    return EasyConverted(
        user_id=command.user_id,
        account=command.account,
        source_ccy=ccy,
        target_ccy=target,
        source_amount=amount,
        target_amount=received,
    )


# ---- events


@applies(EasyConvertFailed)
def _failed(state: State, stamp: Stamp, event: EasyConvertFailed) -> None:
    """Change nothing: no coin has moved."""


@applies(EasyConverted)
def _converted(state: State, stamp: Stamp, event: EasyConverted) -> None:
    account = f"{event.account}:{event.user_id}"
    ledger.post(state, event.source_ccy, (account, -event.source_amount), ("desk", event.source_amount))
    ledger.post(state, event.target_ccy, (account, event.target_amount), ("desk", -event.target_amount))
    if event.account == TRADING:
        user = state.users[event.user_id]
        ledger.spend_exempt(user, event.source_ccy, event.source_amount)
        for ccy in (event.source_ccy, event.target_ccy):
            ledger.touch(user, ccy, stamp.at_ms)
