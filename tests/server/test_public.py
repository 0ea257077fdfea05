"""Public data: the venue's own numbers, and empty lists where it has nothing. No key is needed."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.views.public import discount_slices
from tests.engine.driver import atoms, text
from tests.engine.setups import with_currency
from tests.server.harness import AT_MS, World, within

PUBLIC = "/api/v5/public/"


async def rows(here: World, target: str) -> list[dict[str, Any]]:
    answer = (await here.ask("GET", target)).json()
    assert answer["code"] == "0", answer
    found: list[dict[str, Any]] = answer["data"]
    return found


def test_rates_of_a_day_and_quotas() -> None:
    """0.073 a year is 0.0002 a day."""

    async def story(here: World) -> None:
        (row,) = await rows(here, PUBLIC + "interest-rate-loan-quota")
        assert list(row) == ["configCcyList", "basic", "vip", "config", "regular"]
        basic = {one["ccy"]: one for one in row["basic"]}
        assert basic["USDT"] == {"ccy": "USDT", "quota": "500000", "rate": "0.0002"}
        assert basic["BTC"]["quota"] == "10"
        assert row["regular"][:2] == [
            {"irDiscount": "", "loanQuotaCoef": "1", "level": "Lv1"},
            {"irDiscount": "", "loanQuotaCoef": "2", "level": "Lv2"},
        ]
        assert row["vip"][0] == {"irDiscount": "", "loanQuotaCoef": "6", "level": "VIP1"}
        assert (row["configCcyList"], row["config"]) == ([], [])
        assert await rows(here, PUBLIC + "vip-interest-rate-loan-quota") == []

    within(story, rates={"USDT": "0.073"})


def test_discounts_are_the_tiers_that_judge() -> None:
    """BTC: 0.98 up to 20, 0.9775 to 25, 0.975 to 30, 0.97 to 50, then 0.005 less for each 20, to nothing.

    0.97 / 0.005 is 194, so 193 slices follow the fourth, the last at 0.005, and then the rest at 0: 198 in all.
    `amt` is the interest-free quota, 1 BTC (decision 059).
    """

    async def story(here: World) -> None:
        (row,) = await rows(here, PUBLIC + "discount-rate-interest-free-quota?ccy=BTC")
        assert (row["amt"], row["colRes"], row["collateralRestrict"], row["minDiscountRate"]) == ("1", "0", False, "0")
        first, second = row["details"][:2]
        assert first == {
            "discountRate": "0.98",
            "liqPenaltyRate": "0.02",
            "maxAmt": "20",
            "minAmt": "0",
            "tier": "1",
            "disCcyEq": "19.6",
        }
        # 19.6 + 5 x 0.9775
        assert (second["minAmt"], second["maxAmt"], second["disCcyEq"]) == ("20", "25", "24.4875")
        assert row["details"][4]["discountRate"] == "0.965"
        assert (len(row["details"]), row["details"][-2]["discountRate"]) == (198, "0.005")
        assert (row["details"][-1]["maxAmt"], row["details"][-1]["discountRate"]) == ("", "0")
        every = await rows(here, PUBLIC + "discount-rate-interest-free-quota")
        assert {"BTC", "USDT", "USDC"} <= {one["ccy"] for one in every}

    within(story)


def test_a_last_rate_that_does_not_fall_goes_on_without_end() -> None:
    usdt = with_currency("USDT", discount_step=0).currencies["USDT"]
    slices = [
        (text(low), high if high is None else text(high), text(rate)) for low, high, rate in discount_slices(usdt)
    ]
    assert slices == [("0", "5000000", "1"), ("5000000", "10000000", "0.975"), ("10000000", None, "0.95")]
    worthless = with_currency("USDT", collateral=False).currencies["USDT"]
    assert list(discount_slices(worthless)) == [(0, None, 0)]


def test_mark_prices_are_the_index() -> None:
    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000.5"})
        (row,) = await rows(here, PUBLIC + "mark-price?instType=MARGIN&instId=BTC-USDT")
        assert row == {"instType": "MARGIN", "instId": "BTC-USDT", "markPx": "40000.5", "ts": str(AT_MS)}
        assert len(await rows(here, PUBLIC + "mark-price?instType=MARGIN")) == 10
        assert await rows(here, PUBLIC + "mark-price?instType=SWAP") == []

    within(story)


def test_borrow_tiers() -> None:
    """Six tiers of USDT as announced, then 1,000,000 and 1 % more margin each, down to leverage 1: 86 tiers."""

    async def story(here: World) -> None:
        asked = PUBLIC + "position-tiers?instType=MARGIN&tdMode=cross&ccy=USDT"
        tiers = await rows(here, asked)
        assert len(tiers) == 86
        picked = [(row["tier"], row["minSz"], row["maxSz"], row["imr"], row["mmr"], row["maxLever"]) for row in tiers]
        assert picked[:7] == [
            ("1", "0", "100000", "0.1", "0.02", "10"),
            ("2", "100000", "200000", "0.1053", "0.025", "9.49"),
            ("3", "200000", "500000", "0.1111", "0.03", "9"),
            ("4", "500000", "1000000", "0.1176", "0.04", "8.5"),
            ("5", "1000000", "2000000", "0.125", "0.05", "8"),
            ("6", "2000000", "3000000", "0.2", "0.06", "5"),
            ("7", "3000000", "4000000", "0.21", "0.07", "4.76"),
        ]
        assert [row["maxLever"] for row in tiers[6:10]] == ["4.76", "4.54", "4.34", "4.16"]  # 1 / 0.21 and on, cut
        assert all(len(row["maxLever"].partition(".")[2]) <= 2 for row in tiers)
        assert (picked[-1][3], picked[-1][5]) == ("1", "1")
        assert await rows(here, asked + "&tier=2") == tiers[1:2]
        assert await rows(here, asked + "&tier=86") == tiers[-1:]
        assert await rows(here, asked + "&tier=87") == []
        assert await rows(here, PUBLIC + "position-tiers?instType=MARGIN&tdMode=isolated&ccy=USDT") == []
        assert await rows(here, PUBLIC + "position-tiers?instType=SWAP&tdMode=cross&instFamily=BTC-USDT") == []

    within(story)


def test_there_are_no_files_of_past_data() -> None:
    """Said as the exchange says that none is available (documented sample); which files are meant must be named."""

    async def story(here: World) -> None:
        asked = PUBLIC + "market-data-history?module=11&dateAggrType=monthly&begin=1&end=2"
        for names in (
            "instType=SPOT&instIdList=BTC-USDT,ETH-USDT",
            "instType=SPOT&instIdList=ANY",
            "instType=SWAP&instFamilyList=BTC-USDT",
        ):
            found = await rows(here, f"{asked}&{names}")
            assert found == [{"dateAggrType": "monthly", "details": [], "totalSizeMB": "0", "ts": str(AT_MS)}]
        eleven = ",".join(f"COIN{number}-USDT" for number in range(11))
        for names, code, param in (
            ("instType=SPOT", "50015", "instIdList"),
            ("instType=SPOT&instFamilyList=BTC-USDT", "50014", "instIdList"),
            ("instType=SWAP&instIdList=BTC-USDT", "50014", "instFamilyList"),
            (f"instType=SPOT&instIdList={eleven}", "50025", "instIdList"),
            ("instType=MARGIN&instIdList=BTC-USDT", "51000", "instType"),
        ):
            answer = (await here.ask("GET", f"{asked}&{names}")).json()
            assert (answer["code"], param in answer["msg"]) == (code, True), names
        assert (await here.ask("GET", PUBLIC + "market-data-history?module=7")).code == "51000"

    within(story)


def test_the_fund() -> None:
    async def story(here: World) -> None:
        fund = here.venue.state.parameters.insurance_fund
        (row,) = await rows(here, PUBLIC + "insurance-fund?instType=MARGIN")
        (detail,) = row["details"]
        assert (detail["ccy"], detail["balance"], detail["type"]) == ("USDT", text(fund), "regular_update")
        assert (row["total"], row["instType"], detail["ts"]) == (text(fund), "MARGIN", str(AT_MS))
        for nothing in ("ccy=BTC", "type=adl", f"after={AT_MS}", f"before={AT_MS}"):
            (row,) = await rows(here, PUBLIC + "insurance-fund?instType=MARGIN&" + nothing)
            assert row["details"] == []
        assert await rows(here, PUBLIC + "insurance-fund?instType=SWAP&uly=BTC-USD") == []

    within(story)


@pytest.mark.parametrize(
    "target",
    [
        PUBLIC + "instruments?instType=FUTURES",
        PUBLIC + "instruments?instType=SWAP",
        PUBLIC + "instruments?instType=OPTION&uly=BTC-USD",
        PUBLIC + "instrument-tick-bands?instType=OPTION&instFamily=BTC-USD",
        PUBLIC + "open-interest?instType=SWAP",
        "/api/v5/system/status",
        "/api/v5/system/status?state=completed",
    ],
)
def test_nothing_of_it_is_here(target: str) -> None:
    async def story(here: World) -> None:
        assert await rows(here, target) == []

    within(story)


def test_underlyings_are_one_empty_list() -> None:
    async def story(here: World) -> None:
        found: list[Any] = await rows(here, PUBLIC + "underlying?instType=SWAP")
        assert found == [[]]

    within(story)


def test_no_price_limit() -> None:
    async def story(here: World) -> None:
        (row,) = await rows(here, PUBLIC + "price-limit?instId=BTC-USDT")
        assert (row["enabled"], row["buyLmt"], row["sellLmt"], row["instType"]) == (False, "", "", "SPOT")

    within(story)


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("instruments", "50014", "instType"),
        ("instruments?instType=NONE&instId=%20", "51000", "instType"),
        ("instruments?instType=OPTION", "50015", "uly"),
        ("instruments?instType=SPOT&instId=BTC-NOPE", "51001", ""),
        ("instruments?instType=SWAP&instId=BTC-USDT", "51001", ""),
        ("discount-rate-interest-free-quota?ccy=NOPE", "51012", ""),
        ("discount-rate-interest-free-quota?ccy=BTC&discountLv=9", "51000", "discountLv"),
        ("mark-price?instId=BTC-USDT", "50014", "instType"),
        ("mark-price?instType=SPOT", "51000", "instType"),
        ("mark-price?instType=MARGIN&instId=BTC-NOPE", "51001", ""),
        ("mark-price?instType=SWAP&instId=BTC-USDT", "51001", ""),
        ("price-limit", "50014", "instId"),
        ("price-limit?instId=BTC-USDT-SWAP", "51001", ""),
        ("underlying?instType=SPOT", "51000", "instType"),
        ("position-tiers?instType=MARGIN", "50014", "tdMode"),
        ("position-tiers?instType=MARGIN&tdMode=cross", "50015", "instId"),
        ("position-tiers?instType=MARGIN&tdMode=cross&instId=BTC-NOPE", "51001", ""),
        ("position-tiers?instType=MARGIN&tdMode=cross&ccy=NOPE", "51012", ""),
        ("position-tiers?instType=MARGIN&tdMode=cross&ccy=BTC&tier=0", "51000", "tier"),
        ("position-tiers?instType=SWAP&tdMode=cross", "50015", "uly"),
        ("insurance-fund?instType=FUTURES", "50015", "uly"),
        ("insurance-fund?instType=MARGIN&limit=ten", "51000", "limit"),
        ("insurance-fund?instType=MARGIN&ccy=NOPE", "51012", ""),
        ("instrument-tick-bands", "50014", "instType"),
        ("open-interest?instType=OPTION", "50015", "uly"),
        ("open-interest?instType=SWAP&instId=BTC-USDT-SWAP", "51001", ""),
        ("funding-rate", "50014", "instId"),
        ("funding-rate?instId=BTC-USDT-SWAP", "51001", ""),
        ("convert-contract-coin?instId=BTC-USDT-SWAP", "50014", "sz"),
        ("convert-contract-coin?instId=BTC-USDT-SWAP&sz=0", "51000", "sz"),
        ("convert-contract-coin?instId=BTC-USDT-SWAP&sz=1", "51001", ""),
    ],
)
def test_what_is_refused(target: str, code: str, said: str) -> None:
    async def story(here: World) -> None:
        answer = (await here.ask("GET", PUBLIC + target)).json()
        assert answer["code"] == code
        assert said in answer["msg"]

    within(story)


def test_an_unknown_state_of_the_system() -> None:
    async def story(here: World) -> None:
        assert (await here.ask("GET", "/api/v5/system/status?state=broken")).code == "51000"

    within(story)


def test_the_slices_are_what_margin_counts() -> None:
    """35 BTC: 19.6 + 4.8875 + 4.875 + 5 x 0.97."""
    currency = with_currency("BTC").currencies["BTC"]
    total = 0
    for low, high, rate in discount_slices(currency):
        top = atoms("35") if high is None else min(high, atoms("35"))
        total += max(0, top - low) * rate // 10**18
    assert text(total) == "34.2125"
