"""Borrowing in Spot mode: by hand, its history, automatic repayment; interest, rates and limits."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    SPOT_ONLY,
    TRADE,
    Amount,
    Ccy,
    Either,
    Endpoint,
    Flag,
    InstId,
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

SECTION = "borrow"
FIVE_PER_2S = (Limit(5, 2_000, "user_id"),)
YEAR_MS = 365 * 86_400_000

BorrowSide: TypeAlias = Literal["borrow", "repay"]
MgnMode: TypeAlias = Literal["cross", "isolated"]
LoanType: TypeAlias = Literal["2"]
"""Market loans; the documents dropped 1, VIP loans."""
SpotBorrowType: TypeAlias = Literal["auto_borrow", "auto_repay", "manual_borrow", "manual_repay"]


class SetAutoRepay(Request, frozen=True, kw_only=True):
    autoRepay: Flag


class SetAutoRepayRow(Row, frozen=True, kw_only=True):
    autoRepay: bool


class SpotManualBorrowRepay(Request, frozen=True, kw_only=True):
    ccy: Ccy
    side: BorrowSide
    amt: Amount


class SpotManualBorrowRepayRow(Row, frozen=True, kw_only=True):
    """`amt` is what was really borrowed or repaid, which may be less than asked."""

    ccy: str
    side: BorrowSide
    amt: str


class SpotBorrowRepayHistory(Request, frozen=True, kw_only=True):
    ccy: Annotated[Ccy, doc("Rows of this currency only", "只返回该币种的记录")] = ""
    type: SpotBorrowType | None = None
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class SpotBorrowRepayHistoryRow(Row, frozen=True, kw_only=True):
    accBorrowed: str
    amt: str
    ccy: str
    ts: str
    type: SpotBorrowType


class InterestAccrued(Request, frozen=True, kw_only=True):
    type: LoanType = "2"
    ccy: Annotated[Ccy, doc("Rows of this currency only", "只返回该币种的记录")] = ""
    instId: InstId = ""
    mgnMode: MgnMode | None = None
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class InterestAccruedRow(Row, frozen=True, kw_only=True):
    """The documented sample still prints type 1."""

    ccy: str
    instId: str = ""
    interest: Annotated[str, doc("Interest of one hour", "一小时的利息")]
    interestRate: Annotated[str, doc("Rate an hour", "小时利率")]
    liab: Annotated[str, doc("Debt that bears interest", "计息负债")]
    totalLiab: Annotated[str, doc("Debt of the currency in all", "该币种的总负债")]
    interestFreeLiab: str = ""
    mgnMode: Literal["cross", "isolated", ""] = ""
    ts: Annotated[str, doc("The full hour it was charged at, Unix milliseconds", "计息的整点，Unix 毫秒")]
    type: Literal["1", "2"] = "2"


class InterestRate(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""


class InterestRateRow(Row, frozen=True, kw_only=True):
    ccy: str
    interestRate: Annotated[str, doc("Rate an hour", "小时利率")]


class InterestLimits(Request, frozen=True, kw_only=True):
    type: LoanType = "2"
    ccy: Ccy = ""


class SurplusLimitDetails(Row, frozen=True, kw_only=True):
    """No longer filled: an empty object."""


class InterestLimitsRecord(Row, frozen=True, kw_only=True):
    availLoan: str = ""
    avgRate: str = ""
    ccy: str
    interest: str
    loanQuota: str
    posLoan: str = ""
    rate: str
    surplusLmt: str
    surplusLmtDetails: SurplusLimitDetails = SurplusLimitDetails()
    usedLmt: str
    usedLoan: str = ""
    interestFreeLiab: str = ""
    potentialBorrowingAmt: str = ""


class InterestLimitsRow(Row, frozen=True, kw_only=True):
    debt: str
    interest: str
    loanAlloc: str = ""
    nextDiscountTime: str
    nextInterestTime: str
    records: tuple[InterestLimitsRecord, ...]


class MaxLoan(Request, frozen=True, kw_only=True):
    """No mode here has a margin currency, so `mgnCcy` changes nothing. Outside Spot mode `instId` is needed."""

    mgnMode: MgnMode
    instId: Annotated[
        tuple[InstId, ...], Many(most=5), doc("Instruments, at most five", "产品 ID，最多五个，逗号分隔")
    ] = ()
    ccy: Annotated[Ccy, doc("Currency to borrow by hand", "手动借币的币种")] = ""
    mgnCcy: Ccy = ""
    tradeQuoteCcy: Ccy = ""


class MaxLoanRow(Row, frozen=True, kw_only=True):
    instId: str = ""
    mgnMode: MgnMode
    mgnCcy: str = ""
    maxLoan: str
    ccy: str
    side: Annotated[
        Literal["buy", "sell", ""],
        doc("Side of the order that would borrow it, empty by hand", "需借入该币种的订单方向，手动借币为空"),
    ] = ""


SET_AUTO_REPAY = Endpoint(
    name="set_auto_repay",
    method="POST",
    path="/api/v5/account/set-auto-repay",
    section=SECTION,
    title=doc("Switch automatic repayment on or off", "开启或关闭自动还币"),
    request=SetAutoRepay,
    answer=SetAutoRepayRow,
    permission=TRADE,
    limits=FIVE_PER_2S,
    envelope="code,msg,data",
    modes=SPOT_ONLY,
    source=documented("trading-account-rest-api-set-auto-repay"),
)

SPOT_MANUAL_BORROW_REPAY = Endpoint(
    name="spot_manual_borrow_repay",
    method="POST",
    path="/api/v5/account/spot-manual-borrow-repay",
    section=SECTION,
    title=doc("Borrow or repay by hand", "手动借币或还币"),
    request=SpotManualBorrowRepay,
    answer=SpotManualBorrowRepayRow,
    permission=TRADE,
    limits=(Limit(1, 3_000, "user_id"),),
    modes=SPOT_ONLY,
    source=documented("trading-account-rest-api-manual-borrow-repay"),
)

SPOT_BORROW_REPAY_HISTORY = Endpoint(
    name="spot_borrow_repay_history",
    method="GET",
    path="/api/v5/account/spot-borrow-repay-history",
    section=SECTION,
    title=doc("Borrowings and repayments in Spot mode", "现货模式的借还币记录"),
    request=SpotBorrowRepayHistory,
    answer=SpotBorrowRepayHistoryRow,
    permission=READ,
    limits=FIVE_PER_2S,
    modes=SPOT_ONLY,
    page=Page(cursor="ts", inclusive=True, retention_ms=None, shared=True),
    source=documented("trading-account-rest-api-get-borrow-repay-history"),
)

INTEREST_ACCRUED = Endpoint(
    name="interest_accrued",
    method="GET",
    path="/api/v5/account/interest-accrued",
    section=SECTION,
    title=doc("Interest charged in the last year, hour by hour", "近一年逐小时的利息"),
    request=InterestAccrued,
    answer=InterestAccruedRow,
    permission=READ,
    limits=FIVE_PER_2S,
    page=Page(cursor="ts", inclusive=False, retention_ms=YEAR_MS, shared=True),
    source=documented("trading-account-rest-api-get-interest-accrued-data"),
)

INTEREST_RATE = Endpoint(
    name="interest_rate",
    method="GET",
    path="/api/v5/account/interest-rate",
    section=SECTION,
    title=doc("What borrowing costs an hour", "借币的小时利率"),
    request=InterestRate,
    answer=InterestRateRow,
    permission=READ,
    limits=FIVE_PER_2S,
    envelope="code,msg,data",
    source=documented("trading-account-rest-api-get-interest-rate"),
)

INTEREST_LIMITS = Endpoint(
    name="interest_limits",
    method="GET",
    path="/api/v5/account/interest-limits",
    section=SECTION,
    title=doc("Debts, rates a day and borrowing limits", "负债、日利率与借币限额"),
    request=InterestLimits,
    answer=InterestLimitsRow,
    permission=READ,
    limits=FIVE_PER_2S,
    source=documented("trading-account-rest-api-get-borrow-interest-and-limit"),
)

MAX_LOAN = Endpoint(
    name="max_loan",
    method="GET",
    path="/api/v5/account/max-loan",
    section=SECTION,
    title=doc("Most that could be borrowed, by instrument or currency", "产品或币种的最大可借"),
    request=MaxLoan,
    answer=MaxLoanRow,
    permission=READ,
    limits=(Limit(20, 2_000, "user_id"),),
    either=(Either(("instId", "ccy")),),
    source=documented("trading-account-rest-api-get-the-maximum-loan-of-instrument"),
)

ENDPOINTS = (
    SET_AUTO_REPAY,
    SPOT_MANUAL_BORROW_REPAY,
    SPOT_BORROW_REPAY_HISTORY,
    INTEREST_ACCRUED,
    INTEREST_RATE,
    INTEREST_LIMITS,
    MAX_LOAN,
)
