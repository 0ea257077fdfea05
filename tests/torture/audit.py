"""Looks at a folder that power was cut from, and says what is wrong with it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw

from tallystick.engine import core
from tallystick.store.api import Entry, StoreError, checked_entries
from tallystick.store.sqlite import SqliteStore
from tallystick.venue import recovery
from tallystick.venue.boot import JOURNAL
from tallystick.venue.entries import command_of
from tallystick.venue.parameters import load_parameters
from tallystick.venue.verify import verify
from tests.torture.power import Image


@dataclass(frozen=True)
class Truth:
    """What was recorded, to its end: hashes of the entries, and of the state after none, one, two ... of them."""

    entries: tuple[bytes, ...]
    states: tuple[str, ...]


def truth_of(folder: Path) -> Truth:
    """Decides every command anew, on an engine that never saw a disk."""
    store = SqliteStore(folder / JOURNAL)
    try:
        entries = tuple(checked_entries(store))
        genesis = store.get_meta("genesis")
    finally:
        store.close()
    assert genesis is not None
    state = core.decode_state(genesis.encode())
    states = [core.state_hash(state)]
    for entry in entries:
        core.handle(state, core.Stamp(entry.seq, entry.at_ms), command_of(entry))
        states.append(core.state_hash(state))
    return Truth(tuple(entry.hash for entry in entries), tuple(states))


def lay_out(image: Image, folder: Path) -> None:
    """Put the files of an image into an empty folder."""
    for path in folder.iterdir():
        path.unlink()
    for name, content in image.files.items():
        (folder / name).write_bytes(content)


def problem_of(image: Image, folder: Path, truth: Truth, *, whole: bool) -> str:
    """What is wrong with an image that was laid out; "" where nothing is. `whole` runs `verify` on it as well."""
    try:
        store = SqliteStore(folder / JOURNAL)
    except StoreError as error:
        return f"it does not open: {error}"
    try:
        # What is damaged may show only when the log is folded into the file.
        with closing(store):
            return _problem(store, image, truth, whole=whole) or _damage(folder / JOURNAL)
    except (StoreError, apsw.Error) as error:
        return f"it cannot be read: {error}"


def _problem(store: SqliteStore, image: Image, truth: Truth, *, whole: bool) -> str:
    entries: list[Entry] = list(checked_entries(store)) if store.last_entry() else []
    if len(entries) < image.promised_seq:
        return f"entry {image.promised_seq} was acknowledged, and the journal ends with {len(entries)}"
    if tuple(entry.hash for entry in entries) != truth.entries[: len(entries)]:
        return "the entries are not those that were made"
    missing = image.promised_keys - {key.api_key for key in store.load_keys()}
    if missing:
        return f"{len(missing)} keys were acknowledged and are lost"
    if not entries:
        return ""
    recovered = recovery.recover(store, load_parameters(), 0)
    if core.state_hash(recovered.state) != truth.states[len(entries)]:
        return f"the state after entry {len(entries)} is not the one there was"
    if whole and not (verdict := verify(store)).ok:
        return f"verify: {verdict.problem}"
    return ""


def _damage(path: Path) -> str:
    """What SQLite itself says of the file."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        found = str(connection.pragma("quick_check"))
        return "" if found == "ok" else f"the file is damaged: {found}"
    finally:
        connection.close()
