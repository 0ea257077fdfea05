"""Convert: currencies and pairs, a quote that lives for seconds, the trade against it, the history."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    TRADE,
    Amount,
    Ccy,
    ClientId,
    Endpoint,
    Limit,
    LimitNumber,
    Ms,
    Nothing,
    Page,
    QuoteId,
    Request,
    Row,
    Since,
    Tag,
    doc,
    documented,
)

SECTION = "convert"
SIX_PER_S = (Limit(6, 1_000, "user_id"),)

Side: TypeAlias = Literal["buy", "sell"]
ConvertState: TypeAlias = Literal["fullyFilled", "rejected"]
ConvertMode: TypeAlias = Literal["0", "1"]


class ConvertCurrenciesRow(Row, frozen=True, kw_only=True):
    min: str = ""
    max: str = ""
    ccy: str


class ConvertCurrencyPair(Request, frozen=True, kw_only=True):
    fromCcy: Ccy
    toCcy: Ccy
    convertMode: Annotated[ConvertMode, Since("2026-08")] = "0"


class ConvertCurrencyPairRow(Row, frozen=True, kw_only=True):
    baseCcy: str
    baseCcyMax: str
    baseCcyMin: str
    instId: str
    quoteCcy: str
    quoteCcyMax: str
    quoteCcyMin: str


class ConvertEstimateQuote(Request, frozen=True, kw_only=True):
    baseCcy: Ccy
    quoteCcy: Ccy
    side: Side
    rfqSz: Amount
    rfqSzCcy: Ccy
    clQReqId: ClientId = ""
    tag: Tag = ""
    convertMode: Annotated[ConvertMode, Since("2026-08")] = "0"


class ConvertEstimateQuoteRow(Row, frozen=True, kw_only=True):
    baseCcy: str
    baseSz: str
    clQReqId: str
    cnvtPx: str
    origRfqSz: str
    quoteCcy: str
    quoteId: str
    quoteSz: str
    quoteTime: str
    rfqSz: str
    rfqSzCcy: str
    side: Side
    ttlMs: str


class ConvertTrade(Request, frozen=True, kw_only=True):
    quoteId: QuoteId
    baseCcy: Ccy
    quoteCcy: Ccy
    side: Side
    sz: Annotated[Amount, doc("Size, at most the quoted one", "数量，不得超过报价数量")]
    szCcy: Annotated[Ccy, doc("Currency of the size", "数量对应的币种")]
    clTReqId: ClientId = ""
    tag: Tag = ""
    convertMode: Annotated[ConvertMode, Since("2026-08")] = "0"


class ConvertTradeRow(Row, frozen=True, kw_only=True):
    baseCcy: str
    clTReqId: str
    fillBaseSz: str
    fillPx: str
    fillQuoteSz: str
    instId: str
    quoteCcy: str
    quoteId: str
    side: Side
    state: ConvertState
    tradeId: str
    ts: str


class ConvertHistory(Request, frozen=True, kw_only=True):
    clTReqId: ClientId = ""
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100
    tag: Tag = ""


class ConvertHistoryRow(Row, frozen=True, kw_only=True):
    clTReqId: str
    instId: str
    side: Side
    fillPx: str
    baseCcy: str
    quoteCcy: str
    fillBaseSz: str
    state: ConvertState
    tradeId: str
    fillQuoteSz: str
    ts: str


CONVERT_CURRENCIES = Endpoint(
    name="convert_currencies",
    method="GET",
    path="/api/v5/asset/convert/currencies",
    section=SECTION,
    title=doc("Currencies that can be converted", "可闪兑的币种"),
    request=Nothing,
    answer=ConvertCurrenciesRow,
    permission=READ,
    limits=SIX_PER_S,
    source=documented("funding-account-rest-api-get-convert-currencies"),
)

CONVERT_CURRENCY_PAIR = Endpoint(
    name="convert_currency_pair",
    method="GET",
    path="/api/v5/asset/convert/currency-pair",
    section=SECTION,
    title=doc("Smallest and largest size of one pair", "单个币对的最小和最大兑换数量"),
    request=ConvertCurrencyPair,
    answer=ConvertCurrencyPairRow,
    permission=READ,
    limits=SIX_PER_S,
    source=documented("funding-account-rest-api-get-convert-currency-pair"),
)

CONVERT_ESTIMATE_QUOTE = Endpoint(
    name="convert_estimate_quote",
    method="POST",
    path="/api/v5/asset/convert/estimate-quote",
    section=SECTION,
    title=doc("Ask for a price that holds for some seconds", "询价，报价在数秒内有效"),
    request=ConvertEstimateQuote,
    answer=ConvertEstimateQuoteRow,
    permission=TRADE,
    limits=(Limit(10, 1_000, "user_id"), Limit(1, 5_000, "user_id+instId")),
    source=documented("funding-account-rest-api-estimate-quote"),
)

CONVERT_TRADE = Endpoint(
    name="convert_trade",
    method="POST",
    path="/api/v5/asset/convert/trade",
    section=SECTION,
    title=doc("Trade against a quote", "按报价成交"),
    request=ConvertTrade,
    answer=ConvertTradeRow,
    permission=TRADE,
    limits=(Limit(10, 1_000, "user_id"), Limit(1, 5_000, "user_id+side")),
    source=documented("funding-account-rest-api-convert-trade"),
)

CONVERT_HISTORY = Endpoint(
    name="convert_history",
    method="GET",
    path="/api/v5/asset/convert/history",
    section=SECTION,
    title=doc("Converts made, newest first", "闪兑成交记录，新的在前"),
    request=ConvertHistory,
    answer=ConvertHistoryRow,
    permission=READ,
    limits=SIX_PER_S,
    page=Page(cursor="ts", inclusive=False, retention_ms=None, shared=True),
    source=documented("funding-account-rest-api-get-convert-history"),
)

ENDPOINTS = (CONVERT_CURRENCIES, CONVERT_CURRENCY_PAIR, CONVERT_ESTIMATE_QUOTE, CONVERT_TRADE, CONVERT_HISTORY)
