"""Heads of answers: status lines, and the head of a JSON answer up to its length."""

from __future__ import annotations

from http import HTTPStatus

from tallystick.server.answers import CLOSE, Headers

CONTENT_TYPE = b"content-type"
JSON_TYPE = b"application/json"
STATUS_LINE = {status.value: b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode("ascii")) for status in HTTPStatus}
JSON_HEAD = {
    status: line + b"content-type: application/json\r\ncontent-length: " for status, line in STATUS_LINE.items()
}
(CLOSING,) = CLOSE


def begun(status: int, extra: Headers) -> bytes:
    """Head up to the length, with the content type that `extra` names, or JSON."""
    named = next((value for name, value in extra if name == CONTENT_TYPE), None)
    if named is None:
        return JSON_HEAD[status]
    return b"%bcontent-type: %b\r\ncontent-length: " % (STATUS_LINE[status], named)


def others(extra: Headers) -> bytes:
    """Lines of the further headers of an answer."""
    return b"".join(b"%s: %s\r\n" % pair for pair in extra if pair != CLOSING and pair[0] != CONTENT_TYPE)
