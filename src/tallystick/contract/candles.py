"""Candles: of prices, of the index and of the mark price, each for the latest bars and for the past."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from tallystick.contract.core import (
    CandleLimit,
    Endpoint,
    InstId,
    Limit,
    LimitNumber,
    Ms,
    Page,
    Request,
    Row,
    Since,
    doc,
    documented,
)

SECTION = "candles"

Bar: TypeAlias = Literal[
    "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H", "6H", "12H", "1D", "2D", "3D", "1W", "1M", "3M",
    "6Hutc", "12Hutc", "1Dutc", "2Dutc", "3Dutc", "1Wutc", "1Mutc", "3Mutc",
]  # fmt: skip
HistoryBar: TypeAlias = Literal[
    "1s", "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H", "6H", "12H", "1D", "2D", "3D", "1W", "1M", "3M",
    "6Hutc", "12Hutc", "1Dutc", "2Dutc", "3Dutc", "1Wutc", "1Mutc", "3Mutc",
]  # fmt: skip
Adjusted: TypeAlias = Literal["forward"]
"""Of contracts on shares (documented): candles of pairs are never adjusted."""
STREAMED_BARS = (*get_args(HistoryBar), "5D", "5Dutc")
"""What can be streamed; bars of five days can only be streamed (documented)."""


INDEX_STREAMED_BARS = tuple(bar for bar in STREAMED_BARS if bar != "1s")
"""Bars of the index and of the mark price; candles of a second do not exist (documented)."""


class Candles(Request, frozen=True, kw_only=True):
    instId: InstId
    bar: Bar = "1m"
    after: Ms | None = None
    before: Ms | None = None
    limit: CandleLimit = 100
    adjust: Annotated[Adjusted | None, Since("2026-08")] = None


class HistoryCandles(Request, frozen=True, kw_only=True):
    instId: InstId
    after: Ms | None = None
    before: Ms | None = None
    bar: HistoryBar = "1m"
    limit: CandleLimit = 100
    adjust: Annotated[Adjusted | None, Since("2026-08")] = None


class IndexCandles(Request, frozen=True, kw_only=True):
    instId: InstId
    after: Ms | None = None
    before: Ms | None = None
    bar: Bar = "1m"
    limit: LimitNumber = 100


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


class IndexCandlesRow(Row, frozen=True, kw_only=True, array_like=True):
    """A JSON array: opening time, open, high, low, close, 1 when closed."""

    ts: str
    o: str
    h: str
    l: str  # noqa: E741
    c: str
    confirm: Literal["0", "1"]


def _of_prices(name: str, path: str, en: str, zh: str, request: type[Request], requests: int, where: str) -> Endpoint:
    return Endpoint(
        name=name,
        method="GET",
        path=path,
        section=SECTION,
        title=doc(en, zh),
        request=request,
        answer=CandlesRow,
        permission=None,
        limits=(Limit(requests, 2_000, "ip"),),
        envelope="code,msg,data",
        page=Page(cursor="ts", inclusive=False, retention_ms=None, max=300, identity=("ts",)),
        source=documented(where),
    )


def _of_index(name: str, path: str, en: str, zh: str, requests: int, where: str) -> Endpoint:
    return Endpoint(
        name=name,
        method="GET",
        path=path,
        section=SECTION,
        title=doc(en, zh),
        request=IndexCandles,
        answer=IndexCandlesRow,
        permission=None,
        limits=(Limit(requests, 2_000, "ip"),),
        envelope="code,msg,data",
        page=Page(cursor="ts", inclusive=False, retention_ms=None, identity=("ts",)),
        source=documented(where),
    )


CANDLES = _of_prices(
    "candles",
    "/api/v5/market/candles",
    "The latest candles of one instrument, newest first",
    "单个产品最近的 K 线，新的在前",
    Candles,
    40,
    "order-book-trading-market-data-get-candlesticks",
)

HISTORY_CANDLES = _of_prices(
    "history_candles",
    "/api/v5/market/history-candles",
    "Candles of one instrument from further back, newest first",
    "单个产品的历史 K 线，新的在前",
    HistoryCandles,
    20,
    "order-book-trading-market-data-get-candlesticks-history",
)

INDEX_CANDLES = _of_index(
    "index_candles",
    "/api/v5/market/index-candles",
    "The latest candles of an index",
    "指数最近的 K 线",
    20,
    "public-data-rest-api-get-index-candlesticks",
)

HISTORY_INDEX_CANDLES = _of_index(
    "history_index_candles",
    "/api/v5/market/history-index-candles",
    "Candles of an index from further back",
    "指数历史 K 线",
    10,
    "public-data-rest-api-get-index-candlesticks-history",
)

MARK_PRICE_CANDLES = _of_index(
    "mark_price_candles",
    "/api/v5/market/mark-price-candles",
    "The latest candles of a mark price",
    "标记价格最近的 K 线",
    20,
    "public-data-rest-api-get-mark-price-candlesticks",
)

HISTORY_MARK_PRICE_CANDLES = _of_index(
    "history_mark_price_candles",
    "/api/v5/market/history-mark-price-candles",
    "Candles of a mark price from further back",
    "标记价格历史 K 线",
    10,
    "public-data-rest-api-get-mark-price-candlesticks-history",
)

ENDPOINTS = (
    CANDLES,
    HISTORY_CANDLES,
    INDEX_CANDLES,
    HISTORY_INDEX_CANDLES,
    MARK_PRICE_CANDLES,
    HISTORY_MARK_PRICE_CANDLES,
)
