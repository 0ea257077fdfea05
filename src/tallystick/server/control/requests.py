"""Control call that sends a request of the API as a user."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from tallystick.contract.core import Doc, doc
from tallystick.server.control.form import Body, Called, ControlEndpoint, Spelling, Wrong
from tallystick.server.control.users import USER, id_of


class RequestBody(Body, frozen=True, kw_only=True):
    """A request of the API: `path` with its query, and the JSON `body` of a POST."""

    method: Annotated[Literal["GET", "POST"], doc("Method", "方法")]
    path: Annotated[str, doc("Path with its query", "路径及查询参数")]
    body: Annotated[Raw | UnsetType, doc("Body of a POST, as JSON", "POST 的请求体（JSON）")] = UNSET


class RequestAnswered(Struct, frozen=True, kw_only=True):
    """Answer of the API: its HTTP status, and its envelope."""

    status: int
    answer: Raw


async def send(call: Called, body: RequestBody) -> RequestAnswered:
    """Send a request as a user. Refused: an unknown user or endpoint (404), a user without a key (409)."""
    user_id = await call.venue.query(lambda state, _: id_of(state, call.name))
    if not body.path.isascii() or not body.path.isprintable():
        raise Wrong(400, "a path is printable ASCII", "percent-encode other characters")
    try:
        sent = b"" if body.body is UNSET else bytes(body.body)
        found = await call.send_as(user_id, body.method, body.path, sent)
    except LookupError as problem:
        raise Wrong(409, str(problem), f"POST users/{call.name}/keys") from None
    if found is None:
        raise Wrong(404, f"the API has no {body.method} {body.path[:80]}", "tally fidelity lists the endpoints")
    status, answer, _ = found
    return RequestAnswered(status=status, answer=Raw(answer))


ENDPOINTS = (
    ControlEndpoint(
        "POST",
        "users/*/request",
        RequestBody,
        RequestAnswered,
        send,
        words=Doc(
            "Send a request of the API as this user; it needs no signature, uses up no rate limit and meets no fault",
            "以该用户的身份发送一次 API 请求；无需签名，不占用限速，也不会遇到注入的故障",
        ),
        samples=('{"method": "GET", "path": "/api/v5/account/balance?ccy=BTC"}',),
        spelling=Spelling("users send", ("method", "path"), USER),
    ),
)
