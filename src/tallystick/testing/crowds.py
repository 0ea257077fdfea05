"""Crowds of a scenario: who they are, how they begin, and what they do when they are warned.

Everything that a member draws comes from the crowd's seed and the member's number, so the same seed gives the same
crowd. A member that is warned acts at the next quarter of an hour, and again after each later warning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from tallystick.engine import commands as c
from tallystick.engine import ledger, margin
from tallystick.engine.amounts import ONE, atoms_from_text, cut, text_from_atoms, unit_of
from tallystick.engine.events import LoanWarned, SpotWarned
from tallystick.engine.flexible_loan import loans_of, max_loan
from tallystick.engine.prices import usd_index
from tallystick.engine.rejects import Rejected
from tallystick.testing.scenario import BadScenario, Crowd, User
from tallystick.testing.signed_client import SignedClient
from tallystick.venue.venue import Venue

PLEDGE_UNIT: Final = unit_of(6)
REACTS_MS: Final = 900_000
"""Members act at full quarters of an hour."""
PART: Final = 4
"""A top-up adds a quarter of the first collateral, a repayment pays a quarter of what is owed."""
LOANS: Final = "/api/v5/finance/flexible-loan"
SPOT_REPAY: Final = "/api/v5/account/spot-manual-borrow-repay"

Behaviour: TypeAlias = Literal["nothing", "top-up", "repay"]


class Town(Protocol):
    """The playing that a crowd takes part in: its venue, its people, and its timeline."""

    venue: Venue
    clients: dict[str, SignedClient]

    async def admit(self, user: User) -> int:
        """Make a user with a key. Returns their number."""

    def note(self, who: str, what: str) -> None:
        """Put a line on the timeline."""


class Member(NamedTuple):
    """One of a crowd: pledged coins with their amounts, the first one first."""

    name: str
    user_id: int
    crowd: Crowd
    pledged: tuple[tuple[str, int], ...]
    behaviour: Behaviour


class Crowds:
    """All members of all crowds of a playing."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._members: dict[int, Member] = {}
        self._warned: dict[int, None] = {}

    @property
    def react(self) -> bool:
        """True if somebody does something when warned."""
        return any(member.behaviour != "nothing" for member in self._members.values())

    async def gather(self, crowd: Crowd) -> None:
        """Admit all members; each pledges and borrows. Raises BadScenario: one of them cannot."""
        for number in range(crowd.count):
            await self._begin(crowd, number)

    async def _begin(self, crowd: Crowd, number: int) -> None:
        state = self._town.venue.state
        draw = draws(crowd.seed, number)
        coins, value, share, behaviour = _drawn(crowd, draw)
        each = value // len(coins)
        pledged = tuple((coin, cut(each * ONE // usd_index(state, coin), PLEDGE_UNIT)) for coin in coins)
        name = f"{crowd.name}{number + 1}"
        told = {coin: text_from_atoms(amount) for coin, amount in pledged}
        on_loan = crowd.debt == "loan"
        user = User(name, funding=told) if on_loan else User(name, borrow=True, trading=told)
        member = Member(name, await self._town.admit(user), crowd, pledged, behaviour)
        self._members[member.user_id] = member
        await (self._lend if on_loan else self._borrow)(member, share)

    async def _lend(self, member: Member, share: int) -> None:
        """Open a flexible loan of a share of the most that the collateral supports."""
        ccy = member.crowd.loan_ccy
        limit = max_loan(self._town.venue.state, member.user_id, None, ccy, dict(member.pledged))
        body = {
            "loanData": {"ccy": ccy, "amt": text_from_atoms(cut(limit * share // ONE, PLEDGE_UNIT))},
            "collateralData": [{"ccy": coin, "amt": text_from_atoms(amount)} for coin, amount in member.pledged],
            "clOrdId": f"{member.name}-open",
        }
        await self._post(member, f"{LOANS}/borrow", body)

    async def _borrow(self, member: Member, share: int) -> None:
        """Borrow in Spot mode a share of the most that can be spent elsewhere, and spend it."""
        state, ccy = self._town.venue.state, member.crowd.loan_ccy
        free = margin.adjusted_equity(state, member.user_id) * state.parameters.leverage
        spendable = free // (ONE + state.parameters.leverage) * ONE // usd_index(state, ccy)
        most = min(spendable, margin.max_manual_borrow(state, member.user_id, ccy))
        amount = cut(most * share // ONE, PLEDGE_UNIT)
        await self._post(member, SPOT_REPAY, {"ccy": ccy, "side": "borrow", "amt": text_from_atoms(amount)})
        await self._put(member, "trading", ccy, -amount)

    # ---- later

    def hear(self, event: Any) -> None:
        """Note a warning."""
        if isinstance(event, LoanWarned | SpotWarned) and event.user_id in self._members:
            self._warned[event.user_id] = None

    async def act(self) -> None:
        """Let everybody act who was warned since the last time, in the order of the warnings."""
        warned, self._warned = list(self._warned), {}
        for user_id in warned:
            member = self._members[user_id]
            if member.behaviour == "nothing" or not still_owes(self._town.venue, member):
                continue
            self._town.note(member.name, f"is warned, and decides to {member.behaviour.replace('-', ' ')}")
            try:
                await (self._top_up if member.behaviour == "top-up" else self._repay)(member)
            except BadScenario as refused:
                # Somebody who comes too late is part of the story.
                self._town.note(member.name, str(refused))

    async def _top_up(self, member: Member) -> None:
        ccy, pledged = member.pledged[0]
        amount = cut(pledged // PART, PLEDGE_UNIT)
        if member.crowd.debt == "spot":
            await self._put(member, "trading", ccy, amount)
            return
        await self._put(member, "funding", ccy, amount)
        body = {"type": "add", "collateralCcy": ccy, "collateralAmt": text_from_atoms(amount)}
        await self._post(member, f"{LOANS}/adjust-collateral", body)

    async def _repay(self, member: Member) -> None:
        state, ccy = self._town.venue.state, member.crowd.loan_ccy
        if member.crowd.debt == "spot":
            amount = cut(ledger.debt(state, member.user_id, ccy) // PART, PLEDGE_UNIT)
            await self._put(member, "trading", ccy, amount)
            await self._post(member, SPOT_REPAY, {"ccy": ccy, "side": "repay", "amt": text_from_atoms(amount)})
            return
        loan = next(iter(loans_of(state, member.user_id)))
        amount = cut(ledger.loan_debts(state, loan).get(ccy, 0) // PART, PLEDGE_UNIT)
        await self._put(member, "funding", ccy, amount)
        body = {
            "ordId": str(loan.loan_id),
            "ccy": ccy,
            "amt": text_from_atoms(amount),
            "clOrdId": f"{member.name}x{state.seq}",
        }
        await self._post(member, f"{LOANS}/repay", body)

    async def _put(self, member: Member, account: Literal["trading", "funding"], ccy: str, delta: int) -> None:
        try:
            await self._town.venue.submit(
                c.AdjustBalance(user_id=member.user_id, account=account, ccy=ccy, delta=delta)
            )
        except Rejected as refused:
            raise BadScenario(f"{member.name} cannot move {ccy}: {refused.reject.name}") from None

    async def _post(self, member: Member, path: str, body: dict[str, Any]) -> None:
        answer = await self._town.clients[member.name].call("POST", path, body)
        if answer["code"] != "0":
            raise BadScenario(f"{member.name} is refused {path}: {answer['code']} {answer['msg']}")


def still_owes(venue: Venue, member: Member) -> bool:
    """Test whether a member still owes what they began with."""
    if member.crowd.debt == "spot":
        return ledger.debt(venue.state, member.user_id, member.crowd.loan_ccy) > 0
    return any(True for _ in loans_of(venue.state, member.user_id))


def _drawn(crowd: Crowd, draw: Iterator[int]) -> tuple[list[str], int, int, Behaviour]:
    """(coins, value in USD, share of the most, behaviour) of one member; the first three draws are the oldest ones."""
    low, high = (atoms_from_text(text) for text in crowd.value_usd)
    least, most = (atoms_from_text(text) for text in crowd.share)
    together = atoms_from_text(crowd.correlation)
    first = crowd.collateral[next(draw) % len(crowd.collateral)]
    rank = next(draw) % 10_000
    boldness = ((ONE - together) * (next(draw) % 10_000) + together * rank) // ONE
    fewest, many = crowd.coins
    others = [coin for coin in crowd.collateral if coin != first]
    coins = [first]
    for _ in range(fewest + next(draw) % (many - fewest + 1) - 1):
        coins.append(others.pop(next(draw) % len(others)))
    value = low + (high - low) * rank // 10_000
    return coins, value, least + (most - least) * boldness // 10_000, _behaviour(crowd, next(draw))


def _behaviour(crowd: Crowd, drawn: int) -> Behaviour:
    """Behaviour by weight."""
    place = drawn % (sum(crowd.behaviour.values()) or 1)
    for name, weight in crowd.behaviour.items():
        if place < weight:
            return name
        place -= weight
    return "nothing"


def draws(seed: int, member: int) -> Iterator[int]:
    """Whole numbers that depend on nothing but seed, member and place."""
    place = 0
    while True:
        digest = hashlib.sha256(f"{seed}:{member}:{place}".encode()).digest()
        yield int.from_bytes(digest[:8], "big")
        place += 1
