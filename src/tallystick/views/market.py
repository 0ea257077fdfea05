"""Public market data: from the state where it is now, from the recording where it was.

Prices set by hand are laid over the recording for as long as they were held, so candles show what
the venue really traded on. Volumes are the recording's; the venue's own trades are not in them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from msgspec import Struct

from tallystick.contract import market as contract
from tallystick.engine import orders, prices
from tallystick.engine.parameters import Instrument
from tallystick.engine.state import Market, State
from tallystick.views.core import Caller, CandleLike, MarketHistory, QueryView, Refusal, View, amount

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
UTC8_MS = 8 * HOUR_MS
MONDAY_MS = 4 * DAY_MS
LOOK_BACK_MS = 60 * DAY_MS
"""Candles are not looked for further back than this; the recording is shorter."""
UNLIMITED = "99999999999"


def time(state: State, request: Any, caller: Caller) -> tuple[contract.TimeRow]:
    return (contract.TimeRow(ts=str(caller.at_ms)),)


def instruments(state: State, request: contract.Instruments, caller: Caller) -> tuple[contract.InstrumentsRow, ...]:
    """Spot only; the other types are known and empty.

    Refused: options without a family (50015), an instrument that is not there (51001).
    """
    if request.instType == "OPTION" and not request.uly and not request.instFamily:
        raise Refusal("50015", param="uly", other="instFamily")
    if request.instId and (request.instType != "SPOT" or request.instId not in state.parameters.instruments):
        raise Refusal("51001")
    if request.instType != "SPOT":
        return ()
    return tuple(
        _instrument_row(instrument)
        for instrument in state.parameters.instruments.values()
        if not request.instId or request.instId == instrument.instrument
    )


def _instrument_row(instrument: Instrument) -> contract.InstrumentsRow:
    return contract.InstrumentsRow(
        baseCcy=instrument.base_ccy,
        instId=instrument.instrument,
        instType="SPOT",
        lever="",
        listTime=str(instrument.listed_at_ms),
        lotSz=amount(instrument.lot),
        maxIcebergSz=UNLIMITED,
        maxLmtAmt=UNLIMITED,
        maxLmtSz=UNLIMITED,
        maxMktAmt=UNLIMITED,
        maxMktSz=UNLIMITED,
        maxStopSz=UNLIMITED,
        maxTriggerSz=UNLIMITED,
        maxTwapSz=UNLIMITED,
        minSz=amount(instrument.min_size),
        quoteCcy=instrument.quote_ccy,
        tradeQuoteCcyList=(instrument.quote_ccy,),
        tickSz=amount(instrument.tick),
    )


def ticker(state: State, request: contract.Ticker, caller: Caller) -> tuple[contract.TickerRow]:
    return (_ticker(state, _require(state, request.instId), caller),)


def tickers(state: State, request: contract.Tickers, caller: Caller) -> tuple[contract.TickerRow, ...]:
    if request.instType != "SPOT":
        return ()
    return tuple(_ticker(state, instrument, caller) for instrument in state.parameters.instruments.values())


def _require(state: State, name: str) -> Instrument:
    instrument = state.parameters.instruments.get(name)
    if instrument is None:
        raise Refusal("51001")
    return instrument


def _ticker(state: State, instrument: Instrument, caller: Caller) -> contract.TickerRow:
    name = instrument.instrument
    market = state.markets.get(name) or Market(name)
    asks = orders.visible_levels(state, instrument, "asks")
    bids = orders.visible_levels(state, instrument, "bids")
    now_ms = caller.at_ms
    day = seen_candle(caller.market, market, now_ms - DAY_MS, now_ms + 1)
    last = prices.reference(market)
    return contract.TickerRow(
        instType="SPOT",
        instId=name,
        last=amount(last),
        lastSz=amount(market.last_size),
        askPx=amount(asks[0][0]) if asks else "",
        askSz=amount(asks[0][1]) if asks else "",
        bidPx=amount(bids[0][0]) if bids else "",
        bidSz=amount(bids[0][1]) if bids else "",
        open24h=amount(day.open if day else last),
        high24h=amount(max(day.high, last) if day else last),
        low24h=amount(min(day.low, last) if day else last),
        volCcy24h=amount(day.volume_quote if day else 0),
        vol24h=amount(day.volume if day else 0),
        sodUtc0=amount(_price_at(caller.market, market, now_ms - now_ms % DAY_MS) or last),
        sodUtc8=amount(_price_at(caller.market, market, now_ms - (now_ms + UTC8_MS) % DAY_MS) or last),
        ts=str(now_ms),
    )


def books(state: State, request: contract.Books, caller: Caller) -> tuple[contract.BooksRow]:
    """Users' resting orders and the house's quotes together; the order count takes the house for one."""
    instrument = _require(state, request.instId)
    return (
        contract.BooksRow(
            asks=_levels(state, instrument, "asks", request.sz),
            bids=_levels(state, instrument, "bids", request.sz),
            ts=str(caller.at_ms),
        ),
    )


def _levels(state: State, instrument: Instrument, side: str, depth: int) -> tuple[tuple[str, str, str, str], ...]:
    house = {price for price, _ in prices.house_levels(state, instrument, side)}
    resting: dict[int, int] = {}
    book = state.books.get(instrument.instrument)
    if book:
        for key, _, _ in book.bids if side == "bids" else book.asks:
            resting[abs(key)] = resting.get(abs(key), 0) + 1
    return tuple(
        (amount(price), amount(size), "0", str(resting.get(price, 0) + (price in house)))
        for price, size in orders.visible_levels(state, instrument, side)[:depth]
    )


# ---- candles

BARS_MS = {
    "1m": MINUTE_MS, "3m": 3 * MINUTE_MS, "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "30m": 30 * MINUTE_MS,
    "1H": HOUR_MS, "2H": 2 * HOUR_MS, "4H": 4 * HOUR_MS, "6H": 6 * HOUR_MS, "12H": 12 * HOUR_MS,
    "1D": DAY_MS, "2D": 2 * DAY_MS, "3D": 3 * DAY_MS, "1W": 7 * DAY_MS,
}  # fmt: skip
BY_UTC8 = ("6H", "12H", "1D", "2D", "3D", "1W", "1M", "3M")
"""Bars that open by the clock of UTC+8 unless their name ends in `utc` (documented)."""
MONTHS = {"1M": 1, "3M": 3}


def opening(bar: str, at_ms: int) -> int:
    """When the candle opened that holds `at_ms`."""
    name = bar.removesuffix("utc")
    shift_ms = UTC8_MS if bar in BY_UTC8 else 0
    local_ms = at_ms + shift_ms
    if name in MONTHS:
        day = dt.datetime.fromtimestamp(local_ms // 1000, dt.UTC)
        month = (day.month - 1) // MONTHS[name] * MONTHS[name] + 1
        return int(dt.datetime(day.year, month, 1, tzinfo=dt.UTC).timestamp()) * 1000 - shift_ms
    origin_ms = MONDAY_MS if name == "1W" else 0
    length_ms = BARS_MS[name]
    return local_ms - (local_ms - origin_ms) % length_ms - shift_ms


def candles(state: State, request: contract.Candles, caller: Caller) -> tuple[contract.CandlesRow, ...]:
    """Newest first; `after` asks for older, `before` for newer opening times, both exclusive."""
    _require(state, request.instId)
    market = state.markets.get(request.instId) or Market(request.instId)
    now_ms = caller.at_ms
    oldest_ms = max(now_ms - LOOK_BACK_MS, request.before + 1 if request.before is not None else 0)
    newest_ms = min(now_ms, request.after - 1 if request.after is not None else now_ms)
    rows: list[contract.CandlesRow] = []
    end_ms = None
    while newest_ms >= 0 and len(rows) < request.limit:
        open_ms = opening(request.bar, newest_ms)
        if open_ms < oldest_ms:
            break
        if end_ms is None:
            end_ms = _closing(request.bar, open_ms)
        seen = seen_candle(caller.market, market, open_ms, min(end_ms, now_ms + 1))
        if seen is None:
            break
        rows.append(_candle_row(open_ms, seen, end_ms <= now_ms))
        end_ms, newest_ms = open_ms, open_ms - 1
    return tuple(rows)


def _closing(bar: str, open_ms: int) -> int:
    name = bar.removesuffix("utc")
    return opening(bar, open_ms + MONTHS[name] * 32 * DAY_MS) if name in MONTHS else open_ms + BARS_MS[name]


def _candle_row(open_ms: int, candle: CandleLike, closed: bool) -> contract.CandlesRow:
    quote = amount(candle.volume_quote)
    return contract.CandlesRow(
        ts=str(open_ms),
        o=amount(candle.open),
        h=amount(candle.high),
        l=amount(candle.low),
        c=amount(candle.close),
        vol=amount(candle.volume),
        volCcy=quote,
        volCcyQuote=quote,
        confirm="1" if closed else "0",
    )


class _Seen(Struct, frozen=True):
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    volume_quote: int = 0


def seen_candle(history: MarketHistory, market: Market, from_ms: int, to_ms: int) -> CandleLike | None:
    """What the venue saw in [from_ms, to_ms): the recording, and over it the prices held by hand."""
    if not market.held_points or (market.held_points[-1][0] < from_ms and market.held_points[-1][1] == 0):
        return history.candle(market.instrument, from_ms, to_ms - from_ms, to_ms)
    parts: list[CandleLike] = []
    at_ms, held = from_ms, _held_at(market, from_ms)
    for change_ms, price in (*market.held_points, (to_ms, 0)):
        end_ms = min(change_ms, to_ms)
        if end_ms > at_ms:
            part = (
                _Seen(held, held, held, held)
                if held
                else history.candle(market.instrument, at_ms, end_ms - at_ms, end_ms)
            )
            if part is not None:
                parts.append(part)
            at_ms = end_ms
        if from_ms <= change_ms < to_ms:
            held = price
    if not parts:
        return None
    return _Seen(
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        sum(part.volume for part in parts),
        sum(part.volume_quote for part in parts),
    )


def _held_at(market: Market, at_ms: int) -> int:
    """The price held by hand at a time, 0 where the recording ruled."""
    held = 0
    for change_ms, price in market.held_points:
        if change_ms > at_ms:
            break
        held = price
    return held


def _price_at(history: MarketHistory, market: Market, at_ms: int) -> int:
    return _held_at(market, at_ms) or history.price_at(market.instrument, at_ms)


VIEWS: dict[str, View] = {
    "time": QueryView(time),
    "instruments": QueryView(instruments),
    "tickers": QueryView(tickers),
    "ticker": QueryView(ticker),
    "books": QueryView(books),
    "candles": QueryView(candles),
}
