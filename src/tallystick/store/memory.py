"""A store that lasts as long as its process: for tests and for a venue inside one."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Literal, TypeVar

from tallystick.store.api import (
    GENESIS,
    Alive,
    Entry,
    HistoryRow,
    KeyRecord,
    Reader,
    Reset,
    Save,
    Saved,
    Snapshot,
    StoreError,
    WriteBatch,
)
from tallystick.store.records import superfluous

T = TypeVar("T")


class MemoryStore:
    """Implements `store.api.Store`. Rows are kept sorted per (table, user), so pages cost what they return."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._order: dict[tuple[str, int], list[tuple[int, int]]] = {}
        self._rows: dict[tuple[str, int, int, int], HistoryRow] = {}
        self._snapshots: list[Snapshot] = []
        self._keys: dict[str, KeyRecord] = {}
        self._meta: dict[str, str] = {}
        self._bytes = 0
        self._saved: dict[str, tuple[Saved, MemoryStore]] = {}
        self._changing = threading.Lock()

    def write(self, batch: WriteBatch) -> None:
        with self._changing:
            self._write(batch)

    def view(self) -> MemoryStore:
        found = MemoryStore()
        with self._changing:
            found._take(self)
            found._saved = dict(self._saved)
        return found

    @classmethod
    def holding(cls, view: Reader) -> MemoryStore:
        """Store that holds what another one holds, its saved snapshots excepted."""
        found = cls()
        if isinstance(view, MemoryStore):
            found._take(view)
        else:
            found._write(
                WriteBatch(
                    settings=view.load_meta(),
                    keys=view.load_keys(),
                    entries=list(view.entries()),
                    rows=list(view.history()),
                )
            )
            kept = (view.snapshot(seq) for seq in view.snapshots())
            found._snapshots = [snapshot for snapshot in kept if snapshot is not None]
        return found

    def _take(self, other: MemoryStore) -> None:
        """Hold what another store holds, its saved snapshots excepted."""
        self._entries = list(other._entries)
        self._order = {place: list(keys) for place, keys in other._order.items()}
        self._rows = dict(other._rows)
        self._snapshots = list(other._snapshots)
        self._keys = dict(other._keys)
        self._meta = dict(other._meta)
        self._bytes = other._bytes

    def _write(self, batch: WriteBatch) -> None:
        self._check_follows(batch)
        if batch.forget is not None:
            self._saved.pop(batch.forget, None)
        if batch.reset is not None:
            self._reset(batch.reset)
        if batch.restore is not None:
            self._take(self._saved[batch.restore][1])
        self._meta.update(batch.settings)
        for key in batch.keys:
            self._keys[key.api_key] = key
        self._entries.extend(batch.entries)
        self._bytes += sum(len(entry.command) + len(entry.events) for entry in batch.entries)
        for row in batch.rows:
            self._put(row)
        if batch.snapshot is not None:
            self._put_snapshot(batch.snapshot)
        if batch.save is not None:
            self._save(batch.save)

    def _check_follows(self, batch: WriteBatch) -> None:
        before = self._entries
        if batch.restore is not None:
            if batch.restore not in self._saved:
                raise StoreError(f"write failed: there is no snapshot {batch.restore!r}")
            before = self._saved[batch.restore][1]._entries
        seq = before[-1].seq if before and batch.reset is None else 0
        for entry in batch.entries:
            seq += 1
            if entry.seq != seq:
                raise StoreError(f"entry {entry.seq} does not follow entry {seq - 1}")

    def _put_snapshot(self, snapshot: Snapshot) -> None:
        kept = {one.seq: one for one in self._snapshots} | {snapshot.seq: snapshot}
        for seq in superfluous(sorted(kept)):
            del kept[seq]
        self._snapshots = [kept[seq] for seq in sorted(kept)]

    def _save(self, asked: Save) -> None:
        copy = MemoryStore()
        copy._take(self)
        copy._snapshots = self._snapshots[-1:]
        saved = Saved(asked.name, asked.at_ms, asked.seq, asked.generation, self.bytes_held())
        self._saved[asked.name] = (saved, copy)

    def _reset(self, reset: Reset) -> None:
        self._entries.clear()
        self._order.clear()
        self._rows.clear()
        self._snapshots.clear()
        self._bytes = 0
        self._keys = {name: key for name, key in self._keys.items() if name in reset.keep_keys}
        self._meta[GENESIS] = reset.genesis

    def _put(self, row: HistoryRow) -> None:
        place = (row.table, row.user_id, row.key, row.id)
        if place not in self._rows:
            insort(self._order.setdefault(place[:2], []), place[2:])
        else:
            self._bytes -= len(self._rows[place].body)
        self._rows[place] = row
        self._bytes += len(row.body)

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        # Sequence numbers run from 1 without a gap, so the place in the list is known.
        return iter(self._entries[max(after_seq, 0) :])

    async def entries_above(self, seq: int, limit: int) -> list[Entry]:
        return list(islice(self.entries(seq), limit))

    def last_entry(self) -> Entry | None:
        return self._entries[-1] if self._entries else None

    def snapshot(self, seq: int | None = None) -> Snapshot | None:
        return next((one for one in reversed(self._snapshots) if seq is None or one.seq == seq), None)

    def snapshots(self) -> list[int]:
        return [one.seq for one in self._snapshots]

    def opener(self) -> None:
        """None: memory belongs to one process."""

    async def page(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
        holding: Sequence[bytes] = (),
    ) -> list[bytes]:
        rows = (
            row.body
            for row in self._newest_first(table, user_id, min_key, max_key)
            if (not a or row.a == a) and (not b or row.b == b) and all(piece in row.body for piece in holding)
        )
        return list(islice(rows, max(limit, 0)))

    async def run(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
    ) -> tuple[Sequence[int], Sequence[bytes]]:
        found = self._newest_first(table, user_id, min_key, max_key)
        rows = list(islice((row for row in found if (not a or row.a == a) and (not b or row.b == b)), limit))
        return [row.key for row in rows], [row.body for row in rows]

    async def key_at(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        place: int = 0,
    ) -> int | None:
        rows = self._newest_first(table, user_id, min_key, max_key)
        found = (row.key for row in rows if (row.b == b if b else not a or row.a == a))
        return next(islice(found, place, None), None)

    def _newest_first(self, table: str, user_id: int, min_key: int, max_key: int) -> Iterator[HistoryRow]:
        order = self._order.get((table, user_id), [])
        first = bisect_left(order, min_key, key=_key)
        last = bisect_right(order, max_key, key=_key)
        for index in range(last - 1, first - 1, -1):
            yield self._rows[(table, user_id, *order[index])]

    async def row(self, table: str, user_id: int, key: int) -> bytes | None:
        return next(iter(await self.page(table, user_id, key, key, limit=1)), None)

    async def find(self, table: str, user_id: int, a: str | None = None, b: str | None = None) -> bytes | None:
        order = self._order.get((table, user_id))
        if not order:
            return None
        return next(iter(await self.page(table, user_id, order[0][0], order[-1][0], a, b, limit=1)), None)

    def history(self) -> Iterator[HistoryRow]:
        return iter([self._rows[place] for place in sorted(self._rows)])

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        rows = self._rows.values()
        found = [(row.table, row.user_id, row.a if column == "a" else row.b, row.key, row.id) for row in rows]
        return iter(sorted(place for place in found if place[2]))

    def bytes_held(self) -> int:
        return self._bytes + sum(len(one.state) for one in self._snapshots)

    def saved(self) -> list[Saved]:
        return [saved for saved, _ in self._saved.values()]

    def saved_view(self, name: str) -> MemoryStore | None:
        found = self._saved.get(name)
        return None if found is None else found[1]

    def faults(self, alive: Alive) -> list[str]:
        return []

    def load_keys(self) -> list[KeyRecord]:
        return [self._keys[api_key] for api_key in sorted(self._keys)]

    def load_meta(self) -> dict[str, str]:
        return dict(self._meta)

    def get_meta(self, name: str) -> str | None:
        return self._meta.get(name)

    async def aside(self, read: Callable[[], T]) -> T:
        return read()

    async def leave(self) -> None:
        """Does nothing: memory belongs to no loop."""

    def close(self) -> None:
        """Does nothing: memory has no file to close."""


def _key(place: tuple[int, int]) -> int:
    return place[0]
