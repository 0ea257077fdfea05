"""A TCP proxy between a server and its database: it can fall silent, and cut a connection before an answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

ROUNDS = 10
"""Rounds of the loop in which what was begun is through; it takes about three."""


async def rounds() -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


class Proxy:
    """Proxy to a port of this machine, on a port of its own, in a thread of its own."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._silent = False
        self._heard = asyncio.Event()
        self._cutting = 0
        self.cut_answers = 0
        """Connections that were cut between a question and its answer."""
        self._links: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server = self._run(self._serve())
        self.port: int = self._server.sockets[0].getsockname()[1]

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self) -> asyncio.Server:
        self._heard.set()
        return await asyncio.start_server(self._link, "127.0.0.1", 0)

    # ---- what is done to it

    def silence(self) -> None:
        """Pass on nothing more, either way, and say nothing of it."""
        self._loop.call_soon_threadsafe(self._heard.clear)

    def speak(self) -> None:
        """Pass on again, what has waited too."""
        self._loop.call_soon_threadsafe(self._heard.set)

    def cut_next_answers(self, count: int = 1) -> None:
        """Cut the next connections over which a statement is sent, after it went through and before its answer."""

        def order() -> None:
            self._cutting = count

        self._loop.call_soon_threadsafe(order)

    def cut_all(self) -> None:
        """Cut all connections."""

        def cut() -> None:
            for link in self._links:
                link.cancel()

        self._loop.call_soon_threadsafe(cut)

    def close(self) -> None:
        async def end() -> None:
            # asyncio leaves a connection open that it accepted right before the server was closed: accept no more, let
            # those that were accepted become links, and close then.
            for listening in self._server.sockets:
                self._loop.remove_reader(listening.fileno())
            await rounds()
            self._server.close()
            links = list(self._links)
            for link in links:
                link.cancel()
            await asyncio.gather(*links, return_exceptions=True)
            await rounds()

        self._run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # ---- what it does

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        try:
            await self._heard.wait()
            back, forth = await asyncio.open_connection("127.0.0.1", self._target)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            self._links.discard(link)
            return
        doomed: list[bool] = []
        ways = [
            asyncio.create_task(self._pass_on(reader, forth, lambda sent: self._judge(sent, doomed))),
            asyncio.create_task(self._pass_on(back, writer, lambda sent: not doomed)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            writer.transport.abort()
            forth.transport.abort()
            self._links.discard(link)

    def _judge(self, sent: bytes, doomed: list[bool]) -> bool:
        """Note that the answer to this is to be cut: a bound statement that carries a journal entry."""
        if self._cutting and b'["' in sent and sent[:1] == b"B":
            self._cutting -= 1
            self.cut_answers += 1
            doomed.append(True)
        return True

    async def _pass_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, passes: Callable[[bytes], bool]
    ) -> None:
        while sent := await source.read(65_536):
            await self._heard.wait()
            if not passes(sent):
                return
            target.write(sent)
            await target.drain()
