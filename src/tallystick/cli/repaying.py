"""Repayments of the command line: planned, asked for, carried out once, and told."""

from __future__ import annotations

from typing import Any, Final

from tallystick.cli.columns import aligned
from tallystick.cli.frame.accounts import client_of, confirm
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.failing import usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked
from tallystick.cli.frame.requests import request_of, told
from tallystick.cli.frame.text import share, short
from tallystick.cli.outcome_records import ToldOutcome, ToldPlan
from tallystick.cli.outcomes import legs_table, plan_of, say_outcome, say_resumed
from tallystick.cli.predicting.told import expect
from tallystick.client.sync import Client
from tallystick.contract.borrow import SPOT_MANUAL_BORROW_REPAY
from tallystick.contract.repay import ONE_CLICK_REPAY_V2

NOTHING_OWED: Final = Words("No {ccy} is owed; nothing was sent.", "没有 {ccy} 负债；未发送任何内容。")
COIN: Final = Words("coin", "币种")
BRINGS: Final = Words("brings in {ccy}", "可得 {ccy}")
EXPECTED: Final = Words(
    "Owed {debt} {ccy}; expected rest {left}, at most {most}. Fees {fees} {ccy}.",
    "负债 {debt} {ccy}；预计剩余 {left}，最多 {most}。手续费 {fees} {ccy}。",
)
MARGIN: Final = Words("Margin ratio {before}, then {after}.", "保证金率 {before}，之后 {after}。")
UNUSED: Final = Words("Not used: {dust}.", "未使用：{dust}。")


def resume(asked: Asked, wait: int) -> None:
    """Say what became of all requests that were left without an outcome."""
    with client_of(asked) as client:
        found = client.resume(wait=wait)
    say_resumed(asked, found)


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
    heads = [str(COIN), str(BRINGS).format(ccy=ccy)]
    brings = aligned(heads, [(coin, short(amt)) for coin, amt in plan.brings.items()], (1,))
    numbers = {"debt": plan.debt, "left": plan.left, "most": plan.left_at_most, "fees": short(plan.fees)}
    lines = [str(EXPECTED).format(ccy=ccy, **numbers)]
    if plan.margin_before != plan.margin_after:
        before, after = share(plan.margin_before), share(plan.margin_after) or "-"
        lines.append(str(MARGIN).format(before=before, after=after))
    if plan.dust:
        lines.append(str(UNUSED).format(dust="; ".join(plan.dust)))
    parts = [brings, *([legs_table(plan.legs)] if plan.legs else []), "\n".join(lines)]
    return "\n\n".join(parts) + "\n"
