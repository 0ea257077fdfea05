"""An account from a saved answer of `account/balance`: what it holds and owes, and the commands that make it.

Of each coin `eq` and `liab` are read: it holds eq + liab and owes liab, whatever `cashBal` counts. Where there is no
`eq`, `cashBal` is what it holds, and below zero what it owes. Accrued `interest` is taken for part of `liab`. Open
orders, loans and the funding account are not in such an answer (decisions/048).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.commands import AdjustBalance, Command, ManualBorrow, ManualRepay, SwitchSpotBorrow
from tallystick.engine.parameters import Parameters

COINS_MAX: Final = 1_000


class BadAccount(ValueError):
    """Error for an answer that is no account of this venue. The text says why."""


class SavedCoin(Struct, frozen=True):
    """One coin of the answer; "" where a field does not apply. Other fields are passed over."""

    ccy: str
    eq: str = ""
    cashBal: str = ""
    liab: str = ""
    ordFrozen: str = ""


class SavedAccount(Struct, frozen=True):
    details: list[SavedCoin] = []


class SavedBalance(Struct, frozen=True):
    """Answer of `GET /api/v5/account/balance`, as it came."""

    data: list[SavedAccount]
    code: str = "0"
    msg: str = ""


class Standing(Struct, frozen=True):
    """What an account holds and owes, in atoms, by coin; coins with neither are left out."""

    held: Mapping[str, int]
    owed: Mapping[str, int]


def saved_balance(text: str) -> SavedBalance:
    """Read a saved answer. Raises BadAccount."""
    try:
        return msgspec.json.decode(text, type=SavedBalance)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise BadAccount(f"is no saved answer of GET /api/v5/account/balance: {problem}") from None


def standing_of(saved: SavedBalance, parameters: Parameters) -> Standing:
    """What the account of an answer holds and owes. Raises BadAccount: a refusal, odd numbers, coins unknown here."""
    if saved.code != "0" or len(saved.data) != 1:
        raise BadAccount(f"is no answer with one account: code {saved.code[:20]!r}, {len(saved.data)} accounts")
    coins = saved.data[0].details
    names = [coin.ccy for coin in coins]
    if len(set(names)) != len(names) or len(names) > COINS_MAX:
        raise BadAccount(f"names a coin twice, or more than {COINS_MAX}")
    held: dict[str, int] = {}
    owed: dict[str, int] = {}
    for coin in coins:
        holds, owes = _coin(coin)
        if holds:
            held[coin.ccy] = holds
        if owes:
            owed[coin.ccy] = owes
    unknown = [ccy for ccy in {**held, **owed} if ccy not in parameters.currencies]
    if unknown:
        raise BadAccount(
            f"has coins that this venue does not list: {', '.join(unknown)}. List them with --parameters or "
            "POST /tally/v1/listings, or take their rows out of the answer"
        )
    return Standing(held, owed)


def _coin(coin: SavedCoin) -> tuple[int, int]:
    """(held, owed) of one coin. Raises BadAccount."""
    liab = abs(_signed(coin, "liab", coin.liab or "0"))
    if not coin.eq:
        cash = _signed(coin, "cashBal", coin.cashBal or "0")
        return (max(cash, 0), max(liab, -cash))
    held = _signed(coin, "eq", coin.eq) + liab
    if held < 0:
        raise BadAccount(f"{coin.ccy[:40]} has an eq of {coin.eq} and owes only {coin.liab or '0'}")
    return held, liab


def _signed(coin: SavedCoin, field: str, text: str) -> int:
    try:
        return -atoms_from_text(text[1:]) if text.startswith("-") else atoms_from_text(text)
    except ValueError:
        raise BadAccount(f"{field} of {coin.ccy[:40]} is no plain decimal text: {text[:40]!r}") from None


def commands_of(user_id: int, standing: Standing, parameters: Parameters) -> Iterator[Command]:
    """Commands that give a user without coins and debts this trading account, in their order.

    Debts come from ordinary borrowing, and the coins are spent elsewhere. One below the least that can be borrowed is
    borrowed at the least and partly repaid.
    """
    for ccy, amount in standing.held.items():
        yield AdjustBalance(user_id=user_id, account="trading", ccy=ccy, delta=amount)
    if standing.owed:
        yield SwitchSpotBorrow(user_id=user_id, enabled=True)
    for ccy, owed in standing.owed.items():
        borrowed = max(owed, parameters.currencies[ccy].min_borrow)
        yield ManualBorrow(user_id=user_id, ccy=ccy, amount=borrowed)
        if borrowed > owed:
            yield ManualRepay(user_id=user_id, ccy=ccy, amount=borrowed - owed)
    for ccy, owed in standing.owed.items():
        yield AdjustBalance(user_id=user_id, account="trading", ccy=ccy, delta=-owed)
