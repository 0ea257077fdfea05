"""The state of a venue as it was after an entry of its journal: folded anew from a snapshot before, and never kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tallystick.engine import core
from tallystick.engine.state import State
from tallystick.store.api import Reader
from tallystick.venue.entries import events_of
from tallystick.venue.recovery import starting_state

if TYPE_CHECKING:
    from tallystick.venue.venue import Venue

FOLDED_MAX: Final = 50_000
"""Entries that one look back folds at most, about half a second of work in a thread (chosen)."""


class NoEntry(Exception):
    """The journal of this generation has no such entry. `newest` is its last one."""

    def __init__(self, newest: int) -> None:
        super().__init__(newest)
        self.newest = newest


class TooFar(Exception):
    """The next snapshot before the entry is too far away. `nearest` is the entry of the snapshot, 0 for the start."""

    def __init__(self, nearest: int) -> None:
        super().__init__(nearest)
        self.nearest = nearest


async def state_after(venue: Venue, seq: int) -> State:
    """State after entry `seq`; 0 is the state before the first entry. Nothing of the venue changes.

    It is made in a thread, so others have their turns meanwhile. Raises NoEntry, then TooFar; VenueHalted.
    """
    newest = await venue.query(lambda state, _: state.seq)
    if seq > newest:
        raise NoEntry(newest)
    view = await venue.line.writer.view()
    try:
        return await asyncio.to_thread(folded, view, seq)
    finally:
        view.close()


def folded(view: Reader, seq: int) -> State:
    """State after entry `seq` of what is stored. Raises TooFar."""
    state = nearest(view, seq)
    if seq - state.seq > FOLDED_MAX:
        raise TooFar(state.seq)
    for entry in view.entries(state.seq):
        if entry.seq > seq:
            break
        core.fold(state, core.Stamp(entry.seq, entry.at_ms), events_of(entry))
    return state


def nearest(view: Reader, seq: int) -> State:
    """State of the last snapshot at or before an entry, else the one that everything began from."""
    kept = [each for each in view.snapshots() if each <= seq]
    snapshot = view.snapshot(kept[-1]) if kept else None
    return starting_state(view) if snapshot is None else core.decode_state(snapshot.state)
