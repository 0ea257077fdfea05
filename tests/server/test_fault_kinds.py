"""Every kind of fault, played at a served venue: what the client sees, and what is true afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tallystick.server.faults import play
from tallystick.server.faults.kinds import KINDS, Kind
from tests.server.fault_client import TRANSFER, Seen, moved, rule, rules, see, transfer
from tests.server.fault_client import request_of as signed
from tests.server.harness import AT_MS, Socket, over_socket

TIMES = {"nothing": 0, "done": 1, "twice": 2}
"""Times that the request was carried out."""

Check = Callable[[Seen], bool]


def nothing(seen: Seen) -> bool:
    return seen == (b"", False)


def torn(seen: Seen) -> bool:
    return seen == (b"", True)


def whole(seen: Seen) -> bool:
    return seen.status == 200 and len(seen.body) == seen.length


def right(seen: Seen) -> bool:
    """The documented answer of a transfer."""
    (row,) = seen.json["data"]
    members = {"transId", "clientId", "from", "ccy", "amt", "to"}
    return whole(seen) and seen.json["code"] == "0" and set(row) == members and row["amt"] == "1"


def cut_in_the_body(seen: Seen) -> bool:
    return seen.status == 200 and 0 < len(seen.body) < seen.length


def page(status: int, words: bytes) -> Check:
    def check(seen: Seen) -> bool:
        return (
            seen.status == status
            and b"content-type: text/html" in seen.head.lower()
            and seen.body.startswith(b"<html>")
            and words in seen.body
        )

    return check


def plain(status: int) -> Check:
    def check(seen: Seen) -> bool:
        declared = b"content-type: text/plain" in seen.head.lower()
        return seen.status == status and declared and not seen.body.startswith((b"{", b"<"))

    return check


def no_json(seen: Seen) -> bool:
    with pytest.raises(ValueError):
        json.loads(seen.body)
    return whole(seen) and b"content-type: application/json" in seen.head.lower()


def code(number: str, status: int, *, data: bool) -> Check:
    """`data` tells if the envelope has the member: the gateway's own codes come without (observed)."""

    def check(seen: Seen) -> bool:
        return seen.status == status and seen.json["code"] == number and ("data" in seen.json) is data

    return check


def data(check: Callable[[object], bool]) -> Check:
    return lambda seen: whole(seen) and seen.json["code"] == "0" and check(seen.json["data"])


# Statuses of codes as the documents print them (error-code-rest-api), but for those observed otherwise.
AUTH = {"50100": 400, **dict.fromkeys(("50101", "50102", "50103", "50104", "50105", "50106", "50107"), 401)}
AUTH |= dict.fromkeys(("50110", "50111", "50112", "50113", "50114", "50119", "50120"), 401)

SEEN: dict[str, Check] = {
    "delay": right,
    "delay-after-commit": right,
    "drop-before-commit": nothing,
    "drop-after-commit": nothing,
    "reset": torn,
    "reset-after-commit": torn,
    "double-delivery": right,
    "cut-head": lambda seen: seen.raw.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\n\r\n" not in seen.raw,
    "cut-body": lambda seen: cut_in_the_body(seen) and seen.body.startswith(b'{"code":"0"'),
    "cut-body-before-commit": cut_in_the_body,
    "slow-head": right,
    "slow-body": right,
    "close-after-answer": right,
    "html-502": page(502, b"502 Bad Gateway"),
    "html-502-done": page(502, b"502 Bad Gateway"),
    "html-503": page(503, b"503 Service Temporarily Unavailable"),
    "html-504": page(504, b"504 Gateway Time-out"),
    "html-504-done": page(504, b"504 Gateway Time-out"),
    "html-200": page(200, b"maintenance"),
    "http-503": plain(503),
    "429": plain(429),
    "empty-200": lambda seen: whole(seen) and seen.body == b"",
    "empty-200-not-done": lambda seen: whole(seen) and seen.body == b"",
    "wrong-content-type": lambda seen: right(seen) and b"content-type: text/html" in seen.head.lower(),
    "truncated-json": no_json,
    "invalid-utf-8": no_json,
    "shape-object": data(lambda found: isinstance(found, dict) and found["amt"] == "1"),
    "shape-strings": data(lambda found: isinstance(found, list) and [type(row) for row in found] == [str]),
    "shape-null": data(lambda found: found is None),
    "shape-empty": data(lambda found: found == []),
    "shape-no-data": lambda seen: whole(seen) and seen.json == {"code": "0", "msg": ""},
    "shape-no-code": lambda seen: whole(seen) and "code" not in seen.json and len(seen.json["data"]) == 1,
    "shape-number-code": lambda seen: whole(seen) and seen.json["code"] == 0 and seen.json["code"] is not False,
    "shape-empty-values": data(lambda found: isinstance(found, list) and set(found[0].values()) == {""}),
    "shape-new-fields": data(lambda found: isinstance(found, list) and {"newField", "amt"} < set(found[0])),
    "50001": code("50001", 503, data=True),
    "50004-not-done": code("50004", 400, data=True),
    "50004-done": code("50004", 400, data=True),
    "50011": code("50011", 429, data=False),
    "50013": code("50013", 429, data=True),
    "50013-done": code("50013", 429, data=True),
    "50026": code("50026", 500, data=True),
    "50026-done": code("50026", 500, data=True),
    "50061": code("50061", 200, data=True),
    **{number: code(number, status, data=False) for number, status in AUTH.items()},
}
"""Kind -> what a client sees of it."""


OF_REQUESTS = [kind for kind in KINDS if kind.place == "request" and kind.afterwards in TIMES]


@pytest.mark.parametrize("kind", OF_REQUESTS, ids=lambda kind: kind.name)
def test_what_the_client_sees_and_what_is_true_afterwards(kind: Kind) -> None:
    async def story(socket: Socket) -> None:
        ms = {"ms": 40} if any(parameter.name == "ms" for parameter in kind.parameters) else {}
        await rule(socket, "transfer", kind.name, nth=1, **ms)
        seq, _ = await socket.world.seq_and_hash()
        assert SEEN[kind.name](await transfer(socket))
        assert await moved(socket) == TIMES[kind.afterwards]
        assert (await socket.world.seq_and_hash())[0] == seq + TIMES[kind.afterwards]
        (told,) = await rules(socket)
        assert (told["fault"], told["matched"], told["fired"]) == (kind.name, 1, 1)
        # The next request is none of the rule's.
        assert right(await transfer(socket))

    over_socket(story)


def test_the_fault_leaves_no_trace_in_the_journal() -> None:
    """The entries of a venue whose requests went wrong are those of one whose requests did not."""
    found: dict[bool, tuple[int, str]] = {}

    async def story(socket: Socket, faulty: bool) -> None:
        if faulty:
            await rule(socket, "transfer", "drop-after-commit", nth=1)
            await rule(socket, "transfer", "html-502", nth=2)
            assert nothing(await transfer(socket))
            assert (await transfer(socket)).status == 502
        else:
            assert right(await transfer(socket))
        found[faulty] = await socket.world.seq_and_hash()

    for faulty in (False, True):
        over_socket(lambda socket, faulty=faulty: story(socket, faulty))  # type: ignore[misc]
    assert found[True] == found[False]


def test_the_same_seed_gives_the_same_faults_and_the_same_bytes() -> None:
    """Three rules by chance over thirty requests, each answered on a connection of its own."""
    found: list[tuple[list[Seen], tuple[int, str]]] = []

    async def story(socket: Socket, seed: int) -> None:
        for fault in ("html-502-done", "truncated-json", "drop-after-commit"):
            await rule(socket, "transfer", fault, probability=0.3, seed=seed)
        seen = [await transfer(socket) for _ in range(30)]
        found.append((seen, await socket.world.seq_and_hash()))

    for seed in (5, 5, 6):
        over_socket(lambda socket, seed=seed: story(socket, seed))  # type: ignore[misc]
    assert found[0] == found[1]
    assert found[0][0] != found[2][0]
    assert found[0][1] == found[2][1], "all requests were carried out, whatever was said of them"
    assert {seen.raw[9:12] for seen in found[0][0]} == {b"502", b"200", b""}


def test_a_connection_that_ends_after_its_answer_had_promised_to_stay() -> None:
    async def story(socket: Socket) -> None:
        await rule(socket, "transfer", "close-after-answer")
        seen = await see(socket, signed(socket, "POST", "/api/v5/asset/transfer", {}, keep=True))
        assert seen.json["code"] == "50014"
        assert b"connection: close" not in seen.head.lower()

    over_socket(story)


def test_the_second_answer_of_a_doubled_delivery() -> None:
    """An id that may be used once tells the two deliveries apart: the first is accepted, the second refused."""
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}

    async def story(socket: Socket) -> None:
        for which, codes in (("first", ("0", "0")), ("second", ("1", "51016"))):
            number = await rule(socket, "place_order", "double-delivery", answer=which)
            body = {**order, "clOrdId": f"only{which}"}
            seen = await see(socket, signed(socket, "POST", "/api/v5/trade/order", body))
            assert (seen.json["code"], seen.json["data"][0]["sCode"]) == codes
            assert (await socket.world.control("DELETE", f"faults/{number}")).status == 200
        pending = await socket.world.signed("GET", "/api/v5/trade/orders-pending")
        assert len(pending.json()["data"]) == 2

    over_socket(story)


@pytest.mark.parametrize(
    ("ahead_ms", "signed_ms", "code"),
    [(60_000, 0, "50102"), (60_000, 60_000, "0"), (-60_000, 0, "50102"), (20_000, 0, "0")],
)
def test_a_request_is_judged_by_a_clock_that_is_off(ahead_ms: int, signed_ms: int, code: str) -> None:
    """The window is 30 s (documented). What is refused has not happened."""

    async def story(socket: Socket) -> None:
        here = socket.world
        await rule(socket, "*", "clock-skew", ms=ahead_ms)
        body = json.dumps(TRANSFER).encode()
        headers = here.headers(here.alice, "POST", "/api/v5/asset/transfer", body, at_ms=AT_MS + signed_ms)
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        answer = await here.ask("POST", "/api/v5/asset/transfer", pairs, body)
        assert answer.code == code
        await here.control("DELETE", "faults")
        assert await moved(socket) == (1 if code == "0" else 0)

    over_socket(story)


def test_a_clock_that_is_off_is_told_to_everybody() -> None:
    """A client that asks for the time signs by it, and is let in."""

    async def story(socket: Socket) -> None:
        await rule(socket, "*", "clock-skew", ms=3_600_000)
        seen = await see(socket, b"GET /api/v5/public/time HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert seen.json["data"] == [{"ts": str(AT_MS + 3_600_000)}]
        # 2026-01-15 18:00 UTC, and an hour.
        assert b"date: Thu, 15 Jan 2026 19:00:00 GMT" in seen.head

    over_socket(story)


def test_every_kind_of_requests_has_its_play_and_its_test() -> None:
    assert (
        set(play.PLAYS)
        == {*SEEN, "clock-skew", "stale-read"}
        == {kind.name for kind in KINDS if kind.place == "request"}
    )
