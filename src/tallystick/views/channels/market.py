"""Channels of prices, trades, candles and instruments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tallystick.contract.candles import CandlesRow, IndexCandlesRow
from tallystick.contract.channel_rows import SingleTradeRow, TradeRow
from tallystick.contract.channels import OfInstrument
from tallystick.contract.core import Request, Row
from tallystick.contract.index import IndexTickers
from tallystick.contract.market import Instruments, InstrumentsRow, InstrumentType, Ticker
from tallystick.contract.public import MarkPrice, PriceLimit
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event, OrderFilled
from tallystick.engine.state import State
from tallystick.views import candles, index, market, public
from tallystick.views.candles import CandlesAsked
from tallystick.views.channels.core import NUMBERS, Each, Latest, Say
from tallystick.views.core import Caller, amount
from tallystick.views.trades import is_match, side_of

INDEX_QUIET_MS = 60_000
MARK_QUIET_MS = 10_000
TOGETHER_MAX = 300
"""Candles in one message at most, as many as one request may ask for."""
Q = TypeVar("Q", bound=Request)
AnyCandlesRow: TypeAlias = CandlesRow | IndexCandlesRow
AskCandles: TypeAlias = Callable[[State, CandlesAsked, Caller], tuple[AnyCandlesRow, ...]]


class Shown(Latest, Generic[Q]):
    """Rows of a public query, sent whole each time one of them changed in more than its time."""

    def __init__(
        self, ask: Callable[[State, Q, Caller], tuple[Row, ...]], request: Q, instrument: str, repeat_ms: int = 0
    ) -> None:
        self.ask = ask
        self.request = request
        self.topics = (("instrument", instrument),)
        self.repeat_ms = repeat_ms
        self.last: tuple[Row, ...] | None = None

    def first(self, state: State, caller: Caller) -> Say | None:
        rows = self.ask(state, self.request, caller)
        if self.last is None:
            self.last = _timeless(rows)
        return Say(rows) if rows else None

    def change(self, state: State, caller: Caller) -> Say | None:
        rows = self.ask(state, self.request, caller)
        before, self.last = self.last, _timeless(rows)
        return None if self.last == before or not rows else Say(rows)

    def again(self, state: State, caller: Caller) -> Say | None:
        self.last = None
        return self.change(state, caller)


def _timeless(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(replace(row, ts="") for row in rows)


def tickers(argument: OfInstrument, user_id: int) -> Shown[Ticker]:
    return Shown(market.ticker, Ticker(instId=argument.instId), argument.instId)


def index_tickers(argument: OfInstrument, user_id: int) -> Shown[IndexTickers]:
    return Shown(index.index_tickers, IndexTickers(instId=argument.instId), argument.instId, INDEX_QUIET_MS)


def mark_price(argument: OfInstrument, user_id: int) -> Shown[MarkPrice]:
    request = MarkPrice(instType="MARGIN", instId=argument.instId)
    return Shown(public.mark_price, request, argument.instId, MARK_QUIET_MS)


def price_limit(argument: OfInstrument, user_id: int) -> Shown[PriceLimit]:
    return Shown(public.price_limit, PriceLimit(instId=argument.instId), argument.instId)


class Newest(Struct, frozen=True):
    """Query for the newest candles of a bar; `views.candles` answers it."""

    instId: str
    bar: str
    after: int | None = None
    before: int | None = None
    limit: int = 1


class CandleStream(Latest):
    """The running candle, sent when it changes and when it closes, then with all candles after it.

    A message has the newest `TOGETHER_MAX` at most. `newest` is the query for the newest candle, `ask` answers it.
    """

    def __init__(self, ask: AskCandles, newest: Newest) -> None:
        self.topics = (("instrument", newest.instId),)
        self.ask = ask
        self.newest = newest
        self.last: AnyCandlesRow | None = None
        self.closes_ms: int | None = None

    def next_ms(self, last_ms: int) -> int | None:
        return self.closes_ms

    def first(self, state: State, caller: Caller) -> Say | None:
        rows = self.ask(state, self.newest, caller)
        if self.last is None and rows:
            self._take(rows[0])
        return Say(rows) if rows else None

    def change(self, state: State, caller: Caller) -> Say | None:
        request = self.newest
        if self.last is not None:
            request = replace(request, before=int(self.last.ts) - 1, limit=TOGETHER_MAX)
        rows = tuple(row for row in reversed(self.ask(state, request, caller)) if row != self.last)
        if not rows:
            return None
        self._take(rows[-1])
        return Say(rows)

    def again(self, state: State, caller: Caller) -> Say | None:
        """Message of changes. Without a price no candle can close, so the next call waits for a price."""
        say = self.change(state, caller)
        if say is None:
            self.closes_ms = None
        return say

    def _take(self, row: AnyCandlesRow) -> None:
        self.last = row
        self.closes_ms = candles.closing(self.newest.bar, int(row.ts))


class InstrumentList(Latest):
    topics = (NUMBERS,)

    def __init__(self, kind: InstrumentType) -> None:
        self.request = Instruments(instType=kind)
        self.last: set[InstrumentsRow] = set()

    def first(self, state: State, caller: Caller) -> Say:
        rows = self._rows(state, caller)
        if not self.last:
            self.last = set(rows)
        return Say(rows)

    def change(self, state: State, caller: Caller) -> Say | None:
        rows = self._rows(state, caller)
        new = tuple(row for row in rows if row not in self.last)
        self.last = set(rows)
        return Say(new) if new else None

    def _rows(self, state: State, caller: Caller) -> tuple[InstrumentsRow, ...]:
        return market.instruments(state, self.request, caller) if self.request.instType == "SPOT" else ()


def _matches(events: Sequence[Event], instrument: str) -> list[OrderFilled]:
    return [event for event in events if is_match(event) and event.instrument == instrument]


class Trades(Each):
    """One message per taking order and price."""

    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self.topics = (("instrument", instrument),)

    def told(self, stamp: Stamp, events: Sequence[Event], state: State, caller: Caller) -> list[Say]:
        matches = groupby(_matches(events, self.instrument), key=lambda fill: (fill.order_id, fill.price))
        return [Say((self._row(list(group), stamp),)) for _, group in matches]

    def _row(self, group: list[OrderFilled], stamp: Stamp) -> TradeRow:
        last = group[-1]
        return TradeRow(
            instId=self.instrument,
            tradeId=str(last.trade_id),
            px=amount(last.price),
            sz=amount(sum(fill.size for fill in group)),
            side=side_of(last),
            ts=str(stamp.at_ms),
            count=str(len(group)),
            seqId=stamp.seq,
        )


class SingleTrades(Each):
    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self.topics = (("instrument", instrument),)

    def told(self, stamp: Stamp, events: Sequence[Event], state: State, caller: Caller) -> list[Say]:
        return [Say((self._row(fill, stamp),)) for fill in _matches(events, self.instrument)]

    def _row(self, fill: OrderFilled, stamp: Stamp) -> SingleTradeRow:
        return SingleTradeRow(
            instId=self.instrument,
            tradeId=str(fill.trade_id),
            px=amount(fill.price),
            sz=amount(fill.size),
            side=side_of(fill),
            ts=str(stamp.at_ms),
        )


CANDLES: dict[str, AskCandles] = {
    "": candles.history_candles,
    "index-": candles.history_index_candles,
    "mark-price-": candles.history_mark_price_candles,
}
"""Text before "candle" in the name of a channel -> function that answers the query for its candles."""


def candles_of(channel: str) -> Callable[[OfInstrument, int], CandleStream]:
    """Function that makes the teller of a channel of candles; the bar follows "candle" in its name."""
    whose, _, bar = channel.partition("candle")
    ask = CANDLES[whose]
    return lambda argument, user_id: CandleStream(ask, Newest(argument.instId, bar))
