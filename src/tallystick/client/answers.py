"""Answers: the rows of what was received, or the exception that its code or its form calls for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.client.errors import BadAnswer, UnreadableOutcome, refusal
from tallystick.client.steps import Received
from tallystick.contract.core import Endpoint

SAMPLE: Final = 200
CODE_MAX: Final = 8
"""Digits of a code, of which the exchange's have up to five."""


class Answer(Struct, frozen=True):
    """Rows of an answer as they were sent, and its bytes."""

    rows: list[Any]
    raw: bytes
    endpoint: Endpoint
    in_ms: int = 0
    """The exchange's clock when the answer came, as the client knows it."""
    cursors: list[int] | None = None
    """Of a page whose rows are not decoded: their cursors."""


Reader: TypeAlias = Callable[[Received, Endpoint, bool, int], Answer]
"""Makes an answer of what was received. Raises as `read` does."""


class _Envelope(Struct):
    """An answer as most are: a code, and rows that are objects. The decoder refuses all others."""

    code: str
    data: list[dict[str, Any]]
    msg: str = ""


_ordinary: Final = msgspec.json.Decoder(_Envelope).decode
_decode: Final = msgspec.json.Decoder().decode


def read(result: Received, endpoint: Endpoint, write: bool, in_ms: int) -> Answer:
    """Rows of an answer. Raises what its code says, and BadAnswer for anything that is no answer at all."""
    if result.status == 200 and not endpoint.answer.__struct_config__.array_like:
        body = result.body
        try:
            # Of what is skipped the decoder checks the form, but not the letters.
            body.isascii() or body.decode("utf-8")
            found = _ordinary(body)
            if found.code == "0" and (found.data or not write):
                return Answer(found.data, body, endpoint, in_ms)
        except (msgspec.DecodeError, ValueError, RecursionError):
            pass
    return _judged(result, endpoint, write, in_ms)


def _judged(result: Received, endpoint: Endpoint, write: bool, in_ms: int) -> Answer:
    """Rows of an answer that may be anything. Raises as `read` does."""
    if 300 <= result.status < 400:
        raise _unreadable(f"HTTP {result.status} leads elsewhere, and keys do not follow", result, endpoint, write)
    try:
        envelope = _decode(result.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        if result.status == 429:
            raise refusal("50011", "", endpoint=endpoint.name, write=write, status=429) from None
        raise _unreadable(f"HTTP {result.status} with no JSON", result, endpoint, write) from None
    code = _code(envelope.get("code")) if isinstance(envelope, dict) else ""
    if not code:
        raise _unreadable(f"HTTP {result.status} without a code", result, endpoint, write)
    data = envelope.get("data")
    if code != "0":
        _raise_refusal(code, envelope, result, endpoint, write)
    if result.status != 200:
        raise _unreadable(f"HTTP {result.status} with code 0", result, endpoint, write)
    rows = [data] if endpoint.bare and isinstance(data, dict) else data
    kind = list if endpoint.answer.__struct_config__.array_like else dict
    if not isinstance(rows, list) or not {kind}.issuperset(map(type, rows)):
        raise _unreadable("data is not the list of rows that is documented", result, endpoint, write)
    if write and not rows and endpoint.answer.__struct_fields__:
        raise _unreadable("data is empty, where a row says what was done", result, endpoint, write)
    return Answer(rows, result.body, endpoint, in_ms)


def _code(sent: object) -> str:
    """A code as the exchange has it: digits as text, or the number 0. "" for anything else, such as another's 404."""
    if isinstance(sent, str):
        return sent if sent.isascii() and sent.isdigit() and len(sent) <= CODE_MAX else ""
    return "0" if type(sent) is int and sent == 0 else ""


def _raise_refusal(code: str, envelope: Mapping[str, Any], result: Received, endpoint: Endpoint, write: bool) -> None:
    """Raise what a code says. Of a batch nothing is raised that its items say themselves."""
    message, data = str(envelope.get("msg") or ""), envelope.get("data")
    items = [item for item in data if isinstance(item, dict) and "sCode" in item] if isinstance(data, list) else []
    if items and endpoint.batch_max:
        return
    if items:
        code, message = _code(items[0]["sCode"]), str(items[0].get("sMsg") or message)
        if not code:
            raise _unreadable(f"HTTP {result.status} with a row whose code is none", result, endpoint, write)
    raise refusal(code, message, endpoint=endpoint.name, write=write, status=result.status)


def _unreadable(reason: str, result: Received, endpoint: Endpoint, write: bool) -> BadAnswer:
    text = f"The answer cannot be read: {reason}."
    start = sample(result.body)
    if write:
        return UnreadableOutcome(
            text,
            sample=start,
            hint="The call may have been carried out: read the history before you repeat it.",
            endpoint=endpoint.name,
        )
    return BadAnswer(text, sample=start, endpoint=endpoint.name)


def sample(body: bytes) -> str:
    return body[:SAMPLE].decode("utf-8", "replace")
