"""Trading besides plain orders: limits of the account, algo orders, and what belongs to other account modes."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    TRADE,
    Amount,
    Ccy,
    ClientId,
    Either,
    Endpoint,
    Flag,
    Id,
    InstId,
    Limit,
    LimitNumber,
    Many,
    Ms,
    Nothing,
    Page,
    Request,
    Row,
    Since,
    Tag,
    Unsupported,
    doc,
    documented,
)
from tallystick.contract.orders import InstType
from tallystick.contract.trade import OrdType, Side, TdMode

SECTION = "trade_modes"
MULTI_MODES = ("3", "4")
POSITION_MODES = ("2", "3", "4")
SEVEN_DAYS_MS = 7 * 86_400_000
ONE_PER_2S = (Limit(1, 2_000, "user_id"),)

RunState: TypeAlias = Literal["running", "filled", "failed"]
AlgoType: TypeAlias = Literal[
    "conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"
]
AlgoTypes: TypeAlias = Annotated[tuple[AlgoType, ...], Many()]
OlderAlgo: TypeAlias = Annotated[Id | None, doc("Those with a lower algoId than this", "返回 algoId 小于此值的记录")]
NewerAlgo: TypeAlias = Annotated[Id | None, doc("Those with a higher algoId than this", "返回 algoId 大于此值的记录")]


class AccountRateLimitRow(Row, frozen=True, kw_only=True):
    """The ratios are empty below the fee tier that has them."""

    accRateLimit: str
    fillRatio: str = ""
    mainFillRatio: str = ""
    nextAccRateLimit: str = ""
    ts: str


class OrderPrecheck(Request, frozen=True, kw_only=True):
    instId: InstId
    tdMode: TdMode
    side: Side
    posSide: Literal["net", "long", "short"] | None = None
    ordType: OrdType
    sz: Amount
    outcome: Annotated[Unsupported, Since("2026-08")] = None
    px: Amount = ""
    reduceOnly: Flag = False
    tgtCcy: Literal["base_ccy", "quote_ccy"] | None = None
    attachAlgoOrds: Unsupported = None


class OrderPrecheckRow(Row, frozen=True, kw_only=True):
    adjEq: str
    adjEqChg: str
    availBal: str
    availBalChg: str
    imr: str
    imrChg: str
    liab: str
    liabChg: str
    liabChgCcy: str
    liqPx: str
    liqPxDiff: str
    liqPxDiffRatio: str
    mgnRatio: str
    mgnRatioChg: str
    mmr: str
    mmrChg: str
    posBal: str
    posBalChg: str
    type: Annotated[str, doc("Unit of posBal, isolated margin only", "仓位资产的单位，仅逐仓")]


class ClosePosition(Request, frozen=True, kw_only=True):
    instId: InstId
    posSide: Literal["net", "long", "short"] | None = None
    mgnMode: Literal["cross", "isolated"]
    ccy: Ccy = ""
    autoCxl: Flag = False
    clOrdId: ClientId = ""
    tag: Tag = ""


class ClosePositionRow(Row, frozen=True, kw_only=True):
    clOrdId: str
    instId: str
    posSide: str
    tag: str


class AlgoOrdersPending(Request, frozen=True, kw_only=True):
    ordType: AlgoTypes
    algoId: Id | None = None
    instType: InstType | None = None
    instId: InstId = ""
    after: OlderAlgo = None
    before: NewerAlgo = None
    limit: LimitNumber = 100


class AlgoOrdersHistory(Request, frozen=True, kw_only=True):
    ordType: AlgoTypes
    state: Literal["effective", "canceled", "order_failed"] | None = None
    algoId: Id | None = None
    instType: InstType | None = None
    instId: InstId = ""
    after: OlderAlgo = None
    before: NewerAlgo = None
    limit: LimitNumber = 100


class GetAlgoOrder(Request, frozen=True, kw_only=True):
    algoId: Id | None = None
    algoClOrdId: ClientId = ""


class AlgoOrderRow(Row, frozen=True, kw_only=True):
    """Short, as there never is one."""

    algoId: str
    algoClOrdId: str
    instId: str
    instType: str
    ordType: AlgoType
    side: Side
    sz: str
    state: str
    cTime: str


class RepayListV1(Request, frozen=True, kw_only=True):
    debtType: Literal["cross", "isolated"] | None = None


class DebtV1(Row, frozen=True, kw_only=True):
    debtAmt: str
    debtCcy: str


class RepayerV1(Row, frozen=True, kw_only=True):
    repayAmt: str
    repayCcy: str


class RepayListV1Row(Row, frozen=True, kw_only=True):
    debtData: tuple[DebtV1, ...]
    debtType: Literal["cross", "isolated"]
    repayData: tuple[RepayerV1, ...]


class RepayV1(Request, frozen=True, kw_only=True):
    debtCcy: Annotated[tuple[Ccy, ...], Many(unique=True), doc("Currencies owed, five at most", "负债币种，最多五个")]
    repayCcy: Ccy


class RepayV1Row(Row, frozen=True, kw_only=True):
    debtCcy: str
    fillDebtSz: str
    fillRepaySz: str
    repayCcy: str
    status: RunState
    uTime: str


class RepayHistoryV1(Request, frozen=True, kw_only=True):
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


ACCOUNT_RATE_LIMIT = Endpoint(
    name="account_rate_limit",
    method="GET",
    path="/api/v5/trade/account-rate-limit",
    section=SECTION,
    title=doc("How many derivatives orders the account may send", "账户衍生品委托限速"),
    request=Nothing,
    answer=AccountRateLimitRow,
    permission=READ,
    limits=(Limit(1, 1_000, "user_id"),),
    source=documented("order-book-trading-trade-get-account-rate-limit"),
)

ORDER_PRECHECK = Endpoint(
    name="order_precheck",
    method="POST",
    path="/api/v5/trade/order-precheck",
    section=SECTION,
    title=doc("What an order would change, multi-currency modes only", "委托预检查，仅跨币种和组合保证金模式"),
    request=OrderPrecheck,
    answer=OrderPrecheckRow,
    permission=TRADE,
    limits=(Limit(5, 2_000, "user_id"),),
    modes=MULTI_MODES,
    source=documented("order-book-trading-trade-post-order-precheck"),
)

CLOSE_POSITION = Endpoint(
    name="close_position",
    method="POST",
    path="/api/v5/trade/close-position",
    section=SECTION,
    title=doc("Close a position at the market, which Spot mode does not have", "市价平仓，现货模式没有持仓"),
    request=ClosePosition,
    answer=ClosePositionRow,
    permission=TRADE,
    limits=(Limit(20, 2_000, "user_id+instId"),),
    envelope="code,msg,data",
    modes=POSITION_MODES,
    source=documented("order-book-trading-trade-post-close-positions"),
)


def _algo_page() -> Page:
    return Page(cursor="algoId", inclusive=False, retention_ms=None)


ORDERS_ALGO_PENDING = Endpoint(
    name="orders_algo_pending",
    method="GET",
    path="/api/v5/trade/orders-algo-pending",
    section=SECTION,
    title=doc("Open algo orders: none, this venue has no such orders", "未完成的策略委托：本平台没有策略委托"),
    request=AlgoOrdersPending,
    answer=AlgoOrderRow,
    permission=READ,
    limits=(Limit(20, 2_000, "user_id"),),
    envelope="code,msg,data",
    page=_algo_page(),
    source=documented("order-book-trading-algo-trading-get-algo-order-list"),
)

ORDERS_ALGO_HISTORY = Endpoint(
    name="orders_algo_history",
    method="GET",
    path="/api/v5/trade/orders-algo-history",
    section=SECTION,
    title=doc("Algo orders that ended: none, this venue has no such orders", "历史策略委托：本平台没有策略委托"),
    request=AlgoOrdersHistory,
    answer=AlgoOrderRow,
    permission=READ,
    limits=(Limit(20, 2_000, "user_id"),),
    envelope="code,msg,data",
    either=(Either(("state", "algoId")),),
    page=_algo_page(),
    source=documented("order-book-trading-algo-trading-get-algo-order-history"),
)

GET_ALGO_ORDER = Endpoint(
    name="get_algo_order",
    method="GET",
    path="/api/v5/trade/order-algo",
    section=SECTION,
    title=doc("One algo order: there is none", "单个策略委托：本平台没有策略委托"),
    request=GetAlgoOrder,
    answer=AlgoOrderRow,
    permission=READ,
    limits=(Limit(20, 2_000, "user_id"),),
    envelope="code,msg,data",
    either=(Either(("algoId", "algoClOrdId")),),
    source=documented("order-book-trading-algo-trading-get-algo-order-details"),
)

ONE_CLICK_REPAY_CURRENCY_LIST = Endpoint(
    name="one_click_repay_currency_list",
    method="GET",
    path="/api/v5/trade/one-click-repay-currency-list",
    section=SECTION,
    title=doc("One-click repay of the margin modes: what is owed", "一键还债币种列表，仅跨币种和组合保证金模式"),
    request=RepayListV1,
    answer=RepayListV1Row,
    permission=READ,
    limits=ONE_PER_2S,
    modes=MULTI_MODES,
    source=documented("order-book-trading-trade-get-one-click-repay-currency-list"),
)

ONE_CLICK_REPAY = Endpoint(
    name="one_click_repay",
    method="POST",
    path="/api/v5/trade/one-click-repay",
    section=SECTION,
    title=doc("One-click repay of the margin modes", "一键还债交易，仅跨币种和组合保证金模式"),
    request=RepayV1,
    answer=RepayV1Row,
    permission=TRADE,
    limits=ONE_PER_2S,
    modes=MULTI_MODES,
    source=documented("order-book-trading-trade-post-trade-one-click-repay"),
)

ONE_CLICK_REPAY_HISTORY = Endpoint(
    name="one_click_repay_history",
    method="GET",
    path="/api/v5/trade/one-click-repay-history",
    section=SECTION,
    title=doc("One-click repay of the margin modes: history", "一键还债历史，仅跨币种和组合保证金模式"),
    request=RepayHistoryV1,
    answer=RepayV1Row,
    permission=READ,
    limits=ONE_PER_2S,
    modes=MULTI_MODES,
    page=Page(cursor="uTime", inclusive=False, retention_ms=SEVEN_DAYS_MS, shared=True),
    source=documented("order-book-trading-trade-get-one-click-repay-history"),
)

INACTIVE = frozenset(
    ("POST", f"/api/v5/trade/{name}") for name in ("order-algo", "cancel-algos", "amend-algos", "cancel-advance-algos")
)
"""Calls that place or touch algo orders: known, and switched off here (chosen: decisions/026)."""

ENDPOINTS = (
    ACCOUNT_RATE_LIMIT,
    ORDER_PRECHECK,
    CLOSE_POSITION,
    ORDERS_ALGO_PENDING,
    ORDERS_ALGO_HISTORY,
    GET_ALGO_ORDER,
    ONE_CLICK_REPAY_CURRENCY_LIST,
    ONE_CLICK_REPAY,
    ONE_CLICK_REPAY_HISTORY,
)
