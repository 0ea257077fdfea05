"""The live view as text: clock, debts, LTV against its lines, and the newest repay leg by leg. Pure."""

from __future__ import annotations

from typing import Final

from tallystick.cli.frame.language import Words
from tallystick.cli.frame.text import share, short
from tallystick.cli.outcomes import LEGS
from tallystick.cli.owing.records import Debts, LoanDebt, RepayRun
from tallystick.cli.owing.tables import AUTO, NOTHING, SPOT, coins, margin_line, next_hour, spot_table

BAR: Final = 40
"""Columns of a bar from 0 to an LTV of 1."""
LOAN: Final = Words("Loan {name}: {debt} against {collateral}", "借款 {name}：{debt}，质押 {collateral}")
LINES: Final = Words(
    "LTV {ltv}, warned at {warns}, liquidated at {liquidates}", "LTV {ltv}，预警线 {warns}，强平线 {liquidates}"
)
REPAY: Final = Words(
    "One-click repay of {debt} with {using}: {status}, {repaid} repaid",
    "一键还债 {debt}，使用 {using}：{status}，已还 {repaid}",
)
STATUS: Final = {
    "running": Words("under way", "进行中"),
    "filled": Words("over", "已结束"),
    "failed": Words("failed", "失败"),
}
STANDS: Final = Words("The clock stands still.", "时钟停止。")


def shown(found: Debts, run: RepayRun | None, *, stands: bool = False) -> str:
    """All of the view below its title. `run` is the newest repay, `stands` is true where the clock did not move."""
    parts = []
    if found.spot:
        parts.append(f"{SPOT}\n{spot_table(found.spot)}")
    if found.margin.ratio:
        parts.append(margin_line(found.margin))
    parts += [loan_shown(loan, number) for number, loan in enumerate(found.loans, start=1)]
    if run is not None:
        parts.append(run_shown(run))
    if not parts:
        parts.append(str(NOTHING))
    parts.append(f"{next_hour(found)} {STANDS if stands else AUTO[found.auto_repay]}")
    return "\n\n".join(parts)


def loan_shown(loan: LoanDebt, number: int) -> str:
    name = loan.ord_id or str(number)
    head = str(LOAN).format(name=name, debt=coins(loan.debts), collateral=coins(loan.collateral))
    lines = {"ltv": share(loan.ltv), "warns": share(loan.warns_at), "liquidates": share(loan.liquidates_at)}
    return f"{head}\n{bar(loan)}\n{str(LINES).format(**lines)}"


def bar(loan: LoanDebt) -> str:
    """A bar of the LTV, with ! where it is warned and X where it is liquidated."""
    filled = _column(loan.ltv)
    marks = {_column(loan.warns_at): "!", _column(loan.liquidates_at): "X"}
    return "".join(marks.get(column, "#" if column < filled else "-") for column in range(BAR + 1))


def _column(ratio: str) -> int:
    """Column of a ratio, at most the last; whole numbers alone."""
    whole, _, rest = (ratio or "0").partition(".")
    hundredths = int(whole or 0) * 100 + int(rest.ljust(2, "0")[:2] or 0)
    return min(hundredths * BAR // 100, BAR)


def run_shown(run: RepayRun) -> str:
    from tallystick.cli.columns import aligned

    status = str(STATUS.get(run.status, run.status))
    head = str(REPAY).format(debt=run.debt_ccy, using=",".join(run.using), status=status, repaid=short(run.repaid))
    rows = [
        (leg.inst_id, leg.side, *map(short, (leg.px, leg.sz, leg.fill_px, leg.fill_sz)), leg.state)
        for leg in reversed(run.legs)
    ]
    return f"{head}\n{aligned([str(one) for one in LEGS], rows, right=(2, 3, 4, 5))}" if rows else head
