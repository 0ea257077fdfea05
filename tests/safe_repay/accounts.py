"""Random accounts and calls: several coins, dust, debts with odd digits and interest, an hour about to pass, loans.

All of it comes from the die, so that a seed names an account and a call.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

from tallystick.engine import commands as c
from tallystick.engine.amounts import atoms_from_text
from tallystick.venue.keys import Credentials
from tests.safe_repay.network import Network

HOUR_MS: Final = 3_600_000
USD: Final = {"USDC": 1, "USDT": 1, "BTC": 43_000, "ETH": 3_350, "SOL": 145}
"""About what a coin is worth, so that sizes make sense."""
DEBTS: Final = ("USDC", "USDC", "USDT", "BTC", "ETH")
BACKING: Final = ("BTC", "ETH")

Method: TypeAlias = Literal["repay", "repay_spot", "convert", "repay_loan"]
METHODS: Final[tuple[Method, ...]] = ("repay", "repay", "repay_spot", "convert", "repay_loan")
WRITES: Final[dict[Method, str]] = {
    "repay": "one_click_repay_v2",
    "repay_spot": "spot_manual_borrow_repay",
    "convert": "convert_trade",
    "repay_loan": "loan_repay",
}
"""The request of each call that moves coins."""


class Call(NamedTuple):
    """A call of safe repay. `ccy` is the debt's coin, or the coin that is sold; `amt` None is everything."""

    method: Method
    ccy: str
    using: tuple[str, ...] = ()
    amt: Decimal | None = None
    buy: str = ""
    loan_id: int = 0


class Account(NamedTuple):
    user_id: int
    key: Credentials


def odd(die: random.Random, least: float, most: float, places: int = 12) -> Decimal:
    """An amount between two, with many digits or few."""
    text = f"{die.uniform(least, most):.{die.choice((0, 2, places))}f}"
    return Decimal(text) if Decimal(text) > 0 else Decimal(str(least))


def worth(die: random.Random, ccy: str, least_usd: float, most_usd: float) -> Decimal:
    """So much of a coin as is worth between two amounts of USD, with at most 8 decimals."""
    return Decimal(f"{die.uniform(least_usd, most_usd) / USD[ccy]:.{die.choice((5, 8))}f}")


class Opened:
    """An account that a die has made, in a venue that began anew."""

    def __init__(self, net: Network, die: random.Random) -> None:
        self.net = net
        self.die = die
        made = net.control("POST", "users", {"name": "payer"})
        key = net.control("POST", "users/payer/keys", {"permissions": ["read", "trade"]})
        net.control("POST", "users/payer/spot-borrow", {"enabled": True})
        self.account = Account(
            int(made["uid"]),
            Credentials(
                api_key=key["api_key"],
                secret_key=key["secret_key"],
                passphrase=key["passphrase"],
                permissions=("read", "trade"),
            ),
        )

    def carry_out(self, command: c.Command) -> None:
        self.net.run(self.net.venue.submit(command))

    def give(self, ccy: str, amount: Decimal, account: Literal["trading", "funding"] = "trading") -> None:
        delta = atoms_from_text(format(abs(amount), "f"))
        if delta:
            sign = 1 if amount > 0 else -1
            self.carry_out(c.AdjustBalance(user_id=self.account.user_id, account=account, ccy=ccy, delta=sign * delta))

    def owe(self, ccy: str, amount: Decimal) -> None:
        atoms = atoms_from_text(format(amount, "f"))
        self.carry_out(c.ManualBorrow(user_id=self.account.user_id, ccy=ccy, amount=atoms))
        self.give(ccy, -amount)

    def take_loan(self, ccy: str, amount: Decimal, collateral: Decimal) -> int:
        """A loan against BTC; the number of it."""
        self.give("BTC", collateral, "funding")
        self.carry_out(
            c.BorrowLoan(
                user_id=self.account.user_id,
                loan_id=0,
                ccy=ccy,
                amount=atoms_from_text(format(amount, "f")),
                collateral=(("BTC", atoms_from_text(format(collateral, "f"))),),
                client_order_id="a-loan",
            )
        )
        (loan,) = (loan for loan in self.net.venue.line.state.loans.values() if loan.user_id == self.account.user_id)
        return loan.loan_id

    def let_hours_pass(self) -> None:
        """Interest accrues; in one case of three the next hour is about to pass."""
        die, now_ms = self.die, self.net.now_ms
        later_ms = now_ms + die.choice((0, 0, 0, 0, 1, 3)) * HOUR_MS + die.randrange(HOUR_MS // 2)
        if die.random() < 0.33:
            later_ms += HOUR_MS - later_ms % HOUR_MS - die.randrange(1, 1_500)
        self.net.pass_ms(later_ms - now_ms)


def drawn(net: Network, die: random.Random) -> tuple[Account, Call]:
    """An account and a call to make with it."""
    opened = Opened(net, die)
    method = die.choice(METHODS)
    draw = {"repay": _repay, "repay_spot": _by_hand, "convert": _convert, "repay_loan": _loan}[method]
    call = draw(opened, die)
    return opened.account, call


def _in_debt(opened: Opened, die: random.Random) -> tuple[str, Decimal]:
    """A debt, and by chance another, well backed; coins of several kinds, some of them dust."""
    ccy = die.choice(DEBTS)
    backing = next(coin for coin in die.sample(BACKING, 2) if coin != ccy)
    owed = worth(die, ccy, 20, 4_000)
    opened.give(backing, worth(die, backing, 20_000, 40_000))
    opened.owe(ccy, owed)
    if die.random() < 0.3:
        other = next(coin for coin in die.sample(DEBTS, 5) if coin not in (ccy, backing))
        opened.owe(other, worth(die, other, 20, 2_000))
    opened.let_hours_pass()
    for coin in ("USDC", "USDT", "SOL", "ETH", "BTC"):
        if coin not in (ccy, backing) and die.random() < 0.5:
            opened.give(coin, worth(die, coin, 0.00001, 0.9) if die.random() < 0.4 else worth(die, coin, 2, 3_000))
    own = die.choice((0, 0, 1, 2, 2, 2, 3))
    if own:
        share = {1: 0.00001, 2: die.uniform(0.05, 0.99), 3: die.uniform(1.1, 2)}[own]
        opened.give(ccy, (owed * Decimal(str(share))).quantize(Decimal("0.000000000001")))
    return ccy, owed


def _repay(opened: Opened, die: random.Random) -> Call:
    ccy, _ = _in_debt(opened, die)
    others = [coin for coin in USD if coin != ccy]
    held = opened.net.venue.line.state.ledger.get(f"trading:{opened.account.user_id}", {})
    if die.random() < 0.1:
        # Anything at all, which the exchange may refuse.
        return Call("repay", ccy, tuple(die.sample([*USD], die.randrange(1, 4))))
    # Coins that are there, the debt's own first where there is any of it, and mostly no dust, which is refused.
    own = [ccy] if held.get(ccy, 0) > 0 else []
    least_usd = 1.5 if die.random() < 0.9 else 0
    there = [coin for coin in others if held.get(coin, 0) > least_usd / USD[coin] * 10**18]
    more = die.sample(there, min(len(there), die.randrange(0 if own else 1, 4)))
    return Call("repay", ccy, (*own, *more))


def _by_hand(opened: Opened, die: random.Random) -> Call:
    ccy, owed = _in_debt(opened, die)
    if die.random() < 0.3:
        opened.give(ccy, owed)
    amt = None
    if die.random() < 0.6:
        amt = (owed * Decimal(str(die.choice((0.1, 0.25, 0.4, 1, 1.5))))).quantize(Decimal("0.00000001"))
    return Call("repay_spot", ccy, amt=amt)


def _convert(opened: Opened, die: random.Random) -> Call:
    sell, buy = die.sample(["USDT", "BTC", "ETH", "USDC"], 2)
    opened.give(sell, worth(die, sell, 500, 5_000))
    if die.random() < 0.5:
        opened.give(buy, worth(die, buy, 1, 100))
    opened.let_hours_pass()
    return Call("convert", sell, amt=worth(die, sell, 20, 450), buy=buy)


def _loan(opened: Opened, die: random.Random) -> Call:
    ccy = die.choice(("USDT", "USDC"))
    owed = odd(die, 150, 4_000, 8)
    loan_id = opened.take_loan(ccy, owed, worth(die, "BTC", 15_000, 30_000))
    opened.let_hours_pass()
    share = die.choice((0.1, 0.3, 0.6, 1, 1.2))
    amt = (owed * Decimal(str(share))).quantize(Decimal("0.00000001"))
    if die.random() < 0.7:
        opened.give(ccy, owed * 2, "funding")
    return Call("repay_loan", ccy, amt=amt, loan_id=loan_id)
