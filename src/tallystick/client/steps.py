"""Steps that a flow asks for, and what it gets back. Whoever runs a flow moves bytes and time, and decides nothing."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

BODY_MAX: Final = 64 * 1024 * 1024
"""Largest body of an answer that is read. The instruments of all markets are about 10 MiB."""


LATE_S: Final = 0.25
"""By how much a request may wait beyond its deadline: a time limit of its own for each costs time."""


class Headers(dict[str, str]):
    """Header fields of a request. They hold the key's passphrase and signature, so that nothing shows them."""

    def __repr__(self) -> str:
        return f"<{len(self)} header fields>"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("header fields hold a passphrase and are not pickled")


class Send(Struct, frozen=True):
    """Send a request and read its answer. `target` is path and query; `deadline` is on the monotonic clock (s).

    Answered by `Received` or `Failed`, never by an exception, so that no traceback holds the frames of a library with
    header fields in them.
    """

    method: Literal["GET", "POST"]
    target: str
    headers: Headers
    body: bytes
    deadline: float
    repeatable: bool
    """A read: a library may send it again by itself on a connection that was closed while it was idle."""


class Wait(Struct, frozen=True):
    """Let this many seconds pass. Answered by None."""

    seconds: float


class Reserve(Struct, frozen=True):
    """Take a turn under rate limits: `windows` are the names of counters, with the most requests a period (ms).

    Answered by `Turn`: reserved, or how long until it is worth asking again.
    """

    windows: tuple[tuple[str, int, int, int], ...]
    """(name, requests, period_ms, count)."""
    busy_ms: int
    """How long the request may be under way at most."""


class Release(Struct, frozen=True):
    """The request of a turn is over: its window runs from now on. Answered by None."""

    turn: Turn


class Remember(Struct, frozen=True):
    """Keep for all processes of this machine whose key this is. Answered by None."""

    fingerprint: str
    uid: str
    main_uid: str


class Keep(Struct, frozen=True):
    """Write a new file and sync it, whole or not at all. Answered by `Kept`: `there` where it stood there before."""

    name: str
    content: bytes


class Drop(Struct, frozen=True):
    """Remove a file that holds this mark. Answered by None."""

    name: str
    mark: str


class Tell(Struct, frozen=True):
    """Put the outcome in place of the file that holds this mark, until the call has returned it. Answered by None."""

    name: str
    mark: str
    content: bytes


class ListKept(Struct, frozen=True):
    """Read all files that are kept. Answered by `Kept`."""


class Kept(Struct, frozen=True):
    """Files by name, and what went wrong."""

    files: tuple[tuple[str, bytes], ...] = ()
    there: bool = False
    failed: str = ""
    place: str = ""
    """Where the file lies that was asked for, or the folder of all."""


class Turn(Struct, frozen=True):
    """Slots that were reserved, or with `wait_ms` above zero none."""

    wait_ms: int
    slots: tuple[tuple[str, int], ...] = ()
    """(name, slot) of every counter."""
    periods: tuple[int, ...] = ()
    until_ms: int = 0
    """When the slots are free if nobody releases them, less their period."""


class Received(Struct, frozen=True):
    """An answer."""

    status: int
    body: bytes


class Failed(Struct, frozen=True):
    """No answer, or none that could be read. `sent`: at least a part of the request may have reached the exchange."""

    sent: bool
    reason: str


FORKED: Final = Failed(False, "the client was made before a fork; make an AsyncClient in each process")
"""Answer of an async transport in a child: neither its loop nor its threads came along."""

Step: TypeAlias = Send | Wait | Reserve | Release | Remember | Keep | Drop | Tell | ListKept
Result: TypeAlias = Received | Failed | Turn | Kept | None
