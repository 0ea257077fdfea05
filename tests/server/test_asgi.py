"""The app in a server of somebody else: requests and streams take the same way."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tallystick.server import asgi
from tallystick.server.ws.message import Message
from tests.patience import PATIENCE_S
from tests.server.harness import World, within
from tests.ws.client import login_of

HOST = (b"host", b"127.0.0.1")


async def ask(here: World, method: str, path: str, headers: list[tuple[bytes, bytes]], pieces: list[bytes]) -> Any:
    """(status, headers, body) of one request whose body comes in pieces; b"" at the end means that the client left."""
    events: list[dict[str, Any]] = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0) if events else {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    raw, _, query = path.encode().partition(b"?")
    scope = {
        "type": "http",
        "method": method,
        "raw_path": raw,
        "query_string": query,
        "client": ("127.0.0.1", 4711),
        "headers": [HOST, *headers],
    }
    await here.app(scope, receive, send)
    start, body = sent
    assert (start["type"], body["type"]) == ("http.response.start", "http.response.body")
    found = dict(start["headers"])
    assert found[b"content-length"] == b"%d" % len(body["body"])
    assert found[b"content-type"] == b"application/json"
    return start["status"], found, body["body"]


def signed(here: World, method: str, path: str, body: bytes = b"") -> list[tuple[bytes, bytes]]:
    headers = here.headers(here.alice, method, path, body)
    return [(name.encode(), value.encode()) for name, value in headers.items() if isinstance(value, str)]


def test_requests_with_and_without_a_body() -> None:
    async def story(here: World) -> None:
        path = "/api/v5/account/balance?ccy=BTC"
        status, _, body = await ask(here, "GET", path, signed(here, "GET", path), [b""])
        assert (status, json.loads(body)["code"]) == (200, "0")
        raw = b'{"autoRepay": true}'
        path = "/api/v5/account/set-auto-repay"
        headers = [*signed(here, "POST", path, raw), (b"content-length", b"%d" % len(raw))]
        status, _, body = await ask(here, "POST", path, headers, [raw[:5], raw[5:]])
        assert (status, json.loads(body)["data"]) == (200, [{"autoRepay": True}])
        assert (await ask(here, "GET", "/nope", [], [b""]))[0] == 404
        assert (await ask(here, "GET", "/tally/v1/clock", [], [b""]))[0] == 401

    within(story)


def test_a_body_that_is_too_large_or_breaks_off() -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        for path in ("/api/v5/account/set-auto-repay", "/tally/v1/reset"):
            token = [(b"authorization", b"Bearer control-token-of-the-tests")]
            chunked = [(b"transfer-encoding", b"chunked"), *token]
            assert (await ask(here, "POST", path, chunked, [b"x" * 40_000] * 2))[0] == 413
            assert (await ask(here, "POST", path, [(b"content-length", b"70000"), *token], [b""]))[0] == 413
            assert (await ask(here, "POST", path, chunked, []))[0] == 400
        assert await here.seq_and_hash() == before

    within(story)


def test_what_is_neither_request_nor_stream_is_refused() -> None:
    """A server that asks whether there is a lifespan takes the error for a no."""

    async def story(here: World) -> None:
        with pytest.raises(ValueError, match="lifespan"):
            await here.app({"type": "lifespan"}, None, None)  # type: ignore[arg-type]

    within(story)


class Client:
    """The other server's end of a stream."""

    def __init__(
        self, here: World, path: bytes = b"/ws/v5/private", headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        self.inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.outbox: asyncio.Queue[Any] = asyncio.Queue()
        self.inbox.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "raw_path": path, "client": ("127.0.0.1", 1), "headers": [HOST, *headers]}
        self.task = asyncio.create_task(here.app(scope, self.inbox.get, self.outbox.put))

    async def next(self) -> Any:
        return await asyncio.wait_for(self.outbox.get(), PATIENCE_S)

    async def say(self, message: Any) -> Any:
        text = message if isinstance(message, str) else json.dumps(message)
        self.inbox.put_nowait({"type": "websocket.receive", "text": text})
        said = (await self.next())["text"]
        return json.loads(said) if said.startswith("{") else said


def test_a_stream_from_its_handshake_to_its_end() -> None:
    async def story(here: World) -> None:
        client = Client(here)
        assert await client.next() == {"type": "websocket.accept", "headers": [(b"x-tally-generation", b"1")]}
        assert await client.say("ping") == "pong"
        assert (await client.say(login_of(here.alice, here.venue.now_ms() // 1000)))["code"] == "0"
        request = {"op": "subscribe", "args": [{"channel": "orders", "instType": "SPOT"}]}
        assert (await client.say(request))["event"] == "subscribe"
        await client.next()
        bid = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}
        assert (await client.say({"id": "1", "op": "order", "args": [bid]}))["code"] == "0"
        assert json.loads((await client.next())["text"])["data"][0]["state"] == "live"
        client.inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(client.task, PATIENCE_S)
        assert here.app.sockets.hub.streams == {}
        assert not here.app.sockets.hub.sessions

    within(story)


def test_a_stream_that_is_cut_off_is_closed_with_the_reason() -> None:
    async def story(here: World) -> None:
        client = Client(here)
        await client.next()
        client.inbox.put_nowait({"type": "websocket.receive", "bytes": b"\\x00"})
        assert await client.next() == {"type": "websocket.close", "code": 1003, "reason": "Messages are text"}
        await asyncio.wait_for(client.task, PATIENCE_S)

    within(story)


@pytest.mark.parametrize(
    ("path", "headers"),
    [(b"/ws/v5/nothing", ()), (b"/ws/v5/public", ((b"origin", b"http://evil.com"), (b"host", b"evil.com")))],
)
def test_a_stream_that_is_not_opened(path: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    async def story(here: World) -> None:
        client = Client(here, path, headers)
        assert (await client.next())["type"] == "websocket.close"
        await asyncio.wait_for(client.task, PATIENCE_S)

    within(story)


def test_what_the_other_server_does_not_take_is_bounded() -> None:
    async def story(here: World) -> None:
        socket = asgi.AsgiSocket(asyncio.Queue[Any]().get, asyncio.Queue[Any]().put)
        for _ in range(asgi.UNSENT_MAX + 5):
            socket.push(Message(b"x"))
        assert socket.ended
        assert socket.unsent.qsize() == asgi.UNSENT_MAX

    within(story)


def test_faults_of_answers_are_played_and_those_of_the_connection_are_left_to_the_other_server() -> None:
    async def story(here: World) -> None:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(event: Any) -> None:
            sent.append(event)

        async def asked(fault: str) -> list[Any]:
            sent.clear()
            await here.control("DELETE", "faults")
            assert (await here.control("POST", "faults", {"on": "time", "fault": fault})).status == 200
            path = b"/api/v5/public/time"
            scope = {"type": "http", "method": "GET", "raw_path": path, "query_string": b"", "headers": [HOST]}
            await here.app({**scope, "client": None}, receive, send)
            return list(sent)

        start, body = await asked("html-502")
        assert start["status"] == 502
        assert [value for name, value in start["headers"] if name == b"content-type"] == [b"text/html; charset=utf-8"]
        assert b"Bad Gateway" in body["body"]
        # The other server sees a request without an answer, and ends it in its own way.
        assert await asked("drop-after-commit") == []
        start, body = await asked("close-after-answer")
        assert json.loads(body["body"])["code"] == "0"

    within(story)
