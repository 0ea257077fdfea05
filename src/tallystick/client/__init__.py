"""The typed client: calls a venue or the exchange, with exact decimals and honest outcomes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallystick.client.aio import AsyncClient
    from tallystick.client.errors import ClientError, OutcomeUnknown, Refused
    from tallystick.client.sync import Client

_HOMES = {
    "AsyncClient": "aio",
    "Client": "sync",
    "ClientError": "errors",
    "OutcomeUnknown": "errors",
    "Refused": "errors",
}

__all__ = ["AsyncClient", "Client", "ClientError", "OutcomeUnknown", "Refused"]


def __getattr__(name: str) -> object:
    """Load what is asked for: the async half needs a library that the sync half does without."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
