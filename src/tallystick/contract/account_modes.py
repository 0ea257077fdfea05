"""Account modes and their settings. What belongs to a mode the account is not in is refused in the documented words."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    MULTI_MODES,
    READ,
    SPOT_ONLY,
    TRADE,
    Amount,
    Ccy,
    CcyFilter,
    CcyList,
    Doc,
    Endpoint,
    Flag,
    Limit,
    Nothing,
    Permission,
    Request,
    Row,
    Text,
    doc,
    documented,
)

SECTION = "account_modes"
FIVE_PER_2S = Limit(5, 2_000, "user_id")
MARGIN_MODES = ("2", "3", "4")

AccountMode: TypeAlias = Literal["1", "2", "3", "4"]
MarginMode: TypeAlias = Literal["2", "3", "4"]
SwitchVerdict: TypeAlias = Literal["0", "1", "3", "4"]


class SetAccountLevel(Request, frozen=True, kw_only=True):
    acctLv: AccountMode


class SetAccountLevelRow(Row, frozen=True, kw_only=True):
    acctLv: AccountMode


class SwitchPreset(Request, frozen=True, kw_only=True):
    acctLv: MarginMode
    lever: Amount = ""
    riskOffsetType: Text = ""


class SwitchPresetRow(Row, frozen=True, kw_only=True):
    acctLv: AccountMode
    curAcctLv: AccountMode
    lever: str
    riskOffsetType: str = ""


class SwitchPrecheck(Request, frozen=True, kw_only=True):
    acctLv: AccountMode


class Unmatched(Row, frozen=True, kw_only=True):
    posList: Annotated[tuple[str, ...], doc("Positions in the way", "不匹配的持仓")] = ()
    totalAsset: str = ""
    type: Annotated[str, doc("What stands in the way", "不匹配的项目")]


class SwitchPosition(Row, frozen=True, kw_only=True):
    lever: str
    posId: str


class SwitchTier(Row, frozen=True, kw_only=True):
    instFamily: str
    instType: str
    lever: str
    maxSz: Annotated[str, doc("Largest position", "最大持仓")]
    pos: str


class SwitchMarginDetail(Row, frozen=True, kw_only=True):
    availEq: str
    ccy: str
    mgnRatio: str


class SwitchMargin(Row, frozen=True, kw_only=True):
    acctAvailEq: str
    details: tuple[SwitchMarginDetail, ...]
    mgnRatio: str


class SwitchPrecheckRow(Row, frozen=True, kw_only=True):
    """`sCode` is the verdict: 0 passes, 1 names what stands in the way, 4 is a margin that does not carry the debts."""

    acctLv: AccountMode
    curAcctLv: AccountMode
    mgnAft: SwitchMargin | None = None
    mgnBf: SwitchMargin | None = None
    posList: Annotated[tuple[SwitchPosition, ...], doc("Positions and their leverage", "持仓及其杠杆")] = ()
    posTierCheck: tuple[SwitchTier, ...] = ()
    riskOffsetType: str = ""
    sCode: Annotated[SwitchVerdict, doc("The verdict, 0 passes", "校验结果，0 为通过")]
    unmatchedInfoCheck: tuple[Unmatched, ...] = ()


class SetPositionMode(Request, frozen=True, kw_only=True):
    posMode: Literal["long_short_mode", "net_mode"]


class SetPositionModeRow(Row, frozen=True, kw_only=True):
    posMode: Literal["long_short_mode", "net_mode"]


class SetIsolatedMode(Request, frozen=True, kw_only=True):
    isoMode: Literal["auto_transfers_ccy", "automatic"]
    type: Annotated[Literal["MARGIN", "CONTRACTS"], doc("Of which trading", "适用的交易类型")]


class SetIsolatedModeRow(Row, frozen=True, kw_only=True):
    isoMode: str


class SetSettleCcy(Request, frozen=True, kw_only=True):
    settleCcy: Ccy


class SetSettleCcyRow(Row, frozen=True, kw_only=True):
    settleCcy: str


class SetFeeType(Request, frozen=True, kw_only=True):
    feeType: Literal["0", "1"]


class SetFeeTypeRow(Row, frozen=True, kw_only=True):
    feeType: Literal["0", "1"]


class SetTradingConfig(Request, frozen=True, kw_only=True):
    type: Annotated[Literal["stgyType"], doc("Which setting", "设置项")]
    stgyType: Literal["0", "1"] = "0"


class SetTradingConfigRow(Row, frozen=True, kw_only=True):
    type: Annotated[Literal["stgyType"], doc("Which setting", "设置项")]
    stgyType: Literal["0", "1"]


class SetAutoEarn(Request, frozen=True, kw_only=True):
    ccy: Ccy
    action: Literal["turn_on", "turn_off"]
    earnType: Literal["0", "1"] = "0"
    apr: Amount = ""


class SetAutoEarnRow(Row, frozen=True, kw_only=True):
    earnType: Literal["0", "1"]
    ccy: str
    action: Literal["turn_on", "turn_off"]
    apr: str


class SetAutoLoan(Request, frozen=True, kw_only=True):
    autoLoan: Flag = True


class SetAutoLoanRow(Row, frozen=True, kw_only=True):
    autoLoan: bool


class SetCollateralAssets(Request, frozen=True, kw_only=True):
    """`ccyList` is needed for `custom`."""

    type: Annotated[Literal["all", "custom"], doc("All coins, or those listed", "全部币种或指定币种")]
    collateralEnabled: Flag
    ccyList: CcyList = ()


class SetCollateralAssetsRow(Row, frozen=True, kw_only=True):
    type: Annotated[Literal["all", "custom"], doc("All coins, or those listed", "全部币种或指定币种")]
    ccyList: tuple[str, ...]
    collateralEnabled: bool


class CollateralAssets(Request, frozen=True, kw_only=True):
    ccy: CcyFilter = ()
    collateralEnabled: Flag | None = None


class CollateralAssetsRow(Row, frozen=True, kw_only=True):
    ccy: str
    collateralEnabled: bool


class RiskStateRow(Row, frozen=True, kw_only=True):
    atRisk: bool
    atRiskIdx: tuple[str, ...]
    atRiskMgn: tuple[str, ...]
    ts: str


def _one(
    name: str,
    path: str,
    title: Doc,
    request: type[Request],
    answer: type[Row],
    where: str,
    limit: Limit = FIVE_PER_2S,
    permission: Permission = TRADE,
    modes: tuple[str, ...] = (),
    data_first: bool = False,
) -> Endpoint:
    return Endpoint(
        name=name,
        method="POST" if permission is TRADE else "GET",
        path=f"/api/v5/account/{path}",
        section=SECTION,
        title=title,
        request=request,
        answer=answer,
        permission=permission,
        limits=(limit,),
        envelope="code,data,msg" if data_first else "code,msg,data",
        modes=modes,
        no_body_needed=request is SetAutoLoan,
        source=documented(f"trading-account-rest-api-{where}"),
    )


SET_ACCOUNT_LEVEL = _one(
    "set_account_level",
    "set-account-level",
    doc(
        "Choose the account mode: Spot, or one that a control call opened",
        "设置账户模式：现货，或控制调用已开放的模式",
    ),
    SetAccountLevel,
    SetAccountLevelRow,
    "set-account-mode",
    data_first=True,
)

SWITCH_PRESET = _one(
    "switch_preset",
    "account-level-switch-preset",
    doc("Prepare another account mode, from margin modes only", "预设账户模式切换，仅保证金模式"),
    SwitchPreset,
    SwitchPresetRow,
    "preset-account-mode-switch",
    modes=MARGIN_MODES,
)

SWITCH_PRECHECK = _one(
    "switch_precheck",
    "set-account-switch-precheck",
    doc("What stands in the way of another account mode", "预检查账户模式切换"),
    SwitchPrecheck,
    SwitchPrecheckRow,
    "precheck-account-mode-switch",
    permission=READ,
    data_first=True,
)

SET_POSITION_MODE = _one(
    "set_position_mode",
    "set-position-mode",
    doc("How positions are kept, margin modes only", "设置持仓方式，仅保证金模式"),
    SetPositionMode,
    SetPositionModeRow,
    "set-position-mode",
    modes=MARGIN_MODES,
)

SET_ISOLATED_MODE = _one(
    "set_isolated_mode",
    "set-isolated-mode",
    doc("How isolated margin is moved", "设置逐仓保证金划转方式"),
    SetIsolatedMode,
    SetIsolatedModeRow,
    "isolated-margin-trading-settings",
    data_first=True,
)

SET_SETTLE_CCY = _one(
    "set_settle_ccy",
    "set-settle-currency",
    doc("Settlement currency of contracts in USD", "设置美元合约的结算币种"),
    SetSettleCcy,
    SetSettleCcyRow,
    "set-settle-currency",
    limit=Limit(20, 2_000, "user_id"),
)

SET_FEE_TYPE = _one(
    "set_fee_type",
    "set-fee-type",
    doc("Which coin fees are taken in", "设置手续费收取方式"),
    SetFeeType,
    SetFeeTypeRow,
    "set-fee-type",
)

SET_TRADING_CONFIG = _one(
    "set_trading_config",
    "set-trading-config",
    doc("Strategy of the account", "设置账户策略"),
    SetTradingConfig,
    SetTradingConfigRow,
    "set-trading-config",
    limit=Limit(1, 2_000, "user_id"),
    modes=(*SPOT_ONLY, *MULTI_MODES),
)
"""Documented for margin modes; in Spot mode, which has the general strategy, that one may be set (decisions/027)."""

SET_AUTO_EARN = _one(
    "set_auto_earn",
    "set-auto-earn",
    doc("Earn on idle coins, which this venue does not offer", "设置自动赚币，本平台不提供"),
    SetAutoEarn,
    SetAutoEarnRow,
    "set-auto-earn",
    limit=Limit(2, 2_000, "user_id"),
)

SET_AUTO_LOAN = _one(
    "set_auto_loan",
    "set-auto-loan",
    doc("Borrow by itself, in margin modes with several currencies only", "设置自动借币，仅跨币种和组合保证金模式"),
    SetAutoLoan,
    SetAutoLoanRow,
    "set-auto-loan",
    modes=MULTI_MODES,
)

RISK_STATE = _one(
    "risk_state",
    "risk-state",
    doc("Risk of the account, portfolio margin only", "账户特定风险状态，仅组合保证金模式"),
    Nothing,
    RiskStateRow,
    "get-account-risk-state",
    limit=Limit(10, 2_000, "user_id"),
    permission=READ,
    modes=("4",),
    data_first=True,
)

SET_COLLATERAL_ASSETS = _one(
    "set_collateral_assets",
    "set-collateral-assets",
    doc("Choose what counts as collateral, multi-currency margin only", "设置质押币种，仅跨币种保证金模式"),
    SetCollateralAssets,
    SetCollateralAssetsRow,
    "set-collateral-assets",
    modes=("3",),
)

COLLATERAL_ASSETS = _one(
    "collateral_assets",
    "collateral-assets",
    doc("What counts as collateral", "查询质押币种"),
    CollateralAssets,
    CollateralAssetsRow,
    "get-collateral-assets",
    permission=READ,
)

ENDPOINTS = (
    SET_ACCOUNT_LEVEL,
    SWITCH_PRESET,
    SWITCH_PRECHECK,
    SET_POSITION_MODE,
    SET_ISOLATED_MODE,
    SET_SETTLE_CCY,
    SET_FEE_TYPE,
    SET_TRADING_CONFIG,
    SET_AUTO_EARN,
    SET_AUTO_LOAN,
    SET_COLLATERAL_ASSETS,
    COLLATERAL_ASSETS,
    RISK_STATE,
)
