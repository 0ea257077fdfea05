"""Playing of faults on messages to the client of a stream, and the messages that are held back meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec import Raw

from tallystick.contract.errors import text
from tallystick.server.faults.delays import Dropped
from tallystick.server.faults.kinds import CLOSES, Place
from tallystick.server.faults.rules import Asked
from tallystick.server.ws.message import Message
from tallystick.wire import frames

if TYPE_CHECKING:
    from tallystick.server.faults.rules import Rule
    from tallystick.server.ws.session import Session

LATE_BYTES_MAX: Final = 8 * 1024 * 1024
"""Cap on the bytes of late messages of a stream, as on those its client does not take."""
BUFFER_FULL: Final = (4005, "Buffer is full, cannot write data")
NOTICE: Final = "64008"


class Late:
    """A message that is late: it leaves at `due`, in the machine's time, or with the end of its rule."""

    __slots__ = ("due", "message", "rule")

    def __init__(self, message: Message, due: float, rule: Rule) -> None:
        self.message = message
        self.due = due
        self.rule = rule


class Held:
    """Messages of one stream that are held back: late ones in their order, and one of each channel to change places."""

    def __init__(self) -> None:
        self.late: deque[Late] = deque()
        self.late_bytes = 0
        self.swapped: dict[str, Message] = {}
        self.sender: asyncio.Task[None] | None = None

    @property
    def nothing(self) -> bool:
        return not self.late and not self.swapped


def push(session: Session, message: Message, channel: str) -> None:
    """Send a message of a channel, or any other without one, as the rules say."""
    rule = hit(session, "stream", channel)
    if rule is None:
        pass_on(session, message, channel)
    else:
        PLAYS[rule.kind.name](session, message, channel, rule)


def hit(session: Session, place: Place, name: str) -> Rule | None:
    """Rule that hits a message or a request of a stream."""
    services = session.services
    if not services.faults.rules:
        return None
    return services.faults.hit(asked(session, place, name), services.venue.now_ms())


def asked(session: Session, place: Place, name: str) -> Asked:
    key = session.key
    return Asked(
        place=place,
        name=name,
        user_id=None if key is None else key.user_id,
        key="" if key is None else key.api_key,
    )


def hit_open(session: Session, rule: Rule) -> None:
    """Hit an open stream with a rule that has just been made, if it concerns the stream."""
    if rule.concerns(asked(session, "stream", "")) and rule.wants(session.services.venue.now_ms()):
        rule.fired += 1
        PLAYS[rule.kind.name](session, None, "", rule)


def ended(session: Session) -> None:
    """Forget the messages of a stream that has ended."""
    if session.held is not None and session.held.sender is not None:
        session.held.sender.cancel()


# ---- on the way out


def pass_on(session: Session, message: Message, channel: str) -> None:
    """Send a message, and after it the one of its channel that changes places with it."""
    leave(session, message)
    held = session.held
    if held is not None and channel in held.swapped:
        leave(session, held.swapped.pop(channel))
        forget(session, held)


def leave(session: Session, message: Message) -> None:
    """Send a message now, or behind the late ones."""
    held = session.held
    if held is None or not held.late:
        session.socket.push(message)
    else:
        last = held.late[-1]
        delay(session, held, Late(message, last.due, last.rule))


def delay(session: Session, held: Held, late: Late) -> None:
    """Add a late message. Too many bytes of them end the stream."""
    held.late.append(late)
    held.late_bytes += len(late.message.text)
    if held.late_bytes > LATE_BYTES_MAX:
        session.cut(*BUFFER_FULL)
    if held.sender is None:
        held.sender = asyncio.get_running_loop().create_task(send_late(session, held))


async def send_late(session: Session, held: Held) -> None:
    """Send late messages until there are none."""
    loop, faults = asyncio.get_running_loop(), session.services.faults
    while held.late:
        first = held.late[0]
        try:
            if faults.rules.get(first.rule.id) is first.rule:
                await faults.delays.wait_if_room(max(0, round((first.due - loop.time()) * 1_000)), first.rule)
        except Dropped:
            return
        held.late.popleft()
        held.late_bytes -= len(first.message.text)
        session.socket.push(first.message)
    held.sender = None
    forget(session, held)


def forget(session: Session, held: Held) -> None:
    if held.nothing:
        session.held = None


# ---- how each kind is played; without a message it is the end or the notice of an open stream


Play: TypeAlias = Callable[["Session", Message | None, str, "Rule"], None]


def lost(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
    """Send nothing."""


def doubled(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
    if message is not None:
        pass_on(session, message, channel)
        leave(session, message)


def swapped(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
    """Hold a message until the next of its channel has left, or until its time is over."""
    if message is None:
        return
    held = session.held = session.held or Held()
    if channel in held.swapped:
        pass_on(session, message, channel)
        return
    held.swapped[channel] = message
    asyncio.get_running_loop().call_later(rule.ms / 1_000, partial(let_go, session, held, channel, message))


def let_go(session: Session, held: Held, channel: str, message: Message) -> None:
    """Send a message that no other has taken the place of."""
    if held.swapped.get(channel) is message:
        del held.swapped[channel]
        leave(session, message)
        forget(session, held)


def delayed(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
    if message is not None:
        held = session.held = session.held or Held()
        due = asyncio.get_running_loop().time() + rule.ms / 1_000
        delay(session, held, Late(message, max(due, held.late[-1].due if held.late else due), rule))


def truncated(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
    if message is not None:
        pass_on(session, Message(message.text[: len(message.text) // 2]), channel)


def with_wrong_checksum(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
    if message is not None:
        pass_on(session, Message(wrongly_summed(message.text)), channel)


def wrongly_summed(book: bytes) -> bytes:
    """The message of a book with another checksum in each row."""
    members = msgspec.json.decode(book, type=dict[str, Raw])
    rows = msgspec.json.decode(members["data"], type=list[dict[str, Raw]])
    spoiled = [{**row, "checksum": Raw(b"%d" % (int(bytes(row["checksum"])) ^ 1))} for row in rows]
    return msgspec.json.encode({**members, "data": Raw(msgspec.json.encode(spoiled))})


def noticed(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
    """Send the notice before the message."""
    leave(session, Message(frames.notice(NOTICE, text(NOTICE), session.conn_id)))
    if message is not None:
        pass_on(session, message, channel)


def dropped(session: Session, message: Message | None, channel: str, rule: Rule, *, reset: bool) -> None:
    session.socket.drop(reset=reset)


def closed(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
    session.cut(int(rule.kind.code), rule.kind.reason)


PLAYS: Final[dict[str, Play]] = {
    "ws-silence": lost,
    "ws-gap": lost,
    "ws-double": doubled,
    "ws-swap": swapped,
    "ws-wrong-checksum": with_wrong_checksum,
    "ws-truncated-json": truncated,
    "ws-slow": delayed,
    "ws-notice": noticed,
    "ws-drop": partial(dropped, reset=False),
    "ws-reset": partial(dropped, reset=True),
    **dict.fromkeys((kind.name for kind in CLOSES), closed),
}
"""Kind -> how it is played."""
