"""The way bytes go over pyreqwest (the extra `fast`), for the async half: connections of a library in Rust."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from tallystick.client.clock import monotonic
from tallystick.client.steps import BODY_MAX, Failed, Received, Send

IDLE: Final = timedelta(seconds=15)
IDLE_MAX: Final = 128
UNSENT: Final = frozenset({"tcp connect error", "dns error"})
"""Causes of a ConnectError before anything was sent."""


class FastTransport:
    """Connections to one host. Redirects are not followed, proxies of the environment not used.

    The library says `ConnectError` for a connection that cannot be made and for one that was cut after the request was
    sent. It is the first only where a cause of it says so; where none does, the request counts as sent.
    """

    def __init__(self, url: str, *, ca: str | None = None) -> None:
        from pyreqwest import exceptions
        from pyreqwest.client import ClientBuilder

        builder = ClientBuilder().follow_redirects(False).http1_only().no_proxy()
        builder = builder.pool_idle_timeout(IDLE).pool_max_idle_per_host(IDLE_MAX)
        if ca is not None:
            builder = builder.add_root_certificate_pem(Path(ca).read_bytes())
        self._url = url
        self._errors = exceptions
        self._http = builder.build()

    async def send(self, step: Send) -> Received | Failed:
        left = step.deadline - monotonic()
        if left <= 0:
            return Failed(False, "no time left")
        request = self._http.request(step.method, self._url + step.target).headers(step.headers)
        if step.body:
            request = request.body_bytes(step.body)
        try:
            answer = await request.timeout(timedelta(seconds=left)).build().send()
            body = bytes(await answer.bytes())
        except self._errors.RequestTimeoutError:
            return Failed(True, "no answer in time")
        except self._errors.ConnectError as error:
            causes = {cause["message"] for cause in error.details["causes"] or []}
            return Failed(not causes & UNSENT, "no connection" if causes & UNSENT else "cut (ConnectError)")
        except self._errors.PyreqwestError as error:
            return Failed(True, f"cut ({type(error).__name__})")
        if len(body) > BODY_MAX:
            return Failed(True, f"the body is larger than {BODY_MAX} bytes")
        return Received(answer.status, body)

    async def close(self) -> None:
        await self._http.close()
