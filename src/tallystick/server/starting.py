"""Answers while a venue starts: whoever asks hears at once that it starts, and how far it is.

A start may take long: the journal is read, then the venue catches up with its clock. Meanwhile a thread of its own
accepts connections, answers each with 503, and closes it. The real server takes over on the same socket.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final

from tallystick.server import answers, heads, reasons
from tallystick.server.app import OWN_PREFIX
from tallystick.server.control.service import error

CONNECTIONS_MAX: Final = 64
"""Connections at a time; further ones are closed without an answer."""
HEAD_BYTES_MAX: Final = 16 * 1024
SECONDS_MAX: Final = 5
"""Longest time a connection takes, its end included."""
REST_BYTES_MAX: Final = 64 * 1024
"""Bytes of a body that are read before the end, so that a client sees the answer."""


class Starting:
    """Server of a start: it answers from `begin` on until `close`. `listener` stays the caller's.

    `read` and `catch_up` tell it how far the start is; they may be called in any thread. Calls of the exchange get
    `code`, that of one of several servers says that nothing was carried out.
    """

    def __init__(self, listener: socket.socket, context: ssl.SSLContext | None = None, *, code: str = "50001") -> None:
        self._listener = listener
        self._context = context
        self._code = code
        self._why = reasons.reason_of("starting", {}, "", {})
        self._answering: set[asyncio.Task[None]] = set()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="starting", daemon=True)

    def begin(self) -> None:
        """Answer from here on."""
        self._thread.start()
        self._begun.wait()

    def read(self, done: int, of: int) -> None:
        """Tell that so many entries of the journal are read."""
        self._why = reasons.reason_of("starting/reading", {"done_count": done, "of_count": of}, "", {})

    def catch_up(self, at_ms: int, until_ms: int) -> None:
        """Tell that the venue catches up with its clock: the time reached and the one to reach, in Unix ms."""
        self._why = reasons.reason_of("starting/catching up", {"at_ms": at_ms, "until_ms": until_ms}, "", {})

    def close(self) -> None:
        """Accept nothing more, and end once all are answered. Harmless when called twice."""
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None:
            self._loop = None
            loop.call_soon_threadsafe(stop.set)
            self._thread.join()

    # ---- in the thread

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            listening = await asyncio.start_server(
                self._answer, sock=self._listener.dup(), limit=HEAD_BYTES_MAX, ssl=self._context
            )
        finally:
            self._begun.set()
        await self._stop.wait()
        listening.close()
        if self._answering:
            await asyncio.wait(self._answering, timeout=SECONDS_MAX)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._answering) >= CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._answering.add(task)
        try:
            async with asyncio.timeout(SECONDS_MAX):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self.answer(head))
                await writer.drain()
                if writer.can_write_eof():
                    writer.write_eof()
                    await reader.read(REST_BYTES_MAX)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # It was no request, or its client has left.
            return
        finally:
            self._answering.discard(task)
            with suppress(OSError):
                writer.close()

    def answer(self, head: bytes) -> bytes:
        """Whole answer to a request with this head."""
        why, lines = self._why, head.split(b"\r\n")
        if lines[0].partition(b" ")[2].startswith(OWN_PREFIX):
            status, body = 503, error(why.en, "ask again in a moment")
        else:
            chinese = any(line[:19].lower() == b"accept-language: zh" for line in lines)
            status, body, _ = answers.of_code(self._code, {}, "zh" if chinese else "en")
        reason = heads.others(reasons.header((why,)))
        told = b"" if lines[0].startswith(b"HEAD ") else body
        return b"%b%d\r\n%bconnection: close\r\n\r\n%b" % (heads.JSON_HEAD[status], len(body), reason, told)
