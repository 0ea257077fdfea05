"""One server of several: it follows the journal until it leads, leads until its tenure is over, and begins again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from tallystick.cluster import showing
from tallystick.cluster.app import ClusterApp
from tallystick.cluster.database import Database, Look, Unreachable
from tallystick.cluster.leading import LeadingVenue
from tallystick.cluster.lease import LEASE_MS, Leading, Tenure
from tallystick.cluster.relay import COME_AGAIN
from tallystick.cluster.secret import VARIABLE
from tallystick.cluster.showing import Show
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event
from tallystick.engine.state import State
from tallystick.server.app import App
from tallystick.server.ws.hub import Hub
from tallystick.store.api import JournalDamaged, OtherVersion, Store, StoreError
from tallystick.venue.clock import Machine
from tallystick.venue.following import FollowingVenue
from tallystick.venue.sequencer import VenueHalted
from tallystick.venue.venue import Venue

T = TypeVar("T")
log = logging.getLogger("tallystick")

AT_ONCE: Final = 64
"""Entries that a follower applies between two turns of others."""
LOOKED_EVERY_S: Final = 0.1
"""Longest time between two looks at the database, beside the word of what is new."""
AGAIN_S: Final = 0.1
"""Pause before the database is tried again; each store in turn that cannot be opened doubles it."""
FAILURES_MAX: Final = 4
"""Doublings at most. Opening a store costs the database something, as it compares all tables."""


STALE_MS: Final = 3_000
"""Age of the last look at the database at which a follower ends its streams."""
STRANGE_MS: Final = 2 * LEASE_MS
"""Time for which a leader with another secret is borne."""
TOLD_EVERY_MS: Final = 10_000
"""Time between two warnings of the same trouble with the database."""
BURIED_S: Final = 5.0
"""Time for the venue of a lost leader to end its last write, as this server stops."""


def fingerprint(leader: str) -> str:
    """Fingerprint of the secret in a server's name."""
    return leader.rpartition("/")[2]


class Crew(Protocol):
    """Maker of what a node works with; tests have one without a database or a network."""

    def open_store(self) -> Store:
        """The store, to be read. Called in a thread, as the next two are. Raises StoreError."""

    def leading_venue(self, store: Store, term: int, before: FollowingVenue | None) -> LeadingVenue:
        """Venue of the leader, which writes to the store in a term; see `opening.leading_venue`."""

    def following_venue(self, store: Store) -> FollowingVenue | None:
        """Venue of a follower; see `opening.following_venue`."""

    def app_of(self, venue: Venue, role: str, term: int) -> App: ...


class Node:
    """Server with an address under which the others reach it; its name is that of its app.

    `run` ends when it is told to `stop`. `ready` is set once it leads, or follows and had no lease to take. `told`
    hears how far a venue is that catches up with its clock before it leads: the time reached, and the one to reach.
    """

    def __init__(
        self,
        app: ClusterApp,
        database: Database,
        crew: Crew,
        *,
        address: str,
        machine: Machine,
        told: Callable[[int, int], None] = lambda at_ms, until_ms: None,
        show: Show | None = None,
    ) -> None:
        self.app = app
        self.ready = asyncio.Event()
        self._database = database
        self._crew = crew
        self._name = app.name
        self._address = address
        self._machine = machine
        self._show = show
        self._told = told
        self._beginning: LeadingVenue | None = None
        """Venue that catches up with its clock, to lead then."""
        self._stopping = asyncio.Event()
        self._lost = asyncio.Event()
        self._held: tuple[Tenure, asyncio.Task[None]] | None = None
        """Tenure of this server from the moment it took the lease, and the task that renews it."""
        self._strange_ns = 0
        """Time since which a server with another secret leads; 0 where none does."""
        self._ahead_ns = 0
        """Time since which the lease has more left than one lasts; 0 where it has not."""
        self._failures = 0
        """Attempts to open the store that have failed one after the other, as far as they lengthen the pause."""
        self._said = ("", 0)
        """Last trouble with the database that was told, and when."""
        self._buried: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """End `run`: a leader saves everything and gives up its lease."""
        self._stopping.set()
        self._lost.set()
        if self._beginning is not None:
            self._beginning.leave_off()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    async def run(self) -> None:
        """Follow and lead by turns. Raises StoreError: the journal is damaged, or this server must not join.

        Raises VenueHalted: a bug ended the venue while this server led.
        """
        try:
            while not self.stopping:
                try:
                    await self._turn()
                except Unreachable as problem:
                    self._tell(problem)
                    await self._pause(AGAIN_S * 2**self._failures)
        finally:
            self.app.led_by(None)
            self.app.stand_by()
            if self._buried:
                await asyncio.wait(self._buried, timeout=BURIED_S)
            await self._database.close()

    async def _turn(self) -> None:
        """Stand by, follow, and lead once."""
        self.app.stand_by()
        self._note(await self._database.look(0, 0))
        store = await self._made(self._crew.open_store)
        try:
            venue = await self._made(self._crew.following_venue, store)
            self._failures = 0
            tenure = await self._wait_for_a_lease() if venue is None else await self._follow(venue)
            if tenure is not None:
                await self._lead(store, tenure, venue)
        finally:
            await self._renew_no_more()
            await _let_go(store)

    async def _made(self, make: Callable[..., T], *arguments: object) -> T:
        """Result of a call that reads the database, made in a thread. Raises Unreachable, JournalDamaged."""
        try:
            return await asyncio.to_thread(make, *arguments)
        except (JournalDamaged, OtherVersion):
            raise
        except StoreError as problem:
            self._failures = min(self._failures + 1, FAILURES_MAX)
            raise Unreachable(str(problem)) from problem

    def _tell(self, problem: Unreachable) -> None:
        """Warn of trouble with the database: at once where it is new, now and then while it lasts."""
        now_ns, (said, at_ns) = self._machine.since_boot_ns(), self._said
        if str(problem) != said or now_ns - at_ns > TOLD_EVERY_MS * 1_000_000:
            self._said = str(problem), now_ns
            log.warning("the database cannot be used now: %s", problem)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    # ---- following

    def _note(self, look: Look) -> None:
        """Note who leads, and that the database has been looked at. Raises StoreError: it has another secret."""
        leading = look.leading
        elsewhere = leading.left_ms > 0 and leading.leader != self._name
        self.app.looked_ns = self._machine.since_boot_ns()
        if not elsewhere or fingerprint(leading.leader) == fingerprint(self._name):
            self._strange_ns = 0
            self.app.led_by(leading if elsewhere else None)
            return
        self.app.led_by(None)
        self._strange_ns = self._strange_ns or self.app.looked_ns
        # A leader that was just killed has a lease for a moment.
        if self.app.looked_ns - self._strange_ns > STRANGE_MS * 1_000_000:
            raise StoreError(
                f"another server leads on this database ({leading.leader} at {leading.address}), and it has not the "
                f"same secret: give all servers the same {VARIABLE}"
            )

    async def _wait_for_a_lease(self) -> Tenure | None:
        """Wait until an empty database has a venue, or this server is to make one. None: look again."""
        look = await self._database.look(0, 0)
        self._note(look)
        if look.generation == 0:
            if (tenure := await self._taken(look.leading)) is not None:
                return tenure
            await self._database.news(LOOKED_EVERY_S)
        return None

    async def _follow(self, venue: FollowingVenue) -> Tenure | None:
        """Follow the journal until this server leads. None: a generation began, so all is to be read anew."""
        await venue.start()
        app = self._crew.app_of(venue, "follower", 0)
        self.app.follow(app, venue)
        try:
            async with showing.followers(app, self._show):
                return await self._followed(venue)
        finally:
            self.app.following = None
            await venue.stop()

    async def _followed(self, venue: FollowingVenue) -> Tenure | None:
        while not self.stopping:
            try:
                look = await self._applied(venue)
            except Unreachable as problem:
                await self._out_of_reach(problem)
                continue
            if look is None:
                return None
            if len(look.entries) == AT_ONCE:
                await asyncio.sleep(0)
                continue
            if (tenure := await self._taken(look.leading)) is not None:
                return tenure if await self._caught_up(venue) else None
            self.ready.set()
            await self._database.news(min(LOOKED_EVERY_S, look.leading.left_ms / 1_000 + 0.001))
        return None

    async def _out_of_reach(self, problem: Unreachable) -> None:
        """Wait for the database. What is told meanwhile grows old, so streams of it end after a while."""
        age_ms = (self._machine.since_boot_ns() - self.app.looked_ns) // 1_000_000
        if age_ms > STALE_MS:
            self._tell(problem)
            self.app.cut_sockets()
        await self._pause(AGAIN_S)

    async def _applied(self, venue: FollowingVenue) -> Look | None:
        """Look at the database, and apply what is new. None: a generation began. Raises JournalDamaged."""
        look = await self._database.look(venue.state.seq, AT_ONCE)
        if look.generation != venue.generation:
            return None
        for entry in look.entries:
            venue.follow(entry)
        venue.follow_clock(look.clock)
        self._note(look)
        return look

    async def _caught_up(self, venue: FollowingVenue) -> bool:
        """Apply all that earlier leaders wrote. False: a generation began."""
        while (look := await self._applied(venue)) is not None:
            if not look.entries:
                return True
        return False

    # ---- the lease

    async def _taken(self, leading: Leading) -> Tenure | None:
        """Take the lease if it has ended, and renew it from then on: catching up may take longer than it lasts."""
        asked_ns = self._machine.since_boot_ns()
        ahead = self._is_ahead(leading, asked_ns)
        if leading.left_ms and not ahead:
            return None
        term = await self._database.take(self._name, self._address, ahead=ahead)
        if term is None:
            return None
        tenure = Tenure(term, asked_ns, self._machine)
        self._lost.clear()
        self._held = tenure, asyncio.create_task(self._keep(tenure))
        return tenure

    def _is_ahead(self, leading: Leading, now_ns: int) -> bool:
        """True if the lease has had more left than one lasts for a whole lease, by our own clock.

        Then the database's clock was set back, and its holder is gone: a renewal would have shortened it.
        """
        if leading.left_ms <= LEASE_MS:
            self._ahead_ns = 0
            return False
        self._ahead_ns = self._ahead_ns or now_ns
        return now_ns - self._ahead_ns > LEASE_MS * 1_000_000

    async def _keep(self, tenure: Tenure) -> None:
        """Renew the lease until it is lost."""
        try:
            await self._database.keep(tenure)
        finally:
            tenure.give_up()
            self._lost.set()

    async def _renew_no_more(self) -> None:
        """End the tenure, if this server has one. A server that is stopped lets another one lead at once."""
        if self._held is None:
            return
        (tenure, keeping), self._held = self._held, None
        tenure.give_up()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        if self.stopping:
            await self._released(tenure.term)

    async def _released(self, term: int) -> None:
        try:
            await self._database.release(term)
        except Unreachable as problem:
            log.warning("the lease could not be given up, and ends by itself: %s", problem)

    # ---- leading

    async def _lead(self, store: Store, tenure: Tenure, before: FollowingVenue | None) -> None:
        """Lead until the tenure is over, or a write fails. Raises VenueHalted over a bug."""
        venue = await self._made(self._crew.leading_venue, store, tenure.term, before)
        venue.lead(tenure)
        await self._serve(venue, tenure)
        await self._end(venue, store)

    async def _serve(self, venue: LeadingVenue, tenure: Tenure) -> None:
        """Answer until this server leads no more, or is stopped."""
        app = self._crew.app_of(venue, "leader", tenure.term)
        async with showing.leaders(app, _LeadersListener(app.sockets.hub, self._lost.set), self._show):
            self._beginning = venue
            try:
                await venue.start(self._told)
            except VenueHalted as halted:
                if not self.stopping:
                    log.warning("this server was to lead in term %d: %s", tenure.term, halted)
                return
            finally:
                self._beginning = None
            self.app.lead(app, tenure)
            self.ready.set()
            if not self.stopping:
                await self._lost.wait()
            self.app.stand_by()

    async def _end(self, venue: LeadingVenue, store: Store) -> None:
        """End the venue of a leader: with its last snapshot where it was stopped, else as it is.

        The last write of a lost leader is given up with the store, and nobody waits for that.
        """
        if self.stopping and venue.halted is None:
            halted = await venue.stop()
            if halted is not None:
                log.warning("the last write failed: %s", halted)
            return
        venue.line.end("its lease has run out")
        log.warning("this server leads no more: %s", venue.halted)
        burying = asyncio.create_task(_bury(venue, store))
        self._buried.add(burying)
        burying.add_done_callback(self._buried.discard)
        if venue.line.broken:
            raise VenueHalted(venue.halted)


async def _bury(venue: LeadingVenue, store: Store) -> None:
    await _let_go(store)
    await venue.stop()


async def _let_go(store: Store) -> None:
    """Close a store, whose close may wait for the database."""
    await asyncio.to_thread(store.close)


class _LeadersListener:
    """Listener of a leader's venue: streams end at once where it halts, since another server goes on."""

    def __init__(self, hub: Hub, lost: Callable[[], None]) -> None:
        self._hub = hub
        self._lost = lost
        self.entry: Callable[[Stamp, list[Event], State], Callable[[], None] | None] = hub.entry
        self.clock_moved = hub.clock_moved
        self.begun_anew = hub.begun_anew

    def halted(self) -> None:
        for session in tuple(self._hub.sessions):
            session.cut(*COME_AGAIN)
        self._hub.halted()
        self._lost()
