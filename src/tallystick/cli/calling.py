"""Control calls of the command line: to the venue that `connection.json` in the data folder names."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tallystick.cli.options import Stop
from tallystick.store.api import StoreError
from tallystick.venue.connection import Connection, read_connection

PREFIX = "/tally/v1/"
SECONDS_MAX = 300
"""Seconds that an answer may take: a restored venue catches up with the present before it answers."""
AUTHORITY = "tls/ca.pem"
"""Certificate in the data folder that vouches for a venue served with `--tls`."""


def call(folder: Path, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Answer of a control call. Raises Stop, with what to do: no venue there, nobody serves it, or it refuses."""
    served = _served(folder)
    try:
        status, raw = _exchange(folder, served, method, path, b"" if body is None else msgspec.json.encode(body))
        answer: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, Any])
    except ConnectionRefusedError:
        raise Stop(f"nobody serves {served.url}: start the venue with tally serve --data {folder}") from None
    except (OSError, http.client.HTTPException, msgspec.DecodeError) as problem:
        raise Stop(f"{served.url} does not answer as a venue does: {problem or type(problem).__name__}") from None
    if status != 200:
        refused = answer.get("error", {})
        said = [str(refused[part]) for part in ("message", "hint") if refused.get(part)]
        raise Stop(": ".join(said) or f"{served.url} refused it with {status}")
    return answer


def _served(folder: Path) -> Connection:
    try:
        found = read_connection(folder)
    except StoreError as problem:
        raise Stop(str(problem)) from None
    if found is None or not found.url:
        raise Stop(f"no venue has been served from {folder}: start it with tally serve, or name its folder with --data")
    return found


def _exchange(folder: Path, served: Connection, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(served.url)
    place = (parts.hostname or "", parts.port)
    if parts.scheme == "https":
        trusted = ssl.create_default_context(cafile=folder / AUTHORITY)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            *place, timeout=SECONDS_MAX, context=trusted
        )
    else:
        connection = http.client.HTTPConnection(*place, timeout=SECONDS_MAX)
    headers = {"Authorization": f"Bearer {served.control_token}", "Content-Type": "application/json"}
    try:
        connection.request(method, PREFIX + path, body or None, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
