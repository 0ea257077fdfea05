"""A planted canary: no key, secret or passphrase shows in a repr, a log, a traceback or a pickle."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tallystick import AsyncClient, Client
from tallystick.client import errors, secrets
from tallystick.client.flows import call
from tallystick.contract import market, repay
from tests.client.venue import TIME, Cut, Script, http

CANARY = "CANARY"
KEYS: dict[str, Any] = {"api_key": "CANARY-key", "secret_key": "CANARY-secret", "passphrase": "CANARY-pass"}


def sync(url: str, fields: Any) -> None:
    with Client(**KEYS, base_url=url, pace=False, deadline=1) as client:
        client._run(call(client._session, repay.ONE_CLICK_REPAY_V2, fields))


def asynchronous(url: str, fields: Any, transport: str = "aiohttp") -> None:
    async def run() -> None:
        async with AsyncClient(**KEYS, base_url=url, pace=False, deadline=1, transport=transport) as client:
            await client._run(call(client._session, repay.ONE_CLICK_REPAY_V2, fields))

    asyncio.run(run())


def over_httptools(url: str, fields: Any) -> None:
    asynchronous(url, fields, "httptools")


def shown(error: BaseException) -> str:
    """A traceback with the variables of every frame of the package, as debuggers and error services collect them."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts = [str(error), repr(error), repr(vars(error))]
    one: traceback.TracebackException | None = found
    while one is not None:
        parts += [
            f"{frame.filename} {frame.name} {frame.locals}" for frame in one.stack if "/tests/" not in frame.filename
        ]
        one = one.__cause__ or one.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("half", [sync, asynchronous, over_httptools])
@pytest.mark.parametrize(
    "answers",
    [
        (),
        (TIME, None),
        (TIME, Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")),
        (TIME, b"no HTTP at all\r\n\r\n"),
        (TIME, http("<html>", kind="text/html")),
        (TIME, http({"code": "50113", "msg": "Invalid Sign"}, "401 Unauthorized")),
        (TIME, http({"code": "0", "data": {}})),
    ],
)
def test_no_exception_shows_a_key(
    half: Callable[[str, Any], None], answers: tuple[bytes | None, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Script(*answers) as server:
        url = server.url if answers else "http://127.0.0.1:1"
        with pytest.raises(errors.ClientError) as caught:
            half(url, {"debtCcy": "USDC", "repayCcyList": ["USDC"]})
    assert CANARY not in shown(caught.value)
    assert CANARY not in caplog.text
    assert CANARY not in repr(pickle.dumps(caught.value))
    assert pickle.loads(pickle.dumps(caught.value)).code == caught.value.code


@pytest.mark.parametrize("half", [sync, asynchronous, over_httptools])
def test_a_wrong_parameter_shows_no_key(half: Callable[[str, Any], None]) -> None:
    with pytest.raises(TypeError) as caught:
        half("http://127.0.0.1:1", {"amt": 0.5})
    assert CANARY not in shown(caught.value)


def test_a_refused_host_shows_no_key() -> None:
    with pytest.raises(errors.HostRefused) as caught:
        Client(**KEYS, base_url="http://example.com")
    assert CANARY not in shown(caught.value)


@pytest.mark.parametrize("half", [Client, AsyncClient])
def test_a_client_shows_and_hands_out_no_key(half: Any) -> None:
    client = half(**KEYS, base_url="http://localhost:1", pace=False)
    for thing in (client, client._session, client._session.key, client._session.key.passphrase):
        assert CANARY not in repr(thing)
        assert CANARY not in str(thing)
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(thing)
        with pytest.raises(TypeError, match="not pickled"):
            copy.deepcopy(thing)
    assert CANARY not in repr(vars(client))


def test_the_canary_can_be_found() -> None:
    """A key that shows its text is caught by the same look."""

    def leaky() -> None:
        at = KEYS["passphrase"]
        raise errors.NotSent(f"could not sign in with {at}")

    with pytest.raises(errors.NotSent) as caught:
        leaky()
    assert CANARY in shown(caught.value)
    assert CANARY in secrets.Secret(CANARY).reveal()


def test_a_public_call_carries_no_key() -> None:
    with Script(http({"code": "0", "msg": "", "data": []})) as server:
        with Client(**KEYS, base_url=server.url, pace=False) as client:
            client._run(call(client._session, market.TICKER, {"instId": "BTC-USDT"}))
        assert CANARY.encode() not in server.requests[0]
