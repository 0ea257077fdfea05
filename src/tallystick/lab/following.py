"""Following of loans through several paths at once, block of hours by block.

What is left of a liquidated loan joins a pool, whose debts grow block by block; all loans of the pool are screened
together, and so are those that are born within one block. Source: chosen (decisions/058).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tallystick.engine import loan_judging
from tallystick.engine.loan_liquidation import Liquidation, Moved, Settled, liquidation
from tallystick.lab import screen
from tallystick.lab.book import Held
from tallystick.lab.columns import COIN_UNIT, Columns, Debts, columns_of
from tallystick.lab.draws import Floats
from tallystick.lab.panels import Panel, Places, Steps
from tallystick.lab.rows import CLOSED, DUE, SETTLED, WARNED, Life, Row
from tallystick.lab.screen import Codes, Passed

if TYPE_CHECKING:
    from tallystick.lab.lives import Lives

CODE_OF: Final = {
    loan_judging.SAFE: screen.SAFE,
    loan_judging.CALLED: screen.CALLED,
    loan_judging.DUE: screen.DUE,
    loan_judging.UNPRICED: screen.SAFE,
}
NEVER_MS: Final = 2**62
Keys = NDArray[np.int64]


class Left(NamedTuple):
    """Rest of a loan after a liquidation at a moment: `key` tells the loan and the path."""

    key: int
    loan: Held
    hour: int
    moment: int


class Pool(NamedTuple):
    """Loans that are left after liquidations, in the order of their paths."""

    key: Keys
    columns: Columns
    debts: Debts

    def take(self, rows: Places) -> Pool:
        return Pool(self.key[rows], self.columns.take(rows), self.debts.take(rows))

    def join(self, other: Pool) -> Pool:
        return Pool(
            np.concatenate((self.key, other.key)), self.columns.join(other.columns), self.debts.join(other.debts)
        )

    def owed(self, start: int) -> Floats:
        """Debts in coins at the end of each hour from `start` on; before a loan is born they are those at its birth."""
        grown = self.debts.grown
        missing = self.debts.first - start
        if missing > 0:
            grown = np.concatenate((np.repeat(grown[:, :, :1], missing, axis=2), grown), axis=2)
        found: Floats = self.columns.owed[:, :, None] + grown[:, :, max(0, -missing) :] * COIN_UNIT
        return found


class Following:
    """Loans of a book on several paths. A key is the number of the path times the number of loans, plus the row."""

    def __init__(self, lives: Lives, paths: Sequence[Steps]) -> None:
        self._lives = lives
        self._book = lives.book
        self._size = len(lives.loans)
        self._panels = [Panel(lives.book, steps) for steps in paths]
        self._usd = np.stack([panel.usd for panel in self._panels])
        self._lows, self._highs = lives.screen.extremes(self._usd)
        self._moments = lives.moments
        self._every_ms = NEVER_MS if lives.first_events else lives.book.parameters.loan_warning_every_ms
        warned_ms = np.array([loan.warned_at_ms for loan in lives.loans], dtype=np.int64)
        again_ms = np.where(warned_ms > 0, warned_ms + lives.book.parameters.loan_warning_every_ms, 0)
        self._again_ms = np.tile(again_ms, len(paths))
        """Time from which each loan may be warned again."""
        self._gone = np.zeros(self._size * len(paths), dtype=bool)
        """Loans of the book that have been liquidated at least once."""
        self._rows: dict[int, list[tuple[int, Row]]] = {}
        """Rows of each loan with their moments, warnings aside."""
        self._warned: list[tuple[Keys, Places]] = []
        self._interest: dict[int, dict[str, int]] = {}
        self._pool: Pool | None = None

    def lives(self) -> list[list[Life]]:
        """Lives on each path, in the order of the book."""
        keys, passed = self._first_look()
        for block, (start, end) in enumerate(self._lives.screen.blocks):
            quiet = self._again_ms[keys] > self._moments.at_ms[end * self._moments.per_hour - 1]
            safe = passed.safe[:, block] | (quiet & passed.not_due[:, block])
            here = np.flatnonzero(~safe & ~self._gone[keys])
            self._through(keys[here], block, start, end)
        return self._told()

    # ---- blocks

    def _first_look(self) -> tuple[Keys, Passed]:
        """Keys of the loans that are not safe throughout their path, and by which blocks each is passed over."""
        lives, look = self._lives, self._lives.screen
        owed = lives.owed_after_blocks
        alone: Places = np.zeros(self._size, dtype=np.intp)
        keys, blocks = [], []
        for path in range(len(self._panels)):
            lows, highs = self._lows[path : path + 1], self._highs[path : path + 1]
            low, high = lows.min(axis=1, keepdims=True), highs.max(axis=1, keepdims=True)
            safe = look.passed(lives.columns, owed[:, :, -1:], low, high, alone).safe[:, 0]
            left = np.flatnonzero(~safe)
            keys.append(left + path * self._size)
            blocks.append(look.passed(lives.columns.take(left), owed[:, left], lows, highs, alone[left]))
        safe_in, not_due_in = (np.concatenate(tests) for tests in zip(*blocks, strict=True))
        return np.concatenate(keys), Passed(safe_in, not_due_in)

    def _through(self, keys: Keys, block: int, start: int, end: int) -> None:
        """Go through one block with loans of the book that may not be safe in it, and with the pool."""
        born: list[Left] = []
        if len(keys):
            rows = keys % self._size
            owed = self._lives.owed(rows, start + 1, end + 1)
            codes = self._codes(keys, self._lives.columns.take(rows), owed, start)
            due, born = self._settle(keys, rows, self._lives.debts, codes, start)
            self._gone[keys[due]] = True
        kept = [] if self._pool is None else [self._pool_through(self._pool, born, block)]
        while born:
            pool, births = self._pool_of(born, end)
            codes = self._codes(pool.key, pool.columns, pool.owed(start + 1), start)
            codes[np.arange(codes.shape[1]) + start * self._moments.per_hour <= births[:, None]] = screen.SAFE
            everyone = np.arange(len(pool.key))
            due, born = self._settle(pool.key, everyone, pool.debts, codes, start)
            kept.append(pool.take(np.setdiff1d(everyone, due)) if len(due) else pool)
        self._pool = self._joined(kept)

    def _pool_through(self, pool: Pool, born: list[Left], block: int) -> Pool:
        """Go through a block with the pool; what is left of its loans joins `born`."""
        start, end = self._lives.screen.blocks[block]
        everyone = np.arange(len(pool.key))
        pool.debts.grow(np.full(len(pool.key), start), end)
        owed = pool.owed(start + 1)
        lows, highs = self._lows[:, block : block + 1], self._highs[:, block : block + 1]
        safe = self._lives.screen.passed(pool.columns, owed[:, :, -1:], lows, highs, pool.key // self._size).safe[:, 0]
        rows = np.flatnonzero(~safe)
        if not len(rows):
            return pool
        codes = self._codes(pool.key[rows], pool.columns.take(rows), owed[:, rows], start)
        due, more = self._settle(pool.key[rows], rows, pool.debts, codes, start)
        born += more
        return pool.take(np.setdiff1d(everyone, rows[due])) if len(due) else pool

    def _pool_of(self, born: list[Left], until: int) -> tuple[Pool, Places]:
        """Pool of what is left, its debts grown to hour `until`, and the moments after which its loans are judged."""
        born.sort()
        loans = [one.loan for one in born]
        keys = np.array([one.key for one in born], dtype=np.int64)
        debts = Debts.of(self._book, loans, self._lives.layers)
        debts.grow(np.array([one.hour for one in born]), until)
        columns = columns_of(self._book, loans, self._lives.margin, self._lives.layers)
        return Pool(keys, columns, debts), np.array([one.moment for one in born])

    def _joined(self, pools: list[Pool]) -> Pool | None:
        found: Pool | None = None
        for pool in pools:
            if len(pool.key):
                found = pool if found is None else found.join(pool)
        if found is not None and len(pools) > 1 and len(self._panels) > 1:
            found = found.take(np.argsort(found.key, kind="stable"))
        return found

    def _codes(self, keys: Keys, columns: Columns, owed: Floats, start: int) -> Codes:
        """Verdicts on loans at the moments of hours from the end of hour `start` on."""
        points = self._moments.points
        usd = self._usd[:, start * points : (start + owed.shape[2]) * points + 1]
        return self._lives.screen.codes(columns, owed, usd, keys // self._size)

    # ---- what happens

    def _settle(self, keys: Keys, rows: Places, debts: Debts, codes: Codes, start: int) -> tuple[Places, list[Left]]:
        """Tell warnings and liquidate what is due, each loan once: the places of the due ones, and what is left.

        `rows` are the places of the loans in `debts`.
        """
        place, column = np.nonzero(codes)
        if not len(place):
            return place, []
        moment = column + start * self._moments.per_hour
        found = codes[place, column]
        last = _first(place, moment, found == screen.DUE, len(keys))
        for doubt in np.flatnonzero((found == screen.DOUBT) & (moment < last[place])).tolist():
            at = int(place[doubt])
            found[doubt] = self._decide(int(keys[at]), debts, int(rows[at]), int(moment[doubt]))
        last = _first(place, moment, found == screen.DUE, len(keys))
        called = (found == screen.CALLED) & (moment < last[place])
        self._warn(keys[place[called]], moment[called])
        due = np.flatnonzero(last < NEVER_MS)
        if self._lives.first_events:
            self._end(keys[due], rows[due], last[due])
            return due, []
        told = zip(keys[due].tolist(), rows[due].tolist(), last[due].tolist(), strict=True)
        left = [self._liquidate(key, debts, row, when) for key, row, when in told]
        return due, [one for one in left if one is not None]

    def _decide(self, key: int, debts: Debts, row: int, moment: int) -> int:
        """Verdict in whole numbers, by the engine."""
        self._lives.decided += 1
        loan = debts.loans[row]
        owed = debts.at(row, int(self._moments.hour[moment]))
        quotes = self._panels[key // self._size].quotes(int(self._moments.price[moment]))
        judged = loan_judging.standing(self._book.parameters, quotes, owed, loan.collateral, e_mode=loan.e_mode)
        return CODE_OF[judged.verdict]

    def _warn(self, keys: Keys, moments: Places) -> None:
        """Warn loans called at these moments as often as the venue does; the moments of a loan are in a row."""
        at_ms = self._moments.at_ms[moments]
        while len(keys):
            may = at_ms >= self._again_ms[keys]
            keys, moments, at_ms = keys[may], moments[may], at_ms[may]
            first = np.diff(keys, prepend=-1) != 0
            self._warned.append((keys[first], moments[first]))
            self._again_ms[keys[first]] = at_ms[first] + self._every_ms
            keys, moments, at_ms = keys[~first], moments[~first], at_ms[~first]

    def _end(self, keys: Keys, rows: Places, moments: Places) -> None:
        """Let the lives of loans of the book end where they are due, since first events are all that is asked for."""
        interest = self._lives.debts.interest(rows, self._moments.hour[moments])
        at_ms = self._moments.at_ms[moments].tolist()
        for key, moment, when_ms, paid in zip(keys.tolist(), moments.tolist(), at_ms, interest, strict=True):
            self._interest[key] = paid
            self._rows[key] = [(moment, Row(when_ms, DUE, "", 0))]

    def _liquidate(self, key: int, debts: Debts, row: int, moment: int) -> Left | None:
        """Liquidate a loan; None if nothing is left of it."""
        loan, hour, at_ms = debts.loans[row], int(self._moments.hour[moment]), int(self._moments.at_ms[moment])
        owed = debts.at(row, hour)
        self._pay(key, loan, owed)
        rows = self._rows.setdefault(key, [])
        quotes = self._panels[key // self._size].quotes(int(self._moments.price[moment]))
        done = liquidation(self._book.parameters, quotes, owed, loan.collateral, e_mode=loan.e_mode)
        rows += [(moment, told) for told in self._acts(at_ms, done)]
        if done.closed:
            return None
        return Left(key, loan._replace(debts=done.debts, collateral=done.collateral), hour, moment)

    def _acts(self, at_ms: int, done: Liquidation) -> list[Row]:
        rows = []
        for act in done.acts:
            match act:
                case Moved(kind, ccy, amount):
                    rows.append(Row(at_ms, kind, ccy, amount))
                case Settled(amount):
                    rows.append(Row(at_ms, SETTLED, self._book.parameters.transit_ccy, amount))
        return [*rows, Row(at_ms, CLOSED, "", 0)] if done.closed else rows

    def _pay(self, key: int, loan: Held, owed: dict[str, int]) -> None:
        """Count the interest by which the debts of a loan have grown to what it owes."""
        paid = self._interest.setdefault(key, dict.fromkeys(self._lives.loans[key % self._size].debts, 0))
        for ccy, amount in owed.items():
            paid[ccy] += amount - loan.debts[ccy]

    # ---- the end

    def _told(self) -> list[list[Life]]:
        """Lives of all loans to which something happened."""
        for keys, moments in self._warned:
            for key, moment, at_ms in zip(
                keys.tolist(), moments.tolist(), self._moments.at_ms[moments].tolist(), strict=True
            ):
                self._rows.setdefault(key, []).append((moment, Row(at_ms, WARNED, "", 0)))
        if self._pool is not None:
            for row, key in enumerate(self._pool.key.tolist()):
                self._pay(key, self._pool.debts.loans[row], self._pool.debts.at(row, self._lives.hours))
        found: list[list[Life]] = [[] for _ in self._panels]
        for key in sorted(self._rows):
            path, row = divmod(key, self._size)
            loan = self._lives.loans[row]
            interest = self._interest.get(key)
            if interest is None:
                interest = self._lives.interest_throughout[row]
            told = self._rows[key]
            told.sort(key=_moment_of)
            if told:
                found[path].append(Life(loan.loan_id, tuple([row for _, row in told]), interest))
        return found


def _first(place: Places, moment: Places, those: NDArray[np.bool_], size: int) -> Keys:
    """First of `those` moments of each of `size` places; NEVER_MS where there is none."""
    found = np.full(size, NEVER_MS, dtype=np.int64)
    picked = np.flatnonzero(those)
    if len(picked):
        which, first = np.unique(place[picked], return_index=True)
        found[which] = moment[picked][first]
    return found


def _moment_of(told: tuple[int, Row]) -> int:
    return told[0]
