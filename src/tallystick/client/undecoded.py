"""Pages of long histories: their rows stay JSON until a field of one is asked for; the cursors are read at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from operator import attrgetter
from types import GenericAlias
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.client.answers import Answer, Reader, read
from tallystick.client.steps import Received
from tallystick.contract.core import Endpoint


class _Rows(Struct):
    data: list[msgspec.Raw]


_rows: Final = msgspec.json.Decoder(_Rows).decode
_decode: Final = msgspec.json.Decoder().decode
_cursor: Final = attrgetter("cursor")


class Page:
    """Body of an answer that is known to be well formed, with an object for each row."""

    __slots__ = ("_body", "_rows")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._rows: list[msgspec.Raw] | None = None

    def row(self, number: int) -> Any:
        """The row as it was sent. The page is divided into its rows when the first of them is asked for."""
        return _decode(self._divided()[number])

    def text(self, number: int) -> str:
        """The row's JSON, to the letter."""
        return bytes(self._divided()[number]).decode()

    def _divided(self) -> list[msgspec.Raw]:
        if self._rows is None:
            self._rows = _rows(self._body).data
        return self._rows


Undecoded: TypeAlias = tuple[Page, int]
"""A row that stays JSON: its page, and its number there."""


def reader(cursor: str) -> Reader:
    """Reader of pages with a cursor. It says the same as `read`, and leaves all to it that is not as documented."""
    envelope = _envelope(cursor)

    def read_page(result: Received, endpoint: Endpoint, write: bool, in_ms: int) -> Answer:
        if result.status == 200 and not endpoint.answer.__struct_config__.array_like:
            body = result.body
            try:
                # Of what is skipped the decoder checks the form, but not the letters.
                body.isascii() or body.decode("utf-8")
                found = envelope(body)
                if found.code == "0":
                    cursors = list(map(int, map(_cursor, found.data)))
                    rows = list(zip(repeat(Page(body)), range(len(cursors)), strict=False))
                    return Answer(rows, body, endpoint, in_ms, cursors)
            except (msgspec.DecodeError, ValueError, RecursionError):
                pass
        return read(result, endpoint, write, in_ms)

    return read_page


def last_cursor(cursor: str) -> Callable[[bytes], int | None]:
    """Cursor of the last row of a page, found without a look at the rest of it. None where it is not found at once.

    It says what the next page may begin with before this one is read: whoever uses it compares when it has been read.
    """
    row = msgspec.json.Decoder(_row(cursor)).decode

    def read_last(body: bytes) -> int | None:
        try:
            return int(row(body[body.rfind(b',{"') + 1 : body.rfind(b"}]") + 1]).cursor)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None

    return read_last


def _row(cursor: str) -> Any:
    return msgspec.defstruct("Row", [("cursor", str)], rename={"cursor": cursor}, gc=False)


def _envelope(cursor: str) -> Callable[[bytes], Any]:
    """Decodes the code of an answer and the cursors of its rows. Raises DecodeError where one has none as text."""
    rows = msgspec.defstruct("Envelope", [("code", str), ("data", GenericAlias(list, (_row(cursor),)))])
    return msgspec.json.Decoder(rows).decode
