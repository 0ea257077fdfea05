"""Lives of loans on paths: warnings, liquidations by the engine's own function, and what goes on after them.

The screen names the moments at which a loan may not be safe; doubts are decided by `loan_judging.standing` in whole
numbers. A loan that is due is liquidated by `loan_liquidation.liquidation`, and what is left of it is screened anew
from the next moment on, up to the end of the path (`following`). Loans do not touch one another (`conditions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from itertools import islice
from typing import Final

import numpy as np

from tallystick.lab.book import Book, Held
from tallystick.lab.columns import COIN_UNIT, MARGIN, columns_of, opening_debts
from tallystick.lab.draws import Floats
from tallystick.lab.following import Following
from tallystick.lab.panels import Moments, Places, Steps
from tallystick.lab.rows import Life
from tallystick.lab.screen import BLOCK_HOURS, Screen

COMPILED_LOANS: Final = 1_000
"""Loans from which on it is worth the second that machine code takes to be loaded."""
TOGETHER: Final = 20_000
"""Loans on paths that are followed together, more than which bring no more speed."""


class Lives:
    """Lives of a book over a horizon, or of other `loans` at its prices. Their columns are made once for every path.

    With `first_events` a life ends where its loan is due for liquidation the first time, and only its first warning
    is told. `compiled` says whether the screen is machine code; by itself it is where numba is there and the book is
    large. The lives are the same.
    """

    def __init__(
        self,
        book: Book,
        hours: int,
        points: int,
        margin: float = MARGIN,
        loans: Sequence[Held] | None = None,
        *,
        first_events: bool = False,
        block_hours: int = BLOCK_HOURS,
        compiled: bool | None = None,
    ) -> None:
        self.book = book
        self.loans = book.loans if loans is None else loans
        self.hours = hours
        self.margin = margin
        self.first_events = first_events
        self.moments = Moments(book.hour_ms, hours, points)
        if compiled is None:
            compiled = len(self.loans) >= COMPILED_LOANS and find_spec("numba") is not None
        self.screen = Screen(book.parameters, self.moments, margin, block_hours, compiled=compiled)
        self.layers = max((len(loan.debts) for loan in self.loans), default=0)
        self.columns = columns_of(book, self.loans, margin, self.layers)
        self.debts = opening_debts(book, self.loans, self.layers, hours)
        self.decided = 0
        """Verdicts that were decided in whole numbers."""

    def on(self, steps: Steps) -> list[Life]:
        """Lives of the loans to which something happens on a path, in the order of the book.

        Raises ValueError: the path has not one row for each price of the horizon.
        """
        return next(self.over([steps]))

    def over(self, paths: Iterable[Steps]) -> Iterator[list[Life]]:
        """Yield the lives on each of several paths, as `on` tells them; as many paths go together as are worth it."""
        count = max(1, TOGETHER // max(1, len(self.loans)))
        waiting = iter(paths)
        while some := list(islice(waiting, count)):
            for steps in some:
                if len(steps) != self.hours * self.moments.points:
                    raise ValueError(f"a path of {len(steps)} prices for {self.hours} hours of {self.moments.points}")
            yield from Following(self, some).lives() if self.loans else ([] for _ in some)

    def owed(self, rows: Places, start: int, end: int) -> Floats:
        """Debts in coins of the book's loans `rows` at the end of each hour from `start` to before `end`."""
        grown = self.debts.grown[:, rows, start:end]
        found: Floats = self.columns.owed[:, rows, None] + grown * COIN_UNIT
        return found

    @cached_property
    def interest_throughout(self) -> list[dict[str, int]]:
        """Interest of each loan of the book up to the end of a path on which it is not liquidated."""
        rows = np.arange(len(self.loans))
        return self.debts.interest(rows, np.full(len(rows), self.hours))

    @cached_property
    def owed_after_blocks(self) -> Floats:
        """Debts in coins of all loans of the book at the end of each block of hours."""
        ends = [end for _, end in self.screen.blocks]
        found: Floats = self.columns.owed[:, :, None] + self.debts.grown[:, :, ends] * COIN_UNIT
        return found
