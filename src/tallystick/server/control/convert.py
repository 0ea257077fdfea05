"""Control calls that make convert's market maker refuse trades."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tallystick.contract.core import Doc
from tallystick.engine import commands
from tallystick.engine.state import State
from tallystick.server.control.form import Body, Called, ControlEndpoint, Empty
from tallystick.server.control.users import id_of

KIND: Final = "convert-rejected"


class RejectionsBody(Body, frozen=True, kw_only=True):
    """Refusal of the next `count` trades of the named user, or of all users without one; 0 cancels it."""

    count: int
    user: str | None = None


class Rejection(Struct, frozen=True, kw_only=True):
    """Trades still to be refused, `count` of them; a user of null means all users."""

    user: str | None
    count: int


class Rejections(Struct, frozen=True, kw_only=True):
    rejections: list[Rejection]


async def list_rejections(call: Called, body: Empty) -> Rejections:
    return await call.venue.query(lambda state, _: rejections_of(state))


async def set_rejections(call: Called, body: RejectionsBody) -> Rejections:
    """Set the number of trades to refuse. It is an event of the journal, so a replay refuses the same trades."""
    return await call.venue.perform(
        lambda state, now_ms: rejecting(0 if body.user is None else id_of(state, body.user), body.count),
        lambda stamp, events, state: rejections_of(state),
    )


def rejecting(user_id: int, count: int) -> commands.InjectFault | commands.ClearFaults:
    if count == 0:
        return commands.ClearFaults(fault_ids=(user_id + 1,))
    rule = commands.FaultRule(fault_id=user_id + 1, kind=KIND, user_id=user_id, count=count)
    return commands.InjectFault(rule=rule)


def rejections_of(state: State) -> Rejections:
    left = {
        fault.rule.user_id: fault.rule.count - fault.fired
        for fault in state.faults.values()
        if fault.rule.kind == KIND and fault.rule.count > fault.fired
    }
    return Rejections(
        rejections=[
            Rejection(user=state.users[user_id].name if user_id else None, count=count)
            for user_id, count in sorted(left.items())
        ]
    )


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "convert/rejections",
        Empty,
        Rejections,
        list_rejections,
        Doc("List the convert trades that are still to be refused", "列出仍将被拒绝的闪兑笔数"),
    ),
    ControlEndpoint(
        "POST",
        "convert/rejections",
        RejectionsBody,
        Rejections,
        set_rejections,
        Doc(
            "Make the market maker refuse the next convert trades of this user (`rejected`), or of all without `user`",
            "该用户接下来的闪兑被做市商拒绝（`rejected`）；不带 `user` 则对所有用户生效",
        ),
        ('{"user": "alice", "count": 2}',),
    ),
)
