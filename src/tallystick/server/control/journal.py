"""Control calls that show the venue's health, state and journal, verify it, or reset it."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from tallystick.contract.core import Doc
from tallystick.server.control.clock import Clock, clock_at
from tallystick.server.control.form import Called, ControlEndpoint, Empty, Query
from tallystick.server.control.platform import borrowing
from tallystick.server.control.text import number
from tallystick.server.control.users import User, users_of
from tallystick.venue.venue import VenueHalted
from tallystick.venue.verify import Verdict

ENTRIES_MAX = 1_000


class JournalQuery(Query, frozen=True, kw_only=True):
    """Query for at most `limit` entries (1,000) after number `after`."""

    after: str = "0"
    limit: str = "100"


class Health(Clock, frozen=True, kw_only=True):
    """Health of the venue.

    `seq` is the number of the newest entry; `borrowing` is halted while the insurance fund is empty (decisions/024).
    The last three are the settings of the server.
    """

    seq: int
    borrowing: Literal["open", "halted"]
    surface: str | UnsetType = UNSET
    market: str | UnsetType = UNSET
    limits: str | UnsetType = UNSET


class StateHash(Struct, frozen=True, kw_only=True):
    seq: int
    hash: str


class Begun(Clock, frozen=True, kw_only=True):
    users: list[User]


class Entry(Struct, frozen=True, kw_only=True):
    """An entry of the journal, with its command and events as they are on disk."""

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
    seq, lends, now_ms = await call.venue.query(lambda state, now_ms: (state.seq, borrowing(state), now_ms))
    mode, speed = call.venue.clock
    now = clock_at(call.venue, now_ms).now
    return Health(seq=seq, borrowing=lends, now=now, now_ms=now_ms, mode=mode, speed=speed, **call.about)


async def state_hash(call: Called, body: Empty) -> StateHash:
    seq, digest = await call.venue.state_hash()
    return StateHash(seq=seq, hash=digest)


async def verify(call: Called, body: Empty) -> Verdict:
    return await call.venue.verify()


async def reset(call: Called, body: Empty) -> Begun:
    await call.venue.reset()
    call.after_reset()
    users = await call.venue.query(lambda state, _: users_of(state))
    now_ms = await call.venue.tell_ms()
    mode, speed = call.venue.clock
    return Begun(users=users, now=clock_at(call.venue, now_ms).now, now_ms=now_ms, mode=mode, speed=speed)


async def journal(call: Called, body: Empty) -> Entries:
    asked = call.asked(JournalQuery)
    after = number(asked.after, "after")
    limit = min(number(asked.limit, "limit"), ENTRIES_MAX)
    await call.venue.query(lambda state, _: None)
    return Entries(
        entries=[
            Entry(
                seq=entry.seq,
                at_ms=entry.at_ms,
                command=Raw(entry.command),
                events=Raw(entry.events),
                hash=entry.hash.hex(),
            )
            for entry in await call.venue.store.entries_above(after, limit)
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
    ),
    ControlEndpoint(
        "GET", "state-hash", Empty, StateHash, state_hash, Doc("Show the digest of the state", "查看状态摘要")
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
    ),
    ControlEndpoint(
        "POST",
        "verify",
        Empty,
        Verdict,
        verify,
        Doc("Check all stored data against the journal", "用日志核对全部存储内容"),
    ),
    ControlEndpoint(
        "POST",
        "reset",
        Empty,
        Begun,
        reset,
        Doc(
            "Reset the venue to its start at the present time; the clock and the keys of the seeded users stay",
            "从当前时间重新开始，保留时钟设置和初始用户的密钥",
        ),
    ),
)
