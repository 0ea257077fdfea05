"""What control calls are made of: how one is refused, and what one may carry."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from tallystick.venue.venue import Venue

Query = dict[str, str]


class Wrong(Exception):
    """The call cannot be carried out; `hint` says what would help."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint


class Controlled(Protocol):
    """What a call is carried out on."""

    venue: Venue


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what a call may carry."""


class Empty(Body, frozen=True):
    pass
