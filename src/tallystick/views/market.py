"""Current public market data: instruments, tickers and books."""

from __future__ import annotations

from tallystick.contract import market as contract
from tallystick.contract.core import SURFACES, UNSET, Nothing
from tallystick.engine import orders, prices
from tallystick.engine.kinds import BookSide
from tallystick.engine.parameters import LEVERAGE_MOST, Instrument
from tallystick.engine.state import Market, State
from tallystick.views.candles import DAY_MS, UTC8_MS, price_at, require, seen_candle
from tallystick.views.core import Caller, QueryView, Refusal, View, amount

LITE_DEPTH = 25
UNLIMITED = "99999999999"
FIRST_CODE = 1_000_000_000
"""The `instIdCode` of the first instrument; the others follow in their order (chosen: decisions/028)."""


def time(state: State, request: Nothing, caller: Caller) -> tuple[contract.TimeRow]:
    return (contract.TimeRow(ts=str(caller.at_ms)),)


def instruments(state: State, request: contract.Instruments, caller: Caller) -> tuple[contract.InstrumentsRow, ...]:
    """Instruments. Every pair is a spot one; a MARGIN one too where both coins can be borrowed. Other types have none.

    Refused: options without a family (50015), an unknown instrument (51001).
    """
    if request.instType == "OPTION" and not request.uly and not request.instFamily:
        raise Refusal("50015", param="uly", other="instFamily")
    found = tuple(
        _instrument_row(instrument, FIRST_CODE + place, request.instType)
        for place, instrument in enumerate(state.parameters.instruments.values())
        if request.instId in ("", instrument.instrument) and _is_of(state, instrument, request.instType)
    )
    if request.instId and not found:
        raise Refusal("51001")
    return found


def _is_of(state: State, instrument: Instrument, kind: str) -> bool:
    currencies = state.parameters.currencies
    coins = (instrument.base_ccy, instrument.quote_ccy)
    return kind == "SPOT" or (kind == "MARGIN" and all(currencies[ccy].borrowable for ccy in coins))


def instrument_of_code(state: State, code: int) -> str:
    """Name of the instrument with this `instIdCode`, "" where there is none."""
    names = tuple(state.parameters.instruments)
    return names[code - FIRST_CODE] if FIRST_CODE <= code < FIRST_CODE + len(names) else ""


def _instrument_row(instrument: Instrument, code: int, kind: contract.InstrumentType) -> contract.InstrumentsRow:
    """Row of an instrument. `lever` of a MARGIN one is the highest leverage of a currency here."""
    return contract.InstrumentsRow(
        baseCcy=instrument.base_ccy,
        instId=instrument.instrument,
        instType=kind,
        lever=amount(LEVERAGE_MOST) if kind == "MARGIN" else "",
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
        instIdCode=code,
    )


def ticker(state: State, request: contract.Ticker, caller: Caller) -> tuple[contract.TickerRow]:
    return (_ticker(state, require(state, request.instId), caller),)


def tickers(state: State, request: contract.Tickers, caller: Caller) -> tuple[contract.TickerRow, ...]:
    if request.instType != "SPOT":
        return ()
    return tuple(_ticker(state, instrument, caller) for instrument in state.parameters.instruments.values())


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
        sodUtc0=amount(price_at(caller.market, market, now_ms - now_ms % DAY_MS) or last),
        sodUtc8=amount(price_at(caller.market, market, now_ms - (now_ms + UTC8_MS) % DAY_MS) or last),
        ts=str(now_ms),
    )


def books(state: State, request: contract.Books, caller: Caller) -> tuple[contract.BooksRow]:
    """The book: users' resting orders and the house's quotes together; the house counts as one order of a level.

    On the later surface `seqId` is the number of the last journal entry, as in the streams (decisions/028).
    """
    instrument = require(state, request.instId)
    return (
        contract.BooksRow(
            asks=book_levels(state, instrument, "asks", request.sz),
            bids=book_levels(state, instrument, "bids", request.sz),
            ts=str(caller.at_ms),
            seqId=UNSET if caller.surface == SURFACES[0] else state.seq,
        ),
    )


def books_full(state: State, request: contract.BooksFull, caller: Caller) -> tuple[contract.BooksFullRow]:
    instrument = require(state, request.instId)

    def levels(side: BookSide) -> tuple[tuple[str, str, str], ...]:
        return tuple((px, sz, orders) for px, sz, _, orders in book_levels(state, instrument, side, request.sz))

    return (contract.BooksFullRow(asks=levels("asks"), bids=levels("bids"), ts=str(caller.at_ms)),)


def books_lite(state: State, request: contract.BooksLite, caller: Caller) -> tuple[contract.BooksLiteRow]:
    instrument = require(state, request.instId)
    return (
        contract.BooksLiteRow(
            asks=book_levels(state, instrument, "asks", LITE_DEPTH),
            bids=book_levels(state, instrument, "bids", LITE_DEPTH),
            ts=str(caller.at_ms),
        ),
    )


def books_rpi(state: State, request: contract.Books, caller: Caller) -> tuple[contract.BooksRpiRow]:
    """The book with RPI fields. No order has retail price improvement, so the organic size is the whole size."""
    instrument = require(state, request.instId)

    def levels(side: BookSide) -> tuple[tuple[str, str, str, str], ...]:
        return tuple((px, sz, sz, orders) for px, sz, _, orders in book_levels(state, instrument, side, request.sz))

    return (contract.BooksRpiRow(asks=levels("asks"), bids=levels("bids"), ts=str(caller.at_ms)),)


def book_levels(
    state: State, instrument: Instrument, side: BookSide, depth: int
) -> tuple[tuple[str, str, str, str], ...]:
    """The best `depth` levels of "bids" or "asks" as the exchange writes them."""
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


VIEWS: dict[str, View] = {
    "time": QueryView(Nothing, time),
    "instruments": QueryView(contract.Instruments, instruments, steady=True),
    "tickers": QueryView(contract.Tickers, tickers),
    "ticker": QueryView(contract.Ticker, ticker),
    "books": QueryView(contract.Books, books),
    "books_full": QueryView(contract.BooksFull, books_full),
    "books_lite": QueryView(contract.BooksLite, books_lite),
    "books_rpi": QueryView(contract.Books, books_rpi),
}
