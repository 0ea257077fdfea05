"""Seed of a test: what the marker `tally` and the ini options say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct, field

from tallystick.contract.core import SURFACES
from tallystick.server.limits import parse_generosity
from tallystick.venue.clock import SPEED_MAX
from tallystick.venue.markets import DEFAULT, UnknownMarket, source_of

AT = "2026-01-20T09:00:00Z"
"""Time at which tests begin unless they ask for another."""
OPTIONS = ("market", "surface", "balances", "at", "speed", "limits")
ACCOUNTS = frozenset({"trading", "funding", "debts", "loans"})


class Unusable(Exception):
    """Error: a marker or an option that cannot be followed. The text names what there is."""


class Seed(Struct, frozen=True, kw_only=True):
    """Seed of a test. `speed` 0 freezes the clock. `balances` are arguments of `Tally.user` by the user's name."""

    market: str = DEFAULT
    surface: str = SURFACES[0]
    at: str = AT
    speed: int = 0
    limits: str = "off"
    balances: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    """Names of the settings that somebody asked for."""


def seed_of(options: Mapping[str, Any]) -> Seed:
    """Seed of settings by their names in `OPTIONS`. Raises Unusable."""
    known = ", ".join(f"{name}=" for name in OPTIONS)
    if unknown := [name for name in options if name not in OPTIONS]:
        raise Unusable(f"tally has no setting {unknown[0]!r}; there are {known}")
    found = dict(options)
    if "limits" in found:
        found["limits"] = str(found["limits"])
    if "speed" in found:
        found["speed"] = _speed(found["speed"])
    if "at" in found:
        found["at"] = _at(found["at"])
    if "balances" in found:
        found["balances"] = _balances(found["balances"])
    seed = Seed(**found, asked=frozenset(options))
    try:
        source_of(seed.market)
    except UnknownMarket as problem:
        raise Unusable(str(problem)) from None
    if seed.surface not in SURFACES:
        raise Unusable(f"there is no surface {seed.surface!r}; there are {', '.join(SURFACES)}")
    try:
        parse_generosity(seed.limits)
    except ValueError as problem:
        raise Unusable(f"limits={seed.limits!r}: {problem}") from None
    return seed


def _at(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    raise Unusable(f"at={value!r} is no time: give text, such as '2026-01-20T09:00:00Z', or a datetime")


def _speed(value: Any) -> int:
    """Speed of a marker, a number, or of an ini option, a text."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SPEED_MAX:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return _speed(int(value[:9]))
    raise Unusable(f"speed={value!r} is no whole number from 0 to {SPEED_MAX}; 0 freezes the clock")


def _balances(given: Any) -> dict[str, Mapping[str, Any]]:
    if not isinstance(given, Mapping):
        raise Unusable(f"balances={given!r} names no users: give {{'alice': {{'BTC': '1'}}}}")
    return {name: _of_user(name, what) for name, what in given.items()}


def _of_user(name: str, given: Any) -> Mapping[str, Any]:
    """Arguments of `Tally.user`; coins alone are those of the trading account. Raises Unusable."""
    if not isinstance(given, Mapping):
        raise Unusable(f"balances of {name!r} are {given!r}: give {{'BTC': '1'}}, or {{'trading': ..., 'debts': ...}}")
    found: Mapping[str, Any] = given if any(account in given for account in ACCOUNTS) else {"trading": given}
    for account, coins in found.items():
        if account not in ACCOUNTS:
            raise Unusable(f"balances of {name!r} have no {account!r}; there are {', '.join(sorted(ACCOUNTS))}")
        if account != "loans" and not isinstance(coins, Mapping):
            raise Unusable(f"{account} of {name!r} is {coins!r}: give coins, such as {{'BTC': '1'}}")
    return found


def balances_of_lines(lines: list[str]) -> dict[str, dict[str, dict[str, str]]]:
    """Balances of an ini option: lines such as `alice trading BTC 1`. Raises Unusable."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for line in lines:
        parts = line.split()
        if len(parts) != 4 or parts[1] not in ACCOUNTS - {"loans"}:
            raise Unusable(f"tally_balances: {line!r} is not like 'alice trading BTC 1' (trading, funding or debts)")
        name, account, ccy, amount = parts
        found.setdefault(name, {}).setdefault(account, {})[ccy] = amount
    return found
