"""Methods of account modes.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.kinds import AmountLike


class AccountModes(Half):
    """Endpoints of account modes."""

    def set_account_level(self, *, acctLv: Literal["1", "2", "3", "4"]) -> rows.account_modes.SetAccountLevelRow:
        """Choose the account mode: Spot, or one that a control call opened.

        Trade permission; 5 in 2 s for a user.
        """
        return self._run(
            one(
                call(self._session, contract.account_modes.SET_ACCOUNT_LEVEL, {"acctLv": acctLv}),
                rows.account_modes.SetAccountLevelRow,
            )
        )

    def switch_preset(
        self, *, acctLv: Literal["2", "3", "4"], lever: AmountLike | None = None, riskOffsetType: str | None = None
    ) -> rows.account_modes.SwitchPresetRow:
        """Prepare another account mode, from margin modes only. Trade permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.account_modes.SWITCH_PRESET,
                    {"acctLv": acctLv, "lever": lever, "riskOffsetType": riskOffsetType},
                ),
                rows.account_modes.SwitchPresetRow,
            )
        )

    def switch_precheck(self, *, acctLv: Literal["1", "2", "3", "4"]) -> rows.account_modes.SwitchPrecheckRow:
        """What stands in the way of another account mode. Read permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.account_modes.SWITCH_PRECHECK, {"acctLv": acctLv}),
                rows.account_modes.SwitchPrecheckRow,
            )
        )

    def set_position_mode(
        self, *, posMode: Literal["long_short_mode", "net_mode"]
    ) -> rows.account_modes.SetPositionModeRow:
        """How positions are kept, margin modes only. Trade permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.account_modes.SET_POSITION_MODE, {"posMode": posMode}),
                rows.account_modes.SetPositionModeRow,
            )
        )

    def set_isolated_mode(
        self, *, isoMode: Literal["auto_transfers_ccy", "automatic"], type: Literal["MARGIN", "CONTRACTS"]
    ) -> rows.account_modes.SetIsolatedModeRow:
        """How isolated margin is moved. Trade permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.account_modes.SET_ISOLATED_MODE, {"isoMode": isoMode, "type": type}),
                rows.account_modes.SetIsolatedModeRow,
            )
        )

    def set_settle_ccy(self, *, settleCcy: str) -> rows.account_modes.SetSettleCcyRow:
        """Settlement currency of contracts in USD. Trade permission; 20 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.account_modes.SET_SETTLE_CCY, {"settleCcy": settleCcy}),
                rows.account_modes.SetSettleCcyRow,
            )
        )

    def set_fee_type(self, *, feeType: Literal["0", "1"]) -> rows.account_modes.SetFeeTypeRow:
        """Which coin fees are taken in. Trade permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.account_modes.SET_FEE_TYPE, {"feeType": feeType}),
                rows.account_modes.SetFeeTypeRow,
            )
        )

    def set_trading_config(
        self, *, type: Literal["stgyType"], stgyType: Literal["0", "1"] | None = None
    ) -> rows.account_modes.SetTradingConfigRow:
        """Strategy of the account. Trade permission; 1 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.account_modes.SET_TRADING_CONFIG, {"type": type, "stgyType": stgyType}),
                rows.account_modes.SetTradingConfigRow,
            )
        )

    def set_auto_earn(
        self,
        *,
        ccy: str,
        action: Literal["turn_on", "turn_off"],
        earnType: Literal["0", "1"] | None = None,
        apr: AmountLike | None = None,
    ) -> rows.account_modes.SetAutoEarnRow:
        """Earn on idle coins, which this venue does not offer. Trade permission; 2 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.account_modes.SET_AUTO_EARN,
                    {"ccy": ccy, "action": action, "earnType": earnType, "apr": apr},
                ),
                rows.account_modes.SetAutoEarnRow,
            )
        )

    def set_auto_loan(self, *, autoLoan: bool | None = None) -> rows.account_modes.SetAutoLoanRow:
        """Borrow by itself, in margin modes with several currencies only.

        Trade permission; 5 in 2 s for a user.
        """
        return self._run(
            one(
                call(self._session, contract.account_modes.SET_AUTO_LOAN, {"autoLoan": autoLoan}),
                rows.account_modes.SetAutoLoanRow,
            )
        )

    def set_collateral_assets(
        self,
        *,
        type: Literal["all", "custom"],
        collateralEnabled: bool,
        ccyList: list[str] | tuple[str, ...] | None = None,
    ) -> rows.account_modes.SetCollateralAssetsRow:
        """Choose what counts as collateral, multi-currency margin only.

        Trade permission; 5 in 2 s for a user.
        """
        return self._run(
            one(
                call(
                    self._session,
                    contract.account_modes.SET_COLLATERAL_ASSETS,
                    {"type": type, "collateralEnabled": collateralEnabled, "ccyList": ccyList},
                ),
                rows.account_modes.SetCollateralAssetsRow,
            )
        )

    def collateral_assets(
        self, *, ccy: list[str] | tuple[str, ...] | None = None, collateralEnabled: bool | None = None
    ) -> list[rows.account_modes.CollateralAssetsRow]:
        """What counts as collateral. Read permission; 5 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.account_modes.COLLATERAL_ASSETS,
                    {"ccy": ccy, "collateralEnabled": collateralEnabled},
                ),
                rows.account_modes.CollateralAssetsRow,
            )
        )

    def risk_state(self) -> rows.account_modes.RiskStateRow:
        """Risk of the account, portfolio margin only. Read permission; 10 in 2 s for a user."""
        return self._run(
            one(call(self._session, contract.account_modes.RISK_STATE, {}), rows.account_modes.RiskStateRow)
        )


class AsyncAccountModes(AsyncHalf):
    """Endpoints of account modes, awaited."""

    async def set_account_level(self, *, acctLv: Literal["1", "2", "3", "4"]) -> rows.account_modes.SetAccountLevelRow:
        """Choose the account mode: Spot, or one that a control call opened.

        Trade permission; 5 in 2 s for a user.
        """
        return await self._run(
            one(
                call(self._session, contract.account_modes.SET_ACCOUNT_LEVEL, {"acctLv": acctLv}),
                rows.account_modes.SetAccountLevelRow,
            )
        )

    async def switch_preset(
        self, *, acctLv: Literal["2", "3", "4"], lever: AmountLike | None = None, riskOffsetType: str | None = None
    ) -> rows.account_modes.SwitchPresetRow:
        """Prepare another account mode, from margin modes only. Trade permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.account_modes.SWITCH_PRESET,
                    {"acctLv": acctLv, "lever": lever, "riskOffsetType": riskOffsetType},
                ),
                rows.account_modes.SwitchPresetRow,
            )
        )

    async def switch_precheck(self, *, acctLv: Literal["1", "2", "3", "4"]) -> rows.account_modes.SwitchPrecheckRow:
        """What stands in the way of another account mode. Read permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.account_modes.SWITCH_PRECHECK, {"acctLv": acctLv}),
                rows.account_modes.SwitchPrecheckRow,
            )
        )

    async def set_position_mode(
        self, *, posMode: Literal["long_short_mode", "net_mode"]
    ) -> rows.account_modes.SetPositionModeRow:
        """How positions are kept, margin modes only. Trade permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.account_modes.SET_POSITION_MODE, {"posMode": posMode}),
                rows.account_modes.SetPositionModeRow,
            )
        )

    async def set_isolated_mode(
        self, *, isoMode: Literal["auto_transfers_ccy", "automatic"], type: Literal["MARGIN", "CONTRACTS"]
    ) -> rows.account_modes.SetIsolatedModeRow:
        """How isolated margin is moved. Trade permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.account_modes.SET_ISOLATED_MODE, {"isoMode": isoMode, "type": type}),
                rows.account_modes.SetIsolatedModeRow,
            )
        )

    async def set_settle_ccy(self, *, settleCcy: str) -> rows.account_modes.SetSettleCcyRow:
        """Settlement currency of contracts in USD. Trade permission; 20 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.account_modes.SET_SETTLE_CCY, {"settleCcy": settleCcy}),
                rows.account_modes.SetSettleCcyRow,
            )
        )

    async def set_fee_type(self, *, feeType: Literal["0", "1"]) -> rows.account_modes.SetFeeTypeRow:
        """Which coin fees are taken in. Trade permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.account_modes.SET_FEE_TYPE, {"feeType": feeType}),
                rows.account_modes.SetFeeTypeRow,
            )
        )

    async def set_trading_config(
        self, *, type: Literal["stgyType"], stgyType: Literal["0", "1"] | None = None
    ) -> rows.account_modes.SetTradingConfigRow:
        """Strategy of the account. Trade permission; 1 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.account_modes.SET_TRADING_CONFIG, {"type": type, "stgyType": stgyType}),
                rows.account_modes.SetTradingConfigRow,
            )
        )

    async def set_auto_earn(
        self,
        *,
        ccy: str,
        action: Literal["turn_on", "turn_off"],
        earnType: Literal["0", "1"] | None = None,
        apr: AmountLike | None = None,
    ) -> rows.account_modes.SetAutoEarnRow:
        """Earn on idle coins, which this venue does not offer. Trade permission; 2 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.account_modes.SET_AUTO_EARN,
                    {"ccy": ccy, "action": action, "earnType": earnType, "apr": apr},
                ),
                rows.account_modes.SetAutoEarnRow,
            )
        )

    async def set_auto_loan(self, *, autoLoan: bool | None = None) -> rows.account_modes.SetAutoLoanRow:
        """Borrow by itself, in margin modes with several currencies only.

        Trade permission; 5 in 2 s for a user.
        """
        return await self._run(
            one(
                call(self._session, contract.account_modes.SET_AUTO_LOAN, {"autoLoan": autoLoan}),
                rows.account_modes.SetAutoLoanRow,
            )
        )

    async def set_collateral_assets(
        self,
        *,
        type: Literal["all", "custom"],
        collateralEnabled: bool,
        ccyList: list[str] | tuple[str, ...] | None = None,
    ) -> rows.account_modes.SetCollateralAssetsRow:
        """Choose what counts as collateral, multi-currency margin only.

        Trade permission; 5 in 2 s for a user.
        """
        return await self._run(
            one(
                call(
                    self._session,
                    contract.account_modes.SET_COLLATERAL_ASSETS,
                    {"type": type, "collateralEnabled": collateralEnabled, "ccyList": ccyList},
                ),
                rows.account_modes.SetCollateralAssetsRow,
            )
        )

    async def collateral_assets(
        self, *, ccy: list[str] | tuple[str, ...] | None = None, collateralEnabled: bool | None = None
    ) -> list[rows.account_modes.CollateralAssetsRow]:
        """What counts as collateral. Read permission; 5 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.account_modes.COLLATERAL_ASSETS,
                    {"ccy": ccy, "collateralEnabled": collateralEnabled},
                ),
                rows.account_modes.CollateralAssetsRow,
            )
        )

    async def risk_state(self) -> rows.account_modes.RiskStateRow:
        """Risk of the account, portfolio margin only. Read permission; 10 in 2 s for a user."""
        return await self._run(
            one(call(self._session, contract.account_modes.RISK_STATE, {}), rows.account_modes.RiskStateRow)
        )
