"""The Starlette peer: the same three endpoints by plain handlers, as Starlette's documentation teaches them.

Checks stand in a decorator, refusals in an exception handler, answers are dictionaries in a `JSONResponse`, parameters
are checked by hand (Starlette brings no validation). It is what FastAPI is without its models.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from checks import Key, Refused, SlidingWindow, authenticate, permit
from parameters import config_row, loan_rows, page_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from storage import Storage

storage = Storage(Path(os.environ["PEER_DATABASE"]))
window = SlidingWindow() if os.environ.get("PEER_LIMITS", "exact") == "exact" else None

View = Callable[[Request, Key], Awaitable[list[Any]]]
Handler = Callable[[Request], Awaitable[JSONResponse]]


def signed(permission: str, count: int, period_ms: int) -> Callable[[View], Handler]:
    """Give the view its caller's key and its rows the envelope, or refuse."""

    def decorate(view: View) -> Handler:
        async def checked(request: Request) -> JSONResponse:
            scope = request.scope
            target: str = scope["raw_path"].decode("latin-1")
            if scope["query_string"]:
                target += "?" + scope["query_string"].decode("latin-1")
            client_ip = request.client.host if request.client else ""
            body = await request.body()
            key = authenticate(
                request.headers, request.method, target, body, client_ip=client_ip, find_key=storage.find_key
            )
            permit(key, permission)
            if window is not None:
                window.check(key.user_id, request.url.path, count, period_ms)
            return JSONResponse({"code": "0", "msg": "", "data": await view(request, key)})

        return checked

    return decorate


@signed("read_only", 5, 2_000)
async def loan_history(request: Request, key: Key) -> list[Any]:
    kind, after, before, limit = page_of(request.query_params)
    return loan_rows(storage.loan_history(key.user_id, type=kind, after=after, before=before, limit=limit))


@signed("read_only", 5, 2_000)
async def config(request: Request, key: Key) -> list[Any]:
    return [config_row(key, storage.account(key.user_id))]


@signed("trade", 5, 2_000)
async def set_auto_repay(request: Request, key: Key) -> list[Any]:
    switch = json.loads(await request.body()).get("autoRepay")
    if not isinstance(switch, bool):
        raise Refused("51000", "Parameter autoRepay error", 400, with_data=True)
    storage.set_auto_repay(key.user_id, switch)
    return [{"autoRepay": switch}]


async def refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return JSONResponse(error.body(), error.http_status)


app = Starlette(
    routes=[
        Route("/api/v5/finance/flexible-loan/loan-history", loan_history),
        Route("/api/v5/account/config", config),
        Route("/api/v5/account/set-auto-repay", set_auto_repay, methods=["POST"]),
    ],
    exception_handlers={Refused: refused},
)
