"""One-click repay in Spot mode: what can be repaid with what, the order to do it, and its history."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    SPOT_ONLY,
    TRADE,
    Ccy,
    Endpoint,
    Limit,
    LimitNumber,
    Many,
    Ms,
    Nothing,
    Page,
    Request,
    Row,
    doc,
    documented,
)

SECTION = "repay"
ONCE_PER_2S = (Limit(1, 2_000, "user_id"),)
SEVEN_DAYS_MS = 7 * 86_400_000

RepayStatus: TypeAlias = Literal["running", "filled", "failed"]
RepayOrderState: TypeAlias = Literal["filled", "canceled"]


class DebtItem(Row, frozen=True, kw_only=True):
    debtAmt: str
    debtCcy: str


class RepayItem(Row, frozen=True, kw_only=True):
    repayAmt: str
    repayCcy: str


class OneClickRepayCurrencyListV2Row(Row, frozen=True, kw_only=True):
    debtData: tuple[DebtItem, ...]
    repayData: tuple[RepayItem, ...]


class OneClickRepayV2(Request, frozen=True, kw_only=True):
    debtCcy: Ccy
    repayCcyList: Annotated[
        tuple[Ccy, ...],
        Many(unique=True),
        doc("Currencies to pay with, the first is used up first", "用于还债的币种，按顺序依次使用"),
    ]


class OneClickRepayV2Row(Row, frozen=True, kw_only=True):
    debtCcy: str
    repayCcyList: tuple[str, ...]
    ts: str


class OneClickRepayHistoryV2(Request, frozen=True, kw_only=True):
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class RepayOrder(Row, frozen=True, kw_only=True):
    cTime: str
    fillPx: str
    fillSz: str
    instId: str
    ordId: str
    ordType: Literal["ioc"]
    px: str
    side: Literal["buy", "sell"]
    state: RepayOrderState
    sz: str


class OneClickRepayHistoryV2Row(Row, frozen=True, kw_only=True):
    debtCcy: str
    fillDebtSz: str
    ordIdInfo: tuple[RepayOrder, ...]
    repayCcyList: tuple[str, ...]
    status: RepayStatus
    ts: str


ONE_CLICK_REPAY_CURRENCY_LIST_V2 = Endpoint(
    name="one_click_repay_currency_list_v2",
    method="GET",
    path="/api/v5/trade/one-click-repay-currency-list-v2",
    section=SECTION,
    title=doc("Debts, and what they can be repaid with", "负债及可用于还债的币种"),
    request=Nothing,
    answer=OneClickRepayCurrencyListV2Row,
    permission=READ,
    limits=ONCE_PER_2S,
    modes=SPOT_ONLY,
    source=documented("order-book-trading-trade-get-one-click-repay-currency-list-new"),
)

ONE_CLICK_REPAY_V2 = Endpoint(
    name="one_click_repay_v2",
    method="POST",
    path="/api/v5/trade/one-click-repay-v2",
    section=SECTION,
    title=doc("Start repaying one debt from other currencies", "用其他币种一键偿还一种负债"),
    request=OneClickRepayV2,
    answer=OneClickRepayV2Row,
    permission=TRADE,
    limits=ONCE_PER_2S,
    modes=SPOT_ONLY,
    source=documented("order-book-trading-trade-post-trade-one-click-repay-new"),
)

ONE_CLICK_REPAY_HISTORY_V2 = Endpoint(
    name="one_click_repay_history_v2",
    method="GET",
    path="/api/v5/trade/one-click-repay-history-v2",
    section=SECTION,
    title=doc("One-click repays of the last seven days, leg by leg", "近七天的一键还债及其每笔订单"),
    request=OneClickRepayHistoryV2,
    answer=OneClickRepayHistoryV2Row,
    permission=READ,
    limits=ONCE_PER_2S,
    modes=SPOT_ONLY,
    page=Page(
        cursor="ts",
        inclusive=True,
        retention_ms=SEVEN_DAYS_MS,
        shared=True,
        identity=("ts", "debtCcy", "repayCcyList"),
    ),
    source=documented("order-book-trading-trade-get-one-click-repay-history-new"),
)

ENDPOINTS = (ONE_CLICK_REPAY_CURRENCY_LIST_V2, ONE_CLICK_REPAY_V2, ONE_CLICK_REPAY_HISTORY_V2)
