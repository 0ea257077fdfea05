"""The years ahead: where numbers once passed 63 bits, and the last day there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.torture.served import Venue, serving, starting

pytestmark = pytest.mark.torture

BEFORE = "2031-09-17T02:58:25Z"
"""A second before numbers of orders made from the time once passed 63 bits."""
LAST_DAY = "2100-12-31T12:00:00Z"
BITS_63 = 2**63


def placed(venue: Venue, kind: str, size: str, price: str = "") -> str:
    body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": kind, "sz": size}
    status, answer = venue.signed("POST", "/api/v5/trade/order", body | ({"px": price} if price else {}))
    assert (status, answer["code"]) == (200, "0"), answer
    number: str = answer["data"][0]["ordId"]
    assert int(number) < BITS_63
    return number


def cancelled(venue: Venue, number: str) -> dict[str, Any]:
    _, answer = venue.signed("POST", "/api/v5/trade/cancel-order", {"instId": "BTC-USDT", "ordId": number})
    found: dict[str, Any] = answer
    return found


def trades(venue: Venue) -> list[int]:
    """An order that rests and is cancelled, and one that is filled; their numbers."""
    resting = placed(venue, "limit", "0.01", "10000")
    assert cancelled(venue, resting)["code"] == "0"
    filled = placed(venue, "market", "20")
    _, answer = venue.signed("GET", f"/api/v5/trade/order?instId=BTC-USDT&ordId={filled}")
    assert answer["data"][0]["state"] == "filled"
    return [int(resting), int(filled)]


@pytest.mark.parametrize("at", [BEFORE, LAST_DAY])
def test_orders_go_on(tmp_path: Path, at: str) -> None:
    numbers: list[int] = []
    with serving(tmp_path / "venue", "--frozen", "--at", at) as venue:
        numbers += trades(venue)
        venue.must("clock/advance", {"by": "3s"})
        numbers += trades(venue)
        kept = placed(venue, "limit", "0.01", "10000")
        assert venue.stop() == 0
    with serving(tmp_path / "venue") as venue:
        assert cancelled(venue, kept)["code"] == "0"
        numbers += trades(venue)
        assert venue.must("verify", {})["ok"]
        assert venue.stop() == 0
    assert numbers == sorted(set(numbers))


def test_beyond_the_last_day_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with starting(tmp_path / "never", "--at", "2101-01-01T00:00:00Z") as process:
        assert process.wait(60) != 0
    log = (tmp_path / "never.log").read_text(encoding="utf-8")
    assert "2100" in log
    assert "Traceback" not in log
    with serving(tmp_path / "venue", "--frozen", "--at", LAST_DAY) as venue:
        before = venue.told()
        for path, body in (("clock/advance", {"by": "30d"}), ("clock", {"at": "2101-01-01T00:00:00Z"})):
            status, answer = venue.control(path, body)
            assert status == 400, answer
            assert "2100" in answer["error"]["message"]
        assert venue.told() == before
        assert venue.stop() == 0
