"""Convert: currencies, quotes, trades and their history."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.contract import convert as contract
from tallystick.contract.core import Nothing
from tallystick.engine import convert as engine
from tallystick.engine import prices
from tallystick.engine.amounts import ONE, cut, lift, unit_of
from tallystick.engine.commands import AskQuote, TradeQuote
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event, QuoteGiven, QuoteTraded
from tallystick.engine.state import State
from tallystick.views import kinds
from tallystick.views.core import Caller, CommandView, PageView, QueryView, Refusal, View, amount, atoms, only
from tallystick.views.tables import CONVERTS

LARGE = "1"
"""Value of `convertMode` for large conversions; the default surface has no such parameter."""
HISTORY_PRICE_UNIT = unit_of(6)
"""Unit of prices in the history, 6 decimals; times are cut to the second (observed: 2932.401044)."""


def currencies(state: State, request: Nothing, caller: Caller) -> tuple[contract.ConvertCurrenciesRow, ...]:
    return tuple(contract.ConvertCurrenciesRow(ccy=ccy) for ccy in state.parameters.currencies)


def currency_pair(
    state: State, request: contract.ConvertCurrencyPair, caller: Caller
) -> tuple[contract.ConvertCurrencyPairRow]:
    """Limits of a pair. Base and quote are those of the listed pair in either direction; unlisted pairs as asked."""
    known = state.parameters.currencies
    for ccy in (request.fromCcy, request.toCcy):
        if ccy not in known:
            raise Refusal("51012")
    if request.fromCcy == request.toCcy:
        raise Refusal("58358")
    base, quote = request.fromCcy, request.toCcy
    if f"{quote}-{base}" in state.parameters.instruments:
        base, quote = quote, base
    base_index, quote_index = prices.usd_index(state, base), prices.usd_index(state, quote)
    if base_index <= 0 or quote_index <= 0:
        raise Refusal("58009")
    least, unit = state.parameters.convert_min_quote, unit_of(8)
    most = engine.most_value(state.parameters, large=request.convertMode == LARGE)
    return (
        contract.ConvertCurrencyPairRow(
            baseCcy=base,
            baseCcyMax=amount(cut(most * ONE // base_index, unit)),
            baseCcyMin=amount(lift(-(-least * ONE // base_index), unit)),
            instId=f"{base}-{quote}",
            quoteCcy=quote,
            quoteCcyMax=amount(cut(most * ONE // quote_index, unit)),
            quoteCcyMin=amount(lift(-(-least * ONE // quote_index), unit)),
        ),
    )


def quote_command(request: contract.ConvertEstimateQuote, caller: Caller, state: State) -> AskQuote:
    return AskQuote(
        user_id=caller.user_id,
        base_ccy=request.baseCcy,
        quote_ccy=request.quoteCcy,
        side=kinds.side_of(request.side),
        size=atoms(request.rfqSz),
        size_ccy=request.rfqSzCcy,
        client_quote_id=request.clQReqId,
        tag=request.tag,
        large=request.convertMode == LARGE,
    )


def quote_reply(
    request: contract.ConvertEstimateQuote, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.ConvertEstimateQuoteRow]:
    given: QuoteGiven = only(events, QuoteGiven)
    return (
        contract.ConvertEstimateQuoteRow(
            baseCcy=given.base_ccy,
            baseSz=amount(given.base_size),
            clQReqId=given.client_quote_id,
            cnvtPx=amount(given.price),
            origRfqSz=amount(given.asked_size),
            quoteCcy=given.quote_ccy,
            quoteId=given.quote_id,
            quoteSz=amount(given.quote_size),
            quoteTime=str(stamp.at_ms),
            rfqSz=amount(given.size),
            rfqSzCcy=given.size_ccy,
            side=kinds.SIDES[given.side],
            ttlMs=str(given.expires_at_ms - stamp.at_ms),
        ),
    )


def trade_command(request: contract.ConvertTrade, caller: Caller, state: State) -> TradeQuote:
    return TradeQuote(
        user_id=caller.user_id,
        quote_id=request.quoteId,
        base_ccy=request.baseCcy,
        quote_ccy=request.quoteCcy,
        side=kinds.side_of(request.side),
        size=atoms(request.sz),
        size_ccy=request.szCcy,
        client_trade_id=request.clTReqId,
        tag=request.tag,
        large=request.convertMode == LARGE,
    )


def trade_reply(
    request: contract.ConvertTrade, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.ConvertTradeRow]:
    traded: QuoteTraded = only(events, QuoteTraded)
    return (
        contract.ConvertTradeRow(
            baseCcy=traded.base_ccy,
            clTReqId=traded.client_trade_id,
            fillBaseSz=amount(traded.base_size),
            fillPx=amount(traded.price),
            fillQuoteSz=amount(traded.quote_size),
            instId=f"{traded.base_ccy}-{traded.quote_ccy}",
            quoteCcy=traded.quote_ccy,
            quoteId=traded.quote_id,
            side=kinds.SIDES[traded.side],
            state=kinds.QUOTE_ENDS[traded.state],
            tradeId=traded.trade_id,
            ts=str(stamp.at_ms),
        ),
    )


def history_row(event: QuoteTraded, at_ms: int) -> contract.ConvertHistoryRow:
    return contract.ConvertHistoryRow(
        clTReqId=event.client_trade_id,
        instId=f"{event.base_ccy}-{event.quote_ccy}",
        side=kinds.SIDES[event.side],
        fillPx=amount(_history_price(event.price)),
        baseCcy=event.base_ccy,
        quoteCcy=event.quote_ccy,
        fillBaseSz=amount(event.base_size),
        state=kinds.QUOTE_ENDS[event.state],
        tradeId=event.trade_id,
        fillQuoteSz=amount(event.quote_size),
        ts=str(history_time(at_ms)),
    )


def _history_price(price: int) -> int:
    """Price cut to 6 decimals; prices under 1 stay whole, as a cut would lose digits (chosen: decisions/005)."""
    return cut(price, HISTORY_PRICE_UNIT) if price >= ONE else price


def history_time(at_ms: int) -> int:
    return at_ms - at_ms % 1000


def tag_filter(tag: str) -> str:
    """Filter by tag. A trade with a tag is found only with it, one without only without, so "no tag" is a value too."""
    return f"tag:{tag}"


VIEWS: dict[str, View] = {
    "convert_currencies": QueryView(Nothing, currencies, steady=True),
    "convert_currency_pair": QueryView(contract.ConvertCurrencyPair, currency_pair),
    "convert_estimate_quote": CommandView(
        contract.ConvertEstimateQuote, quote_command, quote_reply, amount_field="rfqSz"
    ),
    "convert_trade": CommandView(contract.ConvertTrade, trade_command, trade_reply, amount_field="sz"),
    "convert_history": PageView(
        contract.ConvertHistory,
        CONVERTS,
        lambda request: CONVERTS.asked(tag=tag_filter(request.tag), clTReqId=request.clTReqId),
    ),
}
