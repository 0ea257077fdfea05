"""`tally debts`: everything that is owed, over all kinds."""

from __future__ import annotations

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command
from tallystick.cli.frame.options import Asked, reads
from tallystick.cli.owing.records import Debts


@command(
    answer=Debts,
    zh="""显示欠款：现货负债、进行中的一键还债和活期借币，以及保证金率和 LTV。

    利率按小时和按年给出；利息为最近 24 小时的合计。
    """,
)
@reads
def debts(asked: Asked) -> None:
    """Show what is owed: spot debts, running one-click repays and flexible loans, with margin and LTV.

    Rates are hourly and yearly; the interest is that of the last 24 hours.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.frame.accounts import opened
    from tallystick.cli.owing.reading import Reader, debts_of

    with opened(asked, Reader) as client:
        found = debts_of(client)
    say(asked, found, lambda: words(found))


def words(found: Debts) -> str:
    # Tables take their time to load, and JSON needs none.
    from tallystick.cli.owing.tables import told

    return told(found)
