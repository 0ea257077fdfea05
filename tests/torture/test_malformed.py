"""Malformed requests by the thousand: each gets its refusal or its end, none a 5xx, and no trace is left of any."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.torture.corpus import Corpus
from tests.torture.form import Progress, fresh_seed, scaled
from tests.torture.fuzz import sends
from tests.torture.served import serving, until

pytestmark = pytest.mark.torture

REQUESTS = scaled(2_500, 100_000)
GROWTH_MAX = 48 * 1024 * 1024
KINDS = {"line", "head", "flipped", "noise", "body", "fields", "control", "chunks", "handshake", "frames", "messages"}


def test_no_malformed_request_leaves_a_trace(tmp_path: Path) -> None:
    progress = Progress("malformed requests", REQUESTS)
    with serving(tmp_path / "venue", "--frozen") as venue:
        corpus = Corpus(venue, fresh_seed())
        asyncio.run(sends(corpus, venue.port, 200))
        before, memory, handles = venue.told(), venue.memory(), venue.handles()
        keys = venue.must("users")
        found = asyncio.run(sends(corpus, venue.port, REQUESTS, progress.at))
        print(dict(sorted(found.statuses.items())))
        assert found.sent == REQUESTS
        assert found.wrong == []
        # A corpus that no longer reaches what it aims at proves nothing.
        assert {name.split()[0] for name in found.statuses} >= KINDS
        assert found.statuses["frames 101"] > 0
        assert "handshake closed" not in found.statuses, "every handshake is answered"
        assert found.statuses["fields 400"] + found.statuses["fields 200"] > 0
        assert venue.told() == before
        assert venue.must("users") == keys
        until(lambda: venue.handles() <= handles + 2, 90, "connections are let go")
        assert venue.memory() - memory < GROWTH_MAX
        log = venue.log()
        assert len(log.splitlines()) <= found.sent, "a client's fault is at most one line"
        assert "Traceback" not in log, re.sub(r"(?s)(Traceback.{3000}).*", r"\1", log)
        assert venue.stop() == 0
