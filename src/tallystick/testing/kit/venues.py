"""Venues of a test session: served by the kit itself, one of each kind that tests ask for, or somewhere else."""

from __future__ import annotations

import os
from collections import deque
from datetime import datetime
from typing import Protocol

from tallystick.client.errors import ClientError, LeverRefused
from tallystick.client.levers import Levers
from tallystick.testing.kit.served import Heard, Place, ServedVenue
from tallystick.testing.kit.settings import AT, Seed, Unusable

TOKEN_VARIABLE = "TALLY_CONTROL_TOKEN"
VENUES_MAX = 4
"""Venues that are kept while tests go on; of more kinds the one used longest ago ends."""


class CannotChange(Exception):
    """The venue is served elsewhere and cannot be as the test asks. The text is the reason to skip the test."""


class Venue(Protocol):
    """A venue that tests use one after the other."""

    url: str
    token: str

    @property
    def heard(self) -> deque[Heard] | None:
        """Requests that it answered, the oldest first; None where nobody tells."""

    @property
    def left_over(self) -> list[str]:
        """Names of the snapshots that tests before have left; none where others may have saved them."""

    def fork(self) -> ServedVenue:
        """A second venue that goes on from the same past. Raises CannotChange."""


class Venues(Protocol):
    """Venues of this process."""

    def lend(self, seed: Seed) -> Venue:
        """The venue that fits a test. Raises CannotChange."""

    def close(self) -> None:
        """End those that are served here."""


class OwnVenues:
    """Venues that the kit serves, in threads of this process."""

    def __init__(self) -> None:
        self._venues: dict[Place, ServedVenue] = {}

    def lend(self, seed: Seed) -> ServedVenue:
        place = Place(seed.market, seed.surface, seed.limits)
        found = self._venues.pop(place, None)
        if found is None:
            while len(self._venues) >= VENUES_MAX:
                self._venues.pop(next(iter(self._venues))).stop()
            found = ServedVenue.fresh(place, _ms(AT))
            found.start()
        self._venues[place] = found
        return found

    def close(self) -> None:
        while self._venues:
            self._venues.popitem()[1].stop()


class FarVenue:
    """The venue of `--tally-url`, whose market, surface and limits are as it was started."""

    def __init__(self, url: str) -> None:
        token = os.environ.get(TOKEN_VARIABLE)
        if not token:
            raise Unusable(f"--tally-url needs the control token of {url} in {TOKEN_VARIABLE}")
        self.url = url.rstrip("/")
        self.token = token
        self.heard = None
        self.left_over: list[str] = []
        with Levers(self.url, token) as levers:
            try:
                self._health = levers.health()
            except LeverRefused as refused:
                raise Unusable(f"--tally-url: {refused}") from None
            except ClientError as problem:
                raise Unusable(f"--tally-url: no venue answers at {self.url}: {problem}") from None

    def close(self) -> None:
        """Leave the venue to whoever serves it."""

    def fork(self) -> ServedVenue:
        raise CannotChange(f"the venue at {self.url} is in another process, and is forked in its own alone")

    def lend(self, seed: Seed) -> Venue:
        for name in ("market", "surface", "limits"):
            here, wanted = getattr(self._health, name), getattr(seed, name)
            if name in seed.asked and here != wanted:
                raise CannotChange(f"the venue at {self.url} is served with {name} {here}, and the test asks {wanted}")
        return self


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) * 1_000
