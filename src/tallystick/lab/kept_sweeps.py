"""Folders of sweeps: what is swept, each cell as it is done, and the run of the cell that is under way.

DIR/manifest.json      what decides every byte of each cell, and the axes
DIR/book.json          the state of the book
DIR/cells/N.json       cells that are done
DIR/under-way/         the run of the next cell, kept as any other run is, until its cell is done
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from tallystick.lab.book import Book
from tallystick.lab.forms import Manifest
from tallystick.lab.jobs import LabFailed
from tallystick.lab.running import BOOK, MANIFEST, Folder, book_in, require_present
from tallystick.lab.sweeping import Axis, Cell
from tallystick.store import files

CELLS: Final = "cells"
UNDER_WAY: Final = "under-way"


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """Plan of a sweep. The manifest is that of every cell, without variant and digest."""

    manifest: Manifest
    axes: list[Axis]


class SweepFolder:
    """Folder of a sweep. Each file is whole or not there; without a manifest there is no sweep, and one may begin."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def begin(self, plan: Plan, book: Book) -> None:
        """Begin a sweep here. Raises LabFailed: there is a sweep or a run already. Raises StoreError."""
        if (self.place / MANIFEST).exists():
            raise LabFailed(f"{self.place} holds a sweep or a run: resume it, or name another folder")
        files.make_folder(self.place)
        files.make_folder(self.place / CELLS)
        for stale in (self.place / CELLS).glob("*.json"):
            stale.unlink()
        files.write_whole(self.place / BOOK, book.encoded())
        files.write_whole(self.place / MANIFEST, _pretty(plan))

    def plan(self) -> Plan:
        """Read the plan. Raises LabFailed, also where another version began the sweep."""
        try:
            found = msgspec.json.decode((self.place / MANIFEST).read_bytes(), type=Plan)
        except (OSError, msgspec.DecodeError) as problem:
            raise LabFailed(f"{self.place} holds no sweep of the lab: {problem}") from None
        require_present(found.manifest)
        return found

    def book(self) -> Book:
        """Read the book. Raises LabFailed: it is not there, or is not the one of the plan."""
        return book_in(self.place, self.plan().manifest)

    def cell(self, number: int) -> Cell | None:
        """Read a cell; None where it is not done, or cannot be read and is done again."""
        try:
            return msgspec.json.decode(self._cell(number).read_bytes(), type=Cell)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def keep(self, number: int, cell: Cell) -> None:
        """Keep a cell, and remove its run. Raises StoreError, OSError."""
        files.write_whole(self._cell(number), _pretty(cell))
        shutil.rmtree(self.place / UNDER_WAY)

    def under_way(self, manifest: Manifest, book: Book) -> Folder:
        """Folder of the run of a cell, with what is done of it already. Raises LabFailed, StoreError, OSError."""
        folder = Folder(self.place / UNDER_WAY)
        if (folder.place / MANIFEST).exists():
            begun = folder.manifest()
            if not begun.digest and begun.variant == manifest.variant:
                return folder
        if folder.place.exists():
            shutil.rmtree(folder.place)
        folder.begin(manifest, book)
        return folder

    def _cell(self, number: int) -> Path:
        return self.place / CELLS / f"{number:03}.json"


def _pretty(told: Plan | Cell) -> bytes:
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"
