"""The run in which each planted bug was caught last, which is tried before all others.

Where the code has moved on the others follow, so that nothing is lost but time.

    python -m tests.properties.caught_in     tries them all in their order and writes caught_in.json; takes minutes
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.properties.oracle import Broken
from tests.properties.planting import plant
from tests.properties.run import Run

Plays = Mapping[str, Callable[[], Run]]
"""Name of a run, such as "seed 3" or that of a directed run -> what plays it."""
TABLE = Path(__file__).with_suffix(".json")
QUICK_S = 0.3
"""A bug that is caught so soon by trying all in their order needs no line."""


def known() -> dict[str, str]:
    """Name of a bug -> name of a run."""
    found: dict[str, str] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def first_there(bug: str, plays: Plays) -> Iterator[Callable[[], Run]]:
    """All runs, the one that caught the bug last before the others."""
    last = known().get(bug, "")
    if last in plays:
        yield plays[last]
    yield from (play for name, play in plays.items() if name != last)


def main() -> None:
    from tests.properties import test_invariant_ids, test_planted_bugs

    wanted: list[tuple[str, tuple[str, str, str], tuple[str, ...], Plays]] = []
    for bug in test_planted_bugs.BUGS:
        if isinstance(bug.caught_by, tuple):
            wanted.append((bug.name, (bug.function, bug.old, bug.new), bug.caught_by, test_planted_bugs.plays()))
    for one in test_invariant_ids.PLANTED:
        if one.by is None:
            place = (one.function, one.old, one.new)
            wanted.append((one.identifier, place, (one.identifier,), test_invariant_ids.plays()))
    table: dict[str, str] = {}
    for name, place, identifiers, plays in wanted:
        began = time.process_time()
        with pytest.MonkeyPatch.context() as patched:
            plant(patched, *place)
            caught = next((run for run, play in plays.items() if reports(play, identifiers)), "")
        took = time.process_time() - began
        if took > QUICK_S and caught:
            table[name] = caught
        print(f"{took:6.2f} s  {caught or 'NOWHERE':24} {name}", file=sys.stderr, flush=True)
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def reports(play: Callable[[], Run], identifiers: tuple[str, ...]) -> bool:
    try:
        play()
    except Broken as broken:
        return broken.identifier in identifiers
    return False


if __name__ == "__main__":
    main()
