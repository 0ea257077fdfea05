"""The archive of histories: dead at every write, a bit flipped in every page, pulled under faults, a row less."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tallystick.archive.checking import check
from tallystick.archive.store import Archive
from tallystick.client import waiting
from tallystick.client.levers import Levers
from tests.archive.missing import archives
from tests.archive.test_disk import PAGE, a_whole_file, died_at, flipped
from tests.archive.test_venue_faults import FAMILIES, told, troubled
from tests.archive.venues import User
from tests.client.venue import served
from tests.server.harness import TOKEN
from tests.torture.form import Progress, fresh_seed, scaled

pytestmark = pytest.mark.torture

FLIPS_OF_A_PAGE = scaled(1, 64)
LIVES = scaled(2, 200)
LIVES_WITH_A_ROW_LESS = scaled(2, 40)
ROWS_LESS_OF_A_LIFE = 25


@contextmanager
def living(name: str) -> Iterator[User]:
    """A user of a venue of their own."""
    with served() as venue, Levers(venue.url, TOKEN) as levers:
        user = User(venue, levers, name)
        with user.client:
            yield user


def test_a_pull_that_dies_at_every_write_and_sync(tmp_path: Path) -> None:
    operation = 1
    while died_at(tmp_path, operation):
        operation += 1
    assert operation > 40


def test_a_bit_that_flips_in_every_page(tmp_path: Path) -> None:
    whole, chance = a_whole_file(tmp_path), random.Random(fresh_seed())
    pages = len(whole) // PAGE
    found: Counter[str] = Counter()
    progress = Progress("flipped bits", pages * FLIPS_OF_A_PAGE)
    for page in range(pages):
        for _ in range(FLIPS_OF_A_PAGE):
            offset = page * PAGE + chance.randrange(PAGE)
            found[flipped(tmp_path / "flipped.archive", whole, offset, chance.randrange(8))] += 1
            progress.at(found.total())
    print(found)
    assert set(found) <= {"named", "harmless"}


def test_pulls_under_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "sleep", lambda seconds: None)
    chance, progress = random.Random(fresh_seed()), Progress("lives under faults", LIVES)
    for life in range(1, LIVES + 1):
        seed, family = chance.randrange(2**32), chance.choice(sorted(FAMILIES))
        with living(f"life{life}") as user, Archive(tmp_path / f"{life}.archive") as archive:
            troubled(user, archive, seed, FAMILIES[family])
            with Archive(tmp_path / f"truth-{life}.archive") as truth:
                user.pull(truth)
                assert told(archive) == told(truth), (seed, family)
            assert check(archive).problems == [], (seed, family)
        progress.at(life)


def test_a_row_less(tmp_path: Path) -> None:
    chance, found = random.Random(fresh_seed()), Counter[tuple[bool, bool]]()
    progress = Progress("archives with a row less", LIVES_WITH_A_ROW_LESS * ROWS_LESS_OF_A_LIFE)
    for life in range(LIVES_WITH_A_ROW_LESS):
        seed = chance.randrange(2**32)
        with living(f"life{life}") as user:
            for stream, covered, missed in archives(user, tmp_path, seed, ROWS_LESS_OF_A_LIFE):
                assert missed or not covered, (seed, stream)
                found[covered, missed] += 1
        progress.at(found.total())
    print(f"{found[True, True]} of {found[True, True] + found[True, False]} rows that bills cover were missed")
    assert found[True, True] > found.total() // 2
