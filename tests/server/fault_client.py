"""A raw client at a served venue with rules of faults, and a request whose effect can be counted."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

from tests.patience import PATIENCE_S
from tests.server.harness import Socket

TRANSFER = {"ccy": "USDT", "amt": "1", "from": "18", "to": "6"}


class Seen(NamedTuple):
    """Everything a client saw: the bytes, and whether a reset ended them."""

    raw: bytes
    reset: bool

    @property
    def status(self) -> int:
        return int(self.raw[9:12])

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def length(self) -> int:
        """Length that the head declares."""
        return int(self.head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request_of(socket: Socket, method: str, path: str, body: object = None, *, keep: bool = False) -> bytes:
    """Signed request of alice as bytes."""
    raw = b"" if body is None else json.dumps(body).encode()
    headers = socket.world.headers(socket.world.alice, method, path, raw)
    headers |= {"host": f"127.0.0.1:{socket.port}", "content-length": str(len(raw))}
    headers |= {} if keep else {"connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + raw


async def see(socket: Socket, request: bytes) -> Seen:
    """Send, and read until the server ends the connection."""
    reader, writer = await socket.open()
    writer.write(request)
    found = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65_536), PATIENCE_S):
            found += piece
    except ConnectionResetError:
        return Seen(found, reset=True)
    finally:
        writer.close()
    return Seen(found, reset=False)


async def transfer(socket: Socket) -> Seen:
    """Move 1 USDT of alice from the trading account to the funding account."""
    return await see(socket, request_of(socket, "POST", "/api/v5/asset/transfer", TRANSFER))


async def moved(socket: Socket) -> int:
    """USDT that alice has moved into the funding account, which begins with 5,000."""
    answer = await socket.world.signed("GET", "/api/v5/asset/balances?ccy=USDT")
    (row,) = answer.json()["data"]
    return int(row["bal"]) - 5_000


async def rule(socket: Socket, on: str, fault: str, **rest: Any) -> int:
    answer = await socket.world.control("POST", "faults", {"on": on, "fault": fault, **rest})
    assert answer.status == 200, answer.body
    number: int = answer.json()["id"]
    return number


async def rules(socket: Socket) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await socket.world.control("GET", "faults")).json()["faults"]
    return found
