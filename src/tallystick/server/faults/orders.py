"""Playing of faults on order operations over a WebSocket: the kinds of their REST twins, where they fit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from tallystick.server.faults.delays import Crowded, Delays, Dropped
from tallystick.server.faults.kinds import AUTH_CODES, SYSTEM_CODES

if TYPE_CHECKING:
    from tallystick.server.faults.rules import Rule
    from tallystick.server.ws.session import Session


class Played:
    """A rule that hits one operation. `carry` carries it out, `refuse` makes the answer of a code."""

    def __init__(
        self,
        rule: Rule,
        session: Session,
        carry: Callable[[], Awaitable[bytes]],
        refuse: Callable[[str], bytes],
        delays: Delays,
    ) -> None:
        self.rule = rule
        self.session = session
        self.carry = carry
        self.refuse = refuse
        self.delays = delays

    async def wait(self) -> None:
        await self.delays.wait(self.rule.ms, self.rule)

    def drop(self, *, reset: bool) -> None:
        self.session.socket.drop(reset=reset)


Play: TypeAlias = Callable[[Played], Awaitable[None]]


async def answer(play: Played) -> None:
    """Answer an operation that a rule hits."""
    try:
        await PLAYS[play.rule.kind.name](play)
    except Crowded:
        play.session.say(play.refuse("50013"))
    except Dropped:
        play.drop(reset=False)


async def delayed(play: Played) -> None:
    await play.wait()
    play.session.say(await play.carry())


async def delayed_after(play: Played) -> None:
    said = await play.carry()
    await play.delays.wait_if_room(play.rule.ms, play.rule)
    play.session.say(said)


async def dropped(play: Played, *, reset: bool) -> None:
    play.drop(reset=reset)


async def dropped_after(play: Played, *, reset: bool) -> None:
    await play.carry()
    play.drop(reset=reset)


async def twice(play: Played) -> None:
    first = await play.carry()
    second = await play.carry()
    play.session.say(first if play.rule.values["answer"] == "first" else second)


async def refused(code: str, play: Played) -> None:
    play.session.say(play.refuse(code))


async def refused_after(code: str, play: Played) -> None:
    await play.carry()
    play.session.say(play.refuse(code))


PLAYS: Final[dict[str, Play]] = {
    "delay": delayed,
    "delay-after-commit": delayed_after,
    "drop-before-commit": partial(dropped, reset=False),
    "drop-after-commit": partial(dropped_after, reset=False),
    "reset": partial(dropped, reset=True),
    "reset-after-commit": partial(dropped_after, reset=True),
    "double-delivery": twice,
    **{
        kind.name: partial(refused if kind.afterwards == "nothing" else refused_after, kind.code)
        for kind in (*SYSTEM_CODES, *AUTH_CODES)
    },
}
"""Kind -> how it is played."""
