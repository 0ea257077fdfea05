"""Answers to input that is no request, or one the server does not read."""

from __future__ import annotations


class Complaint:
    """Answer that refuses such input; `message` is plain ASCII of the server."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.body = b'{"code":"51000","data":[],"msg":"%s"}' % message.encode("ascii")


MALFORMED = Complaint(400, "Malformed HTTP request")
HEAD_TOO_LARGE = Complaint(431, "Request head too large")
TARGET_TOO_LONG = Complaint(414, "Request target too long")
HOST_WANTED = Complaint(400, "Exactly one Host header is required")
TARGET_FORM = Complaint(400, "The request target must be a path")
TOO_SLOW = Complaint(408, "The request took too long to arrive")


class HeadRefused(Exception):
    """Signal inside a parser callback to stop parsing; `Connection.complaint` has the answer."""
