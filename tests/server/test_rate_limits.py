"""The declared limits where they are felt: per endpoint and caller, on the venue's clock. Invariant A7."""

from __future__ import annotations

import pytest

from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint
from tests.server.harness import World, within
from tests.server.test_envelope import call, is_refusal
from tests.wire.requests import good


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if not e.batch_max], ids=lambda endpoint: endpoint.name)
def test_the_declared_number_passes_and_the_next_is_refused_until_the_period_is_over(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        values = good(endpoint)
        tightest = min(endpoint.limits, key=lambda limit: (limit.requests, -limit.period_ms))
        for _ in range(tightest.requests):
            assert (await call(here, endpoint, values)).code != "50011"
        is_refusal(await call(here, endpoint, values), "50011")
        await here.venue.advance(by_ms=tightest.period_ms - 1)
        is_refusal(await call(here, endpoint, values), "50011")
        await here.venue.advance(by_ms=1)
        assert (await call(here, endpoint, values)).code != "50011"

    within(story, limits="exact")


def test_users_and_endpoints_count_for_themselves() -> None:
    async def story(here: World) -> None:
        history = "/api/v5/trade/one-click-repay-history-v2"
        assert (await here.signed("GET", history)).code == "0"
        assert (await here.signed("GET", history, key=here.reader)).code == "50011", "another key, the same user"
        assert (await here.signed("GET", history, key=here.bob)).code == "0"
        assert (await here.signed("GET", "/api/v5/trade/one-click-repay-currency-list-v2")).code == "0"

    within(story, limits="exact")


def test_public_endpoints_count_by_address() -> None:
    async def story(here: World) -> None:
        for _ in range(10):
            assert (await here.ask("GET", "/api/v5/public/time", peer="192.0.2.1")).code == "0"
        assert (await here.ask("GET", "/api/v5/public/time", peer="192.0.2.1")).code == "50011"
        assert (await here.ask("GET", "/api/v5/public/time", peer="192.0.2.2")).code == "0"

    within(story, limits="exact")


def test_a_refused_signature_uses_up_nothing() -> None:
    async def story(here: World) -> None:
        history = "/api/v5/trade/one-click-repay-history-v2"
        for _ in range(3):
            assert (await here.signed("GET", history, ok_access_sign="x")).code == "50113"
        assert (await here.signed("GET", history)).code == "0"

    within(story, limits="exact")


def test_a_refused_command_leaves_no_trace() -> None:
    async def story(here: World) -> None:
        path, body = "/api/v5/trade/one-click-repay-v2", {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
        assert (await here.signed("POST", path, body)).code == "0"
        before = await here.seq_and_hash()
        assert (await here.signed("POST", path, body)).code == "50011"
        assert await here.seq_and_hash() == before

    within(story, limits="exact")


BTC = {"instId": "BTC-USDT"}
BID = {**BTC, "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}
ORDER, CANCEL, AMEND = "order", "cancel-order", "amend-order"
FAULTY = [
    ("the size", ORDER, BID | {"sz": "0"}, 60, "51000"),
    ("a parameter is missing", ORDER, {name: value for name, value in BID.items() if name != "instId"}, 60, "50014"),
    ("a name that is none", ORDER, BID | {"instId": [7]}, 60, "51000"),
    ("the number of an order", CANCEL, BTC | {"ordId": "abc"}, 60, "51000"),
    ("the new size", AMEND, BTC | {"ordId": "7", "newSz": "0"}, 60, "51000"),
    ("no object", ORDER, [BID], 60, "50002"),
    ("twenty of twenty", "batch-orders", [BID | {"sz": "0"}] * 20, 15, "51000"),
    ("one of two", "batch-orders", [BID | {"sz": "100"}, BID | {"sz": "0"}], 150, "51000"),
    ("too many", "batch-orders", [BID] * 21, 60, "51111"),
    ("no list", "cancel-batch-orders", BID, 60, "50002"),
    ("a list of one", "amend-batch-orders", [BTC | {"ordId": "x", "newSz": "1"}], 60, "51000"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "body", "passing", "code"), [case[1:] for case in FAULTY], ids=[c[0] for c in FAULTY])
def test_orders_with_a_fault_count_and_are_limited(op: str, body: object, passing: int, code: str) -> None:
    """60 single orders in 2 s for a user and an instrument, 300 in lists, each element counting (documented)."""

    async def story(here: World) -> None:
        for _ in range(passing):
            answer = await here.signed("POST", f"/api/v5/trade/{op}", body)
            said = answer.json()
            assert code in (said["code"], *(row["sCode"] for row in said.get("data", ()))), answer.body
        is_refusal(await here.signed("POST", f"/api/v5/trade/{op}", body), "50011")
        await here.venue.advance(by_ms=2_000)
        assert (await here.signed("POST", f"/api/v5/trade/{op}", body)).code != "50011"

    within(story, limits="exact")


def test_orders_with_and_without_a_fault_are_counted_together() -> None:
    async def story(here: World) -> None:
        path = "/api/v5/trade/order"
        for number in range(60):
            body = BID | {"sz": "0" if number % 2 else "100"}
            assert (await here.signed("POST", path, body)).code == "1"
        is_refusal(await here.signed("POST", path, BID), "50011")
        is_refusal(await here.signed("POST", path, BID | {"sz": "0"}), "50011")
        assert (await here.signed("POST", path, BID | {"instId": "ETH-USDT", "sz": "0"})).code == "1"

    within(story, limits="exact")


def test_strictly_refused_orders_count_too() -> None:
    async def story(here: World) -> None:
        for _ in range(60):
            assert (await here.signed("POST", "/api/v5/trade/order", BID | {"clientOid": "mine"})).code == "1"
        is_refusal(await here.signed("POST", "/api/v5/trade/order", BID), "50011")

    within(story, limits="exact", strict=True)


COUNTED_BY_PARAMETER = [
    endpoint for endpoint in ENDPOINTS if not endpoint.batch_max and any("+" in limit.per for limit in endpoint.limits)
]


@pytest.mark.parametrize("endpoint", COUNTED_BY_PARAMETER, ids=lambda endpoint: endpoint.name)
def test_a_request_with_a_fault_counts_wherever_a_parameter_takes_part(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        tightest = min(endpoint.limits, key=lambda limit: (limit.requests, -limit.period_ms))
        bad = {name: {"a": "1"} if endpoint.method == "POST" else "\u00e4" for name in good(endpoint)}
        for _ in range(tightest.requests):
            assert (await call(here, endpoint, bad)).code in ("1", "51000"), bad
        is_refusal(await call(here, endpoint, bad), "50011")

    within(story, limits="exact")
