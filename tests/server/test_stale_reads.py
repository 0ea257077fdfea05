"""Reads that are behind: they answer as things were, from the state and from the histories alike."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tallystick.server.faults.past import StaleApp
from tallystick.store.api import Entry
from tallystick.venue.past import Past
from tests.server.harness import AT_MS, World, iso, within

BALANCES = "/api/v5/asset/balances?ccy=USDT"
BILLS = "/api/v5/asset/bills?ccy=USDT"
ORDERS = "/api/v5/trade/orders-pending"
BORROWED = "/api/v5/account/spot-borrow-repay-history"


async def transfer(here: World) -> None:
    body = {"ccy": "USDT", "amt": "1", "from": "18", "to": "6"}
    assert (await here.signed("POST", "/api/v5/asset/transfer", body)).code == "0"


async def rule(here: World, on: str, ms: int, **rest: Any) -> int:
    answer = await here.control("POST", "faults", {"on": on, "fault": "stale-read", "ms": ms, **rest})
    assert answer.status == 200, answer.body
    return int(answer.json()["id"])


async def advance(here: World, ms: int) -> None:
    assert (await here.control("POST", "clock/advance", {"ms": ms})).status == 200


async def rows(here: World, path: str) -> list[dict[str, Any]]:
    answer = await here.signed("GET", path)
    assert answer.code == "0", answer.body
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def moved(here: World) -> tuple[int, int]:
    """USDT moved into the funding account, by its balance and by its bills."""
    (row,) = await rows(here, BALANCES)
    return int(row["bal"]) - 5_000, len(await rows(here, BILLS))


def test_state_and_histories_are_as_old_as_asked_for_and_come_up_together() -> None:
    async def story(here: World) -> None:
        await transfer(here)
        seen = await moved(here)
        assert seen[0] == 1
        await rule(here, "asset_balances", 2_000)
        await rule(here, "asset_bills", 2_000)
        await transfer(here)
        assert await moved(here) == seen, "nothing is older than the rule, and what came since is not told"
        await advance(here, 1_000)
        await transfer(here)
        await advance(here, 999)
        assert await moved(here) == seen
        await advance(here, 1)
        assert await moved(here) == (2, seen[1] + 1)
        await advance(here, 1_000)
        assert await moved(here) == (3, seen[1] + 2)
        # Everything else is told as it is.
        await transfer(here)
        assert len((await here.signed("GET", "/api/v5/asset/transfer-state?transId=4")).json()["data"]) == 1
        await here.control("DELETE", "faults")
        assert await moved(here) == (4, seen[1] + 3)

    within(story)


def test_a_write_is_never_behind_and_a_rule_for_a_write_is_refused() -> None:
    async def story(here: World) -> None:
        await rule(here, "*", 60_000)
        await transfer(here)
        assert (await moved(here))[0] == 0
        refused = await here.control("POST", "faults", {"on": "transfer", "fault": "stale-read"})
        assert refused.status == 400
        assert "of reads" in refused.json()["error"]["hint"]

    within(story)


def test_an_order_and_a_repayment_are_not_there_yet() -> None:
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}

    async def story(here: World) -> None:
        await rule(here, "*", 500)
        placed = await here.signed("POST", "/api/v5/trade/order", order)
        body = {"ccy": "BTC", "side": "borrow", "amt": "0.1"}
        assert (await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", body)).code == "0"
        before = await rows(here, BORROWED)
        assert await rows(here, ORDERS) == []
        await advance(here, 500)
        assert [row["ordId"] for row in await rows(here, ORDERS)] == [placed.json()["data"][0]["ordId"]]
        assert len(await rows(here, BORROWED)) == len(before) + 1

    within(story)


def test_a_signature_of_the_present_time_is_right_however_far_behind_the_answer_is() -> None:
    async def story(here: World) -> None:
        await rule(here, "asset_balances", 600_000)
        await advance(here, 500_000)
        assert (await here.signed("GET", BALANCES)).code == "0"
        assert (await here.signed("GET", BALANCES, ok_access_timestamp=iso(AT_MS))).code == "50102"
        assert (await here.signed("GET", BALANCES, ok_access_sign="A" * 43 + "=")).code == "50113"

    within(story)


def test_a_user_who_is_newer_than_the_rule_is_answered_from_the_present() -> None:
    async def story(here: World) -> None:
        await rule(here, "*", 60_000)
        assert (await here.control("POST", "users", {"name": "carol"})).status == 200
        made = (await here.control("POST", "users/carol/keys", {"permissions": ["read"]})).json()
        key = type(here.alice)(made["api_key"], made["secret_key"], made["passphrase"], ("read_only",))
        assert (await here.signed("GET", "/api/v5/account/config", key=key)).code == "0"

    within(story)


def test_a_past_that_has_caught_up_is_the_present_to_the_last_row() -> None:
    """A day of interest, orders and transfers, taken over entry by entry: the same state, journal and rows."""

    async def story(here: World) -> None:
        past = await Past.of(here.venue)
        order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "ordType": "market", "sz": "0.01"}
        for _ in range(5):
            await transfer(here)
            await here.signed("POST", "/api/v5/trade/order", order)
            await advance(here, 3_600_000 * 5)
        assert await past.reach(here.venue.now_ms())
        assert await past.venue.state_hash() == await here.venue.state_hash()
        stores = [venue.store.view() for venue in (past.venue, here.venue)]
        assert list(stores[0].entries()) == list(stores[1].entries())
        assert list(stores[0].history()) == list(stores[1].history())
        await past.end()

    within(story)


def test_stale_rules_are_few_and_let_go_of_their_past(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Past] = []
    end = Past.end

    async def noted(past: Past) -> None:
        await end(past)
        ended.append(past)

    monkeypatch.setattr(Past, "end", noted)

    async def story(here: World) -> None:
        numbers = [await rule(here, "config", 1) for _ in range(4)]
        refused = await here.control("POST", "faults", {"on": "config", "fault": "stale-read"})
        assert (refused.status, "4 rules" in json.loads(refused.body)["error"]["message"]) == (409, True)
        await here.control("DELETE", f"faults/{numbers[0]}")
        await here.control("POST", "reset", {})
        for _ in range(1_000):
            if len(ended) == 4:
                break
            await asyncio.sleep(0.001)
        assert len(ended) == 4
        assert (await here.signed("GET", "/api/v5/account/config")).code == "0"

    within(story)


def test_a_reset_while_a_past_reads_on_gives_it_nothing_of_the_venue_after(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(here: World) -> None:
        assert (await here.control("POST", "users", {"name": "carol"})).status == 200
        past = await Past.of(here.venue)
        seen = await past.venue.state_hash()
        read = here.venue.entries_above

        async def after_a_reset(seq: int, limit: int) -> tuple[int, list[Entry]]:
            await here.venue.reset()
            for name in "defghijk":
                assert (await here.control("POST", "users", {"name": name})).status == 200
            return await read(seq, limit)

        monkeypatch.setattr(here.venue, "entries_above", after_a_reset)
        assert not await past.reach(here.venue.now_ms())
        assert await past.venue.state_hash() == seen
        await past.end()

    within(story)


def test_a_reset_while_a_rule_is_made_leaves_no_rule_with_a_past_of_the_venue_before() -> None:
    async def story(here: World) -> None:
        look_back = here.services.faults.look_back

        async def with_a_reset() -> StaleApp:
            found = await look_back()
            await here.venue.reset()
            return found

        here.services.faults.look_back = with_a_reset
        refused = await here.control("POST", "faults", {"on": "config", "fault": "stale-read"})
        assert (refused.status, refused.json()["error"]["hint"]) == (409, "make it again")
        assert (await here.control("GET", "faults")).json()["faults"] == []
        assert (await here.signed("GET", "/api/v5/account/config")).code == "0"

    within(story)


def test_rules_asked_for_at_once_are_no_more_than_there_may_be() -> None:
    async def story(here: World) -> None:
        body = {"on": "config", "fault": "stale-read"}
        answers = await asyncio.gather(*(here.control("POST", "faults", body) for _ in range(12)))
        assert sorted(answer.status for answer in answers) == [200] * 4 + [409] * 8

    within(story)
