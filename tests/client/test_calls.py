"""One call, whole: signed, sent, read, on both halves, against the served venue and a scripted server."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import pytest

from tallystick import AsyncClient, Client
from tallystick.client import errors, texts
from tallystick.client.answers import Answer
from tallystick.client.flows import ATTEMPTS, call
from tallystick.client.moving import moves
from tallystick.client.steps import Wait
from tallystick.contract import ENDPOINTS, borrow, convert, flexible_loan, market, repay, trade
from tallystick.contract.core import Endpoint
from tests.client.venue import TIME, Cut, Script, Served, http, ok, served

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def venue() -> Iterator[Served]:
    with served() as here:
        yield here


def sync(keys: Mapping[str, Any], endpoint: Endpoint, fields: Any = MappingProxyType({})) -> Answer:
    with Client(**keys, pace=False) as client:
        return client._run(call(client._session, endpoint, fields))


def asynchronous(
    keys: Mapping[str, Any], endpoint: Endpoint, fields: Any = MappingProxyType({}), transport: str = "aiohttp"
) -> Answer:
    async def run() -> Answer:
        async with AsyncClient(**keys, pace=False, transport=transport) as client:
            return await client._run(call(client._session, endpoint, fields))

    return asyncio.run(run())


def fast(keys: Mapping[str, Any], endpoint: Endpoint, fields: Any = MappingProxyType({})) -> Answer:
    return asynchronous(keys, endpoint, fields, "httptools")


@pytest.fixture(params=[sync, asynchronous, fast], ids=["sync", "async", "httptools"])
def ask(request: pytest.FixtureRequest) -> Ask:
    found: Ask = request.param
    return found


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are noted and cost no time."""
    waits: list[float] = []
    for half in (Client, AsyncClient):
        carry_out = half._carry_out

        def noted(self: Any, step: Any, carry_out: Any = carry_out) -> Any:
            if isinstance(step, Wait):
                waits.append(step.seconds)
                step = Wait(0)
            return carry_out(self, step)

        monkeypatch.setattr(half, "_carry_out", noted)
    return waits


# ---- against the venue


def test_a_signed_read(ask: Ask, venue: Served) -> None:
    rows = ask(venue.keys(), repay.ONE_CLICK_REPAY_CURRENCY_LIST_V2).rows
    assert rows[0]["debtData"] == [{"debtAmt": "100", "debtCcy": "USDC"}, {"debtAmt": "500", "debtCcy": "USDT"}]


def test_a_signed_write_with_a_decimal(ask: Ask, venue: Served) -> None:
    fields = {"ccy": "ETH", "side": "borrow", "amt": Decimal("0.10")}
    rows = ask(venue.keys(), borrow.SPOT_MANUAL_BORROW_REPAY, fields).rows
    assert rows == [{"ccy": "ETH", "side": "borrow", "amt": "0.1"}]


def test_a_list_in_a_query_and_a_public_call(ask: Ask, venue: Served) -> None:
    assert [row["instId"] for row in ask({"base_url": venue.url}, market.TICKER, {"instId": "BTC-USDT"}).rows] == [
        "BTC-USDT"
    ]


def test_a_batch_says_each_item_itself(ask: Ask, venue: Served) -> None:
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": 100}
    rows = ask(venue.keys(), trade.BATCH_ORDERS, [order, order | {"instId": "NO-PAIR"}]).rows
    assert [row["sCode"] for row in rows] == ["0", "51001"]


@pytest.mark.parametrize(
    ("endpoint", "fields", "kind", "code", "field"),
    [
        (repay.ONE_CLICK_REPAY_V2, {"debtCcy": "BTC", "repayCcyList": ["ETH"]}, errors.Refused, "59413", ""),
        (repay.ONE_CLICK_REPAY_V2, {"debtCcy": "BTC"}, errors.BadParameter, "50014", "repayCcyList"),
        (convert.CONVERT_HISTORY, {"limit": "none"}, errors.BadParameter, "51000", "limit"),
        (
            trade.PLACE_ORDER,
            {"instId": "NO-PAIR", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": 1},
            errors.Refused,
            "51001",
            "",
        ),
    ],
)
def test_a_refusal_is_typed(
    ask: Ask, venue: Served, endpoint: Endpoint, fields: Any, kind: type[errors.ClientError], code: str, field: str
) -> None:
    with pytest.raises(errors.ClientError) as caught:
        ask(venue.keys(), endpoint, fields)
    error = caught.value
    assert (type(error), error.code, error.field, error.endpoint, error.outcome, error.retry) == (
        kind,
        code,
        field,
        endpoint.name,
        "none",
        False,
    )


@pytest.mark.parametrize(
    ("code", "message", "chinese", "field"),
    [
        ("50014", "Parameter repayCcyList can not be empty.", "必填参数repayCcyList不能为空", "repayCcyList"),
        ("50025", "Parameter ccy count exceeds the limit 20.", "参数ccy传值个数超过最大限制20", "ccy"),
        ("50011", "Too Many Requests", "用户请求频率过快，超过该接口允许的限额。请参考 API 文档并限制请求", ""),
        ("50014", "Another wording.", "Another wording.", ""),
        ("99999", "A code of tomorrow.", "A code of tomorrow.", ""),
    ],
)
def test_a_refusal_has_its_text_in_both_languages(code: str, message: str, chinese: str, field: str) -> None:
    error = errors.refusal(code, message, endpoint="e", write=False)
    assert (error.text, error.text_zh, error.field) == (message, chinese, field)


def test_the_reader_may_not_trade(ask: Ask, venue: Served) -> None:
    with pytest.raises(errors.KeyRefused) as caught:
        ask(venue.keys(venue.reader), repay.ONE_CLICK_REPAY_V2, {"debtCcy": "BTC", "repayCcyList": ["ETH"]})
    assert caught.value.code == "50120"
    assert "permission" in caught.value.hint


# ---- retries


READ = convert.CONVERT_HISTORY
WRITE = repay.ONE_CLICK_REPAY_V2
ORDER = {"debtCcy": "USDC", "repayCcyList": ["USDC"]}
KEYS: Final[dict[str, Any]] = {"api_key": "an-api-key", "secret_key": "a-secret", "passphrase": "a-passphrase"}
HTML = http("<html>busy</html>", "502 Bad Gateway", "text/html")


def refused(code: str, status: str = "200 OK") -> bytes:
    return http({"code": code, "msg": "no", "data": []}, status)


@pytest.mark.parametrize(
    "first",
    [
        None,
        HTML,
        http("<html>hello</html>", kind="text/html"),
        refused("50001", "503 Service Unavailable"),
        refused("50004", "400 Bad Request"),
        refused("50011", "429 Too Many Requests"),
        refused("50013", "429 Too Many Requests"),
        refused("50026", "500 Internal Server Error"),
        http("", "429 Too Many Requests"),
        http(b'{"code":"0","data":[{"a":', kind="application/json"),
        http({"code": "0", "msg": "", "data": {"an": "object"}}),
        http({"code": "0", "msg": "", "data": ["text"]}),
        http({"code": "0", "msg": ""}),
        http({"code": 404, "message": "no such page"}),
        http(b""),
        Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    ],
)
def test_a_read_is_repeated(ask: Ask, first: bytes | None) -> None:
    with Script(TIME, first, ok({"a": "1"})) as server:
        assert ask({**KEYS, "base_url": server.url}, READ).rows == [{"a": "1"}]
        assert len(server.requests) == 3


def test_a_read_is_repeated_so_often_and_not_more(ask: Ask, no_waiting: list[float]) -> None:
    with Script(TIME, *[HTML] * ATTEMPTS) as server:
        with pytest.raises(errors.BadAnswer, match="no JSON") as caught:
            ask({**KEYS, "base_url": server.url}, READ)
        assert len(server.requests) == 1 + ATTEMPTS
    assert caught.value.sample == "<html>busy</html>"
    assert len(no_waiting) == ATTEMPTS - 1
    assert no_waiting == sorted(no_waiting)


@pytest.mark.parametrize(
    "first",
    [
        None,
        HTML,
        http("<html>hello</html>", kind="text/html"),
        refused("50001", "503 Service Unavailable"),
        refused("50004", "400 Bad Request"),
        refused("50013", "429 Too Many Requests"),
        refused("50026", "500 Internal Server Error"),
        http({"code": "0", "msg": "", "data": []}),
        refused("52912", "500 Internal Server Error"),
        refused("59999", "504 Gateway Timeout"),
        http(b'{"code":"0","data":[{"a":'),
        http({"code": "0", "msg": "", "data": {"an": "object"}}),
        http({"code": None}),
        http({"code": False, "data": [{"a": "1"}]}),
        http({"code": 404, "message": "another's error"}, "404 Not Found"),
        http({"code": "SERVICE_BUSY", "message": "a gateway's error"}),
        http({"code": "1", "msg": "", "data": [{"sCode": None}]}),
        http({"code": "9" * 5_000}),
        http(b""),
        http(b"", "302 Found", more="Location: http://127.0.0.1:1/\r\n"),
        Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    ],
)
def test_a_write_whose_outcome_is_unknown_is_not_repeated(ask: Ask, first: bytes | None) -> None:
    with Script(TIME, first, ok({"never": "sent"})) as server:
        with pytest.raises(errors.OutcomeUnknown) as caught:
            ask({**KEYS, "base_url": server.url}, WRITE, ORDER)
        assert len(server.requests) == 2
    assert (caught.value.outcome, caught.value.retry) == ("unknown", False)
    assert "read the history" in str(caught.value)


@pytest.mark.parametrize("code", ["50011", "50040", "50061", "58102"])
def test_a_write_that_came_too_often_is_repeated(ask: Ask, code: str, no_waiting: list[float]) -> None:
    with Script(TIME, refused(code, "429 Too Many Requests"), ok({"done": "1"})) as server:
        assert ask({**KEYS, "base_url": server.url}, WRITE, ORDER).rows == [{"done": "1"}]
    assert no_waiting == [2.0]


@pytest.mark.parametrize("code", ["51000", "59121", "59413", "51016", "50119"])
def test_a_write_that_was_refused_is_not_repeated(ask: Ask, code: str) -> None:
    with Script(TIME, refused(code), ok({"never": "sent"})) as server:
        with pytest.raises(errors.Refused) as caught:
            ask({**KEYS, "base_url": server.url}, WRITE, ORDER)
        assert len(server.requests) == 2
    assert caught.value.outcome == ("done" if code == "51016" else "none")


def test_a_refused_timestamp_has_the_clock_measured_and_the_write_repeated(ask: Ask) -> None:
    with Script(TIME, refused("50102", "401 Unauthorized"), TIME, ok({"done": "1"})) as server:
        assert ask({**KEYS, "base_url": server.url}, WRITE, ORDER).rows == [{"done": "1"}]
        paths = [request.split(b" ")[1].split(b"/")[-1] for request in server.requests]
    assert paths == [b"time", b"one-click-repay-v2", b"time", b"one-click-repay-v2"]


def test_nothing_sent_is_said_so(ask: Ask) -> None:
    with pytest.raises(errors.NotSent, match="no connection") as caught:
        ask({**KEYS, "base_url": "http://127.0.0.1:1"}, WRITE, ORDER)
    assert caught.value.outcome == "none"


def test_a_call_without_a_key_is_not_sent(ask: Ask) -> None:
    with Script(TIME) as server, pytest.raises(errors.NotSent, match="needs a key"):
        ask({"base_url": server.url}, WRITE, ORDER)


def test_a_redirect_is_not_followed(ask: Ask) -> None:
    with Script() as other, Script(TIME, *[http(b"", "302 Found", more=f"Location: {other.url}/\r\n")] * 5) as server:
        with pytest.raises(errors.BadAnswer, match="keys do not follow"):
            ask({**KEYS, "base_url": server.url}, READ)
        assert other.requests == []


def test_calls_that_move_nothing_are_reads() -> None:
    names = {endpoint.name for endpoint in ENDPOINTS if endpoint.method == "POST" and not moves(endpoint)}
    assert names == {"convert_estimate_quote", "loan_max_loan", "order_precheck"}
    assert not any(moves(endpoint) for endpoint in ENDPOINTS if endpoint.method == "GET")
    assert moves(flexible_loan.LOAN_REPAY)


def test_a_transport_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="aiohttp, httptools"):
        AsyncClient(transport="curl", pace=False)
    with pytest.raises(ValueError, match="one transport"):
        Client(transport="aiohttp", pace=False)


# ---- parameters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.1"), "0.1"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("1E+3"), "1000"),
        (5, "5"),
        ("x", "x"),
        (True, True),
        (datetime(2026, 1, 15, 18, tzinfo=UTC), "1768500000000"),
        (("a", 1), ["a", "1"]),
        ({"ccy": "BTC", "amt": Decimal("2"), "no": None}, {"ccy": "BTC", "amt": "2"}),
    ],
)
def test_parameters_as_text(value: object, text: object) -> None:
    assert texts.given({"x": value, "y": None}) == {"x": text}


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (0.1, TypeError, r"give Decimal\('0\.1'\)"),
        ({"amt": 0.5}, TypeError, r"x\.amt is a float"),
        (Decimal("NaN"), ValueError, "finite"),
        (datetime(2026, 1, 1), TypeError, "time zone"),
        (object(), TypeError, "object"),
    ],
)
def test_parameters_that_are_none(value: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        texts.given({"x": value})


def test_a_query_is_signed_as_it_travels() -> None:
    with Script(TIME, ok()) as server:
        sync({**KEYS, "base_url": server.url}, READ, {"after": 5, "ccy": ["BTC", "ETH"], "note": "a b&c"})
        assert server.requests[1].split(b" ")[1] == READ.path.encode() + b"?after=5&ccy=BTC,ETH&note=a%20b%26c"


def test_a_body_is_json_of_text() -> None:
    with Script(TIME, ok({})) as server:
        sync({**KEYS, "base_url": server.url}, flexible_loan.LOAN_REPAY, {"ordId": 7, "amt": Decimal("1.50")})
        body = server.requests[1].partition(b"\r\n\r\n")[2]
    assert json.loads(body) == {"ordId": "7", "amt": "1.50"}


# ---- a clock that cannot be measured


@pytest.mark.parametrize(
    "first",
    [
        None,
        HTML,
        refused("50011", "429 Too Many Requests"),
        ok({"no": "time"}),
        ok({"ts": "-1"}),
        ok({"ts": "9" * 18}),
        ok({"ts": "9" * 5_000}),
    ],
)
def test_a_write_waits_for_the_clock(ask: Ask, first: bytes | None) -> None:
    """Nothing of the write was sent, so it is sent when the clock could be measured."""
    with Script(first, TIME, ok({"done": "1"})) as server:
        assert ask({**KEYS, "base_url": server.url}, WRITE, ORDER).rows == [{"done": "1"}]


@pytest.mark.parametrize("first", [HTML, refused("50001", "503 Service Unavailable"), refused("50030")])
def test_a_write_without_a_clock_is_not_sent(ask: Ask, first: bytes) -> None:
    with Script(*[first] * ATTEMPTS) as server:
        with pytest.raises(errors.NotSent, match="clock could not be read") as caught:
            ask({**KEYS, "base_url": server.url}, WRITE, ORDER)
        assert all(b"/public/time" in request for request in server.requests)
    assert (caught.value.outcome, caught.value.endpoint) == ("none", "one_click_repay_v2")


# ---- connections


LONG: Final = {"a": "x" * 200_000}
"""A row that comes in several pieces."""


@pytest.mark.parametrize("closes", ["Connection: close\r\n", "Connection: keep-alive\r\n"])
def test_the_last_answer_of_a_connection_is_read_whole(ask: Ask, closes: str) -> None:
    with Script(TIME, Cut(http({"code": "0", "msg": "", "data": [LONG]}, more=closes))) as server:
        assert ask({**KEYS, "base_url": server.url}, WRITE, ORDER).rows == [LONG]


def test_an_answer_that_ends_with_its_connection(ask: Ask) -> None:
    body = json.dumps({"code": "0", "msg": "", "data": [LONG]}).encode()
    with Script(TIME, Cut(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)) as server:
        assert ask({**KEYS, "base_url": server.url}, WRITE, ORDER).rows == [LONG]


def test_interim_answers_are_none(ask: Ask) -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with Script(TIME, early + ok({"a": "1"})) as server:
        assert ask({**KEYS, "base_url": server.url}, WRITE, ORDER).rows == [{"a": "1"}]


def test_an_answer_that_nobody_asked_for_is_no_answer_to_the_next_call() -> None:
    with Script(TIME, ok({"a": "1"}) + ok(LONG), ok({"a": "2"})) as server:
        with Client(**KEYS, base_url=server.url, pace=False) as client:
            rows = [client._run(call(client._session, READ)).rows for _ in range(2)]
        assert rows == [[{"a": "1"}], [{"a": "2"}]]
        assert len(server.requests) == 3


# ---- bounds


def test_a_host_of_several_addresses_is_reached_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two addresses take no connection and say nothing: their queues are full. The third answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent, Script(TIME) as server, ExitStack() as ends:
        for _ in range(8):
            # Of a queue of none the system keeps one or two.
            plug = ends.enter_context(socket.socket())
            plug.setblocking(False)
            plug.connect_ex(silent.getsockname())
        port = int(server.url.rpartition(":")[2])
        found = [silent.getsockname(), silent.getsockname(), ("127.0.0.1", port)]
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in found]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        began = time.monotonic()
        with Client(base_url=server.url, pace=False, timeout=4.5, deadline=5.5) as client:
            assert client.time().ts is not None
        assert time.monotonic() - began < 5.5


ENDLESS: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n%b\r\n" % (b" " * 1_024) * 64


@pytest.mark.parametrize("answer", [ENDLESS, http(b" " * 65_536)], ids=["chunked", "whole"])
def test_a_body_is_bounded_while_it_is_read(ask: Ask, answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 64 KiB 16 may come. The body in pieces never ends, so that who reads to its end waits until the timeout."""
    for place in ("aio", "steps", "transport"):
        monkeypatch.setattr(f"tallystick.client.{place}.BODY_MAX", 16_384)
    began = time.monotonic()
    with Script(TIME, answer) as server, pytest.raises(errors.OutcomeUnknown):
        ask({**KEYS, "base_url": server.url, "timeout": 60, "deadline": 120}, WRITE, ORDER)
    assert time.monotonic() - began < 60


FORKS: Final = """
import asyncio, os, sys
from tallystick import AsyncClient, Client
from tallystick.client import errors
client = Client(base_url=sys.argv[1], pace=False)
half = AsyncClient(base_url=sys.argv[1], pace=False, transport=sys.argv[2], deadline=0.1)
client.time()
child = os.fork()
if child == 0:
    client.time()
    try:
        asyncio.run(half.time())
    except errors.NotSent as error:
        print(error, flush=True)
    os._exit(0)
os.waitpid(child, 0)
client.time()
client.close()
asyncio.run(half.close())
"""


@pytest.mark.parametrize("transport", ["aiohttp", "httptools"])
def test_a_child_opens_connections_of_its_own(transport: str) -> None:
    """The parent asks twice on one connection, the child once on another. An async client says that it is forked."""
    with Script(TIME, TIME, TIME, TIME) as server:
        command = [sys.executable, "-c", FORKS, server.url, transport]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        assert len(server.requests) == 3
        assert len(server.connections) == 2
    assert "made before a fork" in run.stdout
