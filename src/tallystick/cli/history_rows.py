"""Rows of any history, read over all its pages as they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallystick.client.history import History
from tallystick.client.readers import MaybeText
from tallystick.client.records import Record
from tallystick.client.sync import Client
from tallystick.client.walk import Span
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import fields


def read(client: Client, endpoint: Endpoint, filters: Mapping[str, Any], span: Span, most: int) -> list[Any]:
    """Rows of a history as they were sent, at most so many."""
    found: list[Any] = []
    for row in History(client, endpoint, filters, record_of(endpoint), span):
        found.append(dict(row.raw))
        if len(found) == most:
            break
    return found


def record_of(endpoint: Endpoint) -> type[Record]:
    """Record of the rows of any history, whose fields are read as they were sent."""
    names = tuple(field.name for field in fields(endpoint.answer))
    places = names if endpoint.answer.__struct_config__.array_like else ()
    return type(endpoint.name, (Record,), {"__slots__": (), "places": places, **{name: MaybeText() for name in names}})
