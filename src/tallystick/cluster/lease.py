"""Lease of the leader: a row on the database's clock, and the leader's own reckoning on a clock nobody can set.

The row says until when a leader leads. A leader counts from the moment it *asked* for the lease, by a clock that also
runs while the machine sleeps, and stops a little earlier. So it falls silent before anybody else can lead.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tallystick.venue.clock import Machine

LEASE_MS: Final = 1_000
"""Length of a lease, on the database's clock."""
RENEWED_EVERY_S: Final = 0.2
TRUSTED_MS: Final = 900
"""Part of a lease that its holder relies on; the rest is for clocks that do not run equally fast."""


class Leading(Struct, frozen=True):
    """Leader by the row: term, name and address (URL) of the server, and the rest of its lease in ms.

    Term 0 is nobody.
    """

    term: int
    leader: str
    address: str
    left_ms: int


class Tenure:
    """Time in which this server leads as the leader of `term`. One thread renews it, others look at it."""

    def __init__(self, term: int, asked_ns: int, machine: Machine) -> None:
        self.term = term
        self._machine = machine
        self._given_up = False
        self._until_ns = 0
        self.renewed(asked_ns)

    def renewed(self, asked_ns: int) -> None:
        """Note a lease that was granted; `asked_ns` is when it was asked for, see `Machine.since_boot_ns`."""
        self._until_ns = asked_ns + TRUSTED_MS * 1_000_000

    def give_up(self) -> None:
        """End it now. A renewal that is granted afterwards changes nothing."""
        self._given_up = True

    @property
    def over(self) -> bool:
        return self._given_up or self._machine.since_boot_ns() >= self._until_ns

    @property
    def left_s(self) -> float:
        """Seconds left, 0 if it is over."""
        return 0.0 if self.over else max(self._until_ns - self._machine.since_boot_ns(), 0) / 1_000_000_000
