"""What both halves of a stream share: where to, how to log in, and how to speak WebSocket without telling keys."""

from __future__ import annotations

import json
import logging
from typing import Any, Final, TypeVar

from websockets.exceptions import ConnectionClosed

from tallystick.client.clock import Clock
from tallystick.client.errors import NoAnswer, NotSent
from tallystick.client.flows import Session
from tallystick.client.hosts import Host
from tallystick.client.records import Record
from tallystick.client.secrets import Key
from tallystick.client.stream.subscription import Subscription
from tallystick.contract.channels import LOGIN

R = TypeVar("R", bound=Record)

MESSAGE_MAX: Final = 16 * 1024 * 1024
"""Largest message. A whole book of 400 levels has about 40 KiB, all instruments some MiB."""
WAITING_MAX: Final = 256
"""Messages that wait for whoever reads the stream. Beyond, nothing is read from the connection, and the exchange ends
it when its own buffer is full."""
OPEN_WITHIN_S: Final = 10.0
PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Before each attempt to open a connection anew; the last again and again. Three a second are allowed."""
INTERRUPTED: Final = "the reading was interrupted"
SILENT: Final = logging.Logger("tallystick.client.stream", logging.CRITICAL)
"""A logger that nobody hears: at its lowest level the library would write a login into the log."""


def path_of(subscriptions: tuple[Subscription[R], ...]) -> str:
    """The one path of all channels. Raises ValueError for none, and for several, which need a stream each."""
    paths = sorted({each.channel.path for each in subscriptions})
    if not paths:
        raise ValueError("a stream needs a subscription, such as channels.books(instId='BTC-USDT')")
    if len(paths) > 1:
        raise ValueError(f"these channels are on the paths {' and '.join(paths)}: open a stream for each path")
    return paths[0]


def url_of(host: Host, path: str) -> str:
    return f"{host.streams}/ws/v5/{path}"


def needs_login(session: Session, subscriptions: tuple[Subscription[R], ...]) -> bool:
    """True where a channel is behind a login. Raises NotSent where the client has no key then."""
    if not any(each.channel.login for each in subscriptions):
        return False
    if session.key is None:
        raise NotSent(
            "This channel needs a key.",
            hint="Give api_key, secret_key and passphrase, or use Client.from_profile(...).",
            endpoint="login",
            retry=False,
        )
    return True


def login(key: Key, clock: Clock) -> str:
    """The message of a login; its timestamp is in seconds (documented)."""
    at = str(clock.now_ms() // 1_000)
    argument = {
        "apiKey": key.api_key.reveal(),
        "passphrase": key.passphrase.reveal(),
        "timestamp": at,
        "sign": key.sign(at, LOGIN.method, LOGIN.path),
    }
    return json.dumps({"op": "login", "args": [argument]})


def pause_s(attempt: int) -> float:
    """Seconds before an attempt, the first of which is number 0."""
    return PAUSES_S[min(attempt, len(PAUSES_S) - 1)]


def given_up(outage_s: float, reason: str) -> NoAnswer:
    return NoAnswer(
        f"The stream could not be opened anew for {outage_s:.0f} s: {reason}.",
        hint="Iterate on to try again.",
        endpoint="stream",
    )


def end_of(end: ConnectionClosed) -> tuple[int | None, str]:
    """Code and reason that the exchange ended a connection with; None where it said nothing."""
    return (end.rcvd.code, end.rcvd.reason) if end.rcvd is not None else (None, "")


def options(ca: str | None, url: str) -> dict[str, Any]:
    """Arguments of the library, for both halves: no compression, no proxy, nothing written to a log."""
    found: dict[str, Any] = {
        "compression": None,
        "max_size": MESSAGE_MAX,
        "max_queue": WAITING_MAX,
        "open_timeout": OPEN_WITHIN_S,
        # The exchange counts text pings alone.
        "ping_interval": None,
        "close_timeout": 1,
        "logger": SILENT,
        "proxy": None,
        "user_agent_header": "tallystick",
    }
    if url.startswith("wss:"):
        import ssl

        found["ssl"] = ssl.create_default_context(cafile=ca)
    return found
