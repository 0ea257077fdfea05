"""A write that fails halts the venue whatever it was for; from then on everybody hears that a restart is needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint
from tallystick.engine import core, ledger
from tallystick.engine.commands import AdjustBalance
from tallystick.engine.state import State
from tallystick.server.control import platform
from tallystick.server.control.endpoints import ENDPOINTS as CONTROL_ENDPOINTS
from tallystick.store.api import KeyRecord, WriteBatch
from tallystick.store.memory import MemoryStore
from tallystick.venue import boot, recovery
from tallystick.venue.keys import record_of
from tallystick.venue.parameters import load_parameters
from tallystick.venue.seeds import seeds
from tallystick.venue.timekeeper import Timekeeper
from tallystick.venue.venue import Venue, VenueHalted
from tallystick.venue.verify import verify
from tallystick.views import VIEWS, BatchView, CommandView
from tests.server.harness import AT_MS, Socket, World, iso, within, world
from tests.server.test_account_modes import dora
from tests.server.test_control import DAY_MS, carol_owes, is_error, is_ok
from tests.server.test_envelope import ALWAYS_REFUSED, READ_BY_POST, call, good_values
from tests.store.failing import PLANTED, FailingDisk, Refusal, failing_disk
from tests.ws.client import connected, login_of, over_websocket

TRANSFER = {"ccy": "USDT", "amt": "1", "from": "6", "to": "18"}
RESTART = "Service temporarily unavailable. The venue has halted and must be restarted."

BODIES: dict[str, dict[str, Any]] = {
    "clock": {"mode": "real"},
    "clock/advance": {"by": "1h"},
    "market/price": {"instId": "BTC-USDT", "px": "40000"},
    "market/prices": {"prices": {"BTC-USDT": "40000", "ETH-USDT": "2000"}},
    "market/book": {"instId": "BTC-USDT", "bids": [["100", "1"]], "asks": [["101", "1"]]},
    "market/release": {"instId": "BTC-USDT"},
    "parameters": {"constants": {"taker_fee": "0.002"}},
    "rates": {"ccy": "USDT", "apr": "0.073"},
    "rates/bids": {"ccy": "USDT", "bids": [["1000000", "0.03"]]},
    "fund": {"amt": "5"},
    "pools": {"ccy": "USDT", "amt": "5"},
    "users": {"name": "dave"},
    "users/*/level": {"level": "VIP1"},
    "users/*/keys": {"permissions": ["read"]},
    "users/*/balance": {"account": "trading", "ccy": "BTC", "amt": "1"},
    "users/*/spot-borrow": {"enabled": True},
    "users/*/modes": {"open": ["3"]},
    "users/*/obstacles": {"obstacles": ["pending_algos"]},
    "users/*/account": {"data": [{"details": [{"ccy": "BTC", "eq": "1"}]}]},
    "listings": {"instruments": {"ETH-USDC": {"tick": "0.01", "lot": "0.001"}}},
    "users/*/loans/repay-with-collateral": {"ccy": "USDT", "amt": "500", "collateral": ["BTC"]},
    "reset": {},
    "snapshots": {"name": "after"},
    "snapshots/*/restore": {},
}
"""A body for every control call that writes."""
WRITES_NOTHING = {"verify", "faults", "users/*/request", "scenarios/*/play"}
"""A play writes a reset and ordinary commands."""


def test_the_list_of_calls_that_write_is_whole() -> None:
    posted = {endpoint.path for endpoint in CONTROL_ENDPOINTS if endpoint.method == "POST"}
    assert posted == {*BODIES, *WRITES_NOTHING}


async def prepared(here: World, path: str) -> dict[str, Any]:
    """The body, once there is what it speaks of."""
    if path == "users/*/loans/repay-with-collateral":
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        order, _ = await carol_owes(here, "USDT", "1000", BTC="0.1")
        return {**BODIES[path], "ordId": order}
    if path == "market/release":
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
    if path in ("users/*/spot-borrow", "users/*/account"):
        await here.control("POST", "users", {"name": "carol"})
    if path == "snapshots/*/restore":
        await here.control("POST", "snapshots", {"name": "alice"})
        await here.control("POST", "clock/advance", {"by": "1h"})
    return BODIES[path]


def named(path: str) -> str:
    return path.replace("*", "carol" if path.endswith(("borrow", "collateral", "account")) else "alice")


async def is_halted(here: World, reason: str) -> None:
    """Health, the next transfer and the next control call all say so."""
    health = is_error(await here.control("GET", "health"), 503)
    assert reason in health["message"]
    assert "start it again" in health["hint"]
    answer = await here.signed("POST", "/api/v5/asset/transfer", TRANSFER)
    assert (answer.status, answer.json()) == (503, {"code": "50001", "data": [], "msg": RESTART})
    assert reason in is_error(await here.control("POST", "clock/advance", {"by": "1s"}), 503)["message"]
    is_error(await here.control("GET", "clock"), 503)


def stored(store: Any) -> list[Any]:
    found = [list(store.entries()), list(store.history()), store.load_keys(), store.snapshot(), store.get_meta("clock")]
    return [*found, store.saved()]


async def halts(here: World, method: str, path: str, body: dict[str, Any]) -> None:
    """The next write fails while the call is on its way: it is answered so, nothing of it is kept, and all is over."""
    before = stored(here.opened.store)
    refusal = Refusal(here.opened.store)
    error = is_error(await here.control(method, path, body), 503)
    assert refusal.happened
    assert PLANTED in error["message"]
    assert "start it again" in error["hint"]
    await is_halted(here, PLANTED)
    assert stored(here.opened.store) == before


@pytest.mark.parametrize("path", BODIES)
def test_a_control_call_whose_write_fails_halts(path: str) -> None:
    async def story(here: World) -> None:
        body = await prepared(here, path)
        await halts(here, "POST", named(path), body)

    within(story)


writes = [
    endpoint
    for endpoint in ENDPOINTS
    if isinstance(VIEWS.get(endpoint.name), CommandView | BatchView)
    and endpoint.name not in {*READ_BY_POST, *ALWAYS_REFUSED}
]


@pytest.mark.parametrize("endpoint", writes, ids=lambda endpoint: endpoint.name)
def test_an_api_call_whose_write_fails_halts(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        values = await good_values(here, endpoint)
        key = here.alice
        if endpoint.name == "set_account_level":
            # The mode that an account has is no news, and alice owes: nothing would be written.
            key, values = await dora(here, USDT="10000"), {"acctLv": "3"}
        before = stored(here.opened.store)
        refusal = Refusal(here.opened.store)
        answer = await call(here, endpoint, values, key=key)
        assert refusal.happened
        assert (answer.status, answer.code, answer.json()["msg"]) == (503, "50001", RESTART)
        await is_halted(here, PLANTED)
        assert stored(here.opened.store) == before

    within(story)


@pytest.mark.parametrize("what", ["time", "snapshot"])
def test_what_is_written_without_being_asked_for_halts_too(what: str) -> None:
    async def story(here: World) -> None:
        venue = here.venue
        if what == "time":
            # An hour of interest falls due, and the loop's own timer is what finds it.
            venue.line.clock.set(at_ms=AT_MS + DAY_MS)
            refusal = Refusal(here.opened.store)
            venue.line.wake()
            assert venue.line.catching_up is not None
            await asyncio.wait([venue.line.catching_up])
        else:
            venue.line.snapshots._every = 1
            refusal = Refusal(here.opened.store)
            await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "1"})
        assert refusal.happened
        await is_halted(here, PLANTED)

    within(story)


@pytest.mark.parametrize("path", ["account/balance", "account/interest-accrued", "account/bills"])
def test_a_question_about_a_debt_writes_nothing(path: str) -> None:
    """A disk that refuses every write is not asked for one: interest of the last hours is told and not booked."""

    async def story(here: World) -> None:
        await here.control("POST", "clock/advance", {"by": "3h"})
        refusal = Refusal(here.opened.store)
        answer = await here.signed("GET", f"/api/v5/{path}")
        assert (answer.status, answer.code) == (200, "0")
        assert len(answer.json()["data"]) >= (1 if path == "account/balance" else 3)
        assert not refusal.happened

    within(story)


def test_a_last_write_that_fails_is_told_by_the_stop() -> None:
    async def story(here: World) -> None:
        Refusal(here.opened.store)
        assert PLANTED in str(await here.venue.stop())

    within(story)


DURABLE = ["clock", "clock/advance", "users/*/keys", "reset", "users/*/balance", "snapshots", "snapshots/*/restore"]


@pytest.mark.parametrize("path", DURABLE)
@pytest.mark.parametrize("failing", ["write", "sync"])
def test_on_a_real_disk_the_next_start_goes_on(tmp_path: Path, path: str, failing: str) -> None:
    """The issue's own example: one sync fails, once. What was acknowledged before is there after the restart."""

    async def broken(disk: FailingDisk) -> list[Any]:
        async with world(folder=tmp_path) as here:
            body = await prepared(here, path)
            acknowledged = is_ok(await here.control("POST", "users", {"name": "dave"}))
            disk.fail_next("wal", failing)
            is_error(await here.control("POST", named(path), body), 503)
            assert disk.failed
            await is_halted(here, "the journal could not be written")
            return [acknowledged["uid"], len(here.opened.store.load_keys())]

    async def again(uid: str) -> None:
        async with world(folder=tmp_path) as here:
            users = is_ok(await here.control("GET", "users"))["users"]
            # A generation whose sync failed may be there or not, and nothing between.
            assert {"name": "dave", "uid": uid} in users or path in ("reset", "snapshots/*/restore")
            assert (await here.signed("POST", "/api/v5/asset/transfer", TRANSFER)).code == "0"
            assert is_ok(await here.control("POST", "verify"))["ok"]

    with failing_disk() as disk:
        uid, _ = asyncio.run(broken(disk))
        asyncio.run(again(uid))
        assert boot.verify_folder(tmp_path).ok


# ---- the guard can fail


def test_a_write_past_the_one_way_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: keys are written to the store directly, as they were once. (`tests/tidy` sees it in the source too.)"""

    async def add_key(self: Venue, make: Callable[[State, int], KeyRecord]) -> None:
        key = make(self.state, await self.line.enter())
        self.line.writer._store.write(WriteBatch(keys=[key]))
        self.keys[key.api_key] = key

    monkeypatch.setattr(Venue, "add_key", add_key)

    async def story(here: World) -> None:
        # The call is answered 500 like any bug, and nothing halts.
        with pytest.raises(AssertionError):
            await halts(here, "POST", "users/alice/keys", BODIES["users/*/keys"])

    within(story)


def test_a_write_whose_failure_is_passed_over_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the clock is kept without waiting for it to be durable."""

    async def arrive(self: Timekeeper, at_ms: int, progress: Any = None) -> int:
        self._line.present.keep(at_ms)
        return at_ms

    monkeypatch.setattr(Timekeeper, "arrive", arrive)

    async def story(here: World) -> None:
        with pytest.raises(AssertionError):
            await halts(here, "POST", "clock", BODIES["clock"])

    within(story)


# ---- what is said


def test_the_reason_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: World) -> None:
        Refusal(here.opened.store)
        for _ in range(3):
            assert (await here.signed("POST", "/api/v5/asset/transfer", TRANSFER)).status == 503
            is_error(await here.control("POST", "users/alice/keys", BODIES["users/*/keys"]), 503)

    with caplog.at_level(logging.INFO):
        within(story)
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    said = f"the venue has halted and must be restarted: the journal could not be written: {PLANTED}"
    assert caplog.messages == [said]
    assert "Traceback" not in caplog.text


def test_a_bug_of_the_engine_is_logged_once_and_whole(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_handler(work: Any, command: Any) -> None:
        raise ZeroDivisionError("planted")

    async def story(here: World) -> None:
        monkeypatch.setitem(core.HANDLERS, AdjustBalance, broken_handler)
        for _ in range(3):
            is_error(await here.control("POST", "users/alice/balance", BODIES["users/*/balance"]), 503)

    with caplog.at_level(logging.INFO):
        within(story)
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "bug in AdjustBalance at seq" in caplog.text
    assert "in broken_handler" in caplog.text
    assert "ZeroDivisionError: planted" in caplog.text


@pytest.mark.parametrize("where", ["question", "feed"])
def test_a_bug_outside_of_a_command_halts_and_is_logged(
    where: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interest is charged by a look; prices are made before they are a command."""

    def wrong_ledger(*_: object) -> None:
        raise ledger.InvariantViolation("L1", "planted")

    def wrong_price(*_: object) -> None:
        raise ZeroDivisionError("planted")

    async def story(here: World) -> None:
        if where == "question":
            with pytest.raises(VenueHalted):
                await here.venue.query(wrong_ledger)
        else:
            assert here.venue.line.feed is not None
            monkeypatch.setattr(here.venue.line.feed, "command_at", wrong_price)
            is_error(await here.control("POST", "clock/advance", {"by": "1h"}), 503)
        await is_halted(here, "planted")

    with caplog.at_level(logging.INFO):
        within(story)
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert f"in {'wrong_ledger' if where == 'question' else 'wrong_price'}" in caplog.text


def test_a_control_call_that_meets_a_bug_is_answered_in_json_and_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("planted")

    async def story(here: World) -> None:
        monkeypatch.setattr(platform, "pool_of", broken)
        error = is_error(await here.control("GET", "pools"), 500)
        assert "log" in error["hint"]

    with caplog.at_level(logging.INFO):
        within(story)
    assert "KeyError: 'planted'" in caplog.text


def test_sockets_of_a_halted_venue_end_and_new_ones_hear_why() -> None:
    async def story(socket: Socket) -> None:
        here = socket.world
        async with connected(socket) as listening, connected(socket, "/ws/v5/private") as trading:
            await listening.subscribe("tickers", instId="BTC-USDT")
            await trading.login()
            Refusal(here.opened.store)
            order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "9", "sz": "1"}
            await trading.send({"id": "1", "op": "order", "args": [order]})
            answer = await trading.next()
            assert (answer["event"], answer["id"], answer["code"]) == ("error", "1", "64007")
            for client in (listening, trading):
                assert await client.closed() == (1011, "The venue has halted and must be restarted")
        async with connected(socket, "/ws/v5/public") as late:
            assert await late.ask("ping") == "pong"
            refused = await late.subscribe("tickers", instId="BTC-USDT")
            assert (refused["event"], refused["code"], refused["msg"]) == (
                "error",
                "64007",
                "Operation subscribe failed. The venue has halted and must be restarted.",
            )
            assert (await late.ask({"op": "nonsense"}))["code"] == "60019"
        async with connected(socket, "/ws/v5/private") as late:
            answer = await late.ask(login_of(here.alice, here.venue.now_ms() // 1000))
            assert (answer["code"], answer["msg"]) == (
                "63999",
                "Login failed. The venue has halted and must be restarted.",
            )
            assert (await late.closed())[0] == 4001

    over_websocket(story)


@pytest.mark.parametrize("op", ["order", "batch-orders"])
@pytest.mark.parametrize("many", [1, 6], ids=["one", "six at once"])
def test_what_was_sent_before_a_halt_is_answered_before_the_end(op: str, many: int) -> None:
    """Also what waits behind the request that met the failure: in order, one answer each, then the close frame."""

    async def story(socket: Socket) -> None:
        here = socket.world
        async with connected(socket, "/ws/v5/private") as trading:
            await trading.login()
            before = list(here.opened.store.entries())
            Refusal(here.opened.store)
            order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "9", "sz": "1"}
            said = [{"id": str(number), "op": op, "args": [order]} for number in range(many)]
            await asyncio.gather(*(trading.send(message) for message in said))
            for number in range(many):
                answer = await trading.next()
                assert (answer["event"], answer["id"], answer["code"]) == ("error", str(number), "64007")
                assert answer["msg"].endswith("The venue has halted and must be restarted.")
            assert await trading.closed() == (1011, "The venue has halted and must be restarted")
        assert list(here.opened.store.entries()) == before

    over_websocket(story)


# ---- one transaction


def test_a_new_venue_and_a_reset_are_one_write_each() -> None:
    """Nothing of either can be there without the rest."""

    async def story() -> None:
        store = MemoryStore()
        batches: list[Any] = []
        whole = store.write

        def write(batch: WriteBatch) -> None:
            batches.append(batch)
            whole(batch)

        store.write = write  # type: ignore[method-assign]
        opened = boot.open_venue(None, mode="frozen", at_ms=AT_MS)
        key = record_of(opened.connection.users[0].keys[0], boot.ALICE)
        venue = Venue(
            store,
            load_parameters(),
            None,
            opened.venue.line.clock,
            seeds=seeds()[:2],
            keys=[key],
            settings={"market": "by-hand"},
        )
        await venue.start()
        (first,) = batches
        assert set(first.settings) == {"market", "genesis", "clock", "generation", "seeded_at_ms"}
        assert [found.api_key for found in first.keys] == [key.api_key]
        assert [entry.command[:11] for entry in first.entries] == [b'["CreateUse', b'["CreateUse', b'["NoteKeys"']
        await venue.reset()
        assert len(batches) == 2
        assert batches[1].reset is not None
        assert len(batches[1].entries) == 3
        await venue.stop()
        assert core.state_hash(recovery.recover(store, load_parameters(), 0).state) == core.state_hash(venue.state)

    asyncio.run(story())


def test_a_reset_forgets_what_was_on_its_way() -> None:
    async def story(here: World) -> None:
        asked = [
            here.control("POST", "users/alice/balance", BODIES["users/*/balance"]),
            here.control("POST", "reset"),
            here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "OKB", "amt": "3"}),
        ]
        for answer in await asyncio.gather(*asked):
            is_ok(answer)
        assert is_ok(await here.control("POST", "verify"))["ok"]
        assert verify(here.opened.store).ok

    within(story)


def test_a_time_in_the_answers_is_one_of_the_venue() -> None:
    """Of a call that was carried out after the halt, not even the time is told."""

    async def story(here: World) -> None:
        Refusal(here.opened.store)
        answer = await here.control("POST", "clock", {"at": iso(AT_MS + DAY_MS)})
        assert "now" not in is_error(answer, 503)

    within(story)
