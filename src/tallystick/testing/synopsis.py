"""Tells a scenario before it is played: who is in it, what happens when, and what must come of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tallystick.testing.assertions import HOLDS
from tallystick.testing.scenario import Crowd, Expect, Outcome, Scenario, Step, User
from tallystick.venue.settings import Patch


def lines(told: Scenario) -> Iterator[str]:
    """One line for everything that is said."""
    market = "prices by hand" if told.market == "by-hand" else f"market {told.market}"
    yield f"begins   {told.start:%Y-%m-%d %H:%M} UTC, {market}"
    for instrument, price in told.prices.items():
        yield f"price    {instrument} {price}"
    yield from (f"number   {line}" for line in numbers(told.parameters))
    yield from (f"who      {person(user)}" for user in told.users)
    yield from (f"who      {people(crowd)}" for crowd in told.crowd)
    yield from (f"{step.after:8} {deed(step)}" for step in told.steps)
    yield from ends(told.expect, told.outcome, told.holds)
    for variant in told.variants:
        yield f"variant  {variant.name}" + (f": {variant.about.strip()}" if variant.about else "")
        yield from (f"  number   {line}" for line in numbers(variant.parameters))
        yield from (f"  {line}" for line in ends(variant.expect, variant.outcome, variant.holds))


def ends(expect: list[Expect], outcome: Outcome | None, holds: list[str]) -> Iterator[str]:
    """Lines of what must hold at the end."""
    for expected in expect:
        yield f"rows     {expected.user}: {expected.get} must answer the {len(expected.rows)} rows of the file"
    if outcome is not None:
        if outcome.liquidated is not None:
            yield f"end      liquidated in this order: {', '.join(outcome.liquidated) or 'nobody'}"
        if outcome.bad_debt is not None:
            yield f"end      bad debt in all: {outcome.bad_debt}"
        for instrument, price in (outcome.index or {}).items():
            yield f"end      the index of {instrument} is {price}"
    for name in holds:
        words = (HOLDS[name].__doc__ or "").strip() if name in HOLDS else "unknown"
        yield f"holds    {name}: {words}"


def numbers(patch: Patch) -> Iterator[str]:
    """Every number a patch changes."""
    for table, rows in (("instruments", patch.instruments), ("currencies", patch.currencies)):
        for row, cells in rows.items():
            yield from (f"{table}.{row}.{field} = {value}" for field, value in cells.items())
    yield from (f"constants.{field} = {value}" for field, value in patch.constants.items())


def person(user: User) -> str:
    parts = [
        f"{account} {coins(held)}" for account, held in (("trading", user.trading), ("funding", user.funding)) if held
    ]
    return ", ".join([user.name, *parts, *(["borrowing on"] if user.borrow else [])])


def people(crowd: Crowd) -> str:
    value, share = " to ".join(crowd.value_usd), " to ".join(crowd.share)
    fewest, most = crowd.coins
    some = "" if most == 1 else f", {fewest} to {most} of them" if fewest < most else f", {most} of them"
    spent = " and spends it" if crowd.debt == "spot" else ""
    warned = [f"{name} {weight}" for name, weight in crowd.behaviour.items()]
    return (
        f"{crowd.count} x {crowd.name} from seed {crowd.seed}: each pledges {value} USD of "
        f"{' or '.join(crowd.collateral)}{some} and borrows {share} of the most {crowd.loan_ccy} it supports{spent}"
        + (f"; when warned: {', '.join(warned)}" if warned else "")
        + (f"; size and share hang together by {crowd.correlation}" if crowd.correlation != "0" else "")
    )


def coins(held: dict[str, str]) -> str:
    return " ".join(f"{amount} {ccy}" for ccy, amount in held.items())


def deed(step: Step) -> str:
    """One line that says what a step does."""
    if step.post:
        refused = "" if step.code == "0" else f", which is refused with {step.code}"
        return f"{step.user} posts {step.post} {_plain(step.body)}{refused}"
    if step.price:
        return ", ".join(f"{instrument} at {price}" for instrument, price in step.price.items())
    if step.book:
        bids, asks = (_plain(step.book.get(side, [])) for side in ("bids", "asks"))
        return f"the book of {step.book['instId']} is bids {bids}, asks {asks}"
    if step.pool:
        return f"lenders move {step.pool['amt']} {step.pool['ccy']}"
    if step.deposit:
        amount, ccy, account = step.deposit.amt, step.deposit.ccy, step.deposit.account
        if amount.startswith("-"):
            return f"{step.user} takes {amount[1:]} {ccy} out of {account}"
        return f"{step.user} pays {amount} {ccy} in to {account}"
    if step.parameters:
        return "; ".join(numbers(step.parameters))
    if step.fault:
        rest = {name: value for name, value in step.fault.items() if name not in ("on", "fault")}
        return f"fault {step.fault.get('fault')} on {step.fault.get('on')} {_plain(rest) if rest else ''}".rstrip()
    return f"{step.instrument} follows {step.path}" if step.path else "time has passed"


def _plain(body: Any) -> str:
    return msgspec.json.encode(body).decode()
