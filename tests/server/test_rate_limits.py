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
