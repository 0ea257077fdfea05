"""`tally repay`: repays a debt once, and says what became of it."""

from __future__ import annotations

from typing import Final

import click

from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.completing import coins
from tallystick.cli.frame.failing import usage
from tallystick.cli.frame.options import Asked, writes
from tallystick.cli.outcome_records import ToldOutcome

WAIT: Final = option(
    "--wait",
    type=click.IntRange(1, 3_600),
    default=120,
    show_default=True,
    metavar="S",
    help="Wait so many seconds for the outcome.",
    zh="等待结果的秒数。",
)


@command(
    answer=ToldOutcome,
    zh="""偿还一种币的负债：只发送一次请求，然后读取直到结果明确。

    使用 --using 时为一键还债，先显示计划；不使用时以账户中的同种币手动偿还。

    退出码：0 已完成；1 未还清；10 结果未知，请先用 --resume 查看；11 平台时钟停止，还债仍在进行，请推进时钟。
    """,
)
@click.argument("ccy", required=False, shell_complete=coins)
@option(
    "--using",
    metavar="A,B",
    help="Repay in one click with these coins, in this order.",
    zh="以这些币一键还债，按顺序使用。",
)
@option(
    "--amt",
    metavar="AMT",
    help="Repay this amount by hand; the default is everything.",
    zh="手动偿还的数量；未指定时为全部。",
)
@option(
    "--resume",
    is_flag=True,
    help="Report what happened to earlier requests whose outcome is not known. Nothing is sent again.",
    zh="查询先前结果未知的请求。不会重新发送。",
)
@WAIT
@writes
def repay(asked: Asked, ccy: str | None, using: str | None, amt: str | None, resume: bool, wait: int) -> None:
    """Repay the debt of a coin: send one request, then read until the outcome is known.

    With --using it is a one-click repay, and its plan is shown first. Without it the debt is repaid by hand, from the
    same coin in the account.

    Exit codes: 0 all done; 1 not all was repaid; 10 the outcome is unknown, look with --resume before you ask again;
    11 the repay still runs because the venue's clock stands still, so advance it.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli import repaying

    if resume:
        if ccy or using or amt or asked.dry_run:
            raise usage("--resume goes on with all that waits: leave the rest out")
        repaying.resume(asked, wait)
        return
    if not ccy:
        raise usage("name the coin that is owed, or say --resume")
    if using is not None and amt is not None:
        raise usage("--using repays in one click, --amt by hand: give one of them")
    if using is not None:
        repaying.one_click(asked, ccy, [coin.strip() for coin in using.split(",") if coin.strip()], wait)
    else:
        repaying.by_hand(asked, ccy, amt, wait)
