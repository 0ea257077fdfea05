"""The real engine on one path, hour by hour: every debt, account and limit of its state takes part.

It is the measure of the lab: where `conditions` hold, the rows of a loan or an account are those of its life, to the
atom.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tallystick.engine import charging, core, ledger, transient
from tallystick.engine import commands as c
from tallystick.engine.events import LoanClosed, LoanMoved, LoanSettled, LoanWarned
from tallystick.engine.state import State
from tallystick.engine.transient import LOAN, USER, Key, key_of
from tallystick.engine.work import Stamp
from tallystick.lab.account_rows import AccountLife, Cost, rows_of
from tallystick.lab.book import Book
from tallystick.lab.panels import Moments, Panel, Steps
from tallystick.lab.rows import CLOSED, SETTLED, WARNED, Life, Row


class Told(NamedTuple):
    """Rows of the loans and accounts to which something happens, in order, by number of the loan or the user."""

    loans: dict[int, list[Row]]
    accounts: dict[int, list[Row]]


class Lived(NamedTuple):
    """Lives of all loans and accounts of a book on one path, also of those to which nothing happens."""

    loans: list[Life]
    accounts: list[AccountLife]


class Engine:
    """Engine on one path. Its state is changed; it stands before the first moment that is asked for.

    `interest` counts what each loan and each user is charged, by coin, for hours after the book's own.
    """

    def __init__(self, book: Book, panel: Panel, moments: Moments, state: State) -> None:
        self.state = state
        self.interest: dict[Key, dict[str, int]] = {}
        self._since_ms = book.hour_ms
        self._pairs = book.pairs
        self._panel = panel
        self._moments = moments

    def moment(self, number: int) -> Told:
        """Carry out everything up to a moment; moments are asked for in order."""
        told = Told({}, {})
        at_ms = int(self._moments.at_ms[number])
        while (due_ms := core.due_at_ms(self.state)) <= at_ms:
            self._do(c.Tick(), due_ms, told)
        if number % self._moments.per_hour:
            self._do(self._prices(int(self._moments.price[number])), at_ms, told)
        return told

    def price(self, price: int, at_ms: int) -> None:
        """Set a price of the path by its place."""
        self._do(self._prices(price), at_ms, Told({}, {}))

    def _prices(self, price: int) -> c.Command:
        return c.SetPrices(prices=tuple(zip(self._pairs, self._panel.indices(price), strict=True)))

    def _do(self, command: c.Command, at_ms: int, told: Told) -> None:
        events = core.handle(self.state, Stamp(self.state.seq + 1, at_ms), command)
        self._count_charges()
        for event in events:
            row = _row(event, at_ms)
            if row is not None:
                told.loans.setdefault(event.loan_id, []).append(row)
        touched = set()
        for user_id, row in rows_of(self.state, events, at_ms):
            told.accounts.setdefault(user_id, []).append(row)
            touched.add(user_id)
        for user_id in touched:
            if not ledger.debts(self.state, user_id):
                told.accounts[user_id].append(Row(at_ms, CLOSED, "", 0))

    def charge(self) -> None:
        """Charge everybody up to the last full hour."""
        transient.of(self.state).begin()
        charging.charge_all(self.state)
        self._count_charges()

    def _count_charges(self) -> None:
        for charge in transient.of(self.state).charges:
            if charge.hour_ms > self._since_ms:
                key = key_of(LOAN, charge.loan_id) if charge.loan_id else key_of(USER, charge.user_id)
                found = self.interest.setdefault(key, {})
                found[charge.ccy] = found.get(charge.ccy, 0) + charge.interest


def lives(book: Book, steps: Steps, moments: Moments) -> Lived:
    """Lives on one path, by the whole state of a book; what other loans and accounts do is not told."""
    panel = Panel(book, steps)
    engine = Engine(book, panel, moments, core.decode_state(core.encode_state(book.state)))
    found = Told({loan.loan_id: [] for loan in book.loans}, {one.user.user_id: [] for one in book.accounts})
    costs = dict.fromkeys(found.accounts, Cost())
    for number, price in enumerate(moments.price.tolist()):
        told = engine.moment(number)
        for loan_id in found.loans.keys() & told.loans.keys():
            found.loans[loan_id] += told.loans[loan_id]
        for user_id in found.accounts.keys() & told.accounts.keys():
            rows = told.accounts[user_id]
            found.accounts[user_id] += rows
            costs[user_id] = costs[user_id].plus(rows, panel.quotes(price), book.parameters.transit_ccy)
    engine.charge()

    def interest(key: Key, debts: dict[str, int]) -> dict[str, int]:
        charged = engine.interest.get(key, {})
        return {ccy: charged.get(ccy, 0) for ccy in {**debts, **charged}}

    loans = [
        Life(one.loan_id, tuple(found.loans[one.loan_id]), interest(key_of(LOAN, one.loan_id), one.debts))
        for one in book.loans
    ]
    accounts = []
    for one in book.accounts:
        user_id = one.user.user_id
        charged = interest(key_of(USER, user_id), one.debts)
        accounts.append(AccountLife(user_id, tuple(found.accounts[user_id]), charged, costs[user_id]))
    return Lived(loans, accounts)


def play(book: Book, steps: Steps, moments: Moments) -> Told:
    """Rows of the whole state of a book on one path. Raises ValueError: the path ends before the moments do."""
    engine = Engine(book, Panel(book, steps), moments, core.decode_state(core.encode_state(book.state)))
    found = Told({}, {})
    for number in range(len(moments.at_ms)):
        told = engine.moment(number)
        for rows, more in zip(found, told, strict=True):
            for one, some in more.items():
                rows.setdefault(one, []).extend(some)
    return found


def _row(event: Any, at_ms: int) -> Row | None:
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
