"""Random runs are played once in a session, however many workers it has."""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.properties.workload import played


class Told(NamedTuple):
    """States that a random run has reached, told by its events and by the oracle."""

    entries: int
    reached: Counter[str]
    seen: Counter[str]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Told]:
    """Seed -> what its run told. Whichever worker comes first plays it, and the others read what it wrote."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "random_runs"
    folder.mkdir(exist_ok=True)
    return functools.cache(functools.partial(_told, folder))


def _told(folder: Path, seed: int) -> Told:
    path = folder / f"{seed}.json"
    if path.exists():
        entries, reached, seen = json.loads(path.read_text(encoding="utf-8"))
        return Told(entries, Counter(reached), Counter(seen))
    run = played(seed)
    found = Told(len(run.entries), run.reached, run.shadow.seen)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(found), encoding="utf-8")
    part.replace(path)
    return found
