"""Trades everybody can see, the turnover of the venue, and block trading, of which there is none."""

from __future__ import annotations

from typing import Annotated, Literal

from tallystick.contract.core import (
    Doc,
    Endpoint,
    Id,
    InstFamily,
    InstId,
    Limit,
    LimitNumber,
    Nothing,
    Page,
    Request,
    Row,
    TradesLimit,
    doc,
    documented,
)
from tallystick.contract.market import TickerType

SECTION = "trades"


class Trades(Request, frozen=True, kw_only=True):
    instId: InstId
    limit: TradesLimit = 100


class HistoryTrades(Request, frozen=True, kw_only=True):
    """The cursors are trade ids, or with `type` 2 times; then there is no `before`."""

    instId: InstId
    type: Annotated[
        Literal["1", "2"], doc("What the cursors are: 1 trade ids, 2 times", "分页依据：1 成交 ID，2 时间")
    ] = "1"
    after: Id | None = None
    before: Id | None = None
    limit: LimitNumber = 100


class TradesRow(Row, frozen=True, kw_only=True):
    """One match; `side` is the taker's."""

    instId: str
    side: Literal["buy", "sell"]
    sz: str
    source: Literal["0", "1"] = "0"
    px: str
    tradeId: str
    ts: str


class PlatformVolumeRow(Row, frozen=True, kw_only=True):
    volCny: str
    volUsd: str
    ts: str


class BlockTickers(Request, frozen=True, kw_only=True):
    instType: TickerType
    uly: InstFamily = ""
    instFamily: InstFamily = ""


class OneInstrument(Request, frozen=True, kw_only=True):
    instId: InstId


class BlockTickersRow(Row, frozen=True, kw_only=True):
    instType: TickerType
    instId: str
    volCcy24h: str
    vol24h: str
    ts: str


class BlockTradesRow(Row, frozen=True, kw_only=True):
    fillVol: str
    fwdPx: str
    groupId: Annotated[str, doc("Group of legs", "组合 ID")]
    idxPx: str
    instId: str
    markPx: str
    px: str
    side: Literal["buy", "sell"]
    sz: str
    tradeId: str
    ts: str


class CallAuctionRow(Row, frozen=True, kw_only=True):
    instId: str
    unmatchedSz: str
    eqPx: str
    matchedSz: str
    state: Literal["call_auction", "continuous_trading"]
    auctionEndTime: str
    ts: str


def _get(
    name: str,
    path: str,
    title: Doc,
    request: type[Request],
    answer: type[Row],
    limit: Limit,
    where: str,
    page: Page | None = None,
) -> Endpoint:
    return Endpoint(
        name=name,
        method="GET",
        path=path,
        section=SECTION,
        title=title,
        request=request,
        answer=answer,
        permission=None,
        limits=(limit,),
        envelope="code,msg,data",
        page=page,
        source=documented(where),
    )


TRADES = _get(
    "trades",
    "/api/v5/market/trades",
    doc("The latest trades of one instrument", "单个产品最近的成交"),
    Trades,
    TradesRow,
    Limit(100, 2_000, "ip"),
    "order-book-trading-market-data-get-trades",
)

HISTORY_TRADES = _get(
    "history_trades",
    "/api/v5/market/history-trades",
    doc("Trades of one instrument in the last three months", "单个产品近三个月的成交"),
    HistoryTrades,
    TradesRow,
    Limit(20, 2_000, "ip"),
    "order-book-trading-market-data-get-trades-history",
    page=Page(cursor="tradeId", inclusive=False, retention_ms=None, instead="type=2 pages by time"),
)

BY_TIME = Page(cursor="ts", inclusive=False, retention_ms=None, shared=True, instead="type=1 pages by tradeId")
"""How public trades are paged where the cursors are times."""

PLATFORM_VOLUME = _get(
    "platform_volume",
    "/api/v5/market/platform-24-volume",
    doc("Turnover of all instruments in 24 hours", "全部产品 24 小时成交额"),
    Nothing,
    PlatformVolumeRow,
    Limit(2, 2_000, "ip"),
    "order-book-trading-market-data-get-24h-total-volume",
)

BLOCK_TICKERS = _get(
    "block_tickers",
    "/api/v5/market/block-tickers",
    doc("Block trading of all instruments, of which there is none", "大宗交易行情，本平台没有"),
    BlockTickers,
    BlockTickersRow,
    Limit(20, 2_000, "ip"),
    "block-trading-rest-api-get-block-tickers",
)

BLOCK_TICKER = _get(
    "block_ticker",
    "/api/v5/market/block-ticker",
    doc("Block trading of one instrument, of which there is none", "单个产品的大宗交易行情，本平台没有"),
    OneInstrument,
    BlockTickersRow,
    Limit(20, 2_000, "ip"),
    "block-trading-rest-api-get-block-ticker",
)

BLOCK_TRADES = _get(
    "block_trades",
    "/api/v5/market/block-trades",
    doc("Block trades, of which there are none", "大宗交易成交，本平台没有"),
    OneInstrument,
    BlockTradesRow,
    Limit(20, 2_000, "ip"),
    "block-trading-rest-api-get-public-single-leg-transactions-of-block-trades",
)

CALL_AUCTION = _get(
    "call_auction",
    "/api/v5/market/call-auction-details",
    doc("Call auctions, of which there are none", "集合竞价，本平台没有"),
    OneInstrument,
    CallAuctionRow,
    Limit(20, 2_000, "ip"),
    "order-book-trading-market-data-get-call-auction-details",
)

ENDPOINTS = (TRADES, HISTORY_TRADES, PLATFORM_VOLUME, BLOCK_TICKERS, BLOCK_TICKER, BLOCK_TRADES, CALL_AUCTION)
