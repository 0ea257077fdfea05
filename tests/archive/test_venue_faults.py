"""Pulls while the venue answers wrongly, late, or not at all: in the end the archive has every row once.

What it must have is what a second archive has, which is pulled once all faults are gone.
"""

from __future__ import annotations

import json
import random
from contextlib import suppress

import pytest

from tallystick.archive.checking import check
from tallystick.archive.store import Archive
from tallystick.archive.streams import STREAMS
from tallystick.client import waiting
from tallystick.client.errors import ClientError
from tallystick.contract.fields import fields
from tests.archive.test_marks import act
from tests.archive.venues import HOUR_MS, User

STORMS = ("50011", "50004-not-done", "50001", "html-502", "html-200", "429", "empty-200", "cut-body")
SHAPES = (
    *("shape-object", "shape-strings", "shape-null", "shape-empty", "shape-no-data", "shape-no-code"),
    *("shape-empty-values", "shape-new-fields", "truncated-json", "invalid-utf-8"),
)
LATE = {"stale-read": 30_000, "clock-skew": 600_000}
DAY_MS = 24 * HOUR_MS


def told(archive: Archive) -> dict[str, list[str]]:
    """Rows of each stream, by what the documents know of them."""
    found: dict[str, list[str]] = {}
    for stream, raw in archive.read("SELECT stream, raw FROM rows"):
        names = [field.name for field in fields(STREAMS[stream].endpoint.answer)]
        row = json.loads(raw)
        found.setdefault(stream, []).append(json.dumps([row.get(name) for name in names]))
    return {stream: sorted(rows) for stream, rows in found.items()}


def troubled(user: User, archive: Archive, seed: int, kinds: tuple[str, ...]) -> None:
    """Live and pull in turns, most pulls under faults; then a day without faults, and a pull that must mend all."""
    chance = random.Random(seed)
    user.live()
    for _ in range(4):
        for _ in range(12):
            act(user, chance)
        for kind in chance.sample(kinds, min(3, len(kinds))):
            user.levers.faults.make(
                on="*",
                fault=kind,
                method="GET",
                probability="0.15",
                seed=chance.randrange(2**31),
                ms=LATE.get(kind),
            )
        # A pull that does not learn whose account it is cannot begin; the others say which streams they did not end.
        with suppress(ClientError):
            user.pull(archive)
        user.levers.faults.clear()
    user.levers.clock.advance(ms=2 * HOUR_MS)
    assert user.pull(archive).failed == []


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue's clock stands, so the pauses of a client lead nowhere."""
    monkeypatch.setattr(waiting, "sleep", lambda seconds: None)


FAMILIES = {"storms": STORMS, "shapes": SHAPES, "late": tuple(LATE), "all": (*STORMS, *SHAPES, *LATE)}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_an_archive_pulled_under_faults_ends_with_every_row_once(
    user: User, archive: Archive, tmp_path_factory: pytest.TempPathFactory, family: str
) -> None:
    troubled(user, archive, 7, FAMILIES[family])
    with Archive(tmp_path_factory.mktemp("truth") / "truth.archive") as truth:
        assert user.pull(truth).failed == []
        assert told(archive) == told(truth)
    assert [problem.text for problem in check(archive).problems] == []
