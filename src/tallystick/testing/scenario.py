"""The language of scenarios: TOML files that say who has what, what happens when, and what must come of it.

    title, title_zh, about     words
    market, start              "by-hand" or a recording, and the venue's time at the beginning
    [prices]                   by hand: instrument = price
    [[users]]                  name, borrow, trading and funding balances
    [[crowd]]                  seeded borrowers: how many, what they pledge, how far they go
    [[steps]]                  after = "1h30m" since the start, then one of: post + body (with user),
                               price, book, pool, deposit, path, wait
    [[expect]]                 at the end: user, get, and the rows that must come back, newest first
    holds                      what else must be true, by name (see `holds`)

The packaged ones stand in `tallystick/data/scenarios`.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

PACKAGED = resources.files("tallystick.data").joinpath("scenarios")
UNIT_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
DURATION = re.compile(r"(?:([0-9]+)(ms|d|h|m|s))", re.ASCII)


class BadScenario(ValueError):
    """The file cannot be played. The text says where and why."""


class User(Struct, forbid_unknown_fields=True):
    name: str
    borrow: bool = False
    trading: dict[str, str] = field(default_factory=dict)
    funding: dict[str, str] = field(default_factory=dict)


class Crowd(Struct, forbid_unknown_fields=True):
    """`count` users with a flexible loan each. All choices come from `seed`; amounts are USD, shares of the maximum."""

    name: str
    count: int
    seed: int
    collateral: list[str]
    loan_ccy: str
    value_usd: tuple[str, str]
    share: tuple[str, str]


class Step(Struct, forbid_unknown_fields=True):
    """One thing that happens; exactly one of the fields below `user` is given."""

    after: str = "0s"
    user: str = ""
    post: str = ""
    body: dict[str, Any] | list[dict[str, Any]] | None = None
    code: str = "0"
    price: dict[str, str] = field(default_factory=dict)
    book: dict[str, Any] = field(default_factory=dict)
    pool: dict[str, str] = field(default_factory=dict)
    deposit: dict[str, str] = field(default_factory=dict)
    path: str = ""
    instrument: str = ""
    wait: bool = False


class Expect(Struct, forbid_unknown_fields=True):
    user: str
    get: str
    rows: list[dict[str, Any]]


class Scenario(Struct, forbid_unknown_fields=True):
    title: str
    title_zh: str
    about: str
    start: dt.datetime
    market: str = "by-hand"
    prices: dict[str, str] = field(default_factory=dict)
    users: list[User] = field(default_factory=list)
    crowd: list[Crowd] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    expect: list[Expect] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)

    @property
    def start_ms(self) -> int:
        return int(self.start.timestamp()) * 1_000


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


def parse(text: str) -> Scenario:
    """Raises BadScenario: not TOML, an unknown or missing field, a step that says nothing or two things."""
    try:
        scenario = msgspec.convert(tomllib.loads(text), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise BadScenario(str(problem)) from None
    previous_ms = 0
    for number, step in enumerate(scenario.steps, start=1):
        said = [
            bool(what) for what in (step.post, step.price, step.book, step.pool, step.deposit, step.path, step.wait)
        ]
        if sum(said) != 1:
            raise BadScenario(f"step {number} must say exactly one of post, price, book, pool, deposit, path, wait")
        at_ms = duration_ms(step.after)
        if at_ms < previous_ms:
            raise BadScenario(f"step {number} comes after {step.after}, earlier than the step before it")
        previous_ms = at_ms
    return scenario


def duration_ms(text: str) -> int:
    """`1d2h30m5s200ms` in any selection, big units first. Raises BadScenario."""
    parts = DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise BadScenario(f"{text!r} is no duration; write for instance 90m, 1h30m or 2d")
    return sum(int(number) * UNIT_MS[unit] for number, unit in parts)
