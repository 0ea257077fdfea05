"""Flexible loans: borrow against collateral of the funding account, and the history of it.

Borrow and repay came to the API after the default surface, and endpoints that came later are always
served. They name a loan by `ordId`; so `ordId` is read by adjust-collateral and loan-info too.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    TRADE,
    UNSET,
    Amount,
    Ccy,
    CcyAmount,
    Endpoint,
    Id,
    Limit,
    LimitNumber,
    LoanClientId,
    Many,
    Page,
    Request,
    Row,
    Since,
    Unset,
    doc,
    documented,
)

SECTION = "flexible_loan"
FIVE_PER_2S = (Limit(5, 2_000, "user_id"),)
TWO_PER_2S = (Limit(2, 2_000, "user_id"),)

LoanHistoryType: TypeAlias = Literal[
    "borrowed",
    "repaid",
    "collateral_locked",
    "collateral_released",
    "forced_repayment_buy",
    "forced_repayment_sell",
    "forced_liquidation",
    "partial_liquidation",
    "sell_collateral",
    "buy_transition_coin",
    "sell_transition_coin",
    "buy_borrowed_coin",
]
EMode: TypeAlias = Literal["0", "1"]


class LoanBorrow(Request, frozen=True, kw_only=True):
    ordId: Annotated[Id | None, doc("Loan to add to; absent opens a new one", "追加借款的订单 ID，不填则新建订单")] = (
        None
    )
    loanData: Annotated[CcyAmount, doc("Currency and amount to borrow", "借入的币种和数量")]
    collateralData: Annotated[
        tuple[CcyAmount, ...],
        Many(most=10),
        doc("Collateral to lock, at most ten currencies", "锁定的质押币种和数量，最多十个"),
    ] = ()
    eMode: EMode = "0"
    clOrdId: LoanClientId


class LoanBorrowRow(Row, frozen=True, kw_only=True):
    ordId: str
    eMode: EMode
    clOrdId: str


class LoanRepay(Request, frozen=True, kw_only=True):
    ordId: Id
    ccy: Ccy
    amt: Amount
    clOrdId: LoanClientId


class LoanRepayRow(Row, frozen=True, kw_only=True):
    ordId: str
    ccy: str
    amt: str
    clOrdId: str


class LoanAdjustCollateral(Request, frozen=True, kw_only=True):
    type: Annotated[Literal["add", "reduce"], doc("Add to the collateral or take from it", "增加或减少质押物")]
    collateralCcy: Ccy
    collateralAmt: Amount
    ordId: Annotated[Id | None, doc("Loan meant; absent means the oldest", "订单 ID，不填则为最早的订单")] = None


class LoanAdjustCollateralRow(Row, frozen=True, kw_only=True):
    """Never sent: the answer's data is empty, the outcome is read from loan-info or loan-history."""


class LoanInfo(Request, frozen=True, kw_only=True):
    ordId: Annotated[Id | None, doc("Loan meant; absent means all", "订单 ID，不填则返回全部")] = None


class LoanCcyAmount(Row, frozen=True, kw_only=True):
    amt: str
    ccy: str


class LoanRiskWarning(Row, frozen=True, kw_only=True):
    instId: str = ""
    liqPx: str = ""


class LoanInfoRow(Row, frozen=True, kw_only=True):
    ordId: str | Unset = UNSET
    collateralData: tuple[LoanCcyAmount, ...]
    collateralNotionalUsd: str
    curLTV: str
    liqLTV: str
    loanData: tuple[LoanCcyAmount, ...]
    loanNotionalUsd: str
    marginCallLTV: str
    riskWarningData: LoanRiskWarning


class LoanHistory(Request, frozen=True, kw_only=True):
    type: LoanHistoryType | None = None
    after: Annotated[Id | None, doc("Rows older than this refId", "返回早于此 refId 的记录")] = None
    before: Annotated[Id | None, doc("Rows newer than this refId", "返回晚于此 refId 的记录")] = None
    limit: LimitNumber = 100
    ordId: Annotated[Id | None, Since("2026-08"), doc("Rows of this loan only", "只返回该订单的记录")] = None


class LoanHistoryRow(Row, frozen=True, kw_only=True):
    amt: str
    ccy: str
    refId: str
    ts: str
    type: LoanHistoryType


LOAN_BORROW = Endpoint(
    name="loan_borrow",
    method="POST",
    path="/api/v5/finance/flexible-loan/borrow",
    section=SECTION,
    title=doc("Open a loan or borrow more on one", "新建借款或追加借款"),
    request=LoanBorrow,
    answer=LoanBorrowRow,
    permission=TRADE,
    limits=TWO_PER_2S,
    since="2026-08",
    source=documented("financial-product-flexible-loan-post-borrow"),
)

LOAN_REPAY = Endpoint(
    name="loan_repay",
    method="POST",
    path="/api/v5/finance/flexible-loan/repay",
    section=SECTION,
    title=doc("Repay a loan, in part or whole", "偿还部分或全部借款"),
    request=LoanRepay,
    answer=LoanRepayRow,
    permission=TRADE,
    limits=TWO_PER_2S,
    since="2026-08",
    source=documented("financial-product-flexible-loan-post-repay"),
)

LOAN_ADJUST_COLLATERAL = Endpoint(
    name="loan_adjust_collateral",
    method="POST",
    path="/api/v5/finance/flexible-loan/adjust-collateral",
    section=SECTION,
    title=doc("Lock more collateral or release some", "追加或释放质押物"),
    request=LoanAdjustCollateral,
    answer=LoanAdjustCollateralRow,
    permission=TRADE,
    limits=FIVE_PER_2S,
    source=documented("financial-product-flexible-loan-post-adjust-collateral"),
)

LOAN_INFO = Endpoint(
    name="loan_info",
    method="GET",
    path="/api/v5/finance/flexible-loan/loan-info",
    section=SECTION,
    title=doc("Loans as they stand, with their loan to value", "当前借款及其质押率"),
    request=LoanInfo,
    answer=LoanInfoRow,
    permission=READ,
    limits=FIVE_PER_2S,
    source=documented("financial-product-flexible-loan-get-loan-info"),
)

LOAN_HISTORY = Endpoint(
    name="loan_history",
    method="GET",
    path="/api/v5/finance/flexible-loan/loan-history",
    section=SECTION,
    title=doc("Everything that happened to the loans", "借款的全部变动记录"),
    request=LoanHistory,
    answer=LoanHistoryRow,
    permission=READ,
    limits=FIVE_PER_2S,
    page=Page(table="loan_history", cursor="refId", inclusive=False, retention_ms=None),
    source=documented("financial-product-flexible-loan-get-loan-history"),
)

ENDPOINTS = (LOAN_BORROW, LOAN_REPAY, LOAN_ADJUST_COLLATERAL, LOAN_INFO, LOAN_HISTORY)
