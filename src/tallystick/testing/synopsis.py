"""Tells a scenario before it is played: who is in it, what happens when, and what must come of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tallystick.testing import wording
from tallystick.testing.assertions import HOLDS
from tallystick.testing.scenario import Crowd, Expect, Outcome, Scenario, Step, User
from tallystick.testing.wording import CHINESE, ENGLISH
from tallystick.venue.settings import Patch


def lines(told: Scenario, *, chinese: bool = False) -> Iterator[str]:
    """One line for everything that is said. Names, numbers, requests and rows stay as they are in either language."""
    return Synopsis(chinese=chinese).lines(told)


class Synopsis:
    """Synopses in one language."""

    def __init__(self, *, chinese: bool) -> None:
        self.chinese = chinese
        self.words = CHINESE if chinese else ENGLISH

    def lines(self, told: Scenario) -> Iterator[str]:
        words = self.words
        market = words.by_hand if told.market == "by-hand" else words.market.format(name=told.market)
        yield words.begins.format(at=f"{told.start:%Y-%m-%d %H:%M}", market=market)
        for instrument, price in told.prices.items():
            yield words.price.format(instrument=instrument, price=price)
        yield from (words.number.format(line=line) for line in numbers(told.parameters))
        yield from (words.who.format(line=self.person(user)) for user in told.users)
        yield from (words.who.format(line=self.people(crowd)) for crowd in told.crowd)
        yield from (f"{step.after:8} {self.deed(step)}" for step in told.steps)
        yield from self.ends(told.expect, told.outcome, told.holds)
        for variant in told.variants:
            about = ((variant.about_zh if self.chinese else "") or variant.about).strip()
            yield (words.variant_about if about else words.variant).format(name=variant.name, about=about)
            yield from (f"  {words.number.format(line=line)}" for line in numbers(variant.parameters))
            yield from (f"  {line}" for line in self.ends(variant.expect, variant.outcome, variant.holds))

    def ends(self, expect: list[Expect], outcome: Outcome | None, holds: list[str]) -> Iterator[str]:
        """Lines of what must hold at the end."""
        words = self.words
        for expected in expect:
            yield words.rows.format(user=expected.user, get=expected.get, count=len(expected.rows))
        if outcome is not None:
            if outcome.liquidated is not None:
                yield words.liquidated.format(names=", ".join(outcome.liquidated) or words.nobody)
            if outcome.bad_debt is not None:
                yield words.bad_debt.format(amount=outcome.bad_debt)
            for instrument, price in (outcome.index or {}).items():
                yield words.index.format(instrument=instrument, price=price)
            if outcome.times is not None:
                yield words.times.format(count=len(outcome.times))
        for name in holds:
            said = (HOLDS[name].__doc__ or "").strip() if name in HOLDS else words.unknown
            yield words.holds.format(name=name, words=(wording.chinese(said) if self.chinese else None) or said)

    def person(self, user: User) -> str:
        accounts = self.words.accounts
        held = [
            f"{accounts[account]} {coins(balances)}"
            for account, balances in (("trading", user.trading), ("funding", user.funding))
            if balances
        ]
        borrowing = [self.words.borrowing] if user.borrow else []
        modes = [self.words.modes.format(modes=" ".join(map(str, user.modes)))] if user.modes else []
        return self.words.comma.join([user.name, *held, *borrowing, *modes])

    def people(self, crowd: Crowd) -> str:
        words = self.words
        fewest, most = crowd.coins
        some = "" if most == 1 else (words.some if fewest < most else words.exactly).format(fewest=fewest, most=most)
        told = words.crowd.format(
            count=crowd.count,
            name=crowd.name,
            seed=crowd.seed,
            value=words.to.join(crowd.value_usd),
            coins=words.either.join(crowd.collateral),
            some=some,
            share=words.to.join(crowd.share),
            loan_ccy=crowd.loan_ccy,
            spent=words.spends if crowd.debt == "spot" else "",
        )
        warned = words.comma.join(f"{name} {weight}" for name, weight in crowd.behaviour.items())
        if warned:
            told += words.warned.format(behaviour=warned)
        return told + (words.correlation.format(correlation=crowd.correlation) if crowd.correlation != "0" else "")

    def deed(self, step: Step) -> str:
        """One line that says what a step does."""
        words = self.words
        if step.post:
            refused = "" if step.code == "0" else words.refused.format(code=step.code)
            return words.posts.format(user=step.user, post=step.post, body=_plain(step.body)) + refused
        if step.price:
            return words.comma.join(
                words.at.format(instrument=instrument, price=price) for instrument, price in step.price.items()
            )
        if step.book:
            bids, asks = (_plain(step.book.get(side, [])) for side in ("bids", "asks"))
            return words.book.format(instrument=step.book["instId"], bids=bids, asks=asks)
        if step.pool:
            amount = step.pool["amt"]
            said = words.withdraws if amount.startswith("-") else words.lends
            return said.format(amount=amount.removeprefix("-"), ccy=step.pool["ccy"])
        if step.deposit:
            amount, account = step.deposit.amt, words.accounts[step.deposit.account]
            moved = words.takes if amount.startswith("-") else words.pays
            return moved.format(user=step.user, amount=amount.lstrip("-"), ccy=step.deposit.ccy, account=account)
        if step.parameters:
            return "; ".join(numbers(step.parameters))
        if step.fault:
            rest = {name: value for name, value in step.fault.items() if name not in ("on", "fault")}
            return words.fault.format(
                fault=step.fault.get("fault"), on=step.fault.get("on"), rest=_plain(rest) if rest else ""
            ).rstrip()
        return words.follows.format(instrument=step.instrument, path=step.path) if step.path else words.waits


def numbers(patch: Patch) -> Iterator[str]:
    """Every number a patch changes."""
    for table, rows in (("instruments", patch.instruments), ("currencies", patch.currencies)):
        for row, cells in rows.items():
            yield from (f"{table}.{row}.{field} = {value}" for field, value in cells.items())
    yield from (f"constants.{field} = {value}" for field, value in patch.constants.items())


def coins(held: dict[str, str]) -> str:
    return " ".join(f"{amount} {ccy}" for ccy, amount in held.items())


def _plain(body: Any) -> str:
    return msgspec.json.encode(body).decode()
