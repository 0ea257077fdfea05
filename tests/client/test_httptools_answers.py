"""Answers as the transport over httptools reads them, in whatever pieces they come: an answer whole, or none."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

from tallystick.client import connection, steps
from tallystick.client.connection import Connection
from tallystick.client.steps import Failed, Received
from tests.client.peers import (
    DONE,
    HEAD,
    OK,
    Peers,
    Run,
    Wire,
    run,
    sending,
    step,
    transport_to,
)
from tests.patience import PATIENCE_S

__all__ = ["run"]


# ---- answers


GOOD: Final = {
    "a length": (OK, DONE, True),
    "html": (HEAD + b"Content-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", Received(200, b"<html>"), True),
    "no reason": (b"HTTP/1.1 429\r\nContent-Length: 0\r\n\r\n", Received(429, b""), True),
    "chunks": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n",
        DONE,
        True,
    ),
    "interim answers": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n" + OK, DONE, True),
    "empty lines before": (b"\r\n\r\n" + OK, DONE, True),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", Received(204, b""), True),
    "304 with a length": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Received(304, b""), True),
    "HTTP/1.0 that is kept": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
        DONE,
        True,
    ),
    "an upgrade on offer": (
        HEAD + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n{}",
        DONE,
        True,
    ),
    "packed, though nobody asked": (
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
        Received(200, b"\x1f\x8b\x08"),
        True,
    ),
    "close": (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}", DONE, False),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", DONE, False),
    "other protocols": (
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx",
        Received(101, b""),
        False,
    ),
    "two answers": (OK + OK, DONE, False),
    "two answers and close": (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}" + OK, DONE, False),
    "a byte too many": (OK + b"}", DONE, False),
    "a body after 204": (b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", Received(204, b""), False),
    "a chunk after the last": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n0\r\n\r\n",
        DONE,
        False,
    ),
}
"""Answers that come whole: bytes, result, and whether the next request may go over the same connection."""
UNTIL_THE_END: Final = {
    "no length": HEAD + b"\r\n{}",
    "no length, HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n{}",
    "no length, close": HEAD + b"Connection: close\r\n\r\n{}",
    "after interim answers with a length": b"HTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\n" + HEAD + b"\r\n{}",
}
"""Answers that end with their connection."""
CUT: Final = {
    "nothing": b"",
    "a part of the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a head": HEAD + b"Content-Length: 2\r\n\r\n",
    "a part of the body": HEAD + b"Content-Length: 3\r\n\r\n{}",
    "a part of the last body": HEAD + b"Connection: close\r\nContent-Length: 3\r\n\r\n{}",
    "a part of a body, HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n{}",
    "a part of a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
    "chunks without the last": HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "another coding": HEAD + b"Transfer-Encoding: gzip\r\n\r\n{}",
    "interim answers alone": b"HTTP/1.1 100 Continue\r\n\r\n",
}
"""Bytes before the end of a connection that are no answer."""
BROKEN: Final = {
    "no HTTP": b"no HTTP at all\r\n\r\n",
    "HTTP/2": b"HTTP/2 200\r\n\r\n",
    "a request": b"GET / HTTP/1.1\r\n\r\n",
    "lines without CR": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "lines without LF": b"HTTP/1.1 200 OK\rContent-Length: 2\r\r{}",
    "a CR in a field": HEAD + b"A: b\rc\r\nContent-Length: 2\r\n\r\n{}",
    "a NUL in a field": HEAD + b"A: b\0c\r\nContent-Length: 2\r\n\r\n{}",
    "a field of two lines": HEAD + b"A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
    "a blank before the colon": HEAD + b"Content-Length : 2\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
    "a length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a length below zero": HEAD + b"Content-Length: -2\r\n\r\n{}",
    "a length without end": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "a chunk of no number": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "status 99": b"HTTP/1.1 99 X\r\n\r\n",
    "status 000": b"HTTP/1.1 000 X\r\nContent-Length: 2\r\n\r\n{}",
}
"""Bytes that are no HTTP, and so no answer, though the connection stays."""


async def asked(answer: bytes, *, ends: bool) -> tuple[Received | Failed, bool]:
    """The result of a request with this answer, and whether the next request took the same connection."""
    with Peers() as server:
        async with transport_to(server.url) as transport:
            first = sending(transport)
            peer = await server.next()
            await peer.request()
            await peer.say(answer)
            if ends:
                peer.close()
            result = await first
            second = sending(transport)
            coming = asyncio.ensure_future(server.next())
            again = asyncio.ensure_future(asyncio.sleep(PATIENCE_S) if ends else peer.request())
            done, _ = await asyncio.wait([coming, again], return_when="FIRST_COMPLETED")
            if kept := coming not in done and again in done and not again.exception():
                await peer.say(OK)
                coming.cancel()
            else:
                other = await coming
                await other.request()
                await other.say(OK)
            again.cancel()
            assert await second == DONE
            await asyncio.wait([coming, again])
            return result, kept


@pytest.mark.parametrize("what", GOOD)
def test_answers_that_come_whole(run: Run[Any], what: str) -> None:
    answer, result, kept = GOOD[what]
    assert run(asked(answer, ends=False)) == (result, kept)


@pytest.mark.parametrize("what", UNTIL_THE_END)
def test_answers_that_end_with_their_connection(run: Run[Any], what: str) -> None:
    assert run(asked(UNTIL_THE_END[what], ends=True)) == (DONE, False)


@pytest.mark.parametrize("what", CUT)
def test_answers_that_are_cut_off_are_none(run: Run[Any], what: str) -> None:
    result, kept = run(asked(CUT[what], ends=True))
    assert isinstance(result, Failed)
    assert (result.sent, "cut" in result.reason, kept) == (True, True, False)


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_http_is_no_answer(run: Run[Any], what: str) -> None:
    result, kept = run(asked(BROKEN[what], ends=False))
    assert isinstance(result, Failed)
    assert (result.sent, "cut" in result.reason, kept) == (True, True, False)


async def in_pieces(pieces: list[bytes], *, ends: bool = False) -> tuple[Received | Failed, bool]:
    """The result of an answer that comes in these pieces, and whether its connection may have another request."""
    gone: list[Connection] = []
    here, wire = Connection(gone.append), Wire()
    here.connection_made(wire)
    answer = here.ask(step(), "host")
    for piece in pieces:
        if not wire.aborted:
            here.data_received(piece)
    if ends:
        here.eof_received()
        here.connection_lost(None)
        assert gone == [here]
    return await answer, here.free()


def splits(answer: bytes) -> list[list[bytes]]:
    """An answer whole, byte by byte, and in two pieces in every way."""
    alone = [answer[at : at + 1] for at in range(len(answer))]
    return [[answer], alone, *([answer[:at], answer[at:]] for at in range(1, len(answer)))]


async def all_answers_in_pieces() -> None:
    """Every answer split in every way."""
    for what, (answer, result, kept) in GOOD.items():
        for pieces in splits(answer):
            assert await in_pieces(pieces) == (result, kept), (what, pieces)
    for what, answer in UNTIL_THE_END.items():
        for pieces in splits(answer):
            assert await in_pieces(pieces, ends=True) == (DONE, False), (what, pieces)
    for answers, ends in ((CUT, True), (BROKEN, False)):
        for what, answer in answers.items():
            for pieces in splits(answer):
                result, kept = await in_pieces(pieces, ends=ends)
                assert isinstance(result, Failed), (what, pieces)
                assert (result.sent, kept) == (True, False), (what, pieces)


def test_however_an_answer_is_split_it_is_the_same() -> None:
    asyncio.run(all_answers_in_pieces())


def test_an_answer_cut_at_any_byte_is_none() -> None:
    async def all_of_them() -> None:
        for what, (answer, result, _) in GOOD.items():
            whole = [at for at in range(len(answer)) if await in_pieces([answer[:at]], ends=True) == (result, False)]
            # Where there is more than one answer, the first is whole before the second.
            assert whole == list(range(whole[0], len(answer))) if whole else True
            extra = {"two answers": len(OK), "two answers and close": len(OK), "a byte too many": 1}
            extra |= {"a body after 204": 2, "a chunk after the last": 5, "other protocols": 1}
            assert len(whole) == extra.get(what, 0), what

    asyncio.run(all_of_them())


# ---- sizes


@pytest.mark.parametrize(
    ("start", "piece", "reason"),
    [
        (HEAD + b"A: ", b"x" * 4_096, "too large"),
        (HEAD, b"A: b\r\n" * 512, "too large"),
        (b"HTTP/1.1 200 ", b"x" * 4_096, "too large"),
        (b"", b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n" * 64, "too large"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n%b\r\n" % (b"x" * 4_096), "body is larger"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 4_096, "too large"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 512, "too large"),
        (HEAD + b"\r\n", b"x" * 4_096, "body is larger"),
        (HEAD + b"Content-Length: 10000000\r\n\r\n", b"x" * 4_096, "body is larger"),
    ],
)
def test_an_answer_without_end_ends_at_a_bound(
    start: bytes, piece: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "BODY_MAX", 100_000)
    pieces = [start, *[piece] * 100] if start else [piece] * 100
    fed = b"".join(pieces)
    assert len(fed) > 2 * steps.BODY_MAX

    async def one() -> None:
        result, kept = await in_pieces(pieces)
        assert isinstance(result, Failed)
        assert (result.sent, reason in result.reason, kept) == (True, True, False)

    asyncio.run(one())


def test_a_body_as_large_as_allowed_comes_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "BODY_MAX", 100_000)
    body = bytes(range(250)) * 400

    async def one() -> None:
        pieces = [HEAD + b"Content-Length: 100000\r\n\r\n" + body[:70_000], body[70_000:]]
        assert await in_pieces(pieces) == (Received(200, body), True)
        head = HEAD + b"A: " + b"x" * (connection.HEAD_MAX - 100) + b"\r\nContent-Length: 2\r\n\r\n"
        assert await in_pieces([head[:1_000], head[1_000:], b"{}"]) == (DONE, True)

    asyncio.run(one())
