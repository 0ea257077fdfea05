"""Names that a shell completes: those of the venue that is served, and of the profiles.

It asks in a moment or not at all: whatever goes wrong, there are no names. It loads little, since a shell waits.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click

WAIT_S: Final = 0.5
BYTES_MAX: Final = 4 * 1024 * 1024
HTTP: Final = "http://"
INSTRUMENTS: Final = "/api/v5/public/instruments?instType=SPOT"


def names_of(source: str, ctx: click.Context) -> tuple[str, ...]:
    """Names of a source, in their order; none where no venue answers."""
    path, read = SOURCES[source]
    try:
        connection = _connection(ctx)
        found = connection if path is None else _get(connection, path)
        return tuple(dict.fromkeys(read(found)))
    except Exception:
        # Whatever it is: the shell has no place to say it.
        return ()


def venue_users(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Users of connection.json, whose keys a command can use."""
    return [name for name in names_of("keys", ctx) if name.startswith(incomplete)]


def instruments(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Instruments of the venue that is served."""
    return [name for name in names_of("instruments", ctx) if name.startswith(incomplete)]


def coins(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Coins of the venue that is served."""
    return [name for name in names_of("coins", ctx) if name.startswith(incomplete)]


def profiles(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Profiles there are, with those that need no entry."""
    from tallystick.client.hosts import HOSTS
    from tallystick.client.profiles import LOCAL, place, read_entries

    try:
        named = read_entries(place())
    except Exception:
        # As above.
        named = {}
    return [name for name in dict.fromkeys((LOCAL, *named, *HOSTS)) if name.startswith(incomplete)]


def _connection(ctx: click.Context) -> Any:
    data = ctx.params.get("data") or os.environ.get("TALLY_DATA") or ".tally"
    return json.loads((Path(data) / "connection.json").read_bytes())


def _get(connection: Mapping[str, Any], path: str) -> Any:
    """Answer of a venue, over plain HTTP. A library for it takes longer to load than the shell may wait."""
    import socket

    from tallystick.client.clock import monotonic

    url = connection["url"]
    if not url.startswith(HTTP):
        return {}
    host, _, port = url.removeprefix(HTTP).rpartition(":")
    lines = (
        f"GET {path} HTTP/1.0",
        f"Host: {host}:{port}",
        f"Authorization: Bearer {connection['control_token']}",
        "Connection: close",
    )
    until = monotonic() + WAIT_S
    with socket.create_connection((host.strip("[]"), int(port)), WAIT_S) as wire:
        wire.sendall("\r\n".join((*lines, "", "")).encode())
        found = bytearray()
        while len(found) < BYTES_MAX:
            wire.settimeout(max(until - monotonic(), 0.001))
            part = wire.recv(65_536)
            if not part:
                break
            found += part
    return json.loads(found.partition(b"\r\n\r\n")[2])


def _pairs(found: Any) -> Iterable[str]:
    return (row["instId"] for row in found["data"])


def _coins(found: Any) -> Iterable[str]:
    return (row[side] for row in found["data"] for side in ("baseCcy", "quoteCcy"))


Reader = Callable[[Any], Iterable[str]]
SOURCES: Final[dict[str, tuple[str | None, Reader]]] = {
    "keys": (None, lambda found: (each["name"] for each in found["users"])),
    "users": ("/tally/v1/users", lambda found: (each["name"] for each in found["users"])),
    "scenarios": ("/tally/v1/scenarios", lambda found: (each["name"] for each in found["scenarios"])),
    "snapshots": ("/tally/v1/snapshots", lambda found: (each["name"] for each in found["snapshots"])),
    "rules": ("/tally/v1/faults", lambda found: (str(each["id"]) for each in found["faults"])),
    "instruments": (INSTRUMENTS, _pairs),
    "coins": (INSTRUMENTS, _coins),
}
"""Where names come from: a path of the venue, None for connection.json, and how they are read."""
