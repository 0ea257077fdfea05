"""Bits of a journal that were flipped where nobody looked: `verify` says so, or nothing of it has changed."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.engine import core
from tallystick.store.api import GENESIS, StoreError
from tallystick.store.sqlite import SqliteStore
from tallystick.venue.boot import ALICE, BOB, JOURNAL, open_venue, verify_folder
from tallystick.venue.venue import Rejected
from tests.store.at_once import at_once
from tests.torture.form import Progress, fresh_seed, scaled
from tests.venue.load import load_command

pytestmark = pytest.mark.torture

FLIPPED = scaled(40, 5_000)
COMMANDS = 60
BITS_MAX = 4


async def work(folder: Path, draw: random.Random) -> None:
    opened = open_venue(folder, mode="frozen", snapshot_every=20)
    await opened.venue.start()
    for number in range(COMMANDS):
        try:
            await opened.venue.submit(load_command(draw, (ALICE, BOB)))
        except Rejected:
            continue
        if number % 10 == 0:
            await opened.venue.advance(by_ms=3_600_000)
    await opened.venue.stop()
    opened.close()


def contents(folder: Path) -> list[object]:
    """Everything that anybody can be told of, but for the settings of clock and market, which follow from nothing."""
    store = SqliteStore(folder / JOURNAL)
    try:
        rows = list(store.history())
        pages = [
            at_once(store.page(row.table, row.user_id, row.key, row.key, a or None, b or None, 100))
            for row in rows
            for a, b in ((row.a, ""), ("", row.b), (row.a, row.b))
        ]
        return [list(store.entries()), rows, pages, store.load_keys(), store.snapshot(), store.get_meta(GENESIS)]
    finally:
        store.close()


def flip(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(draw.randint(1, BITS_MAX)):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


class Flipped:
    """Copies of a folder that a venue has worked in, each with a few bits flipped."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._draw = random.Random(seed)
        self.whole, self._flipped = folder / "whole", folder / "flipped"
        asyncio.run(work(self.whole, self._draw))

    def __iter__(self) -> Iterator[Path]:
        progress = Progress("flipped bits", FLIPPED)
        for number in range(1, FLIPPED + 1):
            shutil.copytree(self.whole, self._flipped)
            flip(self._flipped / JOURNAL, self._draw)
            yield self._flipped
            shutil.rmtree(self._flipped)
            progress.at(number)


def test_a_flipped_bit_is_seen_or_changes_nothing(tmp_path: Path) -> None:
    copies, found = Flipped(tmp_path, fresh_seed()), Counter[str]()
    expected = contents(copies.whole)
    for folder in copies:
        try:
            verdict = verify_folder(folder)
        except StoreError:
            found["refused"] += 1
            continue
        found["said" if not verdict.ok else "changed nothing"] += 1
        if verdict.ok:
            assert contents(folder) == expected, "verify finds nothing, and another content is told"
    print(dict(found))
    assert found["said"] + found["refused"] > FLIPPED / 2


def test_no_start_leads_to_another_state(tmp_path: Path) -> None:
    copies, found = Flipped(tmp_path, fresh_seed()), Counter[str]()
    state = state_of(copies.whole)
    for folder in copies:
        try:
            assert state_of(folder) == state
            found["started"] += 1
        except (StoreError, ValueError):
            found["refused"] += 1
    print(dict(found))
    assert min(found.values()) > 0


def state_of(folder: Path) -> str:
    """The hash of what a start begins with."""
    opened = open_venue(folder)
    try:
        return core.state_hash(opened.venue.state)
    finally:
        opened.close()
