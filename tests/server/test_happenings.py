"""Faults of what happens over the control calls: every kind is injected, met by a client, told and taken away."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.engine import faults
from tallystick.server.faults.happenings import CATALOGUE, HAPPENINGS, by_name, codes_of
from tallystick.server.faults.kinds import KINDS
from tests.server.harness import Response, World, iso, within
from tests.server.test_fault_rules import made
from tests.server.test_loan_queries import SETTLEMENT_MS, carol
from tests.server.test_loan_requests import LATER, borrow, owed, repay

CONVERT = "/api/v5/asset/convert/"
REPAY = "/api/v5/trade/one-click-repay-v2"
MANUAL = "/api/v5/account/spot-manual-borrow-repay"
EASY = "/api/v5/trade/easy-convert"
DAY_MS = 86_400_000


async def post(here: World, path: str, **body: Any) -> Response:
    return await here.signed("POST", path, body)


async def rows(here: World, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await here.signed("GET", path)).json()["data"]
    return found


async def fired(here: World) -> list[tuple[int, int]]:
    return [(rule["matched"], rule["fired"]) for rule in (await here.control("GET", "faults")).json()["faults"]]


async def indebted(here: World) -> None:
    """alice owes 100 USDC from the seed and borrows 100 more. All are spent, and she has BTC to sell at 40,000."""
    for pair, px in (("BTC-USDT", "40000"), ("USDC-USDT", "1")):
        await here.control("POST", "market/price", {"instId": pair, "px": px})
    assert (await post(here, MANUAL, ccy="USDC", side="borrow", amt="100")).code == "0"
    for row in await rows(here, "/api/v5/account/balance?ccy=USDC"):
        cash = row["details"][0]["cashBal"]
    body = {"account": "trading", "ccy": "USDC", "amt": f"-{cash}"}
    assert (await here.control("POST", "users/alice/balance", body)).status == 200


async def run(here: World) -> dict[str, Any]:
    """The newest one-click repay."""
    return (await rows(here, f"{REPAY.replace('repay-v2', 'repay-history-v2')}"))[0]


async def asked(here: World) -> None:
    assert (await post(here, REPAY, debtCcy="USDC", repayCcyList=["BTC"])).code == "0"


# ---- one-click repay


def test_a_run_stays_running_until_the_fault_is_taken_away() -> None:
    async def story(here: World) -> None:
        await indebted(here)
        number = await made(here, "one_click_repay_v2", "repay-stays-running", user="alice", leg=2)
        await asked(here)
        await here.venue.advance(by_ms=DAY_MS)
        found = await run(here)
        assert (found["status"], len(found["ordIdInfo"])) == ("running", 1)
        assert await fired(here) == [(1, 1)]
        assert (await here.control("DELETE", f"faults/{number}")).json()["faults"] == []
        await here.venue.advance(by_ms=1)
        found = await run(here)
        assert (found["status"], len(found["ordIdInfo"])) == ("filled", 2)

    within(story)


@pytest.mark.parametrize(
    ("fault", "rest", "status", "states"),
    [
        ("repay-leg-late", {"leg": 2, "ms": 60_000}, "running", ["filled"]),
        ("repay-leg-canceled", {}, "failed", ["canceled"]),
        ("repay-leg-partly-filled", {"leg": 2, "share": "0.25"}, "filled", ["canceled", "filled"]),
        ("repay-ends-early", {}, "failed", ["filled"]),
    ],
)
def test_what_becomes_of_a_run(fault: str, rest: dict[str, Any], status: str, states: list[str]) -> None:
    async def story(here: World) -> None:
        await indebted(here)
        await made(here, "one_click_repay_v2", fault, nth=1, **rest)
        await asked(here)
        await here.venue.advance(by_ms=30_000)
        found = await run(here)
        assert (found["status"], [leg["state"] for leg in found["ordIdInfo"]]) == (status, states)
        assert await fired(here) == [(1, 1)]
        await here.venue.advance(by_ms=60_000)
        assert (await run(here))["status"] == ("filled" if status == "running" else status)

    within(story)


# ---- convert


async def quoted(here: World) -> dict[str, Any]:
    ask = {"baseCcy": "BTC", "quoteCcy": "USDT", "side": "buy", "rfqSz": "50", "rfqSzCcy": "USDT"}
    found: dict[str, Any] = (await post(here, CONVERT + "estimate-quote", **ask)).json()["data"][0]
    return found


async def traded(here: World, quote: dict[str, Any]) -> Response:
    said = {"quoteId": quote["quoteId"], "baseCcy": "BTC", "quoteCcy": "USDT", "side": "buy", "sz": "50"}
    return await post(here, CONVERT + "trade", **said, szCcy="USDT")


def test_a_quote_ends_before_the_time_it_names() -> None:
    async def story(here: World) -> None:
        await made(here, "convert_estimate_quote", "quote-expires-early", ms=2_000)
        early, late = await quoted(here), await quoted(here)
        assert {quote["ttlMs"] for quote in (early, late)} == {"10000"}
        await here.venue.advance(by_ms=1_999)
        assert (await traded(here, early)).code == "0"
        await here.venue.advance(by_ms=1)
        assert (await traded(here, late)).code == "52922"

    within(story)


def test_a_trade_is_rejected_and_moves_nothing() -> None:
    async def story(here: World) -> None:
        await made(here, "convert_trade", "convert-rejected", count=1)
        before = await rows(here, "/api/v5/account/balance")
        refused = (await traded(here, await quoted(here))).json()["data"][0]
        assert (refused["state"], refused["fillBaseSz"], refused["fillQuoteSz"]) == ("rejected", "0", "0")
        assert (await rows(here, "/api/v5/account/balance"))[0]["details"] == before[0]["details"]
        assert (await traded(here, await quoted(here))).json()["data"][0]["state"] == "fullyFilled"
        assert [row["state"] for row in await rows(here, CONVERT + "history")] == ["fullyFilled", "rejected"]

    within(story)


def test_a_small_balance_is_accepted_and_its_history_says_failed() -> None:
    async def story(here: World) -> None:
        await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "DOT", "amt": "1"})
        await here.control("POST", "market/price", {"instId": "DOT-USDT", "px": "5"})
        await made(here, "easy_convert", "easy-convert-failed", nth=1)
        answer = await post(here, EASY, fromCcy=["DOT"], toCcy="USDT")
        assert (answer.code, answer.json()["data"][0]["status"]) == ("0", "running")
        (row,) = await rows(here, EASY + "-history")
        assert (row["status"], row["fillFromSz"], row["fillToSz"]) == ("failed", "0", "0.0000000000000000")
        assert (await rows(here, "/api/v5/account/balance?ccy=DOT"))[0]["details"][0]["cashBal"] == "1"

    within(story)


# ---- auto repay and loans


def test_coins_that_come_in_repay_nothing() -> None:
    async def story(here: World) -> None:
        await indebted(here)
        assert (await post(here, "/api/v5/account/set-auto-repay", autoRepay=True)).code == "0"
        await made(here, "set_auto_repay", "auto-repay-stalls")
        coins = {"account": "trading", "ccy": "USDC", "amt": "40"}
        await here.control("POST", "users/alice/balance", coins)
        assert (await rows(here, "/api/v5/account/balance?ccy=USDC"))[0]["details"][0]["cashBal"] == "40"
        await here.control("DELETE", "faults")
        await here.control("POST", "users/alice/balance", {**coins, "amt": "1"})
        found = (await rows(here, "/api/v5/account/balance?ccy=USDC"))[0]["details"][0]
        assert (found["cashBal"], found["liab"]) == ("0", "159")

    within(story)


def test_a_loan_request_settles_late_or_never() -> None:
    async def story(here: World) -> None:
        user = await carol(here, BTC="1", USDT="500")
        late = await made(here, "loan_borrow", "loan-settles-late", ms=60_000)
        code, number = await borrow(user, "one")
        assert code == "0"
        await here.venue.advance(by_ms=SETTLEMENT_MS + 59_999)
        assert await owed(user) == {}
        await here.venue.advance(by_ms=1)
        assert await owed(user) == {number: "1000"}
        await made(here, "loan_repay", "loan-dropped", nth=2)
        for name, left in (("a", "900"), ("b", "900"), ("c", "800")):
            assert await repay(user, number, "100", name) == "0"
            await here.venue.advance(by_ms=SETTLEMENT_MS)
            assert await owed(user) == {number: left}
        assert await fired(here) == [(1, 1), (2, 1)]
        told = (await here.control("GET", "faults")).json()["faults"]
        assert [(rule["id"], rule["on"]) for rule in told] == [(late, "loan_borrow"), (late + 1, "loan_repay")]

    within(story, surface=LATER)


def test_an_order_is_placed_and_cancelled_by_the_system() -> None:
    async def story(here: World) -> None:
        await made(here, "place_order", "order-canceled", nth=1)
        body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "100", "sz": "0.1"}
        placed = (await post(here, "/api/v5/trade/order", **body)).json()["data"][0]
        assert placed["sCode"] == "0"
        (order,) = await rows(here, f"/api/v5/trade/order?instId=BTC-USDT&ordId={placed['ordId']}")
        assert (order["state"], order["cancelSource"], order["accFillSz"]) == ("canceled", "0", "0")
        assert await fired(here) == [(1, 1)]

    within(story)


def test_collateral_is_accepted_and_stays_as_it_is() -> None:
    async def story(here: World) -> None:
        user = await carol(here, BTC="1", USDT="500")
        _, number = await borrow(user, "one")
        await here.venue.advance(by_ms=SETTLEMENT_MS)
        before = await user.rows("loan-info")
        await made(here, "loan_adjust_collateral", "collateral-not-adjusted", nth=1)
        ask = {"type": "add", "collateralCcy": "BTC", "collateralAmt": "0.01", "ordId": number}
        assert (await user.post("adjust-collateral", **ask)).code == "0"
        assert await user.rows("loan-info") == before
        assert (await user.post("adjust-collateral", **ask)).code == "0"
        assert await user.rows("loan-info") != before

    within(story, surface=LATER)


# ---- refusals

REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "one-click-refused": (REPAY, {"debtCcy": "USDC", "repayCcyList": ["BTC"]}),
    "quote-refused": (
        CONVERT + "estimate-quote",
        {"baseCcy": "BTC", "quoteCcy": "USDT", "side": "buy", "rfqSz": "50", "rfqSzCcy": "USDT"},
    ),
    "easy-convert-refused": (EASY, {"fromCcy": ["DOT"], "toCcy": "USDT"}),
    "borrow-refused": (MANUAL, {"ccy": "USDC", "side": "borrow", "amt": "5"}),
    "manual-repay-refused": (MANUAL, {"ccy": "USDC", "side": "repay", "amt": "5"}),
    "loan-refused": (
        "/api/v5/finance/flexible-loan/borrow",
        {
            "loanData": {"ccy": "USDT", "amt": "100"},
            "collateralData": [{"ccy": "BTC", "amt": "0.05"}],
            "clOrdId": "one",
        },
    ),
}
REFUSING = [
    (kind.name, code) for kind in HAPPENINGS for one in kind.parameters if one.name == "code" for code in one.words
]


@pytest.mark.parametrize(("name", "code"), REFUSING)
def test_a_request_is_refused_with_a_code_of_its_own(name: str, code: str) -> None:
    """Once, with a whole text; nothing is done, and the next one goes through."""

    async def story(here: World) -> None:
        await indebted(here)
        for ccy, amt, account in (("DOT", "1", "trading"), ("USDC", "50", "trading"), ("BTC", "1", "funding")):
            await here.control("POST", "users/alice/balance", {"account": account, "ccy": ccy, "amt": amt})
        await here.control("POST", "market/price", {"instId": "DOT-USDT", "px": "5"})
        if name == "one-click-refused":
            await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "-50"})
        kind = by_name[name]
        await made(here, kind.operations[0], name, nth=1, code=code)
        before = await rows(here, "/api/v5/account/balance")
        path, body = REQUESTS[name]
        refused = await post(here, path, **body)
        assert (refused.status, refused.code) == (200, code)
        assert "{" not in refused.json()["msg"]
        assert (await rows(here, "/api/v5/account/balance"))[0]["details"] == before[0]["details"]
        assert await fired(here) == [(1, 1)]
        assert (await post(here, path, **body)).code == "0"

    within(story, surface=LATER)


# ---- the calls


def test_the_two_tables_say_the_same() -> None:
    assert {kind.name for kind in HAPPENINGS} == set(faults.KINDS)
    for kind in HAPPENINGS:
        takes, names = faults.KINDS[kind.name], {one.name for one in kind.parameters}  # type: ignore[index]
        wanted = {name for name in ("ms", "leg", "share") if getattr(takes, name)} | (
            {"code"} if takes.reasons else set()
        )
        assert names == wanted, kind.name
        assert len(codes_of(kind.name, kind.operations[0])) == len(takes.reasons)  # type: ignore[arg-type]
    assert len({kind.name for kind in CATALOGUE}) == len(KINDS) + len(HAPPENINGS)


def test_a_fault_is_told_as_it_was_made() -> None:
    async def story(here: World) -> None:
        at = here.venue.state.at_ms
        when = {"from": iso(at + 1_000), "until": iso(at + 60_000), "probability": "0.25", "seed": 7}
        said = {"user": "bob", "nth": 2, "count": 3, "leg": 0, "share": "0.125", **when}
        number = await made(here, "*", "repay-leg-partly-filled", **said)
        (told,) = (await here.control("GET", "faults")).json()["faults"]
        assert told == {
            **said,
            "id": number,
            "on": "one_click_repay_v2",
            "fault": "repay-leg-partly-filled",
            "probability": "0.25",
            "matched": 0,
            "fired": 0,
        }

    within(story)


@pytest.mark.parametrize(
    ("body", "status", "hint"),
    [
        ({"on": "balance", "fault": "convert-rejected"}, 400, "convert-rejected is about convert_trade"),
        ({"on": "convert_trad", "fault": "convert-rejected"}, 400, "did you mean convert_trade?"),
        ({"on": "*", "fault": "convert-rejected", "method": "POST"}, 400, "leave method out"),
        ({"on": "*", "fault": "convert-rejected", "ms": 5}, 400, "it takes no parameters"),
        ({"on": "*", "fault": "borrow-refused", "code": "59413"}, 400, ""),
        ({"on": "*", "fault": "repay-leg-partly-filled", "share": "1"}, 400, ""),
        ({"on": "*", "fault": "repay-leg-partly-filled", "share": "-0.5"}, 400, ""),
        *(
            ({"on": "*", "fault": "repay-leg-partly-filled", "share": share}, 400, "")
            for share in ("NaN", "sNaN", "-Infinity", "1E+999999999", "1E-999999999", "0E-19", "0.0000000000000000001")
        ),
        ({"on": "*", "fault": "convert-rejected", "until": "9999-12-31T23:59:59-14:00"}, 400, "ISO 8601"),
        ({"on": "*", "fault": "convert-rejected", "from": "0001-01-01T00:00:00+14:00"}, 400, "ISO 8601"),
        ({"on": "*", "fault": "repay-leg-late", "ms": faults.MS_MAX + 1}, 400, ""),
        ({"on": "*", "fault": "repay-leg-late", "leg": -1}, 400, ""),
        ({"on": "*", "fault": "convert-rejected", "user": "nobody"}, 404, ""),
    ],
)
def test_what_cannot_be_is_refused_and_writes_nothing(body: dict[str, Any], status: int, hint: str) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        answer = await here.control("POST", "faults", body)
        assert answer.status == status, answer.body
        assert hint in answer.json()["error"]["hint"]
        assert await here.seq_and_hash() == before

    within(story)


def test_a_key_is_no_place_for_it() -> None:
    async def story(here: World) -> None:
        key = next(iter(here.venue.keys))
        answer = await here.control("POST", "faults", {"on": "*", "fault": "convert-rejected", "key": key})
        assert (answer.status, answer.json()["error"]["hint"]) == (400, "name the user in place of the key")

    within(story)


def test_both_families_share_their_numbers_and_go_together() -> None:
    async def story(here: World) -> None:
        numbers = [
            await made(here, "balance", "50026"),
            await made(here, "convert_trade", "convert-rejected"),
            await made(here, "balance", "50001"),
        ]
        assert numbers == [1, 2, 3]
        # A start of the server forgets what is said, and numbers go on above what happens.
        here.services.faults.begun_anew()
        assert [rule["id"] for rule in (await here.control("GET", "faults")).json()["faults"]] == [2]
        assert await made(here, "balance", "50026") == 3
        told = (await here.control("DELETE", "faults")).json()["faults"]
        assert [rule["id"] for rule in told] == [2, 3]
        assert (await here.control("GET", "faults")).json()["faults"] == []
        assert here.venue.state.faults == {}
        assert (await here.control("DELETE", "faults/2")).status == 404

    within(story)
