"""`tally faults`: make requests and messages of the served venue go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from tallystick.cli.calling import AS_JSON, levers_of, say
from tallystick.cli.columns import aligned
from tallystick.cli.options import DATA

CONDITIONS = ("user", "key", "method", "from", "until", "probability", "seed")
SHOWN = ("ms", "answer", "code", "leg", "share")
"""Parameters of kinds that a list shows."""


@click.group()
def faults() -> None:
    """Make requests, messages and events of the served venue go wrong on purpose.

    A rule says where, when and which fault; it counts how often it fired. Faults of what is said leave the journal as
    it is, and end with the server. Faults of what happens are commands, and outlive a restart. A reset of the venue
    ends all.
    """


@faults.command(epilog="Example: tally faults add one_click_repay_v2 drop-after-commit --nth 1")
@click.argument("on")
@click.argument("fault")
@click.option("--user", help="Hit requests of this user only.")
@click.option("--key", help="Hit requests with this API key only.")
@click.option(
    "--method", type=click.Choice(("GET", "POST", "WS")), help="Hit this method only; WS is order operations."
)
@click.option("--nth", type=int, help="Begin with the nth; without --count hit no other.")
@click.option("--count", type=int, help="Hit at most so many.")
@click.option("--from", "from_at", metavar="TIME", help="Hit nothing before this time of the venue's clock (ISO 8601).")
@click.option("--until", "until_at", metavar="TIME", help="Hit nothing from this time on.")
@click.option("--probability", metavar="SHARE", help="Hit this share, such as 0.1.")
@click.option("--seed", type=int, help="Draw what is hit from this number.")
@click.option("--ms", type=int, help="Milliseconds of a delay, of a quote, or by which a clock is off.")
@click.option("--answer", type=click.Choice(("first", "second")), help="Answer of a doubled delivery.")
@click.option("--code", help="Code of a refusal.")
@click.option("--leg", type=int, help="Leg of a one-click repay; 0 is any.")
@click.option("--share", metavar="SHARE", help="Share of a leg that is filled.")
@DATA
@AS_JSON
def add(on: str, fault: str, folder: Path, as_json: bool, **rest: Any) -> None:
    """Make a rule: ON an endpoint's name, a channel, login, ws for all of streams or * for everything, and a FAULT.

    Without --nth and --count everything is hit until the rule is taken away. tally faults kinds lists the faults.
    """
    with levers_of(folder) as levers:
        made = levers.faults.make(on=on, fault=fault, **rest)
    say(made, as_json, f"rule {made.id}: {fault} on {on}")


@faults.command("list")
@DATA
@AS_JSON
def list_(folder: Path, as_json: bool) -> None:
    """List the rules, each with how many it matched and how often it fired."""
    with levers_of(folder) as levers:
        found = levers.faults.show()
    say(found, as_json, rules_told([rule.raw for rule in found.faults]))


@faults.command()
@click.option("--chinese", is_flag=True, help="Print in Chinese.")
@DATA
@AS_JSON
def kinds(chinese: bool, folder: Path, as_json: bool) -> None:
    """List the faults: what the client sees, and what is true afterwards."""
    with levers_of(folder) as levers:
        found = levers.faults.kinds()
    language = "zh" if chinese else "en"
    rows = [(one.name, one.place, one.words.raw[language], one.sees.raw[language]) for one in found.kinds]
    say(found, as_json, aligned(("fault", "of", "afterwards", "the client sees"), rows))


@faults.command()
@click.argument("rule", type=int, required=False)
@DATA
@AS_JSON
def clear(rule: int | None, folder: Path, as_json: bool) -> None:
    """Take a RULE away by its number, or without one all rules."""
    with levers_of(folder) as levers:
        if rule is None:
            found = levers.faults.clear()
            words = f"took {len(found.faults)} away"
        else:
            found = levers.faults.remove(rule)
            words = f"took rule {rule} away, {len(found.faults)} are left"
    say(found, as_json, words)


def rules_told(rules: list[Mapping[str, Any]]) -> str:
    if not rules:
        return "there are no rules"
    rows = [
        (str(one["id"]), one["on"], one["fault"], words_of(one, CONDITIONS), times_of(one), *counts_of(one))
        for one in rules
    ]
    return aligned(("rule", "on", "fault", "if", "when", "matched", "fired"), rows, right=(0, 5, 6))


def words_of(rule: Mapping[str, Any], names: Iterable[str]) -> str:
    return " ".join(f"{name} {rule[name]}" for name in names if name in rule) or "-"


def times_of(rule: Mapping[str, Any]) -> str:
    """Parts of a rule that say which are hit, and the parameters of its kind."""
    first = f"from {rule['nth']}" if rule["nth"] > 1 else "all"
    most = f"at most {rule['count']}" if "count" in rule else ""
    parameters = words_of(rule, SHOWN)
    return ", ".join(part for part in (first, most, "" if parameters == "-" else parameters) if part)


def counts_of(rule: Mapping[str, Any]) -> tuple[str, str]:
    return str(rule["matched"]), str(rule["fired"])
