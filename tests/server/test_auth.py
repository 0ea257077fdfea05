"""Every way to be refused before the rate limit: code, status, text, and no trace. Invariants A1, A2, A5, A6."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from tallystick.server import auth
from tallystick.server.ways import Way
from tallystick.venue.keys import new_credentials, record_of
from tallystick.wire.sign import sign
from tests.server.harness import AT_MS, Response, Socket, World, iso, over_socket, within

REPAY = "/api/v5/trade/one-click-repay-v2"
BODY = b'{"debtCcy":"USDC","repayCcyList":["USDC","BTC"]}'
BALANCE = "/api/v5/account/balance?ccy=BTC"

KEY_EMPTY = 'Request header "OK-ACCESS-KEY" cannot be empty.'
BAD_SIGN = "Invalid signature."
BAD_TIME = "Invalid OK-ACCESS-TIMESTAMP."
EXPIRED = "Timestamp request expired."

Change = Callable[[World], dict[str, Any]]


def right_sign(here: World, timestamp: str | None = None, method: str = "POST", body: bytes = BODY) -> str:
    return sign(here.alice.secret_key, timestamp or iso(here.venue.now_ms()), method, REPAY, body)


def at(text: str) -> Change:
    """The timestamp as given, and a signature that fits it."""
    return lambda here: {"ok_access_timestamp": text.encode("utf-8"), "ok_access_sign": right_sign(here, text)}


CATALOGUE: list[tuple[str, Change, str, str]] = [
    ("no key", lambda here: {"ok_access_key": None}, "50103", KEY_EMPTY),
    ("empty key", lambda here: {"ok_access_key": ""}, "50103", KEY_EMPTY),
    (
        "no passphrase",
        lambda here: {"ok_access_passphrase": None},
        "50104",
        'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.',
    ),
    (
        "wrong passphrase",
        lambda here: {"ok_access_passphrase": "wrong"},
        "50105",
        'Request header "OK-ACCESS-PASSPHRASE" incorrect.',
    ),
    ("no sign", lambda here: {"ok_access_sign": None}, "50106", 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
    (
        "no timestamp",
        lambda here: {"ok_access_timestamp": None},
        "50107",
        'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.',
    ),
    (
        "unknown key",
        lambda here: {"ok_access_key": "00000000-0000-4000-8000-000000000000"},
        "50119",
        "API key doesn't exist",
    ),
    ("malformed key", lambda here: {"ok_access_key": "k\u00e9y"}, "50111", "Invalid OK-ACCESS-KEY."),
    ("sign of another body", lambda here: {"ok_access_sign": right_sign(here, body=b"{}")}, "50113", BAD_SIGN),
    ("sign non-ascii", lambda here: {"ok_access_sign": "\u00e9"}, "50113", BAD_SIGN),
    (
        "sign with junk inside",
        lambda here: {"ok_access_sign": right_sign(here)[:9] + "!" + right_sign(here)[9:]},
        "50113",
        BAD_SIGN,
    ),
    ("sign without padding", lambda here: {"ok_access_sign": right_sign(here).rstrip("=")}, "50113", BAD_SIGN),
    (
        "sign in hex",
        lambda here: {
            "ok_access_sign": hmac.new(
                here.alice.secret_key.encode(),
                f"{iso(here.venue.now_ms())}POST{REPAY}".encode() + BODY,
                hashlib.sha256,
            ).hexdigest()
        },
        "50113",
        BAD_SIGN,
    ),
    ("sign of lower-case method", lambda here: {"ok_access_sign": right_sign(here, method="post")}, "50113", BAD_SIGN),
    ("another user's secret", lambda here: {"ok_access_key": here.bob.api_key}, "50105", ""),
    ("ts too old", at(iso(AT_MS - 30_001)), "50102", EXPIRED),
    ("ts too new", at(iso(AT_MS + 30_001)), "50102", EXPIRED),
    ("ts unix seconds", at("1597026383.085"), "50112", BAD_TIME),
    ("ts with offset", at("2020-12-08T17:08:57.715+08:00"), "50112", BAD_TIME),
    ("ts without ms", at("2020-12-08T09:08:57Z"), "50112", BAD_TIME),
    ("ts ten decimals", at("2020-12-08T09:08:57.7151234567Z"), "50112", BAD_TIME),
    ("ts week date", at("2020-W50-2"), "50112", BAD_TIME),
    ("ts basic form", at("20201208T090857Z"), "50112", BAD_TIME),
    ("ts 30 February", at("2020-02-30T00:00:00.000Z"), "50112", BAD_TIME),
    ("ts hour 24", at("2020-02-20T24:00:00.000Z"), "50112", BAD_TIME),
    ("ts minute 60", at("2020-02-20T00:60:00.000Z"), "50112", BAD_TIME),
    ("ts year 0", at("0000-02-20T00:00:00.000Z"), "50112", BAD_TIME),
    ("ts other digits", at("\u0662020-12-08T09:08:57.715Z"), "50112", BAD_TIME),
    ("ts newline at end", at("2020-12-08T09:08:57.715Z\n"), "50112", BAD_TIME),
    (
        "read key on a trade endpoint",
        lambda here: here.headers(here.reader, "POST", REPAY, BODY),
        "50120",
        "This API key doesn't have permission to use this function",
    ),
]


def is_gateway_refusal(answer: Response, code: str, message: str) -> None:
    assert (answer.status, answer.code) == (401, code)
    assert set(answer.json()) == {"code", "msg"}
    assert answer.json()["msg"] == message or not message


@pytest.mark.parametrize(
    ("change", "code", "message"), [row[1:] for row in CATALOGUE], ids=[row[0] for row in CATALOGUE]
)
def test_refused_with_its_code_and_without_a_trace(change: Change, code: str, message: str) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        answer = await here.signed("POST", REPAY, BODY, **change(here))
        is_gateway_refusal(answer, code, message)
        assert await here.seq_and_hash() == before

    within(story)


def test_the_same_call_unchanged_passes() -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        assert (await here.signed("POST", REPAY, BODY)).code == "0"
        assert await here.seq_and_hash() != before

    within(story)


@pytest.mark.parametrize("name", [auth.SIGN, auth.KEY, auth.PASSPHRASE, auth.TIMESTAMP])
def test_an_access_header_sent_twice_fits_nothing(name: bytes) -> None:
    expected = {auth.SIGN: "50113", auth.KEY: "50111", auth.PASSPHRASE: "50105", auth.TIMESTAMP: "50112"}

    async def story(here: World) -> None:
        headers = [(n.encode(), str(v).encode()) for n, v in here.headers(here.alice, "POST", REPAY, BODY).items()]
        again = next(pair for pair in headers if pair[0] == name)
        is_gateway_refusal(await here.ask("POST", REPAY, [*headers, again], BODY), expected[name], "")

    within(story)


def test_the_first_fault_in_the_order_of_the_pipeline_is_told() -> None:
    """Start with everything wrong and mend one thing after another."""

    async def story(here: World) -> None:
        bound = new_credentials(("read_only",))
        await here.venue.add_key(lambda state, now_ms: record_of(bound, 1001, ips=("10.0.0.0/8",)))
        right = here.headers(bound, "POST", REPAY, b"{}")
        wrong: dict[str, Any] = dict.fromkeys((name.decode() for name, _, _ in auth.REQUIRED[Way.HTTP]), "")
        mends = [
            ("50103", "ok-access-key", "not a key!"),
            ("50104", "ok-access-passphrase", "wrong"),
            ("50106", "ok-access-sign", "wrong"),
            ("50107", "ok-access-timestamp", "then"),
            ("50112", "ok-access-timestamp", iso(AT_MS - 60_000)),
            ("50102", "ok-access-timestamp", iso(AT_MS)),
            ("50111", "ok-access-key", "unknown"),
            ("50119", "ok-access-key", bound.api_key),
            ("50110", "peer", "10.1.2.3"),
            ("50105", "ok-access-passphrase", bound.passphrase),
            ("50113", "ok-access-sign", right["ok-access-sign"]),
        ]
        peer = "192.0.2.1"
        for code, name, better in mends:
            pairs = [(n.encode(), str(v).encode()) for n, v in wrong.items()]
            assert (await here.ask("POST", REPAY, pairs, b"{}", peer)).code == code
            if name == "peer":
                peer = str(better)
            else:
                wrong[name] = better
        pairs = [(n.encode(), str(v).encode()) for n, v in wrong.items()]
        assert (await here.ask("POST", REPAY, pairs, b"{}", peer)).code == "50120"

    within(story)


@pytest.mark.parametrize("off_ms", [-30_000, 0, 30_000])
def test_the_edges_of_the_window_pass(off_ms: int) -> None:
    async def story(here: World) -> None:
        changes = here.headers(here.alice, "GET", BALANCE, at_ms=AT_MS + off_ms)
        assert (await here.signed("GET", BALANCE, **changes)).code == "0"

    within(story)


def test_real_clients_pass_while_the_venue_is_in_another_week() -> None:
    async def story(here: World) -> None:
        await here.venue.advance(by_ms=7 * 86_400_000)
        for at_ms in (AT_MS, here.venue.now_ms()):
            changes = here.headers(here.alice, "GET", BALANCE, at_ms=at_ms)
            assert (await here.signed("GET", BALANCE, **changes)).code == "0"
        changes = here.headers(here.alice, "GET", BALANCE, at_ms=AT_MS + 86_400_000)
        assert (await here.signed("GET", BALANCE, **changes)).code == "50102"

    within(story)


@pytest.mark.parametrize(
    ("ips", "peer", "passes"),
    [
        ((), "198.51.100.7", True),
        (("127.0.0.1",), "127.0.0.1", True),
        (("10.0.0.0/8", "192.0.2.5"), "10.200.3.4", True),
        (("10.0.0.0/8", "192.0.2.5"), "192.0.2.5", True),
        (("10.0.0.0/8",), "11.0.0.1", False),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("2001:db8::/32",), "10.0.0.1", False),
        (("10.0.0.0/8",), "::ffff:10.1.1.1", True),
        (("10.0.0.0/8",), "", False),
        (("::ffff:127.0.0.1",), "127.0.0.1", True),
        (("::ffff:127.0.0.1",), "::ffff:127.0.0.1", True),
        (("::ffff:127.0.0.1",), "127.0.0.2", False),
        (("::ffff:10.0.0.0/104",), "10.200.3.4", True),
        (("::ffff:10.0.0.0/104",), "11.0.0.1", False),
        (("::ffff:10.0.0.0/96",), "11.0.0.1", True),
        (("::/0",), "2001:db8::1", True),
        (("::/0",), "10.0.0.1", False),
    ],
)
def test_bound_addresses(ips: tuple[str, ...], peer: str, passes: bool) -> None:
    async def story(here: World) -> None:
        bound = new_credentials(("read_only", "trade"))
        await here.venue.add_key(lambda state, now_ms: record_of(bound, 1001, ips=ips))
        answer = await here.signed("GET", BALANCE, key=bound, peer=peer, x_forwarded_for="127.0.0.1")
        if passes:
            assert answer.code == "0"
        else:
            is_gateway_refusal(answer, "50110", f"Your IP {peer} is not included in your API key's IP whitelist.")

    within(story)


@pytest.mark.parametrize("environment", ["0", "1", "x", None])
def test_either_environment_is_taken(environment: str | None) -> None:
    async def story(here: World) -> None:
        assert (await here.signed("GET", BALANCE, x_simulated_trading=environment)).code == "0"

    within(story)


def test_public_paths_ignore_broken_access_headers() -> None:
    async def story(here: World) -> None:
        answer = await here.signed(
            "GET",
            "/api/v5/public/time",
            ok_access_key="nobody",
            ok_access_sign="x",
            ok_access_timestamp="never",
        )
        assert answer.code == "0"

    within(story)


@pytest.mark.parametrize("query", ["ccy=BTC,ETH", "ccy=BTC%2CETH"])
def test_the_target_is_signed_as_it_travels(query: str) -> None:
    async def story(here: World) -> None:
        assert (await here.signed("GET", f"/api/v5/account/balance?{query}")).code == "0"

    within(story)


TARGETS = [
    # (as sent, as signed, whether it is right)
    ("/api/v5/account/balance?", "/api/v5/account/balance?", True),
    ("/api/v5/account/balance?", "/api/v5/account/balance", False),
    ("/api/v5/account/balance", "/api/v5/account/balance?", False),
    ("/api/v5/account/balance?ccy=BTC", "/api/v5/account/balance?ccy=BTC", True),
    ("/api/v5/account/balance?ccy=BTC&", "/api/v5/account/balance?ccy=BTC", False),
    ("/api/v5/account/balance?ccy=BTC?", "/api/v5/account/balance?ccy=BTC", False),
    ("/api/v5/account/balance?&", "/api/v5/account/balance?&", True),
    ("/api/v5/account/balance?&", "/api/v5/account/balance?", False),
    ("/api/v5/account/balance??", "/api/v5/account/balance??", True),
    ("/api/v5/account/balance??", "/api/v5/account/balance?", False),
    ("/api/v5/account/balance?ccy=", "/api/v5/account/balance?ccy=", True),
    ("/api/v5/account/balance?ccy=", "/api/v5/account/balance?", False),
    ("/api/v5/account/balance?x=%20", "/api/v5/account/balance?x=%20", True),
    ("/api/v5/account/balance?x=%20", "/api/v5/account/balance?x= ", True),
    ("/api/v5/account/balance?%3F", "/api/v5/account/balance?", False),
    ("/api/v5/account/balance?%3F", "/api/v5/account/balance??", True),
    ("/api/v5/account/balance#", "/api/v5/account/balance#", False),
    ("/api/v5/account/balance?#top", "/api/v5/account/balance?#top", True),
    ("/api/v5/account/balance?#top", "/api/v5/account/balance?", False),
]
"""A question mark with nothing behind it is part of the target. A fragment is never sent by a client that knows HTTP:
in the path it makes another path, in the query it is a part of it."""


def test_every_byte_of_the_target_counts_in_the_signature() -> None:
    async def story(socket: Socket) -> None:
        here = socket.world
        for sent, signed, right in TARGETS:
            headers = here.headers(here.alice, "GET", signed)
            lines = "".join(f"{name}: {value!s}\r\n" for name, value in headers.items())
            raw = f"GET {sent} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{lines}\r\n"
            answer = (await socket.exchange(raw.encode())).partition(b"\r\n\r\n")[2]
            code = json.loads(answer)["code"]
            assert code == ("0" if right else 404 if sent.endswith("#") else "50113"), (sent, signed)

    over_socket(story)


def test_a_body_is_signed_with_the_target_it_was_sent_to() -> None:
    async def story(here: World) -> None:
        assert (await here.signed("POST", f"{REPAY}?", BODY)).code == "0"
        changes = here.headers(here.alice, "POST", REPAY, BODY)
        assert (await here.signed("POST", f"{REPAY}?", BODY, **changes)).code == "50113"

    within(story)


def test_a_client_that_signs_before_its_library_encodes_passes() -> None:
    async def story(here: World) -> None:
        headers = here.headers(here.alice, "GET", "/api/v5/account/balance?ccy=BTC,ETH")
        pairs = [(name.encode(), str(value).encode()) for name, value in headers.items()]
        assert (await here.ask("GET", "/api/v5/account/balance?ccy=BTC%2CETH", pairs)).code == "0"

    within(story)


def test_refusals_in_chinese() -> None:
    async def story(here: World) -> None:
        answer = await here.signed("GET", BALANCE, ok_access_sign="x", accept_language="zh-CN,zh;q=0.9")
        assert answer.json() == {"msg": "无效的签名", "code": "50113"}
        answer = await here.signed("GET", BALANCE, ok_access_sign="x", accept_language="en-US,zh;q=0.1")
        assert answer.json()["msg"] == BAD_SIGN

    within(story)


def test_nobody_sees_another_users_balance() -> None:
    async def story(here: World) -> None:
        mine = (await here.signed("GET", "/api/v5/account/config")).json()["data"][0]["uid"]
        other = (await here.signed("GET", "/api/v5/account/config", key=here.bob)).json()["data"][0]["uid"]
        assert mine != other

    within(story)


def test_no_secret_leaves_in_a_refusal() -> None:
    async def story(here: World) -> None:
        for row in CATALOGUE:
            answer = await here.signed("POST", REPAY, BODY, **row[1](here))
            for secret in (here.alice.secret_key, here.alice.passphrase, right_sign(here)):
                assert secret.encode() not in answer.body

    within(story)
