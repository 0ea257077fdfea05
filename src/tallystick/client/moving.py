"""Calls that move something, and must not be sent twice."""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import Endpoint, Permission

HARMLESS: Final = frozenset({"convert_estimate_quote", "order_precheck"})
"""Calls that need the permission to trade and move nothing."""


def moves(endpoint: Endpoint) -> bool:
    """True where the call may change something, so that it must not be sent twice."""
    return (
        endpoint.method == "POST"
        and endpoint.permission not in (None, Permission.READ)
        and endpoint.name not in HARMLESS
    )
