"""Pairs: each repayment, conversion, fill, hour of interest and loan has its bills, and each such bill its cause.

Both sides of a rule give keys; keys that are alike are matched by their times, some seconds apart at most, and only in
times that both sides are proven for. What stays over has no counterpart: its other side is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.archive.bills import BILLS, FUNDING, REPAYMENTS, TRADING, Bill
from tallystick.archive.records import Times
from tallystick.archive.streams import HOUR_MS


class Cause(Struct, frozen=True, gc=False):
    """Fields of the rows of all causes, as they came; each stream has some of them."""

    type: str = ""
    ccy: str = ""
    amt: str = ""
    interest: str = ""
    instId: str = ""
    tradeId: str = ""
    state: str = ""
    side: str = ""
    baseCcy: str = ""
    quoteCcy: str = ""
    fillBaseSz: str = ""
    fillQuoteSz: str = ""
    acct: str = ""
    status: str = ""
    fromCcy: str = ""
    toCcy: str = ""
    fillFromSz: str = ""
    fillToSz: str = ""
    debtCcy: str = ""
    fillDebtSz: str = ""


decode_cause: Final = msgspec.json.Decoder(Cause).decode

Key: TypeAlias = tuple[str, ...]
Row: TypeAlias = Bill | Cause
Keys: TypeAlias = Callable[[Any], Iterator[Key]]
"""Keys of a row, which is a bill or a cause by its stream."""

APART_MS: Final = 5_000
"""Bill and cause are told with the times of two services; this much they may differ."""
TAG_HINT: Final = "a convert with a tag is shown only to who asks for it: pull with --tag"


class Side(Struct, frozen=True):
    """Rows of these streams, which have the same rows, of these types or all; and the keys that each gives.

    `must`: each key needs a counterpart on the other side.
    """

    streams: tuple[str, ...]
    keys: Keys
    types: frozenset[str] | None = None
    must: bool = True


class Rule(Struct, frozen=True):
    """Causes and their bills, told at most `apart_ms` from each other. `hint` says why a cause may be missing."""

    name: str
    causes: Side
    bills: Side
    hint: str = ""
    apart_ms: int = APART_MS

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.causes, self.bills


class Alone(Struct, frozen=True):
    """A row without a counterpart: of `stream`, at a time. `missing` is the other side."""

    rule: str
    stream: str
    missing: str
    at_ms: int
    key: Key
    hint: str

    def text(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{' '.join(self.key)} in {self.stream} has nothing in {self.missing}{hint}"


TRADING_BILLS: Final = BILLS[TRADING]
FUNDING_BILLS: Final = BILLS[FUNDING]
LOAN_BILLS: Final = {"borrowed": "217", "collateral_locked": "212"}
AT_ONCE: Final = "224"
"""Subtype of the bill of what one-click repay v1 brings in."""
LEFT_OVER: Final = "215"
"""Type of a bill that is also what is left of sold collateral, which the loan's history does not say."""


def plain(text: str) -> str:
    """An amount without zeros at its end."""
    found = Decimal(text)
    return f"{found.normalize():f}" if found else "0"


def without_sign(text: str) -> str:
    return plain(text).removeprefix("-")


def _borrowed(row: Cause) -> Iterator[Key]:
    if row.type.endswith("_borrow"):
        yield row.ccy, plain(row.amt)


def _borrowed_bill(row: Bill) -> Iterator[Key]:
    yield row.ccy, plain(row.sz)


def _repaid(row: Cause) -> Iterator[Key]:
    if row.type.endswith("_repay"):
        yield row.ccy, plain(row.amt)


def _repaid_bill(row: Bill) -> Iterator[Key]:
    at_once = row.type == "29" and plain(row.balChg) != "0"
    if (row.type, row.subType) in REPAYMENTS and not at_once:
        yield row.ccy, plain(row.sz)


def _paid_at_once(row: Cause) -> Iterator[Key]:
    if row.status == "filled":
        yield row.debtCcy, plain(row.fillDebtSz)


def _paid_at_once_bill(row: Bill) -> Iterator[Key]:
    if row.subType == AT_ONCE:
        yield row.ccy, plain(row.balChg)


def _interest(row: Cause) -> Iterator[Key]:
    yield row.ccy, plain(row.interest)


def _interest_bill(row: Bill) -> Iterator[Key]:
    yield row.ccy, without_sign(row.interest)


def _fill(row: Cause) -> Iterator[Key]:
    yield row.instId, row.tradeId


def _fill_bill(row: Bill) -> Iterator[Key]:
    # A trade has a bill for either coin; the one of the coin that went names it once.
    if row.tradeId and row.balChg.startswith("-"):
        yield row.instId, row.tradeId


def _converted(row: Cause) -> Iterator[Key]:
    if row.state == "fullyFilled":
        sold = row.side == "sell"
        yield row.baseCcy, ("-" if sold else "") + plain(row.fillBaseSz)
        yield row.quoteCcy, ("" if sold else "-") + plain(row.fillQuoteSz)


def _change(row: Bill) -> Iterator[Key]:
    yield row.ccy, plain(row.balChg)


def _easy(account: str) -> Keys:
    def keys(row: Cause) -> Iterator[Key]:
        if row.acct == account and row.status == "filled":
            yield row.fromCcy, "-" + plain(row.fillFromSz)
            yield row.toCcy, plain(row.fillToSz)

    return keys


def _loan(row: Cause) -> Iterator[Key]:
    if row.type in LOAN_BILLS:
        yield LOAN_BILLS[row.type], row.ccy, without_sign(row.amt)


def _loan_repaid(row: Cause) -> Iterator[Key]:
    if row.type == "repaid":
        yield "218", row.ccy, without_sign(row.amt)


def _loan_bill(row: Bill) -> Iterator[Key]:
    yield row.type, row.ccy, without_sign(row.balChg)


def _released(row: Cause) -> Iterator[Key]:
    if row.type == "collateral_released":
        yield row.ccy, plain(row.amt)


def _moved(row: Bill) -> Iterator[Key]:
    yield row.ccy, plain(row.balChg)


def _moved_bill(row: Bill) -> Iterator[Key]:
    if row.from_ and row.to:
        change = plain(row.balChg)
        yield row.ccy, change.removeprefix("-") if change.startswith("-") else f"-{change}"


def _trading(keys: Keys, *types: str, must: bool = True) -> Side:
    """Bills of these types of the trading account."""
    return Side(TRADING_BILLS, keys, frozenset(types), must)


def _funding(keys: Keys, *types: str, must: bool = True) -> Side:
    """Bills of these types of the funding account."""
    return Side(FUNDING_BILLS, keys, frozenset(types), must)


RULES: Final = (
    Rule("borrowed", Side(("spot_borrow_repay_history",), _borrowed), _trading(_borrowed_bill, "16")),
    Rule("repaid", Side(("spot_borrow_repay_history",), _repaid), _trading(_repaid_bill, "22", "29", "4")),
    Rule("one-click repay", Side(("one_click_repay_history",), _paid_at_once), _trading(_paid_at_once_bill, "29")),
    Rule("interest", Side(("interest_accrued",), _interest), _trading(_interest_bill, "7"), apart_ms=24 * HOUR_MS),
    Rule("fill", Side(("fills_history", "fills"), _fill), _trading(_fill_bill, "2", "5", "4")),
    Rule("convert", Side(("convert_history",), _converted), _trading(_change, "27"), TAG_HINT),
    Rule("easy convert", Side(("easy_convert_history",), _easy("18")), _trading(_change, "28")),
    Rule("easy convert in funding", Side(("easy_convert_history",), _easy("6")), _funding(_change, "272", "273")),
    Rule("loan", Side(("loan_history",), _loan), _funding(_loan_bill, "217", "212")),
    # What sold collateral repays never was in the funding account, so such a row has no bill.
    Rule("loan repaid", Side(("loan_history",), _loan_repaid, must=False), _funding(_loan_bill, "218")),
    Rule("collateral released", Side(("loan_history",), _released), _funding(_change, LEFT_OVER, must=False)),
    Rule("transfer", _funding(_moved, "130", "131"), _trading(_moved_bill, "1", must=False)),
)
"""Rules by which causes and bills are held against each other; the kinds of bills are those of decisions/018."""


class Waiting(Struct):
    """Rows of one side without a counterpart so far: their times by their keys.

    `passed` are those that are too old for what still comes in order.
    """

    times: dict[Key, list[int]]
    passed: dict[Key, list[int]]


class Matcher:
    """Matches the rows of one rule as they come, about in the order of their times, within the `shared` times.

    Rows before `since_ms` were matched by an earlier sweep.
    """

    def __init__(self, rule: Rule, streams: tuple[str, str], shared: list[Times], since_ms: int) -> None:
        self.rule = rule
        self.streams = streams
        self.shared = shared
        self.since_ms = since_ms
        self.apart_ms = rule.apart_ms
        self.waiting = (Waiting({}, {}), Waiting({}, {}))

    def take(self, side: int, key: Key, at_ms: int) -> None:
        """Match a row with the oldest of about its time, or have it wait."""
        if at_ms < self.since_ms or not any(span.from_ms <= at_ms < span.until_ms for span in self.shared):
            return
        others = self.waiting[1 - side]
        if (times := others.times.get(key)) is not None:
            while times and times[0] < at_ms - 2 * APART_MS:
                others.passed.setdefault(key, []).append(times.pop(0))
            for number, other_ms in enumerate(times):
                if abs(other_ms - at_ms) <= APART_MS:
                    del times[number]
                    break
            else:
                self.waiting[side].times.setdefault(key, []).append(at_ms)
            if not times:
                del others.times[key]
            return
        self.waiting[side].times.setdefault(key, []).append(at_ms)

    def settle(self) -> None:
        """Match what waits once more: as far apart as the rule allows, without regard to the order in which it came.

        Those of about the same time are matched first, so that of many alike rows the one is left that is missing.
        """
        for key in {key for found in self.waiting for key in (*found.passed, *found.times)}:
            both = [sorted(self._left(side, key)) for side in (0, 1)]
            for side in (0, 1):
                self.waiting[side].passed.pop(key, None)
                left = unmatched(both[side], both[1 - side], self.apart_ms)
                if left:
                    self.waiting[side].times[key] = left
                else:
                    self.waiting[side].times.pop(key, None)

    def _left(self, side: int, key: Key) -> list[int]:
        found = self.waiting[side]
        return [*found.passed.get(key, ()), *found.times.get(key, ())]

    def alone(self) -> Iterator[Alone]:
        """Rows that have no counterpart, in times that both sides are proven for. Call `settle` before."""
        for side in (0, 1):
            if not self.rule.sides[side].must:
                continue
            for key, times in self.waiting[side].times.items():
                for at_ms in times:
                    if self._proven(side, at_ms):
                        yield Alone(
                            rule=self.rule.name,
                            stream=self.streams[side],
                            missing=self.streams[1 - side],
                            at_ms=at_ms,
                            key=key,
                            hint=self.rule.hint if side else "",
                        )

    def whole_at(self, at_ms: int) -> bool:
        """True where both sides are proven at a time, and no bill near it lacks its cause."""
        near = (abs(one - at_ms) <= self.apart_ms for times in self.waiting[1].times.values() for one in times)
        return self._proven(1, at_ms) and not any(near)

    def _proven(self, side: int, at_ms: int) -> bool:
        """True where a counterpart would have been read. A bill may come late, its cause has an earlier time."""
        later_ms = APART_MS if side else self.apart_ms
        return any(span.from_ms + self.apart_ms <= at_ms < span.until_ms - later_ms for span in self.shared)


def unmatched(mine: list[int], others: list[int], apart_ms: int) -> list[int]:
    """Times of mine that no time of the others is near to; each of the others is used once. Both are sorted."""
    left, place = [], 0
    for at_ms in mine:
        while place < len(others) and others[place] < at_ms - apart_ms:
            place += 1
        if place < len(others) and others[place] <= at_ms + apart_ms:
            place += 1
        else:
            left.append(at_ms)
    return left


def common(some: list[Times], others: list[Times]) -> list[Times]:
    """Times that both hold, the oldest first."""
    return sorted(
        (
            Times(max(one.from_ms, other.from_ms), min(one.until_ms, other.until_ms))
            for one in some
            for other in others
            if max(one.from_ms, other.from_ms) < min(one.until_ms, other.until_ms)
        ),
        key=lambda span: span.from_ms,
    )
