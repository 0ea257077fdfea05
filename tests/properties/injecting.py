"""Faults that random runs inject, and take away again."""

from __future__ import annotations

from random import Random
from typing import Any

from tallystick.engine import commands as c
from tests.properties.faulty import KINDS, LATE, LEGS, REASONS
from tests.properties.oracle import COIN
from tests.properties.run import Run

NUMBERS = range(1, 31)
"""Faults that may be there at one time."""


def rule(dice: Random, run: Run) -> c.FaultRule:
    """A rule of any kind. Most have an end, and one in twenty is none that could be."""
    kind: Any = dice.choice([*KINDS])
    odd = dice.random() < 0.05
    from_ms = dice.choice((0, 0, 0, run.at_ms + dice.randrange(60_000)))
    until_ms = max(from_ms, run.at_ms) + dice.randrange(1, 86_400_000)
    longest = 3_599_999 if kind == "interest-late" and not odd else 7_200_000
    return c.FaultRule(
        fault_id=dice.choice(NUMBERS),
        kind=kind,
        user_id=dice.choice((0, 0, 0, 1, 2, 3, *((77,) if odd else ()))) or int(kind == "interest-late" and not odd),
        nth=dice.choice((1, 1, 1, 2, 3, *((0,) if odd else ()))),
        count=dice.choice((1, 1, 2, 3, 0)),
        from_ms=from_ms,
        until_ms=dice.choice((0, 0, until_ms, *((from_ms,) if odd else ()))),
        ppm=dice.choice((10**6, 10**6, 10**6, 300_000)),
        seed=dice.randrange(100),
        ms=dice.choice((0, 1, 1_000, 60_000, longest)) if kind in LATE or odd else 0,
        leg=dice.choice((0, 0, 1, 1, 2)) if kind in LEGS else 0,
        share=dice.choice((0, COIN // 2, COIN // 3, COIN - 1)) if kind == LEGS[3] else 0,
        what=dice.choice(("", "borrow", "repay")) if kind.startswith("loan-") or odd else "",
        reason=dice.choice(REASONS[kind]) if kind in REASONS and not odd else "",
    )


def inject(dice: Random, run: Run) -> None:
    if dice.random() < 0.85:
        run.submit(c.InjectFault(rule=rule(dice, run)))
    else:
        run.submit(c.ClearFaults(fault_ids=tuple(dice.sample([*NUMBERS], dice.choice((1, 2, 8))))))
