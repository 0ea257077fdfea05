"""Control calls of the clock."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tallystick.contract.core import Doc
from tallystick.server.control.form import Body, Called, ControlEndpoint, Empty, IsoTime, Span, Wrong
from tallystick.server.control.text import duration_ms, iso, moment_ms
from tallystick.venue.venue import Venue, VenueHalted

ADVANCE_MS_MAX = 366 * 86_400_000


class ClockBody(Body, frozen=True, kw_only=True):
    """Change of the clock. `speed` is venue seconds per real second; `at` is an ISO time not before now."""

    mode: Literal["real", "frozen"] | None = None
    speed: int | None = None
    at: IsoTime | None = None


class AdvanceBody(Body, frozen=True, kw_only=True):
    """Target of an advance: exactly one of ms, a duration such as "7d", and an ISO time or "next", the next due."""

    ms: int | None = None
    by: Span | None = None
    to: IsoTime | None = None


class Clock(Struct, frozen=True, kw_only=True):
    """The venue's time, ISO 8601 and Unix ms, and the mode and speed of its clock."""

    now: IsoTime
    now_ms: int
    mode: Literal["real", "frozen"]
    speed: int


def clock_at(venue: Venue, now_ms: int) -> Clock:
    mode, speed = venue.clock
    return Clock(now=iso(now_ms), now_ms=now_ms, mode=mode, speed=speed)


async def show(call: Called, body: Empty) -> Clock:
    if call.venue.halted is not None:
        raise VenueHalted(call.venue.halted)
    return clock_at(call.venue, await call.venue.tell_ms())


async def change(call: Called, body: ClockBody) -> Clock:
    at_ms = None if body.at is None else moment_ms(body.at)
    with_hint = "give mode real or frozen, speed 1 or more, at a time not before now"
    if body.mode is None and body.speed is None and at_ms is None:
        raise Wrong(400, "nothing to change", with_hint)
    try:
        return clock_at(call.venue, await call.venue.set_clock(body.mode, body.speed, at_ms))
    except ValueError as problem:
        raise Wrong(400, str(problem), with_hint) from None


async def advance(call: Called, body: AdvanceBody) -> Clock:
    """Advance the clock. Answers when everything due until then has happened and is on disk."""
    if (body.ms is not None) + (body.by is not None) + (body.to is not None) != 1:
        raise Wrong(400, "give exactly one of ms, by and to", 'such as {"by": "7d"} or {"to": "next"}')
    venue = call.venue
    now_ms = venue.now_ms()
    try:
        if body.to == "next":
            return clock_at(venue, await venue.advance(to_next=True))
        if body.to is not None:
            to_ms = moment_ms(body.to)
            if to_ms - now_ms > ADVANCE_MS_MAX:
                raise Wrong(400, "the clock moves at most 366 days in one call")
            return clock_at(venue, await venue.advance(to_ms=to_ms))
        by_ms = body.ms if body.ms is not None else duration_ms(body.by or "")
        if not 0 <= by_ms <= ADVANCE_MS_MAX:
            raise Wrong(400, "the clock only moves forwards, at most 366 days in one call")
        return clock_at(venue, await venue.advance(by_ms=by_ms))
    except ValueError as problem:
        raise Wrong(400, str(problem)) from None


ENDPOINTS = (
    ControlEndpoint("GET", "clock", Empty, Clock, show, Doc("Show time, mode and speed", "查看时间、模式和速度")),
    ControlEndpoint(
        "POST",
        "clock",
        ClockBody,
        Clock,
        change,
        Doc("Freeze the clock, let it run, change its speed or set it", "冻结、恢复、调速或设置时钟"),
        ('{"mode": "frozen"}', '{"mode": "real"}', '{"speed": 60}', '{"at": "2026-12-01T00:00:00Z"}'),
    ),
    ControlEndpoint(
        "POST",
        "clock/advance",
        AdvanceBody,
        Clock,
        advance,
        Doc(
            "Advance the clock; the answer comes when everything due until then has happened",
            "推进时钟，到期的事全部发生后才返回",
        ),
        ('{"by": "7d"}', '{"ms": 500}', '{"to": "next"}'),
    ),
)
