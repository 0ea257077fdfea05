"""Dictionaries that a record has of its own only once there is something in them.

A user has many amounts by currency and by id, and most users most of them never. An empty dictionary takes 64 bytes, so
all records share one until they need their own (`own`). It is written to disk as any other empty dictionary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from msgspec import Struct

V = TypeVar("V")


class _Nothing(dict[str, Any]):
    """Empty dictionary of many records, which refuses to take anything."""

    __slots__ = ()

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        raise TypeError(f"{key!r} is written into what many records share: `sparse.own` makes a record its own")

    def setdefault(self, key: str, default: Any = None) -> NoReturn:
        self[key] = default

    def update(self, *args: Any, **kwargs: Any) -> NoReturn:
        self["many"] = args

    def __ior__(self, other: object, /) -> NoReturn:  # type: ignore[misc]
        raise TypeError("many records share this dictionary: `sparse.own` makes a record its own")

    def __reduce__(self) -> tuple[Callable[[], dict[str, Any]], tuple[()]]:
        """Copies, deep ones too, are the one dictionary that is shared."""
        return nothing, ()


NOTHING: Final = _Nothing()


def nothing() -> dict[str, Any]:
    """The shared empty dictionary: the beginning of a field that `own` writes."""
    return NOTHING


def own(record: Struct, name: str, held: dict[str, V]) -> dict[str, V]:
    """Dictionary of a record to write into, where `held` is what the record has under this name."""
    if held is NOTHING:
        held = {}
        setattr(record, name, held)
    return held


def shared_again(record: Struct, names: tuple[str, ...]) -> None:
    """Have a record that was read from disk share its empty dictionaries of these names."""
    for name in names:
        if not getattr(record, name):
            setattr(record, name, NOTHING)
