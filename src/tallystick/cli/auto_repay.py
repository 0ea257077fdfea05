"""`tally auto-repay`: switches automatic repayment."""

from __future__ import annotations

import click

from tallystick.cli.frame.commands import command
from tallystick.cli.frame.options import Asked, writes
from tallystick.contract.borrow import SET_AUTO_REPAY, SetAutoRepayRow


@command(
    "auto-repay",
    answer=SetAutoRepayRow,
    zh="""开启或关闭自动还币。

    开启时，账户中与负债同种的币会立即用于偿还。
    """,
)
@click.argument("state", type=click.Choice(("on", "off")))
@writes
def auto_repay(asked: Asked, state: str) -> None:
    """Switch automatic repayment on or off.

    Switched on, it repays every debt at once from coins of the same kind.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.writing import write

    write(asked, SET_AUTO_REPAY, {"autoRepay": state == "on"}, look="tally whoami")
