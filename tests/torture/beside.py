"""A client that means well, beside those that do not: how long it waits for its answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.torture.client import ANSWER_SECONDS_MAX
from tests.torture.served import ENVIRONMENT, ROOT, Venue


@dataclass
class Waited:
    """Seconds; `late` is how long the machine itself let this client wait at worst."""

    seconds: list[float] = field(default_factory=list)
    late: float = 0.0

    @property
    def usual(self) -> float:
        return sorted(self.seconds)[len(self.seconds) // 2]

    @property
    def worst(self) -> float:
        return max(self.seconds)

    def __str__(self) -> str:
        return (
            f"{len(self.seconds)} answers, usual {self.usual:.3f} s, worst {self.worst:.3f} s, late {self.late:.3f} s"
        )


@contextmanager
def a_healthy_client(venue: Venue) -> Iterator[Waited]:
    """Has been answered once when the block begins, and asks while it runs; what it saw is there after it. Raises
    AssertionError where it was not answered."""
    found = Waited()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.torture.client", str(venue.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=ENVIRONMENT,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"answered\n"
            yield found
            said, _ = process.communicate(b"\n", timeout=ANSWER_SECONDS_MAX)
        finally:
            process.kill()
    assert process.returncode == 0, "the healthy client was not answered"
    told = json.loads(said)
    found.seconds, found.late = told["waited"], told["late"]
