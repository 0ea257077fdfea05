"""API keys of the users of a test."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Permission: TypeAlias = Literal["read", "trade", "withdraw"]


class Key(Struct, frozen=True):
    """An API key."""

    api_key: str
    secret_key: str
    passphrase: str
    permissions: tuple[str, ...]
