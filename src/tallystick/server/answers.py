"""Answers as (status, body, headers), and those that never change."""

from __future__ import annotations

from typing import TypeAlias

from tallystick.contract.errors import ERRORS, has_data, text
from tallystick.wire import encode

Headers: TypeAlias = list[tuple[bytes, bytes]]
Answer: TypeAlias = tuple[int, bytes, Headers]

JSON = (b"content-type", b"application/json")
CLOSE: Headers = [(b"connection", b"close")]

NO_HEADERS: Headers = []
GONE: Answer = (400, b"", CLOSE)
"""Answer for a client that left in the middle of its request; it is never read."""
NOT_FOUND: Answer = (404, encode.not_found(), NO_HEADERS)


def of_code(key: str, details: dict[str, str], language: str) -> Answer:
    """Refusal with the status and text from the table of errors.

    Codes of the gateway, for keys and rate limits, come without `data`. `key` may name a variant.
    """
    error = ERRORS[key]
    body = encode.failure(error.code, text(key, language, **details), has_data(error.code))
    return error.http_status, body, NO_HEADERS


def closing(key: str, language: str) -> Answer:
    """Refusal after which the server reads no more of the body."""
    status, body, _ = of_code(key, {}, language)
    return status, body, CLOSE


def not_found(remark: tuple[bytes, bytes] | None) -> Answer:
    status, body, _ = NOT_FOUND
    return status, body, [remark] if remark else NO_HEADERS


def method_not_allowed(allowed: tuple[str, ...], language: str) -> Answer:
    status, body, _ = of_code("50115", {}, language)
    return status, body, [(b"allow", ", ".join(allowed).encode("ascii"))]
