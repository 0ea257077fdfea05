"""Answers to input that is no request, or one the server does not read, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tallystick.engine.rejects import Fact
from tallystick.server import heads, reasons
from tallystick.server.seen import Asking

if TYPE_CHECKING:
    from tallystick.server.protocol import Connection

HEAD_BYTES_MAX: Final = 16 * 1024
"""Longest head, to within the size of one read."""
HEADERS_MAX: Final = 100
TARGET_BYTES_MAX: Final = 8 * 1024
HEAD_SECONDS_MAX: Final = 8
BODY_SECONDS_MAX: Final = 15
OPERATION: Final = "not a request"
"""Name of such input in the list of requests."""


class Complaint:
    """Answer that refuses such input; `message` is plain ASCII of the server, `why` the name of the reason."""

    def __init__(self, status: int, message: str, why: str, **facts: Fact) -> None:
        self.status = status
        self.body = b'{"code":"51000","data":[],"msg":"%s"}' % message.encode("ascii")
        self.reason = reasons.reason_of(why, facts, "", {})
        self.headers = heads.others(reasons.header((self.reason,)))


MALFORMED = Complaint(400, "Malformed HTTP request", "malformed")
HEAD_TOO_LARGE = Complaint(
    431, "Request head too large", "head too large", bytes_count=HEAD_BYTES_MAX, headers_count=HEADERS_MAX
)
TARGET_TOO_LONG = Complaint(414, "Request target too long", "target too long", bytes_count=TARGET_BYTES_MAX)
HOST_WANTED = Complaint(400, "Exactly one Host header is required", "host wanted")
TARGET_FORM = Complaint(400, "The request target must be a path", "target form")
TOO_SLOW = Complaint(
    408,
    "The request took too long to arrive",
    "too slow",
    head_span_ms=HEAD_SECONDS_MAX * 1_000,
    body_span_ms=BODY_SECONDS_MAX * 1_000,
)


class HeadRefused(Exception):
    """Signal inside a parser callback to stop parsing; `Connection.complaint` has the answer."""


def tell(connection: Connection, complaint: Complaint) -> None:
    """Send a complaint in place of an answer, and keep it among the refused requests."""
    everybody = connection.everybody
    services = everybody.app.services
    # Bytes that follow a whole request have nothing to do with its path.
    target = b"" if complaint is MALFORMED and connection.head_done else connection.url
    asked = Asking(services.now_ms(), 0, "", OPERATION, target)
    services.seen.note(asked, complaint.status, complaint.body, 0, (complaint.reason,))
    head = b"%d\r\n%b%bconnection: close\r\n\r\n" % (len(complaint.body), everybody.date, complaint.headers)
    connection.write(heads.JSON_HEAD[complaint.status] + head + complaint.body)
