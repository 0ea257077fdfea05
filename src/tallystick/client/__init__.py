"""The typed client: calls a venue or the exchange, with exact decimals and honest outcomes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallystick.client.aio import AsyncClient
    from tallystick.client.errors import (
        AlreadyDone,
        BadAnswer,
        BadParameter,
        ClientError,
        HostRefused,
        IntentOpen,
        KeyRefused,
        NoAnswer,
        NotSent,
        OutcomeUnknown,
        ProfileError,
        RateLimited,
        Refused,
        Unprovable,
        UnreadableOutcome,
    )
    from tallystick.client.safe.outcomes import (
        Converted,
        NotConverted,
        NotRepaid,
        Outcome,
        PartlyRepaid,
        Plan,
        Repaid,
        StillRunning,
        UnknownOutcome,
    )
    from tallystick.client.sync import Client

__all__ = [
    "AlreadyDone",
    "AsyncClient",
    "BadAnswer",
    "BadParameter",
    "Client",
    "ClientError",
    "Converted",
    "HostRefused",
    "IntentOpen",
    "KeyRefused",
    "NoAnswer",
    "NotConverted",
    "NotRepaid",
    "NotSent",
    "Outcome",
    "OutcomeUnknown",
    "PartlyRepaid",
    "Plan",
    "ProfileError",
    "RateLimited",
    "Refused",
    "Repaid",
    "StillRunning",
    "UnknownOutcome",
    "Unprovable",
    "UnreadableOutcome",
]

_HOMES = ("errors", "sync", "safe.outcomes", "aio")
"""Modules that the names stand in, those that are loaded anyway first."""


def __getattr__(name: str) -> object:
    """Load what is asked for: the async half needs a library that the sync half does without."""
    if name in __all__:
        for home in ("aio",) if name == "AsyncClient" else _HOMES:
            module = importlib.import_module(f"{__name__}.{home}")
            if hasattr(module, name):
                found: object = getattr(module, name)
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
