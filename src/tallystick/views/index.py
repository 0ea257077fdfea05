"""Index tickers, components of an index, and the exchange rate of the yuan."""

from __future__ import annotations

from tallystick.contract import index as contract
from tallystick.contract.core import Nothing
from tallystick.engine.amounts import ONE
from tallystick.engine.state import Market, State
from tallystick.views.candles import DAY_MS, UTC8_MS, price_at, priced_candle
from tallystick.views.core import Caller, QueryView, Refusal, View, amount

USD_CNY = 7_162 * ONE // 1_000
"""Yuan per dollar; no balance depends on it (chosen: decisions/025)."""


def index_tickers(state: State, request: contract.IndexTickers, caller: Caller) -> tuple[contract.IndexTickersRow, ...]:
    """Tickers of the indices of the pairs; those without a price are left out. 51014 for an unknown index."""
    if request.instId and request.instId not in state.parameters.instruments:
        raise Refusal("51014")
    rows = []
    for name, instrument in state.parameters.instruments.items():
        market = state.markets.get(name)
        wanted = name == request.instId if request.instId else instrument.quote_ccy == request.quoteCcy
        if wanted and market is not None and market.index > 0:
            rows.append(_ticker(market, caller))
    return tuple(rows)


def _ticker(market: Market, caller: Caller) -> contract.IndexTickersRow:
    now_ms, index = caller.at_ms, market.index
    day = priced_candle(caller.market, market, now_ms - DAY_MS, now_ms + 1)
    return contract.IndexTickersRow(
        instId=market.instrument,
        idxPx=amount(index),
        high24h=amount(max(day.high, index) if day else index),
        sodUtc0=amount(price_at(caller.market, market, now_ms - now_ms % DAY_MS) or index),
        open24h=amount(day.open if day else index),
        low24h=amount(min(day.low, index) if day else index),
        sodUtc8=amount(price_at(caller.market, market, now_ms - (now_ms + UTC8_MS) % DAY_MS) or index),
        ts=str(now_ms),
    )


def index_components(
    state: State, request: contract.IndexComponents, caller: Caller
) -> tuple[contract.IndexComponentsRow]:
    """Components: the price recorded or set by hand, and the venue's last trade, with shares. 51014: unknown index."""
    market = state.markets.get(request.index)
    if request.index not in state.parameters.instruments or market is None:
        raise Refusal("51014")
    own = state.parameters.index_own_share if market.last_size else 0
    parts = [("Recording", market.recorded, ONE - own)]
    if own:
        parts.append(("Tallystick", market.last, own))
    return (
        contract.IndexComponentsRow(
            components=tuple(
                contract.IndexComponent(
                    symbol=request.index.replace("-", "/"),
                    symPx=amount(price),
                    wgt=amount(weight),
                    cnvPx=amount(price),
                    exch=exchange,
                )
                for exchange, price, weight in parts
            ),
            last=amount(market.index),
            index=request.index,
            ts=str(caller.at_ms),
        ),
    )


def exchange_rate(state: State, request: Nothing, caller: Caller) -> tuple[contract.ExchangeRateRow]:
    return (contract.ExchangeRateRow(usdCny=amount(USD_CNY)),)


VIEWS: dict[str, View] = {
    "index_tickers": QueryView(contract.IndexTickers, index_tickers),
    "index_components": QueryView(contract.IndexComponents, index_components),
    "exchange_rate": QueryView(Nothing, exchange_rate),
}
