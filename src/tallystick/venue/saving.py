"""Snapshots that users save: the whole past of a venue under a name, to which it can be restored.

A snapshot holds journal, rows, keys and settings as they are after the last entry, so that everything can be checked
in it as in a venue, and nothing depends on what becomes of the venue. Saving, restoring and deleting are one
transaction each (decisions/037). Snapshots outlive resets and restores.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from tallystick.engine import core
from tallystick.engine.state import State
from tallystick.store.api import KeyRecord, Reader, Save, Saved, StoreError, snapshot_hash
from tallystick.venue import recovery
from tallystick.venue.line import Line
from tallystick.venue.recording import ORIGIN, NoRecording
from tallystick.venue.traded import OwnTrades

NAME_FORM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_WORDS: Final = "a name has 1 to 64 characters of A-Z, a-z, 0-9, ., _ and -, and begins with a letter or digit"
SNAPSHOTS_MAX: Final = 100
BYTES_MAX: Final = 2**31
"""Bytes of all saved snapshots together at most, as the store counts them."""


class SnapshotRefused(Exception):
    """Error: a snapshot cannot be saved or restored as asked; nothing has changed. `cure` says what to do."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(f"{why}: {cure}")
        self.why = why
        self.cure = cure


class NoSnapshot(SnapshotRefused):
    """Error: there is no snapshot of this name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(
            f"there is no snapshot {name[:64]!r}",
            f"there are: {', '.join(known[:20])}" if known else "none has been saved",
        )


class SavedSnapshots:
    """Saved snapshots of a venue. Saving, restoring and deleting go one after the other."""

    def __init__(self, line: Line, store: Reader, go_on: Callable[[str, Saved, Past], Awaitable[None]]) -> None:
        self._line = line
        self._store = store
        self._go_on = go_on
        self._busy = asyncio.Lock()

    async def all(self) -> list[Saved]:
        """Saved snapshots, oldest first. Raises VenueHalted."""
        await self._line.query(lambda state, now_ms: None)
        return await self._store.aside(self._store.saved)

    async def save(self, name: str) -> Saved:
        """Save everything as it is at this turn, under a new name; durable on return.

        Raises SnapshotRefused: a name of another form, or taken; more than SNAPSHOTS_MAX, or BYTES_MAX in all;
        VenueHalted.
        """
        if not NAME_FORM.fullmatch(name):
            raise SnapshotRefused(f"{name[:70]!r} cannot name a snapshot", NAME_WORDS)
        async with self._busy:
            known = await self.all()
            await self._require_room(name, known)
            at_ms = await self._line.enter()
            line, state = self._line, self._line.state
            if state.seq:
                line.snapshots.take(state, line.last_hash)
            line.writer.put_save(Save(name, at_ms, state.seq, line.generation))
            await line.writer.wait()
            return await self._named(name)

    async def _require_room(self, name: str, known: list[Saved]) -> None:
        if any(one.name == name for one in known):
            raise SnapshotRefused(f"there is a snapshot {name} already", "delete it first, or take another name")
        if len(known) >= SNAPSHOTS_MAX:
            raise SnapshotRefused(f"there are {len(known)} snapshots, and {SNAPSHOTS_MAX} are the most", "delete one")
        held, asked = sum(one.bytes for one in known), await self._store.aside(self._store.bytes_held)
        if held + asked > BYTES_MAX:
            raise SnapshotRefused(
                f"the snapshots hold {held:,} bytes, this one needs {asked:,} more, and {BYTES_MAX:,} are the most",
                "delete one",
            )

    async def restore(self, name: str) -> None:
        """Go on from a snapshot, as a new generation; durable on return.

        Raises NoSnapshot; StoreError: it is damaged; VenueHalted; Overtaken: on the way from its time to the present
        of a running clock. After any of the first two nothing has changed.
        """
        async with self._busy:
            saved, view = await self._found(name)
            await self._go_on(name, saved, await read_past(view))

    async def delete(self, name: str) -> None:
        """Delete a snapshot, durably. Raises NoSnapshot, VenueHalted."""
        async with self._busy:
            await self._found(name)
            await self._line.enter()
            self._line.writer.put_forget(name)
            await self._line.writer.wait()

    async def _found(self, name: str) -> tuple[Saved, Reader]:
        known = await self.all()
        view = await self._store.aside(lambda: self._store.saved_view(name))
        if view is None:
            raise NoSnapshot(name, [one.name for one in known])
        return next(one for one in known if one.name == name), view

    async def _named(self, name: str) -> Saved:
        return next(one for one in await self._store.aside(self._store.saved) if one.name == name)


class Past(NamedTuple):
    """Past of a venue, as it takes to go on from there; `origin_ms` is the first day of its recording, if any."""

    state: State
    last_hash: bytes
    keys: dict[str, KeyRecord]
    origin_ms: int | None
    market: OwnTrades


async def read_past(view: Reader) -> Past:
    """Read a past from a snapshot. Raises StoreError: it is damaged."""
    last, snapshot = await view.aside(lambda: (view.last_entry(), view.snapshot()))
    if last is None or snapshot is None:
        # It was saved before the first entry, or by an earlier version, whose state is not read.
        began = await view.aside(lambda: recovery.starting_state(view))
        recovered = await view.aside(lambda: recovery.recover(view, began.parameters, began.at_ms))
        state, last_hash = recovered.state, recovered.last_hash
    elif snapshot.hash != snapshot_hash(last.hash, snapshot.state):
        raise StoreError("the saved snapshot is damaged")
    else:
        state, last_hash = core.decode_state(snapshot.state), last.hash
    market = OwnTrades(NoRecording())
    await market.read(view, state.last_trade_id)
    keys = {key.api_key: key for key in await view.aside(view.load_keys)}
    origin = await view.aside(lambda: view.get_meta(ORIGIN))
    return Past(state, last_hash, keys, None if origin is None else int(origin), market)
