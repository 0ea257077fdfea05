"""The Litestar peer: the same three endpoints with msgspec structs for answers, as Litestar's documentation teaches.

Litestar writes answers with msgspec, which is also what the venue uses. Checks are a dependency, refusals an exception
handler. Parameters are checked by hand, so that refusals name the parameter as the venue does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from checks import Key, Refused, SlidingWindow, authenticate, permit
from litestar import Litestar, Request, Response, get, post
from parameters import config_row, loan_rows, page_of
from storage import Storage

storage = Storage(Path(os.environ["PEER_DATABASE"]))
window = SlidingWindow() if os.environ.get("PEER_LIMITS", "exact") == "exact" else None


class Envelope(msgspec.Struct, kw_only=True):
    """An answer."""

    code: str = "0"
    msg: str = ""
    data: list[Any]


async def caller(request: Request[Any, Any, Any], permission: str, count: int, period_ms: int) -> Key:
    """The key that signed a request, which has the permission and is within its limit."""
    scope = request.scope
    target: str = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    client_ip = request.client.host if request.client else ""
    body = await request.body()
    key = authenticate(request.headers, request.method, target, body, client_ip=client_ip, find_key=storage.find_key)
    permit(key, permission)
    if window is not None:
        window.check(key.user_id, scope["path"], count, period_ms)
    return key


async def loan_history(request: Request[Any, Any, Any]) -> Envelope:
    key = await caller(request, "read_only", 5, 2_000)
    kind, after, before, limit = page_of(request.query_params)
    rows = storage.loan_history(key.user_id, type=kind, after=after, before=before, limit=limit)
    return Envelope(data=loan_rows(rows))


async def config(request: Request[Any, Any, Any]) -> Envelope:
    key = await caller(request, "read_only", 5, 2_000)
    return Envelope(data=[config_row(key, storage.account(key.user_id))])


async def set_auto_repay(request: Request[Any, Any, Any]) -> Envelope:
    key = await caller(request, "trade", 5, 2_000)
    switch = msgspec.json.decode(await request.body()).get("autoRepay")
    if not isinstance(switch, bool):
        raise Refused("51000", "Parameter autoRepay error", 400, with_data=True)
    storage.set_auto_repay(key.user_id, switch)
    return Envelope(data=[{"autoRepay": switch}])


def refused(request: Request[Any, Any, Any], error: Refused) -> Response[dict[str, object]]:
    return Response(error.body(), status_code=error.http_status)


app = Litestar(
    route_handlers=[
        get("/api/v5/finance/flexible-loan/loan-history")(loan_history),
        get("/api/v5/account/config")(config),
        post("/api/v5/account/set-auto-repay", status_code=200)(set_auto_repay),
    ],
    exception_handlers={Refused: refused},
    openapi_config=None,
    logging_config=None,
)
