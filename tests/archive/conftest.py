"""A served venue, its levers, a user named after the test, and an empty archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from tallystick.archive.store import Archive
from tallystick.client.levers import Levers
from tests.archive.venues import User
from tests.client.venue import Served, served
from tests.server.harness import TOKEN
from tests.store.database import server


@pytest.fixture(scope="module")
def venue() -> Iterator[Served]:
    with served() as here:
        yield here


@pytest.fixture(scope="module")
def levers(venue: Served) -> Iterator[Levers]:
    with Levers(venue.url, TOKEN) as here:
        yield here


@pytest.fixture
def user(venue: Served, levers: Levers, request: pytest.FixtureRequest) -> Iterator[User]:
    made = User(venue, levers, f"user-{crc32(request.node.name.encode())}")
    with made.client:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an archive is kept: each test runs on a file and on a database."""
    return server().url() if request.param == "postgres" else tmp_path / "books.archive"


@pytest.fixture
def archive(place: Path | str) -> Iterator[Archive]:
    with Archive(place) as here:
        yield here
