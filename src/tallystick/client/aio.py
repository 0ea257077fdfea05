"""The async half of the client, over aiohttp (the extra `async`): carries out the steps of a flow."""

from __future__ import annotations

import asyncio
import functools
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from tallystick.client.async_methods import AsyncMethods
from tallystick.client.clock import monotonic
from tallystick.client.deadlines import Deadlines
from tallystick.client.flows import Flow, T
from tallystick.client.forks import watch
from tallystick.client.making import Made
from tallystick.client.records import Record
from tallystick.client.safe.methods import AsyncSafeRepay
from tallystick.client.steps import BODY_MAX, FORKED, Failed, Received, Result, Send, Step, Tell, Wait

CONNECTIONS_MAX: Final = 128
TARGETS_MAX: Final = 256
"""Addresses that are kept ready. Those of a history, which all differ, drive each other out."""
TRANSPORTS: Final = ("aiohttp", "httptools")


if TYPE_CHECKING:
    from tallystick.client.stream.aio import AsyncStream
    from tallystick.client.stream.subscription import Subscription

R = TypeVar("R", bound=Record)


class AsyncTransport(Protocol):
    """Sends one request and reads its answer."""

    async def send(self, step: Send) -> Received | Failed: ...
    async def close(self) -> None: ...


class AiohttpTransport:
    """Connections to one host by aiohttp, made at the first request, in the loop it is sent from."""

    def __init__(self, url: str, *, ca: str | None = None) -> None:
        import aiohttp
        import yarl

        self._aiohttp = aiohttp
        self._url = url
        self._secure: Any = True
        if url.startswith("https:") and ca is not None:
            import ssl

            self._secure = ssl.create_default_context(cafile=ca)
        # Programs ask for few targets again and again, and the library takes its time over each URL.
        self._address = functools.lru_cache(TARGETS_MAX)(lambda target: yarl.URL(url + target, encoded=True))
        self._deadlines = Deadlines()
        self._http: aiohttp.ClientSession | None = None
        self._forked = False
        watch(self)

    def _opened(self) -> Any:
        if self._http is None:
            connector = self._aiohttp.TCPConnector(limit=CONNECTIONS_MAX, ssl=self._secure, keepalive_timeout=15)
            self._http = self._aiohttp.ClientSession(
                connector=connector,
                cookie_jar=self._aiohttp.DummyCookieJar(),
                auto_decompress=True,
                timeout=self._aiohttp.ClientTimeout(total=None, sock_connect=None),
            )
        return self._http

    async def send(self, step: Send) -> Received | Failed:
        aiohttp = self._aiohttp
        if self._forked:
            return FORKED
        if monotonic() >= step.deadline:
            return Failed(False, "no time left")
        task = self._deadlines.begin(step.deadline)
        late = False
        try:
            try:
                return await self._exchange(step)
            finally:
                late = self._deadlines.end(task)
        except asyncio.CancelledError:
            if not late:
                raise
            return Failed(True, "no answer in time")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Failed(False, f"no connection ({type(error).__name__})")
        except TimeoutError:
            return Failed(True, "no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Failed(True, f"cut ({type(error).__name__})")

    async def _exchange(self, step: Send) -> Received:
        """Raises what the library raises, and ValueError for a body that is too large."""
        http = self._http or self._opened()
        answer: Any = await http.request(
            step.method,
            self._address(step.target),
            data=step.body or None,
            headers=step.headers,
            allow_redirects=False,
        )
        body: bytes | None = None
        try:
            # A body that is all there already is small: the library stops reading before it holds much.
            body = answer.content.read_nowait() if answer.content.is_eof() else await _body(answer.content)
        finally:
            # The connection of an answer that was read whole is kept already: `async with` would cost time for nothing.
            if body is None:
                answer.close()
        return Received(answer.status, body)

    def after_fork(self) -> None:
        self._forked = True

    async def close(self) -> None:
        self._deadlines.close()
        if self._http is not None and not self._forked:
            await self._http.close()
            self._http = None


async def _body(content: Any) -> bytes:
    """Raises ValueError for a body that is too large."""
    parts = []
    size = 0
    async for part in content.iter_any():
        parts.append(part)
        size += len(part)
        if size > BODY_MAX:
            raise ValueError("the body is too large")
    return b"".join(parts)


class AsyncClient(AsyncSafeRepay, AsyncMethods, Made):
    """Client for asyncio. Close it, or use it in an `async with`."""

    _transport: AsyncTransport

    def _connect(self, ca: str | None) -> None:
        transport = self._transport_name
        if transport not in ("", *TRANSPORTS):
            raise ValueError(f"transport is {transport!r}: it is one of {', '.join(TRANSPORTS)}")
        url = self._session.host.url
        if transport == "httptools":
            from tallystick.client.transport_httptools import HttptoolsTransport

            self._transport = HttptoolsTransport(url, ca=ca)
        else:
            self._transport = AiohttpTransport(url, ca=ca)

    async def _run(self, steps: Flow[T]) -> T:
        """The result of a flow. Raises what the flow raises."""
        if self._told:
            self._acknowledge()
        told: list[Tell] | None = None
        try:
            step = next(steps)
            while True:
                # What is sent, which is most, goes without a call of a method in between.
                if isinstance(step, Send):
                    result: Result = await self._transport.send(step)
                else:
                    result = await self._carry_out(step)
                    if isinstance(step, Tell):
                        told = [*(told or ()), step]
                step = steps.send(result)
        except StopIteration as end:
            value: T = end.value
            if told is not None:
                self._returned(told)
            return value

    async def _carry_out(self, step: Step) -> Result:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            return None
        return self._aside(step)

    def stream(self, *subscriptions: Subscription[R], patience_s: float = 300.0) -> AsyncStream[R]:
        """A stream of channels, all on one path, to be read with `async for`. See `Client.stream`."""
        from tallystick.client.stream.aio import AsyncStream

        return AsyncStream(self._session, self._run, subscriptions, ca=self._ca, patience_s=patience_s)

    async def close(self) -> None:
        self._acknowledge()
        await self._transport.close()
        self._pace.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
