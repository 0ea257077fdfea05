"""The venue is killed, or the power goes, at any write of a reset, a save, a restore: old or new is left, and whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from tallystick.store import sqlite
from tallystick.store.api import Reader, Reset, WriteBatch
from tallystick.store.sqlite import SqliteStore
from tallystick.venue import recovery
from tallystick.venue.boot import ALICE, BY_HAND, JOURNAL, open_venue
from tallystick.venue.verify import verify
from tests.torture.audit import lay_out
from tests.torture.disk import Operation, watched
from tests.torture.power import Acknowledged, Disk, Image, Recording, images
from tests.venue.world import HOUR_MS, START_MS, pay

IMAGES = 150
VERIFIED_EVERY = 10
CHECKPOINT_PAGES = 16
"""So few that the log is folded into the file between the steps."""


class Stage(NamedTuple):
    """What a folder holds after one of the steps."""

    generation: int
    last_hash: bytes
    keys: int
    saved: tuple[str, ...]


def stage_of(store: Reader) -> Stage:
    last = store.last_entry()
    return Stage(
        recovery.generation_of(store),
        b"" if last is None else last.hash,
        len(store.load_keys()),
        tuple(one.name for one in store.saved()),
    )


async def steps(folder: Path, recording: Recording) -> list[Stage]:
    """Each step is one transaction. Returns what is there after each of them."""
    opened = open_venue(folder, BY_HAND, mode="frozen", at_ms=START_MS)
    venue = opened.venue
    await venue.start()
    stages = [stage_of(venue.store)]
    recording.append(Acknowledged(seq=1))
    for step in (
        lambda: venue.snapshots.save("first"),
        lambda: venue.submit(pay(ALICE)),
        lambda: venue.make_key(("read_only",), lambda state: ALICE),
        lambda: venue.advance(by_ms=HOUR_MS),
        lambda: venue.snapshots.save("second"),
        lambda: venue.reset(),
        lambda: venue.submit(pay(ALICE)),
        lambda: venue.snapshots.restore("second"),
        lambda: venue.submit(pay(ALICE)),
        lambda: venue.snapshots.restore("first"),
        lambda: venue.snapshots.delete("second"),
        lambda: venue.reset(START_MS + HOUR_MS),
    ):
        await step()
        stages.append(stage_of(venue.store))
        recording.append(Acknowledged(seq=len(stages)))
    await venue.stop()
    opened.close()
    assert len(set(stages)) == len(stages), "each step is seen"
    return stages


def recorded(folder: Path) -> tuple[Recording, list[Stage]]:
    recording: Recording = []

    def watch(operation: Operation) -> None:
        recording.append(operation)

    with watched(watch), patch.object(sqlite, "CHECKPOINT_PAGES", CHECKPOINT_PAGES):
        stages = asyncio.run(steps(folder, recording))
    return recording, stages


def kills(recording: Recording) -> Iterator[Image]:
    """What is there when the process is killed before each write and sync: all that was written until then."""
    files: dict[str, bytearray] = {}
    disk = Disk()
    for number, step in enumerate(recording):
        if isinstance(step, Acknowledged):
            disk.promised_seq = step.seq
            continue
        yield Image(number, {name: bytes(held) for name, held in files.items()}, disk.promised_seq, frozenset())
        name = Path(step.path).name
        if step.doing == "delete":
            files.pop(name, None)
            continue
        held = files.setdefault(name, bytearray())
        if step.doing == "truncate":
            del held[step.offset :]
        elif step.doing == "write":
            held.extend(bytes(max(step.offset - len(held), 0)))
            held[step.offset : step.offset + len(step.data)] = step.data


def problem_of(image: Image, folder: Path, stages: list[Stage], *, whole: bool) -> str:
    """What is wrong with an image; "" if it is what was acknowledged last, or what was being written then."""
    lay_out(image, folder)
    store = SqliteStore(folder / JOURNAL)
    try:
        found = stage_of(store)
        allowed = stages[max(image.promised_seq - 1, 0) : image.promised_seq + 1]
        if image.promised_seq and found not in allowed:
            return f"cut {image.cut}: {found} is neither {' nor '.join(map(str, allowed))}"
        if whole and image.promised_seq:
            verdict = verify(store)
            return "" if verdict.ok else f"cut {image.cut}: {verdict.problem}"
        return ""
    finally:
        store.close()


def first_problem(found: Iterator[Image], folder: Path, stages: list[Stage]) -> str:
    folder.mkdir()
    told = (problem_of(one, folder, stages, whole=n % VERIFIED_EVERY == 0) for n, one in enumerate(found))
    return next((problem for problem in told if problem), "")


def test_a_kill_at_any_write_leaves_the_old_venue_or_the_new_one(tmp_path: Path) -> None:
    recording, stages = recorded(tmp_path / "venue")
    assert len(recording) > 200
    assert first_problem(kills(recording), tmp_path / "image", stages) == ""


def test_a_power_loss_leaves_the_old_venue_or_the_new_one(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    recording, stages = recorded(tmp_path / "venue")
    found = images(recording, IMAGES, random.Random(seed))
    assert first_problem(found, tmp_path / "image", stages) == ""


WRITE = SqliteStore.write


def in_two_transactions(store: SqliteStore, batch: WriteBatch) -> None:
    """Planted: a restore empties the venue, commits, and then fills it."""
    if batch.restore is not None:
        WRITE(store, WriteBatch(reset=Reset("{}", frozenset())))
    WRITE(store, batch)


@pytest.mark.parametrize("cut", [kills, lambda recording: images(recording, 4 * IMAGES, random.Random(1))])
def test_a_restore_in_two_transactions_is_caught(tmp_path: Path, cut: object) -> None:
    with patch.object(SqliteStore, "write", in_two_transactions):
        recording, stages = recorded(tmp_path / "venue")
    assert callable(cut)
    assert first_problem(cut(recording), tmp_path / "image", stages)
