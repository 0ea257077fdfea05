"""Plain-text bookkeeping of the bills: journals for beancount and hledger.

Each bill that moves a balance is a transaction of two postings in its coin: the account it is of, and what moved it.
So each transaction balances by itself, and the sum of an account is the sum of its bills, to the last digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from tallystick.archive import chains
from tallystick.archive.gathering import FUNDING, TRADING
from tallystick.archive.store import Account, Archive
from tallystick.archive.tables import iso

BEANCOUNT: Final = "beancount"
HLEDGER: Final = "hledger"
OPENING: Final = "Equity:Opening"
TRADING_CAUSES: Final = {
    "1": ("Equity:Transfers", "transfer"),
    "2": ("Equity:Trades", "trade"),
    "4": ("Equity:Trades", "forced repayment"),
    "5": ("Equity:Trades", "liquidation"),
    "7": ("Expenses:Interest", "interest"),
    "10": ("Income:Insurance", "debt covered by the insurance fund"),
    "27": ("Equity:Trades", "convert"),
    "28": ("Equity:Trades", "easy convert"),
}
"""Type of a bill of the trading account -> the other account, and what to call it (decisions/018)."""
FUNDING_CAUSES: Final = {
    "1": ("Equity:Transfers", "deposit"),
    "2": ("Equity:Transfers", "withdrawal"),
    "20": ("Equity:Transfers", "to a sub-account"),
    "21": ("Equity:Transfers", "from a sub-account"),
    "22": ("Equity:Transfers", "from or to the main account"),
    "23": ("Equity:Transfers", "from or to the main account"),
    "130": ("Equity:Transfers", "from the trading account"),
    "131": ("Equity:Transfers", "to the trading account"),
    "212": ("Assets:Collateral", "collateral locked"),
    "215": ("Assets:Collateral", "collateral released"),
    "217": ("Liabilities:Loans", "loan paid out"),
    "218": ("Liabilities:Loans", "loan repaid"),
    "272": ("Equity:Trades", "easy convert"),
    "273": ("Equity:Trades", "easy convert"),
}
OTHER: Final = ("Equity:Other", "bill of type {type}")
NAMES: Final = {TRADING: "Trading", FUNDING: "Funding"}
COMMODITY: Final = re.compile(r"[A-Z][A-Z0-9]{0,22}[A-Z0-9]|[A-Z]")
"""Names of commodities that beancount takes."""


class Posting(NamedTuple):
    """A bill as it is booked: `account` gains `change` of a coin, `cause` loses it."""

    at_ms: int
    number: str
    account: str
    cause: str
    words: str
    ccy: str
    change: Decimal


def of_bill(bill: chains.Bill, account: str, cause: str, words: str, change: Decimal) -> Posting:
    return Posting(
        at_ms=int(bill.ts),
        number=bill.billId,
        account=account,
        cause=cause,
        words=words,
        ccy=bill.ccy,
        change=change,
    )


def postings(archive: Archive, account: Account) -> Iterator[Posting]:
    """Bookings of an account: what was there before the first bill of a coin, then each bill that moves a balance."""
    for kind in chains.BILLS:
        causes = TRADING_CAUSES if kind == TRADING else FUNDING_CAUSES
        own = f"Assets:Exchange:U{account.uid}:{NAMES[kind]}"
        begun: set[str] = set()
        for bill in chains.bills(archive, account.id, kind):
            change = Decimal(bill.balChg)
            if bill.ccy not in begun:
                begun.add(bill.ccy)
                before = chains.EXACT.subtract(Decimal(bill.bal), change)
                if before:
                    yield of_bill(bill, own, OPENING, "before the first bill", before)
            if change:
                cause, words = causes.get(bill.type, OTHER)
                yield of_bill(bill, own, cause, words.format(type=bill.type), change)


def journal(archive: Archive, form: str) -> Iterator[bytes]:
    """Lines of the journal of all accounts, for `beancount` or `hledger`."""
    for account in archive.accounts():
        found = sorted(postings(archive, account), key=lambda one: (one.at_ms, one.number))
        if form == BEANCOUNT and found:
            day = iso(found[0].at_ms)[:10]
            for name in sorted({one.account for one in found} | {one.cause for one in found}):
                yield f"{day} open {name}".encode()
            yield b""
        for one in found:
            yield from _beancount(one) if form == BEANCOUNT else _hledger(one)


def _beancount(one: Posting) -> Iterator[bytes]:
    coin = commodity(one.ccy)
    yield f'{iso(one.at_ms)[:10]} * "{one.words}"'.encode()
    yield f'  time: "{iso(one.at_ms)}"'.encode()
    yield f'  bill: "{one.number}"'.encode()
    yield f"  {one.account}  {one.change:f} {coin}".encode()
    yield f"  {one.cause}  {-one.change:f} {coin}".encode()
    yield b""


def _hledger(one: Posting) -> Iterator[bytes]:
    coin = f'"{one.ccy}"'
    yield f"{iso(one.at_ms)[:10]} * ({one.number}) {one.words}  ; time: {iso(one.at_ms)}".encode()
    yield f"    {one.account}  {one.change:f} {coin}".encode()
    yield f"    {one.cause}  {-one.change:f} {coin}".encode()
    yield b""


def commodity(ccy: str) -> str:
    """The name of a coin that beancount takes: one that begins with a digit gets an X before it."""
    return ccy if COMMODITY.fullmatch(ccy) else f"X{ccy}"
