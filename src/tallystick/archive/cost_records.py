"""Records about what borrowing cost. Amounts, prices and rates are text; None where something is not known."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Credit: TypeAlias = Literal["spot", "flexible loan"]


class Cost(Struct, frozen=True):
    """Interest of one coin, one month (YYYY-MM) and one kind of credit. `hours` counts the rows.

    `debt` is the average while there was one, `rate` the effective rate of a year.
    """

    account: str
    credit: Credit
    ccy: str
    month: str
    hours: int
    interest: str
    debt: str
    rate: str


class Total(Struct, frozen=True):
    """The same over all months."""

    account: str
    credit: Credit
    ccy: str
    hours: int
    interest: str
    debt: str
    rate: str


class RepayLeg(Struct, frozen=True):
    """A filled order of a one-click repay. `cost` is in the quote coin, `share` its part of the value at the index.

    `index`, `cost` and `share` are None where the archive has no fill of the order that names one.
    """

    account: str
    at_ms: int
    debt: str
    instrument: str
    side: str
    size: str
    price: str
    index: str | None
    cost: str | None
    share: str | None


class Costs(Struct, frozen=True):
    """Costs of borrowing: months, totals, and legs of repayments, each by account and time."""

    months: list[Cost]
    totals: list[Total]
    repays: list[RepayLeg]
