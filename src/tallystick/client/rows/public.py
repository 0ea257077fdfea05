"""Typed rows of public.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import (
    Amount,
    Choice,
    Daily,
    Flag,
    MaybeAmount,
    MaybeChoice,
    MaybeText,
    MaybeTime,
    Parts,
    Text,
    Time,
)
from tallystick.client.records import Record


class ConfiguredCcy(Record):
    """Row, or part of one, of `loan_quotas`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    rate = Daily()
    """Rate a day."""


class LoanQuota(Record):
    """Row, or part of one, of `loan_quotas`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    quota = Amount()
    """Largest loan."""
    rate = Daily()
    """Rate a day."""


class LevelFactor(Record):
    """Row, or part of one, of `loan_quotas`."""

    __slots__ = ()

    irDiscount = MaybeAmount()
    """No longer filled."""
    loanQuotaCoef = Amount()
    """Times the basic quota."""
    level = Text()
    """Level of the account."""


class ConfiguredQuota(Record):
    """Row, or part of one, of `loan_quotas`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    stgyType = Choice[Literal["0", "1"]]()
    """Strategy of the account."""
    quota = Amount()
    """Largest loan at that level."""
    level = Text()
    """Level of the account."""


class LoanQuotasRow(Record):
    """Row, or part of one, of `loan_quotas`."""

    __slots__ = ()

    configCcyList = Parts(ConfiguredCcy)
    """Currencies whose quota is stated whole."""
    basic = Parts(LoanQuota)
    """Rate and quota before the factor of a level."""
    vip = Parts(LevelFactor)
    """Factors of the VIP levels."""
    config = Parts(ConfiguredQuota)
    """Quotas stated whole."""
    regular = Parts(LevelFactor)
    """Factors of the regular levels."""


class VipQuota(Record):
    """Row, or part of one, of `vip_loan_quotas`."""

    __slots__ = ()

    level = Text()
    """Level of the account."""
    loanQuota = Amount()
    """Most that may be borrowed."""


class VipLoanQuotasRow(Record):
    """Row, or part of one, of `vip_loan_quotas`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    levelList = Parts(VipQuota)
    """One entry per level."""
    quota = Amount()
    """Largest loan."""
    rate = Daily()
    """Rate a day."""


class DiscountTier(Record):
    """Row, or part of one, of `discount_quotas`."""

    __slots__ = ()

    discountRate = Amount()
    """Share that counts as collateral."""
    liqPenaltyRate = Amount()
    """Share that does not count."""
    maxAmt = MaybeAmount()
    """Where the slice ends, empty where it does not."""
    minAmt = Amount()
    """Where the slice begins."""
    tier = Text()
    """Tier, from 1."""
    disCcyEq = MaybeAmount()
    """What counts of an equity as large as the tier's end."""


class DiscountQuotasRow(Record):
    """Row, or part of one, of `discount_quotas`."""

    __slots__ = ()

    amt = Amount()
    """Debt that costs nothing while auto-loan is off."""
    ccy = Text()
    """Currency."""
    collateralRestrict = Flag()
    """No longer used, see colRes."""
    details = Parts(DiscountTier)
    """One entry per currency."""
    discountLv = Text()
    """No longer used."""
    minDiscountRate = Amount()
    """Rate beyond the last tier."""
    colRes = MaybeChoice[Literal["0", "1", "2"]]()
    """State of the platform's collateral cap."""


class MarkPriceRow(Record):
    """Row, or part of one, of `mark_price`, `channel mark-price`."""

    __slots__ = ()

    instType = Choice[Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]]()
    """Kind of instrument."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    markPx = Amount()
    """Mark price."""
    ts = Time()
    """Time, Unix milliseconds."""


class PriceLimitRow(Record):
    """Row, or part of one, of `price_limit`, `channel price-limit`."""

    __slots__ = ()

    instType = Choice[Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]]()
    """Kind of instrument."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    buyLmt = MaybeAmount()
    """Highest price to buy at."""
    sellLmt = MaybeAmount()
    """Lowest price to sell at."""
    ts = Time()
    """Time, Unix milliseconds."""
    enabled = Flag()
    """Whether there is a price limit."""


class PositionTiersRow(Record):
    """Row, or part of one, of `position_tiers`."""

    __slots__ = ()

    baseMaxLoan = MaybeAmount()
    """Largest loan of the base."""
    imr = Amount()
    """Initial margin rate."""
    instFamily = MaybeText()
    """Family, derivatives only."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    maxLever = Amount()
    """Highest leverage."""
    maxSz = Amount()
    """Where the tier ends."""
    minSz = Amount()
    """Where the tier begins."""
    mmr = Amount()
    """Maintenance margin rate."""
    optMgnFactor = Amount()
    """Margin factor of options."""
    quoteMaxLoan = MaybeAmount()
    """Largest loan of the quote."""
    tier = Text()
    """Tier, from 1."""
    uly = MaybeText()
    """Underlying, derivatives only."""


class FundDetail(Record):
    """Row, or part of one, of `insurance_fund`."""

    __slots__ = ()

    adlType = MaybeText()
    """Event of auto-deleveraging."""
    amt = MaybeAmount()
    """Amount."""
    balance = Amount()
    """What the fund holds."""
    ccy = Text()
    """Currency."""
    decRate = MaybeAmount()
    """No longer filled."""
    maxBal = MaybeAmount()
    """Highest balance of eight hours."""
    maxBalTs = MaybeTime()
    """When it was highest, Unix milliseconds."""
    ts = Time()
    """Time, Unix milliseconds."""
    type = Text()
    """Kind."""


class InsuranceFundRow(Record):
    """Row, or part of one, of `insurance_fund`."""

    __slots__ = ()

    details = Parts(FundDetail)
    """One entry per currency."""
    instFamily = MaybeText()
    """Family, derivatives only."""
    instType = Choice[Literal["MARGIN", "SWAP", "FUTURES", "OPTION"]]()
    """Kind of instrument."""
    total = Amount()
    """Value of the fund, USD."""


class TickBand(Record):
    """Row, or part of one, of `tick_bands`."""

    __slots__ = ()

    maxPx = MaybeAmount()
    """Where the band ends."""
    minPx = Amount()
    """Where the band begins."""
    tickSz = Amount()
    """Price step."""


class TickBandsRow(Record):
    """Row, or part of one, of `tick_bands`."""

    __slots__ = ()

    instFamily = Text()
    """Family, derivatives only."""
    instType = Choice[Literal["OPTION"]]()
    """Kind of instrument."""
    tickBand = Parts(TickBand)
    """Price steps by price."""


class OpenInterestRow(Record):
    """Row, or part of one, of `open_interest`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    instType = Choice[Literal["SWAP", "FUTURES", "OPTION"]]()
    """Kind of instrument."""
    oi = Amount()
    """Open contracts."""
    oiCcy = Amount()
    """The same in coins."""
    oiUsd = Amount()
    """The same in USD."""
    ts = Time()
    """Time, Unix milliseconds."""


class FundingRateRow(Record):
    """Row, or part of one, of `funding_rate`."""

    __slots__ = ()

    formulaType = Text()
    """Formula of the rate."""
    fundingRate = Amount()
    """Funding rate."""
    fundingTime = Time()
    """When it is settled."""
    impactValue = MaybeAmount()
    """Size the impact price is taken at."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    instType = Choice[Literal["SWAP", "FUTURES", "OPTION"]]()
    """Kind of instrument."""
    interestRate = MaybeAmount()
    """Interest rate."""
    maxFundingRate = Amount()
    """Highest rate."""
    method = Text()
    """How it is settled."""
    minFundingRate = Amount()
    """Lowest rate."""
    nextFundingRate = MaybeAmount()
    """No longer filled."""
    nextFundingTime = Time()
    """When it is settled next."""
    premium = Amount()
    """Premium over the index."""
    settFundingRate = Amount()
    """Rate of the settlement."""
    settState = Text()
    """State of the settlement."""
    ts = Time()
    """Time, Unix milliseconds."""


class ContractCoinRow(Record):
    """Row, or part of one, of `contract_coin`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    px = Amount()
    """Price."""
    sz = Amount()
    """Size."""
    type = Choice[Literal["1", "2"]]()
    """Kind."""
    unit = Choice[Literal["coin", "usds"]]()
    """Unit of the coins."""


class SystemStatusRow(Record):
    """Row, or part of one, of `system_status`."""

    __slots__ = ()

    begin = Time()
    """From when on, Unix milliseconds."""
    end = Time()
    """Until when, Unix milliseconds."""
    href = MaybeText()
    """Where to read more."""
    preOpenBegin = MaybeTime()
    """When cancelling works again."""
    scheDesc = MaybeText()
    """Change of the schedule."""
    serviceType = Text()
    """What is affected."""
    state = Text()
    """How it stands."""
    maintType = Text()
    """Kind of maintenance."""
    env = Text()
    """Production or demo."""
    system = Text()
    """Which system."""
    title = Text()
    """Title."""
