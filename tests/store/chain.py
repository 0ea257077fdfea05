"""Journals for tests."""

from __future__ import annotations

from tallystick.store.api import GENESIS, Entry, Store, WriteBatch, genesis_hash, seal


def chain(count: int, genesis: str = "{}") -> list[Entry]:
    """`count` entries that follow each other, one second apart."""
    entries: list[Entry] = []
    previous = genesis_hash(genesis)
    for seq in range(1, count + 1):
        entries.append(seal(previous, seq, seq * 1_000, b'["Tick"]', b'[["HourPassed",%d]]' % seq))
        previous = entries[-1].hash
    return entries


def fill(store: Store, count: int) -> list[Entry]:
    entries = chain(count)
    store.write(WriteBatch(settings={GENESIS: "{}"}, entries=entries))
    return entries
