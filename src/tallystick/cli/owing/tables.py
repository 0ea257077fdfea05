"""Tables of debts, in the language of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tallystick.cli.columns import aligned
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.text import share, short
from tallystick.cli.owing.records import CoinAmount, Debts, LoanDebt, Margin, RepayRun, SpotDebt

NOTHING: Final = Words("Nothing is owed.", "没有欠款。")
SPOT: Final = Words("Spot debts", "现货负债")
RUNNING: Final = Words("One-click repays under way", "进行中的一键还债")
LOANS: Final = Words("Flexible loans", "活期借币")
NEXT: Final = Words("Interest is next charged in {minutes} min {seconds} s.", "距下次计息 {minutes} 分 {seconds} 秒。")
AUTO: Final = (Words("Auto repay is off.", "自动还币已关闭。"), Words("Auto repay is on.", "自动还币已开启。"))
MARGIN: Final = Words(
    "Margin ratio {ratio}; warned at {warns}, liquidated at {liquidates}.",
    "保证金率 {ratio}；预警线 {warns}，强平线 {liquidates}。",
)
SPOT_HEADS: Final = (
    Words("coin", "币种"),
    Words("debt", "负债"),
    Words("an hour", "小时利率"),
    Words("a year", "年利率"),
    Words("last 24 h", "近24小时利息"),
    Words("next hour", "下一小时利息"),
    Words("available", "可用余额"),
)
LOAN_HEADS: Final = (
    Words("loan", "借款编号"),
    Words("debt", "负债"),
    Words("collateral", "质押物"),
    Words("a year", "年利率"),
    Words("last 24 h", "近24小时利息"),
    Words("LTV", "LTV"),
    Words("warned at", "预警线"),
    Words("liquidated at", "强平线"),
)
RUN_HEADS: Final = (
    Words("since", "开始时间"),
    Words("debt", "负债币种"),
    Words("using", "偿还币种"),
    Words("repaid", "已还"),
    Words("legs", "成交步骤"),
)


def told(found: Debts) -> str:
    """All tables that have rows, and the sentences below them."""
    parts = [
        *([f"{SPOT}\n{spot_table(found.spot)}"] if found.spot else []),
        *([f"{RUNNING}\n{run_table(found.running)}"] if found.running else []),
        *([f"{LOANS}\n{loan_table(found.loans)}"] if found.loans else []),
    ]
    if not parts:
        return str(NOTHING)
    lines = [
        next_hour(found),
        *([margin_line(found.margin)] if found.margin.ratio else []),
        str(AUTO[found.auto_repay]),
    ]
    return "\n\n".join([*parts, "\n".join(lines)])


def next_hour(found: Debts) -> str:
    minutes, seconds = divmod(found.seconds_left, 60)
    return str(NEXT).format(minutes=minutes, seconds=seconds)


def margin_line(margin: Margin) -> str:
    return str(MARGIN).format(
        ratio=share(margin.ratio),
        warns=share(margin.warns_at) or "-",
        liquidates=share(margin.liquidates_at),
    )


def spot_table(debts: Sequence[SpotDebt]) -> str:
    rows = [
        (
            one.ccy,
            short(one.debt),
            share(one.rate_per_hour, 8),
            share(one.rate_per_year),
            short(one.interest_24h),
            short(one.next_interest),
            short(one.available),
        )
        for one in debts
    ]
    return aligned([str(head) for head in SPOT_HEADS], rows, right=range(1, 7))


def loan_table(loans: Sequence[LoanDebt]) -> str:
    rows = [
        (
            one.ord_id or "-",
            coins(one.debts),
            coins(one.collateral),
            ", ".join(share(each.amt) for each in one.rate_per_year),
            coins(one.interest_24h),
            share(one.ltv),
            share(one.warns_at),
            share(one.liquidates_at),
        )
        for one in loans
    ]
    return aligned([str(head) for head in LOAN_HEADS], rows, right=(5, 6, 7))


def run_table(runs: Sequence[RepayRun]) -> str:
    rows = [
        (one.at, one.debt_ccy, ",".join(one.using), short(one.repaid), str(sum(bool(leg.fill_sz) for leg in one.legs)))
        for one in runs
    ]
    return aligned([str(head) for head in RUN_HEADS], rows, right=(3, 4))


def coins(amounts: Sequence[CoinAmount]) -> str:
    return ", ".join(f"{short(each.amt)} {each.ccy}" for each in amounts)
