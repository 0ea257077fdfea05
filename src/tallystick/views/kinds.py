"""The exchange's words for the engine's kinds, one table for each set; types of bills are in `bills`.

Tables go from the engine's words to the exchange's, functions back. The type checker finds a kind that one lacks.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from tallystick.contract import account_modes, asset, borrow, convert, easy_convert, flexible_loan, repay, trade
from tallystick.engine.account import FUNDING, TRADING
from tallystick.engine.kinds import (
    Account,
    AccountMode,
    OrderKind,
    PerAccount,
    PerBorrowKind,
    PerCancelCause,
    PerCategory,
    PerLoanKind,
    PerOrderEnd,
    PerOrderKind,
    PerQuoteEnd,
    PerRepayKind,
    PerRunStatus,
    PerSide,
    PerStpMode,
    PerSwitchItem,
    Side,
    StpMode,
)

# ---- accounts

ACCOUNT_CODES: PerAccount[asset.AccountCode] = {"funding": "6", "trading": "18"}


def account_of(code: asset.AccountCode) -> Account:
    match code:
        case "6":
            return FUNDING
        case "18":
            return TRADING
        case never:
            assert_never(never)


def account_of_source(source: easy_convert.EasyConvertSource) -> Account:
    """Account of a `source` of easy convert, which numbers accounts in its own way."""
    match source:
        case "1":
            return TRADING
        case "2":
            return FUNDING
        case never:
            assert_never(never)


# ---- orders

SIDES: PerSide[trade.Side] = {"buy": "buy", "sell": "sell"}
ORDER_TYPES: PerOrderKind[trade.OrdType] = {
    "limit": "limit",
    "market": "market",
    "post_only": "post_only",
    "fok": "fok",
    "ioc": "ioc",
}
CATEGORIES: PerCategory[str] = {
    "normal": "normal",
    "full_liquidation": "full_liquidation",
    "twap": "twap",
    "auto_conversion": "auto_conversion",
}
ORDER_ENDS: PerOrderEnd[trade.OrderState] = {"filled": "filled", "canceled": "canceled"}
STP_MODES: PerStpMode[trade.StpMode] = {
    "cancel_maker": "cancel_maker",
    "cancel_taker": "cancel_taker",
    "cancel_both": "cancel_both",
}
BY_USER: Final = "1"
CANCEL_SOURCES: PerCancelCause[str] = {
    "risk": "3",
    "cap": "4",
    "whole": "13",
    "rest": "14",
    "timer": "20",
    "cross": "31",
    "stp": "32",
    "amend": "0",
    "system": "0",
}
"""Cause of a cancellation by the venue -> `cancelSource` (documented), "0" is the system; `BY_USER` is the user's."""


def side_of(side: trade.Side) -> Side:
    match side:
        case "buy":
            return "buy"
        case "sell":
            return "sell"
        case never:
            assert_never(never)


def order_kind_of(order_type: trade.OrdType) -> OrderKind | None:
    """Kind of an order; None for the types of other products."""
    match order_type:
        case "limit":
            return "limit"
        case "market":
            return "market"
        case "post_only":
            return "post_only"
        case "fok":
            return "fok"
        case "ioc":
            return "ioc"
        case "optimal_limit_ioc" | "mmp" | "mmp_and_post_only" | "elp" | "rpi":
            return None
        case never:
            assert_never(never)


def stp_mode_of(mode: trade.StpMode) -> StpMode:
    match mode:
        case "cancel_maker":
            return "cancel_maker"
        case "cancel_taker":
            return "cancel_taker"
        case "cancel_both":
            return "cancel_both"
        case never:
            assert_never(never)


# ---- account modes

MODES: dict[AccountMode, account_modes.AccountMode] = {1: "1", 3: "3", 4: "4"}
SWITCH_ITEMS: PerSwitchItem[str] = {
    "assets": "asset_validation",
    "orders": "pending_orders",
    "algos": "pending_algos",
    "fixed_loan": "vip_fixed_loan",
    "debts": "repay_borrowings",
    "region": "compliance_restriction",
    "identity": "compliance_kyc2",
}
"""Item in the way of another mode, as `unmatchedInfoCheck` names it (documented)."""


def mode_of(mode: account_modes.AccountMode) -> AccountMode | None:
    """Mode of an account; None for futures mode, which this venue does not have."""
    match mode:
        case "1":
            return 1
        case "3":
            return 3
        case "4":
            return 4
        case "2":
            return None
        case never:
            assert_never(never)


# ---- spot borrowing, one-click repay

BORROW_TYPES: PerBorrowKind[borrow.SpotBorrowType] = {"manual_borrow": "manual_borrow", "auto_borrow": "auto_borrow"}
REPAY_TYPES: PerRepayKind[borrow.SpotBorrowType] = {
    "manual_repay": "manual_repay",
    "one_click_repay": "manual_repay",
    "auto_repay": "auto_repay",
    "forced_repay": "auto_repay",
}
"""Kind of repayment -> one of the documented types; a forced one shows as automatic (chosen: decisions/012)."""
RUN_STATUSES: PerRunStatus[repay.RepayStatus] = {"running": "running", "filled": "filled", "failed": "failed"}
LEG_STATES: PerOrderEnd[repay.RepayOrderState] = {"filled": "filled", "canceled": "canceled"}

# ---- flexible loans

LOAN_TYPES: PerLoanKind[flexible_loan.LoanHistoryType] = {
    "borrowed": "borrowed",
    "repaid": "repaid",
    "collateral_locked": "collateral_locked",
    "collateral_released": "collateral_released",
    "forced_repayment_buy": "forced_repayment_buy",
    "forced_repayment_sell": "forced_repayment_sell",
    "forced_liquidation": "forced_liquidation",
    "partial_liquidation": "partial_liquidation",
    "sell_collateral": "sell_collateral",
    "buy_transition_coin": "buy_transition_coin",
    "sell_transition_coin": "sell_transition_coin",
    "buy_borrowed_coin": "buy_borrowed_coin",
}
"""The twelve types of `loan-history` (documented)."""

# ---- convert

QUOTE_ENDS: PerQuoteEnd[convert.ConvertState] = {"fullyFilled": "fullyFilled", "rejected": "rejected"}

# ---- levels of collateral and of pools

RESTRICTIONS: tuple[Literal["0"], Literal["1"], Literal["2"]] = ("0", "1", "2")
"""Values of `colRes` by the engine's number: a coin that is free, close to its limit, beyond it."""
Gauge: TypeAlias = Literal["0", "1", "2", "3", "4", "5"]
GAUGE: tuple[Literal["0"], Literal["1"], Literal["2"], Literal["3"], Literal["4"], Literal["5"]] = (
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
)
"""Values of `twap` and `colBorrAutoConversion`, the risk of a forced conversion, by the engine's number."""
