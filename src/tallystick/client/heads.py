"""A request as the bytes that go over a connection, the same for both halves."""

from __future__ import annotations

import re
from typing import Final

from tallystick.client.steps import Send

_no_target: Final = re.compile(r"[\x00-\x20\x7f]").search


class Unsendable(ValueError):
    """The text of a request would be another one, or several. Nothing of it is sent."""


def request(step: Send, authority: str) -> bytes:
    """Head and body. Raises Unsendable for a target or a header field that would be read as something else.

    Callers keep it in no variable of a frame that waits: it holds a passphrase, and tracebacks show variables.
    """
    if _no_target(step.target):
        raise Unsendable("the target has a space or a control character")
    lines = [f"{step.method} {step.target} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in step.headers.items()]
    if step.method == "POST":
        lines.append(f"Content-Length: {len(step.body)}")
    head = "\r\n".join(lines)
    if not head.count("\r") == head.count("\n") == len(lines) - 1:
        raise Unsendable("a header field has several lines")
    try:
        return head.encode("latin-1") + b"\r\n\r\n" + step.body
    except UnicodeEncodeError:
        # The library's error holds the head. Nobody shall find it there.
        unsendable = Unsendable("the target or a header field has a character that HTTP does not take")
    raise unsendable
