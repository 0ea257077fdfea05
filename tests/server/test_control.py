"""The venue's own endpoints: who may call them, what they do, what they say when they cannot."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from openapi_spec_validator import validate

from tallystick.server.control.endpoints import ENDPOINTS
from tallystick.server.control.form import Wrong
from tests.server.harness import AT_MS, TOKEN, Response, World, iso, within

DAY_MS = 86_400_000


def is_error(answer: Response, status: int) -> dict[str, str]:
    assert answer.status == status, answer.body
    assert answer.headers[b"content-type"] == b"application/json"
    found = answer.json()
    assert set(found) == {"error"}
    assert set(found["error"]) - {"reason"} == {"message", "hint"}
    assert all(found["error"].get(name, "-") for name in ("message", "reason"))
    error: dict[str, str] = found["error"]
    return error


def is_ok(answer: Response) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    assert found["ok"] is True
    return found


EVERY_CALL = [(endpoint.method, endpoint.path.replace("*", "alice")) for endpoint in ENDPOINTS]


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_nobody_passes_without_the_token_or_from_elsewhere(method: str, path: str) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        for given in (None, "", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer \u00e9"):
            answer = await here.control(method, path, {}, authorization=given)
            is_error(answer, 401)
            assert answer.headers[b"www-authenticate"] == b"Bearer"
        for origin in ("http://other", "null", "http://127.0.0.1", "https://127.0.0.1:8080.other", "file://"):
            is_error(await here.control(method, path, {}, origin=origin), 403)
        for host in ("other.example", "127.0.0.1.other.example:8080", "localhost.other", "", "[::1]@other"):
            request = [(b"host", host.encode()), (b"authorization", f"Bearer {TOKEN}".encode())]
            # The harness puts a good Host before: two of them are as bad as a foreign one.
            is_error(await here.ask(method, f"/tally/v1/{path}", request), 403)
        assert await here.seq_and_hash() == before

    within(story)


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1:8080", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:8080", True),
        ("192.168.1.5", True),
        ("venue.test", False),
        ("127.0.0.1:8080:9", False),
        ("", False),
    ],
)
def test_hosts(host: str, ours: bool) -> None:
    async def story(here: World) -> None:
        door = here.app.control
        headers = {b"host": host.encode(), b"authorization": f"Bearer {TOKEN}".encode()}
        if ours:
            door.admit(headers)
        else:
            with pytest.raises(Wrong, match="host"):
                door.admit(headers)
        door.site.hosts |= {"venue.test"}
        door.admit({**headers, b"host": b"venue.test:8080", b"origin": b"http://venue.test:8080"})

    within(story)


JSON = "application/json"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (JSON, b'{"speed": 60}', 200),
        ("Application/JSON; charset=utf-8", b'{"speed": 60}', 200),
        ('application/json;charset="UTF-8"', b'{"speed": 60}', 200),
        ("application/json ; ", b'{"speed": 60}', 200),
        ("application/json; charset=utf-16", b'{"speed": 60}', 415),
        ("application/json; charset=utf-8; charset=utf-16", b'{"speed": 60}', 415),
        ("application/json; charset=", b'{"speed": 60}', 415),
        (None, b"  ", 400),
        (None, b'{"speed": 60}', 415),
        ("", b'{"speed": 60}', 415),
        ("text/plain", b'{"speed": 60}', 415),
        ("application/x-www-form-urlencoded", b'{"speed": 60}', 415),
        ("application/jsonp", b'{"speed": 60}', 415),
        (JSON, b'{"speed": 60, "speed": 1}', 400),
        (JSON, b'{"speed": 60, "\\u0073peed": 1}', 400),
        (JSON, b'{"speed": 60} {"speed": 1}', 400),
        (JSON, b'{"speed": 60', 400),
        (JSON, b'{"speed": 60}\xff', 400),
    ],
)
def test_a_body_is_json_and_says_so(content_type: str | None, body: bytes, status: int) -> None:
    """Without the type a page of another site could send a body without the browser asking first; a name that stands
    twice may be read as one value here and as the other on the way."""

    async def story(here: World) -> None:
        answer = await here.control("POST", "clock", body, content_type=content_type)
        if status == 200:
            assert is_ok(answer)["speed"] == 60
        else:
            is_error(answer, status)
            assert is_ok(await here.control("GET", "clock"))["speed"] == 1

    within(story)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("market/book", b'{"instId": "BTC-USDT", "instId": "ETH-USDT", "bids": [], "asks": []}'),
        ("parameters", b'{"currencies": {"BTC": {"quota": "5", "quota": "6"}}}'),
        ("parameters", b'{"currencies": {"BTC": {"quota": "5"}, "BTC": {"quota": "6"}}}'),
        ("users/alice/balance", b'{"account": "trading", "ccy": "BTC", "amt": "1", "amt": "100"}'),
        ("reset", b'{"a": 1, "a": 2}'),
    ],
)
def test_a_name_that_stands_twice_is_refused_at_any_depth(path: str, body: bytes) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        is_error(await here.control("POST", path, body), 400)
        assert await here.seq_and_hash() == before

    within(story)


def test_a_name_that_stands_twice_in_the_query_is_refused() -> None:
    async def story(here: World) -> None:
        is_error(await here.control("GET", "journal?limit=1&limit=2"), 400)
        assert len(is_ok(await here.control("GET", "journal?limit=1"))["entries"]) == 1

    within(story)


def test_clock_is_shown_frozen_freed_and_put_forward() -> None:
    async def story(here: World) -> None:
        shown = is_ok(await here.control("GET", "clock"))
        assert shown == {"ok": True, "now": iso(AT_MS), "now_ms": AT_MS, "mode": "frozen", "speed": 1}
        moved = is_ok(await here.control("POST", "clock", {"at": iso(AT_MS + 5_000)}))
        assert moved["now_ms"] == AT_MS + 5_000
        freed = is_ok(await here.control("POST", "clock", {"mode": "real", "speed": 60}))
        assert (freed["mode"], freed["speed"]) == ("real", 60)
        frozen = is_ok(await here.control("POST", "clock", {"mode": "frozen"}))
        assert frozen["now_ms"] >= AT_MS + 5_000
        for body in ({}, {"mode": "slow"}, {"speed": 0}, {"speed": 1.5}, {"at": "yesterday"}, {"at": iso(AT_MS)}):
            is_error(await here.control("POST", "clock", body), 400)

    within(story)


@pytest.mark.parametrize(
    ("body", "expected_ms"),
    [
        ({"ms": 1}, 1),
        ({"ms": 0}, 0),
        ({"by": "7d"}, 7 * DAY_MS),
        ({"by": "90m"}, 5_400_000),
        ({"to": iso(AT_MS + 1_234)}, 1_234),
        ({"to": iso(AT_MS + DAY_MS).replace("Z", "+00:00")}, DAY_MS),
        ({"to": "next"}, 3_600_000 - AT_MS % 3_600_000),
    ],
)
def test_advance(body: dict[str, Any], expected_ms: int) -> None:
    async def story(here: World) -> None:
        assert is_ok(await here.control("POST", "clock/advance", body))["now_ms"] == AT_MS + expected_ms
        assert here.venue.now_ms() == AT_MS + expected_ms

    within(story)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ms": -1},
        {"ms": 1, "by": "1d"},
        {"by": "soon"},
        {"by": "1.5d"},
        {"by": "999999999w"},
        {"to": iso(AT_MS - 1)},
        {"to": "2026-13-01"},
        {"to": "9999-12-31T23:59:59Z"},
        {"ms": "5"},
        {"hours": 5},
        [],
        b"{",
        b'{"ms":' + b"[" * 5_000,
    ],
)
def test_advance_refuses(body: object) -> None:
    async def story(here: World) -> None:
        is_error(await here.control("POST", "clock/advance", body), 400)
        assert here.venue.now_ms() == AT_MS

    within(story)


def test_interest_is_charged_while_the_clock_is_put_forward() -> None:
    async def story(here: World) -> None:
        await here.control("POST", "clock/advance", {"by": "2h"})
        row = (await here.signed("GET", "/api/v5/account/balance?ccy=USDT")).json()["data"][0]["details"][0]
        assert Decimal(500) < Decimal(row["liab"]) < Decimal("500.1")

    within(story)


def test_a_price_is_held_by_hand_and_let_go() -> None:
    async def story(here: World) -> None:
        async def last() -> str:
            ticker = await here.ask("GET", "/api/v5/market/ticker?instId=BTC-USDT")
            price: str = ticker.json()["data"][0]["last"]
            return price

        recorded = await last()
        is_ok(await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "12345.6"}))
        assert await last() == "12345.6"
        await here.control("POST", "clock/advance", {"by": "1h"})
        assert await last() == "12345.6"
        is_ok(await here.control("POST", "market/release", {"instId": "BTC-USDT"}))
        await here.control("POST", "clock/advance", {"by": "1h"})
        assert await last() not in ("12345.6", recorded)
        for px in ("0", "-1", "1e5", "", "NaN"):
            assert (await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": px})).status in (400, 409)
        is_error(await here.control("POST", "market/price", {"instId": "NO-PAIR", "px": "1"}), 409)
        is_error(await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": 12345.6}), 400)

    within(story)


def test_prices_are_set_together_or_not_at_all() -> None:
    async def story(here: World) -> None:
        async def prices() -> list[str]:
            found = [await here.ask("GET", f"/api/v5/market/ticker?instId={name}-USDT") for name in ("BTC", "ETH")]
            return [answer.json()["data"][0]["last"] for answer in found]

        both = {"BTC-USDT": "30000", "ETH-USDT": "1500.5"}
        seq = (await here.seq_and_hash())[0]
        assert is_ok(await here.control("POST", "market/prices", {"prices": both}))["prices"] == both
        assert (await prices(), (await here.seq_and_hash())[0]) == (["30000", "1500.5"], seq + 1)
        for bad, status in (({}, 400), ({"ETH-USDT": "x"}, 400), ({"ETH-USDT": "0"}, 409), ({"NO-PAIR": "1"}, 409)):
            told = {"prices": {"BTC-USDT": "20000", **bad}} if bad else {"prices": {}}
            is_error(await here.control("POST", "market/prices", told), status)
        assert await prices() == ["30000", "1500.5"]

    within(story)


def test_a_book_set_by_hand_is_the_book() -> None:
    async def story(here: World) -> None:
        bids, asks = [["100", "1"], ["99.5", "2"]], [["101", "3"]]
        is_ok(await here.control("POST", "market/book", {"instId": "BTC-USDT", "bids": bids, "asks": asks}))
        book = (await here.ask("GET", "/api/v5/market/books?instId=BTC-USDT&sz=10")).json()["data"][0]
        assert [level[:2] for level in book["bids"]] == bids
        assert [level[:2] for level in book["asks"]] == asks
        for wrong in (
            {"bids": [["99", "1"], ["100", "1"]], "asks": []},
            {"bids": [], "asks": [["101", "1"], ["100", "1"]]},
            {"bids": [["101", "1"]], "asks": [["101", "1"]]},
            {"bids": [["100", "0"]], "asks": []},
            {"bids": [["100"]], "asks": []},
            {"bids": [["100", "1"]]},
        ):
            is_error(await here.control("POST", "market/book", {"instId": "BTC-USDT", **wrong}), 400)

    within(story)


def test_a_new_user_borrows_with_a_new_key() -> None:
    async def story(here: World) -> None:
        made = is_ok(await here.control("POST", "users", {"name": "carol"}))
        assert made["name"] == "carol"
        is_error(await here.control("POST", "users", {"name": "carol"}), 409)
        for name in ("", "Carol", "-x", "a" * 33, "a b", "../x"):
            is_error(await here.control("POST", "users", {"name": name}), 400)
        listed = is_ok(await here.control("GET", "users"))["users"]
        assert {"name": "carol", "uid": made["uid"]} in listed
        is_ok(await here.control("POST", "users/carol/balance", {"account": "trading", "ccy": "BTC", "amt": "1.5"}))
        is_ok(await here.control("POST", "users/carol/balance", {"account": "trading", "ccy": "BTC", "amt": "-0.5"}))
        is_ok(await here.control("POST", "users/carol/spot-borrow", {"enabled": True}))
        given = is_ok(await here.control("POST", "users/carol/keys", {"permissions": ["read", "trade"]}))
        assert given["permissions"] == ["read", "trade"]
        key = here.alice.__class__(given["api_key"], given["secret_key"], given["passphrase"], ())
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "100"}
        answer = await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", borrow, key=key)
        assert answer.json()["data"] == [{"ccy": "USDT", "side": "borrow", "amt": "100"}]
        config = (await here.signed("GET", "/api/v5/account/config", key=key)).json()["data"][0]
        assert (config["uid"], config["label"], config["perm"]) == (made["uid"], "carol", "read_only,trade")
        balance = (await here.signed("GET", "/api/v5/account/balance?ccy=BTC", key=key)).json()["data"][0]
        assert balance["details"][0]["cashBal"] == "1"

    within(story)


def test_two_users_created_at_once_are_two() -> None:
    async def story(here: World) -> None:
        answers = await asyncio.gather(*(here.control("POST", "users", {"name": f"u{n}"}) for n in range(20)))
        assert len({is_ok(answer)["uid"] for answer in answers}) == 20

    within(story)


def test_a_key_bound_to_an_address() -> None:
    async def story(here: World) -> None:
        body = {"permissions": ["read"], "ips": ["10.0.0.0/8"], "label": "office"}
        given = is_ok(await here.control("POST", "users/bob/keys", body))
        key = here.alice.__class__(given["api_key"], given["secret_key"], given["passphrase"], ())
        assert (await here.signed("GET", "/api/v5/account/config", key=key)).code == "50110"
        config = await here.signed("GET", "/api/v5/account/config", key=key, peer="10.1.1.1")
        assert config.json()["data"][0]["ip"] == "10.0.0.0/8"
        faults: tuple[dict[str, Any], ...] = (
            {"permissions": []},
            {"permissions": ["admin"]},
            {"permissions": ["read"], "ips": ["here"]},
            {"permissions": ["read"], "label": "\u0007"},
            {},
        )
        for wrong in faults:
            is_error(await here.control("POST", "users/bob/keys", wrong), 400)

    within(story)


def test_balances_are_never_taken_below_zero() -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        body = {"account": "funding", "ccy": "USDT", "amt": "-1000000"}
        is_error(await here.control("POST", "users/bob/balance", body), 409)
        is_error(await here.control("POST", "users/bob/balance", {**body, "ccy": "NOPE"}), 409)
        for wrong in (
            {**body, "account": "savings"},
            {**body, "amt": "--1"},
            {**body, "amt": "1e3"},
            {**body, "amt": 1},
        ):
            is_error(await here.control("POST", "users/bob/balance", wrong), 400)
        error = is_error(await here.control("POST", "users/nobody/balance", body), 404)
        assert "alice" in error["hint"]
        assert await here.seq_and_hash() == before

    within(story)


async def carol_owes(here: World, ccy: str, amt: str, **collateral: str) -> tuple[str, Any]:
    """A flexible loan on what carol locks from her funding account; (its number, her key)."""
    await here.control("POST", "users", {"name": "carol"})
    for coin, size in collateral.items():
        await here.control("POST", "users/carol/balance", {"account": "funding", "ccy": coin, "amt": size})
    given = is_ok(await here.control("POST", "users/carol/keys", {"permissions": ["read", "trade"]}))
    key = here.alice.__class__(given["api_key"], given["secret_key"], given["passphrase"], ())
    pledged = [{"ccy": coin, "amt": size} for coin, size in collateral.items()]
    loan = {"loanData": {"ccy": ccy, "amt": amt}, "clOrdId": "one", "collateralData": pledged}
    answer = await here.signed("POST", "/api/v5/finance/flexible-loan/borrow", loan, key=key)
    return answer.json()["data"][0]["ordId"], key


def test_lenders_ask_their_coins_back_and_loans_are_called_in() -> None:
    """3,000,000 DOT put up, 100 lent. 2,999,950 asked back leave 50, of which 95 % may be lent: 52.5 are called in.

    With the taker's fee that is 52.552553 DOT to the lot, less 0.1 % of them 52.500000447.
    """

    async def story(here: World) -> None:
        for pair, px in (("BTC-USDT", "40000"), ("DOT-USDT", "20")):
            await here.control("POST", "market/price", {"instId": pair, "px": px})
        _, key = await carol_owes(here, "DOT", "100", BTC="0.5")
        pools = {pool["ccy"]: pool for pool in is_ok(await here.control("GET", "pools"))["pools"]}
        assert pools["DOT"] == {"ccy": "DOT", "free": "2999900", "lent": "100", "waiting": "0"}
        assert pools["USDT"]["lent"] == "500"
        moved = is_ok(await here.control("POST", "pools", {"ccy": "DOT", "amt": "-2999950"}))
        assert moved == {"ok": True, "ccy": "DOT", "free": "2.500000447", "lent": "47.499999553", "waiting": "0"}
        history = "/api/v5/finance/flexible-loan/loan-history?type=forced_repayment_buy"
        rows = (await here.signed("GET", history, key=key)).json()["data"]
        assert [(row["ccy"], row["amt"]) for row in rows] == [("DOT", "52.500000447")]
        more = is_ok(await here.control("POST", "pools", {"ccy": "DOT", "amt": "1000"}))
        assert more["free"] == "1002.500000447"
        before = await here.seq_and_hash()
        is_error(await here.control("POST", "pools", {"ccy": "NOPE", "amt": "1"}), 409)
        is_error(await here.control("POST", "pools", {"ccy": "DOT", "amt": "-1051"}), 409)
        for amt in ("0", "-0", "--1", "1e3", "", 1):
            is_error(await here.control("POST", "pools", {"ccy": "DOT", "amt": amt}), 400)
        assert await here.seq_and_hash() == before
        assert is_ok(await here.control("POST", "verify"))

    within(story)


def test_a_loan_is_repaid_with_its_collateral() -> None:
    """500 / 0.999 / 40,000 is 0.01251252 BTC to 8 decimals, which fetch 500.5008 and less 0.1 % 500.0002992 USDT."""

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        order, key = await carol_owes(here, "USDT", "1000", BTC="0.1")
        path = "users/carol/loans/repay-with-collateral"
        body = {"ordId": order, "ccy": "USDT", "amt": "500", "collateral": ["BTC"]}
        done = is_ok(await here.control("POST", path, body))
        assert done["ordId"] == order
        assert [(row["type"], row["ccy"], row["amt"]) for row in done["rows"]] == [
            ("sell_collateral", "BTC", "-0.01251252"),
            ("buy_transition_coin", "USDT", "500.0002992"),
            ("repaid", "USDT", "-500"),
        ]
        history = await here.signed("GET", "/api/v5/finance/flexible-loan/loan-history?limit=3", key=key)
        assert history.json()["data"] == done["rows"][::-1]
        before = await here.seq_and_hash()
        for wrong, status in (
            ({"ordId": "7"}, 409),
            ({"ccy": "BTC"}, 409),
            ({"collateral": ["ETH"]}, 409),
            ({"collateral": []}, 409),
            ({"ordId": "x"}, 400),
            ({"ordId": 7}, 400),
            ({"amt": "0"}, 400),
            ({"amt": "-1"}, 400),
            ({"collateral": "BTC"}, 400),
            ({"collateral": ["BTC", "BTC"]}, 400),
        ):
            is_error(await here.control("POST", path, {**body, **wrong}), status)
        is_error(await here.control("POST", path.replace("carol", "nobody"), body), 404)
        # Another user's loan is unknown.
        is_error(await here.control("POST", path.replace("carol", "bob"), body), 409)
        is_error(await here.control("POST", "users/carol/loans/nope", body), 404)
        is_error(await here.control("POST", "users/carol/loans", body), 404)
        assert await here.seq_and_hash() == before

    within(story)


def test_looking_at_the_venue() -> None:
    async def story(here: World) -> None:
        health = is_ok(await here.control("GET", "health"))
        assert health["surface"] == "2026-01"
        shown = is_ok(await here.control("GET", "state-hash"))
        assert (shown["seq"], shown["hash"]) == await here.seq_and_hash()
        verdict = is_ok(await here.control("POST", "verify"))
        assert (verdict["entries"], verdict["state_hash"]) == (shown["seq"], shown["hash"])
        journal = is_ok(await here.control("GET", "journal?after=3&limit=2"))["entries"]
        assert [entry["seq"] for entry in journal] == [4, 5]
        assert isinstance(journal[0]["command"], list)
        whole = is_ok(await here.control("GET", "journal?limit=1000"))["entries"]
        assert len(whole) == shown["seq"]
        secrets = (here.alice.secret_key, here.alice.passphrase, TOKEN)
        assert not any(secret in str(whole) for secret in secrets)
        is_error(await here.control("GET", "journal?after=x"), 400)

    within(story)


def test_reset_begins_anew_and_keeps_the_seeded_keys() -> None:
    async def story(here: World) -> None:
        await here.control("POST", "users", {"name": "carol"})
        given = is_ok(await here.control("POST", "users/carol/keys", {"permissions": ["read"]}))
        repay = {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
        path = "/api/v5/trade/one-click-repay-v2"
        assert (await here.signed("POST", path, repay)).code == "0"
        assert (await here.signed("POST", path, repay)).code == "50011"
        after = is_ok(await here.control("POST", "reset"))
        assert [user["name"] for user in after["users"]] == ["alice", "bob"]
        assert (await here.signed("POST", path, repay)).code == "0"
        key = here.alice.__class__(given["api_key"], given["secret_key"], given["passphrase"], ())
        assert (await here.signed("GET", "/api/v5/account/config", key=key)).code == "50119"

    within(story, limits="exact")


def test_unknown_paths_and_methods() -> None:
    async def story(here: World) -> None:
        for path in ("", "nope", "users/alice", "users/alice/nope", "users//keys", "clock/"):
            is_error(await here.control("GET", path), 404 if path != "users//keys" else 405)
        is_error(await here.control("DELETE", "clock"), 405)
        is_error(await here.control("POST", "clock", b"x" * 70_000), 413)

    within(story)


def test_the_openapi_document_lists_every_call_to_everybody() -> None:
    async def story(here: World) -> None:
        answer = await here.ask("GET", "/tally/v1/openapi.json", [])
        assert answer.status == 200
        found = answer.json()
        validate(found)
        assert found["servers"] == [{"url": "http://127.0.0.1:8080"}]
        listed = {(method.upper(), path) for path, methods in found["paths"].items() for method in methods}
        assert listed == {(one.method, f"/tally/v1/{one.path.replace('*', '{name}')}") for one in ENDPOINTS}
        body = found["paths"]["/tally/v1/users/{name}/balance"]["post"]["requestBody"]["content"]["application/json"]
        schema = found["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
        assert schema["required"] == ["account", "ccy", "amt"]
        assert schema["properties"]["account"] == {"enum": ["funding", "trading"]}

    within(story)


def test_the_hint_of_a_body_names_the_words_a_field_may_have() -> None:
    async def story(here: World) -> None:
        answer = await here.control("POST", "users/alice/keys", {"permissions": ["read_only"]})
        assert is_error(answer, 400)["hint"] == "a JSON object with permissions (read or trade or withdraw), ips, label"
        answer = await here.control("POST", "clock", {"mode": "stopped"})
        assert is_error(answer, 400)["hint"] == "a JSON object with mode (real or frozen), speed, at"

    within(story)


def test_no_answer_has_a_name_twice() -> None:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len({name for name, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    async def story(here: World) -> None:
        for path in ("verify", "reset"):
            found = json.loads((await here.control("POST", path, {})).body, object_pairs_hook=once)
            assert found["ok"] is True
        for endpoint in ENDPOINTS:
            if endpoint.method == "GET":
                json.loads((await here.control("GET", endpoint.path)).body, object_pairs_hook=once)

    within(story)
