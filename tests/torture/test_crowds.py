"""More connections than there may be: who is in is served, who is not is turned away, later all are let in."""

from __future__ import annotations

import json
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.torture.form import scaled
from tests.torture.served import Venue, answers, headers_of, serving, until

pytestmark = pytest.mark.torture

CROWD = scaled(400, 3_000)
FILES = CROWD // 2
LINES_MAX = 30
SECONDS_MAX = 60


@contextmanager
def files_for(crowd: int) -> Iterator[None]:
    """This process may have as many open as it wants to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, crowd * 2 + 500)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def come(venue: Venue) -> list[socket.socket]:
    return [socket.create_connection(("127.0.0.1", venue.port), timeout=SECONDS_MAX) for _ in range(CROWD)]


def asks(inside: HTTPConnection) -> int:
    inside.request("GET", "/api/v5/public/time")
    answer = inside.getresponse()
    answer.read()
    return answer.status


@pytest.mark.parametrize(("options", "files"), [((), FILES), (("--max-connections", "100"), 0)], ids=["files", "bound"])
def test_a_crowd_hurts_nobody_who_is_inside(tmp_path: Path, options: tuple[str, ...], files: int) -> None:
    with files_for(CROWD), serving(tmp_path / "venue", *options, files=files) as venue:
        handles = venue.handles()
        inside = HTTPConnection("127.0.0.1", venue.port, timeout=SECONDS_MAX)
        assert asks(inside) == 200
        crowd = come(venue)
        for _ in range(20):
            assert asks(inside) == 200
        # Without a file to spare the disk still takes what is done.
        status, answer = transfers(inside, venue)
        assert (status, answer) == (200, "0")
        for one in crowd:
            one.close()
        until(lambda: answers(venue), SECONDS_MAX, "new clients are let in again")
        inside.close()
        until(lambda: venue.handles() <= handles + 2, SECONDS_MAX, "handles are let go")
        assert len(venue.log().splitlines()) < LINES_MAX, venue.log()
        assert "Traceback" not in venue.log(), venue.log()
        assert venue.stop() == 0


def transfers(inside: HTTPConnection, venue: Venue) -> tuple[int, str]:
    """A transfer on a connection that is there already: status and code."""
    raw = json.dumps({"ccy": "BTC", "amt": "0.0001", "from": "18", "to": "6"}).encode()
    path = "/api/v5/asset/transfer"
    headers = {"Content-Type": "application/json", **headers_of(venue.alice, "POST", path, raw)}
    inside.request("POST", path, raw, headers)
    answer = inside.getresponse()
    return answer.status, json.loads(answer.read())["code"]
