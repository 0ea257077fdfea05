"""Snapshots of the state: they are taken often enough that a start folds only a short tail of the journal."""

from __future__ import annotations

from typing import Final

from tallystick.engine import core
from tallystick.engine.state import State
from tallystick.store.api import Snapshot, snapshot_hash
from tallystick.venue.sequencer import GroupWriter

EVERY: Final = 5_000
BYTES_PER_ENTRY: Final = 2_000
"""Bytes of the last snapshot per entry until the next one: everybody waits while it is made (5 ms a megabyte)."""


class Snapshots:
    """Schedule of snapshots: the next one comes after a number of entries at the earliest."""

    def __init__(self, writer: GroupWriter, every: int) -> None:
        self._writer = writer
        self._every = every
        self._seq = 0
        self._bytes = 0

    def begin(self, seq: int) -> None:
        """Begin after this entry: everything before it is in a snapshot, or was folded."""
        self._seq, self._bytes = seq, 0

    def due(self, seq: int) -> bool:
        return seq - self._seq >= max(self._every, self._bytes // BYTES_PER_ENTRY)

    def take_last(self, state: State, last_hash: bytes) -> None:
        """Queue a snapshot if anything has happened since the last one."""
        if state.seq > self._seq:
            self.take(state, last_hash)

    def take(self, state: State, last_hash: bytes) -> None:
        """Queue a snapshot."""
        encoded = core.encode_state(state)
        self._writer.put_snapshot(Snapshot(state.seq, state.at_ms, snapshot_hash(last_hash, encoded), encoded))
        self._seq, self._bytes = state.seq, len(encoded)
