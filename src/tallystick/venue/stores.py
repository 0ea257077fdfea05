"""Opening the store of a venue: the journal in its data folder, or a database that is named by its address."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tallystick.data.install import advice
from tallystick.store import files
from tallystick.store.api import Store, StoreError
from tallystick.store.copying import Progress, digest, require_empty
from tallystick.store.format import Steps
from tallystick.store.sqlite import SqliteStore
from tallystick.venue.connection import CONNECTION, read_connection

if TYPE_CHECKING:
    from tallystick.store.postgres.store import PostgresStore

JOURNAL: Final = "journal.sqlite"
SCHEMES: Final = ("postgresql://", "postgres://")
"""Beginnings of the address of a database."""


def open_store(folder: Path, address: str | None = None, steps: Steps | None = None) -> Store:
    """Open the store of a venue to write to it. With `steps`, one of an earlier format is upgraded to the present one.

    Raises StoreInUse, StoreError. StoreError is also raised if a journal is gone that other files of the folder refer
    to.
    """
    if address is None:
        return _open_folder(folder, steps)
    make_folder_of_keys(folder)
    store = open_database(address)
    _lead(store)
    return store


def make_folder_of_keys(folder: Path) -> None:
    """Make the folder that holds the keys of a venue in a database. Raises StoreError if it holds a venue itself."""
    files.make_folder(folder)
    if files.size_of(folder / JOURNAL):
        raise StoreError(f"{folder} holds a venue of its own: give --data another folder for the keys of the database")


def open_database(address: str, *, make: bool = True) -> PostgresStore:
    """Open the store in a database to read from it, and make its tables where that is needed. Raises StoreError."""
    if not address.startswith(SCHEMES):
        raise StoreError("--store takes the address of a database, such as postgresql://user@host/name")
    try:
        # Asyncpg takes its time to load, and most venues are kept in a folder.
        from tallystick.store.postgres.store import PostgresStore
    except ModuleNotFoundError as missing:
        raise StoreError(f"a venue in PostgreSQL needs {missing.name}: {advice('postgres')}") from None
    return PostgresStore(address, make=make)


def copy(source: str, target: str, progress: Progress) -> str:
    """Copy everything from one folder or database to another, which is empty. Returns the hash of all that both hold.

    Raises StoreInUse, StoreError, what `progress` raises; then nothing was copied.
    """
    with closing(_opened(source, "there")) as kept, closing(_opened(target, "to fill")) as empty:
        require_empty(empty)
        with closing(kept.view()) as view:
            empty.fill(view, progress)
            before = digest(view, progress)
        with closing(empty.view()) as view:
            after = digest(view, progress)
    if before != after:
        raise StoreError("the copy differs from what was copied: remove it, and look at the disk it lies on")
    return after


def _opened(named: str, why: Literal["there", "to fill"]) -> SqliteStore | PostgresStore:
    """The store in a folder or at an address. Raises StoreInUse, StoreError."""
    if not named.startswith(SCHEMES):
        folder = Path(named)
        if why == "there" and not files.size_of(folder / JOURNAL):
            raise StoreError(f"there is no journal in {folder}")
        files.make_folder(folder)
        return SqliteStore(folder / JOURNAL)
    store = open_database(named, make=why == "to fill")
    if why == "to fill":
        _lead(store)
    return store


def _lead(store: PostgresStore) -> None:
    """Lead in a database, or close it. Raises StoreInUse, StoreError."""
    try:
        store.lead_alone(f"{socket.gethostname()}:{os.getpid()}")
    except BaseException:
        store.close()
        raise


def _open_folder(folder: Path, steps: Steps | None = None) -> SqliteStore:
    files.make_folder(folder)
    if not files.size_of(folder / JOURNAL):
        _require_nothing_lost(folder)
    store = SqliteStore(folder / JOURNAL, steps)
    try:
        served = read_connection(folder)
        if served is not None and served.url and store.last_entry() is None:
            raise _lost(folder, f"has no entries, and {CONNECTION} says that it was served at {served.url}")
    except BaseException:
        store.close()
        raise
    return store


def open_kept(folder: Path, address: str | None = None) -> Store:
    """Open a store that is there, to read from it. Nothing is written: another format is refused.

    Raises StoreInUse, StoreError.
    """
    if address is not None:
        return open_database(address, make=False)
    if not files.size_of(folder / JOURNAL):
        _require_nothing_lost(folder)
        raise StoreError(f"there is no journal in {folder}: name the folder of a venue with --data")
    return _open_folder(folder)


def _require_nothing_lost(folder: Path) -> None:
    """Require that a missing or empty journal never existed. Raises StoreError.

    This check comes before SQLite opens the file: beside an empty journal SQLite would delete the log, which may hold
    the rest.
    """
    if (folder / JOURNAL).is_symlink():
        raise files.not_ours(folder / JOURNAL, "a symbolic link")
    for name in (JOURNAL + "-wal", CONNECTION):
        if files.size_of(folder / name):
            state = "is empty" if (folder / JOURNAL).exists() else "is not there"
            raise _lost(folder, f"{state}, and {name} beside it says that a venue has been here")


def _lost(folder: Path, why: str) -> StoreError:
    return StoreError(
        f"{folder / JOURNAL} {why}. Put the journal back from a copy, or begin anew "
        f"with another --data, or here once {CONNECTION} and the files of the journal are removed. "
        "A venue that is kept in a database is named with --store"
    )
