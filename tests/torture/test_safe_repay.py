"""Safe repay, 100,000 times: each run with one fault at one request, none with a false outcome or a second repayment.

The long form goes on where it was stopped: its line says with which TORTURE_SEED and TORTURE_DONE.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Final, NamedTuple

import pytest

from tallystick.contract.core import SURFACES
from tests.safe_repay import runs
from tests.safe_repay.network import network
from tests.torture.form import Progress, fresh_seed, scaled

pytestmark = pytest.mark.torture

RUNS: Final = scaled(300, 100_000)
"""Runs whose fault was met; a fault at a request that a run does not make is not counted."""
CHUNK: Final = scaled(50, 500)


class Part(NamedTuple):
    """Runs of some seeds on one surface."""

    met: int
    faults: Counter[str]
    said: Counter[tuple[str, str]]
    wrong: list[str]


def play(surface: str, first: int) -> Part:
    """A chunk of seeds, in a process of its own."""
    with network(surface=surface) as net:
        keep_what_is_there()
        found = runs.many(net, range(first, first + CHUNK))
    return Part(found.fired.total(), found.fired, found.said, [f"{surface}, {wrong}" for wrong in found.wrong])


def keep_what_is_there() -> None:
    """Have the collector look only at what comes from now on: modules and tables outlive all runs."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def parts(pool: ProcessPoolExecutor, seed: int, done: int) -> Iterator[Part]:
    """Chunks without end, on one surface after the other; as many at a time as there are processes."""
    number = done
    while True:
        wave = [(SURFACES[at % len(SURFACES)], seed + at * CHUNK) for at in range(number, number + 2 * PROCESSES)]
        yield from pool.map(play, *zip(*wave, strict=True))
        number += len(wave)


PROCESSES: Final = len(os.sched_getaffinity(0))


def test_no_run_ends_in_a_false_outcome() -> None:
    seed, done = fresh_seed(), int(os.environ.get("TORTURE_DONE", "0"))
    progress = Progress("runs of safe repay", RUNS)
    met, faults, said, wrong = 0, Counter[str](), Counter[tuple[str, str]](), list[str]()
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        for part in parts(pool, seed, done):
            done += 1
            met += part.met
            faults += part.faults
            said += part.said
            wrong += part.wrong
            progress.at(met, f"({len(wrong)} wrong; go on with TORTURE_SEED={seed} TORTURE_DONE={done})")
            if met >= RUNS:
                break
        pool.shutdown(cancel_futures=True)
    print(dict(said), dict(faults))
    assert wrong == []
    assert faults.keys() >= {*runs.NAMED}
