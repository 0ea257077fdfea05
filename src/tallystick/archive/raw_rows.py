"""Rows of any list as they came, with what they are known by."""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias
from typing import Any

import msgspec

from tallystick.archive.keys import Key
from tallystick.client.errors import BadAnswer
from tallystick.client.readers import MaybeText
from tallystick.client.records import Record
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import fields


class Known(Record):
    """Row of any list, with its text as it came."""

    __slots__ = ("place",)

    def __init__(self, raw: object) -> None:
        self.place: Any = raw if type(raw) is tuple else None
        super().__init__(raw)

    def text(self) -> str:
        """The row as it came, to the letter; of an answer of an odd form, its JSON."""
        if self.place is None:
            return msgspec.json.encode(self.raw).decode()
        page, number = self.place
        return str(page.text(number))

    def head(self, heads: list[tuple[int, int]], cursor: str, time: str) -> tuple[Key, int]:
        """Key of a row that its cursor is enough for, and its time; by the `heads` of its page where there are any."""
        if self.place is None or not heads:
            return (self.number(cursor), 0, 0), self.number(time)
        at, at_ms = heads[self.place[1]]
        return (at, 0, 0), at_ms

    def number(self, name: str) -> int:
        """A field that is a whole number. Raises BadAnswer for anything else."""
        try:
            return int(self.raw[name])
        except (LookupError, TypeError, ValueError):
            raise BadAnswer(f"A row has no {name} that is a number.", sample=repr(self.raw)[:200]) from None


def record_of(endpoint: Endpoint) -> type[Known]:
    names = [field.name for field in fields(endpoint.answer)]
    return type(endpoint.name, (Known,), {"__slots__": (), **{name: MaybeText() for name in names}})


def heads_of(cursor: str, time: str) -> Callable[[bytes], list[tuple[int, int]]]:
    """Reads cursor and time of each row of a page without decoding the rest; nothing of a page of another form."""
    row = msgspec.defstruct("Head", [("cursor", str), ("time", str)], rename={"cursor": cursor, "time": time}, gc=False)
    page = msgspec.defstruct("Heads", [("data", GenericAlias(list, (row,)))])
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(page).decode

    def heads(body: bytes) -> list[tuple[int, int]]:
        try:
            return [(int(one.cursor), int(one.time)) for one in decode(body).data]
        except (msgspec.DecodeError, ValueError):
            return []

    return heads
