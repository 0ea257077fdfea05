"""Answers as (status, headers, body): what the app sends, and the ones that never change."""

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
"""For a client that left in the middle of its request; nobody reads it."""
NOT_FOUND: Answer = (404, encode.not_found(), NO_HEADERS)


def of_code(key: str, details: dict[str, str], language: str) -> Answer:
    """A refusal with the status and text the table of errors gives for it.

    The gateway's codes, those of keys and of rates, come without `data`. `key` may name a variant.
    """
    error = ERRORS[key]
    body = encode.failure(error.code, text(key, language, **details), has_data(error.code))
    return error.http_status, body, NO_HEADERS


def closing(key: str, language: str) -> Answer:
    """A refusal after which the rest of the body is not wanted."""
    status, body, _ = of_code(key, {}, language)
    return status, body, CLOSE


def not_found(remark: tuple[bytes, bytes] | None) -> Answer:
    status, body, _ = NOT_FOUND
    return status, body, [remark] if remark else NO_HEADERS


def method_not_allowed(allowed: tuple[str, ...], language: str) -> Answer:
    status, body, _ = of_code("50115", {}, language)
    return status, body, [(b"allow", ", ".join(allowed).encode("ascii"))]
