"""While a venue starts, whoever asks hears at once that it starts and how far it is; then the server takes over."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tallystick.server.serve import bind
from tallystick.server.starting import CONNECTIONS_MAX, Starting
from tallystick.venue import boot
from tallystick.venue.boot import BY_HAND
from tallystick.venue.candle_lines import HOUR_MS
from tallystick.venue.recovery import TOLD_EVERY
from tests.patience import PATIENCE_S


@pytest.fixture(autouse=True)
def longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that waits for another one to run into its bound waits far beyond the patience of these tests."""
    monkeypatch.setattr("tallystick.server.starting.SECONDS_MAX", 10 * PATIENCE_S)


@contextmanager
def starting() -> Iterator[tuple[Starting, socket.socket]]:
    listener = bind("127.0.0.1", 0)
    server = Starting(listener)
    server.begin()
    try:
        yield server, listener
    finally:
        server.close()
        listener.close()


async def pass_hours(folder: Path, hours: int) -> None:
    opened = boot.open_venue(folder, BY_HAND, mode="frozen", at_ms=1_767_225_600_000)
    await opened.venue.start()
    await opened.venue.advance(by_ms=hours * HOUR_MS)
    await opened.venue.stop()
    opened.close()


def ask(listener: socket.socket, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, str]:
    """Status, answer, and reason."""
    client = HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=PATIENCE_S)
    try:
        client.request(method, path, b"{}" if method == "POST" else None, headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read() or b"null"), answer.headers["x-tally-reason"]
    finally:
        client.close()


def test_health_says_how_far_the_start_is() -> None:
    with starting() as (server, listener):
        said = "the venue is starting: ask again in a moment"
        hint = "ask again in a moment"
        assert ask(listener, "/tally/v1/health") == (503, {"error": {"message": said, "hint": hint}}, said)
        server.read(12_000, 430_000)
        assert ask(listener, "/tally/v1/health")[2] == (
            "the venue is starting: 12000 of 430000 entries of its journal are read"
        )
        server.catch_up(1_767_225_600_000, 1_767_312_000_000)
        assert ask(listener, "/tally/v1/clock", "POST")[2] == (
            "the venue is starting: it catches up with its clock and is at 2026-01-01T00:00:00.000Z, "
            "on the way to 2026-01-02T00:00:00.000Z"
        )


def test_calls_of_the_exchange_get_its_code_in_both_languages() -> None:
    with starting() as (_, listener):
        status, answer, _ = ask(listener, "/api/v5/account/balance")
        assert (status, answer["code"]) == (503, "50001")
        assert answer["msg"] == "Service temporarily unavailable. Please try again later."
        chinese = ask(listener, "/api/v5/trade/order", "POST", **{"Accept-Language": "zh-CN"})[1]
        assert chinese["msg"] == "服务暂不可用，请稍后重试"
        assert ask(listener, "/api/v5/public/time", "HEAD")[:2] == (503, None)


def test_what_is_no_request_gets_no_answer_and_holds_up_nobody() -> None:
    with starting() as (_, listener):
        for garbage in (b"\r\n" * 20_000, b"x" * 40_000, b"GET / HTTP/1.1\r\n"):
            with socket.create_connection(listener.getsockname(), PATIENCE_S) as client:
                client.sendall(garbage)
                client.shutdown(socket.SHUT_WR)
                assert ask(listener, "/tally/v1/health")[0] == 503


def test_more_connections_than_the_bound_are_closed() -> None:
    with starting() as (_, listener):
        held = [socket.create_connection(listener.getsockname(), PATIENCE_S) for _ in range(CONNECTIONS_MAX)]
        try:
            with pytest.raises(OSError):
                ask(listener, "/tally/v1/health")
        finally:
            for client in held:
                client.close()


def test_after_the_start_another_server_takes_over_on_the_same_socket() -> None:
    with starting() as (server, listener):
        assert ask(listener, "/tally/v1/health")[0] == 503
        server.close()
        server.close()
        with socket.create_connection(listener.getsockname(), PATIENCE_S) as client:
            listener.settimeout(PATIENCE_S)
            accepted, _ = listener.accept()
            with accepted:
                client.sendall(b"for the next one")
                assert accepted.recv(100) == b"for the next one"


def test_a_long_journal_is_told_while_it_is_read(tmp_path: Path) -> None:
    """2,500 hours of a venue by hand are as many entries beside its seeds: told at 1,000 and at 2,000."""
    asyncio.run(pass_hours(tmp_path, 2_500))
    heard = []
    with starting() as (server, listener):

        def progress(done: int, of: int) -> None:
            server.read(done, of)
            heard.append(ask(listener, "/tally/v1/health")[2])

        boot.open_venue(tmp_path, BY_HAND, progress=progress).close()
    assert TOLD_EVERY == 1_000
    told = [line.removeprefix("the venue is starting: ").split(" of ")[0] for line in heard]
    assert told == ["1000", "2000"]
