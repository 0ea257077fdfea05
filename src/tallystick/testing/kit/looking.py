"""The client of this project as a user of a test: its requests go by control calls, beside rate limits and faults."""

from __future__ import annotations

import msgspec

from tallystick.client.errors import LeverRefused
from tallystick.client.levers import Levers
from tallystick.client.steps import Failed, Received, Send
from tallystick.client.sync import Client
from tallystick.client.transport import UnderWay
from tallystick.testing.kit.keys import Key


class Looking(Client):
    """Client of one user. Its methods give typed rows: amounts as Decimal, times as datetime."""

    def __init__(self, levers: Levers, name: str, key: Key) -> None:
        self._sender = Sender(levers, name)
        super().__init__(
            api_key=key.api_key,
            secret_key=key.secret_key,
            passphrase=key.passphrase,
            base_url=levers.url,
            pace=False,
        )

    def _connect(self, ca: str | None) -> None:
        self._transport = self._sender


class Sender:
    """Transport that lets the venue send each request as a user."""

    def __init__(self, levers: Levers, name: str) -> None:
        self._levers = levers
        self._name = name

    def send(self, step: Send) -> Received | Failed:
        body = msgspec.json.decode(step.body) if step.body else None
        try:
            found = self._levers.users.send(self._name, method=step.method, path=step.target, body=body)
        except LeverRefused as refused:
            return Failed(sent=False, reason=str(refused))
        return Received(found.status, msgspec.json.encode(found.answer))

    def send_ahead(self, step: Send) -> None:
        """Send nothing: the venue answers each of these requests at once."""

    def receive(self, under_way: UnderWay) -> None:
        """Give nothing, as nothing is sent ahead."""

    def close(self) -> None:
        """Leave the connection to the levers it belongs to."""
