"""A venue that leads only as long as its tenure lasts: afterwards it answers no question and takes no command."""

from __future__ import annotations

from tallystick.cluster.lease import Tenure
from tallystick.venue.line import Line
from tallystick.venue.sequencer import VenueHalted
from tallystick.venue.venue import Venue


class LeadingLine(Line):
    """Line of a leader. A process that was paused finds out here that others have gone on without it."""

    tenure: Tenure | None = None

    def require_running(self) -> None:
        super().require_running()
        if self.tenure is not None and self.tenure.over:
            raise VenueHalted("the lease of this server has run out")

    def enter_at_once(self) -> int | None:
        self.require_running()
        return super().enter_at_once()


class LeadingVenue(Venue):
    """Venue whose line has a tenure."""

    LINE = LeadingLine
    line: LeadingLine

    def lead(self, tenure: Tenure) -> None:
        """Lead as long as this tenure lasts. If a write fails, another server goes on."""
        self.line.tenure = tenure
        self.line.stands_by = True
