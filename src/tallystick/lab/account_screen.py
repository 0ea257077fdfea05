"""Screen of trading accounts: it passes over those that are safe, in floating-point numbers with a margin.

An account is safe where V - r N is above 0: V sums price x equity (discounted where it is positive), N sums price x
debt x rate of margin, and r is the ratio at which it is warned. Equities fall and debts grow with every hour of
interest, so the weights at the end of a block of hours, with its lowest and highest prices, show which accounts are
safe throughout it. The rest is judged at each moment; what lies within the margin of a line is a doubt, and
`account_lives` decides it in whole numbers. A margin ratio is not cut, so there is nothing else to doubt.

The margin is a share of the sum of all parts without their signs, see `screen`. Source: chosen (decisions/058).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tallystick.engine import discount
from tallystick.engine.amounts import ONE
from tallystick.engine.margin_tiers import tier_of
from tallystick.engine.parameters import Currency
from tallystick.lab.book import Account, Book
from tallystick.lab.columns import MARGIN
from tallystick.lab.draws import Floats
from tallystick.lab.panels import Moments, Places
from tallystick.lab.screen import BLOCK_HOURS, CALLED, DOUBT, DUE, SAFE, SLACK_USD, TINY_USD, Codes

_NOTHING: Final = np.zeros(0, dtype=np.intp)


class AccountShapes:
    """Accounts as columns of numbers. `since` is the hour at the end of which all of them owe their debts."""

    def __init__(self, book: Book, accounts: Sequence[Account], hours: int, *, since: int = 0) -> None:
        parameters = book.parameters
        place = {ccy: number for number, ccy in enumerate(book.coins)}
        size, owes = len(accounts), max((len(account.debts) for account in accounts), default=0)
        self.size = size
        self.counted: Floats = np.zeros((size, len(book.coins)))
        """Coins that count, of those an account holds and does not owe."""
        self.owed_coin: Places = np.zeros((owes, size), dtype=np.intp)
        self.equity: Floats = np.zeros((owes, size, hours + 1))
        """Coins that the equity in an owed coin counts: a layer for each debt, a row for each account, hours across."""
        self.needed: Floats = np.zeros((owes, size, hours + 1))
        """Coins of margin that the debt needs, in the same places."""
        for row, account in enumerate(accounts):
            out = uncounted_of(account)
            for ccy, amount in account.held.items():
                if ccy in place and ccy not in account.debts and ccy not in out:
                    self.counted[row, place[ccy]] = discount.counted(parameters.currencies[ccy], amount) / ONE
            for layer, (ccy, debt) in enumerate(account.debts.items()):
                self.owed_coin[layer, row] = place[ccy]
                currency, held = parameters.currencies[ccy], account.held.get(ccy, 0)
                grown = book.grown(ccy, debt, since, hours, spot=True)
                self.equity[layer, row, since:] = equity_of(currency, held, grown, out=ccy in out)
                self.needed[layer, row, since:] = needed_of(currency, grown, parameters.taker_fee)


def uncounted_of(account: Account) -> Collection[str]:
    """Coins that an account has taken out of its collateral."""
    return account.user.uncounted


def equity_of(currency: Currency, held: int, grown: Sequence[int], *, out: bool) -> list[float]:
    """Coins that the equity in an owed coin counts while its debt grows; below 0 it counts whole."""
    if held <= grown[0]:
        return [(held - debt) / ONE for debt in grown]
    return [
        ((0 if out else discount.counted(currency, held - debt)) if held > debt else held - debt) / ONE
        for debt in grown
    ]


def needed_of(currency: Currency, grown: Sequence[int], fee: int) -> list[float]:
    """Coins of margin that a debt needs while it grows: the rate of its tier, and the fee."""
    rate = tier_of(currency, grown[0]).maintenance + fee
    if tier_of(currency, grown[-1]).maintenance + fee == rate:
        share = rate / ONE
        return [debt / ONE * share for debt in grown]
    return [debt / ONE * ((tier_of(currency, debt).maintenance + fee) / ONE) for debt in grown]


class AccountScreen:
    """Screen of one book's accounts over one horizon. `looked` counts pairs of an account and an hour judged singly."""

    def __init__(self, book: Book, moments: Moments, margin: float = MARGIN, block_hours: int = BLOCK_HOURS) -> None:
        parameters = book.parameters
        self._warning = parameters.spot_warning_ratio / ONE
        self._liquidation = parameters.spot_liquidation_ratio / ONE
        self._safe = max(self._warning, self._liquidation)
        self._moments = moments
        self._margin = margin
        self._slack = SLACK_USD if margin else 0.0
        self._block_hours = block_hours
        starts = range(0, moments.hours, block_hours)
        self._blocks = [(start, min(start + block_hours, moments.hours)) for start in starts]
        self.looked = 0

    def extremes(self, usd: Floats) -> tuple[Floats, Floats]:
        """Lowest and highest prices of a path: a row for each block."""
        points = self._moments.points
        lows = np.array([usd[a * points : b * points + 1].min(axis=0) for a, b in self._blocks])
        highs = np.array([usd[a * points : b * points + 1].max(axis=0) for a, b in self._blocks])
        return lows, highs

    def not_safe(
        self, shapes: AccountShapes, usd: Floats, extremes: tuple[Floats, Floats], *, since: int = 0
    ) -> tuple[Places, Places]:
        """Pairs (row of an account, moment) that are not shown to be safe, in no certain order.

        Blocks that end by hour `since` are left out.
        """
        first = since // self._block_hours
        lows, highs = (prices[first:] for prices in extremes)
        blocks = self._blocks[first:]
        if not blocks or not shapes.size:
            return _NOTHING, _NOTHING
        everyone = np.arange(shapes.size)
        low, high = lows.min(axis=0)[None], highs.max(axis=0)[None]
        left = everyone[~self._pass(shapes, everyone, np.array([self._moments.hours]), (low, high))[:, 0]]
        passed = self._pass(shapes, left, np.array([end for _, end in blocks]), (lows, highs))
        found = [self._at_moments(shapes, left[~passed[:, n]], *block, usd) for n, block in enumerate(blocks)]
        rows, moments = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return rows, moments

    def _pass(
        self, shapes: AccountShapes, rows: Places, ends: Places, extremes: tuple[Floats, Floats]
    ) -> NDArray[np.bool_]:
        """Test which accounts are safe throughout stretches that end with the hours `ends`: a column for each."""
        lows, highs = extremes
        least = (1.0 - self._margin) * (shapes.counted[rows] @ lows.T)
        for coins, weights in self._weights(shapes, rows, ends):
            least += np.where(weights >= 0.0, weights * lows[:, coins].T, weights * highs[:, coins].T)
        passed: NDArray[np.bool_] = (least > self._slack) & (lows.min(axis=1) >= TINY_USD)
        return passed

    def _weights(self, shapes: AccountShapes, rows: Places, hours: Places) -> list[tuple[Places, Floats]]:
        """Weights of the owed coins in V - r N less its margin, a column for each of `hours`, layer by layer."""
        found = []
        for layer, coins in enumerate(shapes.owed_coin):
            equity = shapes.equity[layer][np.ix_(rows, hours)]
            needed = self._safe * shapes.needed[layer][np.ix_(rows, hours)]
            found.append((coins[rows], equity - needed - self._margin * (np.abs(equity) + needed)))
        return found

    def _at_moments(
        self, shapes: AccountShapes, rows: Places, start: int, end: int, usd: Floats
    ) -> tuple[Places, Places]:
        """Pairs that are not safe among accounts `rows` and the moments of one block."""
        if not len(rows):
            return _NOTHING, _NOTHING
        per_hour = self._moments.per_hour
        span = np.arange(start * per_hour, end * per_hour)
        self.looked += len(rows) * (end - start)
        quoted = usd[self._moments.price[span]]
        value = (1.0 - self._margin) * (shapes.counted[rows] @ quoted.T)
        for coins, weights in self._weights(shapes, rows, self._moments.hour[span]):
            value += weights * quoted[:, coins].T
        row, place = np.nonzero((value <= self._slack) | (quoted.min(axis=1) < TINY_USD))
        return rows[row], span[place]

    def verdicts(self, shapes: AccountShapes, rows: Places, moments: Places, usd: Floats) -> Codes:
        """Verdict on each pair of an account and a moment: safe, called, due or a doubt."""
        quoted = usd[self._moments.price[moments]]
        hours = self._moments.hour[moments]
        pairs = np.arange(len(rows))
        value = np.einsum("ij,ij->i", shapes.counted[rows], quoted)
        whole, needed = value.copy(), np.zeros(len(rows))
        for coins, equity, margin in zip(shapes.owed_coin, shapes.equity, shapes.needed, strict=True):
            price = quoted[pairs, coins[rows]]
            part = price * equity[rows, hours]
            value += part
            whole += np.abs(part)
            needed += price * margin[rows, hours]
        codes = np.where(value <= self._liquidation * needed, DUE, CALLED)
        codes = np.where((value > self._warning * needed) & (codes != DUE), SAFE, codes)
        doubt = np.zeros(len(rows), dtype=bool)
        for ratio in (self._warning, self._liquidation):
            doubt |= np.abs(value - ratio * needed) <= self._margin * (whole + ratio * needed)
        if self._margin:
            doubt |= (whole < TINY_USD) | (quoted.min(axis=1) < TINY_USD)
        found: Codes = np.where(doubt & (self._margin > 0.0), DOUBT, codes).astype(np.int8)
        return found
