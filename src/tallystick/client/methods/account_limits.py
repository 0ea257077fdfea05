"""Methods of account limits.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.kinds import AmountLike


class AccountLimits(Half):
    """Endpoints of account limits."""

    def max_size(
        self,
        *,
        instId: list[str] | tuple[str, ...],
        tdMode: Literal["cash", "cross", "isolated", "spot_isolated"],
        ccy: str | None = None,
        px: AmountLike | None = None,
        leverage: AmountLike | None = None,
        tradeQuoteCcy: str | None = None,
    ) -> list[rows.account_limits.MaxSizeRow]:
        """The largest order that would be accepted. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.account_limits.MAX_SIZE,
                    {
                        "instId": instId,
                        "tdMode": tdMode,
                        "ccy": ccy,
                        "px": px,
                        "leverage": leverage,
                        "tradeQuoteCcy": tradeQuoteCcy,
                    },
                ),
                rows.account_limits.MaxSizeRow,
            )
        )

    def max_avail_size(
        self,
        *,
        instId: list[str] | tuple[str, ...],
        tdMode: Literal["cash", "cross", "isolated", "spot_isolated"],
        ccy: str | None = None,
        reduceOnly: bool | None = None,
        px: AmountLike | None = None,
        tradeQuoteCcy: str | None = None,
        unSpotOffset: bool | None = None,
        quickMgnType: str | None = None,
    ) -> list[rows.account_limits.MaxAvailSizeRow]:
        """What an order could spend, borrowed coins included. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.account_limits.MAX_AVAIL_SIZE,
                    {
                        "instId": instId,
                        "tdMode": tdMode,
                        "ccy": ccy,
                        "reduceOnly": reduceOnly,
                        "px": px,
                        "tradeQuoteCcy": tradeQuoteCcy,
                        "unSpotOffset": unSpotOffset,
                        "quickMgnType": quickMgnType,
                    },
                ),
                rows.account_limits.MaxAvailSizeRow,
            )
        )

    def max_withdrawal(
        self, *, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.account_limits.MaxWithdrawalRow]:
        """What can be moved to the funding account. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.account_limits.MAX_WITHDRAWAL, {"ccy": ccy}),
                rows.account_limits.MaxWithdrawalRow,
            )
        )

    def trade_fee(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        instId: str | None = None,
        uly: str | None = None,
        instFamily: str | None = None,
        groupId: str | None = None,
        category: str | None = None,
    ) -> list[rows.account_limits.TradeFeeRow]:
        """Fees of the account. Read permission; 5 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.account_limits.TRADE_FEE,
                    {
                        "instType": instType,
                        "instId": instId,
                        "uly": uly,
                        "instFamily": instFamily,
                        "groupId": groupId,
                        "category": category,
                    },
                ),
                rows.account_limits.TradeFeeRow,
            )
        )

    def account_instruments(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        uly: str | None = None,
        instFamily: str | None = None,
        seriesId: str | None = None,
        instId: str | None = None,
    ) -> list[rows.account_limits.AccountInstrumentsRow]:
        """Instruments this account can trade. Read permission; 20 in 2 s for a user and instType."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.account_limits.ACCOUNT_INSTRUMENTS,
                    {
                        "instType": instType,
                        "uly": uly,
                        "instFamily": instFamily,
                        "seriesId": seriesId,
                        "instId": instId,
                    },
                ),
                rows.account_limits.AccountInstrumentsRow,
            )
        )

    def adjust_leverage(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES"],
        mgnMode: Literal["cross", "isolated"],
        lever: AmountLike,
        instId: str | None = None,
        ccy: str | None = None,
        posSide: Literal["net", "long", "short"] | None = None,
    ) -> rows.account_limits.AdjustLeverageRow:
        """What another leverage would mean. Read permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.account_limits.ADJUST_LEVERAGE,
                    {
                        "instType": instType,
                        "mgnMode": mgnMode,
                        "lever": lever,
                        "instId": instId,
                        "ccy": ccy,
                        "posSide": posSide,
                    },
                ),
                rows.account_limits.AdjustLeverageRow,
            )
        )


class AsyncAccountLimits(AsyncHalf):
    """Endpoints of account limits, awaited."""

    async def max_size(
        self,
        *,
        instId: list[str] | tuple[str, ...],
        tdMode: Literal["cash", "cross", "isolated", "spot_isolated"],
        ccy: str | None = None,
        px: AmountLike | None = None,
        leverage: AmountLike | None = None,
        tradeQuoteCcy: str | None = None,
    ) -> list[rows.account_limits.MaxSizeRow]:
        """The largest order that would be accepted. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.account_limits.MAX_SIZE,
                    {
                        "instId": instId,
                        "tdMode": tdMode,
                        "ccy": ccy,
                        "px": px,
                        "leverage": leverage,
                        "tradeQuoteCcy": tradeQuoteCcy,
                    },
                ),
                rows.account_limits.MaxSizeRow,
            )
        )

    async def max_avail_size(
        self,
        *,
        instId: list[str] | tuple[str, ...],
        tdMode: Literal["cash", "cross", "isolated", "spot_isolated"],
        ccy: str | None = None,
        reduceOnly: bool | None = None,
        px: AmountLike | None = None,
        tradeQuoteCcy: str | None = None,
        unSpotOffset: bool | None = None,
        quickMgnType: str | None = None,
    ) -> list[rows.account_limits.MaxAvailSizeRow]:
        """What an order could spend, borrowed coins included. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.account_limits.MAX_AVAIL_SIZE,
                    {
                        "instId": instId,
                        "tdMode": tdMode,
                        "ccy": ccy,
                        "reduceOnly": reduceOnly,
                        "px": px,
                        "tradeQuoteCcy": tradeQuoteCcy,
                        "unSpotOffset": unSpotOffset,
                        "quickMgnType": quickMgnType,
                    },
                ),
                rows.account_limits.MaxAvailSizeRow,
            )
        )

    async def max_withdrawal(
        self, *, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.account_limits.MaxWithdrawalRow]:
        """What can be moved to the funding account. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.account_limits.MAX_WITHDRAWAL, {"ccy": ccy}),
                rows.account_limits.MaxWithdrawalRow,
            )
        )

    async def trade_fee(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        instId: str | None = None,
        uly: str | None = None,
        instFamily: str | None = None,
        groupId: str | None = None,
        category: str | None = None,
    ) -> list[rows.account_limits.TradeFeeRow]:
        """Fees of the account. Read permission; 5 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.account_limits.TRADE_FEE,
                    {
                        "instType": instType,
                        "instId": instId,
                        "uly": uly,
                        "instFamily": instFamily,
                        "groupId": groupId,
                        "category": category,
                    },
                ),
                rows.account_limits.TradeFeeRow,
            )
        )

    async def account_instruments(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        uly: str | None = None,
        instFamily: str | None = None,
        seriesId: str | None = None,
        instId: str | None = None,
    ) -> list[rows.account_limits.AccountInstrumentsRow]:
        """Instruments this account can trade. Read permission; 20 in 2 s for a user and instType."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.account_limits.ACCOUNT_INSTRUMENTS,
                    {
                        "instType": instType,
                        "uly": uly,
                        "instFamily": instFamily,
                        "seriesId": seriesId,
                        "instId": instId,
                    },
                ),
                rows.account_limits.AccountInstrumentsRow,
            )
        )

    async def adjust_leverage(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES"],
        mgnMode: Literal["cross", "isolated"],
        lever: AmountLike,
        instId: str | None = None,
        ccy: str | None = None,
        posSide: Literal["net", "long", "short"] | None = None,
    ) -> rows.account_limits.AdjustLeverageRow:
        """What another leverage would mean. Read permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.account_limits.ADJUST_LEVERAGE,
                    {
                        "instType": instType,
                        "mgnMode": mgnMode,
                        "lever": lever,
                        "instId": instId,
                        "ccy": ccy,
                        "posSide": posSide,
                    },
                ),
                rows.account_limits.AdjustLeverageRow,
            )
        )
