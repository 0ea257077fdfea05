"""Rows of a life: what happens to one loan on one path, in order."""

from __future__ import annotations

from typing import Final, NamedTuple

WARNED: Final = "warned"
SETTLED: Final = "settled"
CLOSED: Final = "closed"
DUE: Final = "due"


class Row(NamedTuple):
    """One thing that happens to a loan: its time, a kind of row or `warned`, `settled`, `closed`, coin and amount.

    In runs of first events `due` stands for the liquidation, which is not carried out.
    """

    at_ms: int
    what: str
    ccy: str
    amount: int


class Life(NamedTuple):
    """Life of one loan on one path to which something happens, its rows in order. Amounts are atoms.

    `interest` is that of each coin up to the end of the path or of the loan.
    """

    loan_id: int
    rows: tuple[Row, ...]
    interest: dict[str, int]

    def first_ms(self, *whats: str) -> int:
        """Time of the first row of one of these kinds; 0 if there is none."""
        return next((row.at_ms for row in self.rows if row.what in whats), 0)
