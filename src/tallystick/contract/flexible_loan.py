"""Flexible loans: borrow against collateral of the funding account, and the history of it.

Borrow and repay came to the API after the default surface, and endpoints that came later are always
served. The older calls know `ordId` on the later surface only; without it they mean the oldest loan, or all.
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
    Nothing,
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
THIRTY_DAYS_MS = 30 * 86_400_000
REF_IDS_PER_MS = 10_000
"""A refId is Unix milliseconds and four digits more, so a time can be looked for among them."""
Collaterals: TypeAlias = Annotated[tuple[CcyAmount, ...], Many(unique=True, most=10)]
"""Documented: 1 to 10 entries a call. It is a rule about the form of a request, so it is no lever of the engine."""

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

OLDEST_LOAN = doc("Loan meant; absent means the oldest", "订单 ID，不填则为最早的订单")


class LoanCurrenciesRow(Row, frozen=True, kw_only=True):
    borrowCcy: str


class LoanCollateralAssets(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""
    ordId: Annotated[Id | None, Since("2026-08"), OLDEST_LOAN] = None


class LoanAsset(Row, frozen=True, kw_only=True):
    amt: str
    ccy: str
    notionalUsd: Annotated[str, doc("Value in USD, not discounted", "美元价值，未打折")]


class LoanCollateralAssetsRow(Row, frozen=True, kw_only=True):
    assets: tuple[LoanAsset, ...]


class LoanMaxLoan(Request, frozen=True, kw_only=True):
    borrowCcy: Ccy
    ordId: Annotated[Id | None, Since("2026-08"), OLDEST_LOAN] = None
    supCollateral: Collaterals = ()


class LoanMaxLoanRow(Row, frozen=True, kw_only=True):
    borrowCcy: str
    maxLoan: Annotated[str, doc("Most that could be borrowed now", "当前最大可借数量")]
    notionalUsd: Annotated[str, doc("Value of that in USD", "最大可借数量的美元价值")]
    remainingQuota: str


class LoanMaxRedeem(Request, frozen=True, kw_only=True):
    ccy: Annotated[Ccy, doc("Collateral currency", "质押币种")]
    ordId: Annotated[Id | None, Since("2026-08"), OLDEST_LOAN] = None


class LoanMaxRedeemRow(Row, frozen=True, kw_only=True):
    ccy: str
    maxRedeemAmt: str


class LoanBorrow(Request, frozen=True, kw_only=True):
    ordId: Annotated[Id | None, doc("Loan to add to; absent opens a new one", "追加借款的订单 ID，不填则新建订单")] = (
        None
    )
    loanData: Annotated[CcyAmount, doc("Currency and amount to borrow", "借入的币种和数量")]
    collateralData: Annotated[
        Collaterals,
        doc("Collateral to lock, at most ten currencies", "锁定的质押币种和数量，最多十个"),
    ] = ()
    eMode: Annotated[
        EMode | None, doc("1 for efficiency mode; of a new loan only", "1 为高效模式，仅新建订单时可填")
    ] = None
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
    ordId: Annotated[Id | None, Since("2026-08"), OLDEST_LOAN] = None


class LoanAdjustCollateralRow(Row, frozen=True, kw_only=True):
    """Never sent: the answer's data is empty, the outcome is read from loan-info or loan-history."""


class LoanInfo(Request, frozen=True, kw_only=True):
    ordId: Annotated[Id | None, Since("2026-08"), doc("Loan meant; absent means all", "订单 ID，不填则返回全部")] = None


class LoanCcyAmount(Row, frozen=True, kw_only=True):
    amt: str
    ccy: str


class LoanRiskWarning(Row, frozen=True, kw_only=True):
    instId: str = ""
    liqPx: str = ""


class LoanInfoRow(Row, frozen=True, kw_only=True):
    ordId: Annotated[str | Unset, Since("2026-08")] = UNSET
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


class LoanInterestAccrued(Request, frozen=True, kw_only=True):
    ccy: Annotated[Ccy, doc("Rows of this loan currency only", "只返回该借币币种的记录")] = ""
    after: Annotated[Id | None, doc("Rows older than this refId", "返回早于此 refId 的记录")] = None
    before: Annotated[Id | None, doc("Rows newer than this refId", "返回晚于此 refId 的记录")] = None
    limit: LimitNumber = 100
    ordId: Annotated[Id | None, Since("2026-08"), doc("Rows of this loan only", "只返回该订单的记录")] = None


class LoanInterestAccruedRow(Row, frozen=True, kw_only=True):
    ccy: str
    interest: Annotated[str, doc("Interest of one hour", "一小时的利息")]
    interestRate: Annotated[str, doc("Rate a year", "年利率")]
    loan: str
    refId: str
    ts: Annotated[str, doc("The full hour it was charged at, Unix milliseconds", "计息的整点，Unix 毫秒")]


class LoanEModeInfoRow(Row, frozen=True, kw_only=True):
    collateralCcy: str
    borrowCcy: str


LOAN_CURRENCIES = Endpoint(
    name="loan_currencies",
    method="GET",
    path="/api/v5/finance/flexible-loan/borrow-currencies",
    section=SECTION,
    title=doc("Currencies that can be borrowed", "可借的币种"),
    request=Nothing,
    answer=LoanCurrenciesRow,
    permission=READ,
    limits=FIVE_PER_2S,
    source=documented("financial-product-flexible-loan-get-borrowable-currencies"),
)

LOAN_COLLATERAL_ASSETS = Endpoint(
    name="loan_collateral_assets",
    method="GET",
    path="/api/v5/finance/flexible-loan/collateral-assets",
    section=SECTION,
    title=doc("What could be locked as collateral, with its value", "可用作质押的资产及其价值"),
    request=LoanCollateralAssets,
    answer=LoanCollateralAssetsRow,
    permission=READ,
    limits=FIVE_PER_2S,
    source=documented("financial-product-flexible-loan-get-collateral-assets"),
)

LOAN_MAX_LOAN = Endpoint(
    name="loan_max_loan",
    method="POST",
    path="/api/v5/finance/flexible-loan/max-loan",
    section=SECTION,
    title=doc("Most that could be borrowed, with more collateral in thought", "最大可借数量，可假设追加质押物"),
    request=LoanMaxLoan,
    answer=LoanMaxLoanRow,
    permission=READ,
    limits=FIVE_PER_2S,
    source=documented("financial-product-flexible-loan-post-maximum-loan-amount"),
)

LOAN_MAX_REDEEM = Endpoint(
    name="loan_max_redeem",
    method="GET",
    path="/api/v5/finance/flexible-loan/max-collateral-redeem-amount",
    section=SECTION,
    title=doc("Most of a collateral currency that could be released", "某质押币种的最大可赎回数量"),
    request=LoanMaxRedeem,
    answer=LoanMaxRedeemRow,
    permission=READ,
    limits=FIVE_PER_2S,
    source=documented("financial-product-flexible-loan-get-maximum-collateral-redeem-amount"),
)

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
    page=Page(cursor="refId", inclusive=False, retention_ms=None),
    source=documented("financial-product-flexible-loan-get-loan-history"),
)

LOAN_INTEREST_ACCRUED = Endpoint(
    name="loan_interest_accrued",
    method="GET",
    path="/api/v5/finance/flexible-loan/interest-accrued",
    section=SECTION,
    title=doc("Interest charged in the last thirty days, hour by hour", "近三十天逐小时的利息"),
    request=LoanInterestAccrued,
    answer=LoanInterestAccruedRow,
    permission=READ,
    limits=FIVE_PER_2S,
    page=Page(
        cursor="refId",
        inclusive=False,
        retention_ms=THIRTY_DAYS_MS,
        cursors_per_ms=REF_IDS_PER_MS,
    ),
    source=documented("financial-product-flexible-loan-get-accrued-interest"),
)

LOAN_E_MODE_INFO = Endpoint(
    name="loan_e_mode_info",
    method="GET",
    path="/api/v5/finance/flexible-loan/emode-info",
    section=SECTION,
    title=doc("Pairs of currencies that efficiency mode takes", "高效模式支持的币种组合"),
    request=Nothing,
    answer=LoanEModeInfoRow,
    permission=None,
    limits=(Limit(5, 2_000, "ip"),),
    since="2026-08",
    source=documented("financial-product-flexible-loan"),
)

ENDPOINTS = (
    LOAN_CURRENCIES,
    LOAN_COLLATERAL_ASSETS,
    LOAN_MAX_LOAN,
    LOAN_MAX_REDEEM,
    LOAN_BORROW,
    LOAN_REPAY,
    LOAN_ADJUST_COLLATERAL,
    LOAN_INFO,
    LOAN_HISTORY,
    LOAN_INTEREST_ACCRUED,
    LOAN_E_MODE_INFO,
)
