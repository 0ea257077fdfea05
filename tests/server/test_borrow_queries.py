"""What can be asked about spot debts. alice owes 500 USDT at 7.3 % a year and 100 USDC at 6 %."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.contract import by_name
from tallystick.venue.keys import Credentials
from tallystick.views.borrow import rate_of
from tallystick.views.core import padded
from tallystick.wire.page import window
from tests.engine.driver import atoms, text
from tests.server.harness import AT_MS, Response, World, within

ACCOUNT = "/api/v5/account/"
HOUR_MS = 3_600_000
RATES = {"USDT": "0.073", "USDC": "0.06", "BTC": "0.015"}


def data(answer: Response) -> list[dict[str, Any]]:
    found = answer.json()
    assert found["code"] == "0", found
    rows: list[dict[str, Any]] = found["data"]
    return rows


async def ask(here: World, what: str, key: Credentials | None = None) -> Response:
    return await here.signed("GET", ACCOUNT + what, key=key)


async def rows(here: World, what: str) -> list[dict[str, Any]]:
    return data(await ask(here, what))


def test_interest_hour_by_hour() -> None:
    """500 x 0.073 / 8760 = 0.00416666..., 100 x 0.06 / 8760 = 0.000684931506849315..., both up at 16 decimals."""

    async def story(here: World) -> None:
        assert await rows(here, "interest-accrued") == []
        await here.control("POST", "clock/advance", {"by": "150m"})
        usdt = await rows(here, "interest-accrued?ccy=USDT")
        assert usdt[1] == {
            "ccy": "USDT",
            "instId": "",
            "interest": "0.0041666666666667",
            "interestRate": "0.0000083333333333",
            "liab": "500",
            "totalLiab": "500",
            "interestFreeLiab": "",
            "mgnMode": "",
            "ts": str(AT_MS + HOUR_MS),
            "type": "2",
        }
        # Interest bears interest: 500.0041666666666667 x 0.073 / 8760 = 0.00416670138...
        assert (usdt[0]["liab"], usdt[0]["interest"]) == ("500.0041666666666667", "0.0041667013888889")
        whole = await rows(here, "interest-accrued?type=2")
        assert [(row["ccy"], int(row["ts"]) - AT_MS) for row in whole] == [
            ("USDT", 2 * HOUR_MS),
            ("USDC", 2 * HOUR_MS),
            ("USDT", HOUR_MS),
            ("USDC", HOUR_MS),
        ]
        assert whole[3]["interest"] == "0.0006849315068494"
        # Both cursors shut out the hour they name.
        assert await rows(here, f"interest-accrued?after={AT_MS + 2 * HOUR_MS}") == whole[2:]
        assert await rows(here, f"interest-accrued?before={AT_MS + HOUR_MS}") == whole[:2]
        # ccxt always asks for cross; a spot debt belongs to no isolated position and no instrument.
        assert await rows(here, "interest-accrued?mgnMode=cross") == whole
        assert await rows(here, "interest-accrued?mgnMode=isolated") == []
        assert await rows(here, "interest-accrued?instId=BTC-USDT") == []
        assert data(await ask(here, "interest-accrued", here.bob)) == []
        assert (await ask(here, "interest-accrued?type=1")).code == "51000"

    within(story, rates=RATES)


def test_interest_is_kept_for_a_year() -> None:
    page = by_name["interest_accrued"].page
    assert page is not None
    assert window(page, None, None, 100, AT_MS).min_key == AT_MS - 365 * 86_400_000


def test_rates_of_an_hour() -> None:
    """0.015 a year is 0.0000017123287671... an hour, 0.073 is 0.00000833333..., both cut at 16 decimals."""

    async def story(here: World) -> None:
        assert await rows(here, "interest-rate?ccy=BTC") == [{"ccy": "BTC", "interestRate": "0.0000017123287671"}]
        whole = {row["ccy"]: row["interestRate"] for row in await rows(here, "interest-rate")}
        assert whole["USDT"] == "0.0000083333333333"
        assert {"BTC", "ETH", "USDC"} <= set(whole)
        assert (await ask(here, "interest-rate?ccy=NOPE")).code == "51012"

    within(story, rates=RATES)


def test_the_documented_hour_of_97_usdt() -> None:
    assert text(rate_of(atoms("0.03577"), 8760)) == "0.0000040833333333"


def test_limits_with_the_zeros_of_the_documents() -> None:
    """Used is rounded up and what is left down: together they are the quota of 500,000."""

    async def story(here: World) -> None:
        (found,) = await rows(here, "interest-limits?type=2&ccy=USDT")
        next_hour = str(AT_MS + HOUR_MS)
        assert found == {
            "debt": "600." + 32 * "0",
            "interest": "0." + 32 * "0",
            "loanAlloc": "",
            "nextDiscountTime": next_hour,
            "nextInterestTime": next_hour,
            "records": [
                {
                    "availLoan": "",
                    "avgRate": "",
                    "ccy": "USDT",
                    "interest": "0",
                    "loanQuota": "500000.00000000",
                    "posLoan": "",
                    "rate": "0.0002",
                    "surplusLmt": "499500.00000000",
                    "surplusLmtDetails": {},
                    "usedLmt": "500.00000000",
                    "usedLoan": "",
                    "interestFreeLiab": "",
                    "potentialBorrowingAmt": "",
                }
            ],
        }
        await here.control("POST", "clock/advance", {"by": "1h"})
        (found,) = await rows(here, "interest-limits")
        records = {row["ccy"]: row for row in found["records"]}
        assert (records["USDT"]["usedLmt"], records["USDT"]["surplusLmt"]) == ("500.00416667", "499499.99583333")
        assert (records["ETH"]["usedLmt"], records["ETH"]["loanQuota"]) == ("0.00000000", "200.00000000")
        # 500.0041666666666667 + 100.0006849315068494
        assert found["debt"] == "600.0048515981735161" + 16 * "0"
        assert found["nextInterestTime"] == str(AT_MS + 2 * HOUR_MS)
        assert (await ask(here, "interest-limits?ccy=NOPE")).code == "51012"

    within(story, rates=RATES)


@pytest.mark.parametrize(
    ("value", "places", "printed"),
    [
        ("175", 8, "175.00000000"),
        ("0.123456789", 8, "0.12345678"),
        ("0", 32, "0." + 32 * "0"),
        ("0.858931591149002471", 32, "0.858931591149002471" + 14 * "0"),
    ],
)
def test_padding(value: str, places: int, printed: str) -> None:
    assert padded(atoms(value), places) == printed


def test_the_most_one_can_borrow() -> None:
    """0.05 BTC at 40,000 count 1,960 USD; at leverage 3 that is 5,880 USDT, or 0.147 BTC."""

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        await here.control("POST", "market/price", {"instId": "ETH-USDT", "px": "3000"})
        await here.control("POST", "users", {"name": "carol"})
        await here.control("POST", "users/carol/balance", {"account": "trading", "ccy": "BTC", "amt": "0.05"})
        given = (await here.control("POST", "users/carol/keys", {"permissions": ["read", "trade"]})).json()
        key = Credentials(given["api_key"], given["secret_key"], given["passphrase"], ())
        assert (await ask(here, "max-loan?mgnMode=cross&ccy=USDT", key)).code == "51010"
        await here.control("POST", "users/carol/spot-borrow", {"enabled": True})
        by_hand = {"instId": "", "mgnMode": "cross", "mgnCcy": "", "maxLoan": "5880", "ccy": "USDT", "side": ""}
        assert data(await ask(here, "max-loan?mgnMode=cross&ccy=USDT", key)) == [by_hand]
        pairs = data(await ask(here, "max-loan?mgnMode=isolated&instId=ETH-USDT,BTC-USDT&mgnCcy=", key))
        assert [(row["instId"], row["ccy"], row["side"], row["maxLoan"]) for row in pairs] == [
            ("ETH-USDT", "ETH", "sell", "1.96"),
            ("ETH-USDT", "USDT", "buy", "5880"),
            ("BTC-USDT", "BTC", "sell", "0.147"),
            ("BTC-USDT", "USDT", "buy", "5880"),
        ]
        assert {row["mgnMode"] for row in pairs} == {"isolated"}
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "5880"}
        assert (await here.signed("POST", ACCOUNT + "spot-manual-borrow-repay", borrow, key=key)).code == "0"
        assert data(await ask(here, "max-loan?mgnMode=cross&ccy=USDT", key))[0]["maxLoan"] == "0"
        for query, code in (
            ("mgnMode=cross", "50015"),
            ("ccy=USDT", "50014"),
            ("mgnMode=both&ccy=USDT", "51000"),
            ("mgnMode=cross&ccy=NOPE", "51012"),
            ("mgnMode=cross&instId=BTC-NOPE", "51001"),
            ("mgnMode=cross&instId=BTC-USDT&tradeQuoteCcy=USDC", "51000"),
            ("mgnMode=cross&instId=" + ",".join(6 * ["BTC-USDT"]), "50025"),
        ):
            assert (await ask(here, f"max-loan?{query}", key)).code == code, query

    within(story, rates=RATES)
