"""Model of paths that a file gives: a CSV with the columns path, step and one for each pair that moves.

    path,step,BTC-USDT
    0,1,43000
    0,2,42950.5

Steps count the prices of a path from 1 on, one an hour or four; each path has all steps of the horizon, in order.
Prices are decimal text and whole steps of their pair. A pair without a column stands still.
"""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from tallystick.engine.amounts import atoms_from_text, text_from_atoms
from tallystick.lab.book import Book
from tallystick.lab.models import BadModel, PathOf
from tallystick.lab.panels import Steps

BYTES_MOST: Final = 512 * 1024 * 1024
NAMED: Final = ("path", "step")


class Given(Struct, frozen=True):
    """Paths of a file, as text by path and step; `sha256` is the digest of the file."""

    file: str
    sha256: str
    pairs: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]

    @property
    def limit(self) -> int:
        return len(self.rows)

    def told(self) -> dict[str, str]:
        return {"model": "file", "file": self.file, "sha256": self.sha256}

    def paths(self, book: Book, seed: int, hours: int, points: int) -> PathOf:
        unknown = [pair for pair in self.pairs if pair not in book.pairs]
        if unknown:
            raise BadModel(f"no loan of the book depends on {unknown[0]}; there are {', '.join(book.pairs)}")
        still = [index // unit for index, unit in zip(book.first, book.units, strict=True)]
        places = [book.pairs.index(pair) for pair in self.pairs]

        def path(number: int) -> Steps:
            rows = self.rows[number][: hours * points]
            if len(rows) < hours * points:
                raise BadModel(f"path {number} of {self.file} has {len(rows)} of {hours * points} steps")
            found = np.tile(np.array(still, dtype=np.int64), (len(rows), 1))
            for place, pair, column in zip(places, self.pairs, zip(*rows, strict=True), strict=True):
                unit = book.units[place]
                found[:, place] = [self._whole(number, step, pair, text, unit) for step, text in enumerate(column, 1)]
            return found

        return path

    def _whole(self, number: int, step: int, pair: str, text: str, unit: int) -> int:
        try:
            price = atoms_from_text(text)
        except ValueError:
            price = 0
        if price <= 0 or price % unit or price // unit >= 2**53:
            raise BadModel(
                f"path {number}, step {step} of {self.file}: {pair} at {text[:40]!r} is no price in whole steps of "
                f"{text_from_atoms(unit)}"
            )
        return price // unit


def given_in(path: Path) -> Given:
    """Read a file of paths. Raises BadModel, OSError."""
    if path.stat().st_size > BYTES_MOST:
        raise BadModel(f"{path} is larger than {BYTES_MOST} bytes")
    raw = path.read_bytes()
    try:
        lines = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise BadModel(f"{path} is no UTF-8 text") from None
    header = next(lines, [])
    if tuple(header[:2]) != NAMED or len(header) < 3 or len(set(header)) < len(header):
        raise BadModel(f"the first line of {path} must be path,step and the pairs that move, such as BTC-USDT")
    found: list[list[tuple[str, ...]]] = []
    for number, line in enumerate(lines, start=2):
        if line[:2] == [str(len(found)), "1"]:
            found.append([])
        if len(line) != len(header) or not found or line[:2] != [str(len(found) - 1), str(len(found[-1]) + 1)]:
            raise BadModel(
                f"{path}, line {number}: paths count from 0 and steps from 1, in order, a price for each pair"
            )
        found[-1].append(tuple(line[2:]))
    rows = tuple(tuple(steps) for steps in found)
    return Given(str(path), hashlib.sha256(raw).hexdigest(), tuple(header[2:]), rows)
