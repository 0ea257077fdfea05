"""The real engine on one path, hour by hour: every debt, account and limit of the state takes part.

It is the measure of the lab: where `conditions` hold, the rows of a loan are those of its life, to the atom.
"""

from __future__ import annotations

from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine.events import LoanClosed, LoanMoved, LoanSettled, LoanWarned
from tallystick.engine.work import Stamp
from tallystick.lab.book import Book
from tallystick.lab.panels import Moments, Panel, Steps
from tallystick.lab.rows import CLOSED, SETTLED, WARNED, Row


def play(book: Book, steps: Steps, moments: Moments) -> dict[int, list[Row]]:
    """Rows of each loan to which something happens, in order, by the number of the loan."""
    state = core.decode_state(core.encode_state(book.state))
    panel = Panel(book, steps)
    found: dict[int, list[Row]] = {}

    def do(command: c.Command, at_ms: int) -> None:
        for event in core.handle(state, Stamp(state.seq + 1, at_ms), command):
            row = _row(event, at_ms)
            if row is not None:
                found.setdefault(event.loan_id, []).append(row)

    for number, (price, at_ms) in enumerate(zip(moments.price.tolist(), moments.at_ms.tolist(), strict=True)):
        while (due_ms := core.due_at_ms(state)) <= at_ms:
            do(c.Tick(), due_ms)
        if number % moments.per_hour:
            do(c.SetPrices(prices=tuple(zip(book.pairs, panel.indices(price), strict=True))), at_ms)
    return found


def _row(event: object, at_ms: int) -> Row | None:
    match event:
        case LoanWarned():
            return Row(at_ms, WARNED, "", 0)
        case LoanMoved():
            return Row(at_ms, event.kind, event.ccy, event.amount)
        case LoanSettled():
            return Row(at_ms, SETTLED, event.ccy, event.fee + event.insurance + event.bad_debt + event.returned)
        case LoanClosed():
            return Row(at_ms, CLOSED, "", 0)
    return None
