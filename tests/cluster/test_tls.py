"""Servers with certificates of their own pass calls on to each other, and to nobody who has another certificate."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tallystick.cluster import addresses
from tallystick.cluster.lease import Leading
from tallystick.cluster.passing import NotDone, Passer
from tallystick.cluster.secret import VARIABLE, ClusterSecret
from tallystick.server import tls
from tallystick.server.request import Whole
from tallystick.server.serve import context_of
from tests.cli.process import ENVIRONMENT, Served, serving, tally
from tests.store.database import server

SECRET = "a-secret-of-the-tests"


def asked(served: Served, folder: Path, method: str, path: str, body: object = None) -> tuple[int, Any]:
    trusted = ssl.create_default_context(cafile=folder / "tls" / "ca.pem")
    with closing(HTTPSConnection(urlsplit(served.url).netloc, timeout=30, context=trusted)) as client:
        headers = {"Authorization": f"Bearer {served.connection['control_token']}", "Content-Type": "application/json"}
        client.request(method, f"/tally/v1/{path}", None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


@contextmanager
def two(folder: Path, url: str) -> Iterator[tuple[Served, Served]]:
    options = ("--store", url, "--tls", "--market", "by-hand", "--frozen")
    with serving(folder / "a", *options) as first, serving(folder / "b", *options) as second:
        yield first, second


def test_a_follower_knows_the_leader_by_its_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, VARIABLE, SECRET)
    url = server().url()
    with two(tmp_path, url) as (first, second):
        assert first.url.startswith("https://")
        assert f"SSL_CERT_FILE={tmp_path / 'a' / 'tls' / 'ca.pem'}" in first.greeting
        assert asked(second, tmp_path / "b", "GET", "health")[1]["role"] == "follower"
        price = {"instId": "BTC-USDT", "px": "30000"}
        assert asked(second, tmp_path / "b", "POST", "market/price", price)[0] == 200


@pytest.mark.parametrize("right", [True, False])
def test_nothing_is_sent_to_a_server_with_another_certificate(tmp_path: Path, right: bool) -> None:
    _, certificate = tls.prepare(tmp_path, ())
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65_536))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async def story() -> None:
        listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context_of(str(certificate)))
        url = f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        address = addresses.named(url, str(certificate)) if right else f"{url}#{'0' * 64}"
        passer = Passer(Leading(1, "another", address, 1_000), ClusterSecret(SECRET))
        request = Whole("GET", b"/api/v5/account/balance", [(b"host", b"127.0.0.1")], b"", peer="127.0.0.1")
        try:
            if right:
                (status, body, _), _ = await passer.send(request, b"")
                assert (status, body) == (200, b"{}")
            else:
                with pytest.raises(NotDone):
                    await passer.send(request, b"")
        finally:
            await passer.close()
            listening.close()

    asyncio.run(story())
    assert [said[:4] for said in heard if said] == ([b"GET "] if right else [])


def test_servers_with_tls_are_reached_by_https(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path / "a"), "--store", "postgresql://x/y", "--reached-at", "http://a"]
    done = tally("serve", "--tls", *options)
    assert (done.returncode, done.stderr) == (
        1,
        "tally: with --tls the other servers reach this one by https, not at http://a\n",
    )
