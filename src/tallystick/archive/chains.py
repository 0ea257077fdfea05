"""Chains of bills: every bill says its change and the balance after it, so a missing one breaks the chain of its coin.

A coin's bills in the order of their numbers: each balance is the one before it and the change. The last one is what
the account has. A bill that changes nothing (borrowing, repaying: decisions/018) breaks no chain when it is missing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
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


class Bill(Struct, frozen=True):
    """Fields of a bill that a chain needs, as they came."""

    billId: str
    ccy: str
    bal: str
    balChg: str
    ts: str
    type: str


_decode: Final = msgspec.json.Decoder(Bill).decode


class Chain(Struct):
    """Where the chain of one coin stands: its last bill, and the balances that a reading may have found."""

    at_ms: int
    balance: Decimal
    last: list[Decimal] = []


def broken(archive: Archive, account: int) -> list[Broken]:
    """All places of an account's chains that are broken."""
    found: list[Broken] = []
    for kind in BILLS:
        read_ms, balances = last_balances(archive, account, kind)
        chains: dict[str, Chain] = {}
        for bill in bills(archive, account, kind):
            at_ms, balance = int(bill.ts), Decimal(bill.bal)
            chain = chains.get(bill.ccy)
            if chain is None:
                chain = chains[bill.ccy] = Chain(at_ms, balance)
            else:
                expected = EXACT.add(chain.balance, Decimal(bill.balChg))
                if expected != balance:
                    found.append(
                        Broken(
                            kind=kind,
                            ccy=bill.ccy,
                            after_ms=chain.at_ms,
                            before_ms=at_ms,
                            expected=expected,
                            found=balance,
                        )
                    )
                chain.at_ms, chain.balance = at_ms, balance
            if at_ms < read_ms - BESIDE_MS:
                chain.last = [balance]
            elif at_ms <= read_ms + BESIDE_MS:
                chain.last.append(balance)
        for ccy, amount in balances.items():
            chain = chains.get(ccy)
            if chain is not None and chain.last and amount not in chain.last:
                found.append(
                    Broken(
                        kind=kind,
                        ccy=ccy,
                        after_ms=chain.at_ms,
                        before_ms=read_ms,
                        expected=chain.last[-1],
                        found=amount,
                    )
                )
    return found


def last_balances(archive: Archive, account: int, kind: str) -> tuple[int, dict[str, Decimal]]:
    """The newest balances of an account that were kept, and when they were read."""
    rows = archive.read(
        "SELECT at_ms, ccy, amount FROM balance WHERE account = ?1 AND kind = ?2 AND at_ms ="
        " (SELECT max(at_ms) FROM balance WHERE account = ?1 AND kind = ?2)",
        account,
        kind,
    )
    return (rows[0][0] if rows else 0), {ccy: Decimal(amount) for _, ccy, amount in rows}


def bills(archive: Archive, account: int, kind: str) -> Iterator[Bill]:
    """Bills of an account by their numbers, each once, from all streams that have them."""
    streams = [
        _numbered(archive, series.id)
        for series in archive.all_series()
        if series.account == account and series.stream in BILLS[kind]
    ]
    last = -1
    for number, raw in heapq.merge(*streams):
        if number != last:
            yield _decode(raw)
        last = number


def _numbered(archive: Archive, series: int) -> Iterator[tuple[int, str]]:
    yield from archive.db.execute("SELECT cursor, raw FROM row WHERE series = ? ORDER BY cursor", (series,))
