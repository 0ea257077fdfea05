"""The journal of a venue that is gone, decided anew: what a start recovers must equal it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tallystick.engine import core
from tallystick.engine.events import Event
from tallystick.engine.state import State
from tallystick.store.sqlite import SqliteStore
from tallystick.venue import recovery
from tallystick.venue.boot import JOURNAL
from tallystick.venue.entries import command_of, events_of
from tallystick.venue.parameters import load_parameters


class Replay:
    """The journal of a folder, entry by entry, as far as it goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(SqliteStore(folder / JOURNAL)) as store:
            self.state: State = recovery.starting_state(store)

    def go_on(self) -> None:
        """Decide the entries that are new: the same events, the same state as a start recovers."""
        with closing(SqliteStore(self.folder / JOURNAL)) as store:
            for entry in store.entries(self.state.seq):
                events = core.handle(self.state, core.Stamp(entry.seq, entry.at_ms), command_of(entry))
                assert events == events_of(entry), entry.seq
                self.decided(events)
            recovered = recovery.recover(store, load_parameters(), 0).state
        assert recovered.seq == self.state.seq
        assert core.state_hash(recovered) == core.state_hash(self.state)

    def decided(self, events: Sequence[Event]) -> None:
        """Look at an entry, with the state as it leaves it."""
