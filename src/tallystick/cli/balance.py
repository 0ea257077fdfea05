"""`tally balance`: coins of the trading and the funding account."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, reads
from tallystick.cli.frame.text import exact, short

HEADS = (
    Words("coin", "币种"),
    Words("trading", "交易账户"),
    Words("available", "可用余额"),
    Words("debt", "负债"),
    Words("equity", "权益"),
    Words("USD", "美元价值"),
    Words("funding", "资金账户"),
)
NOTHING = Words("Both accounts are empty.", "两个账户均为空。")
TOTAL = Words("Equity of the trading account: {usd} USD.", "交易账户权益：{usd} 美元。")


class CoinBalance(Struct, frozen=True):
    """One coin: cash, what is available of it, debt and equity in the trading account, and the funding account."""

    ccy: str
    trading: str
    available: str
    debt: str
    equity: str
    equity_usd: str
    funding: str


class Balances(Struct, frozen=True):
    """Coins of both accounts, by name."""

    coins: list[CoinBalance]
    equity_usd: str


@command(answer=Balances, zh="显示交易账户和资金账户中的币种。")
@reads
def balance(asked: Asked) -> None:
    """Show the coins of the trading and the funding account."""
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.frame.accounts import client_of

    with client_of(asked) as client:
        trading, funding = client.balance(), client.asset_balances()
    details = {row.ccy: row for row in trading.details}
    kept = {row.ccy: row.bal for row in funding}
    zero = Decimal(0)
    coins = []
    for ccy in sorted({*details, *kept}):
        row = details.get(ccy)
        coins.append(
            CoinBalance(
                ccy=ccy,
                trading=exact(row.cashBal if row else zero),
                available=exact(row.availBal if row else zero),
                debt=exact((row.liab if row else None) or zero),
                equity=exact(row.eq if row else zero),
                equity_usd=exact(row.eqUsd if row else zero),
                funding=exact(kept.get(ccy, zero)),
            )
        )
    found = Balances(coins, exact(trading.totalEq))
    say(asked, found, lambda: words(found))


def words(found: Balances) -> str:
    from tallystick.cli.columns import aligned

    if not found.coins:
        return str(NOTHING)
    rows = [
        (
            one.ccy,
            short(one.trading),
            short(one.available),
            short(one.debt),
            short(one.equity),
            short(one.equity_usd, 2),
            short(one.funding),
        )
        for one in found.coins
    ]
    table = aligned([str(head) for head in HEADS], rows, right=range(1, 7))
    return f"{table}\n\n{str(TOTAL).format(usd=short(found.equity_usd, 2))}"
