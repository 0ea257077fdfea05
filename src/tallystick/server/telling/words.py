"""Words of the engine's kinds in both languages, and of lists, sides and pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tallystick.contract.core import Doc
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.kinds import (
    AccountMode,
    CauseOrNone,
    PerAccount,
    PerCancelCause,
    PerCategory,
    PerOrderKind,
    PerRepayKind,
    PerSide,
    PerSwitchItem,
    Restriction,
)
from tallystick.server.moments import iso

SHOWN: Final = 5
"""Members of a long list that are named; of the rest only the count is told."""

ACCOUNTS: Final[PerAccount[Doc]] = {"funding": Doc("funding", "资金账户"), "trading": Doc("trading", "交易账户")}
MODES: Final[dict[AccountMode, Doc]] = {
    1: Doc("Spot", "现货模式"),
    3: Doc("multi-currency margin", "跨币种保证金模式"),
    4: Doc("portfolio margin", "组合保证金模式"),
}
OBSTACLES: Final[PerSwitchItem[Doc]] = {
    "assets": Doc("assets", "资产"),
    "orders": Doc("open orders", "未成交订单"),
    "algos": Doc("algo orders", "策略委托"),
    "fixed_loan": Doc("fixed loans", "定期借币"),
    "debts": Doc("debts", "负债"),
    "region": Doc("the region", "地区"),
    "identity": Doc("the identity check", "身份认证"),
}
PAST: Final[PerSide[Doc]] = {"buy": Doc("bought", "买入"), "sell": Doc("sold", "卖出")}
SIDES: Final[PerSide[Doc]] = {"buy": Doc("buy", "买入"), "sell": Doc("sell", "卖出")}
ORDER_KINDS: Final[PerOrderKind[Doc]] = {
    "limit": Doc("limit", "限价单"),
    "market": Doc("market", "市价单"),
    "post_only": Doc("post-only", "只做 Maker"),
    "fok": Doc("fill or kill", "全部成交或立即取消"),
    "ioc": Doc("immediate or cancel", "立即成交并取消剩余"),
}
CATEGORIES: Final[PerCategory[Doc]] = {
    "normal": Doc("", ""),
    "full_liquidation": Doc(", by the liquidation", "，由强平产生"),
    "twap": Doc(", to repay by force", "，用于强制还币"),
    "auto_conversion": Doc(", to sell collateral over its limit", "，卖出超限的质押物"),
}
CAUSES: Final[PerCancelCause[Doc]] = {
    "risk": Doc(", as the margin no longer carries it", "，保证金已不足"),
    "cap": Doc(", as its coins can no longer be borrowed", "，所需的币已无法借入"),
    "cross": Doc(", as a post-only order would have been filled at once", "，只做 Maker 的订单会立即成交"),
    "whole": Doc(", as it could not be filled whole", "，无法全部成交"),
    "rest": Doc(", as the rest does not wait", "，剩余部分不挂单"),
    "stp": Doc(", as it met another order of its user", "，遇到同一用户的另一订单"),
    "amend": Doc(", as it could not be changed", "，无法修改"),
    "timer": Doc(", by the timer", "，倒计时到期"),
    "system": Doc(", by a fault", "，由故障造成"),
}
REPAID: Final[PerRepayKind[Doc]] = {
    "manual_repay": Doc("", ""),
    "one_click_repay": Doc(" by one-click repay", "（一键还债）"),
    "auto_repay": Doc(" by auto repay", "（自动还币）"),
    "forced_repay": Doc(" by force", "（强制还币）"),
}
LIMITED: Final[dict[Restriction, Doc]] = {
    0: Doc("not limited", "不受限"),
    1: Doc("close to its limit", "接近上限"),
    2: Doc("beyond its limit", "超过上限"),
}


class Pair(NamedTuple):
    """Coins of an instrument."""

    base: str
    quote: str


def pair_of(instrument: str) -> Pair:
    base, _, quote = instrument.partition("-")
    return Pair(base, quote)


def coins(amount: int, ccy: str) -> str:
    """Amount of a coin without its sign, such as 12.5 USDT."""
    return f"{text_from_atoms(abs(amount))} {ccy}"


def listed(found: Sequence[str]) -> Doc:
    """The first of these names, and how many more there are."""
    named = ", ".join(found[:SHOWN])
    more = len(found) - SHOWN
    return Doc(f"{named} and {more:,} more", f"{named} 等 {len(found):,} 项") if more > 0 else Doc(named, named)


def of_all(found: Sequence[Doc]) -> Doc:
    """Several words as one list, in each language."""
    return Doc(", ".join(each.en for each in found), "、".join(each.zh for each in found))


def at(moment_ms: int) -> str:
    """Time to the second, such as 2026-12-01 00:10:00."""
    return iso(moment_ms)[:19].replace("T", " ")


def cause_of(cause: CauseOrNone) -> Doc:
    """Cause of a cancellation, behind its sentence; empty for the user's own."""
    return CAUSES[cause] if cause else Doc("", "")
