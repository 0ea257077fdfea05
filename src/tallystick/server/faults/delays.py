"""Delays of faults: they hold no turn, are bounded in number and time, and end with a stop or a reset."""

from __future__ import annotations

import asyncio
from typing import Final

DELAYS_MAX: Final = 8_192
"""Cap on delays under way; a connection has one at most, or one left over from a client that is gone (chosen)."""


class Crowded(Exception):
    """As many delays are under way as there may be."""


class Dropped(Exception):
    """The venue began anew during the delay: the request belongs to the venue before."""


class Delays:
    """Delays under way, in the machine's time: a frozen clock must not keep a client waiting forever.

    Each belongs to an owner, a rule, and ends early with it.
    """

    def __init__(self) -> None:
        self.under_way: dict[asyncio.Future[bool], object] = {}
        """Delays in the order they began, and their owners."""
        self._of: dict[object, dict[asyncio.Future[bool], None]] = {}
        """The same by owner: with many rules to end, none is to look through the delays of the others."""
        self.stopped = False

    async def wait(self, ms: int, owner: object) -> None:
        """Wait for `ms`. Raises Crowded, and Dropped where the venue began anew meanwhile."""
        if self.stopped or not ms:
            return
        if len(self.under_way) >= DELAYS_MAX:
            raise Crowded
        loop = asyncio.get_running_loop()
        over: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_later(ms / 1_000, settle, over, True)
        self.under_way[over] = owner
        own = self._of.setdefault(owner, {})
        own[over] = None
        try:
            if not await over:
                raise Dropped
        finally:
            timer.cancel()
            del self.under_way[over], own[over]
            if not own:
                self._of.pop(owner, None)

    async def wait_if_room(self, ms: int, owner: object) -> None:
        """Wait for `ms`, or not at all where as many wait as may: what was carried out is answered. Raises Dropped."""
        try:
            await self.wait(ms, owner)
        except Crowded:
            pass

    def end(self, owner: object) -> None:
        """End the delays of an owner: what was delayed goes on."""
        for over in self._of.get(owner, ()):
            settle(over, True)

    def drop(self) -> None:
        """End all delays: what was delayed does not go on."""
        for over in self.under_way:
            settle(over, False)

    def stop(self) -> None:
        """End all delays, and let none begin any more."""
        self.stopped = True
        for over in self.under_way:
            settle(over, True)


def settle(over: asyncio.Future[bool], goes_on: bool) -> None:
    if not over.done():
        over.set_result(goes_on)
