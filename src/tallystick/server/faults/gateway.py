"""Answers of gateways: pages of HTML and lines of plain text, in the forms that nginx and Envoy give them."""

from __future__ import annotations

from typing import Final

from tallystick.server.answers import NO_HEADERS, Answer
from tallystick.server.heads import CONTENT_TYPE

HTML: Final = (CONTENT_TYPE, b"text/html; charset=utf-8")
PLAIN: Final = (CONTENT_TYPE, b"text/plain")


def page(status: int, title: str) -> Answer:
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return status, body.encode("ascii"), [HTML]


BAD: Final = page(502, "502 Bad Gateway")
UNAVAILABLE: Final = page(503, "503 Service Temporarily Unavailable")
TIMED_OUT: Final = page(504, "504 Gateway Time-out")
MAINTENANCE: Final = page(200, "System maintenance")
PLAIN_503: Final[Answer] = (
    503,
    b"upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    [PLAIN],
)
PLAIN_429: Final[Answer] = (429, b"Too Many Requests\n", [PLAIN])
EMPTY: Final[Answer] = (200, b"", NO_HEADERS)
