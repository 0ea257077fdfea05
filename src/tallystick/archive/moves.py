"""Moves of an account's coins, as tools for taxes want them: trades with both sides, loans, repayments, interest.

Bills of both accounts, the history of flexible loans and the interest of all debts go in, moves come out. The sum of
all that came less all that went, fees included, is the coins of the trading and the funding account (`cashBal` and
`bal`), to the last digit, where neither debt nor a missing bill stands before the first bill.

Chosen, each for want of a rule of the exchange:

- Borrowing is a loan that came. Interest makes debt grow and moves no coin: it is paid when debt is repaid, and what
  is repaid counts as interest as long as interest of that coin is unpaid, then as the loan.
- In a margin mode what is owed is a balance below zero, without a loan or a repayment, so interest is paid when it is
  charged, and debt that is written off comes. Trades and hours of interest name the mode, as `mgnMode`. An hour does
  not count while a loan is owed, which Spot mode alone has: the modes change only where nothing is owed.
- The two bills of a trade or a convert are one move. They are matched by their order, trade and time.
- A transfer between the trading and the funding account of one user is no move; both of its bills must be there,
  `APART_MS` apart at most. All other transfers come or go.
- Collateral that is locked goes, collateral that is released comes. Where it is sold by force, or to repay, the loan
  history alone says so: it comes back and is sold, and the owed coin is bought and repaid, all at once.
- What was there before the first bill of a coin comes first, coins less debt. What bills that are missing have moved
  comes or goes by name.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.archive.bills import BILLS, EXACT, FUNDING, REPAYMENTS, TRADING, Bill, decode_bill
from tallystick.archive.legs import Leg, Legs
from tallystick.archive.store import Account, Archive
from tallystick.archive.texts import texts

Kind: TypeAlias = (
    Literal["trade", "in", "out", "loan", "repayment", "loan interest", "margin interest"]
    | Literal["locked", "released"]
)
LOANS: Final = "loan_history"
INTEREST: Final = "loan_interest_accrued"
HOURS: Final = "interest_accrued"
AT_ONCE: Final = "29"
"""Type of one-click repay; one that moves the balance is half of a sale to the convert desk, of coins for a debt."""
TRADES: Final = frozenset({"2", "4", "5", "27", "28", AT_ONCE, "272", "273"})
SOLD: Final = frozenset({"forced_repayment_sell", "sell_collateral"})
LIQUIDATED: Final = frozenset({"forced_liquidation", "partial_liquidation"})
LOAN_TYPES: Final = frozenset({"borrowed", "repaid", "forced_repayment_buy"}) | SOLD | LIQUIDATED
WORDS: Final = {
    ("trading", "1"): "transfer",
    ("trading", "2"): "trade",
    ("trading", "4"): "forced repayment",
    ("trading", "5"): "liquidation",
    ("trading", "10"): "debt written off",
    ("trading", "27"): "convert",
    ("trading", "28"): "easy convert",
    ("trading", AT_ONCE): "one-click repay",
    ("funding", "1"): "deposit",
    ("funding", "2"): "withdrawal",
    ("funding", "20"): "transfer to a sub-account",
    ("funding", "21"): "transfer from a sub-account",
    ("funding", "22"): "transfer to the main account",
    ("funding", "23"): "transfer from the main account",
    ("funding", "130"): "transfer from a trading account",
    ("funding", "131"): "transfer to a trading account",
    ("funding", "179"): "one-click repay",
    ("funding", "215"): "left of sold collateral",
    ("funding", "272"): "easy convert",
    ("funding", "273"): "easy convert",
}
"""Kind of account and type of a bill -> what to call it (decisions/018)."""
ZERO: Final = Decimal(0)


class Coins(NamedTuple):
    """An amount of a coin, never negative."""

    amount: Decimal
    ccy: str


class Move(NamedTuple):
    """Coins that went, coins that came, or both. A fee went too, beside what `sent` and `received` say."""

    at_ms: int
    number: str
    kind: Kind
    words: str
    sent: Coins | None = None
    received: Coins | None = None
    fee: Coins | None = None


class LoanRow(Struct, frozen=True, gc=False):
    """Fields of a row of the loan history, or of its interest."""

    refId: str
    ccy: str
    ts: str
    type: str = ""
    amt: str = "0"
    interest: str = "0"


class HourRow(Struct, frozen=True, gc=False):
    """Fields of a row of interest that the trading account was charged; all rows of an hour have one mode."""

    ts: str
    mgnMode: str = ""


_loan: Final = msgspec.json.Decoder(LoanRow).decode
_hour: Final = msgspec.json.Decoder(HourRow).decode


class Source(NamedTuple):
    """A row with what all rows of an account are ordered by, time and number, and where it is from."""

    at_ms: int
    number: int
    series: int
    kind: str
    row: Bill | LoanRow | HourRow


def moves(archive: Archive, account: Account) -> Iterator[Move]:
    """All moves of an account, by time."""
    found = Moves(_released(archive, account), _repaid_by_bills(archive, account))
    sources = [_bills(archive, account, kind) for kind in BILLS]
    sources += [_loans(archive, account, stream) for stream in (INTEREST, LOANS)]
    sources.append(_hours(archive, account))
    for at_ms, number, series, kind, row in heapq.merge(*sources, key=lambda one: one[:2]):
        yield from found.legs.before(at_ms)
        with archive.reading_row(series, number):
            if isinstance(row, Bill):
                yield from found.bill(at_ms, kind, row)
            elif isinstance(row, HourRow):
                found.hour(row)
            else:
                yield from found.loan(at_ms, str(number), row)
    yield from found.legs.rest()


def _bills(archive: Archive, account: Account, kind: str) -> Iterator[Source]:
    for number, series, raw in texts(archive, account, BILLS[kind]):
        with archive.reading_row(series, number):
            bill = decode_bill(raw)
            found = Source(int(bill.ts), number, series, kind, bill)
        yield found


def _loans(archive: Archive, account: Account, stream: str) -> Iterator[Source]:
    for number, series, raw in texts(archive, account, [stream]):
        with archive.reading_row(series, number):
            row = _loan(raw)
            found = Source(int(row.ts), number, series, stream, row)
        if row.type in LOAN_TYPES or stream == INTEREST:
            yield found


def _hours(archive: Archive, account: Account) -> Iterator[Source]:
    for number, series, raw in texts(archive, account, [HOURS]):
        with archive.reading_row(series, number):
            row = _hour(raw)
            found = Source(int(row.ts), number, series, HOURS, row)
        yield found


def _released(archive: Archive, account: Account) -> Counter[tuple[str, Decimal]]:
    """Collateral that was released, by coin and amount; other bills of that type are what is left of sold coins."""
    found: Counter[tuple[str, Decimal]] = Counter()
    for number, series, raw in texts(archive, account, [LOANS]):
        with archive.reading_row(series, number):
            row = _loan(raw)
            found[row.ccy, Decimal(row.amt).copy_abs()] += row.type == "collateral_released"
    return found


def _repaid_by_bills(archive: Archive, account: Account) -> Counter[tuple[str, Decimal]]:
    """Repayments of loans that coins of the funding account went for, by coin and amount."""
    found: Counter[tuple[str, Decimal]] = Counter()
    for number, series, raw in texts(archive, account, BILLS[FUNDING]):
        with archive.reading_row(series, number):
            bill = decode_bill(raw)
            found[bill.ccy, Decimal(bill.balChg).copy_abs()] += bill.type == "218"
    return found


class Moves:
    """State between rows: balances, unpaid interest of each kind of debt, what is owed, the mode, halves of trades."""

    def __init__(self, released: Counter[tuple[str, Decimal]], repaid: Counter[tuple[str, Decimal]]) -> None:
        self.released = released
        self.repaid = repaid
        self.legs = Legs()
        self.balances: dict[tuple[str, str], Decimal] = {}
        self.unpaid: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.owed: dict[str, Decimal] = defaultdict(Decimal)
        self.lent: dict[str, Decimal] = defaultdict(Decimal)
        """Loans of Spot mode with their interest that the bills have not repaid; below zero where a loan is missing."""
        self.cross = False
        """True where what is owed is a balance below zero."""

    # ---- bills

    def bill(self, at_ms: int, kind: str, bill: Bill) -> Iterator[Move]:
        change, after = Decimal(bill.balChg), Decimal(bill.bal)
        before = EXACT.subtract(after, change)
        known = self.balances.get((kind, bill.ccy))
        self.balances[kind, bill.ccy] = after
        if known is None:
            yield from plain(at_ms, bill.billId, before, bill.ccy, "before the first bill")
        elif known != before:
            yield from plain(at_ms, bill.billId, EXACT.subtract(before, known), bill.ccy, "bills that are missing")
        yield from (self._trading if kind == TRADING else self._funding)(at_ms, bill, change)

    def _trading(self, at_ms: int, bill: Bill, change: Decimal) -> Iterator[Move]:
        if bill.mgnMode or bill.type == "16":
            self.cross = bill.mgnMode == "cross"
        if self.cross:
            self.lent.clear()
        if bill.type == "16":
            came = Coins(Decimal(bill.sz).copy_abs(), bill.ccy)
            self._lend(bill.ccy, came.amount)
            yield Move(at_ms, bill.billId, "loan", "borrowed", received=came)
        elif (bill.type, bill.subType) in REPAYMENTS and not (bill.type == AT_ONCE and change):
            repaid = Coins(Decimal(bill.sz).copy_abs(), bill.ccy)
            self._lend(bill.ccy, repaid.amount.copy_negate())
            yield from self._pay(at_ms, bill.billId, TRADING, repaid)
        elif bill.type == "7" and self.cross:
            paid = Coins(change.copy_abs(), bill.ccy)
            yield Move(at_ms, bill.billId, "margin interest", "interest paid", sent=paid)
        elif bill.type == "7":
            self._owe(TRADING, bill.ccy, change.copy_abs())
            self._lend(bill.ccy, change.copy_abs())
        elif bill.type == "10" and not self.cross:
            # The insurance fund writes debt off: no coin moves.
            self._lend(bill.ccy, change.copy_negate())
            self._less(TRADING, bill.ccy, change)
        else:
            yield from self._moved(at_ms, TRADING, bill, change)

    def _funding(self, at_ms: int, bill: Bill, change: Decimal) -> Iterator[Move]:
        coins = Coins(change.copy_abs(), bill.ccy)
        if bill.type == "212":
            yield Move(at_ms, bill.billId, "locked", "collateral locked", sent=coins)
        elif bill.type == "215" and self.released[bill.ccy, coins.amount] > 0:
            self.released[bill.ccy, coins.amount] -= 1
            yield Move(at_ms, bill.billId, "released", "collateral released", received=coins)
        elif bill.type == "217":
            yield Move(at_ms, bill.billId, "loan", "loan paid out", received=coins)
        elif bill.type == "218":
            yield from self._pay(at_ms, bill.billId, FUNDING, coins)
        else:
            yield from self._moved(at_ms, FUNDING, bill, change)

    def _moved(self, at_ms: int, kind: str, bill: Bill, change: Decimal) -> Iterator[Move]:
        """A bill that may be half of a trade or of a transfer within the account, or else comes or goes alone."""
        if not change:
            return
        words = WORDS.get((kind, bill.type), "other bill")
        alone = next(plain(at_ms, bill.billId, change, bill.ccy, words))
        gross, fee = _gross(bill, change)
        leg = Leg(at_ms=at_ms, ccy=bill.ccy, change=change, gross=gross, fee=fee, alone=alone)
        if bill.type in TRADES and kind == TRADING:
            yield from self.legs.trade((bill.type, bill.instId, bill.ordId, bill.tradeId, bill.ts), leg)
        elif bill.type in TRADES:
            yield from self.legs.trade(("easy", bill.ts), leg)
        elif (kind == TRADING and bill.type == "1" and bill.from_) or (kind == FUNDING and bill.type in ("130", "131")):
            self.legs.transfer(kind, leg)
        else:
            yield alone

    def hour(self, row: HourRow) -> None:
        """Learn the mode from an hour of interest, unless a loan that is owed tells it."""
        if all(amount <= 0 for amount in self.lent.values()):
            self.cross = row.mgnMode == "cross"

    def _lend(self, ccy: str, amount: Decimal) -> None:
        self.lent[ccy] = EXACT.add(self.lent[ccy], amount)

    # ---- loans

    def loan(self, at_ms: int, number: str, row: LoanRow) -> Iterator[Move]:
        amount = Decimal(row.amt).copy_abs()
        coins = Coins(amount, row.ccy)
        if not row.type:
            self._owe(FUNDING, row.ccy, Decimal(row.interest))
            self.owed[row.ccy] = EXACT.add(self.owed[row.ccy], Decimal(row.interest))
        elif row.type == "borrowed":
            self.owed[row.ccy] = EXACT.add(self.owed[row.ccy], amount)
        elif row.type in SOLD or (row.type in LIQUIDATED and self.owed[row.ccy] <= 0):
            yield Move(at_ms, number, "released", "collateral to be sold", received=coins)
            yield Move(at_ms, number, "out", "collateral sold", sent=coins)
        elif row.type != "repaid" or self._without_bill(row.ccy, amount):
            yield Move(at_ms, number, "in", "bought with collateral", received=coins)
            yield from self._pay(at_ms, number, FUNDING, coins)
            self.owed[row.ccy] = EXACT.subtract(self.owed[row.ccy], amount)
        else:
            self.owed[row.ccy] = EXACT.subtract(self.owed[row.ccy], amount)

    def _without_bill(self, ccy: str, amount: Decimal) -> bool:
        """True for a repayment that no coin of the funding account went for; each bill is used once."""
        if self.repaid[ccy, amount] > 0:
            self.repaid[ccy, amount] -= 1
            return False
        return True

    def _pay(self, at_ms: int, number: str, kind: str, coins: Coins) -> Iterator[Move]:
        """A repayment: interest that is unpaid first, then the loan."""
        interest = self._less(kind, coins.ccy, coins.amount)
        rest = EXACT.subtract(coins.amount, interest)
        if interest:
            named: Kind = "margin interest" if kind == TRADING else "loan interest"
            yield Move(at_ms, number, named, "interest paid", sent=Coins(interest, coins.ccy))
        if rest:
            yield Move(at_ms, number, "repayment", "repaid", sent=Coins(rest, coins.ccy))

    def _owe(self, kind: str, ccy: str, interest: Decimal) -> None:
        self.unpaid[kind, ccy] = EXACT.add(self.unpaid[kind, ccy], interest)

    def _less(self, kind: str, ccy: str, amount: Decimal) -> Decimal:
        """The interest that this much of a repayment pays."""
        paid = min(self.unpaid[kind, ccy], amount)
        self.unpaid[kind, ccy] = EXACT.subtract(self.unpaid[kind, ccy], paid)
        return paid


def plain(at_ms: int, number: str, change: Decimal, ccy: str, words: str) -> Iterator[Move]:
    """Coins that came or went; nothing for 0."""
    if change > 0:
        yield Move(at_ms, number, "in", words, received=Coins(change, ccy))
    elif change < 0:
        yield Move(at_ms, number, "out", words, sent=Coins(change.copy_abs(), ccy))


def _gross(bill: Bill, change: Decimal) -> tuple[Decimal, Decimal]:
    """Amount of a bill before its fee, and the fee; the change and no fee where the two do not make the change."""
    fee, size = Decimal(bill.fee or "0").copy_negate(), Decimal(bill.sz or "0")
    if fee > 0 and change > 0 and EXACT.subtract(size, fee) == change:
        return size, fee
    return change.copy_abs(), ZERO
