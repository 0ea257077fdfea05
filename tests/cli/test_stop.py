"""A served venue that is asked to stop while its clients are in every state: exit 0, and nothing but our own words."""

from __future__ import annotations

import json
import signal
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from tests.cli.process import Served, serving
from tests.patience import PATIENCE_S

HEAD = b"GET /ws/v5/public HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
STATES = {
    "nothing said": b"",
    "half a head": b"GET /api/v5/public/time HTTP/1.1\r\nHost",
    "half a body": b"POST /api/v5/trade/order HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{",
    "a long line at the handshake": HEAD + KEY + b"X: " + b"a" * 8_200 + b"\r\n\r\n",
    "an extension with bytes behind": HEAD + KEY + b"Sec-WebSocket-Extensions: permessage-deflate;"
    b" server_max_window_bits=99999\r\n\r\n" + Frame(Opcode.TEXT, b"ping").serialize(mask=True),
    "half a handshake": HEAD,
    "a handshake that is none": HEAD + b"\r\n",
    "half a message": HEAD + KEY + b"\r\n" + Frame(Opcode.TEXT, b"ping").serialize(mask=True)[:4],
    "bad text": HEAD + KEY + b"\r\n" + Frame(Opcode.TEXT, b"\xff").serialize(mask=True),
    "cut off": HEAD + KEY + b"\r\n" + Frame(Opcode.BINARY, b"x").serialize(mask=True),
    "answers not read": b"GET /api/v5/public/instruments?instType=SPOT HTTP/1.1\r\nHost: h\r\n\r\n" * 500,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01",
}


def address(served: Served) -> tuple[str, int]:
    parts = urlsplit(served.url)
    return parts.hostname or "", parts.port or 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_every_state_survives_a_stop_and_streams_are_told(tmp_path: Path, number: int) -> None:
    with serving(tmp_path / "data", "--limits", "off", "--market", "by-hand") as served:
        clients = []
        for raw in STATES.values():
            client = socket.create_connection(address(served), timeout=PATIENCE_S)
            client.sendall(raw)
            clients.append(client)
        url = served.url.replace("http", "ws", 1)
        with connect(f"{url}/ws/v5/public", proxy=None) as stream:
            stream.send("ping")
            assert stream.recv(timeout=PATIENCE_S) == "pong"
            status, out, err = served.stop(number)
            assert json.loads(stream.recv(timeout=PATIENCE_S))["code"] == "64008"
            with pytest.raises(Exception, match="1012"):
                stream.recv(timeout=PATIENCE_S)
        assert (status, err) == (0, "")
        assert "Everything is on disk" in out
        for client in clients:
            client.close()


def test_a_tls_handshake_that_hangs_survives_a_stop(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder, "--tls", "--limits", "off", "--market", "by-hand") as served:
        silent = socket.create_connection(address(served), timeout=PATIENCE_S)
        odd = socket.create_connection(address(served), timeout=PATIENCE_S)
        odd.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        context = ssl.create_default_context(cafile=folder / "tls" / "ca.pem")
        plain = socket.create_connection(address(served), timeout=PATIENCE_S)
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as client:
            client.sendall(b"GET /api/v5/public/time HTTP/1.1\r\nHost: h\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")
            url = served.url.replace("http", "ws", 1)
            options: dict[str, Any] = {"ssl": context, "proxy": None}
            with connect(f"{url}/ws/v5/public", **options) as stream:
                stream.send("ping")
                assert stream.recv(timeout=PATIENCE_S) == "pong"
                status, _, err = served.stop(signal.SIGTERM)
                assert json.loads(stream.recv(timeout=PATIENCE_S))["code"] == "64008"
        assert (status, err) == (0, "")
        silent.close()
        odd.close()
