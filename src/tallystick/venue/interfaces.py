"""What a venue has to do with: where prices come from, who is told what happens, and what is asked and answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from tallystick.engine.commands import MoveMarket
from tallystick.engine.core import Stamp
from tallystick.engine.state import State


class Feed(Protocol):
    """Where prices come from by themselves; see `recording.Recording`."""

    def next_at_ms(self, after_ms: int) -> int: ...

    def command_at(self, at_ms: int) -> MoveMarket: ...

    def command_now(self, at_ms: int) -> MoveMarket: ...


class Listener(Protocol):
    """Is told what happens at the venue, entry by entry and in order. It must not raise."""

    def entry(self, stamp: Stamp, events: list[Any], state: State) -> Callable[[], None] | None:
        """An entry was made, and `state` is the one right after it. What is given back is called once it is durable."""

    def clock_moved(self) -> None:
        """The clock was set, advanced, freed or frozen, or the venue has caught up with it: all that is due is done."""

    def begun_anew(self) -> None:
        """The venue was reset."""

    def halted(self) -> None:
        """The venue takes nothing any more and tells nothing any more, until it is started again."""


class PageQuery(Struct, frozen=True):
    """Which rows of a history: both keys inclusive, newest first; see `store.api.HistoryRow` for the filters."""

    table: str
    user_id: int
    min_key: int
    max_key: int
    a: str | None = None
    b: str | None = None
    limit: int = 100
    holding: tuple[bytes, ...] = ()


class Outcome(Struct, frozen=True):
    """What a command did, durable when handed out."""

    stamp: Stamp
    events: list[Any]


class Overtaken(Exception):
    """The clock was set by another call, or the venue reset, before this call got to its time."""

    def __init__(self, at_ms: int, target_ms: int) -> None:
        super().__init__(f"the clock was set by another call at {at_ms}, before this one got to {target_ms}")
        self.at_ms = at_ms
        self.target_ms = target_ms
