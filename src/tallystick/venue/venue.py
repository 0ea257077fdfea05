"""The venue as other rooms see it: one face for the line, the timekeeper and the histories.

This module starts, stops, verifies and resets it. The work in between is in `line` (commands, queries and
everything due), `timekeeper` (the clock) and `histories` (rows).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from tallystick.engine import core
from tallystick.engine.commands import Command, CreateUser, NoteKeys
from tallystick.engine.core import Rejected
from tallystick.engine.interest import Charge
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.store.api import GENERATION, GENESIS, Entry, KeyRecord, Reader, Reset, Saved, Store, genesis_hash
from tallystick.store.memory import MemoryStore
from tallystick.venue import recovery, snapshots
from tallystick.venue.clock import Clock, Mode, required
from tallystick.venue.histories import Histories
from tallystick.venue.interfaces import Advancing, Feed, Listener, Outcome, Overtaken, UnderWay
from tallystick.venue.keys import (
    Credentials,
    Material,
    digest_of,
    is_seeded,
    new_credentials,
    random_material,
    record_of,
    require_noted,
)
from tallystick.venue.line import Line
from tallystick.venue.own import listings_first
from tallystick.venue.recording import DAY_MS, ORIGIN
from tallystick.venue.saving import Past, SavedSnapshots
from tallystick.venue.sequencer import VenueHalted
from tallystick.venue.timekeeper import Timekeeper
from tallystick.venue.traded import OwnTrades
from tallystick.venue.verify import Progressing, Verdict, verify_running

__all__ = ["Advancing", "Feed", "Listener", "Outcome", "Overtaken", "Rejected", "UnderWay", "Venue", "VenueHalted"]


class Venue:
    """Venue that recovers from `store` at once (raises JournalDamaged, StoreError) and runs from `start` to `stop`.

    `seeds` are commands carried out at the very first start and after a reset, before all others. `keys` and
    `settings` are new ones, stored with the first write. `material` is what later keys are made of. `recovered` is what
    the store holds, and `traded` the trades in it, if that is known. Call all methods on the event loop that awaited
    `start`. `progress` is told how many entries of the journal are read.
    """

    LINE: type[Line] = Line

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
        material: Material = random_material,
        snapshot_every: int = snapshots.EVERY,
        recovered: recovery.Recovered | None = None,
        traded: OwnTrades | None = None,
        progress: recovery.Recovering = recovery.silence,
    ) -> None:
        recovered = recovered or recovery.recover(store, parameters, clock.now_ms(), progress)
        self.store: Reader = store
        self.machine = clock.machine
        stored = require_noted(store.load_keys(), recovered.keys_digest)
        self._seeded_keys = {key.api_key: key for key in (*stored, *keys) if is_seeded(key)}
        # A generation without the seeds has nobody for some of them; the next reset brings both back.
        there = recovered.state.users
        self._new_keys = tuple(key for key in keys if not recovered.state.seq or key.user_id in there)
        self.keys: dict[str, KeyRecord] = {key.api_key: key for key in (*stored, *self._new_keys)}
        self._rows_anew = recovered.rows
        self._traded = traded
        self._keys_digest = recovered.keys_digest
        self._new_settings = dict(settings or {})
        if recovered.genesis:
            self._new_settings[GENESIS] = recovered.genesis
            self._new_settings[GENERATION] = "1"
        self._seeded_at_ms = recovery.seeded_at_ms(store) or recovered.state.at_ms
        if store.get_meta(recovery.SEEDED_AT) is None:
            self._new_settings[recovery.SEEDED_AT] = str(self._seeded_at_ms)
        self.material = material
        self._parameters = parameters
        self._seeds = tuple(seeds)
        self.line = line = self.LINE(store, feed, clock, snapshot_every)
        line.take_up(recovered.state, recovered.last_hash, recovery.generation_of(store))
        self.timekeeper = keeper = Timekeeper(line)
        self.histories = Histories(line.query, store, lambda: line.generation, line.pages)
        self.snapshots = SavedSnapshots(line, store, self._go_on_from)
        self.submit, self.perform, self.query = line.submit, line.perform, line.query
        self.turn_at_once, self.asked = line.turn_at_once, line.asked
        self.look, self.when_durable, self.now_ms = line.look, line.when_durable, line.now_ms
        self.tell, self.tell_ms, self.telling, self.wait_s = keeper.tell, keeper.tell_ms, keeper.telling, keeper.wait_s
        self.set_clock, self.advance, self.set_out = keeper.set_clock, keeper.advance, keeper.set_out
        self.verifying: Progressing | None = None
        """Check of all stored data that is under way; None without one."""

    # ---- life

    async def start(self, progress: Callable[[int, int], None] = lambda at_ms, until_ms: None) -> None:
        """Begin or go on: seeds at the first start, then everything that became due while the venue was down.

        Interest of every missed hour is charged; of the recording only the last day is caught up with. A new venue
        is written in one transaction. `progress` is told the time reached and the one to reach, now and then. Raises
        VenueHalted: the disk refuses, or `leave_off` was called; `stop` is to follow all the same.
        """
        self.line.writer.start()
        for name, value in self._new_settings.items():
            self.line.writer.put_setting(name, value)
        for key in self._new_keys:
            self.line.writer.put_key(key)
        if self._rows_anew:
            self.line.writer.put_rows(self._rows_anew)
            self._rows_anew = ()
        now_ms = self.line.clock.now_ms()
        if self.line.state.seq == 0:
            self._begin(self._seeds)
        else:
            await self._read_trades()
            self._resume(now_ms)
        self._note_keys(self.line.state.at_ms)
        await self.line.settle(lambda: now_ms, lambda at_ms: progress(at_ms, now_ms))
        self.line.present.keep(self.now_ms())
        await self.line.writer.wait()
        self.line.arm()

    def _begin(self, seeds: Sequence[Command]) -> None:
        """Carry out the first prices and the seeds, in one transaction. Raises Rejected: a seed is wrong."""
        at_ms = self.line.state.at_ms
        prices = self.line.schedule.begin(at_ms)
        first, others = listings_first(seeds)
        for command in (*first, *([] if prices is None else [prices]), *others):
            self.line.carry_out(at_ms, command)
        self.line.plan()

    async def _read_trades(self) -> None:
        if self._traded is None:
            await self.line.market.read(self.store, self.line.state.last_trade_id)
        else:
            self.line.market.take(self._traded)

    def _resume(self, now_ms: int) -> None:
        prices = self.line.schedule.resume(self.line.state, now_ms)
        if prices is not None:
            self.line.carry_out(self.line.state.at_ms, prices)
        self.line.plan()

    def leave_off(self) -> None:
        """Begin no more long work: calls on the way to a later time end where they are. `stop` follows.

        Those calls raise VenueHalted, and a clock that was put forward shows the time they reached.
        """
        self.line.leaving = True

    async def stop(self) -> str | None:
        """Write everything and a snapshot. The store stays open and belongs to the caller.

        Returns why the venue had halted, or halted over this; None where all is on disk.
        """
        await self.line.come_to_rest()
        if self.line.halted is None:
            self.line.snapshots.take_last(self.line.state, self.line.last_hash)
            self.line.present.keep_last()
        await self.line.writer.stop()
        await self.store.leave()
        why = self.line.halted
        self.line.halted = why or "the venue has been stopped"
        return why

    # ---- what is going on

    @property
    def state(self) -> State:
        """State at this moment, durable or not. Do not change it or keep it."""
        return self.line.state

    @property
    def generation(self) -> int:
        """Number of the present generation: 1 at the first start, and one more after each reset and restore."""
        return self.line.generation

    @property
    def halted(self) -> str | None:
        """Reason why no commands are taken; None while all is well."""
        return self.line.halted

    @property
    def behind(self) -> bool:
        """True while the venue works through more than fits into one slice."""
        return self.line.behind

    @property
    def clock(self) -> tuple[Mode, int]:
        """Mode and speed of the clock."""
        return self.timekeeper.clock

    @property
    def advancing(self) -> Advancing | None:
        """The call that is putting the clock forward; None without one."""
        return self.timekeeper.advancing

    @property
    def stood_ms(self) -> int:
        """Milliseconds of the machine's time that have passed while the venue's clock was frozen."""
        return self.line.clock.stood_ms()

    @property
    def hurries(self) -> bool:
        """True if time passes faster here than for clients."""
        return self.timekeeper.hurries

    @property
    def market(self) -> OwnTrades:
        """Prices of the recording, and the venue's own trades."""
        return self.line.market

    def listen(self, listener: Listener) -> None:
        """Report every entry to this listener from now on."""
        self.line.listener = listener

    def note_charges(self, told: Callable[[list[Charge]], None]) -> Callable[[], None]:
        """Report the interest that an entry books, until the returned function is called.

        The events of an account book it, not the passing hour.
        """
        self.line.on_charges = (*self.line.on_charges, told)

        def end() -> None:
            self.line.on_charges = tuple(each for each in self.line.on_charges if each is not told)

        return end

    # ---- looking through it, and beginning anew

    async def add_key(self, make: Callable[[State, int], KeyRecord]) -> None:
        """Add a key durably; `make(state, now_ms)` makes it at its turn. Raises what `make` raises, VenueHalted."""
        at_ms = await self.line.enter()
        key = make(self.line.state, at_ms)
        self.line.writer.put_key(key)
        self.keys[key.api_key] = key
        self._note_keys(at_ms)
        await self.line.writer.wait()

    async def make_key(
        self,
        permissions: tuple[str, ...],
        owner: Callable[[State], int],
        *,
        label: str = "",
        ips: tuple[str, ...] = (),
    ) -> Credentials:
        """Make a key for the user that `owner` finds at its turn. Raises what `owner` raises, VenueHalted."""
        made: list[Credentials] = []

        def make(state: State, now_ms: int) -> KeyRecord:
            user_id = owner(state)
            made.append(new_credentials(permissions, len(self.keys), self.material))
            return record_of(made[0], user_id, label=label, ips=ips, made_at_ms=now_ms, material=self.material)

        await self.add_key(make)
        return made[0]

    def _note_keys(self, at_ms: int) -> None:
        """Note the keys in the journal if it has not noted them yet, in the transaction that writes them."""
        before, self._keys_digest = self._keys_digest, digest_of(self.keys.values())
        if before != self._keys_digest:
            self.line.carry_out(at_ms, NoteKeys(digest=self._keys_digest))

    async def state_hash(self) -> tuple[int, str]:
        """Number of the last entry and the hash of the state after it."""
        return await self.query(lambda state, _: (state.seq, core.state_hash(state)))

    async def verify(self) -> Verdict:
        """Verify the store at this moment (`verify.verify`). Raises VenueHalted: the venue is being stopped."""

        def progress(what: str, done: int, of: int) -> None:
            self.verifying = Progressing(what, done, of)

        leaving = lambda: self.line.leaving  # noqa: E731
        try:
            return await verify_running(self.store, lambda: self.line.state, self.state_hash, leaving, progress)
        finally:
            self.verifying = None

    async def entries_above(self, seq: int, limit: int) -> tuple[int, list[Entry]]:
        """First entries above a number, at most `limit`, and the generation all of them belong to."""

        async def read() -> list[Entry]:
            await self.query(lambda state, _: None)
            return await self.store.entries_above(seq, limit)

        return await self.histories.of_one_generation(read)

    async def reset(self, at_ms: int | None = None, *, seeded: bool = True) -> None:
        """Begin a new generation as a fresh venue does: with the seeds, the seeded keys, and the recording's first day.

        Without `seeded` nobody is there and no number is one's own, until the next reset.
        It begins at `at_ms`; without one at the time of the first start if the clock is frozen, else at the present.
        Mode and speed of the clock stay. Everything else is forgotten. All of it is one transaction: a start after a
        crash finds the old venue or the new one. Raises ValueError: a time outside of a venue's lifetime; VenueHalted.
        """
        if at_ms is not None:
            required(at_ms)
        now_ms = await self.line.enter()
        if at_ms is None:
            at_ms = self._seeded_at_ms if self.timekeeper.clock[0] == "frozen" else now_ms
        genesis = recovery.genesis_text(self._parameters, at_ms)
        seeds = self._seeds if seeded else ()
        people = {command.user_id for command in seeds if isinstance(command, CreateUser)}
        before = self.keys
        self._seeded_keys |= {name: key for name, key in before.items() if is_seeded(key)}
        self.keys = {name: key for name, key in self._seeded_keys.items() if key.user_id in people}
        self.line.writer.put_reset(Reset(genesis, frozenset(self.keys)))
        for name, key in self.keys.items():
            if name not in before:
                self.line.writer.put_key(key)
        if self.line.feed is not None:
            self._go_on_with(self.line.feed.begun_on(at_ms - at_ms % DAY_MS))
        self._begin_generation(core.decode_state(genesis.encode()), genesis_hash(genesis), at_ms)
        self._begin(seeds)
        self._keys_digest = ""
        self._note_keys(self.line.state.at_ms)
        self.line.present.keep(at_ms)
        await self.line.writer.wait()
        self.line.arm()

    def _go_on_with(self, feed: Feed) -> None:
        """Take prices from this feed in the generation that begins, also after a start."""
        self.line.feed = feed
        self.line.writer.put_setting(ORIGIN, str(feed.origin_ms))

    async def fork(self) -> Venue:
        """Make a second venue, in memory, that goes on from the same past and shares nothing with this one.

        Its clock shows the same time, with the same mode and speed. Saved snapshots stay here. Await its `start` on the
        loop that is to run it. Raises VenueHalted.
        """
        at_ms = await self.line.enter()
        line = self.line
        state, last_hash, keys_digest = core.encode_state(line.state), line.last_hash, self._keys_digest
        mode, speed = self.timekeeper.clock
        clock = Clock(mode, speed, at_ms, self.machine)
        view = await line.writer.view()
        try:
            store = await asyncio.to_thread(MemoryStore.holding, view)
        finally:
            view.close()
        return Venue(
            store,
            self._parameters,
            line.feed,
            clock,
            seeds=self._seeds,
            material=self.material,
            recovered=recovery.Recovered(core.decode_state(state), last_hash, keys_digest=keys_digest),
        )

    async def _go_on_from(self, name: str, saved: Saved, past: Past) -> None:
        """Put a saved snapshot in the place of everything, in one transaction.

        With a frozen clock, or one of another speed than 1, the time is that of the snapshot. A clock of speed 1 shows
        the present if that is later: everything due since happens, as after a stop.
        """
        await self.line.enter()
        mode, speed = self.timekeeper.clock
        now_ms = max(saved.at_ms, self.line.clock.now_ms() if (mode, speed) == ("real", 1) else 0)
        self.line.writer.put_restore(name)
        self.keys = past.keys
        self._keys_digest = digest_of(past.keys.values())
        if self.line.feed is not None and past.origin_ms is not None:
            self._go_on_with(self.line.feed.begun_on(past.origin_ms))
        self._begin_generation(past.state, past.last_hash, saved.at_ms)
        self.line.market.take(past.market)
        self.timekeeper.put(None, None, now_ms)
        self._resume(now_ms)
        self.line.present.keep(now_ms)
        await self.timekeeper.arrive(now_ms)

    def _begin_generation(self, state: State, last_hash: bytes, at_ms: int) -> None:
        """Go on from another state at another time, which may be earlier; callers on the way elsewhere are ended."""
        generation = self.line.generation + 1
        self.line.writer.put_setting(GENERATION, str(generation))
        self.timekeeper.put(None, None, at_ms)
        self.line.present.begin(at_ms)
        self.line.take_up(state, last_hash, generation)
        if self.line.listener is not None:
            self.line.listener.begun_anew()
