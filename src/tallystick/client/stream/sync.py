"""The sync half of a stream: iterate over its events."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from tallystick.client.clock import monotonic, sleep
from tallystick.client.errors import ClientError, NotSent
from tallystick.client.flows import Flow, Session, measure
from tallystick.client.records import Record
from tallystick.client.stream import link
from tallystick.client.stream.conversation import Conversation, Lost
from tallystick.client.stream.events import Event
from tallystick.client.stream.subscription import Subscription

R = TypeVar("R", bound=Record)


class Stream(Generic[R]):
    """Events of channels, as they come. Opens itself anew for up to `patience_s`; then iterating raises NoAnswer.

    Raises Refused for a subscription that is refused, KeyRefused for a login, BadAnswer for what is not as documented.
    Close it, or use it in a `with`. One thread iterates. Who iterates too slowly is cut off by the exchange, and told
    so by a `Reconnected`.
    """

    def __init__(
        self,
        session: Session,
        run: Callable[[Flow[None]], None],
        subscriptions: tuple[Subscription[R], ...],
        *,
        ca: str | None,
        patience_s: float,
    ) -> None:
        self._session = session
        self._run = run
        self._url = link.url_of(session.host, link.path_of(subscriptions))
        self._options = link.options(ca, self._url)
        self._patience_s = patience_s
        login = self._login if link.needs_login(session, subscriptions) else None
        self._talk = Conversation(subscriptions, login, monotonic())
        self._socket: ClientConnection | None = None
        self._ends = ExitStack()
        self._attempt = 0
        self._closed = False

    def _login(self) -> str:
        if self._session.key is None:
            raise NotSent("This channel needs a key.", endpoint="login", retry=False)
        return link.login(self._session.key, self._session.clock)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event[R]:
        while not self._talk.events:
            if self._closed:
                raise StopIteration
            try:
                self._step()
            except Lost as lost:
                self._drop(lost.reason)
                if lost.clock:
                    self._session.clock.forget()
            except BaseException:
                self._drop(link.INTERRUPTED)
                raise
        return self._talk.events.popleft()

    def _step(self) -> None:
        """Say what is to be said, then take in what comes next. Raises Lost."""
        plug = self._socket or self._open()
        try:
            while self._talk.outbox:
                plug.send(self._talk.outbox.popleft()())
            text = plug.recv(timeout=self._talk.wait_s(monotonic()))
        except TimeoutError:
            self._talk.silent(monotonic())
            return
        except ConnectionClosed as end:
            raise Lost(self._talk.closed(*link.end_of(end))) from None
        except (OSError, WebSocketException) as error:
            raise Lost(f"cut ({type(error).__name__})") from None
        self._talk.take(text if isinstance(text, str) else text.decode("utf-8", "replace"), monotonic())
        if self._talk.events:
            self._attempt = 0

    def _open(self) -> ClientConnection:
        """A new connection, after the pause that is due. Raises Lost, and NoAnswer when patience is over."""
        outage_s = self._talk.outage_s(monotonic())
        if outage_s > self._patience_s:
            self._talk.patient_again(monotonic())
            raise link.given_up(outage_s, self._talk.reason)
        sleep(link.pause_s(self._attempt))
        self._attempt += 1
        if self._talk.logs_in and self._session.clock.stale():
            try:
                self._run(measure(self._session, monotonic() + self._session.timeout_s))
            except ClientError as error:
                raise Lost(f"no clock ({error.text})") from None
        parts = urlsplit(self._url)
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        plug: socket.socket | None = None
        try:
            # With a socket of our own the library follows no redirect: keys go to no other host.
            plug = socket.create_connection((parts.hostname or "", port), link.OPEN_WITHIN_S)
            self._socket = self._ends.enter_context(connect(self._url, sock=plug, **self._options))
        except (OSError, WebSocketException, ValueError) as error:
            if plug is not None:
                plug.close()
            # A redirect is a ValueError of the library.
            elsewhere = "it leads elsewhere, and keys do not follow"
            raise Lost(
                elsewhere if isinstance(error, ValueError) else f"no connection ({type(error).__name__})"
            ) from None
        self._talk.opened(monotonic())
        return self._socket

    def _drop(self, reason: str) -> None:
        self._talk.lost(monotonic(), reason)
        self._abandon()

    def _abandon(self) -> None:
        self._socket = None
        with suppress(OSError, WebSocketException):
            self._ends.close()

    def close(self) -> None:
        """End the stream: iterating ends as well."""
        self._closed = True
        self._abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Stream of {', '.join(map(repr, self._talk.subscriptions))}>"
