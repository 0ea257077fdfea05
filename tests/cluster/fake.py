"""A database in memory that several nodes of one test share, with a clock that tests set, and links that can be cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tallystick.cluster import renewing
from tallystick.cluster.database import Look, Unreachable
from tallystick.cluster.leading import LeadingVenue
from tallystick.cluster.lease import LEASE_MS, Leading, Tenure
from tallystick.server import serve
from tallystick.server.app import App
from tallystick.store.api import GENERATION, Store, StoreError, WriteBatch
from tallystick.store.memory import MemoryStore
from tallystick.venue import boot
from tallystick.venue.clock import Clock
from tallystick.venue.connection import Connection, UserConnection
from tallystick.venue.following import FollowingVenue
from tallystick.venue.keys import new_credentials, record_of
from tallystick.venue.venue import Venue
from tests.server.harness import AT_MS, TOKEN
from tests.venue.machine import HandMachine
from tests.venue.world import PARAMETERS, USER, debtor

FAR = "10.9.8.7"
ANYWHERE, FROM_FAR = new_credentials(("read_only", "trade")), new_credentials(("read_only", "trade"))
"""Two keys of the user; the second one may only be used from the address `FAR`."""
KEYS = (record_of(ANYWHERE, USER), record_of(FROM_FAR, USER, ips=(FAR,)))
CONNECTION = Connection("", TOKEN, "", boot.BY_HAND, (UserConnection("debtor", str(USER), (ANYWHERE, FROM_FAR)),))


class Shared:
    """What is in the database. `machine` is also that of all nodes."""

    def __init__(self) -> None:
        self.machine = HandMachine(AT_MS)
        self.store = MemoryStore()
        self.term = 0
        self.leader = ""
        self.address = ""
        self.until_ns = 0
        self.holder: FakeDatabase | None = None
        """Server whose session holds a lock, where a planted bug has them lead by that."""
        self.waiting: set[asyncio.Event] = set()

    def tell(self) -> None:
        for event in self.waiting:
            event.set()

    def pass_s(self, seconds: float) -> None:
        self.machine.pass_s(seconds)
        self.tell()


class FencedStore(MemoryStore):
    """The shared store as one server writes to it: fenced by its term, and out of reach while it is cut off."""

    def __init__(self, database: FakeDatabase) -> None:
        super().__init__()
        self.__dict__ = database.shared.store.__dict__ | {"database": database, "term": 0}
        self.database: FakeDatabase
        self.term: int

    def write(self, batch: WriteBatch) -> None:
        shared = self.database.shared
        if self.database.cut:
            raise StoreError("write failed: the connection was cut")
        if self.term != shared.term:
            raise StoreError(f"write failed: term {shared.term} has begun, and this one is {self.term}")
        shared.store.write(batch)
        self.__dict__ |= shared.store.__dict__
        self.database.loop.call_soon_threadsafe(shared.tell)


class FakeDatabase:
    """The shared database as one server sees it, which is not at all while it is `cut` off."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.cut = False
        self.held_up = False
        """True while nothing is read for this server; it does not notice."""
        self.loop = asyncio.get_running_loop()
        self.news_came = asyncio.Event()
        shared.waiting.add(self.news_came)

    def _require_reached(self) -> None:
        if self.cut:
            raise Unreachable("the connection was cut")

    async def _go_on(self) -> None:
        """Go on once nothing is held up any more. Raises Unreachable."""
        await asyncio.sleep(0)
        while self.held_up:
            await self.news_came.wait()
            self.news_came.clear()
        self._require_reached()

    async def look(self, after_seq: int, limit: int) -> Look:
        self.news_came.clear()
        await self._go_on()
        shared = self.shared
        left_ms = max(shared.until_ns - shared.machine.since_boot_ns(), 0) // 1_000_000
        entries = await shared.store.entries_above(after_seq, limit) if limit else []
        meta = shared.store.load_meta()
        leading = Leading(shared.term, shared.leader, shared.address, left_ms)
        return Look(leading, int(meta.get(GENERATION, "0")), meta.get("clock", ""), entries)

    async def news(self, timeout_s: float) -> None:
        """Wait for as little of the machine's time as possible: tests say when something is new."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.news_came.wait(), min(timeout_s, 0.005))

    async def take(self, leader: str, address: str, *, ahead: bool) -> int | None:
        await asyncio.sleep(0)
        self._require_reached()
        shared = self.shared
        left_ns = shared.until_ns - shared.machine.since_boot_ns()
        if left_ns > 0 and not (ahead and left_ns > LEASE_MS * 1_000_000):
            return None
        shared.term += 1
        shared.leader, shared.address = leader, address
        shared.until_ns = shared.machine.since_boot_ns() + LEASE_MS * 1_000_000
        return shared.term

    async def keep(self, tenure: Tenure) -> None:
        machine = self.shared.machine
        await renewing.keep(tenure, self.renew, renewing.Heartbeat(machine), machine)

    async def renew(self, term: int) -> bool:
        await self._go_on()
        if term != self.shared.term:
            return False
        self.shared.until_ns = self.shared.machine.since_boot_ns() + LEASE_MS * 1_000_000
        return True

    async def release(self, term: int) -> None:
        self._require_reached()
        if term == self.shared.term:
            self.shared.until_ns = 0
        self.shared.tell()

    async def close(self) -> None:
        self.shared.waiting.discard(self.news_came)


class FakeCrew:
    """Implements `cluster.node.Crew` in memory: a frozen clock, and the users of every new venue."""

    def __init__(self, database: FakeDatabase) -> None:
        self.database = database
        self.machine = database.shared.machine

    def open_store(self) -> Store:
        if self.database.cut:
            raise StoreError("the connection was cut")
        return FencedStore(self.database)

    def leading_venue(self, store: Store, term: int, before: FollowingVenue | None) -> LeadingVenue:
        assert isinstance(store, FencedStore)
        store.term = term
        kept = store.get_meta("clock")
        clock = Clock("frozen", at_ms=AT_MS, machine=self.machine)
        if kept is not None:
            clock = Clock.restored(kept, 0, self.machine)
        return LeadingVenue(
            store,
            PARAMETERS,
            None,
            clock,
            seeds=debtor(),
            keys=KEYS if kept is None else (),
            recovered=None if before is None else before.handed_over(),
            traded=None if before is None else before.market,
        )

    def following_venue(self, store: Store) -> FollowingVenue | None:
        kept = store.get_meta("clock")
        if kept is None:
            return None
        clock = Clock("frozen", at_ms=AT_MS, machine=self.machine)
        clock.follow(kept)
        return FollowingVenue(store, PARAMETERS, None, clock)

    def app_of(self, venue: Venue, role: str, term: int) -> App:
        opened = boot.Opened(venue, venue.store, CONNECTION, None)
        app = serve.app_of(opened, serve.Settings(limits="off", control_token=TOKEN))
        app.control.about |= {"role": role, "term": term}
        return app
