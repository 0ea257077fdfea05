"""Flows: a call as a generator of steps. It decides and moves nothing; `sync` and `aio` carry its steps out.

    measure the clock where it is not known -> take a turn -> sign -> send -> read -> retry or answer

A read is repeated after anything that may pass. A write is repeated only where it is known to have had no effect:
nothing was sent, it came too often, or its timestamp was refused. Everything else after a write is `OutcomeUnknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct, field

from tallystick.client import texts
from tallystick.client.answers import Answer, Reader, read, sample
from tallystick.client.clock import LAST_MS, Clock, jitter, stamp
from tallystick.client.errors import (
    TIMESTAMP_CODE,
    BadAnswer,
    ClientError,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from tallystick.client.hosts import Host
from tallystick.client.moving import moves
from tallystick.client.secrets import Key
from tallystick.client.steps import (
    Failed,
    Headers,
    Received,
    Release,
    Remember,
    Reserve,
    Result,
    Send,
    Step,
    Turn,
    Wait,
)
from tallystick.contract.account import CONFIG
from tallystick.contract.core import Endpoint
from tallystick.contract.market import TIME
from tallystick.contract.surface import limits

T = TypeVar("T")
Flow: TypeAlias = Generator[Step, Result, T]

ATTEMPTS: Final = 5
"""A call is sent at most so many times."""
BACKOFF_S: Final = 0.2
BACKOFF_MAX_S: Final = 5.0


class Session(Struct, eq=False):
    """State that the calls of one client share. Its repr shows no key."""

    host: Host
    key: Key | None
    clock: Clock
    paced: bool = True
    uid: str = ""
    main_uid: str = ""
    """Main account of the user, once it is known: limits are counted for users and main accounts, not for keys."""
    language: str = "en"
    timeout_s: float = 10.0
    """For one attempt."""
    deadline_s: float = 60.0
    """For a call with all its attempts and waits."""
    chance: Callable[[], float] = jitter
    headers: Headers = field(default_factory=Headers)
    """Header fields of every request, made once."""
    signed: Headers = field(default_factory=Headers)
    """Those of a signed request, but for its time and signature."""

    def __post_init__(self) -> None:
        self.headers = Headers({"Accept": "application/json", "User-Agent": "tallystick"})
        if self.language.startswith("zh"):
            self.headers["Accept-Language"] = "zh-CN"
        if self.host.simulated:
            self.headers["x-simulated-trading"] = "1"
        self.signed = Headers(self.headers)
        if self.key is not None:
            self.signed["OK-ACCESS-KEY"] = self.key.api_key.reveal()
            self.signed["OK-ACCESS-PASSPHRASE"] = self.key.passphrase.reveal()


def call(
    session: Session,
    endpoint: Endpoint,
    fields: Mapping[str, object] | Sequence[Mapping[str, object]] = MappingProxyType({}),
    *,
    deadline_s: float | None = None,
    reader: Reader | None = None,
    sign_by_ms: int | None = None,
) -> Flow[Answer]:
    """One call, with all that it takes. `fields` of a batch are a list; `deadline_s` instead of the session's.

    `reader` reads the answer instead of `read`. After `sign_by_ms` of the exchange's clock nothing is signed any more.

    Raises the exceptions of `errors`, of a write that was refused and then not sent again the refusal; before anything
    is sent TypeError and ValueError for a parameter of a wrong kind.
    """
    values: Any = {}
    if type(fields) is dict or isinstance(fields, Mapping):
        if fields:
            values = texts.given(fields)
    else:
        values = [texts.given(item) for item in fields]
    write = moves(endpoint)
    until = session.clock.monotonic() + (session.deadline_s if deadline_s is None else deadline_s)
    reader = reader or read
    refused: Refused | None = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return (yield from _attempt(session, endpoint, values, write, until, reader=reader, by_ms=sign_by_ms))
        except OutcomeUnknown:
            raise
        except ClientError as error:
            if late := error.code == TIMESTAMP_CODE:
                session.clock.forget()
            again = late or (error.retry and (not write or isinstance(error, NotSent | RateLimited)))
            refused = error if write and isinstance(error, Refused) else refused
            pause = _pause(session, error, attempt)
            if not again or attempt == ATTEMPTS or session.clock.monotonic() + pause >= until:
                if refused is None or refused is error:
                    raise
                raise refused from error
        yield Wait(pause)
    raise AssertionError("the last attempt returns or raises")


def _pause(session: Session, error: ClientError, attempt: int) -> float:
    """Seconds before the next attempt: a whole period after too many requests, else twice as long each time."""
    if error.code == TIMESTAMP_CODE:
        return 0.0
    if isinstance(error, RateLimited):
        return 2.0 * attempt
    return float(min(BACKOFF_S * 2**attempt * (0.5 + session.chance() / 2), BACKOFF_MAX_S))


def _attempt(
    session: Session, endpoint: Endpoint, values: Any, write: bool, until: float, *, reader: Reader, by_ms: int | None
) -> Flow[Answer]:
    if endpoint.permission is not None and session.clock.stale():
        yield from _measure_before(session, endpoint, write, until)
    if session.paced and endpoint.permission is not None and not session.uid:
        yield from _identify(session, until)
    turn = (yield from _turn(session, endpoint, values, until)) if session.paced else None
    if by_ms is not None and session.clock.now_ms() > by_ms:
        if turn is not None:
            yield Release(turn)
        raise NotSent("The time to send this call is over.", hint="Ask again.", endpoint=endpoint.name, retry=False)
    deadline = min(until, session.clock.monotonic() + session.timeout_s)
    result = yield _request(session, endpoint, values, write, deadline)
    if turn is not None:
        yield Release(turn)
    received = result if type(result) is Received else _received(result, endpoint, write)
    return reader(received, endpoint, write, session.clock.now_ms())


def _received(result: Result, endpoint: Endpoint, write: bool) -> Received:
    if isinstance(result, Failed):
        raise _failed(result, endpoint, write)
    if not isinstance(result, Received):
        raise TypeError(f"an answer was asked for and {type(result).__name__} given")
    return result


def _failed(result: Failed, endpoint: Endpoint, write: bool) -> ClientError:
    if not result.sent:
        return NotSent(
            f"Nothing was sent: {result.reason}.", hint="Check the address and the network.", endpoint=endpoint.name
        )
    if write:
        return OutcomeUnknown(
            f"The call was sent and not answered: {result.reason}.",
            hint="It may have been carried out: read the history before you repeat it.",
            endpoint=endpoint.name,
        )
    return NoAnswer(f"No answer: {result.reason}.", endpoint=endpoint.name)


def _measure_before(session: Session, endpoint: Endpoint, write: bool, until: float) -> Flow[None]:
    """Measure the clock for a call. Raises NotSent where that fails before a write: of it nothing was sent yet."""
    try:
        yield from measure(session, until)
    except ClientError as error:
        if not write or isinstance(error, NotSent):
            raise
        raise NotSent(
            f"Nothing was sent, since the exchange's clock could not be read: {error}",
            endpoint=endpoint.name,
            retry=error.retry,
        ) from error


def measure(session: Session, until: float) -> Flow[None]:
    """Measure the exchange's clock by its public time."""
    asked = session.clock.monotonic()
    deadline = min(until, asked + session.timeout_s)
    result = yield Send("GET", TIME.path, session.headers, b"", deadline, repeatable=True)
    received = _received(result, TIME, write=False)
    answer = read(received, TIME, write=False, in_ms=0)
    try:
        exchange_ms = int(answer.rows[0]["ts"])
    except (LookupError, TypeError, ValueError):
        exchange_ms = -1
    if not 0 <= exchange_ms < LAST_MS:
        raise BadAnswer("The exchange told no time.", sample=sample(received.body), endpoint=TIME.name)
    session.clock.measured(exchange_ms, asked, session.clock.monotonic())


def _identify(session: Session, until: float) -> Flow[None]:
    """Ask whose key it is. A key that may not ask is paced for itself alone."""
    if session.key is None:
        return
    session.uid = session.main_uid = session.key.fingerprint
    try:
        rows = (yield from _attempt(session, CONFIG, {}, write=False, until=until, reader=read, by_ms=None)).rows
    except ClientError:
        return
    if rows and rows[0].get("uid"):
        session.uid = str(rows[0]["uid"])
        session.main_uid = str(rows[0].get("mainUid") or session.uid)
        yield Remember(session.key.fingerprint, session.uid, session.main_uid)


# ---- turns


def _turn(session: Session, endpoint: Endpoint, values: Any, until: float) -> Flow[Turn | None]:
    """Wait for a turn under the endpoint's limits. Raises NotSent where none comes before the deadline."""
    windows = windows_of(session, endpoint, values)
    while windows:
        turn = yield Reserve(windows, int(session.timeout_s * 1000))
        if not isinstance(turn, Turn):
            raise TypeError(f"a turn was asked for and {type(turn).__name__} given")
        if not turn.wait_ms:
            return turn
        pause = turn.wait_ms / 1000
        if session.clock.monotonic() + pause >= until:
            raise NotSent(
                f"No turn under the rate limit within {session.deadline_s:g} s.",
                hint="Other calls of this machine use it up; ask less often or give a longer deadline.",
                endpoint=endpoint.name,
            )
        yield Wait(pause)
    return None


def windows_of(session: Session, endpoint: Endpoint, values: Any) -> tuple[tuple[str, int, int, int], ...]:
    """Counters that a request adds to: (name, requests, period_ms, how much it adds).

    A limit by a parameter counts each value of it for itself; of a batch every item counts.
    """
    found = []
    for limit in limits(endpoint, session.host.surface):
        caller, _, parameter = limit.per.partition("+")
        scope = {"ip": "", "main_id": session.main_uid}.get(caller, session.uid)
        counted: dict[str, int] = {}
        for item in values if isinstance(values, list) else [values]:
            value = _counted_by(parameter, endpoint, item) if parameter else ""
            counted[value] = counted.get(value, 0) + 1
        if not endpoint.batch_max:
            counted = dict.fromkeys(counted, 1)
        found += [
            (f"{session.host.url} {scope} {endpoint.name} {limit.per} {value}", limit.requests, limit.period_ms, count)
            for value, count in counted.items()
        ]
    return tuple(found)


def _counted_by(parameter: str, endpoint: Endpoint, item: Mapping[str, Any]) -> str:
    if parameter == "instId" and "instId" not in endpoint.request.__struct_fields__:
        return f"{item.get('baseCcy', '')}-{item.get('quoteCcy', '')}"
    return str(item.get(parameter, ""))


# ---- requests


def _request(session: Session, endpoint: Endpoint, values: Any, write: bool, deadline: float) -> Send:
    """The request as it is sent, signed where the endpoint asks for it. Raises NotSent without a key for that."""
    method, target, raw = endpoint.method, endpoint.path, b""
    if method == "POST":
        raw = texts.body(values)
    elif values:
        target += texts.query(values)
    if endpoint.permission is None:
        headers = Headers(session.headers)
    else:
        if session.key is None:
            raise _keyless(endpoint)
        at = stamp(session.clock.now_ms())
        headers = Headers(session.signed)
        headers["OK-ACCESS-TIMESTAMP"] = at
        headers["OK-ACCESS-SIGN"] = session.key.sign(at, method, target, raw)
    if raw:
        headers["Content-Type"] = "application/json"
    return Send(method, target, headers, raw, deadline, repeatable=not write)


def _keyless(endpoint: Endpoint) -> NotSent:
    return NotSent(
        "This call needs a key.",
        hint="Give api_key, secret_key and passphrase, or use Client.from_profile(...).",
        endpoint=endpoint.name,
        retry=False,
    )
