"""Seeded repays of the client, each with one fault at one request: 100,000 of them in the long form."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.client.link import linked
from tests.client.safe_runs import BY_HAND, CASES, by_hand_client, client, seeded
from tests.torture.form import Progress, fresh_seed, scaled

pytestmark = pytest.mark.torture

RUNS = scaled(200, 100_000)
CHUNK = scaled(50, 500)


def complaints(first: int) -> list[str]:
    """Runs of one chunk of seeds in a venue of its own: four of five repay by one click, the others by hand."""
    with linked() as link:
        most = first + CHUNK * 4 // 5
        found = seeded(link, client, CASES, range(first, most))
        return found + seeded(link, by_hand_client, BY_HAND, range(most, first + CHUNK))


def test_no_second_repayment_and_no_false_outcome() -> None:
    base = fresh_seed()
    firsts = range(base, base + RUNS, CHUNK)
    found: list[str] = []
    progress = Progress("safe repays", RUNS)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=context) as pool:
        for number, wrong in enumerate(pool.map(complaints, firsts), start=1):
            found += wrong
            progress.at(number * CHUNK, f"{len(found)} complaints")
    assert found == []
