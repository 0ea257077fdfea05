"""Rows of trading accounts: what the engine's events say of them, and what their liquidations cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from tallystick.engine import transient
from tallystick.engine.amounts import ONE, mul_down, mul_up
from tallystick.engine.events import (
    DebtCovered,
    LiquidationEnded,
    LiquidationFeeTaken,
    LiquidationStarted,
    OrderFilled,
    Repaid,
    SpotWarned,
)
from tallystick.engine.prices import Quotes
from tallystick.engine.state import State
from tallystick.lab.rows import WARNED, Row

STARTED: Final = "liquidation_started"
ENDED: Final = "liquidation_ended"
FILLED: Final = "filled"
REPAID: Final = "repaid"
FEE: Final = "liquidation_fee"
COVERED: Final = "debt_covered"

_MARKS: Final[dict[type, str]] = {SpotWarned: WARNED, LiquidationStarted: STARTED, LiquidationEnded: ENDED}
_MOVES: Final[dict[type, tuple[str, str]]] = {
    OrderFilled: (FILLED, "trading"),
    Repaid: (REPAID, "trading"),
    LiquidationFeeTaken: (FEE, "trading"),
    DebtCovered: (COVERED, "debt"),
}
"""Events that move coins: their rows, and the account of the ledger whose movements those are."""


def rows_of(state: State, events: Sequence[Any], at_ms: int) -> Iterator[tuple[int, Row]]:
    """Yield (user, row) for the events of the entry that the state carried out last, in their order.

    Coins that a user gives are negative; a debt that the fund covers is positive.
    """
    noted, begin = transient.of(state), 0
    for event, end in zip(events, noted.ends, strict=True):
        if type(event) in _MARKS:
            yield event.user_id, Row(at_ms, _MARKS[type(event)], "", 0)
        elif type(event) in _MOVES:
            what, where = _MOVES[type(event)]
            for account, ccy, delta, _ in noted.postings[begin:end]:
                if account == f"{where}:{event.user_id}":
                    yield event.user_id, Row(at_ms, what, ccy, delta)
        begin = end


class Cost(NamedTuple):
    """Cost of liquidations in atoms of the transit coin, at the index of each moment.

    `fund_gains` are the fees of the insurance fund, `fund_pays` debts that it covers (both in coins of the debt), and
    `sales` is what the sales and purchases lose against the index, with their trading fees.
    """

    fund_gains: int = 0
    fund_pays: int = 0
    sales: int = 0

    def plus(self, rows: Iterable[Row], quotes: Quotes, transit_ccy: str) -> Cost:
        """Cost with that of further rows at these quotes; gains are cut, costs rounded up."""
        gains = pays = sales = 0
        for row in rows:
            if row.what == FEE:
                gains += mul_down(-row.amount, quotes.usd[row.ccy])
            elif row.what == COVERED:
                pays += mul_up(row.amount, quotes.usd[row.ccy])
            elif row.what == FILLED:
                sales -= mul_down(row.amount, quotes.usd[row.ccy])
        transit = quotes.usd[transit_ccy]
        return Cost(
            self.fund_gains + gains * ONE // transit,
            self.fund_pays - -pays * ONE // transit,
            self.sales - -sales * ONE // transit,
        )


def interest_of(before: dict[str, int], after: dict[str, int], rows: Iterable[Row]) -> dict[str, int]:
    """Interest of each debt between two moments: what it grew, and what was repaid or covered of it."""
    found = {ccy: after.get(ccy, 0) - debt for ccy, debt in before.items()}
    for row in rows:
        if row.what in (REPAID, COVERED):
            found[row.ccy] += abs(row.amount)
    return found


class AccountLife(NamedTuple):
    """Life of one account on one path to which something happens: its rows in order, in atoms.

    `interest` is that of each coin up to the end of the path, or to the first liquidation where nothing follows it.
    """

    user_id: int
    rows: tuple[Row, ...]
    interest: dict[str, int]
    cost: Cost

    def first_ms(self, *whats: str) -> int:
        """Time of the first row of one of these kinds; 0 if there is none."""
        return next((row.at_ms for row in self.rows if row.what in whats), 0)
