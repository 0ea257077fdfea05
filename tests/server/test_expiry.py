"""The header expTime: an order that comes too late is refused with 50036 and leaves no trace."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.harness import AT_MS, World, within

ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": "10000"}


@pytest.mark.parametrize(
    ("exp_time", "code"),
    [
        (str(AT_MS), "0"),
        (str(AT_MS + 1), "0"),
        (str(AT_MS - 1), "50036"),
        ("1000", "50036"),
        ("soon", "51000"),
        ("-1", "51000"),
        ("9" * 16, "0"),
        ("9" * 5000, "0"),
        ("0" * 20 + "1", "50036"),
        ("", "0"),
    ],
)
@pytest.mark.parametrize("path", ["order", "batch-orders"])
def test_orders_that_come_too_late(path: str, exp_time: str, code: str) -> None:
    async def story(here: World) -> None:
        body: Any = ORDER if path == "order" else [ORDER]
        before = await here.venue.state_hash()
        answer = await here.signed("POST", f"/api/v5/trade/{path}", body, exptime=exp_time)
        assert answer.code == code
        assert (await here.venue.state_hash() == before) is (code != "0")

    within(story)


def test_other_requests_do_not_expire() -> None:
    async def story(here: World) -> None:
        answer = await here.signed("GET", "/api/v5/account/config", exptime="1")
        assert answer.code == "0"

    within(story)
