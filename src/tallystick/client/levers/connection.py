"""The way of a control call: JSON over HTTP with the control token, the answer as a typed record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from tallystick.client.clock import monotonic
from tallystick.client.errors import BadAnswer, LeverRefused, NoAnswer, NotSent, OutcomeUnknown, UnreadableOutcome
from tallystick.client.records import Record
from tallystick.client.secrets import Secret
from tallystick.client.steps import Failed, Headers, Received, Send
from tallystick.client.transport import HttpTransport

R = TypeVar("R", bound=Record)

PREFIX: Final = "/tally/v1/"
DEADLINE_S: Final = 300.0
"""Longest call: an advance of a year of the default market takes twenty seconds, and more on a busy machine."""


def given(parameters: Mapping[str, object]) -> dict[str, object]:
    """Parameters that are given; the others are left to the venue."""
    return {name: value for name, value in parameters.items() if value is not None}


def exact(value: object) -> object:
    """Amounts as the calls take them: text. A float is left as it is, to be refused with its name."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    return value


def plain(name: str, value: object) -> Any:
    """The value as JSON has it: amounts as text, times in ISO 8601, spans in milliseconds. Refuses floats."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        raise TypeError(f"{name} is a float, which is not exact: give Decimal('{value}') or the text '{value}'")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError(f"{name} is a datetime without a time zone: give one, such as datetime.now(UTC)")
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value // timedelta(milliseconds=1)}ms"
    if isinstance(value, Mapping):
        return {str(key): plain(f"{name}.{key}", item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(name, item) for item in value]
    raise TypeError(f"{name} is {type(value).__name__}, which JSON has no form for")


class Connection:
    """Control calls of the venue at `url`, from any thread. Close it, or the object that made it."""

    def __init__(self, url: str, token: str, *, ca: str | None = None, timeout: float = DEADLINE_S) -> None:
        self._transport = HttpTransport(url, ca=ca)
        self._token = Secret(token)
        self._timeout_s = timeout

    def get(self, path: tuple[str | int, ...], fields: Mapping[str, object], record: type[R]) -> R:
        query = urlencode({name: str(plain(name, value)) for name, value in fields.items()})
        return self._call("GET", path, "?" + query if query else "", b"", record)

    def post(self, path: tuple[str | int, ...], fields: Mapping[str, object], record: type[R]) -> R:
        body = msgspec.json.encode({name: plain(name, value) for name, value in fields.items()})
        return self._call("POST", path, "", body, record)

    def delete(self, path: tuple[str | int, ...], fields: Mapping[str, object], record: type[R]) -> R:
        return self._call("DELETE", path, "", b"", record)

    def _call(self, method: Any, path: tuple[str | int, ...], query: str, body: bytes, record: type[R]) -> R:
        target = target_of(path) + query
        headers = Headers({"Authorization": f"Bearer {self._token.reveal()}", "Content-Type": "application/json"})
        deadline = monotonic() + self._timeout_s
        result = self._transport.send(Send(method, target, headers, body, deadline, repeatable=method == "GET"))
        return read(result, f"{method} {target}", record)

    def close(self) -> None:
        self._transport.close()


def target_of(path: tuple[str | int, ...]) -> str:
    """Target of a call, without its query."""
    return PREFIX + "/".join(quote(str(part), safe="") for part in path)


def read(result: Received | Failed, call: str, record: type[R]) -> R:
    """The record of an answer. Raises LeverRefused, NotSent, NoAnswer or OutcomeUnknown, BadAnswer."""
    if isinstance(result, Failed):
        if not result.sent:
            raise NotSent(f"Nothing was sent: {result.reason}.", hint="Is the venue running?", endpoint=call)
        if call.startswith("GET"):
            raise NoAnswer(f"No answer: {result.reason}.", endpoint=call)
        raise OutcomeUnknown(
            f"The call was sent and not answered: {result.reason}.", hint="Look before you repeat it.", endpoint=call
        )
    try:
        answer = msgspec.json.decode(result.body)
    except (msgspec.DecodeError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        sample = result.body[:200].decode("utf-8", "replace")
        kind = BadAnswer if call.startswith("GET") else UnreadableOutcome
        raise kind(f"HTTP {result.status} without a JSON object.", sample=sample, endpoint=call)
    if result.status != 200:
        error = answer.get("error")
        error = error if isinstance(error, dict) else {}
        raise LeverRefused(
            str(error.get("message", "no reason")), status=result.status, hint=str(error.get("hint", "")), endpoint=call
        )
    if "ok" not in record.declared:
        answer.pop("ok", None)
    return record(answer)


class AsyncConnection:
    """As `Connection`, for event loops: each call waits in a thread of the loop's pool."""

    def __init__(self, url: str, token: str, *, ca: str | None = None, timeout: float = DEADLINE_S) -> None:
        self._connection = Connection(url, token, ca=ca, timeout=timeout)

    async def get(self, path: tuple[str | int, ...], fields: Mapping[str, object], record: type[R]) -> R:
        import asyncio

        return await asyncio.to_thread(self._connection.get, path, fields, record)

    async def post(self, path: tuple[str | int, ...], fields: Mapping[str, object], record: type[R]) -> R:
        import asyncio

        return await asyncio.to_thread(self._connection.post, path, fields, record)

    async def delete(self, path: tuple[str | int, ...], fields: Mapping[str, object], record: type[R]) -> R:
        import asyncio

        return await asyncio.to_thread(self._connection.delete, path, fields, record)

    def close(self) -> None:
        self._connection.close()
