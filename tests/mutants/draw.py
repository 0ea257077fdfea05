"""Draw of the mutants that a run tries: by a seed, and spread over all functions."""

from __future__ import annotations

import random
from collections import Counter
from typing import NamedTuple


class Mutant(NamedTuple):
    """`name` is mutmut's: tallystick.engine.loan_risk.x__sales__mutmut_3, or of a method with the class before it.

    `lines` are those of the changed statement in the copy, as module:line; `span` the first and the last line there of
    the function that it changes.
    """

    name: str
    module: str
    function: str
    diff: str
    lines: tuple[str, ...]
    span: tuple[int, int]


def draw(mutants: list[Mutant], seed: int, sample: int | None) -> list[Mutant]:
    """The same for the same seed: one of each function, then the rest evenly; of each module the first `sample`."""
    functions: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        functions.setdefault(mutant.function, []).append(mutant)
    places = []
    for function, found in functions.items():
        random.Random(f"{seed} {function}").shuffle(found)
        places += [(place / len(found), function, mutant) for place, mutant in enumerate(found)]
    taken: Counter[str] = Counter()
    drawn = []
    for _, _, mutant in sorted(places):
        taken[mutant.module] += 1
        if sample is None or taken[mutant.module] <= sample:
            drawn.append(mutant)
    return drawn
