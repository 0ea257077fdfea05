"""What can be asked about flexible loans. Expected answers by hand: BTC at 40,000 counts 98 %, initLTV = 0.98 / 1.4."""

from __future__ import annotations

from typing import Any

from tallystick.contract import by_name
from tallystick.contract.surface import SETTLED_LATER
from tallystick.venue.keys import Credentials
from tallystick.wire.page import window
from tests.server.harness import AT_MS, Response, World, within

LOANS = "/api/v5/finance/flexible-loan/"
SETTLEMENT_MS = 1_000
DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class Carol:
    """A user whose funding account holds exactly what the story gives her."""

    def __init__(self, here: World, key: Credentials) -> None:
        self.here = here
        self.key = key
        self.requests = 0

    async def ask(self, what: str) -> Response:
        return await self.here.signed("GET", LOANS + what, key=self.key)

    async def rows(self, what: str) -> list[dict[str, Any]]:
        return data(await self.ask(what))

    async def post(self, what: str, **body: Any) -> Response:
        return await self.here.signed("POST", LOANS + what, body, key=self.key)

    async def borrow(self, amt: str, ccy: str, **body: Any) -> str:
        self.requests += 1
        entries = [{"ccy": coin, "amt": size} for coin, size in body.pop("collateral", {}).items()]
        loan = {"ccy": ccy, "amt": amt}
        answer = await self.post(
            "borrow", loanData=loan, collateralData=entries, clOrdId=f"request-{self.requests}", **body
        )
        number: str = data(answer)[0]["ordId"]
        if SETTLED_LATER.holds(self.here.services.surface):
            await self.here.venue.advance(by_ms=SETTLEMENT_MS)
        return number


def data(answer: Response) -> list[dict[str, Any]]:
    found = answer.json()
    assert found["code"] == "0", found
    rows: list[dict[str, Any]] = found["data"]
    return rows


async def carol(here: World, **funding: str) -> Carol:
    await here.control("POST", "users", {"name": "carol"})
    for ccy, amount in funding.items():
        await here.control("POST", "users/carol/balance", {"account": "funding", "ccy": ccy, "amt": amount})
    given = (await here.control("POST", "users/carol/keys", {"permissions": ["read", "trade"]})).json()
    await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
    return Carol(here, Credentials(given["api_key"], given["secret_key"], given["passphrase"], ()))


def test_borrowable_currencies_and_e_mode_pairs() -> None:
    async def story(here: World) -> None:
        user = await carol(here)
        coins = [row["borrowCcy"] for row in await user.rows("borrow-currencies")]
        assert {"BTC", "USDT", "USDC"} <= set(coins)
        assert len(coins) == len(set(coins))
        unsigned = await here.ask("GET", LOANS + "emode-info")
        assert data(unsigned) == [{"collateralCcy": "USDC", "borrowCcy": "USDT"}]

    within(story)


def test_the_most_one_can_borrow() -> None:
    """0.05 BTC are 2,000 USD, count 1,960, and carry 1,400. Quota of USDT: 1,000,000 over all loans."""

    async def story(here: World) -> None:
        user = await carol(here, BTC="1")
        assert data(await user.post("max-loan", borrowCcy="USDT")) == []
        in_thought = [{"ccy": "BTC", "amt": "0.05"}]
        new = data(await user.post("max-loan", borrowCcy="USDT", supCollateral=in_thought))
        assert new == [{"borrowCcy": "USDT", "maxLoan": "1400", "notionalUsd": "1400", "remainingQuota": "1000000"}]
        before = await here.seq_and_hash()
        first = await user.borrow("1000", "USDT", collateral={"BTC": "0.05"})
        await user.borrow("100", "USDC", collateral={"BTC": "0.1"})
        left = {"borrowCcy": "USDT", "maxLoan": "400", "notionalUsd": "400", "remainingQuota": "999000"}
        assert data(await user.post("max-loan", borrowCcy="USDT", supCollateral=[])) == [left]
        assert data(await user.post("max-loan", borrowCcy="USDT", ordId=first)) == [left]
        assert data(await user.post("max-loan", borrowCcy="USDT", supCollateral=in_thought)) == [
            {"borrowCcy": "USDT", "maxLoan": "1800", "notionalUsd": "1800", "remainingQuota": "999000"}
        ]
        assert before != await here.seq_and_hash()
        before = await here.seq_and_hash()
        for body, code in (
            ({"borrowCcy": "BTC"}, "51750"),
            ({"borrowCcy": "USDT", "supCollateral": [{"ccy": "USDT", "amt": "1"}]}, "51750"),
            ({"borrowCcy": "DOT", "supCollateral": [{"ccy": "USDT", "amt": "1"}]}, "51750"),
            ({"borrowCcy": "NOPE"}, "51012"),
            ({"borrowCcy": "USDT", "supCollateral": [{"ccy": "NOPE", "amt": "1"}]}, "51012"),
            ({"borrowCcy": "USDT", "ordId": "7"}, "51063"),
            ({"borrowCcy": "USDT", "supCollateral": in_thought * 2}, "51000"),
            ({"borrowCcy": "USDT", "supCollateral": [{"ccy": "BTC", "amt": "0.12345678901234567"}]}, "51000"),
        ):
            assert (await user.post("max-loan", **body)).code == code, body
        assert before == await here.seq_and_hash()

    within(story, surface="2026-08")


def test_what_max_loan_says_can_be_borrowed_and_no_more() -> None:
    async def story(here: World) -> None:
        user = await carol(here, BTC="1", ETH="1")
        await here.control("POST", "market/price", {"instId": "ETH-USDT", "px": "2999.99"})
        order = await user.borrow("1", "USDT", collateral={"BTC": "0.01234567", "ETH": "0.1"})
        most = data(await user.post("max-loan", borrowCcy="USDC"))[0]["maxLoan"]
        whole, _, fraction = most.partition(".")
        above = f"{whole}.{int(fraction.ljust(8, '0')) + 1:08d}"
        too_much = {"ordId": order, "loanData": {"ccy": "USDC", "amt": above}, "clOrdId": "above"}
        assert (await user.post("borrow", **too_much)).code == "51759"
        await user.borrow(most, "USDC", ordId=order)
        assert data(await user.post("max-loan", borrowCcy="USDC"))[0]["maxLoan"] == "0"

    within(story)


def test_efficiency_mode_takes_only_its_pairs() -> None:
    """1,000 USDC carry 900 USDT in efficiency mode."""

    async def story(here: World) -> None:
        user = await carol(here, USDC="1000", BTC="1")
        await user.borrow("500", "USDT", collateral={"USDC": "1000"}, eMode="1")
        assert data(await user.post("max-loan", borrowCcy="USDT"))[0]["maxLoan"] == "400"
        assert (await user.post("max-loan", borrowCcy="BTC")).code == "51785"
        more = [{"ccy": "BTC", "amt": "0.1"}]
        assert (await user.post("max-loan", borrowCcy="USDT", supCollateral=more)).code == "51785"

    within(story)


def test_the_most_one_can_redeem() -> None:
    """1,000 USDT need 1,400 / 0.98 / 40,000 = 0.035714285... BTC, so 0.01428571 of 0.05 are free."""

    async def story(here: World) -> None:
        user = await carol(here, BTC="1")
        assert await user.rows("max-collateral-redeem-amount?ccy=BTC") == []
        await user.borrow("1000", "USDT", collateral={"BTC": "0.05"})
        second = await user.borrow("100", "USDT", collateral={"BTC": "0.005"})
        assert await user.rows("max-collateral-redeem-amount?ccy=BTC") == [{"ccy": "BTC", "maxRedeemAmt": "0.01428571"}]
        # 100 USDT need 0.0035714285...
        assert await user.rows(f"max-collateral-redeem-amount?ccy=BTC&ordId={second}") == [
            {"ccy": "BTC", "maxRedeemAmt": "0.00142857"}
        ]
        assert (await user.ask("max-collateral-redeem-amount?ccy=ETH")).code == "51753"
        assert (await user.ask("max-collateral-redeem-amount?ccy=NOPE")).code == "51012"
        assert (await user.ask("max-collateral-redeem-amount?ccy=BTC&ordId=7")).code == "51063"
        reduce = {"type": "reduce", "collateralCcy": "BTC"}
        assert (await user.post("adjust-collateral", **reduce, collateralAmt="0.01428572")).code == "51756"
        assert (await user.post("adjust-collateral", **reduce, collateralAmt="0.01428571")).code == "0"

    within(story, surface="2026-08")


def test_collateral_assets_are_what_the_funding_account_could_pledge() -> None:
    async def story(here: World) -> None:
        user = await carol(here, USDT="100", BTC="0.5")
        await user.borrow("1000", "USDC", collateral={"BTC": "0.25"})
        btc = {"amt": "0.25", "ccy": "BTC", "notionalUsd": "10000"}
        usdc = {"amt": "1000", "ccy": "USDC", "notionalUsd": "1000"}
        usdt = {"amt": "100", "ccy": "USDT", "notionalUsd": "100"}
        assert await user.rows("collateral-assets") == [{"assets": [btc, usdc, usdt]}]
        assert await user.rows("collateral-assets?ccy=USDT") == [{"assets": [usdt]}]
        assert await user.rows("collateral-assets?ccy=DOT") == [{"assets": []}]

    within(story)


def test_collateral_assets_of_the_later_documents_are_those_of_a_loan() -> None:
    async def story(here: World) -> None:
        user = await carol(here, USDT="100", BTC="0.5")
        assert await user.rows("collateral-assets") == []
        first = await user.borrow("1000", "USDC", collateral={"BTC": "0.25"})
        second = await user.borrow("10", "USDC", collateral={"BTC": "0.1", "USDT": "50"})
        quarter = {"amt": "0.25", "ccy": "BTC", "notionalUsd": "10000"}
        assert await user.rows("collateral-assets") == [{"assets": [quarter]}]
        assert [row["amt"] for row in (await user.rows(f"collateral-assets?ordId={second}"))[0]["assets"]] == [
            "0.1",
            "50",
        ]
        # The later surface also shows a loan's number.
        assert [row["ordId"] for row in await user.rows("loan-info")] == [first, second]

    within(story, surface="2026-08")


def test_interest_hour_by_hour() -> None:
    """An hour at 7.3 % a year on 1,000 USDT is 0.00833333..., up at 8 decimals; the next hour is charged on both."""

    async def story(here: World) -> None:
        user = await carol(here, BTC="1")
        first = await user.borrow("1000", "USDT", collateral={"BTC": "0.05"})
        second = await user.borrow("876", "USDC", collateral={"BTC": "0.05"})
        await here.control("POST", "clock/advance", {"by": "2h"})
        rows = await user.rows("interest-accrued?ccy=USDT")
        assert [(row["loan"], row["interest"], row["interestRate"]) for row in rows] == [
            ("1000.00833334", "0.00833341", "0.073"),
            ("1000", "0.00833334", "0.073"),
        ]
        # The world begins at a full hour, at which a loan not yet made owed nothing.
        assert [int(row["ts"]) for row in rows] == [AT_MS - AT_MS % HOUR_MS + hours * HOUR_MS for hours in (2, 1)]
        whole = await user.rows("interest-accrued")
        assert [row["ccy"] for row in whole] == ["USDC", "USDT", "USDC", "USDT"]
        # 876 x 0.06 / 8760
        assert whole[2]["interest"] == "0.006"
        assert all(row["refId"][:13] == row["ts"] for row in whole)
        assert await user.rows(f"interest-accrued?ordId={first}") == rows
        assert await user.rows(f"interest-accrued?ordId={second}&ccy=USDT") == []
        assert await user.rows(f"interest-accrued?after={whole[1]['refId']}&limit=1") == [whole[2]]
        assert await user.rows(f"interest-accrued?before={whole[1]['refId']}") == [whole[0]]
        assert data(await here.signed("GET", LOANS + "interest-accrued", key=here.bob)) == []

    within(story, rates={"USDT": "0.073", "USDC": "0.06"}, surface="2026-08")


def test_interest_is_kept_for_thirty_days_by_the_time_in_the_number() -> None:
    page = by_name["loan_interest_accrued"].page
    assert page is not None
    kept = window(page, None, None, 100, AT_MS)
    assert kept.min_key == (AT_MS - 30 * DAY_MS) * 10_000
    asked = window(page, None, (AT_MS - DAY_MS) * 10_000, 100, AT_MS)
    assert asked.min_key == (AT_MS - DAY_MS) * 10_000 + 1
