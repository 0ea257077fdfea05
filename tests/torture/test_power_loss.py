"""The power goes while the venue works: whatever was acknowledged is there, and nothing else is made of it.

The controls are the same venue with less care of the disk, which must lose something: else the check proves nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.torture.audit import lay_out, problem_of, truth_of
from tests.torture.form import LONG, Progress, fresh_seed, scaled
from tests.torture.power import images
from tests.torture.recorder import Care, record

pytestmark = pytest.mark.torture

IMAGES = scaled(480, 100_000)
IMAGES_OF_A_CONTROL = scaled(240, 2_000)
IMAGES_OF_A_RECORDING = scaled(120, 500)
VERIFIED_EVERY = 50
MEMORY = Path("/dev/shm")
"""The images need no disk of their own."""


def found_in(seed: int, count: int, care: Care) -> Counter[str]:
    """What is wrong with `count` images of one recording; "" counts those that are as they must be."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        venue, image_folder = Path(folder, "venue"), Path(folder, "image")
        image_folder.mkdir()
        recording = record(venue, seed, care)
        truth = truth_of(venue)
        found: Counter[str] = Counter()
        for number, image in enumerate(images(recording, count, random.Random(seed))):
            lay_out(image, image_folder)
            problem = problem_of(image, image_folder, truth, whole=number % VERIFIED_EVERY == 0)
            found[f"seed {seed}, cut {image.cut}, image {number}: {problem}" if problem else ""] += 1
        return found


def recordings(seed: int, count: int) -> Iterator[tuple[int, int]]:
    """(seed, images) of every recording."""
    draw = random.Random(seed)
    for begin in range(0, count, IMAGES_OF_A_RECORDING):
        yield draw.randrange(2**32), min(IMAGES_OF_A_RECORDING, count - begin)


def found_by_many(seed: int, count: int) -> Counter[str]:
    """Over all processors."""
    progress, found = Progress("power-loss images", count), Counter[str]()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        running = [pool.submit(found_in, *one, Care()) for one in recordings(seed, count)]
        for done in as_completed(running):
            found += done.result()
            progress.at(found.total(), f"{found.total() - found['']} lost or damaged")
    return found


def test_what_was_acknowledged_survives_a_power_loss() -> None:
    seed = fresh_seed()
    if LONG:
        found = found_by_many(seed, IMAGES)
    else:
        found = sum((found_in(*one, Care()) for one in recordings(seed, IMAGES)), Counter[str]())
    assert found.total() == IMAGES
    assert [problem for problem in found if problem] == []


@pytest.mark.parametrize(
    "care",
    [Care(synchronous="normal"), Care(synchronous="off"), Care(waits=False)],
    ids=["the log is not synced", "nothing is synced", "replies leave at once"],
)
def test_with_less_care_something_is_lost(care: Care) -> None:
    found = found_in(fresh_seed(), IMAGES_OF_A_CONTROL, care)
    assert found.total() == IMAGES_OF_A_CONTROL
    assert found[""] < IMAGES_OF_A_CONTROL
