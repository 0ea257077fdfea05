"""Chains of bills: every bill says its change and the balance after it, so a missing one breaks the chain of its coin.

A coin's bills in the order of their numbers: each balance is the one before it and the change. The last one is what
the account has. A bill that changes nothing (borrowing, repaying: decisions/018) breaks no chain when it is missing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from tallystick.archive.bills import EXACT, Bill
from tallystick.archive.store import Archive

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
    query = "SELECT at_ms FROM balance WHERE account = ? AND kind = ? ORDER BY at_ms DESC LIMIT 1"
    newest = archive.read(query, account, kind)
    if not newest:
        return Balances(0, {})
    at_ms = int(newest[0][0])
    rows = archive.read(
        "SELECT ccy, amount FROM balance WHERE account = ? AND kind = ? AND at_ms = ?", account, kind, at_ms
    )
    return Balances(at_ms, {ccy: Decimal(amount) for ccy, amount in rows})
