"""A reset in the middle of a request: nothing that was asked before it touches anybody after it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tallystick.store.api import Entry
from tallystick.venue.interfaces import PageQuery
from tallystick.venue.keys import Credentials
from tests.server.harness import Socket, World, over_socket, within
from tests.server.test_control import is_ok
from tests.server.test_raw_http import until

HOUR_MS = 3_600_000
TRANSFER = "/api/v5/asset/transfer"
ORDER = "/api/v5/trade/order"


async def key_of(here: World, name: str) -> Credentials:
    await here.control("POST", "users", {"name": name})
    made = is_ok(await here.control("POST", f"users/{name}/keys", {"permissions": ["trade"]}))
    return Credentials(made["api_key"], made["secret_key"], made["passphrase"], ("read_only", "trade"))


class HalfSaid:
    """A signed request whose head and first bytes have come; `rest` sends what is left of its body."""

    def __init__(self, socket: Socket, key: Credentials, path: str, body: object, **headers: str) -> None:
        self.socket = socket
        self.body = json.dumps(body).encode()
        signed = socket.world.headers(key, "POST", path, self.body) | headers
        lines = [f"{name}: {text if isinstance(text, str) else text.decode()}" for name, text in signed.items() if text]
        head = (f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(self.body)}", *lines)
        self.head = "\r\n".join(head).encode() + b"\r\n\r\n"

    async def begin(self) -> None:
        self.reader, self.writer = await self.socket.open()
        self.writer.write(self.head + self.body[:5])
        await until(lambda: any(one.newest is not None for one in self.socket.connections))

    async def rest(self) -> dict[str, Any]:
        self.writer.write(self.body[5:])
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        found: dict[str, Any] = json.loads(await self.reader.readexactly(length))
        self.writer.close()
        return found


def test_a_key_that_a_reset_ends_in_the_middle_of_a_body_moves_nothing() -> None:
    """The number of its user is another's by then."""

    async def story(socket: Socket) -> None:
        here = socket.world
        carol = await key_of(here, "carol")
        said = HalfSaid(socket, carol, TRANSFER, {"ccy": "USDT", "amt": "77", "from": "6", "to": "18"})
        await said.begin()
        await here.control("POST", "reset", {})
        await here.control("POST", "users", {"name": "dave"})
        await here.control("POST", "users/dave/balance", {"account": "funding", "ccy": "USDT", "amt": "100"})
        before = await here.seq_and_hash()
        assert (await said.rest())["code"] == "50119"
        assert await here.seq_and_hash() == before

    over_socket(story)


def test_an_order_whose_time_is_over_when_its_body_is_whole_is_not_placed() -> None:
    async def story(socket: Socket) -> None:
        here = socket.world
        order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": "10"}
        until_ms = str(here.venue.now_ms() + 60_000)
        said = HalfSaid(socket, here.alice, ORDER, order, exptime=until_ms)
        await said.begin()
        await here.venue.advance(by_ms=HOUR_MS)
        assert (await said.rest())["code"] == "50036"

    over_socket(story)


@pytest.mark.parametrize("reset_first", [True, False])
def test_a_key_made_while_the_venue_is_reset_belongs_to_somebody_who_is_there(reset_first: bool) -> None:
    async def story(here: World) -> None:
        await here.control("POST", "users", {"name": "carol"})
        key = here.control("POST", "users/carol/keys", {"permissions": ["trade"]})
        both = (here.control("POST", "reset", {}), key) if reset_first else (key, here.control("POST", "reset", {}))
        await asyncio.gather(*both)
        users = set(here.venue.state.users)
        assert {one.user_id for one in here.venue.keys.values()} <= users
        assert 1003 not in users

    within(story)


def test_a_page_that_meets_a_reset_is_read_anew() -> None:
    """Rows of interest that is due are made in pieces; the venue is reset between two of them."""

    async def story(here: World) -> None:
        await here.venue.advance(by_ms=150 * HOUR_MS)
        asked = PageQuery("spot_interest", 1001, 0, 2**62, limit=250)
        assert len(await here.venue.histories.page(asked)) == 250
        found, _ = await asyncio.gather(here.venue.histories.page(asked), here.venue.reset())
        assert found == []

    within(story)


@pytest.mark.parametrize("target", ["/api/v5/asset/convert/history", "/api/v5/asset/bills", "/api/v5/account/bills"])
def test_a_page_of_an_ended_key_is_refused_and_shows_nobody_elses_rows(target: str) -> None:
    """The number of the user is another's before the rows are read."""

    async def story(here: World) -> None:
        carol = await key_of(here, "carol")
        page = here.venue.histories.page

        async def late(asked: PageQuery) -> list[bytes]:
            await here.control("POST", "reset", {})
            await key_of(here, "dave")
            for account in ("funding", "trading"):
                await here.control("POST", "users/dave/balance", {"account": account, "ccy": "USDT", "amt": "100"})
            return await page(asked)

        here.venue.histories.page = late  # type: ignore[method-assign]
        answer = await here.signed("GET", target, key=carol)
        assert answer.code == "50119", answer.body
        assert b'"100"' not in answer.body

    within(story)


def test_the_generation_stands_beside_every_number_of_an_entry() -> None:
    async def story(here: World) -> None:
        for generation in (1, 2, 3):
            assert is_ok(await here.control("GET", "health"))["generation"] == generation
            assert is_ok(await here.control("GET", "state-hash"))["generation"] == generation
            entries = is_ok(await here.control("GET", "journal?after=0&limit=1000"))["entries"]
            assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
            assert {entry["generation"] for entry in entries} == {generation}
            assert is_ok(await here.control("POST", "reset"))["generation"] == generation + 1

    within(story)


def test_a_journal_page_that_meets_a_reset_is_of_one_generation() -> None:
    async def story(here: World) -> None:
        await here.venue.advance(by_ms=30 * HOUR_MS)
        read = here.opened.store.entries_above

        async def late(seq: int, limit: int) -> list[Entry]:
            found = await read(seq, limit)
            if here.venue.generation == 1:
                await here.control("POST", "reset", {})
            return found

        here.opened.store.entries_above = late  # type: ignore[method-assign]
        found = is_ok(await here.control("GET", "journal?after=0&limit=1000"))["entries"]
        assert {entry["generation"] for entry in found} == {2}
        assert len(found) == here.venue.state.seq < 100

    within(story)


@pytest.mark.parametrize("at", ["2001-12-31T23:59:59Z", "2101-01-01", "yesterday"])
def test_a_reset_at_an_impossible_time_is_refused(at: str) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        assert (await here.control("POST", "reset", {"at": at})).status == 400
        assert await here.seq_and_hash() == before
        assert here.venue.generation == 1

    within(story)


def test_a_reset_at_a_time_answers_with_it() -> None:
    async def story(here: World) -> None:
        begun = is_ok(await here.control("POST", "reset", {"at": "2026-12-01T00:00:00Z"}))
        assert (begun["now"], begun["mode"]) == ("2026-12-01T00:00:00.000Z", "frozen")
        assert [user["name"] for user in begun["users"]] == ["alice", "bob"]

    within(story)


def test_a_public_page_that_meets_a_reset_is_of_one_generation() -> None:
    """The end of a time is read after the page; the venue is reset between the two."""

    async def story(here: World) -> None:
        await here.venue.advance(by_ms=3 * HOUR_MS)
        page = here.venue.histories.page
        read: list[PageQuery] = []

        async def late(asked: PageQuery) -> list[bytes]:
            found = await page(asked)
            read.append(asked)
            if len(read) == 1:
                await here.control("POST", "reset", {})
            return found

        here.venue.histories.page = late  # type: ignore[method-assign]
        answer = await here.ask("GET", "/api/v5/finance/savings/lending-rate-history?limit=1")
        begun_ms = here.venue.now_ms() - here.venue.now_ms() % HOUR_MS
        assert {row["ts"] for row in answer.json()["data"]} == {str(begun_ms)}
        assert len(read) > 2, "it was read anew"

    within(story)
