"""Methods of public.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one, texts
from tallystick.client.kinds import AmountLike, Moment


class Public(Half):
    """Endpoints of public."""

    def loan_quotas(self) -> rows.public.LoanQuotasRow:
        """Borrowing rates and quotas of the currencies. Public; 2 in 2 s for an address."""
        return self._run(one(call(self._session, contract.public.LOAN_QUOTAS, {}), rows.public.LoanQuotasRow))

    def vip_loan_quotas(self) -> list[rows.public.VipLoanQuotasRow]:
        """Rates and quotas of VIP loans, which do not exist here. Public; 2 in 2 s for an address."""
        return self._run(many(call(self._session, contract.public.VIP_LOAN_QUOTAS, {}), rows.public.VipLoanQuotasRow))

    def discount_quotas(
        self, *, ccy: str | None = None, discountLv: Literal["1", "2", "3", "4", "5"] | None = None
    ) -> list[rows.public.DiscountQuotasRow]:
        """What each currency counts as collateral. Public; 2 in 2 s for an address."""
        return self._run(
            many(
                call(self._session, contract.public.DISCOUNT_QUOTAS, {"ccy": ccy, "discountLv": discountLv}),
                rows.public.DiscountQuotasRow,
            )
        )

    def mark_price(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        uly: str | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> list[rows.public.MarkPriceRow]:
        """Mark prices; pairs stand under MARGIN. Public; 10 in 2 s for an address and instId."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.public.MARK_PRICE,
                    {"instType": instType, "uly": uly, "instFamily": instFamily, "instId": instId},
                ),
                rows.public.MarkPriceRow,
            )
        )

    def price_limit(self, *, instId: str) -> rows.public.PriceLimitRow:
        """Highest buy and lowest sell price. Public; 20 in 2 s for an address."""
        return self._run(
            one(call(self._session, contract.public.PRICE_LIMIT, {"instId": instId}), rows.public.PriceLimitRow)
        )

    def underlying(self, *, instType: Literal["SWAP", "FUTURES", "OPTION"]) -> list[list[str]]:
        """Underlyings of contracts, of which there are none. Public; 20 in 2 s for an address."""
        return self._run(texts(call(self._session, contract.public.UNDERLYING, {"instType": instType})))

    def position_tiers(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION"],
        tdMode: Literal["cross", "isolated"],
        uly: str | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
        ccy: str | None = None,
        tier: int | None = None,
    ) -> list[rows.public.PositionTiersRow]:
        """Tiers of positions, and of borrowing. Public; 10 in 2 s for an address."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.public.POSITION_TIERS,
                    {
                        "instType": instType,
                        "tdMode": tdMode,
                        "uly": uly,
                        "instFamily": instFamily,
                        "instId": instId,
                        "ccy": ccy,
                        "tier": tier,
                    },
                ),
                rows.public.PositionTiersRow,
            )
        )

    def insurance_fund(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION"],
        type: Literal["regular_update", "liquidation_balance_deposit", "bankruptcy_loss", "platform_revenue", "adl"]
        | None = None,
        uly: str | None = None,
        instFamily: str | None = None,
        ccy: str | None = None,
        before: Moment | None = None,
        after: Moment | None = None,
        limit: int | None = None,
    ) -> list[rows.public.InsuranceFundRow]:
        """What the fund that covers bad debts holds. Public; 10 in 2 s for an address."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.public.INSURANCE_FUND,
                    {
                        "instType": instType,
                        "type": type,
                        "uly": uly,
                        "instFamily": instFamily,
                        "ccy": ccy,
                        "before": before,
                        "after": after,
                        "limit": limit,
                    },
                ),
                rows.public.InsuranceFundRow,
            )
        )

    def tick_bands(
        self, *, instType: Literal["OPTION"], instFamily: str | None = None
    ) -> list[rows.public.TickBandsRow]:
        """Price steps of options, of which there are none. Public; 5 in 2 s for an address."""
        return self._run(
            many(
                call(self._session, contract.public.TICK_BANDS, {"instType": instType, "instFamily": instFamily}),
                rows.public.TickBandsRow,
            )
        )

    def open_interest(
        self,
        *,
        instType: Literal["SWAP", "FUTURES", "OPTION"],
        uly: str | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> list[rows.public.OpenInterestRow]:
        """Open contracts, of which there are none. Public; 20 in 2 s for an address and instId."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.public.OPEN_INTEREST,
                    {"instType": instType, "uly": uly, "instFamily": instFamily, "instId": instId},
                ),
                rows.public.OpenInterestRow,
            )
        )

    def funding_rate(self, *, instId: str) -> list[rows.public.FundingRateRow]:
        """Funding rate of a perpetual contract. Public; 10 in 2 s for an address and instId."""
        return self._run(
            many(call(self._session, contract.public.FUNDING_RATE, {"instId": instId}), rows.public.FundingRateRow)
        )

    def contract_coin(
        self,
        *,
        type: Literal["1", "2"] | None = None,
        instId: str,
        sz: AmountLike,
        px: AmountLike | None = None,
        unit: Literal["coin", "usds"] | None = None,
        opType: Literal["open", "close"] | None = None,
    ) -> rows.public.ContractCoinRow:
        """Contracts to coins and back. Public; 10 in 2 s for an address."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.public.CONTRACT_COIN,
                    {"type": type, "instId": instId, "sz": sz, "px": px, "unit": unit, "opType": opType},
                ),
                rows.public.ContractCoinRow,
            )
        )

    def system_status(
        self, *, state: Literal["scheduled", "ongoing", "pre_open", "completed", "canceled"] | None = None
    ) -> list[rows.public.SystemStatusRow]:
        """Announced maintenance. Public; 1 in 5 s for an address."""
        return self._run(
            many(call(self._session, contract.public.SYSTEM_STATUS, {"state": state}), rows.public.SystemStatusRow)
        )


class AsyncPublic(AsyncHalf):
    """Endpoints of public, awaited."""

    async def loan_quotas(self) -> rows.public.LoanQuotasRow:
        """Borrowing rates and quotas of the currencies. Public; 2 in 2 s for an address."""
        return await self._run(one(call(self._session, contract.public.LOAN_QUOTAS, {}), rows.public.LoanQuotasRow))

    async def vip_loan_quotas(self) -> list[rows.public.VipLoanQuotasRow]:
        """Rates and quotas of VIP loans, which do not exist here. Public; 2 in 2 s for an address."""
        return await self._run(
            many(call(self._session, contract.public.VIP_LOAN_QUOTAS, {}), rows.public.VipLoanQuotasRow)
        )

    async def discount_quotas(
        self, *, ccy: str | None = None, discountLv: Literal["1", "2", "3", "4", "5"] | None = None
    ) -> list[rows.public.DiscountQuotasRow]:
        """What each currency counts as collateral. Public; 2 in 2 s for an address."""
        return await self._run(
            many(
                call(self._session, contract.public.DISCOUNT_QUOTAS, {"ccy": ccy, "discountLv": discountLv}),
                rows.public.DiscountQuotasRow,
            )
        )

    async def mark_price(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        uly: str | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> list[rows.public.MarkPriceRow]:
        """Mark prices; pairs stand under MARGIN. Public; 10 in 2 s for an address and instId."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.public.MARK_PRICE,
                    {"instType": instType, "uly": uly, "instFamily": instFamily, "instId": instId},
                ),
                rows.public.MarkPriceRow,
            )
        )

    async def price_limit(self, *, instId: str) -> rows.public.PriceLimitRow:
        """Highest buy and lowest sell price. Public; 20 in 2 s for an address."""
        return await self._run(
            one(call(self._session, contract.public.PRICE_LIMIT, {"instId": instId}), rows.public.PriceLimitRow)
        )

    async def underlying(self, *, instType: Literal["SWAP", "FUTURES", "OPTION"]) -> list[list[str]]:
        """Underlyings of contracts, of which there are none. Public; 20 in 2 s for an address."""
        return await self._run(texts(call(self._session, contract.public.UNDERLYING, {"instType": instType})))

    async def position_tiers(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION"],
        tdMode: Literal["cross", "isolated"],
        uly: str | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
        ccy: str | None = None,
        tier: int | None = None,
    ) -> list[rows.public.PositionTiersRow]:
        """Tiers of positions, and of borrowing. Public; 10 in 2 s for an address."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.public.POSITION_TIERS,
                    {
                        "instType": instType,
                        "tdMode": tdMode,
                        "uly": uly,
                        "instFamily": instFamily,
                        "instId": instId,
                        "ccy": ccy,
                        "tier": tier,
                    },
                ),
                rows.public.PositionTiersRow,
            )
        )

    async def insurance_fund(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION"],
        type: Literal["regular_update", "liquidation_balance_deposit", "bankruptcy_loss", "platform_revenue", "adl"]
        | None = None,
        uly: str | None = None,
        instFamily: str | None = None,
        ccy: str | None = None,
        before: Moment | None = None,
        after: Moment | None = None,
        limit: int | None = None,
    ) -> list[rows.public.InsuranceFundRow]:
        """What the fund that covers bad debts holds. Public; 10 in 2 s for an address."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.public.INSURANCE_FUND,
                    {
                        "instType": instType,
                        "type": type,
                        "uly": uly,
                        "instFamily": instFamily,
                        "ccy": ccy,
                        "before": before,
                        "after": after,
                        "limit": limit,
                    },
                ),
                rows.public.InsuranceFundRow,
            )
        )

    async def tick_bands(
        self, *, instType: Literal["OPTION"], instFamily: str | None = None
    ) -> list[rows.public.TickBandsRow]:
        """Price steps of options, of which there are none. Public; 5 in 2 s for an address."""
        return await self._run(
            many(
                call(self._session, contract.public.TICK_BANDS, {"instType": instType, "instFamily": instFamily}),
                rows.public.TickBandsRow,
            )
        )

    async def open_interest(
        self,
        *,
        instType: Literal["SWAP", "FUTURES", "OPTION"],
        uly: str | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> list[rows.public.OpenInterestRow]:
        """Open contracts, of which there are none. Public; 20 in 2 s for an address and instId."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.public.OPEN_INTEREST,
                    {"instType": instType, "uly": uly, "instFamily": instFamily, "instId": instId},
                ),
                rows.public.OpenInterestRow,
            )
        )

    async def funding_rate(self, *, instId: str) -> list[rows.public.FundingRateRow]:
        """Funding rate of a perpetual contract. Public; 10 in 2 s for an address and instId."""
        return await self._run(
            many(call(self._session, contract.public.FUNDING_RATE, {"instId": instId}), rows.public.FundingRateRow)
        )

    async def contract_coin(
        self,
        *,
        type: Literal["1", "2"] | None = None,
        instId: str,
        sz: AmountLike,
        px: AmountLike | None = None,
        unit: Literal["coin", "usds"] | None = None,
        opType: Literal["open", "close"] | None = None,
    ) -> rows.public.ContractCoinRow:
        """Contracts to coins and back. Public; 10 in 2 s for an address."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.public.CONTRACT_COIN,
                    {"type": type, "instId": instId, "sz": sz, "px": px, "unit": unit, "opType": opType},
                ),
                rows.public.ContractCoinRow,
            )
        )

    async def system_status(
        self, *, state: Literal["scheduled", "ongoing", "pre_open", "completed", "canceled"] | None = None
    ) -> list[rows.public.SystemStatusRow]:
        """Announced maintenance. Public; 1 in 5 s for an address."""
        return await self._run(
            many(call(self._session, contract.public.SYSTEM_STATUS, {"state": state}), rows.public.SystemStatusRow)
        )
