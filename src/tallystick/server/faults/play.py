"""Playing of faults on requests: what each kind does before, instead of and after a request is carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from tallystick.contract import by_name
from tallystick.server import answers
from tallystick.server.answers import CLOSE, NO_HEADERS, Answer
from tallystick.server.exchange import Exchange
from tallystick.server.faults import delivery, gateway, shapes
from tallystick.server.faults.delays import Crowded, Delays, Dropped
from tallystick.server.faults.delivery import Delivery
from tallystick.server.faults.kinds import AUTH_CODES, DETAILS, SYSTEM_CODES
from tallystick.server.request import Busy, Gone, Request, TooLarge

if TYPE_CHECKING:
    from tallystick.server.faults.rules import Faults, Rule

TIME: Final = by_name["time"].path


class Carry(Protocol):
    """Carries a request out as without a fault, but for a clock that seems to be `skew_ms` ahead."""

    def __call__(self, request: Request, skew_ms: int = 0, /) -> Awaitable[Answer]: ...


NO_ANSWER: Final[Answer] = (200, b"", CLOSE)
"""Answer that never leaves."""
HALF: Final = b'{"code":"0","data":[{"' + b" " * 20


class Replay:
    """Request that can be carried out later or twice: its body is kept once it was read; see `request.Request`."""

    def __init__(self, request: Request) -> None:
        self.method, self.target, self.path, self.query = request.method, request.target, request.path, request.query
        self.headers, self.peer, self.scheme = request.headers, request.peer, request.scheme
        self.has_body = request.has_body
        self.delivery: Delivery | None = None
        self._request = request
        self._body: bytes | None = None

    @property
    def whole(self) -> bool:
        return self._body is not None or self._request.whole

    async def body(self) -> bytes:
        if self._body is None:
            self._body = await self._request.body()
        return self._body

    async def pass_over(self) -> int:
        return len(self._body) if self._body is not None else await self._request.pass_over()

    async def keep(self) -> None:
        """Read the body now. A body that cannot be read is refused when the request is carried out."""
        try:
            if self.has_body:
                await self.body()
        except (TooLarge, Busy, Gone):
            pass


class Played:
    """A rule that hits one request: what a kind needs to play itself. `language` is that of texts."""

    def __init__(self, rule: Rule, request: Request, carry: Carry, delays: Delays, language: str) -> None:
        self.rule = rule
        self.request = request
        self.carry = carry
        self.delays = delays
        self.language = language

    async def carried_out(self) -> Answer:
        return await self.carry(self.request)

    async def passed_over(self) -> None:
        """Wait for the body of a request that is not carried out, so that the client has sent it whole."""
        try:
            if self.request.has_body:
                await self.request.pass_over()
        except (TooLarge, Busy, Gone):
            self.request.delivery = delivery.close

    async def wait(self) -> None:
        await self.delays.wait(self.ms_left(), self.rule)

    async def wait_afterwards(self) -> None:
        await self.delays.wait_if_room(self.ms_left(), self.rule)

    def ms_left(self) -> int:
        """The rule's delay; 0 if it was taken away meanwhile. Raises Dropped: the venue began anew meanwhile."""
        if self.rule.goes_on is False:
            raise Dropped
        return 0 if self.rule.goes_on else self.rule.ms


Play: TypeAlias = Callable[[Played], Awaitable[Answer]]


async def answer(faults: Faults, rule: Rule, request: Request, carry: Carry, language: str) -> Answer:
    """Answer a request that a rule hits."""
    try:
        return await PLAYS[rule.kind.name](Played(rule, request, carry, faults.delays, language))
    except Crowded:
        return answers.closing("50013", language)
    except Dropped:
        request.delivery = delivery.close
        return NO_ANSWER


# ---- how each kind is played


async def delayed(play: Played) -> Answer:
    """Wait, then carry the request out, also for a client that is gone by then: its request has arrived."""
    request = Replay(play.request)
    await request.keep()
    await play.wait()
    return await play.carry(request)


async def delayed_after(play: Played) -> Answer:
    found = await play.carried_out()
    await play.wait_afterwards()
    return found


async def twice(play: Played) -> Answer:
    request = Replay(play.request)
    first = await play.carry(request)
    second = await play.carry(request)
    return first if play.rule.values["answer"] == "first" else second


async def instead(said: Answer, play: Played) -> Answer:
    """Answer of a gateway: the request does not get through."""
    await play.passed_over()
    return said


async def in_place(said: Answer, play: Played) -> Answer:
    """Answer of a gateway: the request gets through, its answer does not."""
    await play.carried_out()
    return said


async def refused(key: str, play: Played) -> Answer:
    await play.passed_over()
    return answers.of_code(key, DETAILS.get(key, {}), play.language)


async def refused_after(key: str, play: Played) -> Answer:
    await play.carried_out()
    return answers.of_code(key, {}, play.language)


async def delivered(way: Delivery, play: Played) -> Answer:
    """Carry the request out; its answer leaves by `way`."""
    found = await play.carried_out()
    play.request.delivery = way
    return found


async def closed_after(play: Played) -> Answer:
    """End the connection after the answer, as far as it is this server's."""
    found = await play.carried_out()
    if isinstance(play.request, Exchange):
        play.request.delivery = delivery.then_close
    return found


async def undone(way: Delivery, said: Answer, play: Played) -> Answer:
    """Leave the request undone; `said` leaves by `way`."""
    play.request.delivery = way
    await play.passed_over()
    return said


async def slow(play: Played, *, head: bool) -> Answer:
    """Send the answer slowly; under another server, which sends it, late as a whole."""
    found = await play.carried_out()
    request, rule = play.request, play.rule
    if isinstance(request, Exchange) and request.method != "HEAD":
        await delivery.slowly(request, found, play.delays, rule, rule.ms, head=head)
    else:
        await play.wait_afterwards()
    return found


async def spoiled(change: Callable[[bytes], bytes], play: Played) -> Answer:
    status, body, extra = await play.carried_out()
    return status, change(body), extra


async def skewed(play: Played) -> Answer:
    """Judge the timestamp by a clock that is off, and tell the time by it."""
    ms = play.rule.ms
    status, body, extra = await play.carry(play.request, ms)
    if isinstance(play.request, Exchange):
        play.request.delivery = partial(delivery.dated, ms)
    if play.request.path == TIME.encode("ascii"):
        body = shapes.with_data(partial(shapes.later, ms))(body)
    return status, body, extra


async def stale(play: Played) -> Answer:
    """Answer from the past. A user who was not there yet is answered from the present."""
    past = play.rule.past
    if past is None:
        raise Dropped
    return await past.answer(play.request, play.rule.ms) or await play.carried_out()


async def mistyped(play: Played) -> Answer:
    status, body, extra = await play.carried_out()
    return status, body, [*extra, gateway.HTML]


PLAYS: Final[dict[str, Play]] = {
    "delay": delayed,
    "delay-after-commit": delayed_after,
    "drop-before-commit": partial(undone, delivery.close, NO_ANSWER),
    "drop-after-commit": partial(delivered, delivery.close),
    "reset": partial(undone, delivery.reset, NO_ANSWER),
    "reset-after-commit": partial(delivered, delivery.reset),
    "double-delivery": twice,
    "cut-head": partial(delivered, delivery.cut_head),
    "cut-body": partial(delivered, delivery.cut_body),
    "cut-body-before-commit": partial(undone, delivery.cut_body, (200, HALF * 2, NO_HEADERS)),
    "slow-head": partial(slow, head=True),
    "slow-body": partial(slow, head=False),
    "close-after-answer": closed_after,
    "html-502": partial(instead, gateway.BAD),
    "html-502-done": partial(in_place, gateway.BAD),
    "html-503": partial(instead, gateway.UNAVAILABLE),
    "html-504": partial(instead, gateway.TIMED_OUT),
    "html-504-done": partial(in_place, gateway.TIMED_OUT),
    "html-200": partial(instead, gateway.MAINTENANCE),
    "http-503": partial(instead, gateway.PLAIN_503),
    "429": partial(instead, gateway.PLAIN_429),
    "empty-200": partial(in_place, gateway.EMPTY),
    "empty-200-not-done": partial(instead, gateway.EMPTY),
    "wrong-content-type": mistyped,
    "clock-skew": skewed,
    "stale-read": stale,
    "truncated-json": partial(spoiled, shapes.truncated),
    "invalid-utf-8": partial(spoiled, shapes.not_utf_8),
    "shape-object": partial(spoiled, shapes.with_data(shapes.as_object)),
    "shape-strings": partial(spoiled, shapes.with_data(shapes.as_strings)),
    "shape-null": partial(spoiled, shapes.with_member("data", b"null")),
    "shape-empty": partial(spoiled, shapes.with_member("data", b"[]")),
    "shape-no-data": partial(spoiled, shapes.without("data")),
    "shape-no-code": partial(spoiled, shapes.without("code")),
    "shape-number-code": partial(spoiled, shapes.with_member("code", b"0")),
    "shape-empty-values": partial(spoiled, shapes.with_data(shapes.emptied)),
    "shape-new-fields": partial(spoiled, shapes.with_data(shapes.with_new_fields)),
    **{
        kind.name: partial(refused if kind.afterwards == "nothing" else refused_after, kind.code)
        for kind in (*SYSTEM_CODES, *AUTH_CODES)
    },
}
"""Kind -> how it is played."""
