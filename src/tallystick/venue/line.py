"""The line of a venue: commands, queries and the passing of time stand in it, in the order of time.

Everything due until a time is done before anything else at that time. At one instant interest and other ticks come
first, then the market, then the command. If more is due than fits into one go, it is done in slices, and others have
turns in between; the present is then the time up to which everything is done (decisions/002). A reply leaves only
when every entry before it is on disk, so nobody sees what a crash could undo. A bug or a failed write halts the
venue, whatever it was for; the journal stays good, and the next start goes on from it. The `GroupWriter` does all
writing: the line itself can only read the store (decisions/009).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from tallystick.engine import core, faults, ledger, transient
from tallystick.engine.commands import Command, Tick
from tallystick.engine.core import Rejected, Stamp
from tallystick.engine.interest import Charge
from tallystick.engine.state import State
from tallystick.store.api import Entry, HistoryRow, Store, StoreError, seal
from tallystick.venue import snapshots
from tallystick.venue.alarm import Alarm
from tallystick.venue.clock import Clock
from tallystick.venue.entries import encode_command, encode_events, events_of
from tallystick.venue.interfaces import Feed, Listener, Outcome
from tallystick.venue.kept_pages import KeptPages
from tallystick.venue.present import Present
from tallystick.venue.recording import NoRecording, Recording
from tallystick.venue.schedule import Schedule
from tallystick.venue.sequencer import GroupWriter, VenueHalted
from tallystick.venue.slices import Slice
from tallystick.venue.traded import OwnTrades
from tallystick.views.rows import rows_of

T = TypeVar("T")
log = logging.getLogger("tallystick")

SLICE_ENTRIES = 256
"""Most entries made in one go while catching up, before others have a turn."""


def _whole(stamp: Stamp, events: list[Any], state: State) -> Outcome:
    return Outcome(stamp, events)


class Line:
    """State, journal and schedule of a venue, and the callers waiting for them. `take_up` gives it the state."""

    market: OwnTrades
    schedule: Schedule
    state: State
    last_hash: bytes

    def __init__(self, store: Store, feed: Feed | None, clock: Clock, snapshot_every: int) -> None:
        self.feed = feed
        self.clock = clock
        self.writer = GroupWriter(store, self.halt, clock.machine)
        self.present = Present(clock, self.writer)
        self.snapshots = snapshots.Snapshots(self.writer, snapshot_every)
        self.pages = KeptPages()
        self.halted: str | None = None
        """Reason why no commands are taken; None while all is well."""
        self.broken = False
        """True if it has halted over what only a restart mends."""
        self.stands_by = False
        """True if another server goes on where a write fails here."""
        self.on_charges: tuple[Callable[[list[Charge]], None], ...] = ()
        """Callbacks for the interest that an entry books. The events of an account book it, not the passing hour."""
        self.listener: Listener | None = None
        self.alarm = Alarm(clock, self.wake)
        self.catching_up: asyncio.Task[None] | None = None
        self.settling = 0
        """Number of callers on the way to a later time."""
        self.behind = False
        """True while the line works through more than fits into one slice."""
        self.generation = 0
        """Number of the present generation: it rises whenever the line begins with another state."""
        self.leaving = False
        """True once no long work may begin any more."""

    def take_up(self, state: State, last_hash: bytes, generation: int) -> None:
        """Go on from this state, whose last entry has this hash, as this generation."""
        self.state = state
        self.generation = generation
        self.market = OwnTrades(self.feed if isinstance(self.feed, Recording) else NoRecording())
        self.last_hash = last_hash
        self.pages.clear()
        self.snapshots.begin(state.seq)
        self.schedule = Schedule(self.feed)
        self.plan()

    # ---- asking

    async def submit(self, command: Command) -> Outcome:
        """Carry out one command at the present time; durable on return. Raises Rejected, VenueHalted."""
        return await self.perform(lambda state, now_ms: command, _whole)

    async def perform(self, ask: Callable[[State, int], Command], reply: Callable[[Stamp, list[Any], State], T]) -> T:
        """Make the command from the state at its turn, carry it out, and build the reply from the state after it.

        The reply is handed out when everything is durable. Raises what `ask` raises, Rejected, VenueHalted.
        """
        at_ms = self.enter_at_once()
        if at_ms is None:
            at_ms = await self.enter()
        try:
            outcome = self.carry_out(at_ms, ask(self.state, at_ms))
            faults.require_not_refused(outcome.events)
            return reply(outcome.stamp, outcome.events, self.state)
        except ledger.InvariantViolation as error:
            raise self.bug("the reply to a command", error) from error
        finally:
            # A refusal depends on the entries before it, so it waits for them like any reply.
            durable = self.writer.durable()
            if durable is not None:
                await durable

    async def query(self, answer: Callable[[State, int], T]) -> T:
        """Ask the state; `answer(state, now_ms)` must not keep or change what it sees. Raises what it raises."""
        at_ms = self.enter_at_once()
        if at_ms is None:
            at_ms = await self.enter()
        try:
            return self.asked(answer, at_ms)
        finally:
            durable = self.writer.durable()
            if durable is not None:
                await durable

    def turn_at_once(self) -> int | None:
        """Time of a turn to ask the state by `asked`, before anything is awaited; the time may be told.

        None where the turn or its answer has to wait, or the venue has halted: then `query` is to be awaited.
        """
        if self.halted is not None:
            return None
        at_ms = self.enter_at_once()
        return at_ms if self.writer.idle else None

    def asked(self, answer: Callable[[State, int], T], at_ms: int) -> T:
        """Answer from the state at a turn, see `query`."""
        try:
            return answer(self.state, at_ms)
        except ledger.InvariantViolation as error:
            raise self.bug("a query", error) from error

    def look(self, answer: Callable[[State, int], T]) -> T:
        """Ask the present state, without a turn and without waiting. Raises VenueHalted, and what `answer` raises.

        The answer must not leave before `when_durable` calls.
        """
        self.require_running()
        at_ms = self.now_ms()
        self.present.may_be_told(at_ms)
        try:
            return answer(self.state, at_ms)
        except ledger.InvariantViolation as error:
            raise self.bug("a read of the state", error) from error

    def when_durable(self, release: Callable[[], None]) -> None:
        """Call `release` when everything that has happened so far is on disk; never if that fails."""
        self.writer.after(release)

    def enter_at_once(self) -> int | None:
        """Time of a turn, as `enter`; None if something is overdue, which is to be awaited. Raises VenueHalted."""
        if self.halted is not None:
            raise VenueHalted(self.halted)
        clock_ms = self.clock.now_ms()
        if self.schedule.next_ms <= clock_ms:
            return None
        at_ms = self.present.at(clock_ms, self.state.at_ms, self.schedule.next_ms)
        self.present.may_be_told(at_ms)
        return at_ms

    async def enter(self) -> int:
        """Wait for a turn. Returns its time; everything due until then is done.

        Overdue work is done first, as far as it fits into a slice. If it does not fit, the venue catches up with its
        clock step by step, and the turn is at the time reached.
        """
        self.require_running()
        if self.schedule.next_ms <= self.clock.now_ms():
            if not self.on_the_way:
                self.do_slice(self.clock.now_ms())
            # Everything due at the present instant goes before the caller, however much it is.
            while self.schedule.next_ms <= self.state.at_ms:
                await asyncio.sleep(0)
                self.require_running()
                self.do_slice(self.state.at_ms)
            if self.schedule.next_ms <= self.clock.now_ms():
                self.wake()
        at_ms = self.now_ms()
        self.present.may_be_told(at_ms)
        return at_ms

    def require_running(self) -> None:
        if self.halted is not None:
            raise VenueHalted(self.halted)

    def now_ms(self) -> int:
        """The present: the clock's time, or if something is overdue the last moment before it.

        It never runs backwards. A caller that tells it to others uses `tell_ms`, or has a turn or a look.
        """
        return self.present.ms(self.state.at_ms, self.schedule.next_ms)

    # ---- doing

    @property
    def on_the_way(self) -> bool:
        """True if another caller is already doing what is due."""
        return self.settling > 0 or self.catching_up is not None

    async def settle(self, until_ms: Callable[[], int], progress: Callable[[int], None] | None = None) -> bool:
        """Do everything due until then, and give way to others in between. Returns whether anything was due.

        Raises VenueHalted, and what `until_ms` raises.
        """
        gave_way = False
        self.settling += 1
        try:
            while not self.do_slice(until_ms()):
                gave_way = self.behind = True
                await self.writer.give_way(SLICE_ENTRIES)
                if self.leaving:
                    raise VenueHalted(f"the venue is being stopped; its time is {self.now_ms()}")
                if progress is not None:
                    progress(self.state.at_ms)
        finally:
            self.settling -= 1
            self.behind = False
        return gave_way

    def do_slice(self, until_ms: int) -> bool:
        """Do one slice of what is due until then. Returns whether that was all."""
        until_ms = max(until_ms, self.state.at_ms)
        piece = Slice(self.clock.machine)
        for _ in range(SLICE_ENTRIES):
            if self.schedule.next_ms > until_ms:
                return True
            self.do_next()
            if piece.over:
                break
        return self.schedule.next_ms > until_ms

    def do_next(self) -> None:
        """Do the first thing due. Any error is a bug and halts the venue, a refusal too, since nobody asked for it."""
        due_ms = self.schedule.next_ms
        try:
            due_ms, command = self.schedule.take(self.state)
            outcome = self.carry_out(max(due_ms, self.state.at_ms), command)
        except VenueHalted:
            raise
        except Exception as error:
            raise self.bug(f"the work due at {due_ms}", error) from error
        if outcome.events:
            return
        if type(command) is Tick:
            self.halt(f"a tick was due at {due_ms} and did nothing")
            raise VenueHalted(str(self.halted))
        self.plan()

    def carry_out(self, at_ms: int, command: Command) -> Outcome:
        """Stamp, decide, journal. Any error but a refusal is a bug and halts the venue."""
        if self.halted is not None:
            raise VenueHalted(self.halted)
        state = self.state
        stamp = Stamp(state.seq + 1, at_ms)
        try:
            events = core.handle(state, stamp, command)
            if events:
                for told in self.on_charges:
                    told(transient.of(state).charges)
                self.market.note(stamp, events)
                entry = seal(self.last_hash, stamp.seq, at_ms, encode_command(command), encode_events(command, events))
                self.put(entry, rows_of(stamp, events, state))
                self.last_hash = entry.hash
                self.plan()
                if self.listener is not None:
                    self.tell_listener(self.listener, stamp, events)
        except Rejected:
            raise
        except Exception as error:
            raise self.bug(f"{type(command).__name__} at seq {stamp.seq}", error) from error
        if self.snapshots.due(stamp.seq):
            self.snapshots.take(self.state, self.last_hash)
        return Outcome(stamp, events)

    def follow(self, entry: Entry) -> None:
        """Take over the next entry of a venue with the same past, deciding nothing anew."""
        stamp, events = Stamp(entry.seq, entry.at_ms), events_of(entry)
        core.fold(self.state, stamp, events)
        self.market.note(stamp, events)
        self.put(entry, rows_of(stamp, events, self.state))
        self.last_hash = entry.hash
        self.plan()

    def put(self, entry: Entry, rows: list[HistoryRow]) -> None:
        """Queue an entry and its rows; pages that they change are kept no more."""
        if rows:
            self.pages.end(rows)
        self.writer.put(entry, rows)

    def tell_listener(self, listener: Listener, stamp: Stamp, events: list[Any]) -> None:
        release = listener.entry(stamp, events, self.state)
        if release is not None:
            self.writer.after(release)

    def halt(self, reason: str, error: BaseException | None = None) -> None:
        """Halt the venue. The log has the reason once and whole; later callers hear that a restart is needed."""
        if self.halted is None:
            # An error of the disk has all its information in its text.
            bug = None if isinstance(error, StoreError) else error
            if bug is not None or not self.stands_by:
                log.critical("the venue has halted and must be restarted: %s", reason, exc_info=bug)
                self.broken = True
            self.end(reason)

    def end(self, reason: str) -> None:
        """Carry out nothing more, and have nothing more written or released."""
        if self.halted is None:
            self.halted = reason
            self.alarm.off()
            self.writer.fail(reason)
            if self.listener is not None:
                self.listener.halted()

    def bug(self, where: str, error: Exception) -> VenueHalted:
        """Halt over a bug. Returns the error to raise instead of it."""
        reason = f"bug in {where}: {error!r}"
        self.halt(reason, error)
        return VenueHalted(reason)

    # ---- doing what is due in time

    def plan(self) -> None:
        """Find out what is due next, after anything that may have changed it."""
        self.schedule.plan(self.state)
        self.alarm.bring_forward(self.schedule.next_ms)

    def arm(self) -> None:
        """Set the alarm, so that what is due next is done in time, even without requests."""
        if self.halted is None:
            self.alarm.set(self.schedule.next_ms)

    def wake(self) -> None:
        if not self.on_the_way:
            self.catching_up = asyncio.get_running_loop().create_task(self.catch_up())

    async def come_to_rest(self) -> None:
        """Let what is being done end, and begin nothing more by the time."""
        self.alarm.off()
        while self.catching_up is not None:
            await asyncio.wait([self.catching_up])
            # It has set the alarm for what is due next.
            self.alarm.off()

    async def catch_up(self) -> None:
        try:
            gave_way = await self.settle(self.clock.now_ms)
        except VenueHalted:
            # The reason is kept, and every later caller gets it.
            return
        finally:
            self.catching_up = None
        self.arm()
        if gave_way and self.listener is not None:
            self.listener.clock_moved()
