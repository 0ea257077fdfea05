"""Public trades: one row per match, with the taker's side. The recording has no trades, only candles.

A match of a user with the house is one fill; one of two users is two fills that share their number. The fill
that got the number first makes the row. So the numbers of the table are 1, 2, 3 without a gap, over all
instruments, and a binary search finds a time among them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Never, TypeGuard

import msgspec

from tallystick.contract import trades as contract
from tallystick.contract.core import Nothing, Page
from tallystick.contract.trade import Side
from tallystick.engine import prices
from tallystick.engine.amounts import mul_down
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event, OrderFilled
from tallystick.engine.state import Market, State
from tallystick.store.api import HistoryRow
from tallystick.views.candles import DAY_MS, require, seen_candle
from tallystick.views.core import Caller, QueryView, Refusal, TradesAsked, TradesView, View, amount
from tallystick.views.index import USD_CNY
from tallystick.views.tables import TRADES

NOBODY = 0
"""User id of public rows."""
KEPT_MS = 90 * DAY_MS
"""Age of the oldest trade in the history: three months."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(contract.TradesRow).decode


def is_match(event: Event) -> TypeGuard[OrderFilled]:
    """True for the fill that stands for the whole match: the taker's, or the maker's where the house took."""
    return type(event) is OrderFilled and (not event.maker or event.other_order_id == 0)


def side_of(match: OrderFilled) -> Side:
    """Side of the taker."""
    return "buy" if (match.side == "buy") != match.maker else "sell"


def stored_row(event: OrderFilled, stamp: Stamp) -> HistoryRow:
    row = contract.TradesRow(
        instId=event.instrument,
        side=side_of(event),
        sz=amount(event.size),
        px=amount(event.price),
        tradeId=str(event.trade_id),
        ts=str(stamp.at_ms),
    )
    return TRADES.row(NOBODY, event.trade_id, 0, row, instId=event.instrument)


def read_row(body: bytes) -> contract.TradesRow:
    """A stored row, read back."""
    return _decode(body)


async def number_at(time_of: Callable[[int], Awaitable[int]], newest: int, at_ms: int) -> int:
    """First number whose trade was made at `at_ms` or later; `newest` + 1 where none was."""
    low, high = 1, newest + 1
    while low < high:
        middle = (low + high) // 2
        if await time_of(middle) < at_ms:
            low = middle + 1
        else:
            high = middle
    return low


def trades(state: State, request: contract.Trades, caller: Caller) -> TradesAsked:
    """Query for the newest trades; 51001 for an unknown instrument."""
    require(state, request.instId)
    return TradesAsked(request.instId, request.limit)


def history_trades(state: State, request: contract.HistoryTrades, caller: Caller) -> TradesAsked:
    """Query for trades older than `after`, newer than `before`.

    Refused, first that applies: `before` with times (50039), an unknown instrument (51001).
    """
    if request.type == "2" and request.before is not None:
        raise Refusal("50039")
    require(state, request.instId)
    kept_ms = caller.at_ms - KEPT_MS
    if request.type == "2":
        to_ms = None if request.after is None else request.after - 1
        return TradesAsked(request.instId, request.limit, from_ms=kept_ms, to_ms=to_ms)
    return TradesAsked(
        request.instId,
        request.limit,
        min_number=0 if request.before is None else request.before + 1,
        max_number=2**63 - 1 if request.after is None else request.after - 1,
        from_ms=kept_ms,
    )


def _history_page(declared: Page, request: contract.HistoryTrades) -> Page:
    return contract.BY_TIME if request.type == "2" else declared


def platform_volume(state: State, request: Nothing, caller: Caller) -> tuple[contract.PlatformVolumeRow]:
    """Volume of 24 hours: quote volumes of all pairs at the present price of the quote currency."""
    now_ms, usd = caller.at_ms, 0
    for name, instrument in state.parameters.instruments.items():
        market = state.markets.get(name) or Market(name)
        day = seen_candle(caller.market, market, now_ms - DAY_MS, now_ms + 1)
        usd += prices.usd_value(state, instrument.quote_ccy, day.volume_quote) if day else 0
    return (contract.PlatformVolumeRow(volCny=amount(mul_down(usd, USD_CNY)), volUsd=amount(usd), ts=str(now_ms)),)


def no_blocks(state: State, request: contract.OneInstrument, caller: Caller) -> tuple[Never, ...]:
    """Empty list of block trades and auctions; 51001 for an unknown instrument."""
    require(state, request.instId)
    return ()


VIEWS: dict[str, View] = {
    "trades": TradesView(contract.Trades, trades),
    "history_trades": TradesView(contract.HistoryTrades, history_trades, _history_page),
    "platform_volume": QueryView(Nothing, platform_volume),
    "block_tickers": QueryView(contract.BlockTickers, lambda state, request, caller: ()),
    "block_ticker": QueryView(contract.OneInstrument, no_blocks),
    "block_trades": QueryView(contract.OneInstrument, no_blocks),
    "call_auction": QueryView(contract.OneInstrument, no_blocks),
}
