"""Trades, candles and books as everybody sees them. The clock stands still at 2026-01-15 18:00 UTC."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.contract.trades import HistoryTrades
from tallystick.engine.core import Stamp
from tallystick.engine.events import OrderFilled
from tallystick.venue.recording import NoRecording
from tallystick.venue.traded import OwnTrades
from tallystick.views import Caller
from tallystick.views.trades import history_trades, number_at
from tests.server.harness import AT_MS, World, within
from tests.store.at_once import at_once

MARKET = "/api/v5/market/"
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


async def rows(here: World, target: str) -> list[Any]:
    answer = (await here.ask("GET", MARKET + target)).json()
    assert answer["code"] == "0", answer
    found: list[Any] = answer["data"]
    return found


async def order(here: World, side: str, sz: str, px: str, *, key: Any = None, kind: str = "limit") -> None:
    body = {"instId": "BTC-USDT", "tdMode": "cash", "side": side, "ordType": kind, "sz": sz, "px": px}
    answer = (await here.signed("POST", "/api/v5/trade/order", body, key=key)).json()
    assert answer["code"] == "0", answer


async def quiet(here: World) -> None:
    """BTC at 40,000 by hand, with nobody but users in the book."""
    await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
    await here.control("POST", "market/book", {"instId": "BTC-USDT", "bids": [], "asks": []})


async def four_trades(here: World) -> None:
    """Two at 18:00:00 and 18:00:05 with a buyer as the taker, then one with a seller, then the house as the seller."""
    await quiet(here)
    await order(here, "sell", "0.01", "40100")
    await order(here, "buy", "0.004", "40100", key=here.bob)
    await here.control("POST", "clock/advance", {"ms": 5_000})
    await order(here, "sell", "0.001", "39900", key=here.bob)
    await order(here, "buy", "0.001", "39900")
    await order(here, "buy", "0.01", "39000")
    await order(here, "sell", "0.003", "39000", key=here.bob)
    await here.control("POST", "market/book", {"instId": "BTC-USDT", "bids": [], "asks": [["38000", "0.5"]]})


def test_a_match_is_one_trade_of_the_takers_side() -> None:
    async def story(here: World) -> None:
        assert await rows(here, "trades?instId=BTC-USDT") == []
        await four_trades(here)
        found = await rows(here, "trades?instId=BTC-USDT")
        assert found[3] == {
            "instId": "BTC-USDT",
            "side": "buy",
            "sz": "0.004",
            "source": "0",
            "px": "40100",
            "tradeId": "1",
            "ts": str(AT_MS),
        }
        assert [(row["tradeId"], row["side"], row["sz"], row["px"]) for row in found[:3]] == [
            ("4", "sell", "0.007", "39000"),
            ("3", "sell", "0.003", "39000"),
            ("2", "buy", "0.001", "39900"),
        ]
        assert await rows(here, "trades?instId=BTC-USDT&limit=2") == found[:2]
        assert await rows(here, "trades?instId=ETH-USDT") == []

    within(story)


def test_older_trades_by_number_and_by_time() -> None:
    async def story(here: World) -> None:
        await four_trades(here)
        asked = "history-trades?instId=BTC-USDT"

        async def numbers(more: str) -> list[str]:
            return [row["tradeId"] for row in await rows(here, asked + more)]

        assert await numbers("") == ["4", "3", "2", "1"]
        assert await numbers("&after=3&limit=1") == ["2"]
        assert await numbers("&before=2") == ["4", "3"]
        assert await numbers("&after=4&before=1") == ["3", "2"]
        assert await numbers(f"&type=2&after={AT_MS + 5_000}") == ["1"]
        assert await numbers(f"&type=2&after={AT_MS + 5_001}") == ["4", "3", "2", "1"]
        assert await numbers(f"&type=2&after={AT_MS}") == []
        assert await rows(here, "history-trades?instId=ETH-USDT&type=2") == []

    within(story)


def test_a_time_among_the_numbers() -> None:
    times = [10, 10, 20, 30]

    async def time_of(number: int) -> int:
        return times[number - 1]

    assert [at_once(number_at(time_of, 4, at_ms)) for at_ms in (5, 10, 11, 20, 30, 31)] == [1, 1, 3, 3, 4, 5]
    assert at_once(number_at(time_of, 0, 5)) == 1


def test_trades_are_kept_for_three_months() -> None:
    async def story(here: World) -> None:
        caller = Caller(0, AT_MS, here.venue.market)
        asked = history_trades(here.venue.state, HistoryTrades(instId="BTC-USDT"), caller)
        assert asked.from_ms == AT_MS - 90 * DAY_MS

    within(story)


def test_trades_stand_in_the_candles() -> None:
    """40,000 by hand from 18:00 on; 0.004 at 40,100, 0.001 at 39,900 and 0.01 at 39,000 are 590.3 USDT."""

    async def story(here: World) -> None:
        await four_trades(here)
        (candle,) = await rows(here, "candles?instId=BTC-USDT&limit=1")
        assert candle == [str(AT_MS), "40000", "40100", "39000", "39000", "0.015", "590.3", "590.3", "0"]
        (first,) = await rows(here, f"history-candles?instId=BTC-USDT&bar=1s&after={AT_MS + 1_000}&limit=1")
        assert first == [str(AT_MS), "40000", "40100", "40000", "40100", "0.004", "160.4", "160.4", "1"]
        await here.control("POST", "clock/advance", {"ms": MINUTE_MS})
        running, closed = await rows(here, "candles?instId=BTC-USDT&limit=2")
        assert closed == [*candle[:8], "1"]
        # It opens, and so far closes, at the last price: nothing came after the trade at 39,000.
        assert running == [str(AT_MS + MINUTE_MS), "39000", "39000", "39000", "39000", "0", "0", "0", "0"]
        (index,) = await rows(here, f"index-candles?instId=BTC-USDT&after={AT_MS + 1}&limit=1")
        assert index == [str(AT_MS), "40000", "40000", "40000", "40000", "1"]
        for path in ("history-index-candles", "mark-price-candles", "history-mark-price-candles"):
            assert await rows(here, f"{path}?instId=BTC-USDT&after={AT_MS + 1}&limit=1") == [index]
        # A price given after the last trade is the close again.
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "41000"})
        await here.control("POST", "clock/advance", {"ms": MINUTE_MS})
        (after,) = await rows(here, f"candles?instId=BTC-USDT&after={AT_MS + MINUTE_MS + 1}&limit=1")
        assert after[1:5] == ["39000", "41000", "39000", "41000"]

    within(story)


@pytest.mark.parametrize("px", ["40000.123456789", "39999.987654321"])
def test_a_running_candle_spans_its_close(px: str) -> None:
    """The last price is a multiple of the tick, 0.1; what was set by hand is not."""

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": px})
        (candle,) = await rows(here, "candles?instId=BTC-USDT&limit=1")
        _, first, high, low, close = (float(value) for value in candle[:5])
        assert low <= min(first, close)
        assert max(first, close) <= high

    within(story)


def test_trades_stand_in_the_candles_after_a_new_start() -> None:
    async def story(here: World) -> None:
        await four_trades(here)
        await rows(here, "trades?instId=BTC-USDT")
        again = OwnTrades(NoRecording())
        await again.read(here.opened.store, here.venue.state.last_trade_id)
        for from_ms, to_ms in ((AT_MS - DAY_MS, AT_MS + 60_000), (AT_MS, AT_MS + 1_000), (AT_MS - HOUR_MS, AT_MS)):
            found = again.traded("BTC-USDT", from_ms, to_ms)
            assert found == here.venue.market.traded("BTC-USDT", from_ms, to_ms)
        assert again.traded("BTC-USDT", AT_MS - HOUR_MS, AT_MS) is None
        assert again.traded("ETH-USDT", AT_MS, AT_MS + 1) is None

    within(story)


def test_sums_of_any_length_are_those_of_their_trades() -> None:
    """A trade each 700 ms for two hours and a bit, at 1, 2, 3, ...: every stretch of whole seconds adds up."""
    own = OwnTrades(NoRecording())
    one = 10**18
    for number in range(1, 12_000):
        fill = OrderFilled(
            order_id=1,
            user_id=1,
            trade_id=number,
            instrument="X-USDT",
            side="buy",
            price=number * one,
            size=one,
            fee=0,
            fee_ccy="X",
            maker=False,
            other_order_id=0,
            released=0,
            house_price=0,
        )
        own.note(Stamp(number, number * 700), [fill])
    for from_ms, to_ms in ((0, 8_400_000), (1_000, 2_000), (59_000, 3_661_000), (3_600_000, 7_200_000)):
        numbers = [number for number in range(1, 12_000) if from_ms <= number * 700 < to_ms]
        found = own.traded("X-USDT", from_ms, to_ms)
        assert found is not None
        assert (found.open, found.close) == (numbers[0] * one, numbers[-1] * one)
        assert (found.low, found.high) == (numbers[0] * one, numbers[-1] * one)
        assert (found.volume, found.volume_quote) == (len(numbers) * one, sum(numbers) * one)
        assert found.last_ms == numbers[-1] * 700


def test_the_last_trade_before_a_second_is_found_however_far_back() -> None:
    """Trades at 1, 2 and 61 seconds and at 3 hours and a second, at 1, 2, 3 and 4."""
    own = OwnTrades(NoRecording())
    one = 10**18
    times = (1_500, 2_700, 61_000, 10_801_000)
    for number, at_ms in enumerate(times, 1):
        fill = OrderFilled(
            order_id=1,
            user_id=1,
            trade_id=number,
            instrument="X-USDT",
            side="buy",
            price=number * one,
            size=one,
            fee=0,
            fee_ccy="X",
            maker=False,
            other_order_id=0,
            released=0,
            house_price=0,
        )
        own.note(Stamp(number, at_ms), [fill])
    for at_ms in (1_000, 1_999, 2_000, 3_000, 61_999, 62_000, 3_600_000, 7_200_000, 10_801_999, 10_802_000, 10**9):
        found = own.last_before("X-USDT", at_ms)
        expected = [number for number, trade_ms in enumerate(times, 1) if trade_ms < at_ms - at_ms % 1_000]
        assert (found.close // one if found else None) == (expected[-1] if expected else None), at_ms
        assert found is None or found.last_ms == times[expected[-1] - 1]
    assert own.last_before("Y-USDT", 10**9) is None


def test_latest_candles_go_back_1440_bars_and_history_further() -> None:
    async def story(here: World) -> None:
        old = AT_MS - 1_440 * MINUTE_MS
        assert await rows(here, f"candles?instId=BTC-USDT&after={old + 1}") == []
        (last,) = await rows(here, f"candles?instId=BTC-USDT&after={old + MINUTE_MS + 1}")
        assert last[0] == str(old + MINUTE_MS)
        further = await rows(here, f"history-candles?instId=BTC-USDT&after={old + 1}&limit=2")
        assert [row[0] for row in further] == [str(old), str(old - MINUTE_MS)]

    within(story)


def test_books_of_every_kind() -> None:
    async def story(here: World) -> None:
        levels = [[str(39_000 - number), "0.5"] for number in range(30)]
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        await here.control("POST", "market/book", {"instId": "BTC-USDT", "bids": levels, "asks": [["41000", "1"]]})
        (full,) = await rows(here, "books-full?instId=BTC-USDT&sz=5000")
        assert (len(full["bids"]), full["bids"][0], full["asks"]) == (30, ["39000", "0.5", "1"], [["41000", "1", "1"]])
        assert list(full) == ["asks", "bids", "ts"]
        (shallow,) = await rows(here, "books-full?instId=BTC-USDT")
        assert len(shallow["bids"]) == 1
        (lite,) = await rows(here, "books-lite?instId=BTC-USDT")
        assert (len(lite["bids"]), lite["bids"][0]) == (25, ["39000", "0.5", "0", "1"])
        (rpi,) = await rows(here, "books-rpi?instId=BTC-USDT&sz=2")
        assert rpi["bids"] == [["39000", "0.5", "0.5", "1"], ["38999", "0.5", "0.5", "1"]]

    within(story)


def test_indices() -> None:
    """With a share of a quarter the last trade at 40,100 lifts the index of 40,000 by 25."""

    async def story(here: World) -> None:
        await quiet(here)
        (row,) = await rows(here, "index-tickers?instId=BTC-USDT")
        assert (row["instId"], row["idxPx"], row["ts"]) == ("BTC-USDT", "40000", str(AT_MS))
        assert float(row["low24h"]) <= float(row["open24h"]) <= float(row["high24h"])
        assert len(await rows(here, "index-tickers?quoteCcy=USDT")) == 10
        assert await rows(here, "index-tickers?quoteCcy=BTC") == []
        body = {"constants": {"index_own_share": "0.25"}}
        assert (await here.control("POST", "parameters", body)).status == 200
        await order(here, "sell", "0.01", "40100")
        await order(here, "buy", "0.004", "40100", key=here.bob)
        answer = (await here.ask("GET", MARKET + "index-components?index=BTC-USDT")).json()
        data = answer["data"]
        assert (data["index"], data["last"]) == ("BTC-USDT", "40025")
        assert [(part["exch"], part["symPx"], part["wgt"], part["symbol"]) for part in data["components"]] == [
            ("Recording", "40000", "0.75", "BTC/USDT"),
            ("Tallystick", "40100", "0.25", "BTC/USDT"),
        ]

    within(story)


def test_turnover_and_the_yuan() -> None:
    async def story(here: World) -> None:
        before = (await rows(here, "platform-24-volume"))[0]["volUsd"]
        await four_trades(here)
        (after,) = await rows(here, "platform-24-volume")
        # Five seconds of the market went by in the nine other pairs, so there is more than the 590.3 of our own.
        assert float(after["volUsd"]) > 0
        assert float(before) > 0
        assert float(after["volCny"]) == pytest.approx(float(after["volUsd"]) * 7.162)
        assert await rows(here, "exchange-rate") == [{"usdCny": "7.162"}]

    within(story)


@pytest.mark.parametrize(
    "target",
    [
        "block-tickers?instType=SPOT",
        "block-ticker?instId=BTC-USDT",
        "block-trades?instId=BTC-USDT",
        "call-auction-details?instId=BTC-USDT",
    ],
)
def test_nothing_of_it_is_here(target: str) -> None:
    async def story(here: World) -> None:
        assert await rows(here, target) == []

    within(story)


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("trades", "50014", "instId"),
        ("trades?instId=BTC-NOPE", "51001", ""),
        ("trades?instId=BTC-USDT&limit=0", "51000", "limit"),
        ("history-trades?instId=BTC-USDT&type=3", "51000", "type"),
        ("history-trades?instId=BTC-USDT&limit=1.5", "51000", "limit"),
        ("history-trades?instId=BTC-USDT&type=2&before=1", "50039", "before"),
        ("history-trades?instId=BTC-NOPE", "51001", ""),
        ("candles?instId=BTC-USDT&bar=1s", "51000", "bar"),
        ("history-candles?instId=BTC-USDT&limit=0", "51000", "limit"),
        ("history-candles?instId=BTC-NOPE", "51001", ""),
        ("index-candles?instId=BTC-NOPE", "51014", ""),
        ("index-candles?instId=BTC-USDT&limit=1e2", "51000", "limit"),
        ("history-index-candles?instId=BTC-NOPE", "51014", ""),
        ("mark-price-candles?instId=BTC-NOPE", "51001", ""),
        ("history-mark-price-candles", "50014", "instId"),
        ("books-full?instId=BTC-USDT&sz=5001", "51000", "sz"),
        ("books-full?instId=BTC-NOPE", "51001", ""),
        ("books-lite", "50014", "instId"),
        ("books-rpi?instId=BTC-USDT&sz=0", "51000", "sz"),
        ("index-tickers", "50015", "quoteCcy"),
        ("index-tickers?quoteCcy=EUR", "51000", "quoteCcy"),
        ("index-tickers?instId=BTC-NOPE", "51014", ""),
        ("index-components", "50014", "index"),
        ("index-components?index=BTC-NOPE", "51014", ""),
        ("block-ticker?instId=BTC-NOPE", "51001", ""),
        ("block-tickers", "50014", "instType"),
        ("call-auction-details", "50014", "instId"),
    ],
)
def test_what_is_refused(target: str, code: str, said: str) -> None:
    async def story(here: World) -> None:
        answer = (await here.ask("GET", MARKET + target)).json()
        assert answer["code"] == code
        assert said in answer["msg"]

    within(story)
