"""Subscribe and unsubscribe: every element of `args` is checked and answered on its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import msgspec

from tallystick.contract import channels as contract
from tallystick.contract.channels import Channel
from tallystick.contract.core import SURFACES, Request
from tallystick.server.faults import streams
from tallystick.views import Refusal
from tallystick.views.channels import require_known
from tallystick.wire import frames
from tallystick.wire.decode import Fault, decode_record

if TYPE_CHECKING:
    from tallystick.server.ws.hub import Key
    from tallystick.server.ws.session import Session

CONNECTIONS_PER_CHANNEL = 30
SUBSCRIPTIONS_PER_KEY = 100
SUBSCRIPTIONS_MAX = 1_000
"""Subscriptions of one connection (chosen: the documents name the close code and no number)."""

TOO_MANY_OF_KEY = (4003, "APIKey subscription amount exceeds the limit 100")
TOO_MANY_HERE = (4009, "The number of subscription channels for this connection exceeds the limit")
FULL_BOOK = "books-l2-tbt"
NOT_BESIDE_FULL_BOOK = ("books", "books50-l2-tbt")


async def subscribe(session: Session, args: object, request_id: str) -> None:
    """Acknowledge each element, then send the current state where the channel has one; or an error.

    A message holds more than a thousand of them, so the second and later ones take turns with other clients.
    """
    async for arg in _in_turns(session, _listed(args)):
        try:
            channel, record, shown = _read(session, arg)
            _admit(session, channel, record)
            _meet_fault(session, channel, record)
        except (Fault, Refusal) as fault:
            session.complain(fault, request_id)
            continue
        _take(session, channel, record, shown, request_id)


def _meet_fault(session: Session, channel: Channel, record: Request) -> None:
    """Refuse a subscription that a rule of faults hits. Raises Fault."""
    rule = streams.hit(session, "subscribe", channel.name)
    if rule is not None:
        raise Fault(rule.text, what=f"channel:{channel.name}", param=next(iter(record.__struct_fields__), "args"))


def _take(session: Session, channel: Channel, record: Request, shown: dict[str, str], request_id: str) -> None:
    key = _key(session, channel, record)
    session.say(frames.acknowledged("subscribe", shown, session.conn_id, request_id))
    generous = session.services.limiter.generosity
    if channel.counted:
        others = _connections_with(session, channel)
        if generous and others >= CONNECTIONS_PER_CHANNEL * generous:
            session.say(frames.connection_count(channel.name, others, session.conn_id, refused=True))
            return
        session.say(frames.connection_count(channel.name, others + 1, session.conn_id))
    known = key in session.subscribed
    if not known and len(session.subscribed) >= SUBSCRIPTIONS_MAX:
        session.cut(*TOO_MANY_HERE)
        return
    if not known and channel.login and generous and _of_key(session) >= SUBSCRIPTIONS_PER_KEY * generous:
        session.cut(*TOO_MANY_OF_KEY)
        return
    session.subscribed[key] = channel
    session.hub.subscribe(session, key, channel, _pushed_with(session, channel, shown))


async def unsubscribe(session: Session, args: object, request_id: str) -> None:
    """Acknowledge each element, with or without such a subscription."""
    async for arg in _in_turns(session, _listed(args)):
        try:
            channel, record, shown = _read(session, arg)
        except (Fault, Refusal) as fault:
            session.complain(fault, request_id)
            continue
        key = _key(session, channel, record)
        if session.subscribed.pop(key, None) is not None:
            session.hub.unsubscribe(session, key)
        session.say(frames.acknowledged("unsubscribe", shown, session.conn_id, request_id))


async def _in_turns(session: Session, args: list[object]) -> AsyncIterator[object]:
    """Yield elements one a turn. Ends early where the client has left."""
    for number, arg in enumerate(args):
        if number:
            await session.socket.turn()
        if session.socket.mute:
            return
        yield arg


def _listed(args: object) -> list[object]:
    """Elements of `args`. Raises Fault 60013: no list, or an empty one."""
    if type(args) is not list or not args:
        raise Fault("60013")
    return args


def _read(session: Session, arg: object) -> tuple[Channel, Request, dict[str, str]]:
    """Channel, argument, and both in the form of the echo.

    Raises, the first that applies: 60013 (no object), 60027 (no channel), 60018 (no such channel), 64001, 64002 or
    60008 (it belongs to another path), 60011 (it needs a login), 64000 (`uly`, where a family may be named),
    60027 or 60033 (its parameters, in declared order).
    """
    if type(arg) is not dict:
        raise Fault("60013")
    name = arg.get("channel")
    if not isinstance(name, str) or not name:
        raise Fault("60027", "channel", param="channel")
    channel = contract.by_name.get(name)
    if channel is None:
        raise Fault("60018", what=f"channel:{frames.short(name)}")
    if session.path and channel.path != session.path:
        if channel.path == "business":
            raise Fault("64001")
        raise Fault("64002") if session.path == "business" else Fault("60008", what=name)
    if channel.login and session.key is None:
        raise Fault("60011")
    if "uly" in arg and "instFamily" in channel.arguments.__struct_fields__:
        raise Fault("64000", "uly")
    try:
        record = decode_record(channel.arguments, arg)
    except Fault as fault:
        code = "60027" if fault.code == "50014" else "60033"
        raise Fault(code, fault.field, param=fault.field or "args") from None
    given = {field: str(value) for field, value in msgspec.structs.asdict(record).items() if value}
    return channel, record, {"channel": channel.name, **given}


def _admit(session: Session, channel: Channel, record: Request) -> None:
    """Check a subscription.

    Raises, the first that applies: 60029, 60030 or 64003 (fee tier), 60018 and 60033 of `require_known`, 64004 (two
    full books).
    """
    services = session.services
    if channel.tier and not services.highest_tier:
        if services.surface != SURFACES[0]:
            raise Fault("64003")
        raise Fault("60030" if channel.name == "books50-l2-tbt" else "60029")
    services.venue.look(lambda state, now_ms: require_known(channel.name, record, state))
    beside_full = channel.name in NOT_BESIDE_FULL_BOOK and (FULL_BOOK, record, 0) in session.subscribed
    if beside_full and isinstance(record, contract.OfInstrument):
        raise Fault("64004", what=channel.name, id=record.instId)


def _key(session: Session, channel: Channel, record: Request) -> Key:
    mine = session.key is not None and channel.path == "private"
    return channel.name, record, session.key.user_id if mine and session.key is not None else 0


def _pushed_with(session: Session, channel: Channel, shown: dict[str, str]) -> dict[str, str]:
    """The `arg` of every push: the subscription, and the user id on a private channel."""
    if channel.path != "private" or session.key is None:
        return shown
    return {name: value for name, value in shown.items() if name != "extraParams"} | {"uid": str(session.key.user_id)}


def _connections_with(session: Session, channel: Channel) -> int:
    """Number of this user's other connections with the channel; several subscriptions of one connection count once."""
    user_id = session.key.user_id if session.key else 0
    return sum(
        any(key[0] == channel.name and key[2] == user_id for key in other.subscribed)
        for other in session.hub.sessions
        # Sessions of other users may have a thousand subscriptions each: skip them first.
        if other is not session and other.key is not None and other.key.user_id == user_id
    )


def _of_key(session: Session) -> int:
    """Number of this API key's subscriptions to channels with login, on all its connections."""
    return sum(
        sum(channel.login for channel in other.subscribed.values())
        for other in session.hub.sessions
        if other.key is not None and session.key is not None and other.key.api_key == session.key.api_key
    )
