"""The line to the disk: entries go in one by one, are committed in groups, and only then are replies let go.

While a thread writes one group, the next one gathers; so under load a commit carries many commands
and when idle it carries one. A failed write ends it: nothing is ever acknowledged after it, since
nobody knows what the disk holds until the journal has been read again.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable

from tallystick.store.api import Entry, HistoryRow, Snapshot, Store


class VenueHalted(Exception):
    """The venue takes no more commands until it is started anew. The text says what happened."""


class _Group:
    """What one transaction will carry, and who waits for it."""

    __slots__ = ("entries", "releases", "rows", "snapshot", "waiters")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.rows: list[HistoryRow] = []
        self.snapshot: Snapshot | None = None
        self.waiters: list[asyncio.Future[None]] = []
        self.releases: list[Callable[[], None]] = []


class GroupWriter:
    """Everything but `_write_groups` runs on the event loop's thread. `on_failure` is told why it ended."""

    def __init__(self, store: Store, on_failure: Callable[[str], None]) -> None:
        self._store = store
        self._on_failure = on_failure
        self._failure: str | None = None
        self._forming = _Group()
        self._in_flight: _Group | None = None
        self._called = False
        self._queue: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_groups, name="journal", daemon=True)
        self._thread.start()

    def put(self, entry: Entry, rows: list[HistoryRow]) -> None:
        """Queue for the next group. All that is put without giving way to the loop shares one transaction."""
        self._forming.entries.append(entry)
        self._forming.rows.extend(rows)
        self._call()

    def put_rows(self, rows: list[HistoryRow]) -> None:
        """Queue rows that belong to no entry of their own."""
        self._forming.rows.extend(rows)
        self._call()

    def put_snapshot(self, snapshot: Snapshot) -> None:
        """Saved after the group that forms now, whose last entry it belongs to."""
        self._forming.snapshot = snapshot
        self._call()

    @property
    def settled(self) -> bool:
        """Everything put so far is durable."""
        return self._in_flight is None and not self._forming.entries and not self._forming.rows

    async def wait(self) -> None:
        """Until everything put before this call is durable. Raises VenueHalted."""
        if self._failure is not None:
            raise VenueHalted(self._failure)
        group = self._forming if self._forming.entries or self._forming.rows else self._in_flight
        if group is not None:
            waiter: asyncio.Future[None] = self._loop.create_future()
            group.waiters.append(waiter)
            await waiter

    def after(self, release: Callable[[], None]) -> None:
        """Call `release` when everything put before this call is durable, in the order of these calls.

        Whoever waits for the same group goes first: a reply leaves before the news of it. After a failed write
        nothing is called any more.
        """
        if self._failure is not None:
            return
        group = self._forming if self._forming.entries or self._forming.rows else self._in_flight
        if group is None:
            self._loop.call_soon(release)
        else:
            group.releases.append(release)

    async def stop(self) -> None:
        """Write what is queued and end the thread."""
        try:
            while not self.settled or self._forming.snapshot is not None:
                await self.wait()
                await asyncio.sleep(0)
        except VenueHalted:
            # Already told to whoever waited; what is left is the thread.
            self._forming = _Group()
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def fail(self, reason: str) -> None:
        """Nothing more is written or let go."""
        if self._failure is not None:
            return
        self._failure = reason
        for group in (self._in_flight, self._forming):
            for waiter in group.waiters if group else ():
                if not waiter.done():
                    waiter.set_exception(VenueHalted(reason))
        self._on_failure(reason)

    # ---- groups

    def _call(self) -> None:
        # Handed over at the end of this round of the loop, so that every command of the round is in it.
        if not self._called and self._in_flight is None:
            self._called = True
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._called = False
        group = self._forming
        if self._failure is not None or not (group.entries or group.rows or group.snapshot):
            return
        self._forming, self._in_flight = _Group(), group
        self._queue.put(group)

    def _write_groups(self) -> None:
        while (group := self._queue.get()) is not None:
            failure = None
            try:
                self._store.append(group.entries, group.rows)
                if group.snapshot is not None:
                    self._store.save_snapshot(group.snapshot)
            except Exception as error:
                failure = f"the journal could not be written: {error}"
            self._loop.call_soon_threadsafe(self._written, group, failure)

    def _written(self, group: _Group, failure: str | None) -> None:
        if failure is not None:
            self.fail(failure)
            self._in_flight = None
            return
        self._in_flight = None
        for waiter in group.waiters:
            if not waiter.done():
                waiter.set_result(None)
        if group.releases:
            self._loop.call_soon(_let_go, group.releases)
        self._call()


def _let_go(releases: list[Callable[[], None]]) -> None:
    for release in releases:
        release()
