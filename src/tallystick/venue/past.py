"""The past of a venue: a fork that takes over the venue's entries once they are old enough, and does nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tallystick.venue.venue import Venue

AT_ONCE: Final = 256
"""Entries taken over between two turns of others."""


class Past:
    """A venue as it was, never before the moment it was made. `venue` answers queries as of the time reached.

    Awaiting its methods is to be done by one caller at a time.
    """

    def __init__(self, present: Venue, venue: Venue) -> None:
        self.venue = venue
        self._present = present

    @classmethod
    async def of(cls, present: Venue) -> Past:
        """Past of a venue, which begins as the present. Raises VenueHalted."""
        venue = await present.fork()
        venue.timekeeper.put("frozen", None, venue.now_ms())
        # Only its writer runs: started as a venue is, it would do what is due by itself, beside what it takes over.
        venue.line.writer.start()
        await venue.line.market.read(venue.store, venue.state.last_trade_id)
        venue.keys = present.keys
        return cls(present, venue)

    @property
    def over(self) -> bool:
        """True if the present venue has begun anew since."""
        return self._present.generation != self.venue.generation

    async def reach(self, at_ms: int) -> bool:
        """Take over the entries up to a time. False if the present venue has begun anew since. Raises VenueHalted."""
        line = self.venue.line
        while not self.over:
            generation, entries = await self._present.entries_above(line.state.seq, AT_ONCE)
            if generation != self.venue.generation:
                break
            due = [entry for entry in entries if entry.at_ms <= at_ms]
            for entry in due:
                line.follow(entry)
            if len(due) < AT_ONCE:
                self.venue.timekeeper.put(None, None, max(at_ms, self.venue.now_ms()))
                await line.writer.wait()
                return True
        return False

    async def end(self) -> None:
        """End its writer."""
        await self.venue.line.writer.stop()
