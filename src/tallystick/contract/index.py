"""Index prices, their components, and the exchange rate of the yuan."""

from __future__ import annotations

from typing import Literal

from tallystick.contract.core import (
    Either,
    Endpoint,
    InstFamily,
    InstId,
    Limit,
    Nothing,
    Request,
    Row,
    doc,
    documented,
)

SECTION = "index"


class IndexTickers(Request, frozen=True, kw_only=True):
    quoteCcy: Literal["USD", "USDT", "BTC", "USDC"] | None = None
    instId: InstId = ""


class IndexTickersRow(Row, frozen=True, kw_only=True):
    instId: str
    idxPx: str
    high24h: str
    sodUtc0: str
    open24h: str
    low24h: str
    sodUtc8: str
    ts: str


class IndexComponents(Request, frozen=True, kw_only=True):
    index: InstFamily


class IndexComponent(Row, frozen=True, kw_only=True):
    symbol: str
    symPx: str
    wgt: str
    cnvPx: str
    exch: str


class IndexComponentsRow(Row, frozen=True, kw_only=True):
    components: tuple[IndexComponent, ...]
    last: str
    index: str
    ts: str


class ExchangeRateRow(Row, frozen=True, kw_only=True):
    usdCny: str


INDEX_TICKERS = Endpoint(
    name="index_tickers",
    method="GET",
    path="/api/v5/market/index-tickers",
    section=SECTION,
    title=doc("Indices and their 24 hour figures", "指数及其日内数据"),
    request=IndexTickers,
    answer=IndexTickersRow,
    permission=None,
    limits=(Limit(20, 2_000, "ip"),),
    envelope="code,msg,data",
    either=(Either(("quoteCcy", "instId")),),
    source=documented("public-data-rest-api-get-index-tickers"),
)

INDEX_COMPONENTS = Endpoint(
    name="index_components",
    method="GET",
    path="/api/v5/market/index-components",
    section=SECTION,
    title=doc("What an index is made of", "指数成分"),
    request=IndexComponents,
    answer=IndexComponentsRow,
    permission=None,
    limits=(Limit(20, 2_000, "ip"),),
    envelope="code,msg,data",
    bare=True,
    source=documented("public-data-rest-api-get-index-components"),
)

EXCHANGE_RATE = Endpoint(
    name="exchange_rate",
    method="GET",
    path="/api/v5/market/exchange-rate",
    section=SECTION,
    title=doc("US dollars in yuan", "美元兑人民币汇率"),
    request=Nothing,
    answer=ExchangeRateRow,
    permission=None,
    limits=(Limit(1, 2_000, "ip"),),
    envelope="code,msg,data",
    source=documented("public-data-rest-api-get-exchange-rate"),
)

ENDPOINTS = (INDEX_TICKERS, INDEX_COMPONENTS, EXCHANGE_RATE)
