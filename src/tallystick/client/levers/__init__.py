"""Levers of a venue: its control calls as typed methods, such as `levers.clock.advance(by="7d")`.

They are made from the declarations of the control calls (`python -m docs.client_levers`), for both halves.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from tallystick.client.levers.async_calls import AsyncCalls
from tallystick.client.levers.connection import DEADLINE_S, AsyncConnection, Connection
from tallystick.client.levers.sync_calls import Calls
from tallystick.client.profiles import control

__all__ = ["AsyncLevers", "Levers"]


class Levers(Calls):
    """Control calls of the venue at `url`. `token` is its control token, `timeout` the longest a call takes, in s.

    Raises LeverRefused with the venue's reason and hint, and what calls of the client raise without an answer.
    """

    def __init__(self, url: str, token: str, *, ca: str | None = None, timeout: float = DEADLINE_S) -> None:
        super().__init__(Connection(url, token, ca=ca, timeout=timeout))
        self.url = url

    @classmethod
    def of_data(cls, folder: Path | str | None = None) -> Levers:
        """Levers of the venue whose connection.json lies in `folder`, TALLY_DATA or .tally. Raises ProfileError."""
        url, token, ca = control(folder)
        return cls(url, token, ca=ca)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Levers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Levers of {self.url}>"


class AsyncLevers(AsyncCalls):
    """As `Levers`, with calls to be awaited."""

    def __init__(self, url: str, token: str, *, ca: str | None = None, timeout: float = DEADLINE_S) -> None:
        super().__init__(AsyncConnection(url, token, ca=ca, timeout=timeout))
        self.url = url

    @classmethod
    def of_data(cls, folder: Path | str | None = None) -> AsyncLevers:
        """Levers of the venue whose connection.json lies in `folder`, TALLY_DATA or .tally. Raises ProfileError."""
        url, token, ca = control(folder)
        return cls(url, token, ca=ca)

    def close(self) -> None:
        self._connection.close()

    async def __aenter__(self) -> AsyncLevers:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<AsyncLevers of {self.url}>"
