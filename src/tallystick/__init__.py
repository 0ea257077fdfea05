"""Tallystick: the credit side of a crypto exchange, whole, on your own machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallystick.client.aio import AsyncClient
    from tallystick.client.sync import Client

__version__ = "0.1.0"

__all__ = ["AsyncClient", "Client", "__version__"]


def __getattr__(name: str) -> object:
    """Load the client when it is asked for, so that a server or a command line without it pays nothing."""
    if name in ("AsyncClient", "Client"):
        from tallystick import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
