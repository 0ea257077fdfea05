"""Slices of work: the amount done in one go before others have their turn."""

from __future__ import annotations

from typing import Final

from tallystick.venue.clock import Machine

SLICE_NS: Final = 2_000_000


class Slice:
    """Slice of work that has just begun. Once it is `over`, nothing more is begun in it."""

    __slots__ = ("_end_ns", "_machine")

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._end_ns = machine.running_ns() + SLICE_NS

    @property
    def over(self) -> bool:
        return self._machine.running_ns() >= self._end_ns
