"""Candles of traded, index and mark prices, from the recording, prices set by hand, and the venue's own trades.

Prices set by hand are laid over the recording for as long as they were held. A trade of the venue counts in
the candle of its second: its price in high and low, its size in the volume, its price as the close where no price
came after it. Index and mark candles leave trades out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from tallystick.contract import candles as contract
from tallystick.engine import prices
from tallystick.engine.parameters import Instrument
from tallystick.engine.state import Market, State
from tallystick.views.core import Caller, CandleLike, MarketHistory, QueryView, Refusal, View, amount

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
UTC8_MS = 8 * HOUR_MS
MONDAY_MS = 4 * DAY_MS
LOOK_BACK_MS = 60 * DAY_MS
"""Oldest age of a candle that is looked for; the recording is shorter."""
LATEST = 1_440
"""Candles that the endpoints without "history" in their path go back."""

BARS_MS = {
    "1s": SECOND_MS,
    "1m": MINUTE_MS, "3m": 3 * MINUTE_MS, "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "30m": 30 * MINUTE_MS,
    "1H": HOUR_MS, "2H": 2 * HOUR_MS, "4H": 4 * HOUR_MS, "6H": 6 * HOUR_MS, "12H": 12 * HOUR_MS,
    "1D": DAY_MS, "2D": 2 * DAY_MS, "3D": 3 * DAY_MS, "5D": 5 * DAY_MS, "1W": 7 * DAY_MS,
}  # fmt: skip
BY_UTC8 = ("6H", "12H", "1D", "2D", "3D", "5D", "1W", "1M", "3M")
"""Bars that open by the clock of UTC+8 unless their name ends in `utc` (documented)."""
MONTHS = {"1M": 1, "3M": 3}


def opening(bar: str, at_ms: int) -> int:
    """Opening time of the candle that contains `at_ms`."""
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


class _Bar(Struct, frozen=True):
    """One candle of an answer, in [open_ms, end_ms). Months differ in length, so the end is given."""

    open_ms: int
    end_ms: int
    candle: CandleLike


class CandlesAsked(Protocol):
    """Query for at most `limit` candles of one bar, newest first; `after` and `before` are exclusive opening times."""

    @property
    def instId(self) -> str: ...
    @property
    def bar(self) -> str: ...
    @property
    def after(self) -> int | None: ...
    @property
    def before(self) -> int | None: ...
    @property
    def limit(self) -> int: ...


def _bars(
    request: CandlesAsked, now_ms: int, latest: bool, seen: Callable[[int, int], CandleLike | None]
) -> list[_Bar]:
    """Candles, newest first; `after` asks for older, `before` for newer opening times, both exclusive."""
    oldest_ms = max(now_ms - LOOK_BACK_MS, request.before + 1 if request.before is not None else 0)
    length_ms = BARS_MS.get(request.bar.removesuffix("utc"))
    if latest and length_ms is not None:
        oldest_ms = max(oldest_ms, opening(request.bar, now_ms) - (LATEST - 1) * length_ms)
    newest_ms = min(now_ms, request.after - 1 if request.after is not None else now_ms)
    bars: list[_Bar] = []
    end_ms = None
    while newest_ms >= 0 and len(bars) < request.limit:
        open_ms = opening(request.bar, newest_ms)
        if open_ms < oldest_ms:
            break
        if end_ms is None:
            end_ms = closing(request.bar, open_ms)
        candle = seen(open_ms, min(end_ms, now_ms + 1))
        if candle is None:
            break
        bars.append(_Bar(open_ms, end_ms, candle))
        end_ms, newest_ms = open_ms, open_ms - 1
    return bars


def _candles(state: State, request: CandlesAsked, caller: Caller, latest: bool) -> tuple[contract.CandlesRow, ...]:
    require(state, request.instId)
    market = state.markets.get(request.instId) or Market(request.instId)
    bars = _bars(
        request, caller.at_ms, latest, lambda from_ms, to_ms: seen_candle(caller.market, market, from_ms, to_ms)
    )
    return tuple(_candle_row(bar, bar.end_ms <= caller.at_ms, market) for bar in bars)


def candles(state: State, request: contract.Candles, caller: Caller) -> tuple[contract.CandlesRow, ...]:
    """The latest 1,440 bars at most; 51001 for an unknown instrument."""
    return _candles(state, request, caller, latest=True)


def history_candles(state: State, request: CandlesAsked, caller: Caller) -> tuple[contract.CandlesRow, ...]:
    """Bars as far back as there are prices; 51001 for an unknown instrument."""
    return _candles(state, request, caller, latest=False)


def _index_candles(
    state: State, request: CandlesAsked, caller: Caller, latest: bool, missing: str
) -> tuple[contract.IndexCandlesRow, ...]:
    if request.instId not in state.parameters.instruments:
        raise Refusal(missing)
    market = state.markets.get(request.instId) or Market(request.instId)
    bars = _bars(
        request, caller.at_ms, latest, lambda from_ms, to_ms: priced_candle(caller.market, market, from_ms, to_ms)
    )
    return tuple(
        contract.IndexCandlesRow(
            ts=str(bar.open_ms),
            o=amount(bar.candle.open),
            h=amount(bar.candle.high),
            l=amount(bar.candle.low),
            c=amount(bar.candle.close),
            confirm="1" if bar.end_ms <= caller.at_ms else "0",
        )
        for bar in bars
    )


def index_candles(state: State, request: CandlesAsked, caller: Caller) -> tuple[contract.IndexCandlesRow, ...]:
    """Candles of the index, from recorded prices and those set by hand; 51014 for an unknown index."""
    return _index_candles(state, request, caller, True, "51014")


def history_index_candles(state: State, request: CandlesAsked, caller: Caller) -> tuple[contract.IndexCandlesRow, ...]:
    return _index_candles(state, request, caller, False, "51014")


def mark_price_candles(state: State, request: CandlesAsked, caller: Caller) -> tuple[contract.IndexCandlesRow, ...]:
    """Candles of the mark price, which is the index of the pair; 51001 for an unknown instrument."""
    return _index_candles(state, request, caller, True, "51001")


def history_mark_price_candles(
    state: State, request: CandlesAsked, caller: Caller
) -> tuple[contract.IndexCandlesRow, ...]:
    return _index_candles(state, request, caller, False, "51001")


def require(state: State, name: str) -> Instrument:
    """The named instrument; 51001 for an unknown one."""
    instrument = state.parameters.instruments.get(name)
    if instrument is None:
        raise Refusal("51001")
    return instrument


def closing(bar: str, open_ms: int) -> int:
    """Closing time of the candle that opened at `open_ms`."""
    name = bar.removesuffix("utc")
    return opening(bar, open_ms + MONTHS[name] * 32 * DAY_MS) if name in MONTHS else open_ms + BARS_MS[name]


def _candle_row(bar: _Bar, closed: bool, market: Market) -> contract.CandlesRow:
    """The row of a candle. A candle that still runs closes at the last price so far; high and low include it."""
    candle = bar.candle
    close = candle.close if closed else prices.reference(market) or candle.close
    quote = amount(candle.volume_quote)
    return contract.CandlesRow(
        ts=str(bar.open_ms),
        o=amount(candle.open),
        h=amount(max(candle.high, close)),
        l=amount(min(candle.low, close)),
        c=amount(close),
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
    """Candle of the venue's prices and its own trades in [from_ms, to_ms); None without either.

    It opens at the last price before, which is that of a trade where no price was given since.
    """
    priced = _carried(history, market, from_ms, to_ms)
    own = history.traded(market.instrument, from_ms, to_ms)
    if own is None:
        return priced
    if priced is None:
        return own
    return _Seen(
        open=priced.open,
        high=max(priced.high, own.high),
        low=min(priced.low, own.low),
        close=own.close if own.last_ms >= _priced_at(history, market, to_ms - 1) else priced.close,
        volume=priced.volume + own.volume,
        volume_quote=priced.volume_quote + own.volume_quote,
    )


def _carried(history: MarketHistory, market: Market, from_ms: int, to_ms: int) -> CandleLike | None:
    """Candle of the prices in [from_ms, to_ms), opened by the last trade before where that was still the last price."""
    priced = priced_candle(history, market, from_ms, to_ms)
    before = history.last_before(market.instrument, from_ms)
    if before is None or before.last_ms < _priced_at(history, market, from_ms):
        return priced
    last = before.close
    if priced is None or _priced_at(history, market, to_ms - 1) < from_ms:
        return _Seen(last, last, last, last)
    return _Seen(
        open=last,
        high=max(last, priced.high),
        low=min(last, priced.low),
        close=priced.close,
        volume=priced.volume,
        volume_quote=priced.volume_quote,
    )


def _priced_at(history: MarketHistory, market: Market, at_ms: int) -> int:
    """Time the price in force at `at_ms` was given: by the recording, by hand, or by release of a held price."""
    by_hand_ms = max((change_ms for change_ms, _ in market.held_points if change_ms <= at_ms), default=0)
    return by_hand_ms if _held_at(market, at_ms) else max(by_hand_ms, history.moved_at(market.instrument, at_ms))


def priced_candle(history: MarketHistory, market: Market, from_ms: int, to_ms: int) -> CandleLike | None:
    """Candle of the prices in [from_ms, to_ms): those held by hand, elsewhere the recording."""
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
        open=parts[0].open,
        high=max(part.high for part in parts),
        low=min(part.low for part in parts),
        close=parts[-1].close,
        volume=sum(part.volume for part in parts),
        volume_quote=sum(part.volume_quote for part in parts),
    )


def _held_at(market: Market, at_ms: int) -> int:
    """The price held by hand at a time; 0 where the recording was in force."""
    held = 0
    for change_ms, price in market.held_points:
        if change_ms > at_ms:
            break
        held = price
    return held


def price_at(history: MarketHistory, market: Market, at_ms: int) -> int:
    return _held_at(market, at_ms) or history.price_at(market.instrument, at_ms)


VIEWS: dict[str, View] = {
    "candles": QueryView(contract.Candles, candles),
    "history_candles": QueryView(contract.HistoryCandles, history_candles),
    "index_candles": QueryView(contract.IndexCandles, index_candles),
    "history_index_candles": QueryView(contract.IndexCandles, history_index_candles),
    "mark_price_candles": QueryView(contract.IndexCandles, mark_price_candles),
    "history_mark_price_candles": QueryView(contract.IndexCandles, history_mark_price_candles),
}
