"""The venue: one line in which commands, queries and the passing of time stand, in the order of time.

Before anything is done at a time, everything due until then is done first: at one instant interest
and other ticks, then the market, then the command. Where more is due than can be done at once, it is done in
slices with others between them, and the present is the time everything is done up to (decisions/002). What a
caller gets is let go only when every entry before it is on disk, so nobody sees what a crash could undo. A bug or
a failed write halts the venue, whatever it was for; the journal stays good, and the next start goes on from it.
All writing is the `GroupWriter`'s: the venue itself can only read the store (decisions/009).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tallystick.engine import core, ledger, transient
from tallystick.engine.commands import Command, CreateUser, NoteKeys, Tick
from tallystick.engine.core import Rejected, Stamp
from tallystick.engine.interest import Charge
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.store.api import (
    GENESIS,
    KeyRecord,
    Reader,
    Reset,
    Store,
    StoreError,
    genesis_hash,
    seal,
)
from tallystick.venue import recovery, snapshots
from tallystick.venue.alarm import Alarm
from tallystick.venue.clock import Clock, Mode
from tallystick.venue.entries import encode_command, encode_events
from tallystick.venue.histories import Histories
from tallystick.venue.interfaces import Feed, Listener, Outcome, Overtaken
from tallystick.venue.keys import digest_of, require_noted
from tallystick.venue.present import Present
from tallystick.venue.recording import NoRecording, Recording
from tallystick.venue.schedule import Schedule
from tallystick.venue.sequencer import GroupWriter, VenueHalted
from tallystick.venue.slices import Slice
from tallystick.venue.traded import OwnTrades
from tallystick.venue.verify import Verdict, verify_running
from tallystick.views.rows import rows_of

__all__ = ["Feed", "Listener", "Outcome", "Overtaken", "Rejected", "Venue", "VenueHalted"]

T = TypeVar("T")
log = logging.getLogger("tallystick")

SLICE_ENTRIES = 256
"""So many entries are made in one go at most while catching up, before others have a turn."""


def _whole(stamp: Stamp, events: list[Any], state: State) -> Outcome:
    return Outcome(stamp, events)


class Venue:
    """Recovers from `store` at once (raises JournalDamaged, StoreError), lives between `start` and `stop`.

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
        snapshot_every: int = snapshots.EVERY,
    ) -> None:
        recovered = recovery.recover(store, parameters, clock.now_ms())
        self.store: Reader = store
        self.histories = Histories(self.query, store)
        self.feed = feed
        stored = require_noted(store.load_keys(), recovered.keys_digest)
        self.keys: dict[str, KeyRecord] = {key.api_key: key for key in (*stored, *keys)}
        self._new_keys = tuple(keys)
        self._rows_anew = recovered.rows
        self._keys_digest = recovered.keys_digest
        self._new_settings = dict(settings or {})
        if recovered.genesis:
            self._new_settings[GENESIS] = recovered.genesis
        self._clock = clock
        self._parameters = parameters
        self._seeds = tuple(seeds)
        self.machine = clock.machine
        self._writer = GroupWriter(store, self._halt, clock.machine)
        self._present = Present(clock, self._writer)
        self._snapshots = snapshots.Snapshots(self._writer, snapshot_every)
        self._halted: str | None = None
        self.on_charges: Callable[[list[Charge]], None] | None = None
        """Told of the interest that an entry books; that is by the events of an account, not when its hour passes."""
        self.listener: Listener | None = None
        self._alarm = Alarm(clock, self._wake)
        self._catching_up: asyncio.Task[None] | None = None
        self._settling = 0
        """How many are on the way to a later time."""
        self.behind = False
        """There was more to do than fitted into a slice, and the venue is at it."""
        self._moving = asyncio.Lock()
        self._moves = 0
        """How often the clock was set."""
        self._left_ms = 0
        """Who put the clock to this time has gone before it was reached."""
        self._leaving = False
        self._take_up(recovered.state, recovered.last_hash)

    def _take_up(self, state: State, last_hash: bytes) -> None:
        self._state = state
        recording = self.feed if isinstance(self.feed, Recording) else NoRecording()
        self.market = OwnTrades(recording)
        self._last_hash = last_hash
        self._snapshots.begin(state.seq)
        self._schedule = Schedule(self.feed)
        self._plan()

    # ---- life

    async def start(self, progress: Callable[[int, int], None] = lambda at_ms, until_ms: None) -> None:
        """Begin or go on: seeds at the first start, then everything that fell due while the venue was down.

        Interest of every missed hour is charged; of the recording only the last day is caught up with. A new venue
        is written in one transaction. `progress` is told the time reached and the one to reach, now and then. Raises
        VenueHalted: the disk refuses, or `leave_off` was called; `stop` is to follow all the same.
        """
        self._writer.start()
        for name, value in self._new_settings.items():
            self._writer.put_setting(name, value)
        for key in self._new_keys:
            self._writer.put_key(key)
        if self._rows_anew:
            self._writer.put_rows(self._rows_anew)
            self._rows_anew = ()
        now_ms = self._clock.now_ms()
        if self._state.seq == 0:
            self._begin()
        else:
            self.market.read(self.store, self._state.last_trade_id)
            self._resume(now_ms)
        self._note_keys(self._state.at_ms)
        await self._settle(lambda: now_ms, lambda at_ms: progress(at_ms, now_ms))
        self._present.keep(self.now_ms())
        await self._writer.wait()
        self._arm()

    def _begin(self) -> None:
        """The first prices and the seeds, in one transaction. Raises Rejected: a seed is wrong."""
        at_ms = self._state.at_ms
        prices = self._schedule.begin(at_ms)
        for command in self._seeds if prices is None else (prices, *self._seeds):
            self._carry_out(at_ms, command)
        self._plan()

    def _resume(self, now_ms: int) -> None:
        prices = self._schedule.resume(self._state, now_ms)
        if prices is not None:
            self._carry_out(self._state.at_ms, prices)
        self._plan()

    def leave_off(self) -> None:
        """Begin nothing more that takes long: whoever is on the way to a later time ends where it is. `stop` follows.

        Their calls raise VenueHalted, and a clock that was put forward shows the time they got to.
        """
        self._leaving = True

    async def stop(self) -> str | None:
        """Write everything and a snapshot. The store stays open and belongs to the caller.

        Returns why the venue had halted, or halted over this; None where all is on disk.
        """
        self._alarm.off()
        if self._catching_up is not None:
            await asyncio.wait([self._catching_up])
        if self._halted is None:
            self._snapshots.take(self._state, self._last_hash)
            self._present.keep_last()
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
            self._alarm.off()
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
            await self._writer.wait()

    async def _enter(self) -> int:
        """Wait for one's turn. Returns its time, until which everything due is done.

        What is overdue is done first, as far as it fits into a slice. Where it does not, the venue catches up with
        its clock by and by, and the turn is at the time it has got to.
        """
        self._require_running()
        if self._schedule.next_ms <= self._clock.now_ms():
            if not self._on_the_way:
                self._do_slice(self._clock.now_ms())
            # What is due at the very present goes before whoever asks, however much it is.
            while self._schedule.next_ms <= self._state.at_ms:
                await asyncio.sleep(0)
                self._require_running()
                self._do_slice(self._state.at_ms)
            if self._schedule.next_ms <= self._clock.now_ms():
                self._wake()
        at_ms = self.now_ms()
        self._present.may_be_told(at_ms)
        return at_ms

    def _require_running(self) -> None:
        if self._halted is not None:
            raise VenueHalted(self._halted)

    @property
    def _on_the_way(self) -> bool:
        """Somebody does already what is due."""
        return self._settling > 0 or self._catching_up is not None

    async def _settle(self, until_ms: Callable[[], int], progress: Callable[[int], None] | None = None) -> bool:
        """Do all that is due until then, and give way to others in between. Whether that was needed.

        Raises VenueHalted, and what `until_ms` raises.
        """
        gave_way = False
        self._settling += 1
        try:
            while not self._do_slice(until_ms()):
                gave_way = self.behind = True
                await self._writer.give_way(SLICE_ENTRIES)
                if self._leaving:
                    raise VenueHalted(f"the venue is being stopped; its time is {self.now_ms()}")
                if progress is not None:
                    progress(self._state.at_ms)
        finally:
            self._settling -= 1
            self.behind = False
        return gave_way

    def _do_slice(self, until_ms: int) -> bool:
        """Do of what is due until then as much as fits into a slice; whether that was all."""
        until_ms = max(until_ms, self._state.at_ms)
        piece = Slice(self.machine)
        for _ in range(SLICE_ENTRIES):
            if self._schedule.next_ms > until_ms:
                return True
            self._do_next()
            if piece.over:
                break
        return self._schedule.next_ms > until_ms

    def _do_next(self) -> None:
        """Do what is due first. Any error is a bug, a refusal too, since nobody asked for it: it halts the venue."""
        due_ms = self._schedule.next_ms
        try:
            due_ms, command = self._schedule.take(self._state)
            outcome = self._carry_out(max(due_ms, self._state.at_ms), command)
        except VenueHalted:
            raise
        except Exception as error:
            raise self._bug(f"what was due at {due_ms}", error) from error
        if outcome.events:
            return
        if type(command) is Tick:
            self._halt(f"a tick was due at {due_ms} and did nothing")
            raise VenueHalted(str(self._halted))
        self._plan()

    def _carry_out(self, at_ms: int, command: Command) -> Outcome:
        """Stamp, decide, journal. Any error but a refusal is a bug and halts the venue."""
        if self._halted is not None:
            raise VenueHalted(self._halted)
        state = self._state
        stamp = Stamp(state.seq + 1, at_ms)
        try:
            events = core.handle(state, stamp, command)
            if events:
                if self.on_charges is not None:
                    self.on_charges(transient.of(state).charges)
                self.market.note(stamp, events)
                entry = seal(self._last_hash, stamp.seq, at_ms, encode_command(command), encode_events(command, events))
                self._writer.put(entry, rows_of(stamp, events, state))
                self._last_hash = entry.hash
                self._plan()
                if self.listener is not None:
                    self._tell(self.listener, stamp, events)
        except Rejected:
            raise
        except Exception as error:
            raise self._bug(f"{type(command).__name__} at seq {stamp.seq}", error) from error
        if self._snapshots.due(stamp.seq):
            self._snapshots.take(self._state, self._last_hash)
        return Outcome(stamp, events)

    def _tell(self, listener: Listener, stamp: Stamp, events: list[Any]) -> None:
        release = listener.entry(stamp, events, self._state)
        if release is not None:
            self._writer.after(release)

    def look(self, answer: Callable[[State, int], T]) -> T:
        """Ask the state as it is, without a turn and without waiting; what is made of it must not leave before
        `when_durable` says so. Raises VenueHalted, and what `answer` raises."""
        self._require_running()
        at_ms = self.now_ms()
        self._present.may_be_told(at_ms)
        try:
            return answer(self._state, at_ms)
        except ledger.InvariantViolation as error:
            raise self._bug("a look at the state", error) from error

    def when_durable(self, release: Callable[[], None]) -> None:
        """Call `release` when all that has happened so far is on disk; never, if that fails."""
        self._writer.after(release)

    # ---- time

    def now_ms(self) -> int:
        """The present: the clock's time, or where something is overdue the last moment before it.

        It never runs backwards. Whoever tells it asks for `tell_ms`, or has a turn or a look.
        """
        return self._present.ms(self._state.at_ms, self._schedule.next_ms)

    async def tell_ms(self) -> int:
        """The present, when it may be told. Raises VenueHalted."""
        at_ms = self.now_ms()
        await self.tell(at_ms)
        return at_ms

    async def tell(self, at_ms: int) -> None:
        """Wait until a time may be told, since no start to come will be at an earlier one. Raises VenueHalted."""
        if self._halted is None and not self._present.may_be_told(at_ms):
            await self._writer.wait()

    @property
    def clock(self) -> tuple[Mode, int]:
        """Mode and speed."""
        return self._clock.mode, self._clock.speed

    @property
    def hurries(self) -> bool:
        """Time passes faster here than for those who look at it: the clock is fast, or a running one is caught up
        with."""
        return self._clock.mode == "real" and (self._clock.speed > 1 or self.behind)

    def wait_s(self, at_ms: int) -> float | None:
        """Seconds of the machine's time until it is `at_ms` here; None while the clock stands still before that."""
        return self._clock.wait_s(at_ms)

    async def set_clock(self, mode: Mode | None = None, speed: int | None = None, at_ms: int | None = None) -> int:
        """Freeze, free, speed up, or put forward to `at_ms`. Returns the new time.

        Mode and speed take effect at once: whoever is on the way to a later time ends where they are; with `at_ms`
        they wait their turn, as `advance` does. Raises, before that, ValueError for an unknown mode or speed, or a
        time before the present one or no venue can be at; VenueHalted; Overtaken.
        """
        if at_ms is not None:
            return await self._forward(mode, speed, lambda now_ms: at_ms)
        self._set_clock(mode, speed, await self._enter())
        return await self._arrive(self.now_ms())

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
        a step of a repay). `progress` is told the time reached, now and then. One goes after the other; others
        have their turns on the way, at the time it has got to. Raises ValueError at once, VenueHalted, Overtaken.
        """
        if (by_ms is not None) + (to_ms is not None) + to_next != 1:
            raise ValueError("give one of by_ms, to_ms and to_next")

        def target_ms(now_ms: int) -> int:
            return self._schedule.tick_ms if to_next else to_ms if to_ms is not None else now_ms + (by_ms or 0)

        return await self._forward(None, None, target_ms, progress)

    async def _forward(
        self,
        mode: Mode | None,
        speed: int | None,
        target_ms: Callable[[int], int],
        progress: Callable[[int], None] | None = None,
    ) -> int:
        # It only gets later while others are on their way, so what cannot be is refused before their turns.
        await self._checked(mode, speed, target_ms)
        async with self._moving:
            await self._settle(lambda: self._left_ms)
            at_ms = await self._checked(mode, speed, target_ms)
            self._set_clock(mode, speed, at_ms)
            return await self._arrive(at_ms, progress)

    async def _checked(self, mode: Mode | None, speed: int | None, target_ms: Callable[[int], int]) -> int:
        """The time to put the clock to. Raises ValueError: that, the mode or the speed cannot be; VenueHalted."""
        now_ms = await self._enter()
        at_ms = target_ms(now_ms)
        try:
            return self._clock.checked(mode, speed, at_ms, now_ms)
        except ValueError:
            await self.tell(now_ms)
            raise

    def _set_clock(self, mode: Mode | None, speed: int | None, at_ms: int) -> None:
        self._clock.set(mode, speed, at_ms)
        self._moves += 1
        self._left_ms = 0

    async def _arrive(self, at_ms: int, progress: Callable[[int], None] | None = None) -> int:
        moves = self._moves

        def target_ms() -> int:
            if self._moves != moves:
                raise Overtaken(self.now_ms(), at_ms)
            return at_ms

        try:
            await self._settle(target_ms, progress)
        except VenueHalted:
            if self._leaving:
                # Who put the clock forward is told no; a clock that went by itself stays where it is.
                self._clock.set(at_ms=self.now_ms())
            raise
        except asyncio.CancelledError:
            # The caller has gone: the venue catches up by itself, and whoever waits in line goes on from there.
            self._left_ms = at_ms
            raise
        finally:
            self._arm()
        now_ms = max(at_ms, self._state.at_ms)
        self._present.keep(self.now_ms())
        await self._writer.wait()
        if self.listener is not None:
            self.listener.clock_moved()
        return now_ms

    def _plan(self) -> None:
        """What comes next, after anything that may have changed it."""
        self._schedule.plan(self._state)
        self._alarm.bring_forward(self._schedule.next_ms)

    def _arm(self) -> None:
        """Have what falls due next done in time, also when nobody asks."""
        if self._halted is None:
            self._alarm.set(self._schedule.next_ms)

    def _wake(self) -> None:
        if not self._on_the_way:
            self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())

    async def _catch_up(self) -> None:
        try:
            gave_way = await self._settle(self._clock.now_ms)
        except VenueHalted:
            # The reason is kept, and told to everyone who asks for something.
            return
        finally:
            self._catching_up = None
        self._arm()
        if gave_way and self.listener is not None:
            self.listener.clock_moved()

    # ---- looking at it, and starting over

    async def add_key(self, key: KeyRecord) -> None:
        """Make a key known, durably."""
        at_ms = await self._enter()
        self._writer.put_key(key)
        self.keys[key.api_key] = key
        self._note_keys(at_ms)
        await self._writer.wait()

    def _note_keys(self, at_ms: int) -> None:
        """Have the journal tell of the keys, where it has not yet, in the transaction they are written in."""
        before, self._keys_digest = self._keys_digest, digest_of(self.keys.values())
        if before != self._keys_digest:
            self._carry_out(at_ms, NoteKeys(digest=self._keys_digest))

    async def state_hash(self) -> tuple[int, str]:
        """Number of the last entry and the hash of the state after it."""
        return await self.query(lambda state, _: (state.seq, core.state_hash(state)))

    async def verify(self) -> Verdict:
        """`verify.verify` of all that is stored at this moment. Raises VenueHalted: the venue is being stopped."""
        return await verify_running(self.store, lambda: self._state, self.state_hash, lambda: self._leaving)

    async def reset(self) -> None:
        """Forget everything but the keys of seeded users, and begin again at the present time with the seeds.

        All of it in one transaction: who starts after a crash finds the old venue or the new one.
        """
        started_at_ms = await self._enter()
        self._set_clock(None, None, started_at_ms)
        genesis = recovery.genesis_text(self._parameters, started_at_ms)
        seeded = frozenset(command.user_id for command in self._seeds if isinstance(command, CreateUser))
        self._writer.put_reset(Reset(genesis, seeded))
        self.keys = {name: key for name, key in self.keys.items() if key.user_id in seeded}
        self._take_up(core.decode_state(genesis.encode()), genesis_hash(genesis))
        if self.listener is not None:
            self.listener.begun_anew()
        self._begin()
        self._keys_digest = ""
        self._note_keys(self._state.at_ms)
        self._present.keep(started_at_ms)
        await self._writer.wait()
        self._arm()
