"""Control calls that show what the venue was asked lately, and why it refused."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from tallystick.contract.core import Doc, doc
from tallystick.server.control.form import Called, ControlEndpoint, Empty, IsoTime, Query
from tallystick.server.control.text import iso, number
from tallystick.server.seen import KEPT_MAX, NOTES_MAX, Seen

LIMIT_MAX = KEPT_MAX


class RefusalsQuery(Query, frozen=True, kw_only=True):
    """Query for the `last` refused requests, at most 1,000."""

    last: Annotated[str, doc("Refused requests at most", "最多的拒绝数")] = "20"


class RequestsQuery(Query, frozen=True, kw_only=True):
    """Query for at most `limit` requests (2,000) after number `after`."""

    after: Annotated[str, doc("Begin after this request", "从此请求之后开始")] = "0"
    limit: Annotated[str, doc("Requests at most", "最多的请求数")] = "100"


class NotesQuery(Query, frozen=True, kw_only=True):
    """Query for at most `limit` notes (1,000) after number `after`."""

    after: Annotated[str, doc("Begin after this note", "从此记录之后开始")] = "0"
    limit: Annotated[str, doc("Notes at most", "最多的记录数")] = "100"


class Why(Struct, frozen=True, kw_only=True):
    """Reason of a refusal, in both languages. `numbers` are the facts that decided it, `levers` what changes them.

    `item` is the place of an order in its list, 0 for a request as a whole.
    """

    reason: str
    reason_zh: str
    levers: tuple[str, ...]
    numbers: dict[str, str]
    item: int


class Request(Struct, frozen=True, kw_only=True):
    """A request the server has answered. `user` is "" without a key, `us` the time to its answer in microseconds.

    `operation` is the name of the endpoint or the path of a control call, `code` that of the answer, "" for none.
    `fault` is the kind of the fault that answered, "" for none.
    """

    number: int
    at: IsoTime
    at_ms: int
    user: str
    method: str
    operation: str
    target: str
    status: int
    code: str
    us: int
    why: tuple[Why, ...]
    lint: str
    fault: str


class Requests(Struct, frozen=True, kw_only=True):
    """Requests, oldest first. `newest` is the number of the last one there is."""

    requests: list[Request]
    newest: int


class Note(Struct, frozen=True, kw_only=True):
    """A line, in both languages, about what no request did: `kind` is interest, of hours that passed, or long work."""

    number: int
    at: IsoTime
    at_ms: int
    kind: str
    words: str
    words_zh: str


class Notes(Struct, frozen=True, kw_only=True):
    """Notes, oldest first. `newest` is the number of the last one there is."""

    notes: list[Note]
    newest: int


async def refusals(call: Called, body: Empty) -> Requests:
    last = number(call.asked(RefusalsQuery).last, "last")
    await call.venue.tell(call.venue.now_ms())
    return _answer(call, call.seen.last_refused(last))


async def requests(call: Called, body: Empty) -> Requests:
    asked = call.asked(RequestsQuery)
    after, limit = number(asked.after, "after"), min(number(asked.limit, "limit"), LIMIT_MAX)
    await call.venue.tell(call.venue.now_ms())
    return _answer(call, call.seen.after(after, limit))


async def notes(call: Called, body: Empty) -> Notes:
    asked = call.asked(NotesQuery)
    after, limit = number(asked.after, "after"), min(number(asked.limit, "limit"), NOTES_MAX)
    await call.venue.tell(call.venue.now_ms())
    found = [one for one in call.seen.notes if one.number > after][:limit]
    rows = [
        Note(
            number=one.number,
            at=iso(one.at_ms),
            at_ms=one.at_ms,
            kind=one.kind,
            words=one.words.en,
            words_zh=one.words.zh,
        )
        for one in found
    ]
    return Notes(notes=rows, newest=call.seen.notes_number)


def _answer(call: Called, found: list[Seen]) -> Requests:
    users = call.venue.state.users
    rows = [row(seen, users[seen.asked.user_id].name if seen.asked.user_id in users else "") for seen in found]
    return Requests(requests=rows, newest=call.seen.number)


def row(seen: Seen, user: str) -> Request:
    """A request as it is shown."""
    return Request(
        number=seen.number,
        at=iso(seen.asked.at_ms),
        at_ms=seen.asked.at_ms,
        user=user,
        method=seen.asked.method,
        operation=seen.asked.operation,
        target=seen.asked.target.decode("latin-1"),
        status=seen.status,
        code=seen.code,
        us=seen.us,
        why=tuple(
            Why(reason=one.en, reason_zh=one.zh, levers=one.levers, numbers=one.numbers, item=one.item)
            for one in seen.reasons
        ),
        lint=seen.lint,
        fault=seen.fault,
    )


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "refusals",
        Empty,
        Requests,
        refusals,
        words=Doc(
            "Show the last refused requests, each with its reason, the numbers that decided it, and what "
            "you can change",
            "查看最近被拒绝的请求，包括原因、相关数值和调整方法",
        ),
        samples=("last=20",),
        query=RefusalsQuery,
    ),
    ControlEndpoint(
        "GET",
        "requests",
        Empty,
        Requests,
        requests,
        words=Doc(
            "List the last requests, oldest first, with code, time taken, reasons and lint",
            "按时间顺序列出最近的请求，包括代码、耗时、原因和提示（lint）",
        ),
        samples=("after=0",),
        query=RequestsQuery,
    ),
    ControlEndpoint(
        "GET",
        "notes",
        Empty,
        Notes,
        notes,
        words=Doc(
            "List lines about the interest of past hours, and about work that takes long, oldest first",
            "按时间顺序列出已过小时的利息，以及耗时较长的工作",
        ),
        samples=("after=0",),
        query=NotesQuery,
    ),
)
