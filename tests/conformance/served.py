"""A venue as users run it: `tally serve` on a real port, for clients nobody here wrote."""

from __future__ import annotations

import contextlib
import json
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from tallystick.venue.connection import CONNECTION, Connection

READY_SECONDS_MAX = 30
CA = "tls/ca.pem"


class Served:
    """Where the venue is, and its levers. `key(name)` are constructor arguments of python-okx.

    `ca` is the certificate that clients of a venue served with TLS must trust.
    """

    def __init__(self, connection: Connection, ca: Path | None = None) -> None:
        self.connection = connection
        self.url = connection.url
        self.ca = ca
        self._context = ssl.create_default_context(cafile=ca) if ca else None

    def key(self, name: str = "alice", number: int = 0) -> tuple[str, str, str]:
        user = next(user for user in self.connection.users if user.name == name)
        key = user.keys[number]
        return key.api_key, key.secret_key, key.passphrase

    def control(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One control call; POST where there is a body."""
        request = urllib.request.Request(
            f"{self.url}/tally/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.connection.control_token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=READY_SECONDS_MAX, context=self._context) as answer:
            decoded: dict[str, Any] = json.load(answer)
        assert decoded["ok"] is True
        return decoded

    def advance(self, ms: int) -> None:
        self.control("clock/advance", {"ms": ms})

    def new_user(self, name: str, *, borrow: bool = True, **balances: str) -> tuple[str, str, str]:
        """A user with trading balances; returns a key that may trade."""
        self.control("users", {"name": name})
        for ccy, amount in balances.items():
            self.control(f"users/{name}/balance", {"account": "trading", "ccy": ccy, "amt": amount})
        self.control(f"users/{name}/spot-borrow", {"enabled": borrow})
        key = self.control(f"users/{name}/keys", {"permissions": ["read", "trade"]})
        return key["api_key"], key["secret_key"], key["passphrase"]


def lint_of(log: Path) -> tuple[str, ...]:
    """What the lint said in a log of `running`."""
    lines = (line.partition("tallystick.lint: ")[2] for line in log.read_text(encoding="utf-8").splitlines())
    return tuple(filter(None, lines))


@contextmanager
def running(folder: Path, *options: str, log: Path | None = None) -> Iterator[Served]:
    """`tally serve` as a process of its own, frozen clock; the whole journal is verified before it is stopped.

    Time begins a minute after the last full hour, so that no hour of interest falls into a few seconds of a
    test. Standard error goes to `log`.
    """
    command = [sys.executable, "-m", "tallystick", "serve", "--port", "0", "--quiet", "--frozen", *options]
    if "--at" not in options:
        command += ["--at", datetime.now(UTC).strftime("%Y-%m-%dT%H:01:00Z")]
    with (
        log.open("w") if log else contextlib.nullcontext() as errors,
        subprocess.Popen(
            [*command, "--data", str(folder)], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError(f"tally serve ended with {process.wait()}")
            connection = msgspec.json.decode((folder / CONNECTION).read_bytes(), type=Connection)
            served = Served(connection, folder / CA if url.startswith("https") else None)
            assert served.url == url
            yield served
            verdict = served.control("verify", {})
            assert verdict["ok"] is True, verdict
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(READY_SECONDS_MAX) == 0
