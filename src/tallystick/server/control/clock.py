"""Control calls of the clock."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Struct, UnsetType

from tallystick.contract.core import Doc, doc
from tallystick.server.control.form import Body, Called, ControlEndpoint, Empty, IsoTime, Span, Spelling, Wrong
from tallystick.server.control.text import duration_ms, iso, moment_ms
from tallystick.venue.venue import Venue, VenueHalted

ADVANCE_MS_MAX = 366 * 86_400_000


class ClockBody(Body, frozen=True, kw_only=True):
    """Change of the clock. `speed` is venue seconds per real second; `at` is an ISO time not before now."""

    mode: Annotated[Literal["real", "frozen"] | None, doc("Let the clock run, or freeze it", "让时钟运行或冻结")] = None
    speed: Annotated[int | None, doc("Venue seconds per real second", "每个真实秒对应的平台秒数")] = None
    at: Annotated[
        IsoTime | None, doc("Time to set, not before now (ISO 8601)", "要设置的时间，不早于现在（ISO 8601）")
    ] = None


class AdvanceBody(Body, frozen=True, kw_only=True):
    """Target of an advance: exactly one of ms, a duration such as "7d", and an ISO time or "next", the next due.

    Without `wait` the answer comes at once, and `GET clock` tells how far it is.
    """

    ms: Annotated[int | None, doc("Milliseconds to advance", "推进的毫秒数")] = None
    by: Annotated[
        Span | None, doc("Span to advance: a number and ms, s, m, h, d or w", "推进的时长：数字加 ms、s、m、h、d 或 w")
    ] = None
    to: Annotated[
        IsoTime | None,
        doc(
            "Time to advance to (ISO 8601), or next, the next due",
            "推进到的时间（ISO 8601），或 next，即下一个到期时刻",
        ),
    ] = None
    wait: Annotated[bool, doc("Answer once all that is due has happened", "等到期的事全部发生后再返回")] = True


class Advancing(Struct, frozen=True, kw_only=True):
    """An advance under way, and the per cent of it that are done."""

    since: IsoTime
    to: IsoTime
    percent: int


class Clock(Struct, frozen=True, kw_only=True):
    """The venue's time, ISO 8601 and Unix ms, and the mode and speed of its clock.

    `advancing` is there while a call puts the clock forward.
    """

    now: IsoTime
    now_ms: int
    mode: Literal["real", "frozen"]
    speed: int
    advancing: Advancing | UnsetType = UNSET


def clock_at(venue: Venue, now_ms: int) -> Clock:
    mode, speed = venue.clock
    return Clock(now=iso(now_ms), now_ms=now_ms, mode=mode, speed=speed, advancing=advancing_of(venue, now_ms))


def advancing_of(venue: Venue, now_ms: int) -> Advancing | UnsetType:
    """The advance under way, as it is shown."""
    going = venue.advancing
    if going is None:
        return UNSET
    return Advancing(since=iso(going.from_ms), to=iso(going.to_ms), percent=going.share(now_ms))


async def show(call: Called, body: Empty) -> Clock:
    if call.venue.halted is not None:
        raise VenueHalted(call.venue.halted)
    return clock_at(call.venue, await call.venue.tell_ms())


async def change(call: Called, body: ClockBody) -> Clock:
    at_ms = None if body.at is None else moment_ms(body.at)
    with_hint = "give mode real or frozen, speed 1 or more, at a time not before now"
    if body.mode is None and body.speed is None and at_ms is None:
        raise Wrong(400, "nothing to change", with_hint)
    if at_ms is not None:
        call.venue.timekeeper.require_standing()
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
    venue.timekeeper.require_standing()
    move = venue.advance if body.wait else venue.set_out
    try:
        if body.to == "next":
            return clock_at(venue, await move(to_next=True))
        if body.to is not None:
            to_ms = moment_ms(body.to)
            if to_ms - now_ms > ADVANCE_MS_MAX:
                raise Wrong(400, "the clock moves at most 366 days in one call")
            return clock_at(venue, await move(to_ms=to_ms))
        by_ms = body.ms if body.ms is not None else duration_ms(body.by or "")
        if not 0 <= by_ms <= ADVANCE_MS_MAX:
            raise Wrong(400, "the clock only moves forwards, at most 366 days in one call")
        return clock_at(venue, await move(by_ms=by_ms))
    except ValueError as problem:
        raise Wrong(400, str(problem)) from None


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "clock",
        Empty,
        Clock,
        show,
        Doc("Show time, mode and speed", "查看时间、模式和速度"),
        spelling=Spelling("clock show"),
    ),
    ControlEndpoint(
        "POST",
        "clock",
        ClockBody,
        Clock,
        change,
        Doc("Freeze the clock, let it run, change its speed or set it", "冻结、恢复、调速或设置时钟"),
        ('{"mode": "frozen"}', '{"mode": "real"}', '{"speed": 60}', '{"at": "2026-12-01T00:00:00Z"}'),
        spelling=Spelling("clock set"),
    ),
    ControlEndpoint(
        "POST",
        "clock/advance",
        AdvanceBody,
        Clock,
        advance,
        Doc(
            "Advance the clock; the answer comes when everything due until then has happened, or at once if `wait` is "
            "false: `GET clock` then shows the progress. A second advance meanwhile is refused",
            "推进时钟，到期的事全部发生后才返回；`wait` 为 false 时立即返回，进度见 `GET clock`。"
            "推进期间再次推进会被拒绝",
        ),
        ('{"by": "7d"}', '{"ms": 500}', '{"to": "next"}', '{"by": "365d", "wait": false}'),
        spelling=Spelling("clock advance", ("by",)),
    ),
)
