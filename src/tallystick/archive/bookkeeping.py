"""Plain-text bookkeeping of the bills: journals for beancount and hledger.

Each bill that moves a balance is a transaction of two postings in its coin: the account it is of, and what moved it.
So each transaction balances by itself. What was there before the first bill of a coin is a transaction of its own, and
so is what bills that are missing have moved, since each bill says the balance after it. At the end the balances of the
last bills are asserted, so that `bean-check` and `hledger check` refuse a journal whose sums differ from the ledger's
by a single digit. beancount itself computes with 28 digits.

Forms: beancount 2.3 (beancount.github.io/docs/beancount_language_syntax.html) and hledger 1.25 (hledger.org/1.25);
both tools are run by the tests, and nothing of them is imported. Chosen: names of accounts, and balances that are
equity, as in the bills (decisions/018).
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from tallystick.archive.bills import BILLS, EXACT, FUNDING, TRADING, Bill, decode_bill
from tallystick.archive.store import Account, Archive
from tallystick.archive.tables import iso
from tallystick.archive.texts import texts

BEANCOUNT: Final = "beancount"
HLEDGER: Final = "hledger"
OPENING: Final = "Equity:Opening"
MISSING: Final = "Equity:Missing"
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
COMMODITY: Final = re.compile(r"[A-Z][A-Z0-9]{1,23}")
"""Names of commodities that both tools take as they are; beancount takes none of one letter."""
OUTSIDE: Final = re.compile(r"[^A-Za-z0-9]+")


class Posting(NamedTuple):
    """A bill as it is booked: `account` gains `change` of a coin, `cause` loses it, and `after` is there then."""

    at_ms: int
    number: int
    account: str
    cause: str
    words: str
    ccy: str
    change: Decimal
    after: Decimal


def journal(archive: Archive, accounts: Sequence[Account], form: str) -> Iterator[bytes]:
    """Lines of the journal of these accounts, for `beancount` or `hledger`."""
    line, end = (_beancount, _beancount_end) if form == BEANCOUNT else (_hledger, _hledger_end)
    days: dict[str, tuple[str, str]] = {}
    ends: dict[tuple[str, str], Decimal] = {}
    for account in accounts:
        for one in postings(archive, account):
            at = iso(one.at_ms)
            day = at[:10]
            for name in (one.account, one.cause):
                first, last = days.get(name, (day, day))
                days[name] = (min(first, day), max(last, day))
            ends[one.account, one.ccy] = one.after
            yield from line(one, at)
    yield from end(days, ends)


def postings(archive: Archive, account: Account) -> Iterator[Posting]:
    """Bookings of an account: what was there before the first bill of a coin, then each bill that moves a balance."""
    kinds = [_of_kind(archive, account, kind) for kind in BILLS]
    return heapq.merge(*kinds, key=lambda one: (one.at_ms, one.number))


def _of_kind(archive: Archive, account: Account, kind: str) -> Iterator[Posting]:
    causes = TRADING_CAUSES if kind == TRADING else FUNDING_CAUSES
    own = f"Assets:{place_of(account)}:{NAMES[kind]}"
    balances: dict[str, Decimal] = {}
    for text in texts(archive, account, BILLS[kind]):
        with archive.reading_row(text.series, text.cursor):
            bill = decode_bill(text.raw)
            change, after = Decimal(bill.balChg), Decimal(bill.bal)
            before, known = EXACT.subtract(after, change), balances.get(bill.ccy)
            balances[bill.ccy] = after
            if known is None and before:
                yield _posting(bill, own, (OPENING, "before the first bill"), before, before)
            elif known is not None and known != before:
                moved = EXACT.subtract(before, known)
                yield _posting(bill, own, (MISSING, "bills that are missing"), moved, before)
            if change:
                cause, words = causes.get(bill.type, OTHER)
                yield _posting(bill, own, (cause, words.format(type=bill.type)), change, after)


def _posting(bill: Bill, own: str, cause: tuple[str, str], change: Decimal, after: Decimal) -> Posting:
    return Posting(
        at_ms=int(bill.ts),
        number=int(bill.billId),
        account=own,
        cause=cause[0],
        words=OUTSIDE.sub(" ", cause[1]),
        ccy=bill.ccy,
        change=change,
        after=after,
    )


def place_of(account: Account) -> str:
    """Names of an account between Assets and its two halves: the host and the user, so that no two share one."""
    host = OUTSIDE.sub("-", account.host).strip("-")
    return f"{host[:1].upper()}{host[1:]}:U{OUTSIDE.sub('-', account.uid)}"


def commodity(ccy: str) -> str:
    """A coin as both tools take it: 1INCH is C.1INCH, which no coin is called."""
    if COMMODITY.fullmatch(ccy):
        return ccy
    return "C." + "".join(one if one.isascii() and (one.isupper() or one.isdigit()) else _escaped(one) for one in ccy)


def _escaped(one: str) -> str:
    return f"_{ord(one):X}Z"


def _beancount(one: Posting, at: str) -> Iterator[bytes]:
    coin = commodity(one.ccy)
    yield f'{at[:10]} * "{one.words}"'.encode()
    yield f'  time: "{at}"'.encode()
    yield f'  bill: "{one.number}"'.encode()
    yield f"  {one.account}  {one.change:f} {coin}".encode()
    yield f"  {one.cause}  {one.change.copy_negate():f} {coin}".encode()
    yield b""


def _beancount_end(days: dict[str, tuple[str, str]], ends: dict[tuple[str, str], Decimal]) -> Iterator[bytes]:
    """Accounts, opened on the day of their first booking, and the balances on the day after the last one."""
    for name, (first, _) in sorted(days.items()):
        yield f"{first} open {name}".encode()
    for (name, ccy), after in sorted(ends.items()):
        day = date.fromisoformat(days[name][1]) + timedelta(days=1)
        yield f"{day} balance {name}  {after:f} ~ 0 {commodity(ccy)}".encode()


def _hledger(one: Posting, at: str) -> Iterator[bytes]:
    coin = f'"{commodity(one.ccy)}"'
    yield f"{at[:10]} * ({one.number}) {one.words}  ; time: {at}".encode()
    yield f"    {one.account}  {one.change:f} {coin}".encode()
    yield f"    {one.cause}  {one.change.copy_negate():f} {coin}".encode()
    yield b""


def _hledger_end(days: dict[str, tuple[str, str]], ends: dict[tuple[str, str], Decimal]) -> Iterator[bytes]:
    """A transaction that moves nothing and asserts each balance."""
    if ends:
        yield f"{max(last for _, last in days.values())} * balances after the last bills".encode()
    for (name, ccy), after in sorted(ends.items()):
        coin = f'"{commodity(ccy)}"'
        yield f"    {name}  0 {coin} = {after:f} {coin}".encode()
