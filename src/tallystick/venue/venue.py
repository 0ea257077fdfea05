"""The venue: one line in which commands, queries and the passing of time stand, in the order of time.

Before anything is done at a time, everything due until then is done first: at one instant interest
and other ticks, then the market, then the command. What a caller gets is let go only when every
entry before it is on disk, so nobody sees what a crash could undo. A bug or a failed write halts
the venue, whatever it was for; the journal stays good, and the next start goes on from it. All writing
is the `GroupWriter`'s: the venue itself can only read the store (decisions/009).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from tallystick.engine import core, derived, ledger
from tallystick.engine.commands import Command, CreateUser, MoveMarket, Tick
from tallystick.engine.core import Rejected, Stamp
from tallystick.engine.interest import Charge
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.store.api import (
    GENESIS,
    KeyRecord,
    Reader,
    Reset,
    Snapshot,
    Store,
    StoreError,
    genesis_hash,
    seal,
    snapshot_hash,
)
from tallystick.venue import recovery
from tallystick.venue.clock import Clock, Mode
from tallystick.venue.interfaces import Feed, Listener, Outcome, PageQuery
from tallystick.venue.recording import NoRecording, Recording
from tallystick.venue.sequencer import GroupWriter, VenueHalted
from tallystick.venue.traded import OwnTrades
from tallystick.venue.verify import Verdict, verify_view
from tallystick.views import trades
from tallystick.views.core import TradesAsked
from tallystick.views.rows import bring_up_to_date, rows_of, rows_of_charges

__all__ = ["Feed", "Listener", "Outcome", "PageQuery", "Rejected", "Venue", "VenueHalted"]

T = TypeVar("T")
log = logging.getLogger("tallystick")

DAY_MS = 86_400_000
NEVER_MS = 2**63
CHUNK = 256
"""Entries made in one go while catching up, before others may have a turn."""
SNAPSHOT_EVERY = 5_000
SIFTED_AT_ONCE = 500
"""Rows looked at in one go."""
_POLL_S = 1.0
_encode = recovery.encode


def _whole(stamp: Stamp, events: list[Any], state: State) -> Outcome:
    return Outcome(stamp, events)


class Venue:
    """Recovers from `store` at once (raises JournalDamaged), lives between `start` and `stop`.

    `seeds` are commands carried out at the very first start and after a reset, before all others. `keys` and
    `settings` are new ones, written with whatever is written first. All methods belong to the event loop `start`
    was awaited on.
    """

    def __init__(
        self,
        store: Store,
        parameters: Parameters,
        feed: Feed | None,
        clock: Clock,
        *,
        seeds: Sequence[Command] = (),
        keys: Sequence[KeyRecord] = (),
        settings: Mapping[str, str] | None = None,
        snapshot_every: int = SNAPSHOT_EVERY,
    ) -> None:
        recovered = recovery.recover(store, parameters, clock.now_ms())
        self.store: Reader = store
        self.feed = feed
        self.keys: dict[str, KeyRecord] = {key.api_key: key for key in (*store.load_keys(), *keys)}
        self._new_keys = tuple(keys)
        self._new_settings = dict(settings or {})
        if recovered.genesis:
            self._new_settings[GENESIS] = recovered.genesis
        self._clock = clock
        self._parameters = parameters
        self._seeds = tuple(seeds)
        self._snapshot_every = snapshot_every
        self._writer = GroupWriter(store, self._halt)
        self._halted: str | None = None
        self.on_charges: Callable[[list[Charge]], None] | None = None
        """Told of interest as it is charged, which is when a debt is looked at, not when its hour passes."""
        self.listener: Listener | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ms = NEVER_MS
        self._catching_up: asyncio.Task[None] | None = None
        self._leaving = False
        self._take_up(recovered.state, recovered.last_hash)

    def _take_up(self, state: State, last_hash: bytes) -> None:
        self._state = state
        recording = self.feed if isinstance(self.feed, Recording) else NoRecording()
        self.market = OwnTrades(recording, self.store, stored=state.seq > 0)
        self._last_hash = last_hash
        self._snapshot_seq = state.seq
        self._feed_ms = NEVER_MS
        self._plan()

    # ---- life

    async def start(self) -> None:
        """Begin or go on: seeds at the first start, then everything that fell due while the venue was down.

        Interest of every missed hour is charged; of the recording only the last day is caught up with. A new venue
        is written in one transaction. Raises VenueHalted: the disk refuses; `stop` is to follow all the same.
        """
        self._loop = asyncio.get_running_loop()
        self._writer.start()
        for name, value in self._new_settings.items():
            self._writer.put_setting(name, value)
        for key in self._new_keys:
            self._writer.put_key(key)
        if self._state.seq == 0:
            self._begin()
        else:
            self._resume_feed()
        self._keep_clock()
        await self._settle(self.now_ms())
        await self._writer.wait()
        self._arm()

    def _begin(self) -> None:
        """The first prices and the seeds, in one transaction. Raises Rejected: a seed is wrong."""
        at_ms = self._state.at_ms
        if self.feed is not None:
            self._carry_out(at_ms, self.feed.command_now(at_ms))
            self._feed_ms = self.feed.next_at_ms(at_ms)
        for command in self._seeds:
            self._carry_out(at_ms, command)
        self._plan()

    def _resume_feed(self) -> None:
        if self.feed is None:
            return
        last_ms = self._state.at_ms
        if self.now_ms() - last_ms > DAY_MS:
            last_ms = self.now_ms() - DAY_MS
        elif not self._shows(present := self.feed.command_now(last_ms)):
            # The last entry fell on a moving price whose own entry was not written any more.
            self._carry_out(last_ms, present)
        self._feed_ms = self.feed.next_at_ms(last_ms)
        self._plan()

    def _shows(self, move: MoveMarket) -> bool:
        """All prices of `move` are in force, but for those somebody holds by hand."""
        markets = self._state.markets
        found = [(markets.get(name), price) for name, price, _ in move.prices]
        return all(market is not None and (market.held or market.recorded == price) for market, price in found)

    def leave_off(self) -> None:
        """Begin nothing more that takes long: whoever is on the way to a later time ends where it is. `stop` follows.

        Their calls raise VenueHalted, and a clock that was put forward shows the time they got to.
        """
        self._leaving = True

    async def stop(self) -> str | None:
        """Write everything and a snapshot. The store stays open and belongs to the caller.

        Returns why the venue had halted, or halted over this; None where all is on disk.
        """
        self._disarm()
        if self._catching_up is not None:
            await asyncio.wait([self._catching_up])
        if self._halted is None:
            self._snapshot()
            self._keep_clock()
        await self._writer.stop()
        why = self._halted
        self._halted = why or "the venue has been stopped"
        return why

    @property
    def state(self) -> State:
        """As it is at this moment, durable or not: for looking only, and not to be kept."""
        return self._state

    @property
    def halted(self) -> str | None:
        """Why no commands are taken; None while all is well."""
        return self._halted

    def _halt(self, reason: str, error: BaseException | None = None) -> None:
        """Take nothing more. The log has the reason once and whole; who asks later hears that a restart is needed."""
        if self._halted is None:
            self._halted = reason
            # Of what the disk refuses, the words are all there is to know.
            bug = None if isinstance(error, StoreError) else error
            log.critical("the venue has halted and has to be started again: %s", reason, exc_info=bug)
            self._disarm()
            self._writer.fail(reason)
            if self.listener is not None:
                self.listener.halted()

    def _bug(self, where: str, error: Exception) -> VenueHalted:
        """Halt over a bug; what to raise instead of it."""
        reason = f"bug in {where}: {error!r}"
        self._halt(reason, error)
        return VenueHalted(reason)

    # ---- the line

    async def submit(self, command: Command) -> Outcome:
        """Carry out one command at the present time; durable on return. Raises Rejected, VenueHalted."""
        return await self.perform(lambda state, now_ms: command, _whole)

    async def perform(self, ask: Callable[[State, int], Command], reply: Callable[[Stamp, list[Any], State], T]) -> T:
        """Make the command from the state at its turn, carry it out, and build the reply from the state after it.

        The reply is handed out when everything is durable. Raises what `ask` raises, Rejected, VenueHalted.
        """
        at_ms = await self._enter()
        try:
            outcome = self._carry_out(at_ms, ask(self._state, at_ms))
            return reply(outcome.stamp, outcome.events, self._state)
        except ledger.InvariantViolation as error:
            raise self._bug("a question about a command", error) from error
        finally:
            self._keep_charges()
            # A refusal rests on what came before it, so it waits for that like any reply.
            await self._writer.wait()

    async def query(self, answer: Callable[[State, int], T]) -> T:
        """Ask the state; `answer(state, now_ms)` must not keep or change what it sees. Raises what it raises."""
        at_ms = await self._enter()
        try:
            return answer(self._state, at_ms)
        except ledger.InvariantViolation as error:
            raise self._bug("a question", error) from error
        finally:
            self._keep_charges()
            await self._writer.wait()

    async def page(self, query: PageQuery) -> list[bytes]:
        """Rows of a history, newest first, everything before this call included."""
        await self._enter()
        try:
            bring_up_to_date(self._state, query.table, query.user_id)
        except ledger.InvariantViolation as error:
            raise self._bug(f"a question about {query.table}", error) from error
        self._keep_charges()
        await self._writer.wait()
        return self.store.page(
            query.table,
            query.user_id,
            query.min_key,
            query.max_key,
            query.a,
            query.b,
            query.limit,
            query.holding,
        )

    async def sifted(self, query: PageQuery, look: Callable[[bytes], tuple[int, bool]]) -> list[bytes]:
        """As `page`, of a table whose rows have a key each, but only rows that `look` (-> key, whether) lets through.

        Others have their turn between the pieces that are looked through.
        """
        found: list[bytes] = []
        max_key = query.max_key
        while True:
            bodies = await self.page(replace(query, max_key=max_key, limit=SIFTED_AT_ONCE))
            for body in bodies:
                max_key, belongs = look(body)
                if belongs:
                    found.append(body)
                if len(found) == query.limit:
                    return found
            if len(bodies) < SIFTED_AT_ONCE:
                return found
            max_key -= 1
            await asyncio.sleep(0)

    async def trades(self, asked: TradesAsked) -> list[bytes]:
        """Public trades, newest first, everything before this call included."""
        await self._enter()
        newest = self._state.last_trade_id
        await self._writer.wait()

        def time_of(number: int) -> int:
            body = self.store.row(trades.TABLE, trades.NOBODY, number)
            return int(trades.read_row(body).ts) if body else 0

        min_number = max(asked.min_number, trades.number_at(time_of, newest, asked.from_ms) if asked.from_ms else 0)
        max_number = asked.max_number
        if asked.to_ms is not None:
            max_number = trades.number_at(time_of, newest, asked.to_ms + 1) - 1
        return self.store.page(trades.TABLE, trades.NOBODY, min_number, max_number, asked.instrument, None, asked.limit)

    async def record(
        self, table: str, user_id: int, key: int | None, filters: tuple[str | None, str | None] = (None, None)
    ) -> bytes | None:
        """One row of a history: the one at `key`, or where that is None the newest that matches the filters."""
        await self._enter()
        await self._writer.wait()
        if key is not None:
            return self.store.row(table, user_id, key)
        return self.store.find(table, user_id, *filters)

    async def _enter(self) -> int:
        """Wait for one's turn: everything due is done. Returns the time of the turn."""
        if self._halted is not None:
            raise VenueHalted(self._halted)
        at_ms = self.now_ms()
        if self._wake_ms <= at_ms:
            return await self._settle(at_ms)
        return at_ms

    async def _settle(self, until_ms: int, progress: Callable[[int], None] | None = None) -> int:
        """Do all that is due until `until_ms` or the present entry's time, whichever is later."""
        while True:
            for _ in range(CHUNK):
                if self._wake_ms > until_ms and self._wake_ms > self._state.at_ms:
                    return max(until_ms, self._state.at_ms)
                self._do_next()
            await self._writer.wait()
            if self._leaving:
                raise VenueHalted(f"the venue is being stopped; its time is {self._state.at_ms}")
            if progress is not None:
                progress(self._state.at_ms)

    def _do_next(self) -> None:
        """Do what is due first. Any error is a bug, a refusal too, since nobody asked for it: it halts the venue."""
        due_ms = self._wake_ms
        try:
            self._do_due()
        except VenueHalted:
            raise
        except Exception as error:
            raise self._bug(f"what was due at {due_ms}", error) from error

    def _do_due(self) -> None:
        if self._due_ms <= self._feed_ms:
            outcome = self._carry_out(max(self._due_ms, self._state.at_ms), Tick())
            if not outcome.events:
                self._halt(f"a tick was due at {self._due_ms} and did nothing")
                raise VenueHalted(str(self._halted))
        else:
            at_ms, feed = self._feed_ms, self._must_feed()
            self._feed_ms = feed.next_at_ms(at_ms)
            outcome = self._carry_out(max(at_ms, self._state.at_ms), feed.command_at(at_ms))
            if not outcome.events:
                self._plan()

    def _must_feed(self) -> Feed:
        if self.feed is None:
            raise RuntimeError("a price was due without a feed")
        return self.feed

    def _carry_out(self, at_ms: int, command: Command) -> Outcome:
        """Stamp, decide, journal. Any error but a refusal is a bug and halts the venue."""
        if self._halted is not None:
            raise VenueHalted(self._halted)
        state = self._state
        stamp = Stamp(state.seq + 1, at_ms)
        try:
            try:
                events = core.handle(state, stamp, command)
            finally:
                self._keep_charges()
            if events:
                self.market.note(stamp, events)
                entry = seal(self._last_hash, stamp.seq, at_ms, _encode(command), _encode(events))
                self._writer.put(entry, rows_of(stamp, events, state))
                self._last_hash = entry.hash
                self._plan()
                if self.listener is not None:
                    self._tell(self.listener, stamp, events)
        except Rejected:
            raise
        except Exception as error:
            raise self._bug(f"{type(command).__name__} at seq {stamp.seq}", error) from error
        if stamp.seq - self._snapshot_seq >= self._snapshot_every:
            self._snapshot()
        return Outcome(stamp, events)

    def _tell(self, listener: Listener, stamp: Stamp, events: list[Any]) -> None:
        release = listener.entry(stamp, events, self._state)
        self._keep_charges()
        if release is not None:
            self._writer.after(release)

    def look(self, answer: Callable[[State, int], T]) -> T:
        """Ask the state as it is, without a turn and without waiting; what is made of it must not leave before
        `when_durable` says so. The time is the present, or where something is overdue the last moment before it.
        Raises VenueHalted, and what `answer` raises."""
        if self._halted is not None:
            raise VenueHalted(self._halted)
        at_ms = min(self.now_ms(), max(self._wake_ms - 1, self._state.at_ms))
        try:
            return answer(self._state, at_ms)
        except ledger.InvariantViolation as error:
            raise self._bug("a look at the state", error) from error
        finally:
            self._keep_charges()

    def when_durable(self, release: Callable[[], None]) -> None:
        """Call `release` when all that has happened so far is on disk; never, if that fails."""
        self._writer.after(release)

    def _keep_charges(self) -> None:
        """Rows of the interest that was charged on the way: they follow from the journal, so no entry is made."""
        charges = derived.of(self._state).take_charges()
        if charges:
            self._writer.put_rows(rows_of_charges(charges))
            if self.on_charges is not None:
                self.on_charges(charges)

    def _snapshot(self) -> None:
        seq = self._state.seq
        if seq > self._snapshot_seq:
            # What it says is charged is not charged again, so the rows of it go to disk first.
            self._keep_charges()
            state = core.encode_as_is(self._state)
            self._writer.put_snapshot(Snapshot(seq, self._state.at_ms, snapshot_hash(self._last_hash, state), state))
            self._snapshot_seq = seq

    # ---- time

    def now_ms(self) -> int:
        """The venue's time; it never runs backwards, whatever the machine's clock does."""
        return max(self._clock.now_ms(), self._state.at_ms)

    @property
    def clock(self) -> tuple[Mode, int]:
        """Mode and speed."""
        return self._clock.mode, self._clock.speed

    def wait_s(self, at_ms: int) -> float | None:
        """Seconds of the machine's time until it is `at_ms` here; None while the clock stands still before that."""
        return self._clock.wait_s(at_ms)

    async def set_clock(self, mode: Mode | None = None, speed: int | None = None, at_ms: int | None = None) -> int:
        """Freeze, free, speed up, or put forward to `at_ms`. Returns the new time.

        Raises ValueError for an unknown mode or speed, or a time before the present one.
        """
        now_ms = await self._enter()
        if at_ms is not None and at_ms < now_ms:
            raise ValueError(f"the venue's time cannot run backwards: it is {now_ms} and {at_ms} was asked for")
        self._clock.set(mode, speed, now_ms if at_ms is None else at_ms)
        return await self._arrive(self.now_ms(), None)

    async def advance(
        self,
        *,
        by_ms: int | None = None,
        to_ms: int | None = None,
        to_next: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Put the clock forward and return when everything due until then is done and durable.

        Give one of `by_ms`, `to_ms` and `to_next` (the next tick of the engine: an hour of interest,
        a step of a repay). `progress` is told the time reached, now and then. Raises ValueError.
        """
        now_ms = await self._enter()
        if (by_ms is not None) + (to_ms is not None) + to_next != 1:
            raise ValueError("give one of by_ms, to_ms and to_next")
        target_ms = self._due_ms if to_next else to_ms if to_ms is not None else now_ms + (by_ms or 0)
        if target_ms < now_ms:
            raise ValueError(f"the venue's time cannot run backwards: it is {now_ms} and {target_ms} was asked for")
        self._clock.set(at_ms=target_ms)
        return await self._arrive(target_ms, progress)

    async def _arrive(self, at_ms: int, progress: Callable[[int], None] | None) -> int:
        try:
            at_ms = await self._settle(at_ms, progress)
        except VenueHalted:
            if self._leaving:
                # Who put the clock forward is told no; a clock that went by itself stays where it is.
                self._clock.set(at_ms=self._state.at_ms)
            raise
        self._keep_clock()
        await self._writer.wait()
        self._arm()
        if self.listener is not None:
            self.listener.clock_moved()
        return at_ms

    def _keep_clock(self) -> None:
        self._writer.put_setting("clock", self._clock.encode())

    def _plan(self) -> None:
        """What comes next, after anything that may have changed it."""
        due_ms = core.due_at_ms(self._state)
        self._due_ms = NEVER_MS if due_ms is None else due_ms
        self._wake_ms = min(self._due_ms, self._feed_ms)
        if self._wake_ms < self._timer_ms and self._timer is not None:
            self._arm()

    def _arm(self) -> None:
        """Have the loop call when something falls due, so that time passes also when nobody asks."""
        self._disarm()
        if self._halted is None:
            wait_s = self._clock.wait_s(self._wake_ms)
            self._timer_ms = self._wake_ms
            self._timer = self._loop.call_later(_POLL_S if wait_s is None else min(wait_s, _POLL_S), self._wake)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        if self._catching_up is None:
            self._catching_up = self._loop.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        try:
            await self._enter()
        except VenueHalted:
            # The reason is kept, and told to everyone who asks for something.
            return
        finally:
            self._catching_up = None
        self._arm()

    # ---- looking at it, and starting over

    async def add_key(self, key: KeyRecord) -> None:
        """Make a key known, durably."""
        await self._enter()
        self._writer.put_key(key)
        self.keys[key.api_key] = key
        await self._writer.wait()

    async def state_hash(self) -> tuple[int, str]:
        """Number of the last entry and the hash of the state after it."""
        return await self.query(lambda state, _: (state.seq, core.state_hash(state)))

    async def charge_all(self) -> None:
        """Charge everybody the interest that came due, and write its rows."""
        await self.query(lambda state, _: ledger.settle_all(state))

    async def verify(self) -> Verdict:
        """Compare all that is stored at this moment, beside the running venue; see `verify.verify`.

        Raises VenueHalted: the venue is being stopped.
        """
        state = None
        while state is not self._state:
            # Not across a reset, which begins another journal.
            state = self._state
            expected = await self.state_hash()
        view = self.store.view()
        try:
            return await asyncio.to_thread(verify_view, view, expected, self._while_open)
        finally:
            view.close()

    def _while_open(self, what: str, done: int, of: int) -> None:
        if self._leaving:
            raise VenueHalted("the venue is being stopped, and its check with it")

    async def reset(self) -> None:
        """Forget everything but the keys of seeded users, and begin again at the present time with the seeds.

        All of it in one transaction: who starts after a crash finds the old venue or the new one.
        """
        await self._enter()
        started_at_ms = self.now_ms()
        genesis = recovery.genesis_text(self._parameters, started_at_ms)
        seeded = frozenset(command.user_id for command in self._seeds if isinstance(command, CreateUser))
        self._writer.put_reset(Reset(genesis, seeded))
        self.keys = {name: key for name, key in self.keys.items() if key.user_id in seeded}
        self._take_up(core.decode_state(genesis.encode()), genesis_hash(genesis))
        if self.listener is not None:
            self.listener.begun_anew()
        self._begin()
        await self._writer.wait()
        self._arm()
