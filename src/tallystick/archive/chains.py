"""Chains of bills: every bill says its change and the balance after it, so a missing one breaks the chain of its coin.

A coin's bills in the order of their numbers: each balance is the one before it and the change. The last one is what
the account has. A bill that changes nothing (borrowing, repaying: decisions/018) breaks no chain when it is missing.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

import msgspec
from msgspec import Struct

from tallystick.archive.gathering import FUNDING, TRADING
from tallystick.archive.store import Archive

BILLS: Final = {TRADING: ("account_bills_archive", "account_bills"), FUNDING: ("asset_bills_history",)}
"""Streams with the bills of each kind of account."""
EXACT: Final = Context(prec=60)
BESIDE_MS: Final = 5_000
"""A bill this much after a reading of the balances may be in it already."""


class Broken(Struct, frozen=True):
    """A place where a chain is broken: between two bills, or behind the last one (`after_ms` on)."""

    kind: str
    ccy: str
    after_ms: int
    before_ms: int
    expected: Decimal
    found: Decimal

    def text(self) -> str:
        missing = EXACT.subtract(self.found, self.expected)
        return f"{self.kind} account, {self.ccy}: bills that change {missing:f} are missing"


class Bill(Struct, frozen=True, rename={"from_": "from"}, gc=False):
    """Fields of a bill that chains and pairs need, as they came; bills of the funding account have fewer."""

    billId: str
    ccy: str
    bal: str
    balChg: str
    ts: str
    type: str
    subType: str = ""
    sz: str = ""
    interest: str = ""
    instId: str = ""
    tradeId: str = ""
    from_: str = ""
    to: str = ""


decode_bill: Final = msgspec.json.Decoder(Bill).decode


class Coin(Struct):
    """Where the chain of one coin stands: its last bill, and the balances that a reading may have found."""

    at_ms: int
    balance: Decimal
    last: list[Decimal]


class Balances(Struct, frozen=True):
    """The newest balances of an account that were kept, and when they were read; 0 where none were."""

    read_ms: int
    amounts: dict[str, Decimal]


class Chains:
    """The chains of one kind of account. It takes bills in the order of their numbers, from `coins` on."""

    def __init__(self, kind: str, balances: Balances, coins: dict[str, Coin]) -> None:
        self.kind = kind
        self.balances = balances
        self.coins = coins
        self.broken: list[Broken] = []

    def take(self, bill: Bill) -> None:
        at_ms, balance = int(bill.ts), Decimal(bill.bal)
        coin = self.coins.get(bill.ccy)
        if coin is None:
            coin = self.coins[bill.ccy] = Coin(at_ms, balance, [])
        else:
            expected = EXACT.add(coin.balance, Decimal(bill.balChg))
            if expected != balance:
                self._note(bill.ccy, (coin.at_ms, at_ms), expected, balance)
            coin.at_ms, coin.balance = at_ms, balance
        read_ms = self.balances.read_ms
        if at_ms < read_ms - BESIDE_MS:
            coin.last = [balance]
        elif at_ms <= read_ms + BESIDE_MS:
            coin.last.append(balance)

    def ended(self) -> list[Broken]:
        """Chains that do not end at the balance that was read, beside those that broke on the way."""
        on_the_way = len(self.broken)
        for ccy, amount in self.balances.amounts.items():
            coin = self.coins.get(ccy)
            if coin is not None and coin.last and amount not in coin.last:
                self._note(ccy, (coin.at_ms, self.balances.read_ms), coin.last[-1], amount)
        found = self.broken[on_the_way:]
        del self.broken[on_the_way:]
        return found

    def _note(self, ccy: str, times: tuple[int, int], expected: Decimal, found: Decimal) -> None:
        self.broken.append(
            Broken(kind=self.kind, ccy=ccy, after_ms=times[0], before_ms=times[1], expected=expected, found=found)
        )


def last_balances(archive: Archive, account: int, kind: str) -> Balances:
    """The newest balances of an account that were kept."""
    ((at_ms,),) = archive.read("SELECT max(at_ms) FROM balance WHERE account = ? AND kind = ?", account, kind)
    rows = archive.read(
        "SELECT ccy, amount FROM balance WHERE account = ? AND kind = ? AND at_ms = ?", account, kind, at_ms or 0
    )
    return Balances(at_ms or 0, {ccy: Decimal(amount) for ccy, amount in rows})
