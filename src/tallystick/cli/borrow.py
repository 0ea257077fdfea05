"""`tally borrow`: borrows a coin in Spot mode."""

from __future__ import annotations

import click

from tallystick.cli.frame.commands import command
from tallystick.cli.frame.completing import coins
from tallystick.cli.frame.options import Asked, writes
from tallystick.contract.borrow import SPOT_MANUAL_BORROW_REPAY, SpotManualBorrowRepayRow


@command(
    answer=SpotManualBorrowRepayRow,
    zh="""在现货模式下借入一种币，计入交易账户。

    应答丢失时结果未知（退出码 10）：先查看 tally history spot_borrow_repay_history，再决定是否重试。
    """,
)
@click.argument("ccy", shell_complete=coins)
@click.argument("amt")
@writes
def borrow(asked: Asked, ccy: str, amt: str) -> None:
    """Borrow a coin in Spot mode, into the trading account.

    Where the answer is lost the outcome is unknown (exit code 10): look at tally history spot_borrow_repay_history
    before you ask again.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.writing import write

    write(
        asked,
        SPOT_MANUAL_BORROW_REPAY,
        {"ccy": ccy, "side": "borrow", "amt": amt},
        look="tally history spot_borrow_repay_history",
    )
