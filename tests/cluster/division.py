"""A venue divided over several leaders, on paper: engines for the users, and one part that keeps the lending pool.

Each part is an engine of its own with its own journal, as a leader would be. Users belong to a part by their number.
Coins of the pool cross between parts in messages that are noted before they are sent, may come late, twice and in any
order, and are carried out once by their number. No part ever waits with another's lock: a borrower's part first asks
the pool for coins, and lends them when they have come.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from tallystick.engine import core
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import (
    AdjustBalance,
    Command,
    CreateUser,
    ManualBorrow,
    ManualRepay,
    MoveMarket,
    MovePool,
    SwitchSpotBorrow,
    Tick,
    Transfer,
)
from tallystick.engine.core import Rejected, Stamp
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tests.engine.setups import with_currency

CCY: Final = "USDT"
POOL: Final = 20_000 * ONE
PRICES: Final = MoveMarket(instruments=("BTC-USDT", "USDC-USDT"), prices=(50_000 * ONE, ONE))
RATE: Final = ONE // 10
"""Rate a year, set by hand: a pool of its own would tell the parts the rate of each hour before it begins."""


def parameters(pool: int, parts: int) -> Parameters:
    """Numbers of one of several parts: each has its share of the insurance fund, for borrowing halts without one."""
    found = with_currency(CCY, pool=pool, rate_per_year=RATE)
    return replace(found, insurance_fund=found.insurance_fund // parts)


class Engine:
    """An engine and its stamps."""

    def __init__(self, pool: int, at_ms: int, parts: int = 1) -> None:
        self.state: State = core.new_state(parameters(pool, parts), at_ms)
        self.do(at_ms, PRICES)

    def do(self, at_ms: int, command: Command) -> bool:
        """Carry out a command after everything that is due. Returns whether it was accepted."""
        while core.due_at_ms(self.state) <= at_ms:
            due_ms = max(core.due_at_ms(self.state), self.state.at_ms)
            core.handle(self.state, Stamp(self.state.seq + 1, due_ms), Tick())
        try:
            core.handle(self.state, Stamp(self.state.seq + 1, at_ms), command)
        except Rejected:
            return False
        return True


@dataclass
class Message:
    """Coins of the pool that cross: asked for, given, or given back. `number` is unique."""

    number: int
    kind: str
    part: int
    amount: int
    command: Command | None = None


@dataclass
class Post:
    """Post between the parts: it delivers everything at least once, in any order."""

    draw: random.Random
    waiting: list[Message] = field(default_factory=list)
    numbers: int = 0
    sent: Counter[str] = field(default_factory=Counter)

    def send(self, kind: str, part: int, amount: int, command: Command | None = None) -> None:
        self.numbers += 1
        self.sent[kind] += 1
        message = Message(self.numbers, kind, part, amount, command)
        self.waiting += [message] * self.draw.choice((1, 1, 1, 2, 3))

    def take(self) -> Message:
        return self.waiting.pop(self.draw.randrange(len(self.waiting)))


class Pool:
    """Part that keeps the coins nobody has borrowed. It says yes only to what it has."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.answered: set[int] = set()

    def hear(self, message: Message, post: Post) -> None:
        if message.number in self.answered:
            return
        self.answered.add(message.number)
        if message.kind == "back":
            self.free += message.amount
        elif message.amount <= self.free:
            self.free -= message.amount
            post.send("given", message.part, message.amount, message.command)
        else:
            post.send("refused", message.part, message.amount, message.command)


class Divided:
    """All parts. `do` hands a command to the part of its user; `deliver` lets messages arrive."""

    def __init__(self, parts: int, at_ms: int, seed: int) -> None:
        self.engines = [Engine(0, at_ms, parts) for _ in range(parts)]
        self.pool = Pool(POOL)
        self.post = Post(random.Random(seed))
        self.heard: set[int] = set()
        self.outcomes: list[tuple[Command, bool]] = []

    def part_of(self, user_id: int) -> int:
        return user_id % len(self.engines)

    def do(self, at_ms: int, user_id: int, command: Command) -> None:
        """Carry out a command of a user, as soon as its part has the coins for it."""
        part = self.part_of(user_id)
        if isinstance(command, ManualBorrow):
            self.post.send("ask", part, command.amount, command)
            return
        self.outcomes.append((command, self.engines[part].do(at_ms, command)))
        self.give_back(at_ms, part)

    def give_back(self, at_ms: int, part: int) -> None:
        """Give back to the pool what is free at a part."""
        free = self.engines[part].state.ledger.get("pool", {}).get(CCY, 0)
        if free:
            assert self.engines[part].do(at_ms, MovePool(ccy=CCY, delta=-free))
            self.post.send("back", part, free)

    def deliver(self, at_ms: int) -> None:
        """Deliver every message, also those that these lead to."""
        while self.post.waiting:
            message = self.post.take()
            if message.kind in ("ask", "back"):
                self.pool.hear(message, self.post)
            elif message.number not in self.heard:
                self.heard.add(message.number)
                self.lend(at_ms, message)

    def lend(self, at_ms: int, message: Message) -> None:
        assert message.command is not None
        if message.kind == "refused":
            self.outcomes.append((message.command, False))
            return
        engine = self.engines[message.part]
        assert engine.do(at_ms, MovePool(ccy=CCY, delta=message.amount))
        self.outcomes.append((message.command, engine.do(at_ms, message.command)))
        self.give_back(at_ms, message.part)

    def totals(self) -> Counter[str]:
        """Coins of each account, over all parts."""
        found: Counter[str] = Counter()
        for engine in self.engines:
            found.update(totals(engine.state))
        found["pool"] += self.pool.free
        found["outside"] -= self.pool.free
        return found


def totals(state: State) -> Counter[str]:
    found: Counter[str] = Counter()
    for account, coins in state.ledger.items():
        found[account] += coins.get(CCY, 0)
    return found


def newcomers(users: int) -> list[tuple[int, Command]]:
    """Users with a bitcoin each, who may borrow."""
    made: list[tuple[int, Command]] = []
    for user_id in range(1, users + 1):
        made.append((user_id, CreateUser(user_id=user_id, name=f"user-{user_id}")))
        made.append((user_id, AdjustBalance(user_id=user_id, account="trading", ccy="BTC", delta=ONE)))
        made.append((user_id, SwitchSpotBorrow(user_id=user_id, enabled=True)))
    return made


def wish(draw: random.Random, users: int) -> tuple[int, Command]:
    """Something a user wants, which may be refused."""
    user_id = draw.randint(1, users)
    amount = draw.randint(1, 8_000) * ONE // 7
    kind = draw.randrange(3)
    if kind == 0:
        return user_id, ManualBorrow(user_id=user_id, ccy=CCY, amount=amount)
    if kind == 1:
        return user_id, ManualRepay(user_id=user_id, ccy=CCY, amount=amount)
    return user_id, Transfer(user_id=user_id, ccy=CCY, amount=amount // 9, source="trading", target="funding")
