"""The way bytes go over pyreqwest (the extra `fast`), for the async half: connections of a library in Rust."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tallystick.client import steps
from tallystick.client.clock import monotonic
from tallystick.client.forks import watch
from tallystick.client.steps import FORKED, LATE_S, Failed, Received, Send

IDLE: Final = timedelta(seconds=15)
IDLE_MAX: Final = 128
UNSENT: Final = frozenset({"tcp connect error", "dns error"})
"""Causes of a ConnectError before anything was sent."""


class FastTransport:
    """Connections to one host. Redirects are not followed, proxies of the environment not used.

    The library says `ConnectError` for a connection that cannot be made and for one that was cut after the request was
    sent. It is the first only where a cause of it says so; where none does, the request counts as sent.

    Before Python 3.14 a process that ends in the instant an answer or a timeout comes may be aborted by a thread of the
    library, after all else is done (observed with 0.15.1 on a busy machine).
    """

    def __init__(self, url: str, *, ca: str | None = None, timeout_s: float = 10.0) -> None:
        from pyreqwest import exceptions
        from pyreqwest.client import ClientBuilder

        builder = ClientBuilder().follow_redirects(False).http1_only().no_proxy()
        builder = builder.timeout(timedelta(seconds=timeout_s)).pool_idle_timeout(IDLE).pool_max_idle_per_host(IDLE_MAX)
        if ca is not None:
            builder = builder.add_root_certificate_pem(Path(ca).read_bytes())
        self._url, self._timeout_s = url, timeout_s
        self._errors = exceptions
        self._http = builder.build()
        self._forked = False
        watch(self)

    async def send(self, step: Send) -> Received | Failed:
        if self._forked:
            return FORKED
        left = step.deadline - monotonic()
        if left <= 0:
            return Failed(False, "no time left")
        request = self._http.request(step.method, self._url + step.target).headers(step.headers)
        if step.body:
            request = request.body_bytes(step.body)
        if left < self._timeout_s - LATE_S:
            # A time limit of its own for each request costs more than the client's.
            request = request.timeout(timedelta(seconds=left))
        try:
            async with request.build_streamed() as answer:
                known = answer.get_header("content-length")
                if known is not None and int(known) <= steps.BODY_MAX:
                    return Received(answer.status, bytes(await answer.bytes()))
                return Received(answer.status, await _in_pieces(answer.body_reader))
        except self._errors.RequestTimeoutError:
            return Failed(True, "no answer in time")
        except self._errors.ConnectError as error:
            causes = {cause["message"] for cause in error.details["causes"] or []}
            return Failed(not causes & UNSENT, "no connection" if causes & UNSENT else "cut (ConnectError)")
        except self._errors.PyreqwestError as error:
            return Failed(True, f"cut ({type(error).__name__})")
        except ValueError as error:
            return Failed(True, str(error))

    def after_fork(self) -> None:
        self._forked = True

    async def close(self) -> None:
        if not self._forked:
            await self._http.close()


async def _in_pieces(reader: Any) -> bytes:
    """Read a body whose length is not known beforehand. Raises ValueError for one that is too large."""
    parts, size = [], 0
    while (part := await reader.read_chunk()) is not None:
        parts.append(part)
        size += len(part)
        if size > steps.BODY_MAX:
            raise ValueError(f"the body is larger than {steps.BODY_MAX} bytes")
    return b"".join(map(bytes, parts))
