"""The language of scenarios: TOML files that say who has what, what happens when, and what must come of it.

    title, about               words; title_zh, about_zh are those in Chinese
    market, start              "by-hand", a walk or an imported market, and the venue's time at the beginning
    [parameters.*]             numbers of the exchange that differ here, as the control call `parameters` takes them
    [prices]                   by hand: instrument = price
    [[users]]                  name, borrow, modes that are open beside Spot, trading and funding balances
    [[crowd]]                  seeded borrowers: how many, what they pledge, how far they go, and what they do when
                               they are warned
    [[steps]]                  after = "1h30m" since the start, then one of: post + body (with user),
                               price, book, pool, deposit, parameters, path, fault, wait
    [[expect]]                 at the end: user, get, and the rows that must come back, newest first; what a row, or
                               a table in it, does not name is not compared
    [outcome]                  at the end: who was liquidated in which order, bad debt, index, and times of warnings
                               and liquidations by user
    holds                      what else must be true, by name (see `holds`)
    [[variants]]               the same story played once for each: name, and what is different of parameters,
                               expect, outcome, holds

The packaged ones stand in `tallystick/data/scenarios`.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from tallystick.engine.kinds import Account, AccountMode
from tallystick.venue.clock import required
from tallystick.venue.settings import Patch

PACKAGED = resources.files("tallystick.data").joinpath("scenarios")
UNIT_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
DEEDS = ("post", "price", "book", "pool", "deposit", "parameters", "path", "fault", "wait")
"""What a step can be; each says exactly one."""
DURATION = re.compile(r"(?:([0-9]+)(ms|d|h|m|s))", re.ASCII)


class BadScenario(ValueError):
    """The file cannot be played. The text says where and why."""


class User(Struct, forbid_unknown_fields=True):
    name: str
    borrow: bool = False
    modes: list[AccountMode] = field(default_factory=list)
    trading: dict[str, str] = field(default_factory=dict)
    funding: dict[str, str] = field(default_factory=dict)


class Crowd(Struct, forbid_unknown_fields=True):
    """`count` users with a debt each. All choices come from `seed`; amounts are USD, shares of the maximum.

    `coins` are the fewest and the most kinds of collateral of one member, of equal value. `debt` is a flexible loan, or
    a spot debt that is spent. With `correlation` 1 the largest member borrows the largest share, with 0 size and share
    have nothing to do with each other. `behaviour` has weights of what members do when they are warned.
    """

    name: str
    count: int
    seed: int
    collateral: list[str]
    loan_ccy: str
    value_usd: tuple[str, str]
    share: tuple[str, str]
    coins: tuple[int, int] = (1, 1)
    debt: Literal["loan", "spot"] = "loan"
    correlation: str = "0"
    behaviour: dict[Literal["nothing", "top-up", "repay"], int] = field(default_factory=dict)


class Deposit(Struct, forbid_unknown_fields=True):
    """Coins from outside; a negative amount leaves."""

    account: Account
    ccy: str
    amt: str


class Step(Struct, forbid_unknown_fields=True):
    """One thing that happens; exactly one of the fields below `user` is given.

    `fault` is a rule as the control call takes it. `code` is `none` where a fault leaves no answer that can be read.
    """

    after: str = "0s"
    user: str = ""
    post: str = ""
    body: dict[str, Any] | list[dict[str, Any]] | None = None
    code: str = "0"
    price: dict[str, str] = field(default_factory=dict)
    book: dict[str, Any] = field(default_factory=dict)
    pool: dict[str, str] = field(default_factory=dict)
    deposit: Deposit | None = None
    parameters: Patch | None = None
    path: str = ""
    instrument: str = ""
    fault: dict[str, Any] = field(default_factory=dict)
    wait: bool = False


class Expect(Struct, forbid_unknown_fields=True):
    user: str
    get: str
    rows: list[dict[str, Any]]


class Times(Struct, forbid_unknown_fields=True):
    """Times since the start at which a user is warned, and at which liquidations of their account begin and end.

    Warnings are those of the account and of all loans. A list that is not given is not compared.
    """

    warned: list[str] | None = None
    liquidation_begins: list[str] | None = None
    liquidation_ends: list[str] | None = None


class Outcome(Struct, forbid_unknown_fields=True):
    """`liquidated` names accounts and owners of loans in the order of their first liquidation; amounts are text.

    `times` are those of each user that is named.
    """

    liquidated: list[str] | None = None
    bad_debt: str | None = None
    index: dict[str, str] | None = None
    times: dict[str, Times] | None = None


class Variant(Struct, forbid_unknown_fields=True):
    name: str
    about: str = ""
    about_zh: str = ""
    parameters: Patch = Patch()
    expect: list[Expect] = field(default_factory=list)
    outcome: Outcome | None = None
    holds: list[str] = field(default_factory=list)


class Scenario(Struct, forbid_unknown_fields=True):
    title: str
    title_zh: str
    about: str
    start: dt.datetime
    about_zh: str = ""
    market: str = "by-hand"
    parameters: Patch = Patch()
    prices: dict[str, str] = field(default_factory=dict)
    users: list[User] = field(default_factory=list)
    crowd: list[Crowd] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    expect: list[Expect] = field(default_factory=list)
    outcome: Outcome | None = None
    holds: list[str] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)

    @property
    def start_ms(self) -> int:
        return int(self.start.timestamp()) * 1_000


def plays(told: Scenario, only: str = "") -> list[Scenario]:
    """Plays of a scenario: itself, or one for each of its variants. Raises BadScenario: no variant `only`."""
    found = [_varied(told, variant) for variant in told.variants if only in ("", variant.name)]
    if only and not found:
        known = ", ".join(repr(variant.name) for variant in told.variants) or "none"
        raise BadScenario(f"there is no variant {only!r}; variants of this scenario are: {known}")
    return found or [told]


def _varied(told: Scenario, variant: Variant) -> Scenario:
    return replace(
        told,
        title=f"{told.title}: {variant.name}",
        title_zh=f"{told.title_zh}：{variant.name}",
        about=variant.about or told.about,
        about_zh=variant.about_zh if variant.about else told.about_zh,
        parameters=_over(told.parameters, variant.parameters),
        expect=[*told.expect, *variant.expect],
        outcome=variant.outcome or told.outcome,
        holds=[*told.holds, *variant.holds],
        variants=[],
    )


def _over(below: Patch, above: Patch) -> Patch:
    """Merge two patches; where they name the same, the upper one counts."""

    def rows(under: dict[str, dict[str, Any]], over: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {name: {**under.get(name, {}), **over.get(name, {})} for name in (*under, *over)}

    return Patch(
        rows(below.instruments, above.instruments),
        rows(below.currencies, above.currencies),
        {**below.constants, **above.constants},
    )


def names() -> list[str]:
    """The packaged scenarios."""
    return sorted(entry.name.removesuffix(".toml") for entry in PACKAGED.iterdir() if entry.name.endswith(".toml"))


def load(name: str) -> Scenario:
    """A packaged scenario by name, or one in a file by path. Raises BadScenario."""
    try:
        raw = Path(name).read_bytes() if name.endswith(".toml") else PACKAGED.joinpath(f"{name}.toml").read_bytes()
    except OSError:
        what = "file" if name.endswith(".toml") else "scenario"
        raise BadScenario(f"there is no {what} {name!r}; packaged scenarios are: {', '.join(names())}") from None
    try:
        return parse(raw.decode("utf-8"))
    except BadScenario as problem:
        raise BadScenario(f"{name}: {problem}") from None


def place(name: str) -> str:
    """Path of a scenario's file."""
    return name if name.endswith(".toml") else str(PACKAGED.joinpath(f"{name}.toml"))


def parse(text: str) -> Scenario:
    """Raises BadScenario: not TOML, an unknown or missing field, a step that says nothing or two things, times no venue
    can be at."""
    try:
        scenario = msgspec.convert(tomllib.loads(text), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise BadScenario(str(problem)) from None
    for crowd in scenario.crowd:
        _require_possible(crowd)
    previous_ms = 0
    for number, step in enumerate(scenario.steps, start=1):
        if sum(bool(getattr(step, deed)) for deed in DEEDS) != 1:
            raise BadScenario(f"step {number} must say exactly one of {', '.join(DEEDS)}")
        at_ms = duration_ms(step.after)
        if at_ms < previous_ms:
            raise BadScenario(f"step {number} comes after {step.after}, earlier than the step before it")
        previous_ms = at_ms
    try:
        required(scenario.start_ms)
        required(scenario.start_ms + previous_ms)
    except ValueError as problem:
        raise BadScenario(str(problem)) from None
    for outcome in (scenario.outcome, *(variant.outcome for variant in scenario.variants)):
        for times in ((outcome and outcome.times) or {}).values():
            for text in (*(times.warned or ()), *(times.liquidation_begins or ()), *(times.liquidation_ends or ())):
                duration_ms(text)
    variants = [variant.name for variant in scenario.variants]
    if len(set(variants)) != len(variants) or len(variants) == 1:
        raise BadScenario(f"variants are two or more with different names, not {variants}")
    return scenario


def _require_possible(crowd: Crowd) -> None:
    """Require that a crowd can be drawn. Raises BadScenario."""
    fewest, most = crowd.coins
    if not 1 <= fewest <= most <= len(set(crowd.collateral)):
        known = len(set(crowd.collateral))
        raise BadScenario(f"coins of {crowd.name} are the fewest and the most of its {known} coins")
    if not re.fullmatch(r"0(\.[0-9]{1,18})?|1(\.0+)?", crowd.correlation, re.ASCII):
        raise BadScenario(f"correlation of {crowd.name} is a number from 0 to 1, as text")
    if any(weight < 0 for weight in crowd.behaviour.values()):
        raise BadScenario(f"behaviour of {crowd.name} has a weight below 0")


def reseeded(told: Scenario, seed: int) -> Scenario:
    """The same story with other people and another walk: crowds have the seeds `seed`, `seed` + 1 and so on."""
    crowds = [replace(crowd, seed=seed + number) for number, crowd in enumerate(told.crowd)]
    market = re.sub(r"^walk:[0-9]+", f"walk:{seed}", told.market)
    return replace(told, crowd=crowds, market=market)


def duration_ms(text: str) -> int:
    """`1d2h30m5s200ms` in any selection, big units first. Raises BadScenario."""
    parts = DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise BadScenario(f"{text!r} is no duration; write for instance 90m, 1h30m or 2d")
    return sum(int(number) * UNIT_MS[unit] for number, unit in parts)


def duration_text(ms: int) -> str:
    """Duration as `duration_ms` reads it."""
    parts = []
    for unit, size in UNIT_MS.items():
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
