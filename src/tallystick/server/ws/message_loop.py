"""Message loop of one client: it answers each message before it looks at the next."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from tallystick.contract import channels as contract
from tallystick.server.call import Refused
from tallystick.server.faults import streams
from tallystick.server.ws import login, orders, subscriptions
from tallystick.server.ws.message import Message
from tallystick.server.ws.session import Session
from tallystick.venue.venue import VenueHalted
from tallystick.views import Refusal
from tallystick.wire import frames
from tallystick.wire.decode import Fault

log = logging.getLogger("tallystick")

LOGIN_FAILED = (4001, "Login Failed")
NO_BINARY = (1003, "Messages are text")
_PONG = Message(frames.PONG)


async def run(session: Session) -> None:
    """Run the loop until the client leaves or is cut off."""
    session.hub.sessions.add(session)
    try:
        while (said := await session.socket.receive()) is not None:
            if isinstance(said, bytes):
                session.cut(*NO_BINARY)
            elif said == frames.PING:
                if streams.hit(session, "pong", "") is None:
                    session.push(_PONG)
            else:
                session.in_hand = True
                await hear(session, said)
                session.in_hand = False
            session.end_where_answered()
    finally:
        session.hub.sessions.discard(session)
        streams.ended(session)
        for key in session.subscribed:
            session.hub.unsubscribe(session, key)


async def hear(session: Session, said: str) -> None:
    """Answer one request: unreadable 60012, unknown operation 60019. A bug ends the request, not the connection."""
    request_id = ""
    op = ""
    try:
        request = frames.read(said)
        request_id = frames.id_of(request)
        op = said_op if isinstance(said_op := request.get("op"), str) else ""
        operation = OPERATIONS.get(op)
        require_running(session, op)
        if operation is not None:
            count(session)
            if session.services.strict:
                frames.require_documented(request)
            await operation(session, request, request_id)
        elif op in contract.OPERATIONS:
            await orders.run(session, op, request, request_id)
        else:
            raise Fault("60019", op=frames.short(op))
    except (Fault, Refusal) as fault:
        session.complain(fault, request_id)
    except VenueHalted:
        session.complain(halted(session, op), request_id)
        if op == "login":
            session.cut(*LOGIN_FAILED)
    except Exception as bug:
        log.error("a bug, while answering %s", op or "a message", exc_info=bug)
        session.complain(Fault("64007", op=op), request_id)


def require_running(session: Session, op: str) -> None:
    """Require a running venue for a known operation, even one that needs no turn at it. Raises VenueHalted."""
    halted = session.services.venue.halted
    if halted is not None and (op in OPERATIONS or op in contract.OPERATIONS):
        raise VenueHalted(halted)


def halted(session: Session, op: str) -> Fault:
    """Refusal of a halted venue: 64007, or 63999 for a login; the text tells where only a restart helps."""
    code = "63999" if op == "login" else "64007"
    return Fault(code if session.services.venue.halted is None else f"{code}/halted", op=op)


def count(session: Session) -> None:
    """Count an operation. Raises Fault 60014: too many logins, subscriptions and unsubscriptions in an hour here."""
    if session.operations is None:
        return
    now_ms = session.services.venue.now_ms()
    if not session.operations.admits(now_ms):
        raise Fault("60014")
    session.operations.passed.append(now_ms)


async def _login(session: Session, request: dict[str, object], request_id: str) -> None:
    """Log in. A second login is refused (60031); one that fails ends the connection, and so does a bug."""
    if session.key is not None:
        raise Fault("60031")
    services = session.services
    rule = streams.hit(session, "login", "login")
    try:
        if rule is not None and rule.kind.name == "ws-login-refused":
            raise Fault(rule.text)
        skew_ms = 0 if rule is None else rule.ms
        args = request.get("args")
        session.key = login.checked(services, args, session.peer, services.venue.now_ms(), skew_ms=skew_ms)
    except (Fault, Refused) as no:
        session.complain(no, request_id)
        session.cut(*LOGIN_FAILED)
        return
    except Exception as bug:
        log.error("a bug, while answering login", exc_info=bug)
        session.complain(Fault("63999"), request_id)
        session.cut(*LOGIN_FAILED)
        return
    session.say(frames.logged_in(session.conn_id, request_id))


async def _subscribe(session: Session, request: dict[str, object], request_id: str) -> None:
    await subscriptions.subscribe(session, request.get("args"), request_id)


async def _unsubscribe(session: Session, request: dict[str, object], request_id: str) -> None:
    await subscriptions.unsubscribe(session, request.get("args"), request_id)


OPERATIONS: dict[str, Callable[[Session, dict[str, object], str], Awaitable[None]]] = {
    "login": _login,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
}
