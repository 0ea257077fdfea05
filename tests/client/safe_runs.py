"""Seeded runs of a repay, each with one fault at one request, and the judgement of what the client said.

What is true is read from the venue without faults after everything late has arrived: the debt, and by how much it
fell. No interest falls into a run, so that what was repaid is the fall of the debt.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

import httpx
import pytest

from tallystick.client.safe import by_hand, one_click
from tallystick.client.safe.outcomes import NotRepaid, Outcome, PartlyRepaid, Repaid, StillRunning, UnknownOutcome
from tallystick.client.steps import Failed, Headers, Send
from tests.client.link import FAULTS, Link

SETTLED_MS: Final = 120_000
"""After that nothing is under way: neither a run nor a late request."""
WAIT_S: Final = 300.0


class Case(NamedTuple):
    """A repay: the debt's coin, the list, and how many requests it takes when nothing goes wrong."""

    debt: str
    using: tuple[str, ...]


CASES: Final = (
    Case("USDC", ("USDC",)),
    Case("USDC", ("USDC", "BTC")),
    Case("USDC", ("USDC", "ETH")),
    Case("USDC", ("USDC", "USDT")),
    Case("USDT", ("USDT",)),
)
BY_HAND: Final = (Case("USDC", ()), Case("USDT", ()))

Actor = Callable[[Link, Case], "Outcome | Decimal"]
"""Repays, and says what became of it; a bot that knows no outcomes says what it believes was repaid."""


def client(link: Link, case: Case) -> Outcome:
    return link.run(one_click.repay(link.session(), case.debt, case.using, WAIT_S))


def by_hand_client(link: Link, case: Case) -> Outcome:
    return link.run(by_hand.repay_spot(link.session(), case.debt, None if case.debt == "USDT" else "7.5", WAIT_S))


class Through(httpx.BaseTransport):
    """Carries the requests of python-okx over a link."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        step = Send(
            "POST" if request.method == "POST" else "GET",
            request.url.raw_path.decode(),
            Headers({name: value for name, value in request.headers.items() if name not in ("host", "content-length")}),
            request.read(),
            self.link.monotonic() + 10,
            repeatable=False,
        )
        result = self.link.send(step)
        if isinstance(result, Failed):
            raise httpx.ReadTimeout(result.reason)
        return httpx.Response(result.status, content=result.body)


def blind_bot(link: Link, case: Case) -> Decimal:
    """The bot of many repositories: python-okx in a loop that tries again after anything but code 0."""
    from okx.Trade import TradeAPI

    key = link.world.alice
    trade = TradeAPI(key.api_key, key.secret_key, key.passphrase, flag="0", domain="http://127.0.0.1")
    trade._transport = Through(link)
    trade._mounts = {}
    owed = link.debt(case.debt)
    for _ in range(4):
        try:
            if trade.oneclick_repay_v2(case.debt, list(case.using))["code"] == "0":
                break
        except (httpx.HTTPError, ValueError):
            link.pass_ms(1_000)
    link.pass_ms(SETTLED_MS)
    return owed - link.debt(case.debt) if link.sent == 1 else owed


def requests_of(link: Link, actor: Actor, case: Case) -> int:
    """How many requests a run takes when nothing goes wrong."""
    begin(link)
    link.at = None
    actor(link, case)
    return link.sent


def begin(link: Link) -> None:
    link.control("reset", {})
    link.sent, link.posts, link.late = 0, [], []


def writes(link: Link) -> int:
    """Requests that could repay, among those the client sent."""
    return sum(not target.endswith("estimate-quote") for target in link.posts)


def play(link: Link, actor: Actor, case: Case, fault: str, at: int) -> list[str]:
    """One run with one fault at one request. Returns what is wrong with what was done or said."""
    begin(link)
    before = link.debt(case.debt)
    link.fault, link.at = fault, at
    said = actor(link, case)
    link.at = None
    when_said = link.debt(case.debt)
    sent = writes(link)
    link.pass_ms(SETTLED_MS)
    after = link.debt(case.debt)
    wrong = [f"{sent} requests to repay were sent"] if sent > 1 else []
    if isinstance(said, Outcome):
        wrong += judge(said, before, when_said, after)
    elif said != before - after:
        wrong.append(f"said {said} where {before - after} was repaid")
    return wrong


def judge(said: Outcome, before: Decimal, when_said: Decimal, after: Decimal) -> list[str]:
    """False claims of an outcome. A debt that fell after it was told is one too."""
    wrong = []
    if isinstance(said, StillRunning | UnknownOutcome):
        return [f"{type(said).__name__}: {said.note}"]
    if said.repaid != before - after:
        wrong.append(f"repaid {said.repaid} where {before - after} was repaid")
    if said.left != when_said or said.left != after:
        wrong.append(f"left {said.left} where {when_said} was left, and {after} later")
    kind = Repaid if after == 0 else PartlyRepaid if before > after else NotRepaid
    if type(said) is not kind:
        wrong.append(f"{type(said).__name__} where {kind.__name__} is true")
    return wrong


def seeded(link: Link, actor: Actor, cases: tuple[Case, ...], seeds: range) -> list[str]:
    """Complaints over many seeds, each with its seed."""
    lengths = {case: requests_of(link, actor, case) for case in cases}
    found = []
    for seed in seeds:
        die = random.Random(seed)
        case, fault = die.choice(cases), die.choice(FAULTS)
        link.late_by_ms = die.randrange(61_000, 100_000)
        at = die.randrange(lengths[case])
        where = f"seed {seed} ({case}, {fault} at request {at})"
        found += [f"{where}: {wrong}" for wrong in play(link, actor, case, fault, at)]
    return found


def each_pair(link: Link, actor: Actor, case: Case) -> list[str]:
    """Complaints over every fault at every request."""
    found = []
    for at in range(requests_of(link, actor, case)):
        for fault in FAULTS:
            found += [f"{fault} at request {at}: {wrong}" for wrong in play(link, actor, case, fault, at)]
    return found


def at_the_venues_time(link: Link, patch: pytest.MonkeyPatch) -> None:
    """python-okx takes the machine's time, which is not the venue's here."""
    from okx import utils

    from tallystick.client.clock import stamp

    patch.setattr(utils, "get_timestamp", lambda: stamp(link.now_ms))
