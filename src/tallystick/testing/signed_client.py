"""A client without a network: signed requests straight into the server's pipeline."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from tallystick.server.app import App
from tallystick.server.request import Whole
from tallystick.venue.keys import Credentials
from tallystick.wire.sign import sign


class SignedClient:
    """One key at one server. What it sends takes the same way as a request over HTTP, from the route to the view."""

    def __init__(self, app: App, key: Credentials) -> None:
        self.app = app
        self.key = key

    async def call(self, method: str, target: str, body: Any = None) -> dict[str, Any]:
        """The decoded envelope, of code `none` where a fault leaves none. `target` is path and query."""
        raw = b"" if body is None else json.dumps(body).encode()
        stamp = iso(self.app.services.venue.now_ms())
        headers = [
            (b"host", b"localhost"),
            (b"ok-access-key", self.key.api_key.encode()),
            (b"ok-access-passphrase", self.key.passphrase.encode()),
            (b"ok-access-timestamp", stamp.encode()),
            (b"ok-access-sign", sign(self.key.secret_key, stamp, method, target, raw).encode()),
        ]
        if raw:
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
        request = Whole(method, target.encode(), headers, raw)
        status, answer, _ = await self.app.answer(request)
        if request.delivery is None:
            found = envelope_of(answer)
            if found is not None:
                return found
        return {"code": "none", "msg": f"status {status}, no envelope" if request.delivery is None else "no answer"}


def envelope_of(body: bytes) -> dict[str, Any] | None:
    """An answer as an envelope; None for anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("code"), str) else None


def iso(at_ms: int) -> str:
    """The form of the timestamp header."""
    moment = dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
