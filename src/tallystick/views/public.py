"""Public data from the venue's parameters. Endpoints about contracts give empty lists or refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Never, NoReturn, Protocol

from tallystick.contract import public as contract
from tallystick.contract.core import Nothing, Request
from tallystick.engine import discount, ledger, margin_tiers, prices
from tallystick.engine.amounts import ONE
from tallystick.engine.collateral import FREE, RESTRICTED
from tallystick.engine.parameters import Currency
from tallystick.engine.state import State
from tallystick.views import borrow, kinds
from tallystick.views.core import Caller, QueryView, Refusal, View, amount

VIP = "VIP"
"""Prefix of the higher levels' names; rows of `config` have a space after it, as in the sample."""


def loan_quotas(state: State, request: Nothing, caller: Caller) -> tuple[contract.LoanQuotasRow]:
    """Rates in force, cut to a day, and loan quotas, one object (chosen: decisions/022).

    It has basic quotas, the factor of each level, and the quotas that a level has as a number of its own.
    """
    levels = state.parameters.quota_levels
    currencies = borrow.borrowable(state, "")
    configured = [currency for currency in currencies if currency.level_quotas]
    return (
        contract.LoanQuotasRow(
            configCcyList=tuple(
                contract.ConfiguredCcy(ccy=currency.ccy, rate=borrow.daily_rate(state, currency.ccy))
                for currency in configured
            ),
            basic=tuple(
                contract.LoanQuota(
                    ccy=currency.ccy, quota=amount(currency.quota), rate=borrow.daily_rate(state, currency.ccy)
                )
                for currency in currencies
            ),
            vip=tuple(_level_row(level, number) for level, number in levels if level.startswith(VIP)),
            config=tuple(
                contract.ConfiguredQuota(
                    ccy=currency.ccy, stgyType="0", quota=amount(number), level=level.replace(VIP, f"{VIP} ")
                )
                for currency in configured
                for level, number in currency.level_quotas
            ),
            regular=tuple(_level_row(level, number) for level, number in levels if not level.startswith(VIP)),
        ),
    )


def _level_row(level: str, factor: int) -> contract.LevelFactor:
    return contract.LevelFactor(loanQuotaCoef=amount(factor), level=level)


def discount_quotas(
    state: State, request: contract.DiscountQuotas, caller: Caller
) -> tuple[contract.DiscountQuotasRow, ...]:
    """Discount tiers and interest-free quota of every currency, or of the one asked for. Rejects: UNKNOWN_CCY.

    The quota is that of an account without coins that add to it.
    """
    if request.ccy:
        ledger.require_ccy(state, request.ccy)
    return tuple(
        _discount_row(state, currency)
        for currency in state.parameters.currencies.values()
        if request.ccy in ("", currency.ccy)
    )


def _discount_row(state: State, currency: Currency) -> contract.DiscountQuotasRow:
    restriction = state.collateral_levels.get(currency.ccy, (FREE, 0))[0]
    slices = list(discount_slices(currency))
    return contract.DiscountQuotasRow(
        ccy=currency.ccy,
        collateralRestrict=restriction == RESTRICTED,
        details=tuple(
            contract.DiscountTier(
                discountRate=amount(rate),
                liqPenaltyRate=amount(ONE - rate),
                maxAmt="" if upper is None else amount(upper),
                minAmt=amount(lower),
                tier=str(number),
                disCcyEq="" if upper is None else amount(discount.counted(currency, upper)),
            )
            for number, (lower, upper, rate) in enumerate(slices, start=1)
        ),
        minDiscountRate=amount(slices[-1][2]),
        amt=amount(currency.free_quota),
        colRes=kinds.RESTRICTIONS[restriction],
    )


def discount_slices(currency: Currency) -> Iterator[tuple[int, int | None, int]]:
    """Discount slices (lower, upper or None, rate) of a currency, as `discount.counted` counts them."""
    tiers = currency.discount_tiers if currency.collateral else ()
    step, size = currency.discount_step, currency.discount_step_size
    steps = bool(tiers and step and size)
    lower = rate = 0
    for number, (upper, rate) in enumerate(tiers, start=1):
        if number == len(tiers) and not steps:
            break
        yield lower, upper, rate
        lower = upper
    if not steps:
        yield lower, None, rate
        return
    while (rate := rate - step) > 0:
        yield lower, lower + size, rate
        lower += size
    yield lower, None, 0


def mark_price(state: State, request: contract.MarkPrice, caller: Caller) -> tuple[contract.MarkPriceRow, ...]:
    """Mark prices under MARGIN: the index of each pair that has one; 51001 for an unknown instrument."""
    if request.instId:
        _require(state, request.instId, request.instType == "MARGIN")
    if request.instType != "MARGIN":
        return ()
    found = []
    for name in state.parameters.instruments:
        market = state.markets.get(name)
        if request.instId in ("", name) and market is not None and market.index > 0:
            found.append(
                contract.MarkPriceRow(instType="MARGIN", instId=name, markPx=amount(market.index), ts=str(caller.at_ms))
            )
    return tuple(found)


def _require(state: State, name: str, spot: bool) -> None:
    """Check that the instrument is a known pair; 51001 otherwise."""
    if not spot or name not in state.parameters.instruments:
        raise Refusal("51001")


def price_limit(state: State, request: contract.PriceLimit, caller: Caller) -> tuple[contract.PriceLimitRow]:
    """Price limits, disabled: orders may have any price here (chosen: decisions/025)."""
    _require(state, request.instId, spot=True)
    return (
        contract.PriceLimitRow(
            instType="SPOT", instId=request.instId, buyLmt="", sellLmt="", ts=str(caller.at_ms), enabled=False
        ),
    )


def underlying(state: State, request: contract.Underlying, caller: Caller) -> tuple[contract.UnderlyingRow]:
    """One empty list."""
    return (contract.UnderlyingRow(),)


def position_tiers(
    state: State, request: contract.PositionTiers, caller: Caller
) -> tuple[contract.PositionTiersRow, ...]:
    """Borrow tiers of a currency in cross margin, down to leverage 1; other types have no tiers.

    Refused: contracts without a family (50015), MARGIN without currency and pair (50015), unknown pair (51001).
    Rejects: UNKNOWN_CCY.
    """
    if request.instType != "MARGIN":
        _require_family(request)
        return ()
    if request.instId:
        _require(state, request.instId, spot=True)
        return ()
    if not request.ccy:
        raise Refusal("50015", param="instId", other="ccy")
    ledger.require_ccy(state, request.ccy)
    currency = state.parameters.currencies[request.ccy]
    if request.tdMode != "cross" or not currency.borrowable:
        return ()
    numbers = range(1, margin_tiers.tiers_count(currency) + 1) if request.tier is None else (request.tier,)
    found = (margin_tiers.tier(currency, number) for number in numbers if number <= margin_tiers.tiers_count(currency))
    return tuple(
        contract.PositionTiersRow(
            imr=amount(tier.initial),
            maxLever=amount(tier.highest_leverage),
            maxSz=amount(tier.upper),
            minSz=amount(tier.lower),
            mmr=amount(tier.maintenance),
            tier=str(tier.number),
        )
        for tier in found
    )


class OfContracts(Protocol):
    @property
    def uly(self) -> str: ...
    @property
    def instFamily(self) -> str: ...


def _require_family(request: OfContracts) -> None:
    """Check that the underlying or the family of contracts is named; 50015 otherwise."""
    if not request.uly and not request.instFamily:
        raise Refusal("50015", param="uly", other="instFamily")


def insurance_fund(
    state: State, request: contract.InsuranceFund, caller: Caller
) -> tuple[contract.InsuranceFundRow, ...]:
    """Insurance fund of the venue, as it is now, under MARGIN. Its changes are in the journal, not here.

    Refused: contracts without a family (50015). Rejects: UNKNOWN_CCY.
    """
    if request.instType != "MARGIN":
        _require_family(request)
        return ()
    if request.ccy:
        ledger.require_ccy(state, request.ccy)
    held = {ccy: left for ccy, left in sorted(state.ledger.get("insurance", {}).items()) if left}
    asked = request.type in (None, "regular_update") and (
        (request.after is None or caller.at_ms < request.after)
        and (request.before is None or caller.at_ms > request.before)
    )
    details = tuple(
        contract.FundDetail(balance=amount(left), ccy=ccy, ts=str(caller.at_ms))
        for ccy, left in held.items()
        if asked and request.ccy in ("", ccy)
    )
    total = sum(prices.usd_value(state, ccy, left) for ccy, left in held.items())
    return (contract.InsuranceFundRow(details=details[: request.limit], instType="MARGIN", total=amount(total)),)


def open_interest(state: State, request: contract.OpenInterest, caller: Caller) -> tuple[contract.OpenInterestRow, ...]:
    """Open interest: none. Refused: options without a family (50015), a contract, as there is none (51001)."""
    if request.instType == "OPTION":
        _require_family(request)
    if request.instId:
        raise Refusal("51001")
    return ()


def no_contract(state: State, request: Request, caller: Caller) -> NoReturn:
    """Refuse (51001): the request is about a contract, and there is none."""
    raise Refusal("51001")


def nothing(state: State, request: Request, caller: Caller) -> tuple[Never, ...]:
    """Empty list, for things this venue does not have."""
    return ()


VIEWS: dict[str, View] = {
    "loan_quotas": QueryView(Nothing, loan_quotas, steady=True),
    "vip_loan_quotas": QueryView(Nothing, nothing),
    "discount_quotas": QueryView(contract.DiscountQuotas, discount_quotas, steady=True),
    "mark_price": QueryView(contract.MarkPrice, mark_price),
    "price_limit": QueryView(contract.PriceLimit, price_limit),
    "underlying": QueryView(contract.Underlying, underlying),
    "position_tiers": QueryView(contract.PositionTiers, position_tiers),
    "insurance_fund": QueryView(contract.InsuranceFund, insurance_fund),
    "tick_bands": QueryView(contract.TickBands, nothing),
    "open_interest": QueryView(contract.OpenInterest, open_interest),
    "funding_rate": QueryView(contract.FundingRate, no_contract),
    "contract_coin": QueryView(contract.ContractCoin, no_contract),
    "system_status": QueryView(contract.SystemStatus, nothing),
}
