"""Request of a command as --json prints it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Request(Struct, frozen=True):
    """A request as it would be sent: method, path with its query, and body."""

    method: str
    path: str
    body: Any = None
