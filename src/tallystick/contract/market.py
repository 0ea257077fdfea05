"""Public data: instruments, the clock, tickers and books."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    UNSET,
    Depth,
    Endpoint,
    FullDepth,
    InstFamily,
    InstId,
    Limit,
    Nothing,
    Request,
    Row,
    Since,
    Text,
    Unset,
    chosen,
    doc,
    documented,
)

SECTION = "market"

TickerType: TypeAlias = Literal["SPOT", "SWAP", "FUTURES", "OPTION", "EVENTS"]
InstrumentType: TypeAlias = Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]


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
    seqId: Annotated[int | Unset, Since("2026-08")] = UNSET


class BooksFull(Request, frozen=True, kw_only=True):
    instId: InstId
    sz: FullDepth = 1


class BooksFullRow(Row, frozen=True, kw_only=True):
    """A level is price, size and the number of orders; the best comes first."""

    asks: tuple[tuple[str, str, str], ...]
    bids: tuple[tuple[str, str, str], ...]
    ts: str


class BooksLite(Request, frozen=True, kw_only=True):
    instId: InstId


class BooksLiteRow(Row, frozen=True, kw_only=True):
    """A level is price, size, "0" and the number of orders; the best comes first."""

    asks: tuple[tuple[str, str, str, str], ...]
    bids: tuple[tuple[str, str, str, str], ...]
    ts: str


class BooksRpiRow(Row, frozen=True, kw_only=True):
    """A level is price, size, size without retail price improvement, and the number of orders."""

    asks: tuple[tuple[str, str, str, str], ...]
    bids: tuple[tuple[str, str, str, str], ...]
    ts: str


class Instruments(Request, frozen=True, kw_only=True):
    instType: InstrumentType
    seriesId: Annotated[Text, Since("2026-08")] = ""
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
    seriesId: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
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
    instCategory: Annotated[str | Unset, Since("2026-08", always="1")] = UNSET
    initPxLmtPct: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    floatPxLmtPct: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    maxPxLmtPct: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    rpiMinLevel: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    rpiMinPxBand: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    upcChg: tuple[InstrumentChange, ...] = ()
    # Not in the documents; observed on 2026-04-27 in every row of the exchange, empty for SPOT and MARGIN.
    freq: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    longPosRemainingQuota: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    maxPlatOILmt: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    method: Annotated[
        str | Unset, doc("Seen empty; the documents do not say", "总是为空；文档未作说明"), Since("2026-08", always="")
    ] = UNSET
    posLmtAmt: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    posLmtPct: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    shortPosRemainingQuota: Annotated[str | Unset, Since("2026-08", always="")] = UNSET


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

BOOKS_FULL = Endpoint(
    name="books_full",
    method="GET",
    path="/api/v5/market/books-full",
    section=SECTION,
    title=doc("The whole order book of one instrument", "单个产品的全量深度"),
    request=BooksFull,
    answer=BooksFullRow,
    permission=None,
    limits=(Limit(10, 2_000, "ip"),),
    envelope="code,msg,data",
    source=documented("order-book-trading-market-data-get-full-order-book"),
)

BOOKS_LITE = Endpoint(
    name="books_lite",
    method="GET",
    path="/api/v5/market/books-lite",
    section=SECTION,
    title=doc("The best 25 levels, as an older API had them", "旧版接口的 25 档深度"),
    request=BooksLite,
    answer=BooksLiteRow,
    permission=None,
    limits=(Limit(6, 1_000, "ip"),),
    envelope="code,msg,data",
    source=chosen("025"),
)

BOOKS_RPI = Endpoint(
    name="books_rpi",
    method="GET",
    path="/api/v5/market/books-rpi",
    section=SECTION,
    title=doc(
        "The order book with retail price improvement, of which there is none",
        "含零售价格优化订单的深度，本平台没有此类订单",
    ),
    request=Books,
    answer=BooksRpiRow,
    permission=None,
    limits=(Limit(20, 2_000, "ip"),),
    envelope="code,msg,data",
    since="2026-08",
    source=documented("order-book-trading-market-data-get-rpi-order-book"),
)

ENDPOINTS = (INSTRUMENTS, TIME, TICKERS, TICKER, BOOKS, BOOKS_FULL, BOOKS_LITE, BOOKS_RPI)
