"""The control call that sends a request as a user: the API's own answers, beside signature, key rights and limits."""

from __future__ import annotations

from typing import Any

from tests.server.harness import World, within

BALANCE = {"method": "GET", "path": "/api/v5/account/balance?ccy=USDC"}
REPAY = {
    "method": "POST",
    "path": "/api/v5/account/spot-manual-borrow-repay",
    "body": {"ccy": "USDC", "side": "repay", "amt": "5"},
}


async def sent(here: World, body: dict[str, Any], name: str = "alice") -> tuple[int, Any]:
    answer = await here.control("POST", f"users/{name}/request", body)
    assert answer.status == 200, answer.body
    found = answer.json()
    return found["status"], found["answer"]


def test_the_answer_is_that_of_the_api() -> None:
    async def story(here: World) -> None:
        wanted = (await here.signed("GET", BALANCE["path"])).json()
        assert await sent(here, BALANCE) == (200, wanted)
        history = "/api/v5/account/spot-borrow-repay-history?limit=1"
        wanted = (await here.signed("GET", history)).json()
        assert len(wanted["data"]) == 1
        assert await sent(here, {"method": "GET", "path": history}) == (200, wanted)
        tickers = "/api/v5/market/tickers?instType=SPOT"
        wanted = (await here.ask("GET", tickers)).json()
        assert await sent(here, {"method": "GET", "path": tickers}) == (200, wanted)

    within(story)


def test_a_post_is_carried_out_for_this_user() -> None:
    async def story(here: World) -> None:
        # alice owes 100 USDC and holds 10.
        status, answer = await sent(here, REPAY)
        assert (status, answer["code"], answer["data"]) == (200, "0", [{"ccy": "USDC", "side": "repay", "amt": "5"}])
        _, answer = await sent(here, BALANCE)
        (row,) = answer["data"][0]["details"]
        assert (row["cashBal"], row["liab"]) == ("5", "95")
        _, answer = await sent(here, BALANCE, "bob")
        assert answer["data"][0]["details"] == []

    within(story)


def test_no_rate_limit_is_used_up() -> None:
    async def story(here: World) -> None:
        history = "/api/v5/trade/one-click-repay-history-v2"
        for _ in range(3):
            assert (await sent(here, {"method": "GET", "path": history}))[1]["code"] == "0"
        # One in 2 s is the documented limit, and the first that is signed is the first that counts.
        assert [(await here.signed("GET", history)).code for _ in range(2)] == ["0", "50011"]
        assert (await sent(here, {"method": "GET", "path": history}))[1]["code"] == "0"

    within(story, limits="exact")


def test_refusals_of_the_api_are_its_own() -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        status, answer = await sent(here, {"method": "GET", "path": "/api/v5/account/max-loan"})
        assert (status, answer["code"]) == (400, "50014")
        status, answer = await sent(here, REPAY | {"body": {"ccy": "USDC", "side": "repay", "amt": "x"}})
        assert (status, answer["code"]) == (400, "51000")
        status, answer = await sent(here, {"method": "POST", "path": "/api/v5/trade/one-click-repay", "body": {}})
        assert answer["code"] != "0"
        assert await here.seq_and_hash() == before

    within(story)


def test_a_call_that_cannot_be_sent_says_what_helps() -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        for name, body, status, message in (
            ("carol", BALANCE, 404, "there is no user 'carol'"),
            ("alice", {"method": "GET", "path": "/api/v5/nothing"}, 404, "the API has no GET /api/v5/nothing"),
            ("alice", BALANCE | {"method": "POST"}, 404, "the API has no POST /api/v5/account/balance"),
            ("alice", BALANCE | {"method": "PUT"}, 400, "the body does not fit"),
            ("alice", {"method": "GET", "path": "/api/v5/account/bal\nance"}, 400, "a path is printable ASCII"),
            ("alice", {"method": "GET", "path": "/tally/v1/health"}, 404, "the API has no GET /tally/v1/health"),
        ):
            answer = await here.control("POST", f"users/{name}/request", body)
            assert (answer.status, answer.json()["error"]["message"][: len(message)]) == (status, message)
        assert await here.seq_and_hash() == before
        await here.control("POST", "users", {"name": "carol"})
        answer = await here.control("POST", "users/carol/request", BALANCE)
        assert answer.status == 409
        assert answer.json()["error"] == {
            "message": "the user has no API key",
            "hint": "POST users/carol/keys",
        }

    within(story)
