"""Clients of other projects, made ready for a venue, and their end."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tallystick.testing.kit.keys import Key

T = TypeVar("T")


def okx(api: type[T], url: str, key: Key, more: dict[str, Any]) -> T:
    """A python-okx object of this class. Raises TypeError: the class is none of python-okx."""
    names = inspect.signature(api).parameters
    if "domain" in names:
        given = {"api_key": key.api_key, "api_secret_key": key.secret_key, "passphrase": key.passphrase}
        return api(**(given | {"flag": "0", "domain": url, "debug": False} | more))
    stream = url.replace("http", "ws", 1) + "/ws/v5/"
    if "secretKey" in names:
        given = {"apiKey": key.api_key, "passphrase": key.passphrase, "secretKey": key.secret_key}
        return api(**(given | {"url": stream + "private"} | more))
    if "url" in names:
        return api(**({"url": stream + "public"} | more))
    raise TypeError(f"{api!r} is no class of python-okx: give one such as okx.Trade.TradeAPI")


def ccxt(module: str, url: str, key: Key, more: dict[str, Any]) -> Any:
    """An `okx` of ccxt or ccxt.pro."""
    settings = {"apiKey": key.api_key, "secret": key.secret_key, "password": key.passphrase, "enableRateLimit": False}
    made = importlib.import_module(module).okx(settings | more)
    made.urls["api"] = {"rest": url, "ws": url.replace("http", "ws", 1) + "/ws/v5"}
    return made


def close(made: Any) -> Any:
    """End a client. Returns what is to be awaited where its end is async, else None."""
    for name in ("close", "stop"):
        end = getattr(made, name, None)
        if callable(end):
            found = end()
            return found if inspect.isawaitable(found) else None
    return None
