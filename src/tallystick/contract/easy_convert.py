"""Easy convert: small balances into one main coin, what can be converted, and the history of it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    TRADE,
    Ccy,
    Endpoint,
    Limit,
    LimitNumber,
    Many,
    Ms,
    Page,
    Request,
    Row,
    doc,
    documented,
)

SECTION = "easy_convert"
ONCE_PER_2S = (Limit(1, 2_000, "user_id"),)
SEVEN_DAYS_MS = 7 * 86_400_000

EasyConvertStatus: TypeAlias = Literal["running", "filled", "failed"]
EasyConvertSource: TypeAlias = Literal["1", "2"]

SOURCE = doc("Account to convert in, 1 trading or 2 funding", "兑换的账户，1 交易账户，2 资金账户")
STATUS = doc("How the convert stands", "兑换状态")


class EasyConvertCurrencyList(Request, frozen=True, kw_only=True):
    source: Annotated[EasyConvertSource, SOURCE] = "1"


class EasyConvertItem(Row, frozen=True, kw_only=True):
    fromAmt: str
    fromCcy: str


class EasyConvertCurrencyListRow(Row, frozen=True, kw_only=True):
    fromData: tuple[EasyConvertItem, ...]
    toCcy: Annotated[tuple[str, ...], doc("Currencies to choose from", "可兑换得到的币种")]


class EasyConvert(Request, frozen=True, kw_only=True):
    fromCcy: Annotated[
        tuple[Ccy, ...], Many(unique=True), doc("Currencies to give, at most five", "支付的币种，最多五个")
    ]
    toCcy: Ccy
    source: Annotated[EasyConvertSource, SOURCE] = "1"


class EasyConvertRow(Row, frozen=True, kw_only=True):
    fillFromSz: str
    fillToSz: str
    fromCcy: str
    status: Annotated[EasyConvertStatus, STATUS]
    toCcy: str
    uTime: str


class EasyConvertHistory(Request, frozen=True, kw_only=True):
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class EasyConvertHistoryRow(Row, frozen=True, kw_only=True):
    fillFromSz: str
    fillToSz: str
    fromCcy: str
    status: Annotated[EasyConvertStatus, STATUS]
    toCcy: str
    acct: Literal["6", "18"]
    uTime: str


EASY_CONVERT_CURRENCY_LIST = Endpoint(
    name="easy_convert_currency_list",
    method="GET",
    path="/api/v5/trade/easy-convert-currency-list",
    section=SECTION,
    title=doc("Small balances that can be converted, and into what", "可兑换的小额资产及可兑换得到的币种"),
    request=EasyConvertCurrencyList,
    answer=EasyConvertCurrencyListRow,
    permission=READ,
    limits=ONCE_PER_2S,
    source=documented("order-book-trading-trade-get-easy-convert-currency-list"),
)

EASY_CONVERT = Endpoint(
    name="easy_convert",
    method="POST",
    path="/api/v5/trade/easy-convert",
    section=SECTION,
    title=doc("Convert small balances into one main coin", "将小额资产兑换成主流币"),
    request=EasyConvert,
    answer=EasyConvertRow,
    permission=TRADE,
    limits=ONCE_PER_2S,
    source=documented("order-book-trading-trade-post-place-easy-convert"),
)

EASY_CONVERT_HISTORY = Endpoint(
    name="easy_convert_history",
    method="GET",
    path="/api/v5/trade/easy-convert-history",
    section=SECTION,
    title=doc("Small balances converted in the last seven days", "近七天的小额兑换记录"),
    request=EasyConvertHistory,
    answer=EasyConvertHistoryRow,
    permission=READ,
    limits=ONCE_PER_2S,
    page=Page(cursor="uTime", inclusive=False, retention_ms=SEVEN_DAYS_MS, shared=True),
    source=documented("order-book-trading-trade-get-easy-convert-history"),
)

ENDPOINTS = (EASY_CONVERT_CURRENCY_LIST, EASY_CONVERT, EASY_CONVERT_HISTORY)
