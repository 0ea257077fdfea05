"""`tally archive`: keep the histories of accounts in one file, prove that nothing is missing, hand them on."""

from __future__ import annotations

from tallystick.cli.archiving.exporting import export
from tallystick.cli.archiving.handing import certify, check_certificate, sql
from tallystick.cli.archiving.looking import status, verify
from tallystick.cli.archiving.pulling import pull
from tallystick.cli.archiving.reporting import report
from tallystick.cli.frame.commands import group

COMMANDS = (pull, status, verify, export, report, sql, certify, check_certificate)


@group(
    zh="""将账户的历史记录保存在一个文件中，并证明没有遗漏。

    交易所会删除历史：一键还债 7 天后，利息 30 天或一年后，账单三个月后。
    """
)
def archive() -> None:
    """Keep the histories of accounts in one file, and prove that nothing is missing.

    The exchange forgets: one-click repays after 7 days, interest after 30 days or a year, bills after three months.
    """


for each in COMMANDS:
    archive.add_command(each)
