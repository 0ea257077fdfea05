"""`tally repay`: repays a debt once, and says what became of it."""

from __future__ import annotations

from typing import Any, Final

import click

from tallystick.cli.columns import aligned
from tallystick.cli.frame.accounts import client_of, confirm
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, writes
from tallystick.cli.frame.requests import request_of, told
from tallystick.cli.frame.text import share, short
from tallystick.cli.outcomes import ToldOutcome, ToldPlan, legs_table, plan_of, say_outcome, say_resumed
from tallystick.cli.predicting.told import expect
from tallystick.client.sync import Client
from tallystick.contract.borrow import SPOT_MANUAL_BORROW_REPAY
from tallystick.contract.repay import ONE_CLICK_REPAY_V2

NOTHING_OWED: Final = Words("No {ccy} is owed; nothing was sent.", "没有 {ccy} 负债；未发送任何内容。")
PLAN: Final = (Words("coin", "币种"), Words("repays", "偿还"))
EXPECTED: Final = Words(
    "Owed {debt} {ccy}; expected to be left {left}, at most {most}. Fees {fees} {ccy}.",
    "负债 {debt} {ccy}；预计剩余 {left}，最多 {most}。手续费 {fees} {ccy}。",
)
MARGIN: Final = Words("Margin ratio {before}, then {after}.", "保证金率 {before}，之后 {after}。")
UNUSED: Final = Words("Not used: {dust}.", "未使用：{dust}。")
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
@click.argument("ccy", required=False)
@option(
    "--using",
    metavar="A,B",
    help="Repay with these coins in one click, the first first.",
    zh="以这些币一键还债，按顺序使用。",
)
@option(
    "--amt",
    metavar="AMT",
    help="Repay so much by hand; without it everything.",
    zh="手动偿还的数量；未指定时为全部。",
)
@option(
    "--resume",
    is_flag=True,
    help="Say what became of earlier requests without a known outcome. Nothing is sent again.",
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
    if resume:
        if ccy or using or amt or asked.dry_run:
            raise usage("--resume goes on with all that waits: leave the rest out")
        with client_of(asked) as client:
            found = client.resume(wait=wait)
        say_resumed(asked, found)
        return
    if not ccy:
        raise usage("name the coin that is owed, or say --resume")
    if using is not None and amt is not None:
        raise usage("--using repays in one click, --amt by hand: give one of them")
    if using is not None:
        one_click(asked, ccy, [coin.strip() for coin in using.split(",") if coin.strip()], wait)
    else:
        by_hand(asked, ccy, amt, wait)


def one_click(asked: Asked, debt: str, using: list[str], wait: int) -> None:
    """Repay in one click, after the plan was shown."""
    if not using:
        raise usage("--using names no coin")
    request = request_of(ONE_CLICK_REPAY_V2, {"debtCcy": debt, "repayCcyList": using})
    if asked.dry_run:
        expect(asked, request)
        return
    with client_of(asked) as client:
        plan = plan_of(client.plan_repay(debt=debt, using=using))
        if plan.debt == "0":
            nothing(asked, debt)
            return
        confirm(asked, client, f"{plan_told(plan, debt)}\n{told(request)}")
        found = client.repay(debt=debt, using=using, wait=wait)
    say_outcome(asked, found)


def by_hand(asked: Asked, ccy: str, amt: str | None, wait: int) -> None:
    """Repay from the same coin in the account."""
    if asked.dry_run:
        expect(asked, request_of(SPOT_MANUAL_BORROW_REPAY, {"ccy": ccy, "side": "repay", "amt": amt or ""}))
        return
    with client_of(asked) as client:
        owed = owed_of(client, ccy)
        most = amt or Words("all", "全部")
        confirm(asked, client, str(Words(f"Repay {most} of {owed} {ccy}.", f"偿还 {owed} {ccy} 中的 {most}。")))
        found: Any = client.repay_spot(ccy=ccy, amt=amt, wait=wait)
    say_outcome(asked, found, enough=amt is not None)


def owed_of(client: Client, ccy: str) -> str:
    """Debt in a coin, for the question before it is repaid."""
    found = [row for row in client.balance(ccy=[ccy]).details if row.ccy == ccy and row.liab]
    return format(found[0].liab, "f") if found and found[0].liab is not None else "0"


def nothing(asked: Asked, ccy: str) -> None:
    note = str(NOTHING_OWED).format(ccy=ccy)
    say(asked, ToldOutcome("repaid", repaid="0", left="0", note=note), lambda: note)


def plan_told(plan: ToldPlan, ccy: str) -> str:
    """A plan in words: what each coin brings, by which orders, and what is expected to be left."""
    brings = aligned([str(head) for head in PLAN], [(coin, short(amt)) for coin, amt in plan.brings.items()], (1,))
    numbers = {"debt": plan.debt, "left": plan.left, "most": plan.left_at_most, "fees": short(plan.fees)}
    lines = [str(EXPECTED).format(ccy=ccy, **numbers)]
    if plan.margin_before:
        before, after = share(plan.margin_before), share(plan.margin_after) or "-"
        lines.append(str(MARGIN).format(before=before, after=after))
    if plan.dust:
        lines.append(str(UNUSED).format(dust="; ".join(plan.dust)))
    parts = [brings, *([legs_table(plan.legs)] if plan.legs else []), "\n".join(lines)]
    return "\n\n".join(parts) + "\n"
