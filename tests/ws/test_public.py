"""Public channels: what a subscriber is told first, and then of every change."""

from __future__ import annotations

import asyncio
import random
import zlib
from typing import Any

import pytest

from tallystick.contract.channels import OfInstrument
from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.venue import boot
from tallystick.views.channels.market import candles_of
from tallystick.views.core import Caller
from tests.server.harness import AT_MS, Socket
from tests.ws.client import Client, connected, over_websocket

BTC = {"channel": "books", "instId": "BTC-USDT"}
BUSINESS = "/ws/v5/business"


async def set_book(socket: Socket, bids: list[list[str]], asks: list[list[str]], inst: str = "BTC-USDT") -> None:
    answer = await socket.world.control("POST", "market/book", {"instId": inst, "bids": bids, "asks": asks})
    assert answer.status == 200, answer.body


async def order(socket: Socket, **fields: str) -> str:
    body = {"instId": "BTC-USDT", "tdMode": "cash", "ordType": "limit"} | fields
    answer = (await socket.world.signed("POST", "/api/v5/trade/order", body)).json()
    assert answer["code"] == "0", answer
    return str(answer["data"][0]["ordId"])


async def rest_book(socket: Socket) -> dict[str, Any]:
    answer = (await socket.world.ask("GET", "/api/v5/market/books?instId=BTC-USDT&sz=400")).json()
    found: dict[str, Any] = answer["data"][0]
    return found


# ---- checksum


def checksum_by_the_rules(asks: list[list[str]], bids: list[list[str]]) -> int:
    """Written from the rules: one bid, one ask, and so on for 25 of each, as far as a side goes; CRC32, signed."""
    parts: list[str] = []
    for place in range(25):
        for side in (bids, asks):
            if place < len(side):
                parts += [side[place][0], side[place][1]]
    number = zlib.crc32(":".join(parts).encode())
    return number if number < 0x80000000 else number - 0x100000000


@pytest.mark.parametrize(
    ("bids", "asks", "expected"),
    [
        # Both worked examples of the documents' rule, computed from their texts.
        ([["3366.1", "7"], ["3366", "6"]], [["3366.8", "9"], ["3368", "8"]], -1881014294),
        ([["3366.1", "7"]], [["3366.8", "9"], ["3368", "8"], ["3372", "8"]], 831078360),
    ],
)
def test_checksum_of_the_worked_examples(bids: list[list[str]], asks: list[list[str]], expected: int) -> None:
    assert checksum_by_the_rules(asks, bids) == expected

    async def story(socket: Socket) -> None:
        await set_book(socket, bids, asks)
        async with connected(socket) as client:
            await client.subscribe(**BTC)
            snapshot = await client.next()
            assert snapshot["data"][0]["checksum"] == expected

    over_websocket(story)


# ---- books


class Book:
    """What a client keeps: the rules of the documents and nothing else."""

    def __init__(self) -> None:
        self.asks: dict[str, list[str]] = {}
        self.bids: dict[str, list[str]] = {}
        self.seq = -1

    def hear(self, message: dict[str, Any]) -> None:
        (row,) = message["data"]
        if message["action"] == "snapshot":
            assert row["prevSeqId"] == -1
            self.asks, self.bids = {}, {}
        else:
            assert row["prevSeqId"] == self.seq, "a message is missing"
        assert row["seqId"] >= self.seq
        self.seq = row["seqId"]
        for side, levels in ((self.asks, row["asks"]), (self.bids, row["bids"])):
            for level in levels:
                if level[1] == "0":
                    del side[level[0]]
                else:
                    side[level[0]] = level
        assert row["checksum"] == checksum_by_the_rules(self.sorted("asks"), self.sorted("bids"))

    def sorted(self, side: str) -> list[list[str]]:
        levels = self.asks if side == "asks" else self.bids
        return sorted(levels.values(), key=lambda level: float(level[0]), reverse=side == "bids")


def test_books_begin_whole_and_go_on_with_changes() -> None:
    async def story(socket: Socket) -> None:
        await set_book(socket, [["29990", "1"], ["29980", "2"]], [["30000", "1"], ["30010", "2"]])
        async with connected(socket) as client:
            assert await client.subscribe(**BTC) == {"event": "subscribe", "arg": BTC, "connId": "00000001"}
            snapshot = await client.next()
            seq = snapshot["data"][0]["seqId"]
            assert snapshot == {
                "arg": BTC,
                "action": "snapshot",
                "data": [
                    {
                        "asks": [["30000", "1", "0", "1"], ["30010", "2", "0", "1"]],
                        "bids": [["29990", "1", "0", "1"], ["29980", "2", "0", "1"]],
                        "ts": str(AT_MS),
                        "checksum": checksum_by_the_rules(
                            [["30000", "1"], ["30010", "2"]], [["29990", "1"], ["29980", "2"]]
                        ),
                        "prevSeqId": -1,
                        "seqId": seq,
                    }
                ],
            }
            # A bid of alice at a price of its own, and what she takes at the best ask.
            await order(socket, side="buy", px="29985", sz="0.5")
            update = await client.next()
            assert update["action"] == "update"
            assert (update["data"][0]["bids"], update["data"][0]["asks"]) == ([["29985", "0.5", "0", "1"]], [])
            assert (update["data"][0]["prevSeqId"], update["data"][0]["seqId"]) == (seq, seq + 1)
            await order(socket, side="sell", px="29990", sz="1", ordType="ioc")
            update = await client.next()
            assert update["data"][0]["bids"] == [["29990", "0", "0", "0"]], "the level is gone"

    over_websocket(story)


def test_who_comes_later_gets_the_book_the_next_update_fits() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as early, connected(socket) as late:
            first, second = Book(), Book()
            await early.subscribe(**BTC)
            first.hear(await early.next())
            for step in range(3):
                await order(socket, side="buy", px=str(20_000 + step), sz="0.01")
                first.hear(await early.next())
            await late.subscribe(**BTC)
            second.hear(await late.next())
            assert (second.asks, second.bids, second.seq) == (first.asks, first.bids, first.seq)
            await order(socket, side="buy", px="20100", sz="0.01")
            first.hear(await early.next())
            second.hear(await late.next())
            assert (second.asks, second.bids) == (first.asks, first.bids)

    over_websocket(story)


@pytest.mark.parametrize("seed", range(4))
def test_snapshot_and_updates_are_the_book_of_rest(seed: int) -> None:
    """A8: after every command the client's own book equals what REST answers, and no message is missing."""
    chance = random.Random(seed)

    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.subscribe(**BTC)
            book = Book()
            book.hear(await client.next())
            open_orders: list[str] = []
            for _ in range(40):
                before = await rest_book(socket)
                middle = float(before["asks"][0][0])
                act = chance.choice(["limit", "limit", "take", "cancel", "price", "held"])
                if act == "limit":
                    px = f"{middle * chance.uniform(0.97, 1.0):.1f}"
                    open_orders.append(await order(socket, side="buy", px=px, sz="0.0001"))
                elif act == "take":
                    side = chance.choice(["buy", "sell"])
                    await order(socket, side=side, ordType="market", sz="0.001", tgtCcy="base_ccy")
                elif act == "cancel" and open_orders:
                    body = {"instId": "BTC-USDT", "ordId": open_orders.pop()}
                    await socket.world.signed("POST", "/api/v5/trade/cancel-order", body)
                elif act == "price":
                    px = f"{middle * chance.uniform(0.99, 1.01):.1f}"
                    await socket.world.control("POST", "market/price", {"instId": "BTC-USDT", "px": px})
                else:
                    await socket.world.control("POST", "clock/advance", {"ms": chance.choice([1, 60_000, 900_000])})
                await hear_all(client, book)
                after = await rest_book(socket)
                assert book.sorted("asks") == after["asks"]
                assert book.sorted("bids") == after["bids"]

    over_websocket(story)


async def hear_all(client: Client, book: Book) -> None:
    await client.send("ping")
    while (message := await client.next()) != "pong":
        book.hear(message)


def test_a_book_nothing_happens_to_says_so_once_a_minute() -> None:
    async def story(socket: Socket) -> None:
        await set_book(socket, [["29990", "1"]], [["30000", "1"]])
        async with connected(socket) as client:
            await client.subscribe(**BTC)
            seq = (await client.next())["data"][0]["seqId"]
            await socket.world.control("POST", "clock/advance", {"ms": 60_000})
            quiet = (await client.next())["data"][0]
            assert (quiet["asks"], quiet["bids"], quiet["prevSeqId"], quiet["seqId"]) == ([], [], seq, seq)

    over_websocket(story)


def test_five_levels_and_the_best_are_whole_each_time() -> None:
    async def story(socket: Socket) -> None:
        bids = [[str(29_990 - step), "1"] for step in range(7)]
        await set_book(socket, bids, [["30000", "1"]])
        async with connected(socket) as client:
            await client.subscribe("books5", instId="BTC-USDT")
            five = await client.next()
            assert list(five) == ["arg", "data"]
            assert [level[0] for level in five["data"][0]["bids"]] == ["29990", "29989", "29988", "29987", "29986"]
            assert five["data"][0]["instId"] == "BTC-USDT"
            await client.subscribe("bbo-tbt", instId="BTC-USDT")
            best = (await client.next())["data"][0]
            assert (best["asks"], best["bids"]) == ([["30000", "1", "0", "1"]], [["29990", "1", "0", "1"]])
            # Below the fifth level nothing is shown; at the best price both channels tell, the best first.
            await order(socket, side="buy", px="29000", sz="0.001")
            await client.nothing_more()
            await order(socket, side="buy", px="29990", sz="0.5")
            said = [await client.next(), await client.next()]
            assert [message["arg"]["channel"] for message in said] == ["bbo-tbt", "books5"]
            assert said[0]["data"][0]["bids"] == [["29990", "1.5", "0", "2"]]

    over_websocket(story)


def test_channels_of_one_connection_are_told_in_the_documented_order() -> None:
    async def story(socket: Socket) -> None:
        await set_book(socket, [["29990", "1"]], [["30000", "1"]])
        names = ["books5", "books", "books50-l2-tbt", "bbo-tbt"]
        async with connected(socket) as client:
            await client.login()
            for name in names:
                assert (await client.subscribe(name, instId="BTC-USDT"))["event"] == "subscribe"
                await client.next()
            await order(socket, side="buy", px="29995", sz="0.001")
            said = [(await client.next())["arg"]["channel"] for _ in names]
            assert said == ["bbo-tbt", "books50-l2-tbt", "books", "books5"]

    over_websocket(story, highest_tier=True)


@pytest.mark.parametrize(
    ("channel", "surface", "code"),
    [
        ("books-l2-tbt", "2026-01", "60029"),
        ("books50-l2-tbt", "2026-01", "60030"),
        ("books-l2-tbt", "2026-08", "64003"),
        ("books50-l2-tbt", "2026-08", "64003"),
    ],
)
def test_fast_books_need_a_login_and_a_fee_tier(channel: str, surface: str, code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            assert (await client.subscribe(channel, instId="BTC-USDT"))["code"] == "60011"
            await client.login()
            assert (await client.subscribe(channel, instId="BTC-USDT"))["code"] == code

    over_websocket(story, surface=surface)


def test_the_full_book_excludes_its_smaller_copies() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.login()
            await client.subscribe("books-l2-tbt", instId="BTC-USDT")
            await client.next()
            answer = await client.subscribe("books", instId="BTC-USDT")
            assert answer["code"] == "64004"
            assert (await client.subscribe("books", instId="ETH-USDT"))["event"] == "subscribe"

    over_websocket(story, highest_tier=True)


# ---- gathering


def test_on_a_running_clock_changes_of_100_ms_are_told_together() -> None:
    """On a venue whose clock is this test's: three changes within 100 ms, then the time is over."""

    async def story(socket: Socket) -> None:
        wall = [AT_MS]
        clock: Any = socket.world.venue.line.clock
        clock._wall = lambda: wall[0]
        clock.set("real", 1)
        async with connected(socket) as client:
            book = Book()
            await client.subscribe(**BTC)
            book.hear(await client.next())
            wall[0] += 200
            await order(socket, side="buy", px="20000", sz="0.001")
            book.hear(await client.next())
            assert "20000" in book.bids
            wall[0] += 40
            await order(socket, side="buy", px="20001", sz="0.001")
            await order(socket, side="buy", px="20002", sz="0.001")
            await client.nothing_more()
            wall[0] += 60
            update = await client.next()
            book.hear(update)
            assert [level[0] for level in update["data"][0]["bids"]] == ["20002", "20001"]

    over_websocket(story)


@pytest.mark.parametrize("channel", ["bbo-tbt", "books5", "tickers"])
def test_who_comes_while_a_change_waits_hears_that_it_was_taken_back(channel: str) -> None:
    """An order at the top comes and goes within the interval; who subscribed in between saw it there."""

    async def story(socket: Socket) -> None:
        wall = [AT_MS]
        clock: Any = socket.world.venue.line.clock
        clock._wall = lambda: wall[0]
        clock.set("real", 1)
        await set_book(socket, [["29990", "1"]], [["30000", "1"]])
        async with connected(socket) as early, connected(socket) as late:
            await early.subscribe(channel, instId="BTC-USDT")
            await early.next()
            wall[0] += 1_000
            # Told at once, and the interval begins.
            await order(socket, side="sell", px="29999", sz="0.001")
            await early.next()
            wall[0] += 1
            number = await order(socket, side="buy", px="29995", sz="0.001")
            await late.subscribe(channel, instId="BTC-USDT")
            assert best_bid(await late.next()) == "29995"
            await socket.world.signed("POST", "/api/v5/trade/cancel-order", {"instId": "BTC-USDT", "ordId": number})
            wall[0] += 500
            assert best_bid(await late.next()) == "29990"

    over_websocket(story)


def best_bid(message: Any) -> str:
    row = message["data"][0]
    return str(row["bidPx"] if "bidPx" in row else row["bids"][0][0])


# ---- prices and trades


def test_tickers_are_those_of_rest_and_told_on_change() -> None:
    async def story(socket: Socket) -> None:
        await set_book(socket, [["29990", "1"]], [["30000", "1"]])
        async with connected(socket) as client:
            await client.subscribe("tickers", instId="BTC-USDT")
            rest = (await socket.world.ask("GET", "/api/v5/market/ticker?instId=BTC-USDT")).json()["data"]
            assert (await client.next())["data"] == rest
            await order(socket, side="buy", px="20000", sz="0.001")
            await client.nothing_more()
            await order(socket, side="buy", px="30000", sz="0.25")
            row = (await client.next())["data"][0]
            assert (row["last"], row["lastSz"], row["askSz"]) == ("30000", "0.25", "0.75")

    over_websocket(story)


def test_trades_of_one_price_are_told_together_and_one_by_one() -> None:
    async def story(socket: Socket) -> None:
        await set_book(socket, [["29990", "1"]], [["30000", "1"], ["30010", "1"]])
        world = socket.world
        body = {"instId": "BTC-USDT", "tdMode": "cash", "ordType": "limit", "side": "sell", "px": "30000", "sz": "0.1"}
        assert (await world.signed("POST", "/api/v5/trade/order", body, key=world.bob)).code == "0"
        async with connected(socket) as together, connected(socket, BUSINESS) as single:
            await together.subscribe("trades", instId="BTC-USDT")
            await single.subscribe("trades-all", instId="BTC-USDT")
            # 0.1 of bob and 1 of the house at 30000, then 0.05 at 30010: three matches, two prices.
            await world.control("POST", "users/alice/balance", {"account": "trading", "ccy": "USDT", "amt": "50000"})
            await order(socket, side="buy", px="30010", sz="1.15", ordType="ioc")
            rows = [(await together.next())["data"][0] for _ in range(2)]
            assert [(row["px"], row["sz"], row["count"], row["side"]) for row in rows] == [
                ("30000", "1.1", "2", "buy"),
                ("30010", "0.05", "1", "buy"),
            ]
            assert rows[0]["seqId"] == rows[1]["seqId"]
            ones = [(await single.next())["data"][0] for _ in range(3)]
            assert [(row["px"], row["sz"]) for row in ones] == [("30000", "0.1"), ("30000", "1"), ("30010", "0.05")]
            assert [row["tradeId"] for row in ones][1:] == [row["tradeId"] for row in rows]

    over_websocket(story)


def test_a_resting_order_the_house_crosses_is_taken_from_the_other_side() -> None:
    async def story(socket: Socket) -> None:
        await set_book(socket, [["29990", "1"]], [["30000", "1"]])
        await order(socket, side="buy", px="29995", sz="0.01")
        async with connected(socket) as client:
            await client.subscribe("trades", instId="BTC-USDT")
            await set_book(socket, [["29900", "1"]], [["29990", "1"]])
            row = (await client.next())["data"][0]
            assert (row["side"], row["px"], row["sz"]) == ("sell", "29995", "0.01")

    over_websocket(story)


def test_candles_run_and_are_closed_once() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30000"})
        async with connected(socket, BUSINESS) as client:
            await client.subscribe("candle1m", instId="BTC-USDT")
            first = (await client.next())["data"][0]
            assert (first[0], first[4], first[8]) == (str(AT_MS), "30000", "0")
            await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30500"})
            running = (await client.next())["data"]
            assert [(row[2], row[4], row[8]) for row in running] == [(running[0][2], "30500", "0")]
            await world.control("POST", "clock/advance", {"ms": 59_999})
            await client.nothing_more()
            await world.control("POST", "clock/advance", {"ms": 1})
            closed, opened = (await client.next())["data"]
            assert (closed[0], closed[4], closed[8]) == (str(AT_MS), "30500", "1")
            assert opened == [str(AT_MS + 60_000), "30500", "30500", "30500", "30500", "0", "0", "0", "0"]
            await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30600"})
            (running,) = (await client.next())["data"]
            assert (running[0], running[4], running[8]) == (str(AT_MS + 60_000), "30600", "0")
            assert [running, closed] == await rest_candles(socket, 2)

    over_websocket(story)


@pytest.mark.parametrize(("whose", "path"), [("index-", "index-candles"), ("mark-price-", "mark-price-candles")])
def test_candles_of_the_index_and_of_the_mark_price(whose: str, path: str) -> None:
    """Six members each; told as those of the price are, and what REST answers."""

    async def story(socket: Socket) -> None:
        world = socket.world
        await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30000"})
        async with connected(socket, BUSINESS) as client:
            channel = f"{whose}candle1m"
            assert (await client.subscribe(channel, instId="BTC-USDT"))["arg"]["channel"] == channel
            first = await client.next()
            assert first["arg"] == {"channel": channel, "instId": "BTC-USDT"}
            assert (len(first["data"][0]), first["data"][0][4], first["data"][0][5]) == (6, "30000", "0")
            await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30500"})
            (running,) = (await client.next())["data"]
            assert (running[0], running[4], running[5]) == (str(AT_MS), "30500", "0")
            await world.control("POST", "clock/advance", {"ms": 60_000})
            closed, opened = (await client.next())["data"]
            assert (closed[4], closed[5]) == ("30500", "1")
            assert opened == [str(AT_MS + 60_000), "30500", "30500", "30500", "30500", "0"]
            answer = await world.ask("GET", f"/api/v5/market/{path}?instId=BTC-USDT&bar=1m&limit=2")
            assert answer.json()["data"] == [opened, closed]

    over_websocket(story)


def test_which_candles_of_the_index_there_are() -> None:
    """None of a second (documented), five days only as a stream, and none on the public path."""

    async def story(socket: Socket) -> None:
        async with connected(socket, BUSINESS) as client:
            for channel in ("index-candle5D", "index-candle3Mutc", "mark-price-candle6Hutc", "mark-price-candle1W"):
                assert (await client.subscribe(channel, instId="ETH-USDT"))["event"] == "subscribe"
                await client.next()
            assert (await client.subscribe("index-candle1s", instId="BTC-USDT"))["code"] == "60018"
            assert (await client.subscribe("index-candle1m", instId="BTC-USD"))["code"] == "60018"
        async with connected(socket) as client:
            assert (await client.subscribe("mark-price-candle1m", instId="BTC-USDT"))["code"] == "64001"

    over_websocket(story)


async def rest_candles(socket: Socket, limit: int) -> list[list[str]]:
    answer = await socket.world.ask("GET", f"/api/v5/market/candles?instId=BTC-USDT&bar=1m&limit={limit}")
    found: list[list[str]] = answer.json()["data"]
    return found


def test_no_candle_is_left_out_or_left_open_when_nothing_happened_in_it() -> None:
    """Seven minutes without a price, then a price at the very end of the eighth, before anybody looks."""

    async def story(socket: Socket) -> None:
        world = socket.world
        await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30000"})
        async with connected(socket, BUSINESS) as client:
            await client.subscribe("candle1m", instId="BTC-USDT")
            await client.next()
            await world.control("POST", "clock/advance", {"ms": 7 * 60_000})
            quiet = (await client.next())["data"]
            assert [row[8] for row in quiet] == ["1"] * 7 + ["0"]
            assert quiet[::-1] == await rest_candles(socket, 8)
            await world.control("POST", "clock/advance", {"ms": 59_999})
            await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30700"})
            (late,) = (await client.next())["data"]
            assert (late[0], late[4], late[8]) == (quiet[-1][0], "30700", "0")

    over_websocket(story)


def test_a_candle_whose_price_is_gone_is_not_waited_for_until_a_price_comes() -> None:
    """A close that is due and never told would be asked for again and again."""

    async def story() -> None:
        opened = boot.open_venue(None, boot.BY_HAND, mode="frozen", at_ms=AT_MS)
        venue = opened.venue
        await venue.start()
        stream = candles_of("candle1m")(OfInstrument(instId="BTC-USDT"), 0)

        def caller() -> Caller:
            return Caller(0, venue.now_ms(), venue.market)

        await venue.submit(c.SetPrices(prices=(("BTC-USDT", 30_000 * ONE),)))
        assert stream.first(venue.state, caller()) is not None
        assert stream.next_ms(AT_MS) == AT_MS + 60_000
        await venue.submit(c.ReleaseMarket(instrument="BTC-USDT"))
        await venue.advance(by_ms=120_000)
        assert (stream.again(venue.state, caller()), stream.next_ms(AT_MS)) == (None, None)
        await venue.submit(c.SetPrices(prices=(("BTC-USDT", 31_000 * ONE),)))
        assert stream.change(venue.state, caller()) is not None
        assert stream.next_ms(AT_MS) == AT_MS + 180_000
        await venue.stop()
        opened.close()

    asyncio.run(story())


@pytest.mark.parametrize(("bar", "day"), [("5D", 20_465), ("5Dutc", 20_465)])
def test_candles_of_five_days_can_only_be_streamed(bar: str, day: int) -> None:
    """It is day 20,468 since 1970, by the clock of UTC+8 day 20,469; both belong to the five that begin with 20,465."""

    async def story(socket: Socket) -> None:
        world = socket.world
        await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30000"})
        async with connected(socket, BUSINESS) as client:
            assert (await client.subscribe(f"candle{bar}", instId="BTC-USDT"))["event"] == "subscribe"
            row = (await client.next())["data"][0]
            opened_ms = day * 86_400_000 - (8 * 3_600_000 if bar == "5D" else 0)
            assert (row[0], row[4], row[8]) == (str(opened_ms), "30000", "0")
        assert (await world.ask("GET", f"/api/v5/market/candles?instId=BTC-USDT&bar={bar}")).code == "51000"

    over_websocket(story)


def test_index_and_mark_price_follow_the_price_and_return() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30000"})
        async with connected(socket) as client:
            await client.subscribe("index-tickers", instId="BTC-USDT")
            assert (await client.next())["data"][0]["idxPx"] == "30000"
            await client.subscribe("mark-price", instId="BTC-USDT")
            assert (await client.next())["data"][0]["markPx"] == "30000"
            await client.subscribe("price-limit", instId="BTC-USDT")
            assert (await client.next())["data"][0]["enabled"] is False
            await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "30001"})
            said = [await client.next(), await client.next()]
            assert [row["data"][0].get("idxPx") or row["data"][0]["markPx"] for row in said] == ["30001", "30001"]
            await client.nothing_more()
            # Without a change the mark price comes again after 10 s, the index after a minute.
            await world.control("POST", "clock/advance", {"ms": 10_000})
            assert (await client.next())["arg"]["channel"] == "mark-price"
            await client.nothing_more()

    over_websocket(story)


def test_instruments_are_told_whole_and_then_those_that_change() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.subscribe("instruments", instType="SPOT")
            rows = (await client.next())["data"]
            rest = (await socket.world.ask("GET", "/api/v5/public/instruments?instType=SPOT")).json()["data"]
            assert rows == rest
            assert [row["instIdCode"] for row in rows] == [1_000_000_000 + place for place in range(len(rows))]
            await client.subscribe("instruments", instType="SWAP")
            assert (await client.next())["data"] == []
            await client.subscribe("status")
            await client.nothing_more()
            patch = {"instruments": {"ETH-USDT": {"min_size": "0.01"}}}
            assert (await socket.world.control("POST", "parameters", patch)).status == 200
            changed = (await client.next())["data"]
            assert [(row["instId"], row["minSz"]) for row in changed] == [("ETH-USDT", "0.01")]

    over_websocket(story)


# ---- subscribing


def test_every_argument_is_answered_for_itself() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            args = [{"channel": "status"}, {"channel": "nope"}, {"channel": "trades", "instId": "BTC-USDT"}]
            await client.send({"id": "12", "op": "subscribe", "args": args})
            answers = [await client.next() for _ in range(3)]
            assert [(answer["event"], answer["id"]) for answer in answers] == [
                ("subscribe", "12"),
                ("error", "12"),
                ("subscribe", "12"),
            ]
            assert [answers[0]["arg"], answers[2]["arg"]] == [args[0], args[2]]

    over_websocket(story)


@pytest.mark.parametrize(
    ("path", "arg", "code"),
    [
        ("/ws/v5/public", {"channel": "trades-all", "instId": "BTC-USDT"}, "64001"),
        ("/ws/v5/private", {"channel": "candle1D", "instId": "BTC-USDT"}, "64001"),
        (BUSINESS, {"channel": "tickers", "instId": "BTC-USDT"}, "64002"),
        (BUSINESS, {"channel": "account"}, "64002"),
        ("/ws/v5/private", {"channel": "tickers", "instId": "BTC-USDT"}, "60008"),
        ("/ws/v5/private", {"channel": "account"}, "60011"),
        ("/tally/v1/stream", {"channel": "account"}, "60011"),
        ("/ws/v5/public", {"channel": "instruments", "instType": "STOCK"}, "60033"),
    ],
)
def test_a_channel_that_is_not_to_be_had_here(path: str, arg: dict[str, str], code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, path) as client:
            answer = await client.ask({"op": "subscribe", "args": [arg]})
            assert (answer["event"], answer["code"]) == ("error", code)

    over_websocket(story)


def test_after_unsubscribing_nothing_comes_and_nothing_is_kept() -> None:
    async def story(socket: Socket) -> None:
        hub = socket.world.app.sockets.hub
        async with connected(socket) as client:
            await client.subscribe(**BTC)
            await client.next()
            answer = await client.ask({"op": "unsubscribe", "args": [BTC]})
            assert answer == {"event": "unsubscribe", "arg": BTC, "connId": answer["connId"]}
            await order(socket, side="buy", px="20000", sz="0.001")
            await client.nothing_more()
            assert (hub.streams, hub.by_topic) == ({}, {})
            await client.subscribe(**BTC)
            assert (await client.next())["action"] == "snapshot"
        while hub.sessions:
            await socket.world.venue.state_hash()
        assert (hub.streams, hub.by_topic) == ({}, {})

    over_websocket(story)


def test_subscribing_again_sends_the_whole_again() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            book = Book()
            for _ in range(2):
                await client.subscribe(**BTC)
                book.hear(await client.next())
            await order(socket, side="buy", px="20000", sz="0.001")
            book.hear(await client.next())
            await client.nothing_more()

    over_websocket(story)


def test_a_thousand_subscriptions_of_one_connection() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, "/ws/v5/private") as client:
            await client.login()
            args = [{"channel": "orders", "instType": "SWAP", "instFamily": f"F{place}"} for place in range(1_001)]
            for start in range(0, 1_001, 200):
                await client.send({"op": "subscribe", "args": args[start : start + 200]})
            assert (await client.closed())[0] == 4009

    over_websocket(story)
