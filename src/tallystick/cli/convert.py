"""`tally convert`: sells one coin for another by one quote."""

from __future__ import annotations

import click

from tallystick.cli.frame.commands import command
from tallystick.cli.frame.completing import coins
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, writes
from tallystick.cli.outcome_records import ToldOutcome
from tallystick.cli.repay import WAIT


@command(
    answer=ToldOutcome,
    zh="""卖出一种币并买入另一种：一次询价，一次成交。

    成交带有客户编号，应答丢失后可在历史中查到。退出码与 tally repay 相同。
    """,
)
@click.argument("sell", shell_complete=coins)
@click.argument("buy", shell_complete=coins)
@click.argument("amt")
@WAIT
@writes
def convert(asked: Asked, sell: str, buy: str, amt: str, wait: int) -> None:
    """Sell AMT of one coin for another: one quote, one trade against it.

    The trade has a client order id, by which it is found if its answer is lost. Exit codes are those of tally repay.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.frame.accounts import client_of, confirm
    from tallystick.cli.frame.requests import request_of
    from tallystick.cli.outcomes import say_outcome
    from tallystick.cli.predicting.told import expect
    from tallystick.contract.convert import CONVERT_CURRENCY_PAIR

    if asked.dry_run:
        expect(asked, request_of(CONVERT_CURRENCY_PAIR, {"fromCcy": sell, "toCcy": buy}), selling=amt)
        return
    with client_of(asked) as client:
        confirm(asked, client, str(Words(f"Sell {amt} {sell} for {buy}.", f"卖出 {amt} {sell}，买入 {buy}。")))
        found = client.convert(sell=sell, buy=buy, amt=amt, wait=wait)
    say_outcome(asked, found)
