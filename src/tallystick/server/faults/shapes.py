"""Answers in another shape: each function takes the body of a right answer and spoils it.

A body that is no envelope of the exchange is left as it is, but for those cut or damaged as bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw

Envelope = dict[str, Raw]
Row = dict[str, Raw]
EMPTY_TEXT = Raw(b'""')


def truncated(body: bytes) -> bytes:
    return body[: len(body) // 2]


def not_utf_8(body: bytes) -> bytes:
    """The body with a byte that no UTF-8 has, in the middle."""
    middle = len(body) // 2
    return body[:middle] + b"\xff" + body[middle + 1 :]


def without(name: str) -> Callable[[bytes], bytes]:
    """Function that takes a member out of the envelope."""

    def spoil(envelope: Envelope) -> Envelope:
        return {member: value for member, value in envelope.items() if member != name}

    return enveloped(spoil)


def with_member(name: str, value: bytes) -> Callable[[bytes], bytes]:
    """Function that gives a member of the envelope another value."""
    return enveloped(lambda envelope: {**envelope, name: Raw(value)})


def with_data(change: Callable[[Raw], Raw]) -> Callable[[bytes], bytes]:
    """Function that changes the `data` of an envelope."""
    return enveloped(lambda envelope: {**envelope, "data": change(envelope.get("data", Raw(b"[]")))})


def enveloped(change: Callable[[Envelope], Envelope]) -> Callable[[bytes], bytes]:
    def spoil(body: bytes) -> bytes:
        try:
            envelope = msgspec.json.decode(body, type=dict[str, Raw])
        except msgspec.DecodeError:
            return body
        return msgspec.json.encode(change(envelope))

    return spoil


def as_object(data: Raw) -> Raw:
    """The first row in place of the list."""
    rows = rows_of(data)
    return Raw(msgspec.json.encode(rows[0] if rows else {}))


def as_strings(data: Raw) -> Raw:
    """Text in place of each row: the values of its members, joined by commas."""
    joined = [b",".join(bytes(value) for value in row.values()).decode() for row in rows_of(data)]
    return Raw(msgspec.json.encode(joined))


def emptied(data: Raw) -> Raw:
    """Empty text in place of each value of each row."""
    return Raw(msgspec.json.encode([dict.fromkeys(row, EMPTY_TEXT) for row in rows_of(data)]))


def with_new_fields(data: Raw) -> Raw:
    """A field that no document knows in each row, text in one and a nested object in the other."""
    added = {"newField": Raw(b'"new"'), "newObject": Raw(b'{"list":[1,null]}')}
    return Raw(msgspec.json.encode([{**row, **added} for row in rows_of(data)]))


def later(ms: int, data: Raw) -> Raw:
    """The time of each row, `ts` in Unix ms, that much later."""
    return Raw(msgspec.json.encode([{**row, "ts": str(int(text_of(row["ts"])) + ms)} for row in rows_of(data)]))


def text_of(value: Raw) -> str:
    return msgspec.json.decode(value, type=str)


def rows_of(data: Raw) -> list[Row]:
    """Rows of a list of objects; none of anything else, such as candles."""
    try:
        return msgspec.json.decode(data, type=list[dict[str, Raw]])
    except msgspec.ValidationError:
        return []
