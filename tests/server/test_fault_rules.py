"""Rules of faults: where and when they hit, what is refused, and how they end."""

from __future__ import annotations

import asyncio
import json
from time import process_time
from typing import Any

import pytest

from tallystick.contract import ENDPOINTS
from tallystick.server.faults import delays
from tallystick.server.faults.delays import Delays
from tallystick.server.faults.happenings import CATALOGUE
from tallystick.server.faults.rules import RULES_MAX
from tests.patience import PATIENCE_S
from tests.server.fault_client import TRANSFER, moved, request_of, rule, rules, see, transfer
from tests.server.harness import AT_MS, Response, Socket, World, iso, over_socket, within
from tests.server.test_gone import open_raw, reset
from tests.server.test_raw_http import until

TIME = "/api/v5/public/time"
CONFIG = "/api/v5/account/config"
BALANCE = "/api/v5/account/balance"


async def made(here: World, on: str, fault: str, **rest: Any) -> int:
    answer = await here.control("POST", "faults", {"on": on, "fault": fault, **rest})
    assert answer.status == 200, answer.body
    number: int = answer.json()["id"]
    return number


async def codes(here: World, *paths: str) -> list[str]:
    return [(await here.signed("GET", path)).code for path in paths]


# ---- where


def test_a_rule_hits_its_operation_alone() -> None:
    async def story(here: World) -> None:
        await made(here, "config", "50026")
        assert await codes(here, CONFIG, BALANCE, TIME, CONFIG) == ["50026", "0", "0", "50026"]
        (told,) = (await here.control("GET", "faults")).json()["faults"]
        assert (told["on"], told["fault"], told["matched"], told["fired"]) == ("config", "50026", 2, 2)

    within(story)


def test_a_star_hits_every_endpoint_and_no_control_call() -> None:
    async def story(here: World) -> None:
        await made(here, "*", "50001")
        for endpoint in ENDPOINTS:
            answer = await here.signed(endpoint.method, endpoint.path)
            assert (answer.status, answer.code) == (503, "50001"), endpoint.name
        for path in ("health", "faults", "faults/kinds", "clock"):
            assert (await here.control("GET", path)).status == 200
        # A path that no endpoint has is answered as ever.
        assert (await here.ask("GET", "/api/v5/nothing")).status == 404
        assert (await here.ask("GET", "/tally/openapi.json")).status == 200

    within(story)


def test_a_rule_for_a_user_hits_all_keys_of_that_user() -> None:
    async def story(here: World) -> None:
        await made(here, "*", "50013", user="alice")
        for key, code in ((here.alice, "50013"), (here.reader, "50013"), (here.bob, "0")):
            assert (await here.signed("GET", CONFIG, key=key)).code == code
        assert (await here.ask("GET", TIME)).code == "0", "a request without a key is nobody's"

    within(story)


def test_a_rule_for_a_key_hits_that_key() -> None:
    async def story(here: World) -> None:
        await made(here, "*", "50113", key=here.reader.api_key)
        for key, code in ((here.alice, "0"), (here.reader, "50113"), (here.bob, "0")):
            assert (await here.signed("GET", CONFIG, key=key)).code == code

    within(story)


def test_a_rule_for_a_method_hits_that_method() -> None:
    async def story(here: World) -> None:
        await made(here, "*", "50011", method="POST")
        assert (await here.signed("GET", CONFIG)).code == "0"
        assert (await here.signed("POST", "/api/v5/account/set-auto-repay", {"autoRepay": True})).code == "50011"

    within(story)


# ---- when


@pytest.mark.parametrize(
    ("when", "hit"),
    [
        ({}, "xxxxxx"),
        ({"nth": 1}, "x....."),
        ({"nth": 3}, "..x..."),
        ({"count": 2}, "xx...."),
        ({"nth": 2, "count": 3}, ".xxx.."),
        ({"nth": 7}, "......"),
    ],
)
def test_when_a_rule_fires(when: dict[str, int], hit: str) -> None:
    async def story(here: World) -> None:
        await made(here, "config", "50026", **when)
        assert await codes(here, *[CONFIG] * 6) == ["50026" if one == "x" else "0" for one in hit]
        (told,) = (await here.control("GET", "faults")).json()["faults"]
        assert (told["matched"], told["fired"]) == (6, hit.count("x"))

    within(story)


def test_a_rule_between_two_times_of_the_venues_clock() -> None:
    async def story(here: World) -> None:
        await made(here, "config", "50026", **{"from": iso(AT_MS + 1_000), "until": iso(AT_MS + 3_000)})
        found = []
        for _ in range(5):
            found += await codes(here, CONFIG)
            await here.control("POST", "clock/advance", {"ms": 1_000})
        assert found == ["0", "50026", "50026", "0", "0"]
        (told,) = (await here.control("GET", "faults")).json()["faults"]
        assert (told["from"], told["until"]) == ("2026-01-15T18:00:01.000Z", "2026-01-15T18:00:03.000Z")
        assert (told["matched"], told["fired"]) == (2, 2)

    within(story)


def test_chance_comes_from_the_seed_alone() -> None:
    """The same seed hits the same requests in every venue, another seed others; the share is about that asked for."""
    found: list[str] = []

    async def story(here: World, seed: int) -> None:
        await made(here, "config", "50026", probability=0.25, seed=seed)
        found.append("".join("x" if code == "50026" else "." for code in await codes(here, *[CONFIG] * 200)))

    for seed in (7, 7, 8):
        within(lambda here, seed=seed: story(here, seed))  # type: ignore[misc]
    assert found[0] == found[1] != found[2]
    for hit in found:
        assert 25 <= hit.count("x") <= 75, "a fair coin of 1 in 4 leaves this range once in 10,000 seeds"


def test_the_first_rule_that_wants_a_request_has_it_and_all_count_it() -> None:
    async def story(here: World) -> None:
        await made(here, "config", "50011", nth=1)
        await made(here, "*", "50026", nth=2)
        await made(here, "*", "50001", nth=1)
        assert await codes(here, *[CONFIG] * 4) == ["50011", "50026", "50001", "0"]
        told = (await here.control("GET", "faults")).json()["faults"]
        assert [(one["matched"], one["fired"]) for one in told] == [(4, 1), (4, 1), (4, 1)]

    within(story)


# ---- what is refused


def refused(answer: Response, status: int, *said: str) -> None:
    assert answer.status == status, answer.body
    error = json.loads(answer.body)["error"]
    for text in said:
        assert text in f"{error['message']}; {error['hint']}"


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"fault": "drop"}, 400, ("no fault 'drop'", "did you mean drop-before-commit or drop-after-commit?")),
        ({"fault": "drop-after-comit"}, 400, ("no fault 'drop-after-comit'", "did you mean drop-after-commit")),
        ({"fault": ""}, 400, ("no fault ''", "faults/kinds")),
        ({"on": "one_click_repay_v3"}, 400, ("no operation", "one_click_repay_v2")),
        ({"on": "/api/v5/account/config"}, 400, ("no operation",)),
        ({"fault": "delay", "ms": 600_001}, 400, ("ms is 0 to 600000, not 600001",)),
        ({"fault": "delay", "ms": -1}, 400, ("ms is 0 to 600000, not -1",)),
        ({"ms": 1}, 400, ("50026 has no parameter ms", "it takes no parameters")),
        ({"fault": "delay", "answer": "first"}, 400, ("delay has no parameter answer", "it takes ms")),
        ({"fault": "double-delivery", "answer": "third"}, 400, ("answer is first or second, not 'third'",)),
        ({"nth": 0}, 400, ("nth is 1 to",)),
        ({"count": 0}, 400, ("count is 1 to",)),
        ({"from": "yesterday"}, 400, ("not a time", "ISO 8601")),
        ({"from": "0001-01-01T00:00:00+14:00"}, 400, ("not a time", "ISO 8601")),
        ({"until": "9999-12-31T23:59:59-14:00"}, 400, ("not a time", "ISO 8601")),
        ({"from": "2026-01-16", "until": "2026-01-16"}, 400, ("until is not after from",)),
        ({"probability": 0}, 400, ("probability is above 0",)),
        ({"probability": 1.5}, 400, ("probability is above 0, at most 1",)),
        ({"probability": "0.0000001"}, 400, ("six decimals",)),
        ({"probability": "NaN"}, 400, ("probability",)),
        ({"seed": 3}, 400, ("seed is of no use without a probability",)),
        ({"user": "nobody"}, 404, ("no user 'nobody'", "alice")),
        ({"key": "nokey"}, 404, ("no API key 'nokey'",)),
        ({"on": "ws"}, 400, ("no operation 'ws'",)),
        ({"on": "books", "fault": "ws-gapp"}, 400, ("did you mean ws-gap",)),
        ({"on": "config", "fault": "ws-gap"}, 400, ("no place 'config'", "ws-gap is of streams", "a channel")),
        ({"on": "book", "fault": "ws-gap"}, 400, ("did you mean", "books")),
        ({"on": "tickers", "fault": "ws-wrong-checksum"}, 400, ("no place 'tickers'",)),
        ({"on": "books", "fault": "ws-login-refused"}, 400, ("no place 'books'", "login, ws for all")),
        ({"on": "ws", "fault": "ws-login-refused", "code": "50001"}, 400, ("code is 60009 or",)),
        ({"on": "ws", "fault": "ws-gap", "method": "GET"}, 400, ("ws-gap has no method",)),
        ({"on": "ws", "fault": "ws-slow", "ms": 60_001}, 400, ("ms is 0 to 60000",)),
        ({"fault": "clock-skew", "ms": -86_400_001}, 400, ("ms is -86400000 to 86400000",)),
        ({"method": "PUT"}, 400, ("method (GET or POST or WS)", "from", "until")),
        ({"unknown": 1}, 400, ("unknown",)),
        ({"nth": "1"}, 400, ("nth",)),
        ({"nth": 1.5}, 400, ("nth",)),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_makes_nothing(
    change: dict[str, object], status: int, said: tuple[str, ...]
) -> None:
    async def story(here: World) -> None:
        refused(await here.control("POST", "faults", {"on": "config", "fault": "50026"} | change), status, *said)
        assert (await here.control("GET", "faults")).json() == {"ok": True, "faults": []}
        assert await codes(here, CONFIG) == ["0"]

    within(story)


def test_rules_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallystick.server.control.faults.RULES_MAX", 3)

    async def story(here: World) -> None:
        for _ in range(3):
            await made(here, "config", "50026")
        refused(await here.control("POST", "faults", {"on": "config", "fault": "50026"}), 409, "3 rules", "DELETE")

    within(story)


# ---- taking away


def test_rules_are_taken_away_one_by_one_and_all_together() -> None:
    async def story(here: World) -> None:
        first, second, third = [await made(here, "config", code) for code in ("50011", "50026", "50001")]
        left = await here.control("DELETE", f"faults/{first}")
        assert [one["id"] for one in left.json()["faults"]] == [second, third]
        assert await codes(here, CONFIG) == ["50026"]
        for wrong in (first, "x", "-1", "9" * 30, "%20"):
            refused(await here.control("DELETE", f"faults/{wrong}"), 404, "no rule", f"there are: {second}, {third}")
        gone = await here.control("DELETE", "faults")
        assert [(one["id"], one["fired"]) for one in gone.json()["faults"]] == [(second, 1), (third, 0)]
        assert await codes(here, CONFIG) == ["0"]
        refused(await here.control("DELETE", f"faults/{second}"), 404, "there are none")
        assert await made(here, "config", "50026") == third + 1, "a number means one rule for as long as the venue runs"

    within(story)


def test_a_reset_of_the_venue_ends_all_rules_and_numbers_begin_anew() -> None:
    async def story(here: World) -> None:
        first = await made(here, "*", "50026")
        await made(here, "*", "50001")
        assert (await here.control("POST", "reset", {})).status == 200
        assert (await here.control("GET", "faults")).json()["faults"] == []
        assert (await here.ask("GET", TIME)).code == "0"
        assert await made(here, "*", "50026") == first == 1

    within(story)


@pytest.mark.parametrize("way", ["reset", "snapshots/early/restore"])
def test_rules_end_at_the_turn_of_a_reset_or_a_restore_before_its_write(way: str) -> None:
    """A request of the time of the write is one of the venue after: no rule of before hits it."""

    async def story(here: World) -> None:
        assert (await here.control("POST", "snapshots", {"name": "early"})).status == 200
        await made(here, "*", "50001")
        assert await codes(here, CONFIG) == ["50001"]
        wait = here.venue.line.writer.wait
        asked: list[object] = []

        async def late() -> None:
            if here.venue.generation == 2 and not asked:
                asked.append(len(here.services.faults.rules))
                asked.extend(await codes(here, CONFIG))
            await wait()

        here.venue.line.writer.wait = late  # type: ignore[method-assign]
        assert (await here.control("POST", way, {})).status == 200
        assert asked == [0, "0"]

    within(story)


def test_a_restore_that_is_refused_ends_no_rule() -> None:
    async def story(here: World) -> None:
        await made(here, "config", "50026")
        assert (await here.control("POST", "snapshots/nothing/restore", {})).status >= 400
        assert (await here.control("POST", "reset", {"at": "2001-12-31T23:59:59Z"})).status == 400
        assert await codes(here, CONFIG) == ["50026"]

    within(story)


@pytest.mark.parametrize("way", ["reset", "remove"])
def test_a_request_whose_body_comes_after_the_end_of_its_rule_is_not_delayed(way: str) -> None:
    """Its head has met the rule. It goes on where the rule was taken away, and not at another venue."""

    async def story(socket: Socket) -> None:
        number = await rule(socket, "transfer", "delay", ms=600_000)
        raw = request_of(socket, "POST", "/api/v5/asset/transfer", TRANSFER)
        reader, writer = await socket.open()
        writer.write(raw[:-5])
        await until(lambda: any(one.newest is not None for one in socket.connections))
        if way == "reset":
            await socket.world.control("POST", "reset", {})
        else:
            await socket.world.control("DELETE", f"faults/{number}")
        writer.write(raw[-5:])
        head = await asyncio.wait_for(reader.read(12), PATIENCE_S)
        writer.close()
        assert (head, await moved(socket)) == ((b"", 0) if way == "reset" else (b"HTTP/1.1 200", 1))

    over_socket(story)


def test_the_catalogue_says_what_is_true_afterwards_in_both_languages() -> None:
    async def story(here: World) -> None:
        found = (await here.control("GET", "faults/kinds")).json()["kinds"]
        assert [one["name"] for one in found] == [kind.name for kind in CATALOGUE]
        drop = next(one for one in found if one["name"] == "drop-after-commit")
        assert drop == {
            "name": "drop-after-commit",
            "place": "request",
            "afterwards": "done",
            "orders": True,
            "parameters": [],
            "sees": {"en": "The connection ends without an answer", "zh": "连接中断，没有应答"},
            "words": {"en": "The request was carried out", "zh": "请求已执行"},
        }
        (ms,) = next(one for one in found if one["name"] == "delay")["parameters"]
        assert ms == {"name": "ms", "default": 1000, "most": 600_000}

    within(story)


# ---- delays


async def under_way(socket: Socket, number: int) -> None:
    await until(lambda: len(socket.world.services.faults.delays.under_way) == number)


def asked(socket: Socket) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(transfer(socket))


def test_a_delay_ends_with_its_rule_and_the_request_goes_on() -> None:
    async def story(socket: Socket) -> None:
        number = await rule(socket, "transfer", "delay", ms=600_000)
        task = asked(socket)
        await under_way(socket, 1)
        assert await moved(socket) == 0
        await socket.world.control("DELETE", f"faults/{number}")
        assert (await task).json["code"] == "0"
        assert await moved(socket) == 1
        await under_way(socket, 0)

    over_socket(story)


def test_a_delay_ends_with_a_stop_of_the_server_and_the_request_is_answered() -> None:
    async def story(socket: Socket) -> None:
        await rule(socket, "transfer", "delay", ms=600_000)
        task = asked(socket)
        await under_way(socket, 1)
        await socket.everybody.stop(5)
        assert (await task).json["code"] == "0"
        assert await moved(socket) == 1

    over_socket(story)


def test_a_request_delayed_over_a_reset_is_not_carried_out_in_the_new_venue() -> None:
    async def story(socket: Socket) -> None:
        await rule(socket, "transfer", "delay", ms=600_000)
        task = asked(socket)
        await under_way(socket, 1)
        await socket.world.control("POST", "reset", {})
        assert await task == (b"", False)
        assert await moved(socket) == 0

    over_socket(story)


def test_a_client_that_leaves_during_a_delay_has_its_request_carried_out_all_the_same() -> None:
    async def story(socket: Socket) -> None:
        number = await rule(socket, "transfer", "delay", ms=600_000)
        client, _ = await open_raw(socket)
        client.sendall(request_of(socket, "POST", "/api/v5/asset/transfer", TRANSFER))
        await under_way(socket, 1)
        reset(client)
        await until(lambda: not socket.connections)
        await socket.world.control("DELETE", f"faults/{number}")
        await until(lambda: not socket.everybody.tasks)
        assert await moved(socket) == 1

    over_socket(story)


def test_an_owner_ends_its_delays_without_a_look_at_those_of_others() -> None:
    """A thousand owners without delays cost less than one with all: each looked through 8,192 of others before."""

    async def story() -> None:
        found, owner = Delays(), object()
        waits = [asyncio.ensure_future(found.wait(600_000, owner)) for _ in range(delays.DELAYS_MAX)]
        await asyncio.sleep(0)
        others = [object() for _ in range(RULES_MAX)]
        began = process_time()
        for other in others:
            found.end(other)
        others_took = process_time() - began
        assert len(found.under_way) == delays.DELAYS_MAX
        began = process_time()
        found.end(owner)
        assert others_took < process_time() - began
        await asyncio.gather(*waits)
        assert not found.under_way

    asyncio.run(story())


def test_more_delays_than_there_may_be_are_refused_as_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delays, "DELAYS_MAX", 2)

    async def story(socket: Socket) -> None:
        await rule(socket, "transfer", "delay", ms=600_000)
        tasks = [asked(socket), asked(socket)]
        await under_way(socket, 2)
        assert (await transfer(socket)).json["code"] == "50013"
        await socket.world.control("DELETE", "faults")
        assert [(await task).json["code"] for task in tasks] == ["0", "0"]
        assert await moved(socket) == 2

    over_socket(story)


@pytest.mark.parametrize("fault", ["delay-after-commit", "slow-head", "slow-body"])
def test_what_was_carried_out_is_answered_whole_where_no_delay_has_room(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delays, "DELAYS_MAX", 0)

    async def story(socket: Socket) -> None:
        await rule(socket, "transfer", fault, ms=600_000)
        assert (await transfer(socket)).json["code"] == "0"
        assert await moved(socket) == 1

    over_socket(story)


def test_ten_thousand_delayed_requests_cost_others_nothing() -> None:
    """Each waits on its own: meanwhile another client is answered, and none of the many holds a turn."""

    async def story(socket: Socket) -> None:
        await rule(socket, "config", "delay", ms=600_000)
        request = request_of(socket, "GET", CONFIG, keep=True)
        crowd = [await socket.open() for _ in range(400)]
        for _ in range(25):
            for _, writer in crowd:
                writer.write(request)
        await under_way(socket, len(crowd))
        await until(lambda: not socket.everybody.turns.line)
        seen = await see(socket, request_of(socket, "GET", BALANCE))
        assert seen.json["code"] == "0"
        assert (await rules(socket))[0]["fired"] == len(crowd), "a connection is answered in order, one by one"
        for _, writer in crowd:
            writer.transport.abort()
        await socket.world.control("DELETE", "faults")
        await until(lambda: not socket.connections)

    over_socket(story)
