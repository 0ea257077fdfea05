"""Recorded answers, read from HAR files of a browser or proxy, or from JSON lines.

    {"method": "GET", "path": "/api/v5/account/balance", "answer": {"code": "0", "msg": "", "data": [...]}}

Only method, path and answer are taken over. Headers, cookies, queries and what was sent are never kept.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

FILE_BYTES_MAX: Final = 256 * 1024 * 1024
API: Final = "/api/v5/"
METHODS: Final = ("GET", "POST")
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_decode: Final = msgspec.json.Decoder().decode


class Damaged(Exception):
    """A file that cannot be read as recorded answers. The text says where and why, without what stands there."""


class Recorded(NamedTuple):
    """One answer. `path` has no query. `answer` is None where none was recorded, or one that is not a JSON object."""

    method: str
    path: str
    answer: dict[str, Any] | None


def read(path: Path) -> list[Recorded]:
    """Recorded answers of the API in a file, in its order. Raises Damaged, and OSError."""
    with path.open("rb") as file:
        content = file.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise Damaged(f"it has more than {FILE_BYTES_MAX // 1024**2} MiB: divide it")
    content = content.removeprefix(BYTE_ORDER_MARK)
    if not content.strip():
        raise Damaged("it is empty")
    whole = _whole(content)
    found = _of_har(whole) if isinstance(whole, dict) and "log" in whole else _of_lines(content)
    return [one for one in found if one.path.startswith(API)]


def _whole(content: bytes) -> object:
    """The file as one JSON value, None where it is not one."""
    try:
        return _decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


# ---- HAR


def _of_har(har: dict[str, Any]) -> Iterator[Recorded]:
    log = har["log"]
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise Damaged("it has no list log.entries, which a HAR file has")
    for number, entry in enumerate(entries, 1):
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict):
            raise Damaged(f"entry {number} has no request")
        method, url = request.get("method"), request.get("url")
        if not isinstance(method, str) or not isinstance(url, str):
            raise Damaged(f"entry {number} has no method or no url as text")
        path = _path(url, f"entry {number}")
        if method in METHODS and path.startswith(API):
            yield Recorded(method, path, _har_answer(entry.get("response"), number))


def _har_answer(response: object, number: int) -> dict[str, Any] | None:
    content = response.get("content") if isinstance(response, dict) else None
    text = content.get("text") if isinstance(content, dict) else None
    if content is None or text is None:
        return None
    if not isinstance(text, str):
        raise Damaged(f"entry {number} has an answer that is not text")
    if content.get("encoding") == "base64":
        try:
            return _object(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            raise Damaged(f"entry {number} has an answer that is not base64, though it says so") from None
    return _object(text)


# ---- JSON lines


def _of_lines(content: bytes) -> Iterator[Recorded]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            yield _of_line(line, f"line {number}")


def _of_line(line: bytes, where: str) -> Recorded:
    try:
        record = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Damaged(f"{where} is not JSON") from None
    if not isinstance(record, dict):
        raise Damaged(f"{where} is not a JSON object")
    missing = [name for name in ("method", "path", "answer") if name not in record]
    if missing:
        raise Damaged(f"{where} lacks {', '.join(missing)}")
    method, path, answer = record["method"], record["path"], record["answer"]
    if method not in METHODS or not isinstance(path, str):
        raise Damaged(f"{where} has a method other than {' and '.join(METHODS)}, or a path that is not text")
    if answer is not None and not isinstance(answer, dict | str):
        raise Damaged(f"{where} has an answer that is neither an object nor its text")
    return Recorded(method, _path(path, where), _object(answer) if isinstance(answer, str) else answer)


def _path(url: str, where: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        raise Damaged(f"{where} has an address that cannot be read") from None


def _object(text: str | bytes) -> dict[str, Any] | None:
    """The JSON object of a text, None where it is none, such as a page of HTML."""
    try:
        found = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
