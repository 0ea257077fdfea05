"""Costs of borrowing from the rows of an archive: interest by coin and month, and repayments against the index.

The effective rate is of a year: interest / (average debt x time), which is the interest of all rows over the sum of
their debts, times the hours of a year, since each row is of one hour. Debt counts with the part that bears no interest
(`totalLiab`, for flexible loans `loan`). Months are those of UTC. A sum of interest is exact; an average and a rate
have eight decimals, rounded half even.

A leg of a one-click repay is held against the index of its instrument, which its fills tell (`fillIdxPx`, averaged by
size), because no history has the mid price. Selling below the index costs, and so does buying above it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from tallystick.archive.cost_records import Cost, Costs, Credit, RepayLeg, Total
from tallystick.archive.store import Account, Archive, Row
from tallystick.archive.tables import iso
from tallystick.archive.texts import texts

STREAMS: Final[dict[Credit, str]] = {"spot": "interest_accrued", "flexible loan": "loan_interest_accrued"}
REPAYS: Final = "one_click_repay_history_v2"
FILLS: Final = ("fills_history", "fills")
HOURS_PER_YEAR: Final = 8_760
EXACT: Final = Context(prec=80, rounding=ROUND_HALF_EVEN)
RATE: Final = Decimal("0.00000001")
ZERO: Final = Decimal(0)


class _Interest(Struct, frozen=True):
    ccy: str
    ts: str
    interest: str
    totalLiab: str = ""
    liab: str = ""
    loan: str = ""


class _Sums(Struct):
    """Sums over rows of one hour each."""

    hours: int = 0
    interest: Decimal = ZERO
    debt_hours: Decimal = ZERO

    def add(self, interest: Decimal, debt: Decimal, hours: int = 1) -> None:
        self.hours += hours
        self.interest = EXACT.add(self.interest, interest)
        self.debt_hours = EXACT.add(self.debt_hours, debt)

    @property
    def debt(self) -> Decimal:
        return EXACT.divide(self.debt_hours, Decimal(self.hours)).quantize(RATE, context=EXACT)

    @property
    def rate(self) -> Decimal:
        if not self.debt_hours:
            return ZERO
        yearly = EXACT.multiply(self.interest, Decimal(HOURS_PER_YEAR))
        return EXACT.divide(yearly, self.debt_hours).quantize(RATE, context=EXACT)


_interest: Final = msgspec.json.Decoder(_Interest).decode
_any: Final = msgspec.json.Decoder(dict[str, Any]).decode


def costs(archive: Archive, accounts: Sequence[Account]) -> Costs:
    """Costs of borrowing of these accounts."""
    by_month: list[Cost] = []
    totals: list[Total] = []
    repays: list[RepayLeg] = []
    for account in accounts:
        for credit in STREAMS:
            months = _months(archive, account, credit)
            whole: dict[str, _Sums] = defaultdict(_Sums)
            for (ccy, month), sums in sorted(months.items()):
                whole[ccy].add(sums.interest, sums.debt_hours, sums.hours)
                by_month.append(Cost(month=month, **_figures(account, credit, ccy, sums)))
            totals += [Total(**_figures(account, credit, ccy, sums)) for ccy, sums in sorted(whole.items())]
        repays += sorted(_legs(archive, account), key=lambda leg: leg.at_ms)
    return Costs(by_month, totals, repays)


def _figures(account: Account, credit: Credit, ccy: str, sums: _Sums) -> dict[str, Any]:
    return {
        "account": account.title,
        "credit": credit,
        "ccy": ccy,
        "hours": sums.hours,
        "interest": plain(sums.interest),
        "debt": plain(sums.debt),
        "rate": plain(sums.rate),
    }


def _months(archive: Archive, account: Account, credit: Credit) -> dict[tuple[str, str], _Sums]:
    """Sums by coin and month."""
    found: dict[tuple[str, str], _Sums] = defaultdict(_Sums)
    for series in archive.all_series():
        if (series.account, series.stream) != (account.id, STREAMS[credit]):
            continue
        for kept in archive.rows(series.id):
            with archive.reading_row(series.id, kept.cursor):
                row = _interest(kept.raw)
                debt = Decimal(row.totalLiab or row.liab or row.loan or "0")
                found[row.ccy, iso(int(row.ts))[:7]].add(Decimal(row.interest), debt)
    return found


def _legs(archive: Archive, account: Account) -> Iterator[RepayLeg]:
    index = _index(archive, account)
    for series, kept in _repays(archive, account):
        with archive.reading_row(series, kept.cursor):
            row = _any(kept.raw)
            for order in _filled(row):
                yield _leg(account, row, order, index.get(order["ordId"]))


def _repays(archive: Archive, account: Account) -> Iterator[tuple[int, Row]]:
    """One-click repays, each with the number of its series; some have one cursor."""
    for series in archive.all_series():
        if (series.account, series.stream) == (account.id, REPAYS):
            for row in archive.rows(series.id):
                yield series.id, row


def _leg(account: Account, row: dict[str, Any], order: dict[str, Any], known: Decimal | None) -> RepayLeg:
    """A leg of a repay, held against its index price where it is known."""
    size, price = Decimal(order["fillSz"]), Decimal(order["fillPx"])
    worse = None
    if known is not None:
        worse = EXACT.subtract(known, price) if order["side"] == "sell" else EXACT.subtract(price, known)
    return RepayLeg(
        account=account.title,
        at_ms=int(order.get("cTime") or row["ts"]),
        debt=row["debtCcy"],
        instrument=order["instId"],
        side=order["side"],
        size=plain(size),
        price=plain(price),
        index=maybe(known),
        cost=None if worse is None else plain(EXACT.multiply(worse, size)),
        share=None if worse is None or not known else plain(EXACT.divide(worse, known).quantize(RATE, context=EXACT)),
    )


def _filled(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Orders of a one-click repay that were filled."""
    return [order for order in row.get("ordIdInfo") or () if Decimal(order.get("fillSz") or "0") > 0]


def _index(archive: Archive, account: Account) -> dict[str, Decimal]:
    """Index price of each order of a repay, over its fills by size."""
    wanted: set[str] = set()
    for series, kept in _repays(archive, account):
        with archive.reading_row(series, kept.cursor):
            wanted.update(order["ordId"] for order in _filled(_any(kept.raw)))
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for text in texts(archive, account, FILLS) if wanted else ():
        with archive.reading_row(text.series, text.cursor):
            row = _any(text.raw)
            if row.get("ordId") in wanted and row.get("fillIdxPx"):
                size, index = Decimal(row["fillSz"]), Decimal(row["fillIdxPx"])
                sizes, values = sums.get(row["ordId"], (ZERO, ZERO))
                sums[row["ordId"]] = EXACT.add(sizes, size), EXACT.add(values, EXACT.multiply(size, index))
    return {order: EXACT.divide(values, sizes).normalize(EXACT) for order, (sizes, values) in sums.items() if sizes}


def plain(value: Decimal) -> str:
    """An amount without zeros at its end."""
    return f"{value.normalize(EXACT):f}" if value else "0"


def maybe(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
