"""Pairs: each repayment, conversion, fill, hour of interest and loan has its bills, and each such bill its cause.

Both sides of a rule give keys; keys that are alike are matched by their times, some seconds apart at most, and only in
times that both sides are proven for. What stays over has no counterpart: its other side is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.archive.records import Times
from tallystick.archive.store import Archive, Series
from tallystick.archive.streams import HOUR_MS

Row: TypeAlias = Mapping[str, Any]
Key: TypeAlias = tuple[str, ...]
Keys: TypeAlias = Callable[[Row], Iterator[Key]]

APART_MS: Final = 5_000
"""Bill and cause are told with the times of two services; this much they may differ."""
TAG_HINT: Final = "a convert with a tag is shown only to who asks for it: pull with --tag"


class Side(Struct, frozen=True):
    """Rows of these streams, and the keys that each gives. `must`: each key needs a counterpart on the other side."""

    streams: tuple[str, ...]
    keys: Keys
    must: bool = True


class Rule(Struct, frozen=True):
    """Causes and their bills, told at most `apart_ms` from each other. `hint` says why a cause may be missing."""

    name: str
    causes: Side
    bills: Side
    hint: str = ""
    apart_ms: int = APART_MS


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


TRADING_BILLS: Final = ("account_bills_archive", "account_bills")
FUNDING_BILLS: Final = ("asset_bills_history",)
REPAYMENTS: Final = frozenset({("22", "308"), ("22", "309"), ("29", "225"), ("4", "16")})
LOAN_BILLS: Final = {"borrowed": "217", "repaid": "218", "collateral_locked": "212", "collateral_released": "215"}
LEFT_OVER: Final = "215"
"""Type of a bill that is also what is left of sold collateral, which the loan's history does not say."""


def plain(text: str) -> str:
    """An amount without zeros at its end."""
    found = Decimal(text)
    return f"{found.normalize():f}" if found else "0"


def _borrowed(row: Row) -> Iterator[Key]:
    if row["type"].endswith("_borrow"):
        yield row["ccy"], plain(row["amt"])


def _borrowed_bill(row: Row) -> Iterator[Key]:
    if row["type"] == "16":
        yield row["ccy"], plain(row["sz"])


def _repaid(row: Row) -> Iterator[Key]:
    if row["type"].endswith("_repay"):
        yield row["ccy"], plain(row["amt"])


def _repaid_bill(row: Row) -> Iterator[Key]:
    if (row["type"], row["subType"]) in REPAYMENTS:
        yield row["ccy"], plain(row["sz"])


def _interest(row: Row) -> Iterator[Key]:
    yield row["ccy"], plain(row["interest"])


def _interest_bill(row: Row) -> Iterator[Key]:
    if row["type"] == "7":
        yield row["ccy"], plain(row["interest"]).removeprefix("-")


def _fill(row: Row) -> Iterator[Key]:
    yield row["instId"], row["tradeId"]


def _fill_bill(row: Row) -> Iterator[Key]:
    # A trade has a bill for either coin; the one of the coin that went names it once.
    if row["type"] in ("2", "5", "4") and row["tradeId"] and row["balChg"].startswith("-"):
        yield row["instId"], row["tradeId"]


def _converted(row: Row) -> Iterator[Key]:
    if row["state"] == "fullyFilled":
        sold = row["side"] == "sell"
        yield row["baseCcy"], ("-" if sold else "") + plain(row["fillBaseSz"])
        yield row["quoteCcy"], ("" if sold else "-") + plain(row["fillQuoteSz"])


def _converted_bill(row: Row) -> Iterator[Key]:
    if row["type"] == "27":
        yield row["ccy"], plain(row["balChg"])


def _easy(account: str) -> Keys:
    def keys(row: Row) -> Iterator[Key]:
        if row["acct"] == account and row["status"] == "filled":
            yield row["fromCcy"], "-" + plain(row["fillFromSz"])
            yield row["toCcy"], plain(row["fillToSz"])

    return keys


def _easy_bill(row: Row) -> Iterator[Key]:
    if row["type"] in ("28", "272", "273"):
        yield row["ccy"], plain(row["balChg"])


def _loan(row: Row) -> Iterator[Key]:
    kind = LOAN_BILLS.get(row["type"], LEFT_OVER)
    if kind != LEFT_OVER:
        yield kind, row["ccy"], plain(row["amt"])


def _loan_bill(row: Row) -> Iterator[Key]:
    if row["type"] in LOAN_BILLS.values() and row["type"] != LEFT_OVER:
        yield row["type"], row["ccy"], plain(row["balChg"]).removeprefix("-")


def _released(row: Row) -> Iterator[Key]:
    if row["type"] == "collateral_released":
        yield row["ccy"], plain(row["amt"])


def _released_bill(row: Row) -> Iterator[Key]:
    if row["type"] == LEFT_OVER:
        yield row["ccy"], plain(row["balChg"])


def _moved(row: Row) -> Iterator[Key]:
    if row["type"] in ("130", "131"):
        yield row["ccy"], plain(row["balChg"])


def _moved_bill(row: Row) -> Iterator[Key]:
    if row["type"] == "1" and row["from"] and row["to"]:
        change = plain(row["balChg"])
        yield row["ccy"], change.removeprefix("-") if change.startswith("-") else f"-{change}"


RULES: Final = (
    Rule("borrowed", Side(("spot_borrow_repay_history",), _borrowed), Side(TRADING_BILLS, _borrowed_bill)),
    Rule("repaid", Side(("spot_borrow_repay_history",), _repaid), Side(TRADING_BILLS, _repaid_bill)),
    Rule(
        "interest", Side(("interest_accrued",), _interest), Side(TRADING_BILLS, _interest_bill), apart_ms=24 * HOUR_MS
    ),
    Rule("fill", Side(("fills_history", "fills"), _fill), Side(TRADING_BILLS, _fill_bill)),
    Rule("convert", Side(("convert_history",), _converted), Side(TRADING_BILLS, _converted_bill), TAG_HINT),
    Rule("easy convert", Side(("easy_convert_history",), _easy("18")), Side(TRADING_BILLS, _easy_bill)),
    Rule("easy convert in funding", Side(("easy_convert_history",), _easy("6")), Side(FUNDING_BILLS, _easy_bill)),
    Rule("loan", Side(("loan_history",), _loan), Side(FUNDING_BILLS, _loan_bill)),
    Rule("collateral released", Side(("loan_history",), _released), Side(FUNDING_BILLS, _released_bill, must=False)),
    Rule("transfer", Side(FUNDING_BILLS, _moved), Side(TRADING_BILLS, _moved_bill, must=False)),
)
"""Rules by which causes and bills are held against each other; the kinds of bills are those of decisions/018."""

_decode: Final = msgspec.json.Decoder().decode


class Found(Struct):
    """Times of the rows of one side, by their keys."""

    stream: str
    times: dict[Key, list[int]]
    proven: list[Times]


def alone(archive: Archive, account: int) -> Iterator[Alone]:
    """All rows of an account that have no counterpart, in times that both sides are proven for."""
    for rule in RULES:
        causes, bills = _side(archive, account, rule.causes), _side(archive, account, rule.bills)
        shared = common(causes.proven, bills.proven)
        if not shared:
            continue
        for mine, other, hint in ((causes, bills, ""), (bills, causes, rule.hint)):
            if not (rule.causes if mine is causes else rule.bills).must:
                continue
            for key, times in mine.times.items():
                left = unmatched(times, other.times.get(key, []), rule.apart_ms)
                for at_ms in left:
                    if any(span.from_ms + rule.apart_ms <= at_ms < span.until_ms - rule.apart_ms for span in shared):
                        yield Alone(
                            rule=rule.name,
                            stream=mine.stream,
                            missing=other.stream,
                            at_ms=at_ms,
                            key=key,
                            hint=hint,
                        )


def unmatched(mine: list[int], others: list[int], apart_ms: int) -> list[int]:
    """Times of mine that no time of the others is near to; each of the others is used once."""
    left, place = [], 0
    others = sorted(others)
    for at_ms in sorted(mine):
        while place < len(others) and others[place] < at_ms - apart_ms:
            place += 1
        if place < len(others) and others[place] <= at_ms + apart_ms:
            place += 1
        else:
            left.append(at_ms)
    return left


def _side(archive: Archive, account: int, side: Side) -> Found:
    """Rows of a side. Streams that have the same rows are the same side: each row counts once."""
    chosen = [series for series in archive.all_series() if series.account == account and series.stream in side.streams]
    times: dict[Key, list[int]] = defaultdict(list)
    one = len({series.stream for series in chosen}) == 1
    seen: set[tuple[int, int]] = set()
    for series in chosen:
        for cursor, identity, at_ms, raw in archive.db.execute(
            "SELECT cursor, identity, at_ms, raw FROM row WHERE series = ?", (series.id,)
        ):
            if not one:
                if (cursor, identity) in seen:
                    continue
                seen.add((cursor, identity))
            for key in side.keys(_decode(raw)):
                times[key].append(at_ms)
    return Found(
        ", ".join(dict.fromkeys(series.stream for series in chosen)) or side.streams[0], times, _proven(archive, chosen)
    )


def _proven(archive: Archive, chosen: list[Series]) -> list[Times]:
    """Times that a side is proven for: those of any of its streams, but of all series of one stream."""
    found: list[Times] = []
    for stream in {series.stream for series in chosen}:
        both: list[Times] | None = None
        for series in chosen:
            if series.stream == stream:
                spans = [Times(span.from_ms, span.to_ms) for span in archive.spans(series.id)]
                both = spans if both is None else common(both, spans)
        found += both or []
    return found


def common(some: list[Times], others: list[Times]) -> list[Times]:
    """Times that both hold."""
    return [
        Times(max(one.from_ms, other.from_ms), min(one.until_ms, other.until_ms))
        for one in some
        for other in others
        if max(one.from_ms, other.from_ms) < min(one.until_ms, other.until_ms)
    ]
