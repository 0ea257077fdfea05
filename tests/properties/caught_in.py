"""The run that catches each planted bug soonest, which is tried before all others.

Where the code has moved on the others follow, so that nothing is lost but time.

    python -m tests.properties.caught_in        looks for them anew and writes caught_in.json; takes half an hour
    python -m tests.properties.caught_in L3     looks for those of these bugs alone
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tallystick.engine import commands as c
from tests.properties import directed, directed_faults
from tests.properties.oracle import Broken
from tests.properties.planting import plant
from tests.properties.run import Run
from tests.properties.workload import played

SEEDS = range(40)
Plays = Mapping[str, Callable[[], Run]]
"""Name of a run, such as "seed 3" or that of a directed run -> what plays it."""
TABLE = Path(__file__).with_suffix(".json")
SOON = 80
"""A run that catches a bug within so many commands is good enough. A random run begins with about sixty."""
TRIED = 12
"""Further runs of chance that are tried once one has caught a bug later than that."""


def known() -> dict[str, str]:
    """Name of a bug -> name of a run."""
    found: dict[str, str] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def plays() -> Plays:
    """Directed and random runs by name."""
    leads = {lead.__name__: lead for lead in (*directed.ALL, *directed.REFUSALS, *directed_faults.ALL)}
    return {**leads, **{f"seed {seed}": functools.partial(played, seed) for seed in SEEDS}}


def first_there(bug: str) -> Iterator[Callable[[], Run]]:
    """All runs, the one that catches the bug soonest before the others."""
    there, first = plays(), known().get(bug)
    yield from (there[name] for name in sorted(there, key=lambda name: name != first))


def main() -> None:
    from tests.properties import test_invariant_ids, test_planted_bugs

    wanted: list[tuple[str, tuple[str, str, str], tuple[str, ...]]] = []
    for bug in test_planted_bugs.BUGS:
        if isinstance(bug.caught_by, tuple):
            wanted.append((bug.name, (bug.function, bug.old, bug.new), bug.caught_by))
    for one in test_invariant_ids.PLANTED:
        if one.by is None:
            wanted.append((one.identifier, (one.function, one.old, one.new), (one.identifier,)))
    names, table = sys.argv[1:], known()
    for name, place, identifiers in wanted:
        if names and name not in names:
            continue
        with pytest.MonkeyPatch.context() as patched:
            plant(patched, *place)
            run, commands = soonest(name, identifiers)
        table[name] = run
        print(f"{commands:4} commands of {run or 'NOWHERE':28} {name}", file=sys.stderr, flush=True)
    there = {name: table[name] for name, _, _ in wanted if table.get(name)}
    TABLE.write_text(json.dumps(there, indent=1) + "\n", encoding="utf-8")


def soonest(bug: str, identifiers: tuple[str, ...]) -> tuple[str, int]:
    """Name of the run that catches a bug which is planted, and the number of its command; "" where none does."""
    found, most, chances = "", sys.maxsize, 0
    there, first = plays(), known().get(bug)
    for name in sorted(there, key=lambda name: name != first):
        chances += bool(found) and name.startswith("seed")
        if most <= SOON or chances > TRIED:
            break
        if commands := caught_after(there[name], identifiers, most):
            found, most = name, commands - 1
    return found, most + 1


class Enough(Exception):
    """A run has had as many commands as it may have."""


def caught_after(play: Callable[[], Run], identifiers: tuple[str, ...], most: int) -> int:
    """Number of the command, up to `most`, at which a run breaks one of the identifiers; 0 where it does not."""
    submitted, submit = 0, Run.submit

    def counted(run: Run, command: c.Command) -> list[Any] | None:
        nonlocal submitted
        submitted += 1
        if submitted > most:
            raise Enough
        return submit(run, command)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Run, "submit", counted)
        try:
            play()
        except Broken as broken:
            return submitted if broken.identifier in identifiers else 0
        except Enough:
            return 0
    return 0


if __name__ == "__main__":
    main()
