"""Random runs of one account in multi-currency and portfolio margin, followed by `cross_model` after every command."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Any

from msgspec.structs import replace

from tallystick.engine import checks, core, ledger, margin
from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine.auto_exchange import ExchangeStarted
from tallystick.engine.cross_settings import ChooseCollateral, SetAutoLoan
from tallystick.engine.modes import SwitchMode
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Rejected
from tallystick.engine.state import State
from tallystick.venue.parameters import load_parameters
from tests.properties.cross_exchange import Exchanges
from tests.properties.cross_model import COIN, SLACK, Different, Model, Open

USER = 1
START_MS = 1_700_049_600_001
PAIRS = {"BTC-USDT": 60_000, "ETH-USDT": 3_000}
COINS = ("BTC", "ETH", "USDT")
RATES = {"BTC": "50000000000000000", "ETH": "61000000000000003", "USDT": "73000000000000000"}
"""Rates a year; one of them with no round hour."""
QUOTAS = {"BTC": 3 * 10**17, "ETH": 3 * COIN, "USDT": 7_000 * COIN}
"""Interest-free quotas, low enough to be passed. That of USDT grows by the ETH of the account."""
WARN_EVERY_MS = 3_600_000


@cache
def parameters() -> Parameters:
    """The packaged parameters with low quotas and fixed rates, so that the model needs none of the pool's."""
    found = load_parameters()
    fixed = {
        ccy: replace(
            found.currencies[ccy],
            rate_per_year=int(rate),
            free_quota=QUOTAS[ccy],
            free_quota_equity=("ETH",) if ccy == "USDT" else (),
        )
        for ccy, rate in RATES.items()
    }
    return replace(found, currencies={**found.currencies, **fixed})


class Run:
    """Engine and model side by side. `seen` counts commands and refusals by name."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.state: State = core.new_state(parameters(), START_MS)
        self.model = Model(self.state.parameters)
        self.exchanges = Exchanges(self.model)
        self.at_ms, self.seq = START_MS, 0
        self.seen: Counter[str] = Counter()
        self.over = False
        for command in (
            c.CreateUser(user_id=USER, name="user", modes=(3, 4)),
            c.SetPrices(prices=tuple((pair, price * COIN) for pair, price in PAIRS.items())),
            c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=20_000 * COIN),
            SwitchMode(user_id=USER, mode=3),
        ):
            self.handle(command)
        self.model.index = {"BTC": 60_000 * COIN, "ETH": 3_000 * COIN, "USDT": COIN}
        self.model.own = {"USDT": 20_000 * COIN}

    def handle(self, command: c.Command) -> list[Any]:
        events = core.handle(self.state, core.Stamp(self.seq + 1, self.at_ms), command)
        self.seq += bool(events)
        return events

    def play(self, steps: int) -> Counter[str]:
        for _ in range(steps):
            if self.over:
                break
            self.step(self.command())
        return self.seen

    # ---- what is asked

    def command(self) -> c.Command:
        dice, turn = self.dice, self.dice.random()
        ccy = dice.choice(COINS)
        amount = dice.randint(1, 10**6) * {"BTC": COIN, "ETH": 20 * COIN, "USDT": 60_000 * COIN}[ccy] // 10**6
        amount -= amount % 100
        if turn < 0.4:
            return self.order()
        if turn < 0.48 and self.model.orders:
            number = dice.choice(tuple(self.model.orders))
            return c.CancelOrder(user_id=USER, instrument=self.model.orders[number].pair, order_id=number)
        if turn < 0.58:
            pair = dice.choice(tuple(PAIRS))
            low, high = (880, 1130) if dice.random() < 0.6 else (500, 900)
            price = self.model.index[pair.split("-")[0]] * dice.randint(low, high) // 1000
            return c.SetPrices(prices=((pair, price - price % 10**16),))
        if turn < 0.64:
            return c.Tick()
        if turn < 0.7:
            return c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=amount)
        if turn < 0.82:
            borrows = dice.random() < 0.6
            return c.Transfer(
                user_id=USER, ccy=ccy, amount=amount, source="trading", target="funding", may_borrow=borrows
            )
        if turn < 0.86:
            return c.SetLeverage(user_id=USER, ccy=ccy, leverage=dice.choice((1, 2, 3, 5, 10)) * COIN)
        if turn < 0.9:
            return SetAutoLoan(user_id=USER, enabled=dice.random() < 0.7)
        if turn < 0.95:
            return ChooseCollateral(user_id=USER, ccys=(ccy,), enabled=dice.random() < 0.6)
        return SwitchMode(user_id=USER, mode=dice.choice((3, 4)))

    def order(self) -> c.PlaceOrder:
        dice = self.dice
        pair = dice.choice(tuple(PAIRS))
        base = pair.split("-")[0]
        price = self.model.index[base] * dice.randint(960, 1040) // 1000
        size = dice.randint(1_000, 2_000_000) * COIN // 10**6 * (1 if base == "BTC" else 20)
        return c.PlaceOrder(
            user_id=USER,
            instrument=pair,
            side=dice.choice(("buy", "sell")),
            kind=dice.choice(("limit", "limit", "ioc", "post_only")),
            size=size - size % 10**14,
            price=price - price % 10**17,
        )

    # ---- what comes of it

    def step(self, command: c.Command) -> None:
        name = type(command).__name__
        wanted = self.predicted(command)
        if isinstance(command, c.Tick):
            self.at_ms = core.due_at_ms(self.state)
        try:
            events = self.handle(command)
            said = ""
        except Rejected as no:
            events, said = [], no.reject.name
        self.seen[f"{name} {said or 'done'}"] += 1
        if wanted is not None and said != wanted:
            raise Different(f"{command}: {said or 'done'}, the model says {wanted or 'done'}")
        self.follow(command, events, done=not said)
        if isinstance(command, c.SetPrices | c.Tick) and not self.over:
            self.judge(events)
        if not self.over:
            self.compare(command)

    def predicted(self, command: c.Command) -> str | None:
        """The refusal that the model expects, "" for none, None where it has no say."""
        model = self.model
        pool = {ccy: ledger.balance(self.state, "pool", ccy) for ccy in COINS}
        match command:
            case c.PlaceOrder():
                order = Open(command.instrument, command.side, command.price, command.size)
                return model.refusal_of_order(order, rests=command.kind in ("limit", "post_only"), pool=pool)
            case c.Transfer():
                return model.refusal_of_leaving(command.ccy, command.amount, may_borrow=command.may_borrow, pool=pool)
            case SetAutoLoan():
                lacking = {ccy: model.lacking(ccy, 0) for ccy in model.frozen()}
                return "ORDERS_BORROW" if not command.enabled and any(lacking.values()) else ""
            case ChooseCollateral():
                return model.refusal_of_choice(command.ccys, enabled=command.enabled)
            case SwitchMode():
                return model.refusal_of_switch(command.mode)
            case c.SetLeverage():
                return None
            case _:
                return ""

    def follow(self, command: c.Command, events: list[Any], *, done: bool) -> None:
        """Bring the model to where the events lead; of fills price and size are taken as seen."""
        model, own = self.model, self.model.own
        match command:
            case c.AdjustBalance():
                own[command.ccy] = own.get(command.ccy, 0) + command.delta
            case c.Transfer() if done:
                own[command.ccy] = own.get(command.ccy, 0) - command.amount
            case c.SetLeverage() if done:
                model.leverage[command.ccy] = command.leverage
            case SetAutoLoan() if done:
                model.auto_loan = command.enabled
            case ChooseCollateral() if done:
                kept = [ccy for ccy in model.out if not (command.enabled and ccy in command.ccys)]
                model.out = kept if command.enabled else list(dict.fromkeys((*model.out, *command.ccys)))
            case SwitchMode() if done:
                model.mode = command.mode
            case c.Tick() if any(type(event) is e.HourPassed for event in events):
                model.hour()
        for event in events:
            self.follow_event(event)
        self.exchanges.end()

    def follow_event(self, event: Any) -> None:
        model = self.model
        match event:
            case e.LiquidationStarted():
                self.over = True
                if model.orders or model.worth() > model.needed(model.possible()) + SLACK:
                    raise Different(f"liquidated with orders {model.orders} at {float(model.worth())}")
            case ExchangeStarted():
                self.exchanges.begin(event)
                self.seen["an exchange"] += 1
            case e.OrderPlaced():
                if not self.over:
                    self.exchanges.placed(event)
                model.orders[event.order_id] = Open(event.instrument, event.side, event.price, event.size)
            case e.OrderClosed():
                del model.orders[event.order_id]
            case e.OrderFilled() if event.user_id == USER:
                self.fill(event)
                self.exchanges.filled(event)
            case e.PriceHeld():
                model.index[event.instrument.split("-")[0]] = event.price

    def fill(self, event: e.OrderFilled) -> None:
        model, order = self.model, self.model.orders[event.order_id]
        parameters = model.parameters
        part = Open(order.pair, order.side, event.price, event.size)
        (give, gives), (get, gets) = part.gives, part.gets
        fee = ceil(Fraction(gets * (parameters.maker_fee if event.maker else parameters.taker_fee), COIN))
        if fee != event.fee:
            raise Different(f"the fee of {event} should be {fee}")
        model.own[give] = model.own.get(give, 0) - gives
        model.own[get] = model.own.get(get, 0) + gets - fee
        model.orders[event.order_id] = Open(order.pair, order.side, order.price, order.left - event.size)

    # ---- the ladder

    def judge(self, events: list[Any]) -> None:
        """After a price or an hour: what stands on the edge is gone, and who is near it is warned."""
        model = self.model
        worth, needed = model.worth(), model.needed(model.possible())
        warned = any(type(event) is e.SpotWarned for event in events)
        if not any(type(event) is e.OrderClosed and event.cause == "risk" for event in events):
            # Coins of an order that the ladder cancels come free after the exchange, and wait for the next price.
            self.exchanges.judge()
        if needed and worth < needed - SLACK:
            raise Different(f"worth {float(worth)} of {float(needed)} and no liquidation")
        lacking = {ccy: model.lacking(ccy, 0) for ccy in model.frozen()}
        lacking = {ccy: amount for ccy, amount in lacking.items() if amount}
        if lacking and worth < model.needed(model.debts()) + model.imr(lacking) - SLACK:
            raise Different(f"orders that would borrow {lacking} are left")
        due = model.warned_ms == 0 or self.at_ms >= model.warned_ms + WARN_EVERY_MS
        if abs(worth - 3 * needed) > SLACK and warned != bool(needed and worth < 3 * needed and due):
            raise Different(f"warned {warned} at {float(worth)} of {float(needed)}")
        if warned:
            model.warned_ms = self.at_ms

    # ---- comparison

    def compare(self, command: c.Command) -> None:
        checks.check_state(self.state)
        state, model, user = self.state, self.model, self.state.users[USER]
        equity = {ccy: amount for ccy, amount in ledger.equity(state, USER).items() if amount}
        own = {ccy: amount for ccy, amount in sorted(model.own.items()) if amount}
        available = {ccy: ledger.available(state, user, ccy) for ccy in COINS}
        frozen = model.frozen()
        free = {ccy: max(0, model.own.get(ccy, 0) - frozen.get(ccy, 0)) for ccy in COINS}
        for what, told, wanted in (
            ("equity", equity, own),
            ("debts", ledger.debts(state, USER), model.debts()),
            ("frozen", dict(user.frozen), frozen),
            ("available", available, free),
            ("possible", margin.borrowing(state, user), model.possible()),
        ):
            if told != wanted:
                raise Different(f"after {command}: {what} is {told}, the model says {wanted}")
        possible = model.possible()
        for what, figure, exact in (
            ("adjEq", margin.adjusted_equity(state, USER), model.worth()),
            ("imr", margin.initial_margin(state, USER), model.imr(possible)),
            ("mmr", margin.maintenance_margin(state, USER), model.mmr(possible)),
        ):
            if abs(figure - exact) > SLACK:
                raise Different(f"after {command}: {what} is {figure}, the model says {floor(exact)}")
