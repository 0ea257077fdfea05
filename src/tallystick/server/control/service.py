"""Service of the control calls under /tally/v1/: it admits callers and answers. JSON with a bearer token.

They can do everything, so three checks come first: a Host that cannot be another site's name
pointed at this server, no Origin or its own one (browsers send it, scripts do not), and the token.
Answers are {"ok": true, ...} or {"error": {"message", "hint"}}, with the "reason" of the engine where it refuses.
"""

from __future__ import annotations

import difflib
import hmac
import logging
import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct, structs

from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.server.answers import CLOSE, GONE, NO_HEADERS, Answer
from tallystick.server.as_user import SendAs, nobody_sends
from tallystick.server.control.endpoints import find
from tallystick.server.control.form import Called, Query, Wrong
from tallystick.server.control.text import iso
from tallystick.server.faults.rules import Faults
from tallystick.server.reasons import Reason, header, reason_of
from tallystick.server.request import Busy, Gone, Request, TooLarge
from tallystick.server.seen import Requests
from tallystick.server.site import Site
from tallystick.server.staging import NoStage, Stage
from tallystick.venue.venue import Overtaken, UnderWay, Venue, VenueHalted
from tallystick.wire.decode import Fault, parse_object

log = logging.getLogger("tallystick")

JSON_FORM = re.compile(rb'(?i)[ \t]*application/json[ \t]*(;[ \t]*(charset="?utf-?8"?[ \t]*)?)*')
"""Content types of JSON in UTF-8, the only charset of JSON (RFC 8259, 8.1)."""

NO_QUERY = Query()

T = TypeVar("T", bound=Struct)
Q = TypeVar("Q", bound=Query)


class Control:
    """Control calls of a venue. `health` shows `about`; `after_reset` is called after a reset.

    `faults` are the rules that requests of the exchange's API meet; control calls meet none. The app sets `send_as`,
    by which a request is sent as a user; whoever serves it may set the `stage`, which plays scenarios.
    """

    def __init__(
        self,
        venue: Venue,
        token: str,
        *,
        site: Site | None = None,
        about: dict[str, str | int] | None = None,
        after_reset: Callable[[], None] = lambda: None,
        faults: Faults | None = None,
        seen: Requests | None = None,
    ) -> None:
        self.venue = venue
        self.token = token.encode("ascii")
        self.site = site or Site()
        self.about = about or {}
        self.after_reset = after_reset
        self.faults = faults or Faults()
        self.seen = seen or Requests()
        self.send_as: SendAs = nobody_sends
        self.stage: Stage = NoStage()

    async def answer(self, request: Request) -> Answer:
        """Answer a call. Order of the checks: host, origin, token, path, method, size, content type, body, query.

        Faults up to the method are refused before the body is read.
        """
        try:
            self.admit(request.headers)
            endpoint, name = find(request.path, request.method)
            raw = await request.body() if request.has_body else b""
            body = decode_body(raw, request.headers.get(b"content-type", b""), endpoint.body)
            query = decode_query(request.query, endpoint.query)
            result = await endpoint.handler(self.called(name, query), body)
        except Wrong as wrong:
            extra = [(b"www-authenticate", b"Bearer")] if wrong.status == 401 else NO_HEADERS
            return wrong.status, error(wrong.message, wrong.hint), extra
        except Rejected as rejected:
            why = reason_of(rejected.reason, rejected.facts, "", rejected.details)
            return 409, error(words(rejected.reject), hint_of(rejected, self.venue.state), why.en), header((why,))
        except Overtaken as overtaken:
            reached, target = iso(overtaken.at_ms), iso(overtaken.target_ms)
            message = f"the clock was set by another call at {reached}, before this one got to {target}"
            return 409, error(message, "call again for the rest"), NO_HEADERS
        except UnderWay as going:
            message = f"the clock is being put forward by another call: it is at {iso(going.at_ms)}"
            hint = f"wait until it gets to {iso(going.target_ms)}, or stop it with POST clock and a mode"
            return 409, error(message, hint), NO_HEADERS
        except TooLarge:
            return 413, error("the body is larger than 64 KiB"), CLOSE
        except Busy:
            return 429, error("the server is receiving too many request bodies", "try again"), CLOSE
        except Gone:
            return GONE
        except VenueHalted as halted:
            again = "start the server again, then repeat the call for the rest"
            mend = "stop the server, mend the named cause and start it again"
            return 503, error(str(halted), again if self.venue.halted is None else mend), NO_HEADERS
        except Exception as bug:
            log.error("a bug, while answering %s", request.path.decode("latin-1"), exc_info=bug)
            return 500, error(f"a bug: {bug!r}", "the server's log has the traceback"), NO_HEADERS
        return 200, encoded(result), NO_HEADERS

    def called(self, name: str = "", query: Query = NO_QUERY) -> Called:
        """Arguments of a handler."""
        return Called(
            self.venue,
            name,
            query,
            self.about,
            self.after_reset,
            faults=self.faults,
            send_as=self.send_as,
            seen=self.seen,
            stage=self.stage,
        )

    def admit(self, headers: dict[bytes, bytes]) -> None:
        """Admit a caller. Raises Wrong 403 for a foreign Host or Origin, 401 without the token."""
        if not self.site.owns_host(headers):
            raise Wrong(
                403, "this host name is not allowed", "use an IP address or localhost, or name it with --allow-host"
            )
        if not self.site.owns_origin(headers):
            raise Wrong(403, "calls from other web pages are refused")
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self.token):
            raise Wrong(
                401,
                "the control token is missing or wrong",
                "send Authorization: Bearer and the token in connection.json",
            )


def encoded(answer: Struct) -> bytes:
    """Answer of a call, with `ok` true before it, or its own `ok` where it has one."""
    body = msgspec.json.encode(answer)
    return body if "ok" in answer.__struct_fields__ else b'{"ok":true,' + body.removeprefix(b"{")


def error(message: str, hint: str = "", reason: str = "") -> bytes:
    said = {"message": message, "hint": hint}
    return msgspec.json.encode({"error": said | {"reason": reason} if reason else said})


class _Said(Struct, frozen=True):
    message: str = ""
    hint: str = ""


class _Refused(Struct, frozen=True):
    error: _Said = _Said()


def refused_words(body: bytes) -> tuple[Reason, ...]:
    """Reason of a refused control call: its message, and its hint as the lever."""
    try:
        said = msgspec.json.decode(body, type=_Refused).error
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ()
    return (Reason(en=said.message, zh=said.message, levers=(said.hint,) if said.hint else ()),)


def words(reject: Reject) -> str:
    return reject.name.lower().replace("_", " ")


def hint_of(rejected: Rejected, state: State) -> str:
    """Details of a refusal, and for a name that is not there what was probably meant."""
    details = ", ".join(f"{name}: {value}" for name, value in rejected.details.items())
    known: Mapping[str, object] = {}
    if rejected.reject is Reject.UNKNOWN_INSTRUMENT:
        known = state.parameters.instruments
    elif rejected.reject is Reject.UNKNOWN_CCY:
        known = state.parameters.currencies
    elif rejected.reject is Reject.USER_EXISTS:
        return f"{details}; take another name"
    if not known:
        return details
    close = difflib.get_close_matches("".join(rejected.details.values()).upper(), known, 2)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return f"{details}; {meant}GET parameters, or `tally market show`, lists all"


def field_words(name: str, hint: object) -> str:
    """Name of a field, with the words it may have where these are listed: `account (trading or funding)`."""
    listed = [part for inner in (hint, *get_args(hint)) if get_origin(inner) is Literal for part in get_args(inner)]
    return f"{name} ({' or '.join(listed)})" if listed else name


def decode_body(raw: bytes, content_type: bytes, shape: type[T]) -> T:
    """Body of a call. Raises Wrong 415: not declared as JSON in UTF-8; 400: no JSON, another shape, a name twice."""
    if not raw or raw.isspace():
        raw = b"{}"
    elif not JSON_FORM.fullmatch(content_type):
        raise Wrong(
            415, "the body is not declared as JSON in UTF-8", "send Content-Type: application/json (curl --json)"
        )
    try:
        found = msgspec.json.decode(raw, type=shape)
        parse_object(raw)
    except Fault:
        raise Wrong(400, "an object of the body has a name twice, or the body is nested too deep") from None
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        hints = get_type_hints(shape)
        fields = ", ".join(field_words(field.encode_name, hints[field.name]) for field in structs.fields(shape))
        raise Wrong(
            400, f"the body does not fit: {problem}", f"a JSON object with {fields or 'nothing in it'}"
        ) from None
    return found


def decode_query(query: bytes, shape: type[Q]) -> Q:
    """Query of a call; unknown names are ignored. Raises Wrong 400: a name twice."""
    pairs = parse_qsl(query.decode("latin-1"))
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong(400, "the query has a name twice")
    return msgspec.convert(found, type=shape)
