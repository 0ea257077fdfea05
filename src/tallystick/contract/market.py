"""Public data: instruments, the clock, tickers, books and candles."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tallystick.contract.core import (
    UNSET,
    CandleLimit,
    Depth,
    Endpoint,
    InstFamily,
    InstId,
    Limit,
    Ms,
    Nothing,
    Page,
    Request,
    Row,
    Unset,
    doc,
    documented,
)

SECTION = "market"

TickerType: TypeAlias = Literal["SPOT", "SWAP", "FUTURES", "OPTION", "EVENTS"]
InstrumentType: TypeAlias = Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]
Bar: TypeAlias = Literal[
    "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H", "6H", "12H", "1D", "2D", "3D", "1W", "1M", "3M",
    "6Hutc", "12Hutc", "1Dutc", "2Dutc", "3Dutc", "1Wutc", "1Mutc", "3Mutc",
]  # fmt: skip


class Ticker(Request, frozen=True, kw_only=True):
    instId: InstId


class TickerRow(Row, frozen=True, kw_only=True):
    """24 hour figures roll; on spot `vol24h` is base and `volCcy24h` quote."""

    instType: TickerType
    instId: str
    last: str
    lastSz: str
    askPx: str
    askSz: str
    bidPx: str
    bidSz: str
    open24h: str
    high24h: str
    low24h: str
    volCcy24h: str
    vol24h: str
    sodUtc0: str
    sodUtc8: str
    ts: str


class Tickers(Request, frozen=True, kw_only=True):
    instType: TickerType
    uly: InstFamily = ""
    instFamily: InstFamily = ""


class Books(Request, frozen=True, kw_only=True):
    instId: InstId
    sz: Depth = 1


class BooksRow(Row, frozen=True, kw_only=True):
    """A level is price, size, "0" and the number of orders; the best comes first."""

    asks: tuple[tuple[str, str, str, str], ...]
    bids: tuple[tuple[str, str, str, str], ...]
    ts: str
    seqId: int | Unset = UNSET


class Candles(Request, frozen=True, kw_only=True):
    instId: InstId
    bar: Bar = "1m"
    after: Ms | None = None
    before: Ms | None = None
    limit: CandleLimit = 100


class CandlesRow(Row, frozen=True, kw_only=True, array_like=True):
    """A JSON array: opening time, open, high, low, close, volume in base, in quote, in quote again, 1 when closed."""

    ts: str
    o: str
    h: str
    l: str  # noqa: E741
    c: str
    vol: str
    volCcy: str
    volCcyQuote: str
    confirm: Literal["0", "1"]


class Instruments(Request, frozen=True, kw_only=True):
    instType: InstrumentType
    uly: InstFamily = ""
    instFamily: InstFamily = ""
    instId: InstId = ""


class InstrumentChange(Row, frozen=True, kw_only=True):
    param: Literal["tickSz", "minSz", "maxMktSz"]
    newValue: str
    effTime: str


class InstrumentsRow(Row, frozen=True, kw_only=True):
    alias: str = ""
    auctionEndTime: str = ""
    baseCcy: str
    category: str = "1"
    ctMult: str = ""
    ctType: str = ""
    ctVal: str = ""
    ctValCcy: str = ""
    contTdSwTime: str = ""
    expTime: str = ""
    futureSettlement: bool = False
    groupId: str = "1"
    instFamily: str = ""
    instId: str
    instType: InstrumentType
    lever: str
    listTime: str
    lotSz: str
    maxIcebergSz: str
    maxLmtAmt: str
    maxLmtSz: str
    maxMktAmt: str
    maxMktSz: str
    maxStopSz: str
    maxTriggerSz: str
    maxTwapSz: str
    minSz: str
    optType: str = ""
    openType: str = ""
    preMktSwTime: str = ""
    quoteCcy: str
    tradeQuoteCcyList: tuple[str, ...]
    settleCcy: str = ""
    state: str = "live"
    ruleType: str = "normal"
    stk: str = ""
    tickSz: str
    uly: str = ""
    instIdCode: int | None = None
    instCategory: str | Unset = UNSET
    initPxLmtPct: str | Unset = UNSET
    floatPxLmtPct: str | Unset = UNSET
    maxPxLmtPct: str | Unset = UNSET
    upcChg: tuple[InstrumentChange, ...] = ()


class TimeRow(Row, frozen=True, kw_only=True):
    ts: str


INSTRUMENTS = Endpoint(
    name="instruments",
    method="GET",
    path="/api/v5/public/instruments",
    section=SECTION,
    title=doc("Instruments that can be traded", "可交易的产品"),
    request=Instruments,
    answer=InstrumentsRow,
    permission=None,
    limits=(Limit(20, 2_000, "ip+instType"),),
    envelope="code,msg,data",
    source=documented("public-data-rest-api-get-instruments"),
)

TIME = Endpoint(
    name="time",
    method="GET",
    path="/api/v5/public/time",
    section=SECTION,
    title=doc("The venue's clock", "系统时间"),
    request=Nothing,
    answer=TimeRow,
    permission=None,
    limits=(Limit(10, 2_000, "ip"),),
    envelope="code,msg,data",
    source=documented("public-data-rest-api-get-system-time"),
)

TICKERS = Endpoint(
    name="tickers",
    method="GET",
    path="/api/v5/market/tickers",
    section=SECTION,
    title=doc("Last price, best quotes and 24 hour figures of all instruments", "全部产品的最新价、买卖一档和日内数据"),
    request=Tickers,
    answer=TickerRow,
    permission=None,
    limits=(Limit(20, 2_000, "ip"),),
    envelope="code,msg,data",
    source=documented("order-book-trading-market-data-get-tickers"),
)

TICKER = Endpoint(
    name="ticker",
    method="GET",
    path="/api/v5/market/ticker",
    section=SECTION,
    title=doc("Last price, best quotes and 24 hour figures of one instrument", "单个产品的最新价、买卖一档和日内数据"),
    request=Ticker,
    answer=TickerRow,
    permission=None,
    limits=(Limit(20, 2_000, "ip"),),
    envelope="code,msg,data",
    source=documented("order-book-trading-market-data-get-ticker"),
)

BOOKS = Endpoint(
    name="books",
    method="GET",
    path="/api/v5/market/books",
    section=SECTION,
    title=doc("The order book of one instrument", "单个产品的深度"),
    request=Books,
    answer=BooksRow,
    permission=None,
    limits=(Limit(40, 2_000, "ip"),),
    envelope="code,msg,data",
    source=documented("order-book-trading-market-data-get-order-book"),
)

CANDLES = Endpoint(
    name="candles",
    method="GET",
    path="/api/v5/market/candles",
    section=SECTION,
    title=doc("Candles of one instrument, newest first", "单个产品的 K 线，新的在前"),
    request=Candles,
    answer=CandlesRow,
    permission=None,
    limits=(Limit(40, 2_000, "ip"),),
    envelope="code,msg,data",
    page=Page(table=None, cursor="ts", inclusive=False, retention_ms=None, max=300),
    source=documented("order-book-trading-market-data-get-candlesticks"),
)

ENDPOINTS = (INSTRUMENTS, TIME, TICKERS, TICKER, BOOKS, CANDLES)
