"""Streams: every channel with its path, its arguments and the form of one element of its data.

`arguments` lists the fields of a subscription beside `channel`; the row's fields stand in the order of
the documented sample. Where a row is that of a REST endpoint, it is the very same record.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Struct

from tallystick.contract.candles import INDEX_STREAMED_BARS, STREAMED_BARS, CandlesRow, IndexCandlesRow
from tallystick.contract.channel_rows import (
    AccountRow,
    BalanceAndPositionRow,
    BestRow,
    BookRow,
    FillsRow,
    FiveRow,
    OrdersRow,
    PositionRow,
    SingleTradeRow,
    StatusRow,
    TradeRow,
)
from tallystick.contract.core import (
    READ,
    Ccy,
    Doc,
    Endpoint,
    Grammar,
    InstFamily,
    InstId,
    Nothing,
    Request,
    Row,
    Source,
    doc,
    documented,
)
from tallystick.contract.index import IndexTickersRow
from tallystick.contract.market import InstrumentsRow, InstrumentType, TickerRow
from tallystick.contract.public import MarkPriceRow, PriceLimitRow

Path: TypeAlias = Literal["public", "private", "business"]
PATHS: tuple[Path, ...] = ("public", "private", "business")

OrdersType: TypeAlias = Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"]
ExtraParams: TypeAlias = Annotated[str, Grammar("JSON text", r"[\t\n\r\x20-\x7e]{1,128}")]


# ---- arguments


class NoArgument(Request, frozen=True, kw_only=True):
    pass


class OfInstrument(Request, frozen=True, kw_only=True):
    instId: InstId


class OfType(Request, frozen=True, kw_only=True):
    instType: InstrumentType


class OfAccount(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""
    extraParams: Annotated[
        ExtraParams,
        doc(
            'JSON text; with updateInterval "0" only changes are pushed',
            "JSON 字符串，updateInterval 为 0 时仅在变化时推送",
        ),
    ] = ""


class OfOrders(Request, frozen=True, kw_only=True):
    instType: OrdersType
    instFamily: InstFamily = ""
    instId: InstId = ""


class OfPositions(Request, frozen=True, kw_only=True):
    instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"]
    instFamily: InstFamily = ""
    instId: InstId = ""


class OfFills(Request, frozen=True, kw_only=True):
    instId: InstId = ""


# ---- channels


class Channel(Struct, frozen=True, kw_only=True):
    """`name` is what a subscription says. `login` asks for a login first; `tier` for a fee tier beyond the first.

    `interval_ms` is how far two messages are apart at least, 0 for every change a message; `counted` limits how
    many connections of one user may have it.
    """

    name: str
    path: Path
    title: Doc
    arguments: type[Request]
    row: type[Row]
    source: Source
    login: bool = False
    tier: bool = False
    interval_ms: int = 0
    counted: bool = False
    example: str = ""
    """Of channels that share one sample: the one it stands under."""


BOOK_ANCHOR = documented("order-book-trading-market-data-ws-order-book-channel")

PUBLIC = (
    Channel(
        name="bbo-tbt",
        path="public",
        title=doc("Best bid and ask", "买卖一档"),
        arguments=OfInstrument,
        row=BestRow,
        interval_ms=10,
        source=BOOK_ANCHOR,
    ),
    Channel(
        name="books-l2-tbt",
        path="public",
        title=doc("As books, every 10 ms", "四百档深度，每 10 毫秒"),
        arguments=OfInstrument,
        row=BookRow,
        login=True,
        tier=True,
        interval_ms=10,
        source=BOOK_ANCHOR,
        example="books",
    ),
    Channel(
        name="books50-l2-tbt",
        path="public",
        title=doc("As books, 50 levels every 10 ms", "五十档深度，每 10 毫秒"),
        arguments=OfInstrument,
        row=BookRow,
        login=True,
        tier=True,
        interval_ms=10,
        source=BOOK_ANCHOR,
        example="books",
    ),
    Channel(
        name="books",
        path="public",
        title=doc("The book, 400 levels a side, and then its changes", "四百档深度及其变化"),
        arguments=OfInstrument,
        row=BookRow,
        interval_ms=100,
        source=BOOK_ANCHOR,
    ),
    Channel(
        name="books5",
        path="public",
        title=doc("Five levels a side", "五档深度"),
        arguments=OfInstrument,
        row=FiveRow,
        interval_ms=100,
        source=BOOK_ANCHOR,
    ),
    Channel(
        name="tickers",
        path="public",
        title=doc("Last price, best quotes and 24 hour figures", "最新价、买卖一档和日内数据"),
        arguments=OfInstrument,
        row=TickerRow,
        interval_ms=100,
        source=documented("order-book-trading-market-data-ws-tickers-channel"),
    ),
    Channel(
        name="trades",
        path="public",
        title=doc("Trades, matches at one price together", "成交，同价聚合"),
        arguments=OfInstrument,
        row=TradeRow,
        source=documented("order-book-trading-market-data-ws-trades-channel"),
    ),
    Channel(
        name="index-tickers",
        path="public",
        title=doc("Index prices", "指数行情"),
        arguments=OfInstrument,
        row=IndexTickersRow,
        interval_ms=100,
        source=documented("public-data-websocket-index-tickers-channel"),
    ),
    Channel(
        name="mark-price",
        path="public",
        title=doc("Mark prices", "标记价格"),
        arguments=OfInstrument,
        row=MarkPriceRow,
        interval_ms=200,
        source=documented("public-data-websocket-mark-price-channel"),
    ),
    Channel(
        name="price-limit",
        path="public",
        title=doc("Highest and lowest price an order may have", "限价"),
        arguments=OfInstrument,
        row=PriceLimitRow,
        interval_ms=200,
        source=documented("public-data-websocket-price-limit-channel"),
    ),
    Channel(
        name="instruments",
        path="public",
        title=doc("Instruments, and then those that change", "产品列表及其变化"),
        arguments=OfType,
        row=InstrumentsRow,
        source=documented("public-data-websocket-instruments-channel"),
    ),
    Channel(
        name="status",
        path="public",
        title=doc("Maintenance; there never is any here", "系统维护，本系统没有"),
        arguments=NoArgument,
        row=StatusRow,
        source=documented("status-ws-status-channel"),
    ),
)
"""The books first and in this order, in which one connection is told of one change (documented)."""

PRIVATE = (
    Channel(
        name="account",
        path="private",
        title=doc("Balances, debts and margin, as they change", "余额、负债和保证金的变化"),
        arguments=OfAccount,
        row=AccountRow,
        login=True,
        interval_ms=50,
        counted=True,
        source=documented("trading-account-websocket-account-channel"),
    ),
    Channel(
        name="balance_and_position",
        path="private",
        title=doc("Cash balances as they change, and why", "余额变化及其原因"),
        arguments=NoArgument,
        row=BalanceAndPositionRow,
        login=True,
        counted=True,
        source=documented("trading-account-websocket-balance-and-position-channel"),
    ),
    Channel(
        name="positions",
        path="private",
        title=doc("Positions; Spot mode has none", "持仓，现货模式没有"),
        arguments=OfPositions,
        row=PositionRow,
        login=True,
        counted=True,
        source=documented("trading-account-websocket-positions-channel"),
    ),
    Channel(
        name="liquidation-warning",
        path="private",
        title=doc("Warnings about positions; Spot mode has none", "持仓爆仓预警，现货模式没有"),
        arguments=OfPositions,
        row=PositionRow,
        login=True,
        counted=True,
        source=documented("trading-account-websocket-position-risk-warning"),
    ),
    Channel(
        name="orders",
        path="private",
        title=doc("Every change of every order", "订单的每次变化"),
        arguments=OfOrders,
        row=OrdersRow,
        login=True,
        counted=True,
        source=documented("order-book-trading-trade-ws-order-channel"),
    ),
    Channel(
        name="fills",
        path="private",
        title=doc("Fills of your orders", "订单成交"),
        arguments=OfFills,
        row=FillsRow,
        login=True,
        tier=True,
        source=documented("order-book-trading-trade-ws-fills-channel"),
    ),
)


def _candles(
    whose: str, en: str, zh: str, row: type[Row], bars: tuple[str, ...], where: str, sample: str
) -> tuple[Channel, ...]:
    """A channel for each bar; one documented sample stands for all."""
    return tuple(
        Channel(
            name=f"{whose}candle{bar}",
            path="business",
            title=doc(f"Candles of {bar}{en}", f"{zh} K 线（{bar}）".lstrip()),
            arguments=OfInstrument,
            row=row,
            interval_ms=1_000,
            source=documented(where),
            example=f"{whose}candle{sample}",
        )
        for bar in bars
    )


BUSINESS = (
    Channel(
        name="trades-all",
        path="business",
        title=doc("Trades, one by one", "逐笔成交"),
        arguments=OfInstrument,
        row=SingleTradeRow,
        source=documented("order-book-trading-market-data-ws-all-trades-channel"),
    ),
    *_candles("", "", "", CandlesRow, STREAMED_BARS, "order-book-trading-market-data-ws-candlesticks-channel", "1D"),
    *_candles(
        "index-",
        " of an index",
        "指数",
        IndexCandlesRow,
        INDEX_STREAMED_BARS,
        "public-data-websocket-index-candlesticks-channel",
        "30m",
    ),
    *_candles(
        "mark-price-",
        " of a mark price",
        "标记价格",
        IndexCandlesRow,
        INDEX_STREAMED_BARS,
        "public-data-websocket-mark-price-candlesticks-channel",
        "1D",
    ),
)

CHANNELS: tuple[Channel, ...] = (*PUBLIC, *PRIVATE, *BUSINESS)
by_name: dict[str, Channel] = {channel.name: channel for channel in CHANNELS}

OPERATIONS: dict[str, str] = {
    "order": "/api/v5/trade/order",
    "batch-orders": "/api/v5/trade/batch-orders",
    "cancel-order": "/api/v5/trade/cancel-order",
    "batch-cancel-orders": "/api/v5/trade/cancel-batch-orders",
    "amend-order": "/api/v5/trade/amend-order",
    "batch-amend-orders": "/api/v5/trade/amend-batch-orders",
    "mass-cancel": "/api/v5/trade/mass-cancel",
}
"""Order operations of the private path, each with the path of the endpoint it is the twin of."""

LOGIN = Endpoint(
    name="login",
    method="GET",
    path="/users/self/verify",
    section="websocket",
    title=doc("Log in; the method and path are what is signed", "登录；签名所用的方法和路径"),
    request=Nothing,
    answer=Row,
    permission=READ,
    limits=(),
    source=documented("overview-websocket-login"),
)
"""A message and no request: it is declared as what it signs."""
