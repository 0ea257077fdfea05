"""Explanations of events: the rule that each follows, and the decision where the public record settles nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from tallystick.venue.fidelity import decisions


class Explained(NamedTuple):
    """Explanation of a kind of event: places in docs/rules, and numbers of decisions."""

    rules: tuple[str, ...]
    decisions: tuple[str, ...] = ()


class Ruled(Struct, frozen=True, kw_only=True):
    """Rule with its place in docs/rules, such as interest.md#charge, and its words and source in both languages."""

    place: str
    words: str
    words_zh: str
    source: str
    source_zh: str


class Decided(Struct, frozen=True, kw_only=True):
    """Page of docs/decisions with its title and source."""

    page: str
    title: str
    title_zh: str
    source: Literal["chosen"] = "chosen"


EXPLAINED: Final[dict[str, Explained]] = {
    "Borrowed": Explained(("borrowing.md#ways", "borrowing.md#rows"), ("003",)),
    "Repaid": Explained(("borrowing.md#manual-repay", "interest.md#interest-first"), ("003",)),
    "AutoRepaySwitched": Explained(("auto-repay.md#switch", "auto-repay.md#sweep"), ("003",)),
    "HourPassed": Explained(("interest.md#charge", "interest.md#rounding"), ("016",)),
    "RatesFixed": Explained(("interest.md#rate-of-the-hour", "interest.md#curve"), ("003",)),
    "RepayStarted": Explained(("one-click-repay.md#acceptance", "one-click-repay.md#same-coin"), ("006",)),
    "RepayAdvanced": Explained(("one-click-repay.md#sell-leg", "one-click-repay.md#buy-leg"), ("006",)),
    "RepayEnded": Explained(("one-click-repay.md#left-over", "one-click-repay.md#status"), ("006",)),
    "RepaidAtOnce": Explained(("one-click-repay.md#first-version",), ("057",)),
    "ModeSwitched": Explained(("accounts.md#modes",), ("057",)),
    "SpotWarned": Explained(("margin.md#margin-ratio", "liquidation.md#ladder"), ("012",)),
    "AutoLoanSet": Explained(("account-modes.md#auto-loan", "account-modes.md#quota"), ("057", "059")),
    "ExchangeStarted": Explained(("account-modes.md#automatic-exchange", "account-modes.md#quota"), ("059",)),
    "LiquidationStarted": Explained(("liquidation.md#ladder", "liquidation.md#procedure"), ("012",)),
    "LiquidationEnded": Explained(("liquidation.md#procedure", "liquidation.md#covered"), ("012",)),
    "LiquidationFeeTaken": Explained(("liquidation.md#procedure",), ("012",)),
    "DebtCovered": Explained(("liquidation.md#covered", "liquidation.md#fund"), ("012", "024")),
    "LoanOpened": Explained(("flexible-loans.md#orders", "flexible-loans.md#where-coins-go"), ("004",)),
    "LoanMoved": Explained(("flexible-loans.md#twelve-types", "flexible-loans.md#thresholds"), ("011",)),
    "LoanWarned": Explained(("flexible-loans.md#thresholds", "flexible-loans.md#ltv-table"), ("004", "011")),
    "LoanSettled": Explained(("flexible-loans.md#liquidation", "flexible-loans.md#partial"), ("011",)),
    "LoanClosed": Explained(("flexible-loans.md#liquidation", "flexible-loans.md#full"), ("011",)),
    "PoolMoved": Explained(("liquidation.md#lenders-who-leave",), ("011",)),
    "PriceHeld": Explained(("margin.md#index",), ("015",)),
    "MarketMoved": Explained(("margin.md#index",), ("002", "015")),
    "OrderFilled": Explained(("borrowing.md#order-check",), ("026",)),
    "QuoteGiven": Explained(("convert.md#quote", "convert.md#spread")),
    "QuoteTraded": Explained(("convert.md#trade",)),
    "EasyConverted": Explained(("convert.md#easy-convert",), ("013",)),
}
"""By kind of event; kinds that explain themselves, such as a new user, are not here."""


def ruled_by(kinds: Iterable[str]) -> list[Ruled]:
    """Rules of these kinds, each once."""
    found = dict.fromkeys(place for kind in kinds if kind in EXPLAINED for place in EXPLAINED[kind].rules)
    return [rules()[place] for place in found]


@cache
def rules() -> dict[str, Ruled]:
    """Rules that events follow, by their place."""
    raw = resources.files("tallystick.data").joinpath("rules.json").read_bytes()
    return {each.place: each for each in msgspec.json.decode(raw, type=list[Ruled])}


def decided_by(kinds: Iterable[str]) -> list[Decided]:
    """Decisions of these kinds, each once."""
    numbers = {number for kind in kinds if kind in EXPLAINED for number in EXPLAINED[kind].decisions}
    return [
        Decided(page=row.page, title=row.title, title_zh=row.title_zh) for row in decisions() if row.page[:3] in numbers
    ]
