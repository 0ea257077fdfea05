"""Requests the server has answered lately, with the reasons of those it refused, and notes about interest and work.

Two lists are kept, so that many good requests do not push the refusals out. Both have a bound; numbers go on beyond it,
so a reader can tell that some are missing. A request costs one entry and no words: these are made when somebody reads.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.contract.core import Doc
from tallystick.server.reasons import Reason

KEPT_MAX: Final = 2_000
"""Requests that are kept."""
REFUSED_MAX: Final = 1_000
"""Refused requests that are kept."""
TARGET_MAX: Final = 300
"""Bytes that are kept of a path with its query."""
NOTES_MAX: Final = 1_000
"""Notes that are kept."""
WELL: Final = b'{"code":"0",'
"""Beginning of an answer that refuses nothing."""


class Asking(NamedTuple):
    """A request as it came. `user_id` is 0 for one without a key."""

    at_ms: int
    user_id: int
    method: str
    operation: str
    target: bytes


Asked: TypeAlias = tuple[int, int, str, str, bytes]
"""Fields of an `Asking`, from those for whom its making would take too long."""


class Seen(NamedTuple):
    """One request and its answer; `us` is the time between them in microseconds."""

    number: int
    asked: Asking
    status: int
    code: str
    us: int
    reasons: tuple[Reason, ...] = ()
    lint: str = ""
    fault: str = ""
    """Kind of the fault that answered it, "" for none."""


_Kept: TypeAlias = tuple[int, Asked, int, str, int, tuple[Reason, ...], str, str]
"""Fields of a `Seen`, which is made when somebody reads."""


class Note(NamedTuple):
    """Something else worth a line: `kind` is interest, of hours that passed, or work, that takes long."""

    number: int
    at_ms: int
    kind: str
    words: Doc


class _Coded(Struct):
    code: str | int = ""


class Requests:
    """Requests of one server, the oldest first."""

    def __init__(self) -> None:
        self.kept: deque[_Kept] = deque(maxlen=KEPT_MAX)
        self.refused: deque[_Kept] = deque(maxlen=REFUSED_MAX)
        self.number = 0
        self.notes: deque[Note] = deque(maxlen=NOTES_MAX)
        self.notes_number = 0

    def remark(self, at_ms: int, kind: str, words: Doc) -> None:
        """Keep a note."""
        self.notes_number += 1
        self.notes.append(Note(self.notes_number, at_ms, kind, words))

    def note(
        self,
        asked: Asked,
        status: int,
        body: bytes,
        us: int,
        reasons: tuple[Reason, ...] = (),
        *,
        lint: str = "",
        fault: str = "",
    ) -> None:
        """Keep a request that was answered with this body."""
        self.number += 1
        code = "0" if body.startswith(WELL) else code_of(body)
        if len(asked[4]) > TARGET_MAX:
            asked = (*asked[:4], asked[4][:TARGET_MAX])
        kept = (self.number, asked, status, code, us, reasons, lint, fault)
        self.kept.append(kept)
        if reasons:
            self.refused.append(kept)

    def after(self, number: int, limit: int) -> list[Seen]:
        """The first requests above a number, at most `limit`."""
        missing = len(self.kept) - (self.number - number)
        start = max(0, missing)
        return [seen_of(self.kept[place]) for place in range(start, min(len(self.kept), start + limit))]

    def last_refused(self, count: int) -> list[Seen]:
        """The last refused requests, at most `count`."""
        return [seen_of(kept) for kept in list(self.refused)[max(0, len(self.refused) - count) :]]


def seen_of(kept: _Kept) -> Seen:
    return Seen._make((kept[0], Asking._make(kept[1]), *kept[2:]))


def code_of(body: bytes) -> str:
    """Code of an answer; "" for one that has none."""
    try:
        return str(msgspec.json.decode(body, type=_Coded).code)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ""
