"""The transport over httptools: nothing is sent twice, and what may have arrived is told as sent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from typing import Any, Final

import pytest

from tallystick.client.clock import monotonic
from tallystick.client.connection import Connection
from tallystick.client.steps import Failed, Received, Send
from tallystick.client.transport import HttpTransport
from tallystick.client.transport_httptools import HttptoolsTransport, Pool
from tests.client import test_httptools_answers
from tests.client.peers import (
    DONE,
    HEAD,
    OK,
    Full,
    Peer,
    Peers,
    Run,
    Wire,
    run,
    run_in,
    sending,
    sockets_open,
    step,
    transport_to,
    until,
)
from tests.patience import PATIENCE_S

__all__ = ["run"]
SOON_S: Final = 0.3
BIG: Final = b"x" * 8_000_000
"""A body that no buffer of the system takes whole."""


def test_an_answer_before_the_whole_request_was_written_is_the_last() -> None:
    """The rest of the request would be read as a request of its own, or never."""

    async def one() -> None:
        here, wire = Connection(lambda _: None), Wire()
        here.connection_made(wire)
        answer = here.ask(step(method="POST", body=b"much"), "host")
        wire.unwritten = 2
        here.data_received(OK)
        assert await answer == DONE
        assert wire.aborted

    asyncio.run(one())


def test_an_early_answer_to_a_large_request(run: Run[Any]) -> None:
    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first = sending(transport, step(method="POST", body=BIG))
            peer = await server.next()
            await peer.some(100)
            await peer.say(OK)
            assert await first == DONE
            assert not await peer.ended()
            second = sending(transport)
            other = await server.next()
            assert (await other.request()).startswith(b"GET /x ")
            await other.say(OK)
            assert await second == DONE

    with Peers() as server:
        run(one(server))


# ---- requests


def test_a_request_is_written_as_it_is(run: Run[Any]) -> None:
    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first = sending(transport, step("/a?b=c", method="POST", body=b"{}", Accept="x"))
            peer = await server.next()
            host = server.url.removeprefix("http://").encode()
            assert await peer.request() == (
                b"POST /a?b=c HTTP/1.1\r\nHost: " + host + b"\r\nAccept: x\r\nContent-Length: 2\r\n\r\n{}"
            )
            await peer.say(OK)
            assert await first == DONE
            second = sending(transport)
            assert await peer.request() == b"GET /x HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
            await peer.say(OK)
            assert await second == DONE

    with Peers() as server:
        run(one(server))


@pytest.mark.parametrize(
    "wrong",
    [
        step("/a b"),
        step("/a\r\nB: c"),
        step("/a\x7f"),
        step("/中"),
        step(Accept="a\r\nB: c"),
        step(Accept="a\nb"),
        step(Accept="中"),
    ],
)
def test_a_request_that_would_be_another_one_is_not_sent(wrong: Send) -> None:
    """By neither half. The connection it would have gone over is as good as before."""

    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first = sending(transport)
            peer = await server.next()
            await peer.request()
            await peer.say(OK)
            assert await first == DONE
            refused = await transport.send(wrong)
            assert isinstance(refused, Failed)
            assert not refused.sent
            assert "a b" not in refused.reason
            second = sending(transport)
            await peer.request()
            await peer.say(OK)
            assert await second == DONE

    with Peers() as server:
        run_in("asyncio", one(server))
        half = HttpTransport(server.url)
        refused = half.send(wrong)
        half.close()
        assert isinstance(refused, Failed)
        assert not refused.sent


# ---- nothing twice


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kept", [False, True])
def test_a_request_whose_connection_closes_is_not_repeated(run: Run[Any], method: Any, kept: bool, reset: bool) -> None:
    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            if kept:
                first = sending(transport)
                peer = await server.next()
                await peer.request()
                await peer.say(OK)
                assert await first == DONE
            second = sending(transport, step("/once", method=method))
            if not kept:
                peer = await server.next()
            assert b"/once" in await peer.request()
            peer.close(reset=reset)
            result = await second
            assert isinstance(result, Failed)
            assert (result.sent, result.reason[:3]) == (True, "cut")
            assert server.nobody()

    with Peers() as server:
        run(one(server))


@pytest.mark.parametrize("said", [None, b"", OK, b"\r\n", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
@pytest.mark.parametrize("seen", [False, True])
def test_a_kept_connection_that_closed_or_spoke_is_not_used(run: Run[Any], said: bytes | None, seen: bool) -> None:
    """Also where the loop has not read it yet: the program was busy. None resets the connection, b"" closes it."""

    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first = sending(transport)
            peer = await server.next()
            await peer.request()
            await peer.say(OK)
            assert await first == DONE
            if said:
                peer.plug.send(said)
            else:
                peer.close(reset=said is None)
            if seen:
                (pool,) = transport._pools.values()
                await until(lambda: not pool._open)
            second = sending(transport, step("/next", method="POST"))
            other = await server.next()
            assert (await other.request()).startswith(b"POST /next ")
            await other.say(OK)
            assert await second == DONE
            if said:
                assert await peer.ended()

    with Peers() as server:
        run(one(server))


def test_a_server_that_speaks_first_gets_no_request(run: Run[Any]) -> None:
    """The answer lies in the system when the connection is made: the loop is held while the server sends it."""

    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            made = Connection.connection_made

            def held(self: Connection, wire: Any) -> None:
                plug, _ = server.listener.accept()
                plug.send(OK)
                spoken.append(plug)
                made(self, wire)

            spoken: list[socket.socket] = []
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Connection, "connection_made", held)
                server.listener.settimeout(PATIENCE_S)
                result = await transport.send(step(method="POST"))
            assert isinstance(result, Failed)
            assert (result.sent, "spoke before" in result.reason) == (False, True)
            peer = Peer(spoken[0])
            assert await peer.ended()
            peer.close()

    with Peers() as server:
        run(one(server))


# ---- no connection


def test_no_connection_is_said_so(run: Run[Any]) -> None:
    async def one() -> None:
        for url in (
            "http://127.0.0.1:1",
            "http://nobody.invalid",
            f"http://{'a' * 70}.invalid",
            "http://..x",
            "https://127.0.0.1:1",
        ):
            async with transport_to(url) as transport:
                result = await transport.send(step(method="POST"))
                assert isinstance(result, Failed), url
                assert (result.sent, result.reason[:13]) == (False, "no connection"), url
        half = HttpTransport("http://..x")
        refused = half.send(step())
        assert isinstance(refused, Failed)
        assert not refused.sent

    run(one())


def test_an_address_that_says_nothing_leaves_time_for_the_next(run: Run[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue of the first address is full: it takes no connection."""

    async def one(server: Peers, silent: socket.socket) -> None:
        async with transport_to(server.url) as transport:
            port = int(server.url.rpartition(":")[2])
            found = [silent.getsockname(), ("127.0.0.1", port)]
            addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in found]

            async def both(*_: object) -> list[Any]:
                return addresses

            monkeypatch.setattr(transport, "_addresses", both)
            first = sending(transport, step(within_s=4.0))
            peer = await server.next()
            await peer.request()
            await peer.say(OK)
            assert await first == DONE

    with Peers() as server, Full() as silent:
        run(one(server, silent))


# ---- time


def test_a_deadline_before_anything_is_sent(run: Run[Any]) -> None:
    async def one(silent: socket.socket, deaf: socket.socket) -> None:
        before = sockets_open()
        for scheme, listener in (("http", silent), ("https", deaf)):
            async with transport_to(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}") as transport:
                result = await transport.send(step(method="POST", within_s=SOON_S))
                assert result == Failed(False, "no connection in time")
                assert await transport.send(step(within_s=-1)) == Failed(False, "no time left")
            await until(lambda: sockets_open() <= before)

    with Full() as silent, socket.create_server(("127.0.0.1", 0)) as deaf:
        run(one(silent, deaf))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", b""),
        (BIG, None),
        (b"{}", b"HTTP/1.1 200 OK\r\nContent-"),
        (b"{}", HEAD + b"Content-Length: 9\r\n\r\n{"),
        (b"{}", HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
        (b"{}", HEAD + b"\r\n{}"),
    ],
)
@pytest.mark.parametrize("cancelled", [False, True])
def test_a_deadline_and_a_cancellation_after_something_was_sent(
    run: Run[Any], body: bytes, said: bytes | None, cancelled: bool
) -> None:
    """Its connection is closed, what was not written is not sent any more, and the next request takes another."""

    async def one(server: Peers) -> None:
        before = sockets_open()
        async with transport_to(server.url) as transport:
            within_s = PATIENCE_S if cancelled else SOON_S
            first = sending(transport, step(method="POST", body=body, within_s=within_s))
            peer = await server.next()
            if said is None:
                await peer.some(1)
            else:
                await peer.request()
                await peer.say(said)
            if cancelled:
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
            else:
                assert await first == Failed(True, "no answer in time")
            await peer.ended()
            assert len(peer._read) < len(BIG)
            second = sending(transport)
            other = await server.next()
            await other.request()
            await other.say(OK)
            assert await second == DONE
            peer.close()
            other.close()
        assert sockets_open() == before

    with Peers() as server:
        run(one(server))


def test_an_answer_in_the_instant_of_the_deadline_counts() -> None:
    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first = sending(transport, step())
            peer = await server.next()
            await peer.request()
            (pool,) = transport._pools.values()
            (here,) = pool._open
            here.data_received(OK)
            pool.deadlines._waiting[first] = (monotonic() - 1, 0)
            pool.deadlines._look()
            assert await first == DONE
            assert first.cancelling() == 0

    with Peers() as server:
        run_in("asyncio", one(server))


# ---- bugs planted


def in_asyncio(what: Awaitable[Any]) -> Any:
    return run_in("asyncio", what)


def test_a_request_that_is_repeated_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    send = HttptoolsTransport.send

    async def repeating(self: HttptoolsTransport, what: Send) -> Received | Failed:
        result = await send(self, what)
        if isinstance(result, Failed) and result.reason[:3] == "cut":
            return await send(self, step(what.target, method="POST", within_s=SOON_S))
        return result

    monkeypatch.setattr(HttptoolsTransport, "send", repeating)
    with pytest.raises(AssertionError):
        test_a_request_whose_connection_closes_is_not_repeated(in_asyncio, "POST", kept=True, reset=False)


def test_a_second_answer_that_is_kept_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def keeping(self: Connection) -> None:
        self._end(Received(self._status, bytes(self._body)), last=False)

    monkeypatch.setattr(Connection, "_deliver", keeping)
    with pytest.raises(AssertionError):
        in_asyncio(test_httptools_answers.all_answers_in_pieces())


def test_a_closed_connection_that_nobody_looks_at_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request goes nowhere, and the test would wait for it at the next connection: so it has its result first."""
    monkeypatch.setattr(Connection, "quiet", Connection.free)

    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first = sending(transport)
            peer = await server.next()
            await peer.request()
            await peer.say(OK)
            assert await first == DONE
            peer.close()
            result = await transport.send(step(method="POST"))
            assert isinstance(result, Failed)
            assert result.sent

    with Peers() as server:
        in_asyncio(one(server))


def test_a_connection_used_after_its_request_was_given_up_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With this bug the late answer to one request is the answer to the next."""
    let_go = Pool.let_go

    def used(self: Pool, one: Connection) -> None:
        one._answer = None
        let_go(self, one)

    async def late_answer(server: Peers) -> Received | Failed:
        async with transport_to(server.url) as transport:
            first = sending(transport, step("/first"))
            peer = await server.next()
            await peer.request()
            first.cancel()
            await asyncio.wait([first])
            second = sending(transport, step("/second"))
            coming = asyncio.ensure_future(server.next())
            reading = asyncio.ensure_future(peer.request())
            await asyncio.wait([coming, reading], return_when="FIRST_COMPLETED")
            if coming.done():
                await coming.result().request()
                await coming.result().say(HEAD + b"Content-Length: 6\r\n\r\nsecond")
            else:
                await peer.say(HEAD + b"Content-Length: 5\r\n\r\nfirst")
            result = await second
            for task in (coming, reading):
                task.cancel()
            await asyncio.wait([coming, reading])
            return result

    with Peers() as server:
        assert in_asyncio(late_answer(server)) == Received(200, b"second")
    monkeypatch.setattr(Pool, "let_go", used)
    with Peers() as server:
        assert in_asyncio(late_answer(server)) == Received(200, b"first")
