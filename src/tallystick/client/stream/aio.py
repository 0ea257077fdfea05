"""The async half of a stream: iterate over its events with `async for`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tallystick.client.clock import monotonic
from tallystick.client.errors import ClientError, NotSent
from tallystick.client.flows import Flow, Session, measure
from tallystick.client.records import Record
from tallystick.client.stream import link
from tallystick.client.stream.conversation import Conversation, Lost
from tallystick.client.stream.events import Event
from tallystick.client.stream.subscription import Subscription

R = TypeVar("R", bound=Record)


class AsyncStream(Generic[R]):
    """As `Stream`, with `async for` and `async with`. One task iterates."""

    def __init__(
        self,
        session: Session,
        run: Callable[[Flow[None]], Awaitable[None]],
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
        self._attempt = 0
        self._listening = False
        """True while nothing is done but waiting for a message."""
        self._closed = False

    def _login(self) -> str:
        if self._session.key is None:
            raise NotSent("This channel needs a key.", endpoint="login", retry=False)
        return link.login(self._session.key, self._session.clock)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event[R]:
        while not self._talk.events:
            if self._closed:
                raise StopAsyncIteration
            try:
                await self._step()
            except Lost as lost:
                await self._drop(lost.reason)
                if lost.clock:
                    self._session.clock.forget()
            except BaseException as error:
                # Who waits for a message within a time limit cancels: what has not come yet stays to come.
                if not (self._listening and isinstance(error, asyncio.CancelledError)):
                    await self._drop(link.INTERRUPTED)
                raise
        return self._talk.events.popleft()

    async def _step(self) -> None:
        """Say what is to be said, then take in what comes next. Raises Lost."""
        self._listening = False
        plug = self._socket or await self._open()
        try:
            while self._talk.outbox:
                await plug.send(self._talk.outbox.popleft()())
            self._listening = True
            async with asyncio.timeout(self._talk.wait_s(monotonic())):
                text = await plug.recv()
        except TimeoutError:
            self._talk.silent(monotonic())
            return
        except ConnectionClosed as end:
            raise Lost(self._talk.closed(*link.end_of(end))) from None
        except (OSError, WebSocketException) as error:
            raise Lost(f"cut ({type(error).__name__})") from None
        self._listening = False
        self._talk.take(text if isinstance(text, str) else text.decode("utf-8", "replace"), monotonic())
        if self._talk.events:
            self._attempt = 0

    async def _open(self) -> ClientConnection:
        """A new connection, after the pause that is due. Raises Lost, and NoAnswer when patience is over."""
        outage_s = self._talk.outage_s(monotonic())
        if outage_s > self._patience_s:
            self._talk.patient_again(monotonic())
            raise link.given_up(outage_s, self._talk.reason)
        await asyncio.sleep(link.pause_s(self._attempt))
        self._attempt += 1
        if self._talk.logs_in and self._session.clock.stale():
            try:
                await self._run(measure(self._session, monotonic() + self._session.timeout_s))
            except ClientError as error:
                raise Lost(f"no clock ({error.text})") from None
        parts = urlsplit(self._url)
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        plug: socket.socket | None = None
        try:
            # With a socket of our own the library follows no redirect: keys go to no other host.
            place = (parts.hostname or "", port)
            plug = await asyncio.to_thread(socket.create_connection, place, link.OPEN_WITHIN_S)
            plug.setblocking(False)
            self._socket = await connect(self._url, sock=plug, **self._options)
        except (OSError, WebSocketException, ValueError) as error:
            if plug is not None:
                plug.close()
            # A redirect is a ValueError of the library.
            elsewhere = "it leads elsewhere, and keys do not follow"
            raise Lost(
                elsewhere if isinstance(error, ValueError) else f"no connection ({type(error).__name__})"
            ) from None
        except BaseException:
            if plug is not None:
                plug.close()
            raise
        self._talk.opened(monotonic())
        return self._socket

    async def _drop(self, reason: str) -> None:
        self._talk.lost(monotonic(), reason)
        await self._abandon()

    async def _abandon(self) -> None:
        found, self._socket = self._socket, None
        if found is not None:
            with suppress(OSError, WebSocketException):
                await found.close()

    async def close(self) -> None:
        """End the stream: iterating ends as well."""
        self._closed = True
        await self._abandon()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncStream of {', '.join(map(repr, self._talk.subscriptions))}>"
