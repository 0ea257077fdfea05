"""Clients of other projects, made ready for a venue, and their end."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tallystick.testing.kit.keys import Key

T = TypeVar("T")
LAST_TURNS = 9
"""Turns of a loop that transports need to close after their clients."""


def okx(api: type[T], url: str, key: Key, more: dict[str, Any]) -> T:
    """A python-okx object of this class. Raises TypeError: a stream, or no class of python-okx."""
    try:
        names = set(inspect.signature(api).parameters)
    except (TypeError, ValueError):
        names = set()
    if "domain" not in names:
        if "url" in names:
            raise TypeError(
                f"{api.__name__} of python-okx streams over TLS alone, and the venue of a test has none: stream with "
                "ccxt_async(), or serve with tally serve --tls"
            )
        raise TypeError(f"{api!r} is no class of python-okx: give one such as okx.Trade.TradeAPI")
    given = {"api_key": key.api_key, "api_secret_key": key.secret_key, "passphrase": key.passphrase}
    return api(**(given | {"flag": "0", "domain": url, "debug": False} | more))


def ccxt(module: str, url: str, key: Key, more: dict[str, Any]) -> Any:
    """An `okx` of ccxt or ccxt.pro."""
    settings = {"apiKey": key.api_key, "secret": key.secret_key, "password": key.passphrase, "enableRateLimit": False}
    made = importlib.import_module(module).okx(settings | more)
    made.urls["api"] = {"rest": url, "ws": url.replace("http", "ws", 1) + "/ws/v5"}
    return made


def close(made: Any) -> Any:
    """End a client. Returns what is to be awaited where its end is async, else None."""
    end = getattr(made, "close", None)
    found = end() if callable(end) else None
    return found if inspect.isawaitable(found) else None


async def end_all(ends: Iterable[Awaitable[object]]) -> None:
    """Await the ends of clients, and give their transports the turns of the loop in which these close."""
    ended = False
    for end in ends:
        await end
        ended = True
    for _ in range(LAST_TURNS if ended else 0):
        await asyncio.sleep(0)


def end_now(ends: Iterable[Awaitable[object]]) -> None:
    """End clients without a running loop; one is made only if there is an end to await."""
    if waiting := list(ends):
        asyncio.run(end_all(waiting))
