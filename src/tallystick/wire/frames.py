"""WebSocket messages: what a client says, read; and what it is told, written. Bytes of JSON text both ways.

`connId` names the connection and `id` is the client's own number of a request, echoed where it sent one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tallystick.wire.decode import Fault, parse_object
from tallystick.wire.values import scalar

_encode = msgspec.json.Encoder().encode
_ID_FORM = re.compile(r"[A-Za-z0-9]{1,32}")
PING, PONG = "ping", b"pong"
"""What a login signs after its timestamp (documented)."""
ECHO_CHARACTERS_MAX = 512
"""Of a request that cannot be read, so many characters are repeated in the refusal."""


def read(text: str) -> dict[str, Any]:
    """One request. Raises Fault 60012: no JSON object, nested too deep, a name twice."""
    try:
        return parse_object(text.encode("utf-8"))
    except Fault:
        raise Fault("60012", request=text[:ECHO_CHARACTERS_MAX]) from None


def short(name: str) -> str:
    """Beginning of an unknown name, as much as is worth repeating.

    Half a surrogate pair, which JSON can spell and UTF-8 cannot, becomes a question mark.
    """
    return name[:ECHO_CHARACTERS_MAX].encode("utf-8", "replace").decode("utf-8")


def id_of(request: Mapping[str, Any]) -> str:
    """The client's number of the request, "" where there is none. Raises Fault 60033 where it is no such thing."""
    found = request.get("id")
    if found is None or found == "":
        return ""
    text = scalar(found)
    if text is None or not _ID_FORM.fullmatch(text):
        raise Fault("60033", "id", param="id")
    return text


def require_documented(request: Mapping[str, Any], *known: str) -> None:
    """Check a message for `--strict`. Raises Fault 51000: `id` is no text, or a member nobody reads stands beside
    `op` and `args`."""
    for name, value in request.items():
        if (name == "id" and value is not None and type(value) is not str) or (
            name not in ("id", "op", "args", *known) and value not in (None, "", [])
        ):
            raise Fault("51000", None, param=short(name))


def _message(request_id: str, **members: Any) -> bytes:
    return _encode({"id": request_id, **members} if request_id else members)


def logged_in(conn_id: str, request_id: str = "") -> bytes:
    return _message(request_id, event="login", code="0", msg="", connId=conn_id)


def acknowledged(event: str, arg: Mapping[str, str], conn_id: str, request_id: str = "") -> bytes:
    """`event` subscribe or unsubscribe: one for each element of the request's args."""
    return _message(request_id, event=event, arg=arg, connId=conn_id)


def error(code: str, msg: str, conn_id: str, request_id: str = "") -> bytes:
    return _message(request_id, event="error", code=code, msg=msg, connId=conn_id)


def notice(code: str, msg: str, conn_id: str) -> bytes:
    return _message("", event="notice", code=code, msg=msg, connId=conn_id)


def connection_count(channel: str, count: int, conn_id: str, *, refused: bool = False) -> bytes:
    event = "channel-conn-count-error" if refused else "channel-conn-count"
    return _message("", event=event, channel=channel, connCount=str(count), connId=conn_id)


def push(arg: Mapping[str, str], beside: Mapping[str, Any], rows: Sequence[Any]) -> bytes:
    """Rows of a channel; `beside` stands between the subscription and the data, as `action` does."""
    return _encode({"arg": arg, **beside, "data": rows})


def operation(request_id: str, op: str, rows: Sequence[Any], code: str, msg: str, *, in_us: int, out_us: int) -> bytes:
    """Answer of an order operation: it has `op` and no `event`, and times of the gateway in microseconds."""
    return _message(request_id, op=op, data=rows, code=code, msg=msg, inTime=str(in_us), outTime=str(out_us))
