"""How long the suite takes: the short form, or with TORTURE=long the long one, which says how far it has got."""

from __future__ import annotations

import os
import random
import sys
import time

LONG = os.environ.get("TORTURE") == "long"


def scaled(short: int, long: int) -> int:
    return long if LONG else short


def fresh_seed() -> int:
    """A seed of this run; TORTURE_SEED gives that of another."""
    seed = int(os.environ.get("TORTURE_SEED", random.SystemRandom().randrange(2**32)))
    print(f"TORTURE_SEED={seed}")
    return seed


class Progress:
    """Says on standard error every few seconds how much of something is done; says nothing in the short form."""

    EVERY_S = 10

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._began = self._said = time.monotonic()

    def at(self, done: int, more: str = "") -> None:
        now = time.monotonic()
        if LONG and (now - self._said >= self.EVERY_S or done >= self._total):
            self._said = now
            print(f"{self._what}: {done:,} of {self._total:,} in {now - self._began:.0f} s {more}", file=sys.stderr)
