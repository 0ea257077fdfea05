"""Forms of the lab: outcomes, answers and the manifest of a run, as plain records."""

from __future__ import annotations

from msgspec import Struct


class Outcome(Struct, frozen=True, kw_only=True, gc=False):
    """Outcome of one loan on one path, where something happens to it; times are Unix milliseconds, 0 is never.

    `liquidations` counts the times at which it is liquidated, `fund_gains` and `fund_pays` are what all of them give
    to the insurance fund and take from it, in the transit coin, and `interest` is what it pays in each coin.
    """

    loan: int
    called_ms: int
    liquidated_ms: int
    liquidations: int
    closed_ms: int
    fund_gains: str
    fund_pays: str
    interest: dict[str, str]


class AccountOutcome(Struct, frozen=True, kw_only=True, gc=False):
    """Outcome of one trading account on one path, as `Outcome` tells that of a loan.

    `closed_ms` is the time at which a liquidation leaves it without a debt. What the insurance fund gains and pays is
    valued at the index; `sales_cost` is what forced sales and purchases lose against it, with their trading fees.
    """

    account: int
    called_ms: int
    liquidated_ms: int
    liquidations: int
    closed_ms: int
    fund_gains: str
    fund_pays: str
    sales_cost: str
    interest: dict[str, str]


class PathOutcome(Struct, frozen=True, omit_defaults=True, gc=False):
    """Outcomes of one path, in the order of the book; loans and accounts to which nothing happens are left out."""

    path: int
    loans: list[Outcome]
    accounts: list[AccountOutcome] = []


class Figure(Struct, frozen=True):
    """Figure and its interval; all None where no path tells anything."""

    value: float | None
    low: float | None
    high: float | None


class Answer(Struct, frozen=True, kw_only=True):
    """Answers about a group of loans and accounts: `scope` is book, coin (all that pledge or hold it), loan, account.

    `called` and `liquidated` are probabilities that it happens to at least one of them, `each_liquidated` is the share
    of them that is liquidated, and `hours` run to the first event on the paths that have one. In the transit coin:
    `loss` is what liquidations cost the owners on a path that has some, `shortfall` the mean loss of the worst 5 % of
    all paths, `fund_pays` what the insurance fund loses on a path by debts beyond their collateral.
    `interest` is the mean of a path in each coin.
    """

    scope: str
    name: str
    loans: int
    accounts: int
    called: Figure
    liquidated: Figure
    each_liquidated: Figure
    hours_to_call: Figure
    hours_to_liquidation: Figure
    loss: Figure
    shortfall: Figure
    fund_pays: Figure
    interest: dict[str, str]


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Inputs that decide the run, and its results. `digest` is that of all lines, "" until they are complete.

    `loan_hours` counts the hours of all loans on all paths that are answered for, `looked` those of them that were
    judged singly, `decided` the verdicts that took whole numbers. Accounts count among the loans in all three.

    `by` says who decided: the lab, or the engine hour by hour. `follow` is lives or first events; `sales` says whether
    accounts that are liquidated under one price sell together, as on the venue, or each alone. `notes` are sentences on
    what the book does not tell, and how it is taken.
    `variant` is what of the book is varied, in a sweep.
    """

    form: int
    tallystick: str
    numpy: str
    book: str
    loans: int
    model: dict[str, str]
    markets: str
    seed: int
    paths: int
    hours: int
    points: int
    rates: str
    variant: dict[str, str] = {}
    loan_hours: int = 0
    looked: int = 0
    decided: int = 0
    digest: str = ""
    accounts: int = 0
    by: str = "lab"
    follow: str = "lives"
    sales: str = "together"
    notes: tuple[str, ...] = ()
