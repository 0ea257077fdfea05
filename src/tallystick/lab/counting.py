"""Counter of the outcomes of a run: a few numbers of each path for the book, each coin, and each loan and account.

Times and hits are counted in arrays, a path at once. Amounts are decimals, and are added up one by one where there are
some; those of a path become floating-point numbers once they are summed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tallystick.lab.book import Book
from tallystick.lab.forms import AccountOutcome, Outcome, PathOutcome

LOAN: Final = "loan"
ACCOUNT: Final = "account"
Member: TypeAlias = tuple[str, int]
"""Loan or account, by its number or that of its user."""
Times: TypeAlias = NDArray[np.int64]
NEVER_MS: Final = 2**62
NOTHING: Final = Decimal()
NO_AMOUNT: Final = "0"


class Numbers(NamedTuple):
    """Numbers of a group of so many loans and accounts: one for each path, in any order of paths.

    Times are Unix milliseconds, 0 is never, and amounts are those of the transit coin. `hit` counts those that are
    liquidated on the path. `quiet` further paths have 0 for all numbers.
    """

    loans: int
    accounts: int
    quiet: int
    called_ms: Sequence[int]
    liquidated_ms: Sequence[int]
    hit: Sequence[int]
    loss: Sequence[float]
    pays: Sequence[float]


def times_of(path: PathOutcome) -> tuple[Times, Times]:
    """Times at which the loans of a path, and after them its accounts, are called and liquidated; NEVER_MS is never."""
    both: list[Outcome | AccountOutcome] = [*path.loans, *path.accounts]
    called = np.array([one.called_ms for one in both], dtype=np.int64)
    liquidated = np.array([one.liquidated_ms for one in both], dtype=np.int64)
    called[called == 0] = NEVER_MS
    liquidated[liquidated == 0] = NEVER_MS
    return called, liquidated


class Counter:
    """Counter of a run, path by path. Outcomes that are not `costed` have no amounts but interest.

    `scopes` are the book and each coin that is pledged or held; `members` are all loans and after them all accounts.
    """

    def __init__(self, book: Book, *, costed: bool) -> None:
        coins = {(LOAN, loan.loan_id): set(loan.collateral) for loan in book.loans}
        coins |= {(ACCOUNT, one.user.user_id): set(one.held) for one in book.accounts}
        self.members: list[Member] = list(coins)
        named = sorted(set().union(*coins.values()))
        self.scopes = [("book", ""), *(("coin", ccy) for ccy in named)]
        self.paths = 0
        self._costed = costed
        self._places: dict[str, dict[int, int]] = {LOAN: {}, ACCOUNT: {}}
        for place, (kind, number) in enumerate(self.members):
            self._places[kind][number] = place
        within = [[True] * len(coins), *([ccy in own for own in coins.values()] for ccy in named)]
        self._within = np.array(within, dtype=bool)
        """True where a loan or account, a column, belongs to a group, a row."""
        self._groups = [np.flatnonzero(column).tolist() for column in self._within.T]
        self._together = _Columns()
        """Numbers of all groups for each path."""
        self._singly = _Columns()
        """Numbers of each loan and account to which something happens, for each path."""
        self._of = array("q")
        self._interest: list[dict[str, Decimal]] = [{} for _ in self.members]

    def take(self, path: PathOutcome) -> None:
        """Count the outcomes of the next path."""
        self.paths += 1
        both: list[Outcome | AccountOutcome] = [*path.loans, *path.accounts]
        loans, accounts = self._places[LOAN], self._places[ACCOUNT]
        own = [loans[one.loan] for one in path.loans] + [accounts[one.account] for one in path.accounts]
        places = np.array(own, dtype=np.int64)
        called, liquidated = times_of(path)
        within = self._within[:, places]
        hit = liquidated < NEVER_MS
        self._of.frombytes(places.tobytes())
        self._singly.put(called, liquidated, hit)
        self._together.put(_first(within, called), _first(within, liquidated), (within & hit).sum(axis=1))
        if self._costed:
            self._cost(both, own)
        for place, one in zip(own, both, strict=True):
            sums = self._interest[place]
            for ccy, text in one.interest.items():
                sums[ccy] = sums.get(ccy, NOTHING) + Decimal(text)

    def _cost(self, both: Sequence[Outcome | AccountOutcome], places: Sequence[int]) -> None:
        """Count what liquidations cost the owners, and what the fund pays."""
        losses, payments = [0.0] * len(both), [0.0] * len(both)
        lost, paid = [NOTHING] * len(self.scopes), [NOTHING] * len(self.scopes)
        for row, (one, place) in enumerate(zip(both, places, strict=True)):
            sales = one.sales_cost if isinstance(one, AccountOutcome) else NO_AMOUNT
            if one.fund_gains == one.fund_pays == sales == NO_AMOUNT:
                continue
            gains = Decimal(one.fund_gains) - Decimal(one.fund_pays)
            loss, pays = max(NOTHING, gains) + Decimal(sales), max(NOTHING, -gains)
            losses[row], payments[row] = float(loss), float(pays)
            for group in self._groups[place]:
                lost[group] += loss
                paid[group] += pays
        self._singly.cost(losses, payments)
        self._together.cost([float(loss) for loss in lost], [float(pays) for pays in paid])

    def together(self) -> Iterator[tuple[tuple[str, str], list[Member], Numbers]]:
        """Yield the book and each coin with its loans and accounts, and its numbers on all paths."""
        columns = [column.reshape(-1, len(self.scopes)) if len(column) else column for column in self._together.all()]
        for group, (scope, within) in enumerate(zip(self.scopes, self._within, strict=True)):
            own = [self.members[place] for place in np.flatnonzero(within).tolist()]
            loans = sum(1 for kind, _ in own if kind == LOAN)
            numbers = [column[:, group].tolist() if len(column) else [] for column in columns]
            yield scope, own, Numbers(loans, len(own) - loans, 0, *numbers)

    def singly(self) -> Iterator[tuple[Member, Numbers]]:
        """Yield each loan and account with its numbers on all paths."""
        of = np.frombuffer(self._of, dtype=np.int64)
        order = np.argsort(of, kind="stable")
        columns = [column[order] if len(column) else column for column in self._singly.all()]
        ends = np.bincount(of, minlength=len(self.members)).cumsum().tolist()
        start = 0
        for member, end in zip(self.members, ends, strict=True):
            loan = int(member[0] == LOAN)
            numbers = [column[start:end].tolist() for column in columns]
            yield member, Numbers(loan, 1 - loan, self.paths - (end - start), *numbers)
            start = end

    def interest(self, quiet: Mapping[Member, Mapping[str, Decimal]]) -> dict[Member, dict[str, Decimal]]:
        """Interest of each loan and account on all paths; where nothing happens to it that of a `quiet` path."""
        counts = np.bincount(np.frombuffer(self._of, dtype=np.int64), minlength=len(self.members)).tolist()
        found = {}
        for member, own, count in zip(self.members, self._interest, counts, strict=True):
            sums = dict(own)
            for ccy, amount in quiet[member].items():
                sums[ccy] = sums.get(ccy, NOTHING) + amount * (self.paths - count)
            found[member] = sums
        return found


def _first(within: NDArray[np.bool_], times: Times) -> Times:
    """First of the times within each group; NEVER_MS where there is none."""
    found: Times = np.where(within, times, NEVER_MS).min(axis=1, initial=NEVER_MS)
    return found


class _Columns:
    """Columns of numbers that grow path by path; those of amounts stay empty where nothing is costed."""

    def __init__(self) -> None:
        self._times = array("q"), array("q"), array("q")
        self._amounts = array("d"), array("d")

    def put(self, called: Times, liquidated: Times, hit: NDArray[np.bool_] | Times) -> None:
        called, liquidated = (np.where(times < NEVER_MS, times, 0) for times in (called, liquidated))
        for column, more in zip(self._times, (called, liquidated, hit), strict=True):
            column.frombytes(more.astype(np.int64).tobytes())

    def cost(self, losses: Sequence[float], payments: Sequence[float]) -> None:
        for column, more in zip(self._amounts, (losses, payments), strict=True):
            column.extend(more)

    def all(self) -> list[NDArray[np.generic]]:
        """Arrays of the times, the hits and the amounts."""
        return [np.frombuffer(column, dtype=column.typecode) for column in (*self._times, *self._amounts)]
