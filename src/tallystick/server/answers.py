"""Answers as (status, headers, body): what the app sends, and the ones that never change."""

from __future__ import annotations

import difflib
import functools
from typing import TypeAlias

from msgspec.structs import fields as struct_fields

from tallystick.contract.core import Endpoint
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


def method_not_allowed(allowed: tuple[str, ...], language: str) -> Answer:
    status, body, _ = of_code("50115", {}, language)
    return status, body, [(b"allow", ", ".join(allowed).encode("ascii"))]


@functools.lru_cache(maxsize=1024)
def lint(endpoint: Endpoint, unknown: tuple[str, ...]) -> tuple[bytes, bytes]:
    """The header that names parameters nobody reads, each with the one that may have been meant."""
    known = [field.encode_name for field in struct_fields(endpoint.request)]
    remarks = []
    for name in unknown:
        near = difflib.get_close_matches(name, known, n=1)
        remarks.append(f"unknown parameter {name}" + (f", did you mean {near[0]}?" if near else ""))
    return b"x-tally-lint", "; ".join(remarks).encode("ascii", "replace")
