"""`tally watch`: debts, LTV, repays and the clock, live; or one look for cron, with a command that is run to warn."""

from __future__ import annotations

import shlex
import subprocess
from decimal import Decimal, InvalidOperation
from typing import Final

import click
from msgspec import Struct

from tallystick.cli.frame.answers import as_json, say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import Failure, Form, Stop, usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, reads
from tallystick.cli.owing.records import Debts
from tallystick.data.install import advice, advice_zh

EXEC_S: Final = 60
"""A command that warns may take so long."""
LTV: Final = Words("LTV of loan {name} is {ltv}, at or above {line}.", "借款 {name} 的 LTV 为 {ltv}，达到 {line}。")
MARGIN: Final = Words("The margin ratio is {ratio}, at or below {line}.", "保证金率为 {ratio}，低至 {line}。")
UNREAD: Final = Words("The debts could not be read: {why}", "无法读取负债：{why}")
MISSING: Final = Words(
    f"the live view needs Textual: {advice('watch')}, or look once with --once",
    f"实时界面需要 Textual：{advice_zh('watch')}，或使用 --once 查看一次",
)


class Watched(Struct, frozen=True):
    """Debts as one look found them, and what is to be warned of."""

    warnings: list[str]
    debts: Debts


def _ratio(ctx: click.Context, parameter: click.Parameter, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or found <= 0:
        raise usage(f"{parameter.opts[0]} is {text!r}: give a ratio such as 0.6")
    return found


@command(
    answer=Watched,
    zh="""实时显示负债、LTV、还债步骤和时钟；按 q 退出。

    --once 只查看一次，适用于 cron：达到预警线时以退出码 1 结束，并执行 --exec 的命令，
    警告在环境变量 TALLY_WARNING 中，负债的 JSON 在标准输入中。无法读取时同样预警。
    """,
)
@option("--once", is_flag=True, help="Check once and end, for cron.", zh="只查看一次，适用于 cron。")
@option(
    "--warn-ltv",
    metavar="LTV",
    callback=_ratio,
    help="Warn where the LTV of a loan is at or above this, such as 0.6.",
    zh="任一借款的 LTV 达到此值时预警，例如 0.6。",
)
@option(
    "--warn-margin",
    metavar="RATIO",
    callback=_ratio,
    help="Warn where the margin ratio is at or below this, such as 1.5.",
    zh="保证金率低至此值时预警，例如 1.5。",
)
@option(
    "--exec",
    "warn_with",
    metavar="CMD",
    help="Run this command to warn, without a shell; also where the debts cannot be read.",
    zh="预警时执行此命令（不经过 shell）；无法读取负债时同样执行。",
)
@option(
    "--every",
    type=click.IntRange(2, 3_600),
    default=3,
    show_default=True,
    metavar="S",
    help="Seconds between two readings.",
    zh="每隔多少秒重新读取。",
)
@reads
def watch(
    asked: Asked,
    once: bool,
    warn_ltv: Decimal | None,
    warn_margin: Decimal | None,
    warn_with: str | None,
    every: int,
) -> None:
    """Show debts, LTV, repays leg by leg and the clock, live; q ends it.

    With --once it looks once and ends, for cron: where a line is reached it ends with 1 and runs the command of --exec,
    which has the warning in TALLY_WARNING and the debts as JSON on standard input. Debts that cannot be read are warned
    of as well.
    """
    if once:
        look(asked, warn_ltv, warn_margin, warn_with)
        return
    if asked.json is not None or warn_ltv is not None or warn_margin is not None or warn_with is not None:
        raise usage("--json, --warn-ltv, --warn-margin and --exec are for one look: say --once")
    # The client and Textual take their time to load, and completion does without them.
    from tallystick.cli.frame.accounts import opened
    from tallystick.cli.owing.reading import Reader

    try:
        from tallystick.cli.watching.app import Watch
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "textual":
            raise
        raise Stop(str(MISSING)) from None
    with opened(asked, Reader) as client:
        Watch(client, every).run()


def look(asked: Asked, warn_ltv: Decimal | None, warn_margin: Decimal | None, warn_with: str | None) -> None:
    """Look once. Raises Failure where a line is reached, or where the debts cannot be read."""
    from tallystick.cli.frame.accounts import opened
    from tallystick.cli.owing.reading import Reader, debts_of
    from tallystick.client.errors import ClientError

    try:
        with opened(asked, Reader) as client:
            found = debts_of(client)
    except ClientError as error:
        warn(warn_with, str(UNREAD).format(why=error), "")
        raise
    watched = Watched(warnings_of(found, warn_ltv, warn_margin), found)
    if watched.warnings:
        reason = " ".join(watched.warnings)
        warn(warn_with, reason, as_json(found))
        raise Failure(Form("warning", reason=reason, retryable=True), found={"warnings": watched.warnings})
    say(asked, watched, lambda: words(found))


def words(found: Debts) -> str:
    from tallystick.cli.owing.tables import told

    return told(found)


def warnings_of(found: Debts, warn_ltv: Decimal | None, warn_margin: Decimal | None) -> list[str]:
    """Sentences about every line that is reached. A loan without an LTV has no price, and is warned of too."""
    warnings = []
    for number, loan in enumerate(found.loans, start=1):
        ltv = Decimal(loan.ltv or "0")
        if warn_ltv is not None and (ltv >= warn_ltv or ltv == 0):
            warnings.append(str(LTV).format(name=loan.ord_id or number, ltv=loan.ltv or "-", line=warn_ltv))
    if warn_margin is not None and found.margin.ratio and Decimal(found.margin.ratio) <= warn_margin:
        warnings.append(str(MARGIN).format(ratio=found.margin.ratio, line=warn_margin))
    return warnings


def warn(warn_with: str | None, warning: str, debts: str) -> None:
    """Run the command that warns. Raises Stop where it cannot be run or fails."""
    if not warn_with:
        return
    import os

    try:
        done = subprocess.run(  # noqa: S603
            shlex.split(warn_with),
            input=debts,
            text=True,
            env={**os.environ, "TALLY_WARNING": warning},
            stdout=subprocess.DEVNULL,
            timeout=EXEC_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as problem:
        raise Stop(f"{warning} The command of --exec cannot be run: {problem}") from None
    if done.returncode:
        raise Stop(f"{warning} The command of --exec failed with {done.returncode}.")
