"""The database as servers see it that stand by: its journal, its lease, and word of what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from tallystick.cluster.lease import Leading, Tenure
from tallystick.store.api import Entry


class Unreachable(Exception):
    """The database does not answer now; it may later."""


class Look(Struct, frozen=True):
    """Content of the database at one moment: who leads, the generation, the clock, and the entries asked for.

    `generation` is 0 and `clock` "" while nothing was ever written.
    """

    leading: Leading
    generation: int
    clock: str
    entries: Sequence[Entry]


class Database(Protocol):
    """Database of a venue, for one server.

    All methods but `keep` and `close` raise Unreachable, within a second or two.
    """

    async def look(self, after_seq: int, limit: int) -> Look:
        """Look at everything at one moment, with the first entries above a number."""

    async def news(self, timeout_s: float) -> None:
        """Wait until something was written, or for so long."""

    async def take(self, leader: str, address: str, *, ahead: bool) -> int | None:
        """Take the lease if it has ended. Returns the new term, None if another server has it.

        `ahead` is true where it has had more left than a lease lasts, for as long as that; see
        `store.postgres.lease.take`. Writes of earlier terms that are under way are over then, and none can follow.
        """

    async def keep(self, tenure: Tenure) -> None:
        """Renew the lease of a tenure until that is over, however busy this loop is; see `renewing.keep`."""

    async def release(self, term: int) -> None:
        """End the lease, so that another server leads at once."""

    async def close(self) -> None: ...
