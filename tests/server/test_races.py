"""The same thing asked many times at once: one effect, the others refused, and the books hold (bad sequences)."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

from tallystick.engine import checks
from tests.server.harness import World, within

MANY = 32


def codes(answers: list[object]) -> Counter[str]:
    return Counter(json.loads(answer.body)["code"] for answer in answers)  # type: ignore[attr-defined]


async def at_once(here: World, path: str, body: object) -> Counter[str]:
    return codes(await asyncio.gather(*(here.signed("POST", path, body) for _ in range(MANY))))


def test_one_click_asked_many_times_runs_once() -> None:
    async def story(here: World) -> None:
        body = {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
        assert await at_once(here, "/api/v5/trade/one-click-repay-v2", body) == {"0": 1, "59121": MANY - 1}
        await here.venue.advance(by_ms=10_000)
        rows = (await here.signed("GET", "/api/v5/trade/one-click-repay-history-v2")).json()["data"]
        # alice owed 100 USDC, and no more than that was ever repaid.
        assert [(row["status"], row["fillDebtSz"]) for row in rows] == [("filled", "100")]
        checks.check_state(here.venue.state)

    within(story)


def test_one_quote_makes_one_trade() -> None:
    async def story(here: World) -> None:
        pair = {"baseCcy": "ETH", "quoteCcy": "USDT", "side": "buy"}
        ask = {**pair, "rfqSz": "100", "rfqSzCcy": "USDT"}
        quote = (await here.signed("POST", "/api/v5/asset/convert/estimate-quote", ask)).json()["data"][0]
        trade = {**pair, "quoteId": quote["quoteId"], "sz": "100", "szCcy": "USDT"}
        assert await at_once(here, "/api/v5/asset/convert/trade", trade) == {"0": 1, "52921": MANY - 1}
        rows = (await here.signed("GET", "/api/v5/asset/convert/history")).json()["data"]
        assert [row["fillQuoteSz"] for row in rows] == ["100"]
        checks.check_state(here.venue.state)

    within(story)


def test_one_client_id_opens_one_loan() -> None:
    async def story(here: World) -> None:
        body = {
            "loanData": {"ccy": "USDT", "amt": "100"},
            "collateralData": [{"ccy": "BTC", "amt": "0.1"}],
            "clOrdId": "once",
        }
        assert await at_once(here, "/api/v5/finance/flexible-loan/borrow", body) == {"0": 1, "51016": MANY - 1}
        assert len((await here.signed("GET", "/api/v5/finance/flexible-loan/loan-info")).json()["data"]) == 1
        checks.check_state(here.venue.state)

    within(story)


def test_coins_a_run_raised_may_be_taken_and_nothing_breaks() -> None:
    """Between the legs all USDT is converted away: the buy finds nothing, and the run ends honestly."""

    async def story(here: World) -> None:
        await here.signed(
            "POST", "/api/v5/trade/one-click-repay-v2", {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
        )
        await here.venue.advance(by_ms=1_000)
        details = (await here.signed("GET", "/api/v5/account/balance?ccy=USDT")).json()["data"][0]["details"]
        all_of_it = details[0]["availBal"]
        pair = {"baseCcy": "ETH", "quoteCcy": "USDT", "side": "buy"}
        ask = {**pair, "rfqSz": all_of_it, "rfqSzCcy": "USDT"}
        quote = (await here.signed("POST", "/api/v5/asset/convert/estimate-quote", ask)).json()["data"][0]
        trade = {**pair, "quoteId": quote["quoteId"], "sz": all_of_it, "szCcy": "USDT"}
        assert (await here.signed("POST", "/api/v5/asset/convert/trade", trade)).code == "0"
        await here.venue.advance(by_ms=10_000)
        row = (await here.signed("GET", "/api/v5/trade/one-click-repay-history-v2")).json()["data"][0]
        # Only the 10 USDC she held were repaid; of the two legs the sell alone was placed.
        assert (row["status"], row["fillDebtSz"]) == ("filled", "10")
        assert [leg["side"] for leg in row["ordIdInfo"]] == ["sell"]
        checks.check_state(here.venue.state)

    within(story)
