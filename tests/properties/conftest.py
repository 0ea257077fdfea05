"""Runs of which several tests ask what they reached are played once in a session, however many workers it has."""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.properties import directed
from tests.properties.workload import played


class Told(NamedTuple):
    """States that a run has reached, told by its events and by the oracle."""

    entries: int
    reached: Counter[str]
    seen: Counter[str]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int | str], Told]:
    """Seed, or name of a directed run -> what it told. Whichever worker comes first plays it, the others read that."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "random_runs"
    folder.mkdir(exist_ok=True)
    return functools.cache(functools.partial(_told, folder))


def _told(folder: Path, name: int | str) -> Told:
    path = folder / f"{name}.json"
    if path.exists():
        entries, reached, seen = json.loads(path.read_text(encoding="utf-8"))
        return Told(entries, Counter(reached), Counter(seen))
    if isinstance(name, int):
        run = played(name)
        found = Told(len(run.entries), run.reached, run.shadow.seen)
    else:
        run = getattr(directed, name)()
        found = Told(len(run.entries), Counter(run.reached), Counter(run.shadow.seen))
        run.finish()
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(found), encoding="utf-8")
    part.replace(path)
    return found
