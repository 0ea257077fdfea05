"""Control calls of snapshots, and what a restore means for those who are connected."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.server.harness import AT_MS, Socket, World, iso, within
from tests.server.test_across_a_reset import key_of
from tests.server.test_control import is_error, is_ok
from tests.ws.client import connected, over_websocket

HOUR_MS = 3_600_000
PRIVATE = "/ws/v5/private"
CONFIG = "/api/v5/account/config"


def test_a_snapshot_is_saved_listed_restored_and_deleted() -> None:
    async def story(here: World) -> None:
        assert is_ok(await here.control("GET", "snapshots"))["snapshots"] == []
        carol = await key_of(here, "carol")
        seq = here.venue.state.seq
        saved = is_ok(await here.control("POST", "snapshots", {"name": "before"}))
        expected = {"name": "before", "at": iso(AT_MS), "seq": seq, "generation": 1}
        assert saved == {"ok": True} | expected
        assert is_ok(await here.control("GET", "snapshots"))["snapshots"] == [expected]
        await here.control("POST", "clock/advance", {"by": "3h"})
        later = await key_of(here, "dave")
        begun = is_ok(await here.control("POST", "snapshots/before/restore"))
        assert (begun["generation"], begun["now"]) == (2, iso(AT_MS))
        assert [user["name"] for user in begun["users"]] == ["alice", "bob", "carol"]
        assert is_ok(await here.control("GET", "health"))["seq"] == seq
        assert (await here.signed("GET", CONFIG, key=carol)).code == "0"
        assert (await here.signed("GET", CONFIG, key=later)).code == "50119"
        assert is_ok(await here.control("DELETE", "snapshots/before"))["snapshots"] == []
        assert is_ok(await here.control("POST", "verify"))["ok"]

    within(story)


def test_refusals_say_what_to_do() -> None:
    async def story(here: World) -> None:
        is_ok(await here.control("POST", "snapshots", {"name": "before"}))
        before = await here.seq_and_hash()
        refused = is_error(await here.control("POST", "snapshots", {"name": "before"}), 409)
        assert refused["hint"] == "delete it first, or take another name"
        assert "1 to 64 characters" in is_error(await here.control("POST", "snapshots", {"name": "a b"}), 409)["hint"]
        is_error(await here.control("POST", "snapshots", {}), 400)
        for method, path in (("POST", "snapshots/after/restore"), ("DELETE", "snapshots/after")):
            refused = is_error(await here.control(method, path), 404)
            assert refused == {"message": "there is no snapshot 'after'", "hint": "there are: before"}
        is_error(await here.control("GET", "snapshots/before"), 405)
        assert await here.seq_and_hash() == before
        assert here.venue.generation == 1

    within(story)


def test_limits_and_cursors_of_the_later_past_are_forgotten() -> None:
    async def story(here: World) -> None:
        is_ok(await here.control("POST", "snapshots", {"name": "before"}))
        repay = {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
        path = "/api/v5/trade/one-click-repay-v2"
        assert (await here.signed("POST", path, repay)).code == "0"
        assert (await here.signed("POST", path, repay)).code == "50011"
        is_ok(await here.control("POST", "snapshots/before/restore"))
        assert (await here.signed("POST", path, repay)).code == "0"

    within(story, limits="exact")


@pytest.mark.parametrize("stored", [False, True])
def test_a_request_overtaken_by_a_restore_goes_on_with_its_key(stored: bool, tmp_path: Path) -> None:
    """Its user is who they were; only what has ended meanwhile is refused."""

    async def story(here: World) -> None:
        is_ok(await here.control("POST", "snapshots", {"name": "before"}))
        asked = here.signed("GET", "/api/v5/asset/bills")
        answer, _ = await asyncio.gather(asked, here.control("POST", "snapshots/before/restore"))
        assert answer.code == "0"

    within(story, folder=tmp_path / "venue" if stored else None)


def test_the_streams_end_at_a_restore() -> None:
    async def story(socket: Socket) -> None:
        here = socket.world
        is_ok(await here.control("POST", "snapshots", {"name": "before"}))
        carol = await key_of(here, "carol")
        async with connected(socket, PRIVATE) as hers, connected(socket, PRIVATE) as his:
            await hers.login(carol)
            await his.login(here.bob)
            await here.control("POST", "snapshots/before/restore")
            assert (await hers.closed())[0] == 4007
            assert (await his.closed())[0] == 1012

    over_websocket(story)


HANDSHAKE = (
    b"GET /ws/v5/public HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_a_stream_tells_its_generation_as_it_begins() -> None:
    """All numbers of entries on it are of this one, since every stream ends with its generation."""

    async def story(socket: Socket) -> None:
        for generation in (1, 2):
            reader, writer = await socket.open()
            writer.write(HANDSHAKE)
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
            assert b"\r\nx-tally-generation: %d\r\n" % generation in answer
            await socket.world.control("POST", "reset")
            writer.close()

    over_websocket(story)
