"""Group commit: writes are queued one by one and committed in groups; replies are released after the commit.

While a thread writes one group, the next one gathers. So a commit has many commands under load, and one
when idle. Everything a venue writes goes this way: entries, rows, keys, settings, snapshots, a reset, a restore. A
failed write ends it: nothing is acknowledged afterwards, since nobody knows what the disk holds until the
journal has been read again (decisions/009).
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from tallystick.store.api import Entry, HistoryRow, KeyRecord, Reader, Reset, Save, Snapshot, Store, WriteBatch
from tallystick.venue.clock import MACHINE, Machine
from tallystick.venue.slices import Slice


class VenueHalted(Exception):
    """Error: the venue takes no more commands until it is started again. The text says why."""


class Durable(asyncio.Future[None]):
    """Future that is done once a group is on disk, or cannot be written.

    `go_on` is called then, ahead of the callbacks, for work that goes on without a task. It must not raise.
    """

    go_on: Callable[[], None] | None = None

    def let_go(self) -> None:
        """Tell that the group is on disk."""
        if not self.done():
            self.set_result(None)
            if self.go_on is not None:
                self.go_on()


class _Group:
    """Content of one transaction, and the callers that wait for it."""

    __slots__ = (
        "carries",
        "entries",
        "forget",
        "keys",
        "releases",
        "reset",
        "restore",
        "rows",
        "save",
        "settings",
        "snapshot",
        "views",
        "waiters",
    )

    def __init__(self) -> None:
        self.carries = False
        """True if there is something to write."""
        self.forget: str | None = None
        self.reset: Reset | None = None
        self.restore: str | None = None
        self.save: Save | None = None
        self.settings: dict[str, str] = {}
        self.keys: list[KeyRecord] = []
        self.entries: list[Entry] = []
        self.rows: list[HistoryRow] = []
        self.snapshot: Snapshot | None = None
        self.views: list[asyncio.Future[Reader]] = []
        self.waiters: list[Durable] = []
        self.releases: list[Callable[[], None]] = []

    def batch(self) -> WriteBatch:
        return WriteBatch(
            forget=self.forget,
            reset=self.reset,
            restore=self.restore,
            settings=self.settings,
            keys=self.keys,
            entries=self.entries,
            rows=self.rows,
            snapshot=self.snapshot,
            save=self.save,
        )


class GroupWriter:
    """Only writer to a store. Everything but `_write_groups` runs on the event loop's thread.

    All that is put without giving way to the loop shares one transaction; one that saves a snapshot is closed by that,
    and waits to be written with nothing more in it. `on_failure` is given the reason for the end, and the error if
    there was one.
    """

    def __init__(
        self, store: Store, on_failure: Callable[[str, BaseException | None], None], machine: Machine = MACHINE
    ) -> None:
        self._store = store
        self._machine = machine
        self._releases: deque[Callable[[], None]] = deque()
        self._on_failure = on_failure
        self._failure: str | None = None
        self._forming = _Group()
        self._closed: deque[_Group] = deque()
        """Groups that wait to be written and take nothing more, oldest first; whoever saves waits, so they are few."""
        self._in_flight: _Group | None = None
        self._called = False
        self._queue: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_groups, name="journal", daemon=True)
        self._thread.start()

    def put(self, entry: Entry, rows: list[HistoryRow]) -> None:
        """Queue an entry and its rows."""
        self._forming.entries.append(entry)
        self._forming.rows.extend(rows)
        self._hold()

    def put_rows(self, rows: Sequence[HistoryRow]) -> None:
        """Queue rows of entries that are written already."""
        self._forming.rows.extend(rows)
        self._hold()

    def put_snapshot(self, snapshot: Snapshot) -> None:
        """Queue the state after the last entry that was put."""
        self._forming.snapshot = snapshot
        self._hold()

    def put_key(self, key: KeyRecord) -> None:
        self._forming.keys.append(key)
        self._hold()

    def put_setting(self, name: str, value: str) -> None:
        self._forming.settings[name] = value
        self._hold()

    def put_reset(self, reset: Reset) -> None:
        """Queue a reset. Earlier writes of this group that it forgets are not made; later writes come after it."""
        group = self._begin_anew()
        group.reset, group.restore = reset, None
        group.keys = [key for key in group.keys if key.api_key in reset.keep_keys]

    def put_restore(self, name: str) -> None:
        """Queue the restoring of a saved snapshot. Earlier writes of this group are not made; later ones follow it."""
        group = self._begin_anew()
        group.reset, group.restore = None, name
        group.keys.clear()
        group.settings.clear()

    def _begin_anew(self) -> _Group:
        group = self._forming
        group.entries.clear()
        group.rows.clear()
        group.snapshot = None
        self._hold()
        return group

    def put_save(self, save: Save) -> None:
        """Queue the saving of a snapshot, of everything put so far and nothing later."""
        self._forming.save = save
        self._close()

    async def view(self) -> Reader:
        """View of the store with everything put so far and nothing later. Raises VenueHalted."""
        if self._failure is not None:
            raise VenueHalted(self._failure)
        made: asyncio.Future[Reader] = self._loop.create_future()
        self._forming.views.append(made)
        self._close()
        await self.wait()
        return await made

    def put_forget(self, name: str) -> None:
        """Queue the removal of a saved snapshot."""
        self._forming.forget = name
        self._close()

    def _close(self) -> None:
        """Close the group: it is written as it is, and later writes go to the next one."""
        self._hold()
        self._closed.append(self._forming)
        self._forming = _Group()

    @property
    def settled(self) -> bool:
        """True if everything put so far is durable."""
        return not any(group.carries for group in self._all())

    @property
    def idle(self) -> bool:
        """True if everything put so far is durable and no write has failed."""
        return self._in_flight is None and not (self._forming.carries or self._closed) and self._failure is None

    def _all(self) -> list[_Group]:
        """Groups that are not durable yet, in the order they are written; the last one may be empty."""
        return [*([] if self._in_flight is None else [self._in_flight]), *self._closed, self._forming]

    def _newest(self) -> _Group | None:
        """Group with the last writes, if nothing has been put since it was closed."""
        return self._closed[-1] if self._closed else self._in_flight

    @property
    def awaited(self) -> bool:
        """True if somebody waits for what was put."""
        return any(group.waiters for group in self._all())

    @property
    def queued(self) -> int:
        """Number of entries in the next group."""
        return len(self._forming.entries)

    async def wait(self) -> None:
        """Wait until everything put before this call is durable. Raises VenueHalted."""
        durable = self.durable()
        if durable is not None:
            await durable

    def durable(self) -> Durable | None:
        """Future that is done once everything put before this call is durable; None where it is. Raises VenueHalted."""
        if self._failure is not None:
            raise VenueHalted(self._failure)
        group = self._forming if self._forming.carries else self._newest()
        if group is None:
            return None
        waiter = Durable(loop=self._loop)
        group.waiters.append(waiter)
        return waiter

    def after(self, release: Callable[[], None]) -> None:
        """Call `release` when everything put before this call is durable, in the order of these calls.

        Callers of `wait` for the same group go first: a reply leaves before its news. After a failed write nothing is
        called any more.
        """
        if self._failure is not None:
            return
        group = self._forming if self._forming.carries else self._newest()
        if group is None:
            self._let_go_of([release])
        else:
            group.releases.append(release)

    async def stop(self) -> None:
        """Write what is queued and end the thread."""
        try:
            while not self.settled:
                await self.wait()
        except VenueHalted:
            # The waiting callers already have the error; only the thread is left.
            self._forming = _Group()
            self._closed.clear()
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def fail(self, reason: str, error: BaseException | None = None) -> None:
        """End the writer: nothing more is written or released."""
        if self._failure is not None:
            return
        self._failure = reason
        for group in self._all():
            for waiter in group.waiters:
                if not waiter.done():
                    waiter.set_exception(VenueHalted(reason))
                    if waiter.go_on is not None:
                        self._loop.call_soon(waiter.go_on)
        self._on_failure(reason, error)

    # ---- groups

    def _hold(self) -> None:
        self._forming.carries = True
        self._call()

    def _call(self) -> None:
        # Handed over at the end of this round of the loop, so that every command of the round is in it.
        if not self._called and self._in_flight is None:
            self._called = True
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._called = False
        group = self._closed[0] if self._closed else self._forming
        if self._failure is not None or not group.carries:
            return
        if self._closed:
            self._closed.popleft()
        else:
            self._forming = _Group()
        self._in_flight = group
        self._queue.put(group)

    def _write_groups(self) -> None:
        while (group := self._queue.get()) is not None:
            failure: Exception | None = None
            views: list[Reader] = []
            try:
                self._store.write(group.batch())
                views = [self._store.view() for _ in group.views]
            except Exception as error:
                failure = error
            self._loop.call_soon_threadsafe(self._written, group, failure, views)

    def _written(self, group: _Group, failure: Exception | None, views: list[Reader]) -> None:
        if failure is not None:
            self.fail(f"the journal could not be written: {failure}", failure)
            self._in_flight = None
            return
        self._in_flight = None
        for made, view in zip(group.views, views, strict=True):
            if made.done():
                # Whoever asked for it has gone.
                view.close()
            else:
                made.set_result(view)
        for waiter in group.waiters:
            waiter.let_go()
        self._let_go_of(group.releases)
        self._call()

    # ---- telling

    async def give_way(self, queued_max: int) -> None:
        """Let others have a turn. Raises VenueHalted.

        If somebody waits for the disk, wait for it too. At most `queued_max` entries and a slice are queued, and no
        more are made until those made are released.
        """
        await self.told()
        if self.awaited or self.queued >= queued_max:
            await self.wait()
        else:
            await asyncio.sleep(0)

    async def told(self) -> None:
        """Wait until everything durable by now has been released."""
        if self._releases:
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._releases.append(partial(_wake, waiter))
            await waiter

    def _let_go_of(self, releases: list[Callable[[], None]]) -> None:
        if releases and not self._releases:
            self._loop.call_soon(self._let_go)
        self._releases.extend(releases)

    def _let_go(self) -> None:
        """Release the callers in the order they came, in slices."""
        piece = Slice(self._machine)
        while self._releases:
            self._releases.popleft()()
            if piece.over and self._releases:
                self._loop.call_soon(self._let_go)
                return


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
