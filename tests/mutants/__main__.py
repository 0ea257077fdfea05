"""Mutation run over the money core: changes one place after the other, and lists the changes that no test notices.

    make mutants
    make mutants ARGS="loan_risk repay --minutes 20"
    make mutants ARGS="loan_risk.force_repayment"
    make mutants ARGS="--sample 50 --seed 7"
    make mutants ARGS="--results new.jsonl --earlier old.jsonl"

Works in a scratch copy; mutmut makes the mutants and tests.mutants.trials tries them. Mutants are drawn by a seed, each
function first once and then in turn, so that a run that stops at its bound has seen every part of the core. The tests
are those of the engine and of the documented examples; a survivor may still be caught by the runs of
tests/properties. Survivors that survivors.md explains are counted; any other ends the run with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.mutants.draw import Mutant, draw

MODULES = (
    "accrual",
    "amounts",
    "auction",
    "auto_exchange",
    "borrow",
    "charging",
    "convert",
    "cross_settings",
    "easy_convert",
    "flexible_loan",
    "forced_sale",
    "free_quota",
    "fund",
    "interest",
    "ledger",
    "loan_conversion",
    "loan_judging",
    "loan_liquidation",
    "loan_requests",
    "loan_risk",
    "margin",
    "margin_tiers",
    "modes",
    "order_events",
    "orders",
    "repay",
    "repay_at_once",
    "repay_sizes",
    "soundness",
    "spot_borrow",
    "spot_cost",
    "spot_judging",
    "spot_risk",
)
"""Where amounts are reckoned, lent, sold and written down."""
ENGINE = "src/tallystick/engine"
TESTS = ("tests/engine", "tests/golden")
PYTEST = (
    *("-p", "tests.mutants.trials", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:terminal", "-s"),
    *("--assert=plain", "-o", "addopts=--strict-markers --import-mode=importlib"),
    *("-p", "no:schemathesis", "-p", "no:anyio", "-p", "no:asyncio", "-m", "not torture and not long"),
    *("-k", "not planted"),
)
"""Tests that plant a bug are left out: they change the source of a function, which has its mutants beside it here."""
CAUGHT = ("killed", "timeout")
UNSEEN = ("survived", "no tests")
"""Ends of a mutant that no test notices: all tests pass, or no quick one reaches it."""
EXPLAINED = Path(__file__).with_name("survivors.md")
CHANGED = re.compile(r"^([-+])(?![-+]{2} )\s*(.*?)\s*$", re.MULTILINE)


class Survivor(NamedTuple):
    """`change` is the lines taken away and put in, without their indentation."""

    function: str
    change: tuple[str, ...]


def main() -> int:
    given = argparse.ArgumentParser(prog="make mutants", description=(__doc__ or "").partition("\n")[0])
    given.add_argument("modules", nargs="*", metavar="MODULE[.FUNCTION]", help="of the engine; all of the money core")
    given.add_argument("--minutes", type=float, default=30, help="stop after so many minutes of wall clock (30)")
    given.add_argument("--jobs", type=int, default=1, help="mutants tried at a time (1)")
    given.add_argument("--sample", type=int, default=None, metavar="N", help="draw N mutants of each module; all")
    given.add_argument("--seed", type=int, default=1, help="seed of the draw (1)")
    given.add_argument("--results", type=Path, help="write what becomes of each mutant to a file, a line of JSON each")
    given.add_argument("--earlier", type=Path, help="such a file: what a test caught then is taken over, and not tried")
    asked = given.parse_args()
    wanted = asked.modules or list(MODULES)
    modules = sorted({name.partition(".")[0] for name in wanted})
    unknown = sorted(set(modules) - set(MODULES))
    if unknown:
        given.error(f"not of the money core: {', '.join(unknown)}; there are {', '.join(MODULES)}")
    until = time.monotonic() + 60 * asked.minutes
    with tempfile.TemporaryDirectory(prefix="mutants-") as made:
        mutants = made_in(Path(made), modules)
        known = {mutant.function for mutant in mutants} | set(modules)
        if set(wanted) - known:
            given.error(f"no such function, or nothing in it to change: {', '.join(sorted(set(wanted) - known))}")
        chosen = [mutant for mutant in mutants if mutant.module in wanted or mutant.function in wanted]
        drawn = draw(chosen, asked.seed, asked.sample)
        ill_typed = ill_typed_of(Path(made), drawn)
        told_in = (asked.results or Path(made, "results.jsonl")).resolve()
        earlier = caught_in(asked.earlier, drawn)
        told_in.write_text("".join(earlier.values()), encoding="utf-8")
        left = explained_last([mutant for mutant in drawn if mutant.name not in ill_typed | earlier.keys()])
        tried(Path(made), left, told_in, until=until, jobs=asked.jobs)
        found = [json.loads(line) for line in told_in.read_text(encoding="utf-8").splitlines()]
    print(f"seed {asked.seed}, {len(earlier):,} taken over")
    became = {one["mutant"]: one["became"] for one in found}
    return told(chosen, drawn, became | dict.fromkeys(ill_typed, "types"))


def made_in(scratch: Path, modules: list[str]) -> list[Mutant]:
    from tests.mutants import generate

    generate.copy_to(scratch)
    return [mutant for module in modules for mutant in generate.mutate(scratch, module)]


def ill_typed_of(scratch: Path, mutants: list[Mutant]) -> set[str]:
    from tests.mutants import generate

    return generate.caught_by_types(scratch, mutants)


def explained_last(mutants: list[Mutant]) -> list[Mutant]:
    """Mutants in their order, those that survivors.md explains behind the others: they take longest and tell least."""
    known = explanations(EXPLAINED.read_text(encoding="utf-8"))
    return sorted(mutants, key=lambda mutant: Survivor(mutant.function, changed_lines(mutant.diff)) in known)


def caught_in(results: Path | None, mutants: list[Mutant]) -> dict[str, str]:
    """Lines of an earlier run, by mutant, about those of these mutants that a test caught."""
    lines = [] if results is None else results.read_text(encoding="utf-8").splitlines(keepends=True)
    changes = {mutant.name: list(changed_lines(mutant.diff)) for mutant in mutants}
    found = {}
    for line, one in zip(lines, map(json.loads, lines), strict=True):
        # Numbers of mutants move with the code; one is the same if it changes the same lines.
        if one["became"] in CAUGHT and changes.get(one["mutant"]) == one["change"]:
            found[one["mutant"]] = line
    return found


def tried(scratch: Path, drawn: list[Mutant], told_in: Path, *, until: float, jobs: int) -> None:
    """Try the mutants until the time is over; a line of JSON about each goes to `told_in` as it ends."""
    asked = {
        "mutants": [(mutant.name, mutant.function, mutant.lines, changed_lines(mutant.diff)) for mutant in drawn],
        "modules": {name: str(scratch / ENGINE / f"{name}.py") for name in {mutant.module for mutant in drawn}},
        "told_in": str(told_in),
        "until": until,
        "jobs": jobs,
    }
    (scratch / "trials.json").write_text(json.dumps(asked), encoding="utf-8")
    left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if name not in left_out} | {
        "PYTHONPATH": f"{scratch / 'src'}{os.pathsep}{scratch}",
        "PYTHONHASHSEED": "0",
    }
    subprocess.run([sys.executable, "-m", "pytest", *PYTEST, *TESTS], cwd=scratch, env=environment, check=True)


def told(mutants: list[Mutant], drawn: list[Mutant], became: dict[str, str]) -> int:
    """Print each survivor that is not explained and the counts of each module; the exit status."""
    explained = explanations(EXPLAINED.read_text(encoding="utf-8"))
    counts: dict[str, Counter[str]] = {}
    unexplained = 0
    for mutant in mutants:
        counts.setdefault(mutant.module, Counter())["mutants"] += 1
    for mutant in drawn:
        kind = became.get(mutant.name, "not tried")
        if kind in UNSEEN:
            if Survivor(mutant.function, changed_lines(mutant.diff)) in explained:
                kind = "explained"
            else:
                unexplained += 1
                print(f"### `{mutant.function}` {mutant.name}\n{mutant.diff}\n")
        counts[mutant.module].update((kind, "drawn"))
        counts[mutant.module]["tried"] += kind != "not tried"
    columns = (
        "mutants",
        "drawn",
        "tried",
        "types",
        "killed",
        "timeout",
        "crashed",
        "no tests",
        "explained",
        "survived",
    )
    print("| module | " + " | ".join(columns) + " |\n|---|" + "---:|" * len(columns))
    for module, found in [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]:
        print(f"| `{module}` | " + " | ".join(f"{found[column]:,}" for column in columns) + " |")
    if len(became) < len(drawn):
        print(f"stopped at its bound: {len(drawn) - len(became)} mutants are not tried")
    return 1 if unexplained else 0


def changed_lines(diff: str) -> tuple[str, ...]:
    return tuple(sign + line for sign, line in CHANGED.findall(diff))


def explanations(page: str) -> set[Survivor]:
    """Each `### module.function` of the page with the diffs under it."""
    found = set()
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        function = section.split(maxsplit=1)[0].strip("`")
        for block in re.findall(r"^```diff\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL):
            found.add(Survivor(function, changed_lines(block)))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
