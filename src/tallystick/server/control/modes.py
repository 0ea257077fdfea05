"""Control calls of account modes: what the website's questionnaire opens, and what may stand in the way of a switch."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Struct

from tallystick.contract.core import Doc, doc
from tallystick.engine import modes
from tallystick.engine.kinds import SPOT, SwitchObstacle
from tallystick.engine.state import State, User
from tallystick.server.control.form import Body, Called, ControlEndpoint, Spelling
from tallystick.server.control.users import USER, OpenedMode, id_of, modes_of
from tallystick.views import kinds

Obstacle: TypeAlias = Literal["pending_algos", "vip_fixed_loan", "compliance_restriction", "compliance_kyc2"]

_OBSTACLES: dict[Obstacle, SwitchObstacle] = {
    "pending_algos": "algos",
    "vip_fixed_loan": "fixed_loan",
    "compliance_restriction": "region",
    "compliance_kyc2": "identity",
}


class ModesBody(Body, frozen=True, kw_only=True):
    """Modes to open: "3" is multi-currency margin, "4" portfolio margin."""

    open: Annotated[
        list[OpenedMode],
        doc("Mode: 3 multi-currency, 4 portfolio margin", "模式：3 为跨币种保证金，4 为组合保证金"),
    ]


class ObstaclesBody(Body, frozen=True, kw_only=True):
    """Items in the way of another mode from now on; an empty list takes all of it away."""

    obstacles: Annotated[
        tuple[Obstacle, ...], doc("What stands in the way; none for nothing", "阻碍切换的项目，留空为没有")
    ] = ()


class Modes(Struct, frozen=True, kw_only=True):
    """Mode of a user, and the modes that are open to them."""

    name: str
    mode: str
    open: list[str]


class Obstacles(Struct, frozen=True, kw_only=True):
    name: str
    obstacles: list[str]


async def open_modes(call: Called, body: ModesBody) -> Modes:
    """Open modes to an account; those that are open stay open."""
    wanted = modes_of(body.open)
    return await call.venue.perform(
        lambda state, now_ms: modes.OpenModes(user_id=id_of(state, call.name), modes=wanted),
        lambda stamp, events, state: _modes(_user(state, call.name)),
    )


async def set_obstacles(call: Called, body: ObstaclesBody) -> Obstacles:
    """Set what stands in the way of another mode, in place of what stood there."""
    wanted = tuple(_OBSTACLES[item] for item in body.obstacles)
    return await call.venue.perform(
        lambda state, now_ms: modes.SetObstacles(user_id=id_of(state, call.name), obstacles=wanted),
        lambda stamp, events, state: Obstacles(
            name=call.name, obstacles=[kinds.SWITCH_ITEMS[item] for item in _user(state, call.name).obstacles]
        ),
    )


def _user(state: State, name: str) -> User:
    return state.users[id_of(state, name)]


def _modes(user: User) -> Modes:
    return Modes(
        name=user.name,
        mode=kinds.MODES[user.mode],
        open=[kinds.MODES[mode] for mode in (SPOT, *user.modes_open)],
    )


ENDPOINTS = (
    ControlEndpoint(
        "POST",
        "users/*/modes",
        body=ModesBody,
        answer=Modes,
        handler=open_modes,
        words=Doc(
            "Open account modes to a user, as the website's questionnaire does; set-account-level then switches",
            "为用户开放账户模式，相当于网站上的问卷；之后用 set-account-level 切换",
        ),
        samples=('{"open": ["3", "4"]}',),
        spelling=Spelling("users modes", ("open",), USER),
    ),
    ControlEndpoint(
        "POST",
        "users/*/obstacles",
        body=ObstaclesBody,
        answer=Obstacles,
        handler=set_obstacles,
        words=Doc(
            "Say which items prevent a switch of the account mode: those that this venue never has by itself",
            "设定阻碍切换账户模式的项目，这些项目本平台自身不会产生",
        ),
        samples=('{"obstacles": ["pending_algos"]}', '{"obstacles": []}'),
        spelling=Spelling("users obstacles", ("obstacles",), USER),
    ),
)
