"""Copying all of a store to another one: what is copied, in which order, and how the two are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

import msgspec

from tallystick.store.api import GENESIS, Reader, Saved, StoreError

Progress: TypeAlias = Callable[[str, int], None]
"""Callback of progress: (what is copied, how many so far). What it raises ends the copy, and nothing is copied."""
Row: TypeAlias = tuple[Any, ...]
OFTEN: Final = 1_000
"""Rows between two calls of `Progress`."""
COLUMNS: Final = {
    "meta": ("name", "value"),
    "keys": ("api_key", "user_id", "record"),
    "journal": ("seq", "at_ms", "command", "events", "hash"),
    "history": ("name", "user_id", "key", "id", "a", "b", "body"),
    "snapshot": ("seq", "at_ms", "hash", "state"),
}
"""Columns of each table that every store has."""


def tables_of(view: Reader) -> Iterator[tuple[str, Iterable[Row]]]:
    """Rows of each table of a store or of a saved snapshot, in an order of their own."""
    yield "meta", sorted(view.load_meta().items())
    yield "keys", [(key.api_key, key.user_id, msgspec.json.encode(key)) for key in view.load_keys()]
    yield "journal", (msgspec.structs.astuple(entry) for entry in view.entries())
    yield "history", (msgspec.structs.astuple(row) for row in view.history())
    yield "snapshot", (msgspec.structs.astuple(kept) for seq in view.snapshots() if (kept := view.snapshot(seq)))


def saved_in(view: Reader) -> Iterator[tuple[Saved, Reader]]:
    """Snapshots that users saved, oldest first, each with what is in it. Raises StoreError: one is missing."""
    for saved in view.saved():
        copy = view.saved_view(saved.name)
        if copy is None:
            raise StoreError(f"the saved snapshot {saved.name} is missing")
        yield saved, copy


def told(rows: Iterable[Row], what: str, progress: Progress) -> Iterator[Row]:
    """The rows, with a report of them now and then and at the end."""
    count = 0
    for count, row in enumerate(rows, start=1):
        yield row
        if count % OFTEN == 0:
            progress(what, count)
    progress(what, count)


def require_empty(store: Reader) -> None:
    """Require that a store holds nothing yet. Raises StoreError."""
    if store.last_entry() is not None or store.get_meta(GENESIS) is not None or store.load_keys() or store.saved():
        raise StoreError("the target holds a venue already: copy to a store that is empty")


def digest(view: Reader, progress: Progress) -> str:
    """Hash of all that a store holds, the same in every store that holds the same."""
    found = hashlib.sha256()
    for copy in (view, *(copy for _, copy in saved_in(view))):
        for table, rows in tables_of(copy):
            for row in told(rows, f"compared: {table}", progress):
                found.update(msgspec.msgpack.encode((table, *row)))
    return found.hexdigest()
