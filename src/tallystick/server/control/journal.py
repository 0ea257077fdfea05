"""Control calls that show the venue's health, state and journal, verify it, or reset it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace

from tallystick.contract.core import Doc, doc
from tallystick.engine import core
from tallystick.server.control.clock import Clock, advancing_of
from tallystick.server.control.form import Body, Called, ControlEndpoint, Empty, Query, Spelling, Wrong
from tallystick.server.control.platform import borrowing
from tallystick.server.control.text import iso, moment_ms, number
from tallystick.server.control.users import User, users_of
from tallystick.venue.venue import VenueHalted
from tallystick.venue.verify import Progressing, Verdict

ENTRIES_MAX = 1_000


class JournalQuery(Query, frozen=True, kw_only=True):
    """Query for at most `limit` entries (1,000) after number `after`."""

    after: Annotated[str, doc("Begin after this entry", "从此条目之后开始")] = "0"
    limit: Annotated[str, doc("Entries at most", "最多的条目数")] = "100"


class ResetBody(Body, frozen=True, kw_only=True):
    """Start of the new generation; `at` is an ISO time, which may be before now.

    Without it a venue with a frozen clock goes back to the time of its first start, and another one begins now.
    """

    at: Annotated[str | None, doc("Begin at this time (ISO 8601)", "从此时间开始（ISO 8601）")] = None


class Health(Clock, frozen=True, kw_only=True):
    """Health of the venue.

    `seq` is the number of the newest entry of the `generation`, which rises with each reset. `borrowing` is halted
    while the insurance fund is empty (decisions/024). `verifying` is there while a check of all data runs.
    `surface`, `market` and `limits` are the settings of the server. Where several serve one database, `role` is that of
    this one, and `term` that of the server that leads.
    """

    generation: int
    seq: int
    borrowing: Literal["open", "halted"]
    verifying: Progressing | UnsetType = UNSET
    surface: str | UnsetType = UNSET
    market: str | UnsetType = UNSET
    limits: str | UnsetType = UNSET
    role: Literal["leader", "follower"] | UnsetType = UNSET
    term: int | UnsetType = UNSET


class StateHash(Struct, frozen=True, kw_only=True):
    generation: int
    seq: int
    hash: str


class Begun(Clock, frozen=True, kw_only=True):
    """Start of a generation: its number, its time, and its users."""

    generation: int
    users: list[User]


class Entry(Struct, frozen=True, kw_only=True):
    """An entry of the journal, with its command and events as they are on disk."""

    generation: int
    seq: int
    at_ms: int
    command: Raw
    events: Raw
    hash: str


class Entries(Struct, frozen=True, kw_only=True):
    """Entries of the journal, oldest first."""

    entries: list[Entry]


async def health(call: Called, body: Empty) -> Health:
    if call.venue.halted is not None:
        raise VenueHalted(call.venue.halted)
    venue = call.venue
    generation, seq, lends, now_ms = await venue.query(
        lambda state, now_ms: (venue.generation, state.seq, borrowing(state), now_ms)
    )
    mode, speed = venue.clock
    found = Health(
        generation=generation,
        seq=seq,
        borrowing=lends,
        now=iso(now_ms),
        now_ms=now_ms,
        mode=mode,
        speed=speed,
        advancing=advancing_of(venue, now_ms),
        verifying=venue.verifying or UNSET,
    )
    return replace(found, **call.about)


async def state_hash(call: Called, body: Empty) -> StateHash:
    venue = call.venue
    generation, seq, digest = await venue.query(lambda state, _: (venue.generation, state.seq, core.state_hash(state)))
    return StateHash(generation=generation, seq=seq, hash=digest)


async def verify(call: Called, body: Empty) -> Verdict:
    return await call.venue.verify()


async def reset(call: Called, body: ResetBody) -> Begun:
    at_ms = None if body.at is None else moment_ms(body.at)
    try:
        await call.venue.reset(at_ms)
    except ValueError as problem:
        raise Wrong(400, str(problem), "give at a time within it") from None
    return await begun(call)


async def begun(call: Called) -> Begun:
    """Answer of a call that began a generation, once the server has forgotten what it knew of the one before."""
    call.after_reset()
    venue = call.venue
    generation, users = await venue.query(lambda state, _: (venue.generation, users_of(state)))
    now_ms = await venue.tell_ms()
    mode, speed = venue.clock
    return Begun(generation=generation, users=users, now=iso(now_ms), now_ms=now_ms, mode=mode, speed=speed)


async def journal(call: Called, body: Empty) -> Entries:
    asked = call.asked(JournalQuery)
    after = number(asked.after, "after")
    limit = min(number(asked.limit, "limit"), ENTRIES_MAX)
    generation, found = await call.venue.entries_above(after, limit)
    return Entries(
        entries=[
            Entry(
                generation=generation,
                seq=entry.seq,
                at_ms=entry.at_ms,
                command=Raw(entry.command),
                events=Raw(entry.events),
                hash=entry.hash.hex(),
            )
            for entry in found
        ]
    )


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "health",
        Empty,
        Health,
        health,
        Doc("Show that the venue runs, and the settings of the server", "查看服务是否正常及其运行参数"),
        spelling=Spelling("venue health"),
    ),
    ControlEndpoint(
        "GET",
        "state-hash",
        Empty,
        StateHash,
        state_hash,
        Doc("Show the digest of the state", "查看状态摘要"),
        spelling=Spelling("venue state-hash"),
    ),
    ControlEndpoint(
        "GET",
        "journal",
        Empty,
        Entries,
        journal,
        Doc("List entries of the journal, oldest first", "按时间顺序列出日志条目"),
        ("after=0",),
        JournalQuery,
        Spelling("venue journal"),
    ),
    ControlEndpoint(
        "POST",
        "verify",
        Empty,
        Verdict,
        verify,
        Doc("Check all stored data against the journal", "用日志核对全部存储内容"),
        spelling=Spelling("venue verify"),
    ),
    ControlEndpoint(
        "POST",
        "reset",
        ResetBody,
        Begun,
        reset,
        Doc(
            "Reset the venue to its start, with the initial users and their first keys. A frozen clock goes back to "
            "the time of the first start, a running clock begins at the present time; `at` sets another "
            "time. Mode and speed stay",
            "重置平台：恢复初始用户及其最初的密钥。冻结的时钟回到首次启动的时间，运行中的时钟从当前时间开始，"
            "也可用 `at` 指定；模式和速度不变",
        ),
        ("{}", '{"at": "2026-12-01T00:00:00Z"}'),
        spelling=Spelling("venue reset"),
    ),
)
