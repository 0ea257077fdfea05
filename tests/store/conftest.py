"""Every test of the suite runs on each memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tallystick.store.api import Store
from tallystick.store.memory import MemoryStore
from tallystick.store.postgres.store import PostgresStore
from tallystick.store.sqlite import SqliteStore
from tests.store.at_once import answered
from tests.store.database import server

MAKERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "postgres": lambda folder: leading(server().url()),
    "sqlite": lambda folder: SqliteStore(folder / "journal.sqlite"),
}


def leading(url: str) -> PostgresStore:
    """A store that may write, in the first term of a new database."""
    store = PostgresStore(url)
    store.lead_alone("the tests")
    return store


@pytest.fixture(params=sorted(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MAKERS[request.param](tmp_path)
    yield made
    answered(made.leave())
    made.close()
