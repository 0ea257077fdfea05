"""One random cash flow, played in Spot mode with auto repay, in multi-currency and in portfolio margin.

Far from the margin the three owe the same, are charged the same and use the pool the same, if at every full hour no
coin in debt is frozen (docs/rules/account-modes.md#credit). With orders left open at the hour, they differ by exactly
the coins that Spot mode both holds for orders and owes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tallystick.engine import accrual, core, ledger, open_orders, transient
from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.engine.interest import Charge
from tallystick.engine.kinds import AccountMode
from tallystick.engine.modes import OpenModes, SwitchMode
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Rejected
from tallystick.engine.state import State
from tallystick.venue.parameters import load_parameters

USER = 1
START_MS = 1_700_049_600_001
PAIRS = {"BTC-USDT": 60_000, "ETH-USDT": 3_000}
COINS = ("BTC", "ETH", "USDT")
COLLATERAL = 3_000_000
"""USDC of each account, which nothing touches: they keep it far from its margin."""
SAME_REFUSAL = {"TRANSFER_ABOVE_AVAILABLE": "FUNDING_INSUFFICIENT"}
"""Refusals that say the same in two modes."""
MODES: tuple[AccountMode, ...] = (1, 3, 4)


packaged = cache(load_parameters)


def slices(first: int, last: int) -> list[range]:
    """Seeds from `first` until `last` in slices, so that processes share them and a slice tells its seeds."""
    return [range(low, min(low + 500, last)) for low in range(first, last, 500)]


class Standing(NamedTuple):
    """Numbers of one account at a full hour, by coin, with the pools and all interest so far."""

    equity: dict[str, int]
    debts: dict[str, int]
    pools: dict[str, int]
    interest: list[tuple[int, str, int, int, int]]
    """Rows of interest: (hour, coin, debt, interest, rate)."""


class Played:
    """One account in one mode."""

    def __init__(self, mode: AccountMode, parameters: Parameters) -> None:
        self.mode = mode
        self.state: State = core.new_state(parameters, START_MS)
        self.at_ms, self.seq = START_MS, 0
        self.charges: list[Charge] = []
        self.do(c.CreateUser(user_id=USER, name="user"))
        self.do(OpenModes(user_id=USER, modes=(3, 4)))
        self.do(c.SetPrices(prices=tuple((pair, price * ONE) for pair, price in PAIRS.items())))
        self.do(c.SetPrices(prices=(("USDC-USDT", ONE),)))
        self.give("USDC", COLLATERAL * ONE)
        if mode == 1:
            self.do(c.SwitchSpotBorrow(user_id=USER, enabled=True))
            self.do(c.SetAutoRepay(user_id=USER, enabled=True))
        else:
            self.do(SwitchMode(user_id=USER, mode=mode))

    def do(self, command: c.Command) -> str:
        """Run a command; "" or the name of the refusal."""
        try:
            events = core.handle(self.state, core.Stamp(self.seq + 1, self.at_ms), command)
        except Rejected as no:
            return no.reject.name
        if events:
            self.seq += 1
            self.charges += transient.of(self.state).charges
        return ""

    def give(self, ccy: str, delta: int) -> str:
        return self.do(c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=delta))

    def hour(self) -> None:
        self.at_ms = core.due_at_ms(self.state)
        self.do(c.Tick())

    def standing(self) -> Standing:
        state = self.state
        rows = [(o.hour_ms, o.ccy, o.debt_before, o.interest, o.rate_per_year) for o in self._all_charges()]
        pools = {ccy: ledger.balance(state, "pool", ccy) for ccy in COINS}
        equity = {ccy: own for ccy, own in ledger.equity(state, USER).items() if own}
        return Standing(equity, ledger.debts(state, USER), pools, sorted(rows))

    def _all_charges(self) -> Iterator[Charge]:
        yield from self.charges
        yield from accrual.charges_of_user(self.state, self.state.users[USER])

    def held_and_owed(self) -> dict[str, int]:
        """Coins that the account has and owes at once."""
        debts = ledger.debts(self.state, USER)
        found = {ccy: min(amount, ledger.cash(self.state, USER, ccy)) for ccy, amount in debts.items()}
        return {ccy: amount for ccy, amount in found.items() if amount}


def commands(dice: random.Random, at_first: Played) -> Iterator[c.Command | None]:
    """A random flow of one hour's commands after another; None is the end of an hour."""
    while True:
        for _ in range(dice.randint(1, 5)):
            yield _one(dice, at_first.state)
        yield None


def _one(dice: random.Random, state: State) -> c.Command:
    pair = dice.choice(tuple(PAIRS))
    ccy = dice.choice(COINS)
    price = PAIRS[pair] * ONE
    small = {"BTC": ONE // 10, "ETH": 2 * ONE, "USDT": 6_000 * ONE}
    amount = dice.randint(1, 10**6) * small[ccy] // 10**6
    amount -= amount % 100
    turn = dice.random()
    if turn < 0.45:
        return _order(dice, pair, dice.choice((98, 99, 100, 101, 102)) * price // 100)
    if turn < 0.6:
        return c.SetPrices(prices=((pair, dice.randint(97, 103) * price // 100),))
    if turn < 0.75:
        return c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=amount)
    if turn < 0.85:
        return c.AdjustBalance(user_id=USER, account="funding", ccy=ccy, delta=amount)
    if turn < 0.93:
        return c.Transfer(user_id=USER, ccy=ccy, amount=amount, source="funding", target="trading")
    # An order of a cross account holds all that it gives, also coins that come later; one of Spot mode does not.
    if any(order.held_ccy == ccy for order in open_orders.of(state).of_user(USER)):
        return c.Transfer(user_id=USER, ccy=ccy, amount=amount, source="funding", target="trading")
    return c.Transfer(user_id=USER, ccy=ccy, amount=amount, source="trading", target="funding")


def _order(dice: random.Random, pair: str, price: int) -> c.PlaceOrder:
    size = dice.randint(1_000, 400_000) * ONE // 10**6 * (1 if pair.startswith("BTC") else 20)
    return c.PlaceOrder(
        user_id=USER,
        instrument=pair,
        side=dice.choice(("buy", "sell")),
        kind=dice.choice(("limit", "limit", "ioc", "post_only")),
        size=size - size % 10**14,
        price=price - price % 10**18,
    )


class Outcome(NamedTuple):
    """Differences between the modes in one flow; hours played; rows of interest; whether it ended by frozen coins."""

    differences: list[str]
    hours: int
    interest: int
    frozen: bool


def play(seed: int, hours: int, *, clear: bool) -> Outcome:
    """Play one flow in all modes. `clear`: all orders are cancelled before each hour.

    Without it the flow ends at the first hour at which a coin in debt is frozen, once the debts of that instant have
    been compared.
    """
    dice = random.Random(seed)
    accounts = [Played(mode, packaged()) for mode in MODES]
    flow = commands(dice, accounts[0])
    for hour in range(hours):
        while (command := next(flow)) is not None:
            said = [account.do(command) for account in accounts]
            if len({SAME_REFUSAL.get(no, no) for no in said}) > 1:
                return Outcome([f"seed {seed} hour {hour}: {command} is {said}"], hour, 0, frozen=False)
        if clear:
            _cancel_all(accounts)
        found = _differences(accounts)
        if not found and accounts[0].held_and_owed():
            return Outcome([], hour, len(accounts[0].charges), frozen=True)  # from here on the interest differs
        for account in accounts:
            account.hour()
        if found := found or _differences(accounts):
            return Outcome([f"seed {seed} hour {hour}: {one}" for one in found], hour, 0, frozen=False)
    return Outcome([], hours, len(accounts[0].standing().interest), frozen=False)


def _cancel_all(accounts: list[Played]) -> None:
    for account in accounts:
        for order in tuple(open_orders.of(account.state).of_user(USER)):
            account.do(c.CancelOrder(user_id=USER, instrument=order.instrument, order_id=order.order_id))


def _differences(accounts: list[Played]) -> list[str]:
    """Differences now. Debts and pools of Spot mode count without the coins that it has and owes at once."""
    spot, *others = accounts
    wanted: dict[str, Any] = spot.standing()._asdict()
    both = spot.held_and_owed()
    less = {ccy: owed - both.get(ccy, 0) for ccy, owed in wanted["debts"].items()}
    wanted["debts"] = {ccy: owed for ccy, owed in less.items() if owed}
    wanted["pools"] = {ccy: coins + both.get(ccy, 0) for ccy, coins in wanted["pools"].items()}
    return [
        f"mode {other.mode}: {name} is {told}, in Spot mode {wanted[name]}"
        for other in others
        for name, told in other.standing()._asdict().items()
        if told != wanted[name]
    ]
