"""Declarations of the API, in the exchange's own spelling; `ENDPOINTS` is the whole surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallystick.contract.endpoints import ENDPOINTS, by_name, by_route

__all__ = ["ENDPOINTS", "by_name", "by_route"]


def __getattr__(name: str) -> object:
    """Load the whole surface when it is asked for: a client that calls three endpoints loads their subjects alone."""
    if name in __all__:
        from tallystick.contract import endpoints

        return getattr(endpoints, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
