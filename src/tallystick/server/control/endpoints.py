"""Table of the control calls, and their look-up by path and method."""

from __future__ import annotations

from urllib.parse import unquote

from tallystick.server.control import (
    clock,
    faults,
    happened,
    journal,
    listings,
    looking_back,
    market,
    modes,
    parameters,
    platform,
    requests,
    scenarios,
    snapshots,
    users,
    watching,
)
from tallystick.server.control.form import PREFIX, ControlEndpoint, Wrong

ENDPOINTS: tuple[ControlEndpoint, ...] = (
    *clock.ENDPOINTS,
    *market.ENDPOINTS,
    *parameters.ENDPOINTS,
    *listings.ENDPOINTS,
    *users.ENDPOINTS,
    *modes.ENDPOINTS,
    *requests.ENDPOINTS,
    *platform.ENDPOINTS,
    *faults.ENDPOINTS,
    *journal.ENDPOINTS,
    *snapshots.ENDPOINTS,
    *scenarios.ENDPOINTS,
    *watching.ENDPOINTS,
    *happened.ENDPOINTS,
    *looking_back.ENDPOINTS,
)

_BY_PATH: dict[str, dict[str, ControlEndpoint]] = {}
for _endpoint in ENDPOINTS:
    _BY_PATH.setdefault(_endpoint.path, {})[_endpoint.method] = _endpoint


def find(path: bytes, method: str) -> tuple[ControlEndpoint, str]:
    """Endpoint of a path, and the name in it, "" without one. Raises Wrong 404, then 405."""
    text = path.decode("latin-1")
    rest = text.removeprefix(PREFIX)
    parts = rest.split("/")
    name = ""
    if len(parts) >= 2 and rest not in _BY_PATH:
        rest, name = "/".join((parts[0], "*", *parts[2:])), unquote(parts[1])
    methods = _BY_PATH.get(rest)
    if not text.startswith(PREFIX) or methods is None:
        raise Wrong(404, "no such control endpoint", "there are: " + ", ".join(_BY_PATH))
    endpoint = methods.get(method)
    if endpoint is None:
        raise Wrong(405, f"this path does not take {method}", f"use {' or '.join(methods)}")
    return endpoint, name
