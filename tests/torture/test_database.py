"""A database that is started anew and connections that are cut, under load: nothing is lost, doubled or refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.store.cutting import Way
from tests.store.database import Server, require_postgres
from tests.torture.form import Progress, fresh_seed, scaled
from tests.torture.load import Load
from tests.torture.plants import UNKNOWN_IS_FAILED
from tests.torture.served import serving
from tests.torture.test_kills import Journal, Place

pytestmark = pytest.mark.torture

CUTS = scaled(12, 400)
RESTARTS = scaled(2, 20)
BETWEEN = scaled(15, 40)
"""Acknowledged commands between two of them, at most."""

OUT_OF_REACH: Final = tuple(
    f"WARNING tallystick: {said}"
    for said in ("this server leads no more: its lease", "the database cannot be used now")
)
"""Beginnings of what a server may say while its database is away for longer than a lease."""


class Trouble:
    """Cuts the next bytes on the way to a database, or starts it anew, each time some more was acknowledged."""

    def __init__(self, draw: random.Random, way: Way, database: Server) -> None:
        self._draw = draw
        self._way = way
        self._database = database
        self._next = 0
        self._left: list[Callable[[], None]] = [self._cut] * CUTS + [self._restart] * RESTARTS
        draw.shuffle(self._left)
        self._progress = Progress("troubles", len(self._left))

    def over(self, acknowledged: int) -> bool:
        if acknowledged < self._next:
            return False
        if not self._left:
            return True
        self._left.pop()()
        self._progress.at(CUTS + RESTARTS - len(self._left))
        self._next = acknowledged + self._draw.randint(1, BETWEEN)
        return False

    def _cut(self) -> None:
        self._way.cut_at(self._draw.choice(("request", "answer")))

    def _restart(self) -> None:
        self._database.stop()
        self._database.start()


def test_a_venue_lives_through_restarts_and_cuts_of_its_database(tmp_path: Path) -> None:
    require_postgres()
    seed = fresh_seed()
    draw, load, database = random.Random(seed), Load(seed), Server()
    way = Way(database.port)
    try:
        address = database.url(way.port)
        journal = Journal(Place(tmp_path / "venue", address))
        with serving(tmp_path / "venue", "--speed", "500", "--store", address) as venue:
            trouble = Trouble(draw, way, database)
            load.on(venue, lambda acknowledged: trouble.over(acknowledged) or load.wrong != [])
            assert [line for line in venue.complaints() if not line.startswith(OUT_OF_REACH)] == []
        assert load.wrong == []
        assert way.cuts > CUTS // 2
        way.cut_at("")
        journal.read()
        assert [number for number in load.acknowledged if journal.found[number] != 1] == []
        assert max(journal.found.values()) == 1
    finally:
        way.close()
        database.close()


def test_an_unknown_commit_that_is_called_a_failure_is_seen(tmp_path: Path) -> None:
    """Planted: the venue halts over the first answer of the database that is lost, and refuses what it has done."""
    require_postgres()
    database, load = Server(), Load(fresh_seed())
    way = Way(database.port)
    try:
        place = Place(tmp_path / "venue", database.url(way.port))
        with serving(place.folder, "--frozen", *place.options, plant=UNKNOWN_IS_FAILED) as venue:

            def halted(acknowledged: int) -> bool:
                way.cut_at("answer")
                return load.wrong + load.not_done != []

            load.on(venue, halted)
        assert load.wrong + load.not_done != []
        journal = Journal(place)
        way.cut_at("")
        journal.read()
        assert set(journal.found) - set(load.acknowledged), "it stands in the journal, and was refused"
    finally:
        way.close()
        database.close()
