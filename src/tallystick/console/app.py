"""The console as a web application: its page, the feed, and calls to the venue.

Order of the checks of a request: Host, Origin, and its token, for all but the files of the page, the manual and the
code. Answers allow a page nothing but what this server serves, and no page of others to hold it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web
from msgspec import Struct

from tallystick.client.levers import AsyncLevers
from tallystick.client.levers.connection import AsyncConnection
from tallystick.console import calls, manual
from tallystick.console.admission import Admission, Refused
from tallystick.console.feed import Feed, Full

BODY_MAX: Final = 65_536
"""Bytes of a request's body, as many as a control call may have."""
CALL_S: Final = 60.0
"""Longest call: the page advances the clock without waiting for the end."""
SHUTDOWN_S: Final = 1.0
TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer. Scripts that are written into the page do not run, and text is never read as markup."""

S = TypeVar("S", bound=Struct)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Venue(Struct, frozen=True):
    """Venue of a console. `data` is the folder that its commands name, "" for the usual one."""

    url: str
    token: str
    ca: str | None = None
    data: str = ""


class Given(Struct, frozen=True, forbid_unknown_fields=True):
    """Code that somebody typed."""

    code: str


class Console:
    """The console of one venue. Close it after its server."""

    def __init__(self, venue: Venue, admission: Admission) -> None:
        self._venue = venue
        self._admission = admission
        self._connection = AsyncConnection(venue.url, venue.token, ca=venue.ca, timeout=CALL_S)
        self._levers = AsyncLevers(venue.url, venue.token, ca=venue.ca, timeout=CALL_S)
        self._feed = Feed(self._levers)
        self._files = page_files()

    def application(self) -> web.Application:
        """The application with its routes."""
        made = web.Application(client_max_size=BODY_MAX, middlewares=[self._admit])
        made.router.add_get("/", self._page)
        made.router.add_get("/page/{name}", self._page)
        made.router.add_get(f"{manual.PLACE}/{{name:.+}}", self._manual)
        made.router.add_post("/session", self._begin)
        made.router.add_get("/session", self._session)
        made.router.add_get("/feed", self._read)
        made.router.add_post("/call", self._call)
        made.on_shutdown.append(self._close)
        return made

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.raw_headers}
        try:
            self._admission.require_site(headers)
            if request.path in ("/feed", "/call") or (request.path, request.method) == ("/session", "GET"):
                self._admission.require_token(headers)
            answer = await handler(request)
        except Refused as refused:
            answer = said({"error": {"message": refused.message, "hint": refused.hint}}, refused.status)
        except web.HTTPException as other:
            answer = said({"error": {"message": other.reason, "hint": ""}}, other.status)
        if not answer.prepared:
            answer.headers.update(HEADERS)
        return answer

    async def _page(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        body = self._files.get(name)
        if body is None:
            raise web.HTTPNotFound
        return web.Response(body=body, content_type=TYPES[name.rpartition(".")[2]], charset="utf-8")

    async def _manual(self, request: web.Request) -> web.StreamResponse:
        body = manual.page(request.match_info["name"])
        if body is None:
            raise web.HTTPNotFound
        return web.Response(body=body, content_type="text/html", charset="utf-8")

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        """Give the token for the code."""
        given = await read(request, Given)
        return said({"token": self._admission.token_for(given.code)})

    async def _session(self, request: web.Request) -> web.StreamResponse:
        """Tell what commands for the venue need: its address, and the folder."""
        return said({"url": self._venue.url, "data": self._venue.data})

    async def _call(self, request: web.Request) -> web.StreamResponse:
        return said(await calls.carry_out(self._connection, await read(request, calls.Asked)))

    async def _read(self, request: web.Request) -> web.StreamResponse:
        """Send the feed, a line of JSON for each message, until the page closes or is too far behind."""
        try:
            async with self._feed.reading() as queue:
                answer = web.StreamResponse(headers={**HEADERS, "Content-Type": "application/x-ndjson"})
                await answer.prepare(request)
                while (line := await queue.get()) is not None:
                    await answer.write(line)
                return answer
        except Full:
            raise Refused(429, "too many pages are open", "close one of them") from None
        except ConnectionResetError:
            return answer

    async def _close(self, application: web.Application) -> None:
        await self._feed.close()
        self._levers.close()
        self._connection.close()


def page_files() -> dict[str, bytes]:
    """Files of the page by name, read once."""
    place = files("tallystick.console") / "page"
    return {each.name: each.read_bytes() for each in place.iterdir() if each.name.rpartition(".")[2] in TYPES}


def said(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


async def read(request: web.Request, shape: type[S]) -> S:
    """Body of a request. Raises Refused 415: not declared as JSON; 400: of another shape; 413 by the server."""
    if request.content_type != "application/json":
        raise Refused(415, "the body is not declared as JSON", "send Content-Type: application/json")
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as problem:
        raise Refused(400, f"the body does not fit: {problem}") from None
