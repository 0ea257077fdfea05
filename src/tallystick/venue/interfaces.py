"""Interfaces of a venue: the feed of prices, the listener to its entries, and forms of queries and outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from tallystick.engine.commands import MoveMarket
from tallystick.engine.core import Stamp
from tallystick.engine.state import State


class Feed(Protocol):
    """Source of prices that move by themselves; see `recording.Recording`."""

    def next_at_ms(self, after_ms: int) -> int: ...

    def command_at(self, at_ms: int) -> MoveMarket: ...

    def command_now(self, at_ms: int) -> MoveMarket: ...

    @property
    def origin_ms(self) -> int:
        """UTC midnight on which the feed begins (Unix ms)."""

    def begun_on(self, origin_ms: int) -> Feed:
        """Feed of the same prices that begins on another day."""


class Listener(Protocol):
    """Listener to the entries of a venue, in order. Its methods must not raise."""

    def entry(self, stamp: Stamp, events: list[Any], state: State) -> Callable[[], None] | None:
        """Take an entry; `state` is the state after it. The venue calls the function returned once it is durable."""

    def clock_moved(self) -> None:
        """Note that the clock was set, advanced, freed, frozen, or caught up with: everything due is done."""

    def begun_anew(self) -> None:
        """Note that a generation began: the venue was reset."""

    def halted(self) -> None:
        """Note that the venue has halted: it takes and reports nothing until it is started again."""


class PageQuery(Struct, frozen=True):
    """Query for a page of a history: both keys inclusive, newest first; see `store.api.HistoryRow` for the filters."""

    table: str
    user_id: int
    min_key: int
    max_key: int
    a: str | None = None
    b: str | None = None
    limit: int = 100
    holding: tuple[bytes, ...] = ()


class Outcome(Struct, frozen=True):
    """Outcome of a command, durable when handed out."""

    stamp: Stamp
    events: list[Any]


class Advancing(Struct, frozen=True):
    """An advance under way: the times (Unix ms) it set out from and goes to."""

    from_ms: int
    to_ms: int

    def share(self, at_ms: int) -> int:
        """Per cent of the way that is done."""
        return 100 * (at_ms - self.from_ms) // max(1, self.to_ms - self.from_ms)


class UnderWay(Exception):
    """Error: another call is putting the clock forward."""

    def __init__(self, at_ms: int, target_ms: int) -> None:
        super().__init__(f"the clock is being put forward by another call: it is at {at_ms}, and goes to {target_ms}")
        self.at_ms = at_ms
        self.target_ms = target_ms


class Overtaken(Exception):
    """Error: another call set the clock, or reset the venue, before this call reached its time."""

    def __init__(self, at_ms: int, target_ms: int) -> None:
        super().__init__(f"the clock was set by another call at {at_ms}, before this one got to {target_ms}")
        self.at_ms = at_ms
        self.target_ms = target_ms
