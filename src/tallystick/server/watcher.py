"""What a server shows while it runs: requests, what happened, interest and long work, gathered a few times a second.

A request and an entry cost one place in a bounded list. Rows are made of them between the requests, at most so many at
a time; of more the number is told. Nothing is shown before it is durable.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from tallystick.contract.core import Doc
from tallystick.engine import accrual
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.core import Stamp
from tallystick.engine.interest import HOUR_MS, Charge
from tallystick.engine.journaled import AnyEvent
from tallystick.engine.state import State
from tallystick.server.control import happened, watching
from tallystick.server.moments import iso
from tallystick.server.telling.events import UNSEEN
from tallystick.venue.interfaces import Listener

if TYPE_CHECKING:
    from tallystick.server.services import Services

EVERY_S: Final = 0.25
ROWS_MAX: Final = 100
"""Requests, and events, that are shown at a time."""
KEPT_MAX: Final = 1_000
"""Entries that may wait to be shown."""
DEBTORS_MAX: Final = 1_000
"""Accounts and loans whose interest is summed up for the line of an hour."""
LONG_EVERY: Final = 8
"""Gatherings between two lines about long work."""


class Note(Struct, frozen=True, kw_only=True):
    """Something else to show: `kind` is interest, work or missing."""

    kind: str
    at: str
    at_ms: int
    words: str
    words_zh: str


Row: TypeAlias = watching.Request | happened.Event | Note


class Watcher:
    """Gatherer of the rows of one server, and a listener of its venue before `inner`. `show` must not block.

    Notes are kept for the control call too. Without `show` they are all that is gathered.
    """

    def __init__(self, services: Services, inner: Listener, show: Callable[[list[Row]], None] | None) -> None:
        self.services = services
        self.inner = inner
        self.show = show
        self.seen = services.seen.number
        self.happened: deque[tuple[Stamp, list[AnyEvent]]] = deque(maxlen=KEPT_MAX)
        self.lost = 0
        self.rounds = 0
        self.hour_ms = 0
        self.summed: dict[str, int] = {}
        services.venue.note_charges(self.note_charges)
        self.begin()

    async def run(self) -> None:
        """Gather until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.gather()

    def gather(self) -> None:
        """Hand on what there is since the last time, once it is durable."""
        notes = [*self.interest(), *self.long_work()]
        for note in notes:
            self.services.seen.remark(note.at_ms, note.kind, Doc(note.words, note.words_zh))
        if self.show is None:
            return
        rows = [*self.requests(), *self.events(), *notes]
        if rows:
            self.services.venue.when_durable(partial(self.show, rows))

    # ---- listening

    def entry(self, stamp: Stamp, events: list[AnyEvent], state: State) -> Callable[[], None] | None:
        if self.show is not None and any(type(event) not in UNSEEN for event in events):
            self.lost += len(self.happened) == KEPT_MAX
            self.happened.append((stamp, events))
        return self.inner.entry(stamp, events, state)

    def clock_moved(self) -> None:
        self.inner.clock_moved()

    def begun_anew(self) -> None:
        self.happened.clear()
        self.begin()
        self.inner.begun_anew()

    def halted(self) -> None:
        self.inner.halted()

    def begin(self) -> None:
        self.hour_ms = self.services.venue.state.hour_ms
        self.summed = {}

    def note_charges(self, charges: list[Charge]) -> None:
        """Sum up interest that is booked, of hours that no line has told yet."""
        for charge in charges:
            if charge.hour_ms > self.hour_ms:
                self.summed[charge.ccy] = self.summed.get(charge.ccy, 0) + charge.interest

    # ---- rows

    def requests(self) -> list[Row]:
        seen, users = self.services.seen, self.services.venue.state.users
        new = seen.number - self.seen
        found = seen.after(self.seen, ROWS_MAX)
        self.seen = seen.number
        rows: list[Row] = [
            watching.row(one, users[one.asked.user_id].name if one.asked.user_id in users else "") for one in found
        ]
        return [*rows, *self.missing(new - len(found), Doc("requests", "个请求"))]

    def events(self) -> list[Row]:
        state, rows = self.services.venue.state, list[Row]()
        for _ in range(min(ROWS_MAX, len(self.happened))):
            stamp, events = self.happened.popleft()
            rows += [
                happened.row(event, stamp.seq, stamp.at_ms, state) for event in events if not isinstance(event, UNSEEN)
            ]
        lost, self.lost = self.lost, 0
        return [*rows, *self.missing(lost, Doc("entries of the journal", "条日志"))]

    def missing(self, count: int, what: Doc) -> list[Row]:
        if count <= 0:
            return []
        return [self.note("missing", Doc(f"... and {count:,} more {what.en}", f"……以及另外 {count:,} {what.zh}"))]

    def interest(self) -> list[Note]:
        """One line for the hours since the last one: what is booked of them, and what is due."""
        state = self.services.venue.state
        since_ms, self.hour_ms = self.hour_ms, state.hour_ms
        if state.hour_ms <= since_ms:
            self.hour_ms = since_ms
            return []
        sums, self.summed = self.summed, {}
        debtors = [user for user in state.users.values() if state.ledger.get(f"debt:{user.user_id}")]
        if len(debtors) + len(state.loans) > DEBTORS_MAX:
            count = len(debtors) + len(state.loans)
            words = Doc(f"interest of {count:,} accounts and loans is due", f"{count:,} 个账户和借款到期计息")
            return [self.note("interest", words)]
        due = [accrual.charges_of_user(state, user) for user in debtors]
        due += [accrual.charges_of_loan(state, loan) for loan in state.loans.values()]
        for charge in (charge for charges in due for charge in charges if charge.hour_ms > since_ms):
            sums[charge.ccy] = sums.get(charge.ccy, 0) + charge.interest
        if not sums:
            return []
        hours = (state.hour_ms - since_ms) // HOUR_MS
        told = ", ".join(f"{text_from_atoms(amount)} {ccy}" for ccy, amount in sorted(sums.items()))
        until = iso(state.hour_ms)[11:16]
        day = iso(state.hour_ms)[:10]
        if hours == 1:
            return [
                self.note(
                    "interest", Doc(f"interest of the hour to {until}: {told}", f"截至 {until} 一小时的利息：{told}")
                )
            ]
        words = Doc(
            f"interest of {hours:,} hours to {day} {until}: {told}",
            f"截至 {day} {until} 共 {hours:,} 小时的利息：{told}",
        )
        return [self.note("interest", words)]

    def long_work(self) -> list[Note]:
        self.rounds += 1
        venue = self.services.venue
        going, check, now_ms = venue.advancing, venue.verifying, venue.now_ms()
        if self.rounds % LONG_EVERY:
            return []
        if going is not None:
            reached, end, share = iso(now_ms)[:16], iso(going.to_ms)[:16], going.share(now_ms)
            words = Doc(f"advancing: {reached} of {end}, {share} %", f"推进中：{reached} / {end}，{share} %")
        elif check is not None:
            done = f"{check.done:,} / {check.of:,}"
            words = Doc(f"verifying: {check.what}, {check.done:,} of {check.of:,}", f"验证中：{check.what}，{done}")
        else:
            return []
        return [self.note("work", words)]

    def note(self, kind: str, words: Doc) -> Note:
        now_ms = self.services.venue.now_ms()
        return Note(kind=kind, at=iso(now_ms), at_ms=now_ms, words=words.en, words_zh=words.zh)
