"""Largest orders and transfers, fees and instruments over HTTP. The engine's side is tests/engine/test_room.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.harness import World, within

ACCOUNT = "/api/v5/account/"


async def rows(here: World, what: str, key: Any = None) -> list[dict[str, Any]]:
    answer = (await here.signed("GET", ACCOUNT + what, key=key)).json()
    assert answer["code"] == "0", answer
    found: list[dict[str, Any]] = answer["data"]
    return found


async def place(here: World, side: str, sz: str, px: str, key: Any = None) -> str:
    body = {"instId": "BTC-USDT", "tdMode": "cash", "side": side, "ordType": "limit", "sz": sz, "px": px}
    answer = (await here.signed("POST", "/api/v5/trade/order", body, key=key)).json()
    code: str = answer["data"][0]["sCode"]
    return code


def test_the_largest_order_without_borrowing() -> None:
    """bob: 10,000 USDT at 30,000 are 0.33333333 BTC, to the lot; 0.5 BTC at 30,000 are 15,000 USDT."""

    async def story(here: World) -> None:
        await here.control("POST", "market/book", {"instId": "BTC-USDT", "bids": [], "asks": []})
        (row,) = await rows(here, "max-size?instId=BTC-USDT&tdMode=cash&px=30000", here.bob)
        assert row == {"ccy": "", "instId": "BTC-USDT", "maxBuy": "0.33333333", "maxSell": "15000"}
        assert await place(here, "buy", "0.33333334", "30000", here.bob) == "51008"
        assert await place(here, "buy", "0.33333333", "30000", here.bob) == "0"
        assert await place(here, "sell", "0.50000001", "30001", here.bob) == "51008"
        assert await place(here, "sell", "0.5", "30001", here.bob) == "0"
        # Both are spent now, but for 10,000 - 9,999.9999 USDT.
        (left,) = await rows(here, "max-avail-size?instId=BTC-USDT&tdMode=cash", here.bob)
        assert left == {"instId": "BTC-USDT", "availBuy": "0.0001", "availSell": "0"}

    within(story)


def test_the_largest_order_with_what_can_be_borrowed() -> None:
    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        await here.control("POST", "market/book", {"instId": "BTC-USDT", "bids": [], "asks": []})
        (own,) = await rows(here, "balance?ccy=USDT")
        (row,) = await rows(here, "max-size?instId=BTC-USDT&tdMode=cash&px=40000")
        largest = float(row["maxBuy"])
        assert largest * 40_000 > 3 * float(own["details"][0]["availBal"])
        assert await place(here, "buy", f"{largest + 1e-8:.8f}", "40000") == "51008"
        assert await place(here, "buy", row["maxBuy"], "40000") == "0"

    within(story)


def test_several_instruments_at_their_last_prices() -> None:
    async def story(here: World) -> None:
        found = await rows(here, "max-size?instId=BTC-USDT,ETH-USDT&tdMode=cash&px=1", here.bob)
        assert [row["instId"] for row in found] == ["BTC-USDT", "ETH-USDT"]
        # px is not looked at with two: at 1 USDT there would be 10,000 BTC.
        assert float(found[0]["maxBuy"]) < 1

    within(story)


def test_a_transfer_may_borrow_in_spot_mode_too() -> None:
    """bob has 10,000 USDT and 0.5 BTC at 60,000: 29,400 + 10,000 - x = (x - 10,000) / 3 at x = 32,050."""

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "60000"})
        await here.control("POST", "users/bob/spot-borrow", {"enabled": True})

        async def move(amt: str, **more: object) -> str:
            body = {"ccy": "USDT", "amt": amt, "from": "18", "to": "6", **more}
            code: str = (await here.signed("POST", "/api/v5/asset/transfer", body, key=here.bob)).code
            return code

        (row,) = await rows(here, "max-withdrawal?ccy=USDT", here.bob)
        assert (row["maxWd"], row["maxWdEx"]) == ("10000", "32050")
        assert await move("10000.0000000000000001") == "58350"
        assert await move("32050.0000000000000001", loanTrans=True) == "58121"
        assert await move("600000", loanTrans=True) == "58116"
        assert await move("32050", loanTrans=True) == "0"
        (lent,) = await rows(here, "spot-borrow-repay-history", here.bob)
        assert (lent["type"], lent["amt"], lent["ccy"]) == ("auto_borrow", "22050", "USDT")
        (bill, _) = await rows(here, "bills?ccy=USDT&limit=2", here.bob)
        assert (bill["type"], bill["subType"], bill["balChg"]) == ("1", "12", "-32050")

    within(story)


def test_what_can_be_moved_out_is_tight() -> None:
    async def story(here: World) -> None:
        debt = {"ccy": "USDT", "side": "borrow", "amt": "100000"}
        assert (await here.signed("POST", ACCOUNT + "spot-manual-borrow-repay", debt)).code == "0"
        found = {row["ccy"]: row for row in await rows(here, "max-withdrawal")}
        # None of the 100,000 that alice has borrowed is hers, but they may leave with leave to borrow.
        assert found["USDT"]["maxWd"] == "2000"
        assert float(found["USDT"]["maxWdEx"]) > 2_000
        # alice owes 100 USDC and has 10 of them: none of these is her own.
        assert found["USDC"]["maxWd"] == "0"
        most = found["BTC"]["maxWd"]
        assert 0 < float(most) < 1
        body = {"ccy": "BTC", "from": "18", "to": "6", "amt": most}
        whole, _, fraction = most.partition(".")
        more = f"{whole}.{int(fraction.ljust(16, '0')) + 1:016d}"
        refused = await here.signed("POST", "/api/v5/asset/transfer", {**body, "amt": more})
        assert refused.code in ("58116", "58350")
        assert (await here.signed("POST", "/api/v5/asset/transfer", body)).code == "0"
        assert [row["ccy"] for row in await rows(here, "max-withdrawal?ccy=ETH,DOT")] == ["ETH", "DOT"]

    within(story)


def test_fees() -> None:
    async def story(here: World) -> None:
        (row,) = await rows(here, "trade-fee?instType=SPOT&instId=BTC-USDT")
        assert (row["maker"], row["taker"], row["level"]) == ("-0.0008", "-0.001", "Lv1")
        assert row["feeGroup"] == [{"groupId": "1", "maker": "-0.0008", "taker": "-0.001"}]
        assert await rows(here, "trade-fee?instType=SWAP&uly=BTC-USD") == []
        assert await rows(here, "trade-fee?instType=SPOT&groupId=2") == []

    within(story)


def test_instruments_of_the_account_are_the_public_ones() -> None:
    async def story(here: World) -> None:
        public = (await here.ask("GET", "/api/v5/public/instruments?instType=SPOT")).json()["data"]
        own = await rows(here, "instruments?instType=SPOT")
        shared = set(public[0]) & set(own[0])
        assert {"instId", "tickSz", "lotSz", "minSz", "maxMktSz", "listTime", "quoteCcy"} <= shared
        assert [{name: row[name] for name in shared} for row in own] == [
            {name: row[name] for name in shared} for row in public
        ]
        margin = await rows(here, "instruments?instType=MARGIN")
        assert [(row["instId"], row["lever"]) for row in margin] == [(row["instId"], "10") for row in public]
        for other in ("SWAP", "FUTURES", "OPTION&instFamily=BTC-USD", "EVENTS"):
            assert await rows(here, f"instruments?instType={other}") == []

    within(story)


def test_what_another_leverage_would_mean() -> None:
    """alice owes 500 USDT and 100 USDC, both worth one: at leverage 5 for USDT 500 / 5 + 100 / 3 of margin."""

    async def story(here: World) -> None:
        asked = "adjust-leverage-info?instType=MARGIN&mgnMode=cross&ccy=USDT&lever="
        (five,) = await rows(here, asked + "5")
        assert five["estMgn"].startswith("133.33333")
        assert (five["maxLever"], five["minLever"], five["existOrd"]) == ("10", "1", False)
        (usual,) = await rows(here, asked + "3")
        (loan,) = await rows(here, "max-loan?mgnMode=cross&ccy=USDT")
        assert float(usual["estMaxAmt"]) == pytest.approx(float(loan["maxLoan"]))
        assert float(five["estMaxAmt"]) > float(usual["estMaxAmt"])

    within(story)


def test_settings_that_have_one_value() -> None:
    async def story(here: World) -> None:
        for path, body in (
            ("set-account-level", {"acctLv": "1"}),
            ("set-isolated-mode", {"isoMode": "automatic", "type": "MARGIN"}),
            ("set-fee-type", {"feeType": "0"}),
            ("set-trading-config", {"type": "stgyType", "stgyType": "0"}),
        ):
            before = await here.seq_and_hash()
            answer = (await here.signed("POST", ACCOUNT + path, body)).json()
            assert answer["code"] == "0"
            assert answer["data"][0].items() <= body.items()
            assert await here.seq_and_hash() == before

    within(story)


def test_what_counts_as_collateral() -> None:
    async def story(here: World) -> None:
        change = {"currencies": {"DOGE": {"collateral": False}}}
        assert (await here.control("POST", "parameters", change)).status == 200
        assert await rows(here, "collateral-assets?ccy=BTC,DOGE") == [
            {"ccy": "BTC", "collateralEnabled": True},
            {"ccy": "DOGE", "collateralEnabled": False},
        ]
        assert [row["ccy"] for row in await rows(here, "collateral-assets?collateralEnabled=false")] == ["DOGE"]

    within(story)


def test_what_stands_in_the_way_of_another_mode() -> None:
    async def story(here: World) -> None:
        (same,) = await rows(here, "set-account-switch-precheck?acctLv=1")
        assert (same["sCode"], same["unmatchedInfoCheck"]) == ("0", [])
        of_spot_mode = {"acctAvailEq": "", "details": [], "mgnRatio": ""}
        assert (same["mgnBf"], same["mgnAft"]) == (of_spot_mode, of_spot_mode)
        closed = await here.signed("GET", ACCOUNT + "set-account-switch-precheck?acctLv=3")
        assert closed.code == "51070", "before what stands in the way"
        await here.control("POST", "users/alice/modes", {"open": ["3"]})
        (owing,) = await rows(here, "set-account-switch-precheck?acctLv=3")
        assert owing == {
            "acctLv": "3",
            "curAcctLv": "1",
            "mgnAft": None,
            "mgnBf": None,
            "posList": [],
            "posTierCheck": [],
            "riskOffsetType": "",
            "sCode": "1",
            "unmatchedInfoCheck": [{"posList": [], "totalAsset": "", "type": "repay_borrowings"}],
        }
        assert await place(here, "buy", "0.001", "10000") == "0"
        (ordered,) = await rows(here, "set-account-switch-precheck?acctLv=3")
        assert [one["type"] for one in ordered["unmatchedInfoCheck"]] == ["pending_orders", "repay_borrowings"]
        for other in ("2", "4"):
            never = await here.signed("GET", ACCOUNT + f"set-account-switch-precheck?acctLv={other}")
            assert never.code == "51070"

    within(story)


def test_positions_are_none_and_their_risk_is_the_balance() -> None:
    async def story(here: World) -> None:
        assert await rows(here, "positions") == []
        assert await rows(here, "positions?instType=MARGIN&instId=BTC-USDT&posId=1,2") == []
        assert await rows(here, "positions-history?instId=BTC-USDT&limit=5") == []
        (risk,) = await rows(here, "account-position-risk")
        (balance,) = await rows(here, "balance")
        assert (risk["adjEq"], risk["posData"]) == (balance["adjEq"], [])
        assert risk["balData"] == [{name: one[name] for name in ("ccy", "disEq", "eq")} for one in balance["details"]]

    within(story)


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("max-size?tdMode=cash", "50014", "instId"),
        ("max-size?instId=BTC-USDT", "50014", "tdMode"),
        ("max-size?instId=A-B,A-C,A-D,A-E,A-F,A-G&tdMode=cash", "50025", "instId"),
        ("max-size?instId=BTC-USDT&tdMode=cross", "51010", ""),
        ("max-size?instId=BTC-NOPE&tdMode=cash", "51001", ""),
        ("max-size?instId=BTC-USDT&tdMode=cash&px=0", "51000", "px"),
        ("max-size?instId=BTC-USDT&tdMode=cash&tradeQuoteCcy=USDC", "51000", "tradeQuoteCcy"),
        ("max-avail-size?instId=BTC-USDT&tdMode=isolated", "51010", ""),
        ("max-avail-size?instId=BTC-NOPE&tdMode=cash", "51001", ""),
        ("max-avail-size?instId=BTC-USDT&tdMode=cash&reduceOnly=maybe", "51000", "reduceOnly"),
        ("max-withdrawal?ccy=NOPE", "51012", ""),
        ("trade-fee", "50014", "instType"),
        ("trade-fee?instType=SPOT&instId=BTC-USDT&groupId=1", "50024", "groupId"),
        ("trade-fee?instType=SPOT&instId=BTC-NOPE", "51001", ""),
        ("instruments", "50014", "instType"),
        ("instruments?instType=OPTION", "50015", "uly"),
        ("instruments?instType=SPOT&instId=BTC-NOPE", "51001", ""),
        ("adjust-leverage-info?instType=MARGIN&mgnMode=cross&lever=5", "50015", "ccy"),
        ("adjust-leverage-info?instType=SWAP&mgnMode=cross&lever=5&instId=BTC-USDT-SWAP", "51010", ""),
        ("adjust-leverage-info?instType=MARGIN&mgnMode=cross&lever=11&ccy=USDT", "59102", ""),
        ("adjust-leverage-info?instType=MARGIN&mgnMode=cross&lever=0.5&ccy=USDT", "59105", ""),
        ("adjust-leverage-info?instType=MARGIN&mgnMode=cross&lever=5&ccy=NOPE", "51012", ""),
        ("set-account-switch-precheck", "50014", "acctLv"),
        ("set-account-switch-precheck?acctLv=5", "51000", "acctLv"),
        ("risk-state", "51010", ""),
        ("collateral-assets?ccy=NOPE", "51012", ""),
        ("collateral-assets?collateralEnabled=maybe", "51000", "collateralEnabled"),
        ("positions?instId=BTC-NOPE", "51001", ""),
        ("positions?instType=SPOT", "51000", "instType"),
        ("positions-history?instId=BTC-NOPE", "51001", ""),
        ("positions-history?limit=0", "51000", "limit"),
    ],
)
def test_questions_that_are_refused(target: str, code: str, said: str) -> None:
    async def story(here: World) -> None:
        answer = (await here.signed("GET", ACCOUNT + target)).json()
        assert answer["code"] == code
        assert said in answer["msg"]

    within(story)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("set-account-level", {"acctLv": "2"}, "51070"),
        ("set-account-level", {"acctLv": "9"}, "51000"),
        ("account-level-switch-preset", {"acctLv": "3"}, "51010"),
        ("account-level-switch-preset", {"acctLv": "1"}, "51000"),
        ("set-position-mode", {"posMode": "net_mode"}, "51010"),
        ("set-position-mode", {"posMode": "none"}, "51000"),
        ("set-isolated-mode", {"isoMode": "auto_transfers_ccy", "type": "MARGIN"}, "51010"),
        ("set-isolated-mode", {"isoMode": "automatic"}, "50014"),
        ("set-settle-currency", {"settleCcy": "USDC"}, "59686"),
        ("set-settle-currency", {"settleCcy": "NOPE"}, "51012"),
        ("set-fee-type", {"feeType": "1"}, "59679"),
        ("set-trading-config", {"type": "stgyType", "stgyType": "1"}, "59520"),
        ("set-trading-config", {"type": "other"}, "51000"),
        ("set-auto-earn", {"ccy": "BTC", "action": "turn_on"}, "59671"),
        ("set-auto-earn", {"ccy": "NOPE", "action": "turn_on"}, "51012"),
        ("set-auto-earn", {"ccy": "BTC", "action": "on"}, "51000"),
        ("set-auto-loan", {"autoLoan": True}, "51010"),
        ("set-auto-loan", {"autoLoan": "maybe"}, "51000"),
        ("set-auto-loan", {}, "51010"),
        ("set-collateral-assets", {"type": "all", "collateralEnabled": True}, "51010"),
        ("set-collateral-assets", {"type": "all"}, "50014"),
    ],
)
def test_settings_of_other_modes_are_refused(path: str, body: dict[str, Any], code: str) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        assert (await here.signed("POST", ACCOUNT + path, body)).code == code
        assert await here.seq_and_hash() == before

    within(story)
