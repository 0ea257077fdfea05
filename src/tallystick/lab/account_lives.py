"""Lives of trading accounts on one path: warnings, the start of a liquidation, and what the engine makes of it.

The screen names the moments at which an account may not be safe; doubts are decided by `spot_judging.standing` in whole
numbers. A liquidation sells through the book, so it is carried out by the engine itself: an episode puts the accounts
that are due into a state of their own, at the prices of the path, and plays moment by moment until none of them is
frozen and the house quotes anew. What is left of an account is screened again from there on.

Sales of one account take from the quotes that the next one finds. Together, accounts that are due within one price
meet in one episode, as on the venue; alone, each has the book for itself.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from tallystick.engine import ledger, spot_judging, transient
from tallystick.engine.interest import HOUR_MS
from tallystick.engine.state import State
from tallystick.lab import screen
from tallystick.lab.account_rows import STARTED, AccountLife, Cost, interest_of
from tallystick.lab.account_screen import AccountScreen, AccountShapes
from tallystick.lab.book import Account, Book
from tallystick.lab.columns import MARGIN
from tallystick.lab.panels import Moments, Panel, Places, Steps
from tallystick.lab.rows import WARNED, Row
from tallystick.lab.screen import Codes
from tallystick.lab.world import Engine

CODE_OF: Final = {
    spot_judging.SAFE: screen.SAFE,
    spot_judging.CALLED: screen.CALLED,
    spot_judging.DUE: screen.DUE,
    spot_judging.UNPRICED: screen.SAFE,
}


class AccountLives:
    """Lives of the accounts of a book over a horizon. Their shapes are made once for every path.

    With `alone` each liquidation has the book for itself. With `first_events` nothing is played: a life ends with the
    first warning and the start of the first liquidation.
    """

    def __init__(
        self,
        book: Book,
        hours: int,
        points: int,
        margin: float = MARGIN,
        *,
        alone: bool = False,
        first_events: bool = False,
    ) -> None:
        self.book = book
        self.moments = Moments(book.hour_ms, hours, points)
        self.hours = hours
        self.alone = alone
        self.first_events = first_events
        self.screen = AccountScreen(book, self.moments, margin)
        self._shapes = AccountShapes(book, book.accounts, hours)
        currencies = dict(book.parameters.currencies)
        for ccy, (_, later) in book.yearly.items():
            currencies[ccy] = replace(currencies[ccy], rate_per_year=later)
        self.parameters = replace(book.parameters, currencies=currencies)
        """Parameters of the book in which every rate is set, for the engine to go on with."""
        self.decided = 0
        """Verdicts that were decided in whole numbers."""

    def on(self, steps: Steps) -> Iterator[AccountLife]:
        """Yield the lives of the accounts to which something happens on a path, in the order of the book.

        Raises ValueError: the path has not one row for each price of the horizon.
        """
        if len(steps) != self.hours * self.moments.points:
            raise ValueError(f"a path of {len(steps)} prices for {self.hours} hours of {self.moments.points}")
        if not self.book.accounts:
            return
        courses = _Path(self, Panel(self.book, steps)).courses(self._shapes)
        for account in self.book.accounts:
            course = courses.get(account.user.user_id)
            if course is not None and (course.rows or account.user.liquidating):
                yield course.life()


class _Course:
    """Course of one account on one path: what is left of it since an hour, its rows so far, and when it is due."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.since = 0
        self.due: int | None = None
        """Number of the moment at which it is liquidated next, by all that is known."""
        self.rows: list[Row] = []
        self.interest: dict[str, int] = dict.fromkeys(account.debts, 0)
        self.cost = Cost()

    def grow(self, debts: dict[str, int], rows: Sequence[Row] = ()) -> None:
        """Count the interest up to these debts, between which and the present ones the rows stand."""
        for ccy, amount in interest_of(self.account.debts, debts, rows).items():
            self.interest[ccy] += amount

    def life(self) -> AccountLife:
        return AccountLife(self.account.user.user_id, tuple(self.rows), self.interest, self.cost)


class _Path:
    """One path: its prices, and the courses of the accounts on it."""

    def __init__(self, lives: AccountLives, panel: Panel) -> None:
        self.lives = lives
        self.book = lives.book
        self.moments = lives.moments
        self.panel = panel
        self.extremes = lives.screen.extremes(panel.usd)

    def courses(self, shapes: AccountShapes) -> dict[int, _Course]:
        """Courses of all accounts that may not be safe, by user, played to the end of the path."""
        screened, found = self.lives.screen, {}
        rows, moments = screened.not_safe(shapes, self.panel.usd, self.extremes)
        order = np.lexsort((moments, rows))
        rows, moments = rows[order], moments[order]
        codes = screened.verdicts(shapes, rows, moments, self.panel.usd)
        everyone = np.arange(shapes.size)
        starts, ends = (np.searchsorted(rows, everyone, side).tolist() for side in ("left", "right"))
        for account, start, end in zip(self.book.accounts, starts, ends, strict=True):
            bad = codes[start:end] != screen.SAFE
            if account.user.liquidating or bool(bad.any()):
                course = found[account.user.user_id] = _Course(account)
                self._look(course, moments[start:end][bad], codes[start:end][bad])
                if account.user.liquidating:
                    course.rows.clear()
                    course.due = 0
        if not self.lives.first_events:
            for group in [[course] for course in found.values()] if self.lives.alone else [list(found.values())]:
                self._follow(group)
        for course in found.values():
            self._end(course)
        return found

    def _end(self, course: _Course) -> None:
        """Count the interest of what is left to the end of the path; of a course that goes no further, to there."""
        hours = self.lives.hours if course.due is None else int(self.moments.hour[course.due])
        course.grow(self._debts(course, hours))

    def _debts(self, course: _Course, hour: int) -> dict[str, int]:
        """Exact debts of what is left at the end of an hour, in atoms."""
        return {
            ccy: self.book.grown(ccy, debt, course.since, hour, spot=True)[-1]
            for ccy, debt in course.account.debts.items()
        }

    # ---- until it is due

    def _look(self, course: _Course, moments: Places, codes: Codes) -> None:
        """Put in the warnings up to the first moment at which the account is due, and note that moment."""
        called = []
        course.due = None
        for moment, code in zip(moments.tolist(), codes.tolist(), strict=True):
            verdict = self._decide(course, moment) if code == screen.DOUBT else code
            if verdict == screen.DUE:
                course.due = moment
                break
            if verdict == screen.CALLED:
                called.append(int(self.moments.at_ms[moment]))
        warned_ms, every_ms = course.account.user.warned_at_ms, self.book.parameters.spot_warning_every_ms
        for at_ms in called:
            if warned_ms == 0 or at_ms >= warned_ms + every_ms:
                warned_ms = at_ms
                course.rows.append(Row(at_ms, WARNED, "", 0))
        course.account = course.account._replace(user=replace(course.account.user, warned_at_ms=warned_ms))
        if self.lives.first_events:
            del course.rows[1:]
            if course.due is not None:
                course.rows.append(Row(int(self.moments.at_ms[course.due]), STARTED, "", 0))

    def _decide(self, course: _Course, moment: int) -> int:
        """Verdict in whole numbers, by the engine."""
        self.lives.decided += 1
        debts = self._debts(course, int(self.moments.hour[moment]))
        account = course.account._replace(debts=debts)
        quotes = self.panel.quotes(int(self.moments.price[moment]))
        out = account.user.uncounted
        known = {ccy: amount for ccy, amount in account.equities.items() if ccy in quotes.usd}
        return CODE_OF[spot_judging.standing(self.book.parameters, quotes, debts, known, out).verdict]

    # ---- episodes

    def _follow(self, courses: list[_Course]) -> None:
        while (number := min((one.due for one in courses if one.due is not None), default=None)) is not None:
            self._episode(courses, number)

    def _episode(self, courses: list[_Course], first: int) -> None:
        """Play from a moment on, with every account that is due by then, until none is frozen under one price."""
        engine = Engine(self.book, self.panel, self.moments, self._state_before(first))
        state, within = engine.state, []
        told: dict[int, list[Row]] = {}
        number = first
        while True:
            for course in courses:
                if course.due == number:
                    debts = self._debts(course, int(self.moments.hour[number]) - (not number % self.moments.per_hour))
                    course.grow(debts)
                    course.account = course.account._replace(debts=debts)
                    course.due, told[course.account.user.user_id] = None, []
                    within.append(course)
                    _put(state, course.account)
            rows = engine.moment(number).accounts
            quotes = self.panel.quotes(int(self.moments.price[number]))
            for course in within:
                more = rows.get(course.account.user.user_id, [])
                told[course.account.user.user_id] += more
                course.cost = course.cost.plus(more, quotes, self.book.parameters.transit_ccy)
            number += 1
            frozen = any(user.liquidating for user in state.users.values())
            if number == len(self.moments.at_ms) or (renewed(self.moments, number) and not frozen):
                break
        for course in within:
            self._take(course, state, told[course.account.user.user_id], number - 1)

    def _take(self, course: _Course, state: State, rows: list[Row], last: int) -> None:
        """Take an account out of an episode whose last moment is over, and look how it goes on."""
        user_id = course.account.user.user_id
        debts = ledger.debts(state, user_id)
        course.grow(debts, rows)
        course.rows += rows
        left = Account(copy.deepcopy(state.users[user_id]), dict(state.ledger.get(f"trading:{user_id}", {})), debts)
        course.account, course.since = left, int(self.moments.hour[last])
        if not debts:
            return
        shapes = AccountShapes(self.book, (left,), self.lives.hours, since=course.since)
        _, moments = self.lives.screen.not_safe(shapes, self.panel.usd, self.extremes, since=course.since - 1)
        moments = np.sort(moments[moments > last])
        codes = self.lives.screen.verdicts(shapes, np.zeros_like(moments), moments, self.panel.usd)
        bad = codes != screen.SAFE
        self._look(course, moments[bad], codes[bad])

    def _state_before(self, number: int) -> State:
        """State without accounts, as the market stands before a moment."""
        moments = self.moments
        begins_hour = not number % moments.per_hour
        at_ms = int(moments.at_ms[number - 1]) if number else self.book.hour_ms
        state = State(self.lives.parameters, at_ms=at_ms, hour_ms=at_ms - at_ms % HOUR_MS)
        for ccy, currency in self.lives.parameters.currencies.items():
            running, later = self.book.yearly.get(ccy, (currency.rate_per_year, currency.rate_per_year))
            state.rates[ccy] = [(state.hour_ms, later if number else running)]
        transient.of(state).charged_since_ms = state.hour_ms
        price = int(moments.price[number]) - (not begins_hour)
        if price == 0 and not self.book.quoted_anew:
            state.markets = copy.deepcopy(self.book.state.markets)
        else:
            Engine(self.book, self.panel, moments, state).price(price, at_ms)
        return state


def renewed(moments: Moments, number: int) -> bool:
    """Test whether a moment brings new prices, at which the house quotes anew."""
    return number % moments.per_hour > 0


def _put(state: State, account: Account) -> None:
    """Put an account into a state: its coins, its debts, and the record of its user. It is judged next."""
    user_id = account.user.user_id
    state.users[user_id] = replace(copy.deepcopy(account.user), charged_ms=state.hour_ms)
    for ccy, amount in account.held.items():
        ledger.post(state, ccy, (f"trading:{user_id}", amount), ("outside", -amount), by_event=False)
    for ccy, debt in account.debts.items():
        ledger.claim(state, ccy, f"debt:{user_id}", debt)
    transient.of(state).named[transient.key_of(transient.USER, user_id)] = None
