"""Connections of the transport over httptools: how many, how long, in which loop, and to whom."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from tallystick.client import transport_httptools
from tallystick.client.steps import Failed, Received, Send
from tallystick.client.transport import HttpTransport
from tallystick.client.transport_httptools import HttptoolsTransport
from tests.client.peers import (
    DONE,
    OK,
    Full,
    Peers,
    Run,
    run,
    run_in,
    sending,
    sockets_open,
    step,
    transport_to,
)
from tests.patience import PATIENCE_S

__all__ = ["run"]


# ---- many


def test_so_many_at_once_and_the_rest_in_turn(run: Run[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The fourth waits beyond its deadline, the fifth is cancelled, the third has the turn of the first."""
    monkeypatch.setattr(transport_httptools, "CONNECTIONS_MAX", 2)

    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first, second, third = (sending(transport, step(f"/{name}")) for name in "abc")
            fourth = sending(transport, step("/d", within_s=0.3))
            fifth = sending(transport, step("/e"))
            peers = [await server.next() for _ in range(2)]
            for peer in peers:
                await peer.request()
            assert await fourth == Failed(False, "no connection in time")
            fifth.cancel()
            with pytest.raises(asyncio.CancelledError):
                await fifth
            await peers[0].say(OK)
            done, _ = await asyncio.wait([first, second], return_when="FIRST_COMPLETED")
            assert {task.result() for task in done} == {DONE}
            assert (await peers[0].request()).startswith(b"GET /c ")
            for peer in peers:
                await peer.say(OK)
            assert list(await asyncio.gather(first, second, third)) == [DONE] * 3
            assert server.nobody()
            (pool,) = transport._pools.values()
            assert (pool.busy, len(pool._open), len(pool._idle)) == (0, 2, 2)

    with Peers() as server:
        run(one(server))


def test_a_turn_that_comes_to_who_is_cancelled_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_httptools, "CONNECTIONS_MAX", 1)

    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first = sending(transport)
            peer = await server.next()
            await peer.request()
            second, third = sending(transport, step("/b")), sending(transport, step("/c"))
            await asyncio.sleep(0)
            (pool,) = transport._pools.values()
            pool.over()
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            other = await server.next()
            assert (await other.request()).startswith(b"GET /c ")
            for one_of_two in (peer, other):
                await one_of_two.say(OK)
            assert list(await asyncio.gather(first, third)) == [DONE] * 2

    with Peers() as server:
        run_in("asyncio", one(server))


def test_the_connection_used_last_is_used_next_and_the_others_age(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(transport_httptools, "monotonic", lambda: now[0])

    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:

            async def answered(peer: Any, task: asyncio.Task[Received | Failed]) -> None:
                await peer.request()
                await peer.say(OK)
                assert await task == DONE

            def sent() -> asyncio.Task[Received | Failed]:
                return sending(transport, Send("GET", "/x", step().headers, b"", now[0] + 60, repeatable=True))

            first, second = sent(), sent()
            a, b = await server.next(), await server.next()
            await a.request()
            await a.say(OK)
            await asyncio.wait([first, second], return_when="FIRST_COMPLETED")
            now[0] += 1
            await b.request()
            await b.say(OK)
            assert list(await asyncio.gather(first, second)) == [DONE] * 2
            now[0] += 14
            await answered(b, sent())
            (pool,) = transport._pools.values()
            pool._sweep()
            assert await a.ended()
            assert len(pool._idle) == 1
            now[0] += 15
            third = sent()
            await answered(await server.next(), third)
            assert await b.ended()
            now[0] += 15
            pool._sweep()
            assert not pool._idle
            assert pool._sweeper is None

    with Peers() as server:
        run_in("asyncio", one(server))


def test_closing_leaves_nothing_open(run: Run[Any]) -> None:
    async def one(server: Peers) -> None:
        before = sockets_open()
        transport = HttptoolsTransport(server.url)
        first, second = sending(transport), sending(transport, step(method="POST"))
        peers = [await server.next() for _ in range(2)]
        requests = [await peer.request() for peer in peers]
        read = requests.index(next(request for request in requests if request.startswith(b"GET")))
        await peers[read].say(OK)
        assert await first == DONE
        await transport.close()
        for peer in peers:
            assert await peer.ended()
            peer.close()
        assert sockets_open() == before
        assert await second == Failed(True, "cut before an answer")
        assert await transport.send(step()) == Failed(False, "the client is closed")
        await transport.close()
        assert len(asyncio.all_tasks()) <= 2

    with Peers() as server:
        run(one(server))


def test_closing_while_connections_are_made_and_turns_waited_for(
    run: Run[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_httptools, "CONNECTIONS_MAX", 1)

    async def one(server: Peers) -> None:
        transport = HttptoolsTransport(server.url)
        first, second = sending(transport), sending(transport)
        await asyncio.sleep(0)
        await transport.close()
        for result in await asyncio.gather(first, second):
            assert isinstance(result, Failed)
            assert (result.sent, "is closed" in result.reason) == (False, True)

    with Peers() as server:
        run(one(server))


def test_loops_have_connections_of_their_own() -> None:
    """Two at once, in threads, and one after the other."""
    with Peers() as server:
        server.listener.settimeout(PATIENCE_S)
        url, requests = server.url, []

        def serve() -> None:
            while True:
                plug, _ = server.listener.accept()
                with plug:
                    plug.settimeout(PATIENCE_S)
                    while data := plug.recv(4_096):
                        requests.append(data)
                        if b"/end" in data:
                            return
                        plug.sendall(OK)

        async def some(both: Callable[[], int]) -> None:
            assert await transport.send(step("/a")) == DONE
            both()
            await pools_closed()

        async def pools_closed() -> None:
            await transport._pools[asyncio.get_running_loop()].close()

        transport = HttptoolsTransport(url)
        serving = threading.Thread(target=serve, daemon=True)
        other = threading.Thread(target=serve, daemon=True)
        meeting = threading.Barrier(2)
        serving.start()
        other.start()
        wait: Callable[[], int] = lambda: meeting.wait(PATIENCE_S)  # noqa: E731
        loops = [threading.Thread(target=run_in, args=("asyncio", some(wait))) for _ in range(2)]
        for one in loops:
            one.start()
        for one in loops:
            one.join(PATIENCE_S)
        run_in("asyncio", some(lambda: 0))
        assert len(requests) == 3
        assert len(transport._pools) == 1
        for _ in range(2):
            with socket.create_connection(server.listener.getsockname(), PATIENCE_S) as plug:
                plug.sendall(b"GET /end HTTP/1.1\r\n\r\n")
        for one in (serving, other):
            one.join(PATIENCE_S)


# ---- TLS


@asynccontextmanager
async def secured(authority: trustme.CA, name: str, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A server with a certificate for a name, which answers each request; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(OK)
        except (asyncio.IncompleteReadError, OSError):
            writer.transport.abort()

    server = await asyncio.start_server(answer, host, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def quiet_loop() -> None:
    """Refused handshakes are told to the loop's handler by the server of the test, not by the client."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)


@pytest.mark.parametrize(("name", "host"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("localhost", "localhost")])
def test_tls_with_a_certificate_of_ones_own(run: Run[Any], tmp_path: Path, name: str, host: str) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    async def one() -> None:
        quiet_loop()
        bound = name if name != "localhost" else "127.0.0.1"
        ca = str(tmp_path / "ca.pem")
        async with (
            secured(authority, name, bound) as port,
            transport_to(f"https://{host}:{port}", ca=ca) as transport,
        ):
            for _ in range(3):
                assert await transport.send(step()) == DONE
            (pool,) = transport._pools.values()
            assert len(pool._open) == 1

    run(one())


def test_tls_that_cannot_be_trusted_gets_no_request(run: Run[Any], tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    async def refused(url: str, ca: str | None) -> None:
        async with transport_to(url, ca=ca) as transport:
            result = await transport.send(step(method="POST"))
            assert isinstance(result, Failed)
            assert (result.sent, result.reason[:13]) == (False, "no connection"), result

    async def one() -> None:
        quiet_loop()
        async with secured(authority, "elsewhere.example") as port:
            await refused(f"https://127.0.0.1:{port}", str(tmp_path / "ca.pem"))
        async with secured(other, "127.0.0.1") as port:
            await refused(f"https://127.0.0.1:{port}", str(tmp_path / "ca.pem"))
            await refused(f"https://127.0.0.1:{port}", None)
        with Peers() as server:
            task = asyncio.ensure_future(refused(server.url.replace("http", "https"), None))
            await (await server.next()).say(OK)
            await task

    run(one())


def test_an_address_in_ipv6(run: Run[Any]) -> None:
    async def one(server: Peers) -> None:
        async with transport_to(server.url) as transport:
            first = sending(transport)
            peer = await server.next()
            assert b"Host: [::1]:" in await peer.request()
            await peer.say(OK)
            assert await first == DONE

    with Peers("::1") as server:
        run(one(server))


# ---- secrets


@pytest.mark.parametrize("at", ["connecting", "waiting"])
def test_no_traceback_of_a_cancelled_request_shows_a_header(run: Run[Any], at: str) -> None:
    async def one(server: Peers, silent: socket.socket) -> None:
        port = silent.getsockname()[1]
        async with transport_to(server.url if at == "waiting" else f"http://127.0.0.1:{port}") as transport:
            first = sending(transport, step(Passphrase="CANARY"))
            if at == "waiting":
                assert b"CANARY" in await (await server.next()).request()
            else:
                await asyncio.sleep(0)
            first.cancel()
            try:
                await first
            except asyncio.CancelledError as error:
                found = traceback.TracebackException.from_exception(error, capture_locals=True)
            shown = "".join(found.format())
            assert "transport_httptools.py" in shown
            assert "CANARY" not in shown
            (pool,) = transport._pools.values()
            for thing in (transport, pool, *pool._open):
                assert "CANARY" not in f"{thing!r} {vars(thing)!r}"

    with Peers() as server, Full() as silent:
        run(one(server, silent))


# ---- many files


@pytest.mark.parametrize("half", ["sync", "async"])
def test_a_kept_connection_with_a_high_number_is_used(half: str) -> None:
    """`select.select` takes no file above 1,023."""
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(1_024)]

    def serve(listener: socket.socket) -> None:
        plug, _ = listener.accept()
        with plug:
            plug.settimeout(PATIENCE_S)
            for _ in range(2):
                plug.recv(4_096)
                plug.sendall(OK)

    async def both(url: str) -> list[Received | Failed]:
        async with transport_to(url) as transport:
            return [await transport.send(step()) for _ in range(2)]

    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = threading.Thread(target=serve, args=(listener,), daemon=True)
            serving.start()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            if half == "async":
                found = run_in("asyncio", both(url))
            else:
                waiting = HttpTransport(url)
                found = [waiting.send(step()) for _ in range(2)]
                waiting.close()
            serving.join(PATIENCE_S)
    finally:
        for file in held:
            os.close(file)
    assert found == [DONE] * 2
