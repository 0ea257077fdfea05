"""Seeded runs: an account, a call and one fault at one request, all named by the seed; and what was wrong with them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from tallystick.engine import commands as c
from tallystick.engine import ledger
from tallystick.engine.core import Rejected
from tallystick.server.faults.kinds import KINDS
from tests.safe_repay.accounts import WRITES, Account, Call, drawn
from tests.safe_repay.actors import Actor, typed
from tests.safe_repay.judge import complaints
from tests.safe_repay.network import LATE, LATE_ANSWER, SECOND_COPY, Fault, Network
from tests.safe_repay.truth import Truth

NAMED: Final = (
    "drop-before-commit",
    "drop-after-commit",
    "double-delivery",
    LATE,
    "cut-body",
    "html-502",
    "html-502-done",
    "50004-not-done",
    "50004-done",
)
"""The faults that the issue names: dropped before and after, doubled, late beyond 60 s, cut, HTML, 50004 (not) done."""
WAITING: Final = ("delay", "delay-after-commit", "slow-head", "slow-body")
"""Kinds that let the machine's time pass; the network has late requests and answers by the venue's time instead."""
OTHERS: Final = (
    LATE_ANSWER,
    SECOND_COPY,
    *sorted(
        kind.name
        for kind in KINDS
        if kind.place == "request" and kind.afterwards in ("nothing", "done") and kind.name not in (*NAMED, *WAITING)
    ),
)
REQUESTS_MAX: Final = 16
"""A fault hits the request to repay, or one of the first so many."""


class Run(NamedTuple):
    """One run: whether its fault was met, what was said, who did something beside it, and what is wrong."""

    seed: int
    call: Call
    fault: Fault
    fired: bool
    said: str
    beside: str
    wrong: list[str]

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.call} with {self.fault}, beside {self.beside!r}: {'; '.join(self.wrong)}"


def fault_of(die: random.Random, call: Call) -> Fault:
    """One fault at one request, at the request to repay in every second run."""
    kind = die.choice(NAMED) if die.random() < 0.75 else die.choice(OTHERS)
    on, nth = (WRITES[call.method], 1) if die.random() < 0.5 else ("*", die.randrange(1, REQUESTS_MAX + 1))
    if kind == LATE:
        return Fault(on, kind, nth, die.choice((die.randrange(100, 29_000), die.randrange(60_001, 120_000))))
    if kind == LATE_ANSWER:
        return Fault(on, kind, nth, 61_000)
    if kind == SECOND_COPY:
        return Fault(on, kind, nth, die.randrange(1, 90_000))
    values = {"answer": die.choice(("first", "second"))} if kind == "double-delivery" else {}
    return Fault(on, kind, nth, 0, values)


def run(
    net: Network, seed: int, actor: Actor = typed, methods: Iterable[str] = WRITES, fault: Fault | None = None
) -> Run | None:
    """One run from the beginning of the venue. None where the seed has a call of another method.

    `fault` takes the place of the seed's.
    """
    die = random.Random(seed)
    net.begin()
    account, call = drawn(net, die)
    if call.method not in methods:
        return None
    return play(net, (account, call), fault or fault_of(die, call), seed, actor)


def beside(net: Network, account: Account, call: Call, die: random.Random) -> str:
    """In some runs another program of the user does something that can be told apart, at some moment of the call.

    Returns its kind, "" for none.
    """
    kind, at = die.choice(("", "", "", "coins", "other debt", "by hand")), die.randrange(3, 14)

    def act(number: int) -> None:
        if number == at:
            for command in commands_of(kind, net, account, call):
                with suppress(Rejected):
                    net.run(net.venue.submit(command))

    net.before_each = act
    return kind


def commands_of(kind: str, net: Network, account: Account, call: Call) -> Iterator[c.Command]:
    user_id = account.user_id
    if kind == "coins" and call.method != "convert":
        yield c.AdjustBalance(user_id=user_id, account="trading", ccy=call.ccy, delta=10**16)
    elif kind == "other debt":
        for ccy in ledger.debts(net.venue.line.state, user_id):
            if ccy != call.ccy:
                yield c.RepayDebt(user_id=user_id, debt_ccy=ccy, repay_ccys=(ccy,))
                yield c.ManualRepay(user_id=user_id, ccy=ccy, amount=10**15)
    elif kind == "by hand" and call.method == "repay":
        yield c.ManualRepay(user_id=user_id, ccy=call.ccy, amount=10**14)


def play(net: Network, whose: tuple[Account, Call], fault: Fault, seed: int, actor: Actor) -> Run:
    account, call = whose
    net.hit(fault)
    other = beside(net, account, call, random.Random(f"beside {seed}"))
    truth = Truth(net, account, call)
    claim = actor(net, account, call)
    fired = net.fired_now() > 0
    wrong = complaints(net, truth, claim)
    return Run(seed=seed, call=call, fault=fault, fired=fired, said=claim.kind, beside=other, wrong=wrong)


class Counted:
    """Many runs counted: by what was said, and by the fault that was met."""

    def __init__(self) -> None:
        self.runs = 0
        self.said: Counter[tuple[str, str]] = Counter()
        self.fired: Counter[str] = Counter()
        self.beside: Counter[str] = Counter()
        self.wrong: list[str] = []

    def add(self, run: Run) -> None:
        self.runs += 1
        self.said[run.call.method, run.said] += 1
        self.beside[run.beside] += 1
        if run.fired:
            self.fired[run.fault.kind] += 1
        if run.wrong:
            self.wrong.append(str(run))


def many(
    net: Network,
    seeds: Iterable[int],
    actor: Actor = typed,
    methods: Iterable[str] = WRITES,
    each: Callable[[Counted], None] = lambda counted: None,
) -> Counted:
    """Runs of many seeds."""
    counted = Counted()
    for seed in seeds:
        found = run(net, seed, actor, methods)
        if found is not None:
            counted.add(found)
        each(counted)
    return counted
