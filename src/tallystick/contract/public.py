"""Public data beside the instruments: loan quotas, discounts, reference prices, the fund, the state of the system.

Much of it is about contracts, which this venue does not have: those endpoints know their parameters and
answer with an empty list.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    UNSET,
    Amount,
    Ccy,
    Doc,
    Either,
    Endpoint,
    Grammar,
    InstFamily,
    InstId,
    Limit,
    LimitNumber,
    Ms,
    Nothing,
    Page,
    Request,
    Row,
    Unset,
    chosen,
    doc,
    documented,
)
from tallystick.contract.market import InstrumentType

SECTION = "public"

Contracts: TypeAlias = Literal["SWAP", "FUTURES", "OPTION"]
MarginAndContracts: TypeAlias = Literal["MARGIN", "SWAP", "FUTURES", "OPTION"]
MarkType: TypeAlias = Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]
FundEvent: TypeAlias = Literal[
    "regular_update", "liquidation_balance_deposit", "bankruptcy_loss", "platform_revenue", "adl"
]
TradeMode: TypeAlias = Literal["cross", "isolated"]
Tier: TypeAlias = Annotated[int, Grammar("tier", r"[1-9][0-9]{0,2}", integer=True)]


class LoanQuota(Row, frozen=True, kw_only=True):
    ccy: str
    quota: Annotated[str, doc("Largest loan", "借币限额")]
    rate: str


class LevelFactor(Row, frozen=True, kw_only=True):
    irDiscount: str = ""
    loanQuotaCoef: str
    level: Annotated[str, doc("Level of the account", "账户等级")]


class ConfiguredCcy(Row, frozen=True, kw_only=True):
    ccy: str
    rate: str


class ConfiguredQuota(Row, frozen=True, kw_only=True):
    ccy: str
    stgyType: Literal["0", "1"]
    quota: Annotated[str, doc("Largest loan at that level", "该等级的借币限额")]
    level: Annotated[str, doc("Level of the account", "账户等级")]


class LoanQuotasRow(Row, frozen=True, kw_only=True):
    """Rates are of a day. A quota is the basic one times the factor of the level, unless `config` states it whole."""

    configCcyList: tuple[ConfiguredCcy, ...] = ()
    basic: tuple[LoanQuota, ...]
    vip: tuple[LevelFactor, ...] = ()
    config: tuple[ConfiguredQuota, ...] = ()
    regular: tuple[LevelFactor, ...]


class VipQuota(Row, frozen=True, kw_only=True):
    level: Annotated[str, doc("Level of the account", "账户等级")]
    loanQuota: str


class VipLoanQuotasRow(Row, frozen=True, kw_only=True):
    ccy: str
    levelList: tuple[VipQuota, ...]
    quota: Annotated[str, doc("Largest loan", "借币限额")]
    rate: str


class DiscountQuotas(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""
    discountLv: Literal["1", "2", "3", "4", "5"] | None = None


class DiscountTier(Row, frozen=True, kw_only=True):
    """One slice of the equity: from `minAmt` to `maxAmt` coins count at `discountRate`."""

    discountRate: str
    liqPenaltyRate: str
    maxAmt: Annotated[str, doc("Where the slice ends, empty where it does not", "档位上限，空表示无上限")]
    minAmt: Annotated[str, doc("Where the slice begins", "档位下限")]
    tier: str
    disCcyEq: str


class DiscountQuotasRow(Row, frozen=True, kw_only=True):
    amt: Annotated[str, doc("Debt that costs nothing while auto-loan is off", "免息额度")] = "0"
    ccy: str
    collateralRestrict: bool
    details: tuple[DiscountTier, ...]
    discountLv: str = "1"
    minDiscountRate: str
    colRes: Literal["0", "1", "2"] | Unset = UNSET


class MarkPrice(Request, frozen=True, kw_only=True):
    instType: MarkType
    uly: InstFamily = ""
    instFamily: InstFamily = ""
    instId: InstId = ""


class MarkPriceRow(Row, frozen=True, kw_only=True):
    instType: MarkType
    instId: str
    markPx: str
    ts: str


class PriceLimit(Request, frozen=True, kw_only=True):
    instId: InstId


class PriceLimitRow(Row, frozen=True, kw_only=True):
    instType: InstrumentType
    instId: str
    buyLmt: str
    sellLmt: str
    ts: str
    enabled: Annotated[bool, doc("Whether there is a price limit", "是否有限价")]


class Underlying(Request, frozen=True, kw_only=True):
    instType: Contracts


class UnderlyingRow(Row, frozen=True, kw_only=True, array_like=True):
    """A JSON array of underlyings. There are none, so it has no members."""


class PositionTiers(Request, frozen=True, kw_only=True):
    """Borrow tiers of a currency: MARGIN with cross mode and `ccy`."""

    instType: MarginAndContracts
    tdMode: TradeMode
    uly: InstFamily = ""
    instFamily: InstFamily = ""
    instId: InstId = ""
    ccy: Ccy = ""
    tier: Tier | None = None


class PositionTiersRow(Row, frozen=True, kw_only=True):
    baseMaxLoan: str = ""
    imr: Annotated[str, doc("Initial margin rate", "初始保证金率")]
    instFamily: str = ""
    instId: str = ""
    maxLever: str
    maxSz: Annotated[str, doc("Where the tier ends", "档位上限")]
    minSz: Annotated[str, doc("Where the tier begins", "档位下限")]
    mmr: Annotated[str, doc("Maintenance margin rate", "维持保证金率")]
    optMgnFactor: str = "0"
    quoteMaxLoan: str = ""
    tier: str
    uly: str = ""


class InsuranceFund(Request, frozen=True, kw_only=True):
    instType: MarginAndContracts
    type: FundEvent | None = None
    uly: InstFamily = ""
    instFamily: InstFamily = ""
    ccy: Ccy = ""
    before: Ms | None = None
    after: Ms | None = None
    limit: LimitNumber = 100


class FundDetail(Row, frozen=True, kw_only=True):
    adlType: str = ""
    amt: str = ""
    balance: str
    ccy: str
    decRate: str = ""
    maxBal: str = ""
    maxBalTs: str = ""
    ts: str
    type: str = "regular_update"


class InsuranceFundRow(Row, frozen=True, kw_only=True):
    details: tuple[FundDetail, ...]
    instFamily: str = ""
    instType: MarginAndContracts
    total: str


class TickBands(Request, frozen=True, kw_only=True):
    instType: Literal["OPTION"]
    instFamily: InstFamily = ""


class TickBand(Row, frozen=True, kw_only=True):
    maxPx: str
    minPx: str
    tickSz: str


class TickBandsRow(Row, frozen=True, kw_only=True):
    instFamily: str
    instType: Literal["OPTION"]
    tickBand: tuple[TickBand, ...]


class OpenInterest(Request, frozen=True, kw_only=True):
    instType: Contracts
    uly: InstFamily = ""
    instFamily: InstFamily = ""
    instId: InstId = ""


class OpenInterestRow(Row, frozen=True, kw_only=True):
    instId: str
    instType: Contracts
    oi: str
    oiCcy: str
    oiUsd: str
    ts: str


class FundingRate(Request, frozen=True, kw_only=True):
    instId: InstId


class FundingRateRow(Row, frozen=True, kw_only=True):
    formulaType: str
    fundingRate: str
    fundingTime: str
    impactValue: str
    instId: str
    instType: Contracts
    interestRate: str
    maxFundingRate: str
    method: str
    minFundingRate: str
    nextFundingRate: str
    nextFundingTime: str
    premium: str
    settFundingRate: str
    settState: str
    ts: str


class ContractCoin(Request, frozen=True, kw_only=True):
    type: Literal["1", "2"] = "1"
    instId: InstId
    sz: Amount
    px: Amount = ""
    unit: Literal["coin", "usds"] = "coin"
    opType: Literal["open", "close"] = "close"


class ContractCoinRow(Row, frozen=True, kw_only=True):
    instId: str
    px: str
    sz: str
    type: Literal["1", "2"]
    unit: Literal["coin", "usds"]


class SystemStatus(Request, frozen=True, kw_only=True):
    state: Literal["scheduled", "ongoing", "pre_open", "completed", "canceled"] | None = None


class SystemStatusRow(Row, frozen=True, kw_only=True):
    begin: str
    end: str
    href: str
    preOpenBegin: str
    scheDesc: str
    serviceType: str
    state: str
    maintType: str
    env: str
    system: str
    title: str


def _get(
    name: str,
    path: str,
    title: Doc,
    request: type[Request],
    answer: type[Row],
    limit: Limit,
    where: str,
    page: Page | None = None,
    either: tuple[Either, ...] = (),
) -> Endpoint:
    """A public endpoint of this section as the documents state it."""
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
        either=either,
        source=documented(where),
    )


LOAN_QUOTAS = _get(
    "loan_quotas",
    "/api/v5/public/interest-rate-loan-quota",
    doc("Borrowing rates and quotas of the currencies", "各币种的借币利率和限额"),
    Nothing,
    LoanQuotasRow,
    Limit(2, 2_000, "ip"),
    "public-data-rest-api-get-interest-rate-and-loan-quota",
)

VIP_LOAN_QUOTAS = Endpoint(
    name="vip_loan_quotas",
    method="GET",
    path="/api/v5/public/vip-interest-rate-loan-quota",
    section=SECTION,
    title=doc("Rates and quotas of VIP loans, which do not exist here", "尊享借币的利率和限额，本平台没有"),
    request=Nothing,
    answer=VipLoanQuotasRow,
    permission=None,
    limits=(Limit(2, 2_000, "ip"),),
    envelope="code,msg,data",
    source=chosen("025"),
)

DISCOUNT_QUOTAS = _get(
    "discount_quotas",
    "/api/v5/public/discount-rate-interest-free-quota",
    doc("What each currency counts as collateral", "各币种作为质押物的折算率"),
    DiscountQuotas,
    DiscountQuotasRow,
    Limit(2, 2_000, "ip"),
    "public-data-rest-api-get-discount-rate-and-interest-free-quota",
)

MARK_PRICE = _get(
    "mark_price",
    "/api/v5/public/mark-price",
    doc("Mark prices; pairs stand under MARGIN", "标记价格，币对在 MARGIN 下查询"),
    MarkPrice,
    MarkPriceRow,
    Limit(10, 2_000, "ip+instId"),
    "public-data-rest-api-get-mark-price",
)

PRICE_LIMIT = _get(
    "price_limit",
    "/api/v5/public/price-limit",
    doc("Highest buy and lowest sell price", "最高买价和最低卖价"),
    PriceLimit,
    PriceLimitRow,
    Limit(20, 2_000, "ip"),
    "public-data-rest-api-get-limit-price",
)

UNDERLYING = _get(
    "underlying",
    "/api/v5/public/underlying",
    doc("Underlyings of contracts, of which there are none", "合约标的，本平台没有"),
    Underlying,
    UnderlyingRow,
    Limit(20, 2_000, "ip"),
    "public-data-rest-api-get-underlying",
)

POSITION_TIERS = _get(
    "position_tiers",
    "/api/v5/public/position-tiers",
    doc("Tiers of positions, and of borrowing", "持仓档位和借币档位"),
    PositionTiers,
    PositionTiersRow,
    Limit(10, 2_000, "ip"),
    "public-data-rest-api-get-position-tiers",
)

INSURANCE_FUND = _get(
    "insurance_fund",
    "/api/v5/public/insurance-fund",
    doc("What the fund that covers bad debts holds", "风险准备金余额"),
    InsuranceFund,
    InsuranceFundRow,
    Limit(10, 2_000, "ip"),
    "public-data-rest-api-get-security-fund",
    page=Page(cursor="ts", inclusive=False, retention_ms=None),
)

TICK_BANDS = _get(
    "tick_bands",
    "/api/v5/public/instrument-tick-bands",
    doc("Price steps of options, of which there are none", "期权价格梯度，本平台没有"),
    TickBands,
    TickBandsRow,
    Limit(5, 2_000, "ip"),
    "public-data-rest-api-get-option-tick-bands",
)

OPEN_INTEREST = _get(
    "open_interest",
    "/api/v5/public/open-interest",
    doc("Open contracts, of which there are none", "合约持仓总量，本平台没有"),
    OpenInterest,
    OpenInterestRow,
    Limit(20, 2_000, "ip+instId"),
    "public-data-rest-api-get-open-interest",
)

FUNDING_RATE = _get(
    "funding_rate",
    "/api/v5/public/funding-rate",
    doc("Funding rate of a perpetual contract", "永续合约资金费率"),
    FundingRate,
    FundingRateRow,
    Limit(10, 2_000, "ip+instId"),
    "public-data-rest-api-get-funding-rate",
)

CONTRACT_COIN = _get(
    "contract_coin",
    "/api/v5/public/convert-contract-coin",
    doc("Contracts to coins and back", "张币转换"),
    ContractCoin,
    ContractCoinRow,
    Limit(10, 2_000, "ip"),
    "public-data-rest-api-unit-convert",
)

SYSTEM_STATUS = _get(
    "system_status",
    "/api/v5/system/status",
    doc("Announced maintenance", "系统维护公告"),
    SystemStatus,
    SystemStatusRow,
    Limit(1, 5_000, "ip"),
    "status-get-status",
)

ENDPOINTS = (
    LOAN_QUOTAS,
    VIP_LOAN_QUOTAS,
    DISCOUNT_QUOTAS,
    MARK_PRICE,
    PRICE_LIMIT,
    UNDERLYING,
    POSITION_TIERS,
    INSURANCE_FUND,
    TICK_BANDS,
    OPEN_INTEREST,
    FUNDING_RATE,
    CONTRACT_COIN,
    SYSTEM_STATUS,
)
