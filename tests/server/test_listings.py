"""Coins, pairs and accounts of one's own over the control calls."""

from __future__ import annotations

from typing import Any

from tallystick.engine import ledger, prices
from tallystick.engine.amounts import ONE, atoms_from_text
from tests.server.harness import World, within
from tests.server.test_control import is_error, is_ok

BRIDGED: dict[str, Any] = {
    "currencies": {"BRG": {"discount_tiers": [["100000", "0.9"]], "quota": "10", "pool": "1000"}},
    "instruments": {"BRG-USDC": {"tick": "0.001", "lot": "0.001"}},
    "prices": {"BRG-USDC": "2"},
}


def saved(**coins: tuple[str, str]) -> dict[str, Any]:
    """Answer of account/balance with (eq, liab) of each coin, and fields that nobody reads."""
    details = [{"ccy": ccy, "eq": eq, "liab": liab, "disEq": "1", "uTime": "2"} for ccy, (eq, liab) in coins.items()]
    return {"code": "0", "msg": "", "data": [{"totalEq": "3", "details": details}]}


def test_a_coin_is_listed_shown_and_priced_through_the_bridge() -> None:
    async def story(here: World) -> None:
        answer = is_ok(await here.control("POST", "listings", BRIDGED))
        assert answer == {"ok": True, "currencies": ["BRG"], "instruments": ["BRG-USDC"]}
        is_ok(await here.control("POST", "market/price", {"instId": "USDC-USDT", "px": "1"}))
        assert prices.usd_index(here.venue.state, "BRG") == 2 * ONE
        shown = is_ok(await here.control("GET", "parameters"))
        quota = shown["currencies"]["BRG"]["quota"]
        assert (quota["value"], quota["source"], quota["changed"]) == ("10", "listed", False)
        is_ok(await here.control("POST", "parameters", {"currencies": {"BRG": {"quota": "11"}}}))
        shown = is_ok(await here.control("GET", "parameters"))
        quota = shown["currencies"]["BRG"]["quota"]
        assert (quota["value"], quota["changed"], "packaged" in quota) == ("11", True, False)

    within(story)


def test_what_cannot_be_listed_is_told_why() -> None:
    async def story(here: World) -> None:
        assert "nothing to list" in is_error(await here.control("POST", "listings", {}), 400)["message"]
        half = {"instruments": {"BRG-USDC": {"lot": "1"}}}
        assert "has to say tick" in is_error(await here.control("POST", "listings", half), 400)["message"]
        wrong = BRIDGED | {"prices": {"BRG-USDC": "x"}}
        assert "prices.BRG-USDC" in is_error(await here.control("POST", "listings", wrong), 400)["message"]
        is_ok(await here.control("POST", "listings", BRIDGED))
        twice = is_error(await here.control("POST", "listings", BRIDGED), 409)
        assert (twice["message"], "listed already" in twice["hint"]) == ("listing impossible", True)

    within(story)


def test_an_account_is_made_with_its_debts_and_shows_itself_again() -> None:
    async def story(here: World) -> None:
        for pair, price in (("BTC-USDT", "60000"), ("USDC-USDT", "1")):
            is_ok(await here.control("POST", "market/price", {"instId": pair, "px": price}))
        is_ok(await here.control("POST", "users", {"name": "carol"}))
        body = saved(BTC=("0.5", "0"), USDT=("-1500.25", "1500.25"), USDC=("40", "60"), ETH=("0", "0"))
        made = is_ok(await here.control("POST", "users/carol/account", body))
        assert made["held"] == {"BTC": "0.5", "USDC": "100"}
        assert made["owed"] == {"USDT": "1500.25", "USDC": "60"}
        state = here.venue.state
        user_id = next(user.user_id for user in state.users.values() if user.name == "carol")
        assert ledger.debts(state, user_id) == {"USDT": atoms_from_text("1500.25"), "USDC": 60 * ONE}
        assert ledger.cash(state, user_id, "USDC") == 100 * ONE
        assert ledger.cash(state, user_id, "USDT") == 0
        again = is_error(await here.control("POST", "users/carol/account", body), 409)
        assert "owes coins" in again["message"]

    within(story)


def test_an_account_without_debts_takes_the_place_of_what_was_held() -> None:
    async def story(here: World) -> None:
        is_ok(await here.control("POST", "users", {"name": "dora"}))
        for amount in ("1", "2"):
            is_ok(await here.control("POST", "users/dora/account", saved(BTC=(amount, ""))))
        user_id = next(user.user_id for user in here.venue.state.users.values() if user.name == "dora")
        assert ledger.equity(here.venue.state, user_id) == {"BTC": 2 * ONE}

    within(story)


def test_a_small_debt_is_borrowed_at_the_least_and_partly_repaid() -> None:
    """The least loan of USDT is 1."""

    async def story(here: World) -> None:
        is_ok(await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "60000"}))
        is_ok(await here.control("POST", "users", {"name": "carol"}))
        made = is_ok(await here.control("POST", "users/carol/account", saved(BTC=("1", "0"), USDT=("-0.03", "0.03"))))
        assert made["owed"] == {"USDT": "0.03"}
        user_id = next(user.user_id for user in here.venue.state.users.values() if user.name == "carol")
        assert ledger.debts(here.venue.state, user_id) == {"USDT": atoms_from_text("0.03")}

    within(story)


def test_an_account_that_cannot_be_made_changes_nothing() -> None:
    async def story(here: World) -> None:
        is_ok(await here.control("POST", "users", {"name": "carol"}))
        before = await here.venue.state_hash()
        for body, status, said in (
            (saved(BTC=("0.1", "0"), USDT=("-9e4", "1")), 400, "eq of USDT"),
            (saved(USDT=("-400000", "400000")), 409, "ManualBorrow of 400000 USDT is refused: margin insufficient"),
            (saved(NEW=("1", "0")), 400, "coins that this venue does not list: NEW"),
            (saved(BTC=("-2", "1")), 400, "BTC has an eq of -2 and owes only 1"),
            (saved(BTC=("1e3", "1")), 400, "eq of BTC is no plain decimal text"),
            ({"code": "50011", "data": []}, 400, "no answer with one account"),
            ({"data": [{"details": [{"ccy": "BTC"}, {"ccy": "BTC"}]}]}, 400, "names a coin twice"),
        ):
            assert said in is_error(await here.control("POST", "users/carol/account", body), status)["message"]
        nobody = is_error(await here.control("POST", "users/nobody/account", saved()), 404)
        assert "there is no user" in nobody["message"]
        assert await here.venue.state_hash() == before

    within(story)
