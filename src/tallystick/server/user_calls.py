"""Control calls that make users and sub-accounts, list them, and put them on a level."""

from __future__ import annotations

import re
from typing import Any

from tallystick.engine import account_group, commands
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.server.control_form import Body, Controlled, Empty, Query, Wrong

NAME_FORM = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class UserBody(Body, frozen=True):
    """`master` is the name of the main account, for a sub-account."""

    name: str
    master: str | None = None


class LevelBody(Body, frozen=True):
    level: str


async def list_users(control: Controlled, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
    return {"users": await control.venue.query(lambda state, _: users_of(state))}


async def create_user(control: Controlled, body: UserBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
    if not NAME_FORM.fullmatch(body.name):
        raise Wrong(400, "a name is 1 to 32 of a-z, 0-9, _ and -, and begins with a letter or digit")
    master_id = 0 if body.master is None else await user_id(control, body.master)
    for _ in range(100):
        uid = await control.venue.query(lambda state, _: next_user_id(state))
        try:
            await control.venue.submit(commands.CreateUser(user_id=uid, name=body.name, master_id=master_id))
        except Rejected as rejected:
            # Two calls at once may have been given the same number; a name that is taken stays so.
            taken = await control.venue.query(lambda state, _: [user.name for user in state.users.values()])
            if rejected.reject is not Reject.USER_EXISTS or body.name in taken:
                raise
        else:
            return {"name": body.name, "uid": str(uid)} | ({"master": body.master} if master_id else {})
    raise Wrong(409, "too many users are being created at once", "try again")


async def set_level(control: Controlled, body: LevelBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
    """Of a main account; its sub-accounts have the same."""
    await control.venue.submit(commands.SetLevel(user_id=await user_id(control, names[0]), level=body.level))
    return {"name": names[0], "level": body.level}


async def user_id(control: Controlled, name: str) -> int:
    """Raises Wrong 404."""
    users = await control.venue.query(lambda state, _: users_of(state))
    for user in users:
        if user["name"] == name:
            return int(user["uid"])
    raise Wrong(404, f"there is no user {name[:40]!r}", "there are: " + ", ".join(user["name"] for user in users[:20]))


def users_of(state: State) -> list[dict[str, Any]]:
    """A sub-account names its main account."""
    return [
        {"name": user.name, "uid": str(user.user_id)}
        | ({"master": account_group.main_of(state, user.user_id).name} if user.master_id else {})
        for user in state.users.values()
    ]


def next_user_id(state: State) -> int:
    return max(state.users, default=0) + 1
