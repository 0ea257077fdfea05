"""Control calls that make the market maker of convert refuse trades."""

from __future__ import annotations

from typing import Any

from tallystick.engine import commands
from tallystick.engine.state import State
from tallystick.server import user_calls
from tallystick.server.control_form import Body, Controlled, Empty, Query


class RejectionsBody(Body, frozen=True):
    """The next `count` trades of the user named, or of everybody; 0 takes them back."""

    count: int
    user: str | None = None


async def show_rejections(control: Controlled, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
    return {"rejections": await control.venue.query(lambda state, _: rejections_of(state))}


async def set_rejections(
    control: Controlled, body: RejectionsBody, names: tuple[str, ...], query: Query
) -> dict[str, Any]:
    """An event like any other, so a replay refuses the same trades."""
    user_id = 0 if body.user is None else await user_calls.user_id(control, body.user)
    return await control.venue.perform(
        lambda state, now_ms: commands.RejectConverts(user_id=user_id, count=body.count),
        lambda stamp, events, state: {"rejections": rejections_of(state)},
    )


def rejections_of(state: State) -> list[dict[str, Any]]:
    """What is still to be refused; a user of null is everybody."""
    return [
        {"user": state.users[user_id].name if user_id else None, "count": count}
        for user_id, count in sorted(state.rejections.items())
    ]
