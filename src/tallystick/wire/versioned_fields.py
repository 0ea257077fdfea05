"""Fields of answers that a later surface added and that say the same every time here.

Whoever makes a row need not know of them: where the later surface is served they are put in on the way
out, into rows made now and into rows stored long ago alike. What somebody has filled stays as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import replace

from tallystick.contract.core import SURFACES, Row
from tallystick.contract.fields import fields
from tallystick.wire import encode

RowLike = TypeVar("RowLike", bound=Struct)


class _Plan(Struct, frozen=True):
    constants: dict[str, str]
    inner: tuple[str, ...]
    """Attributes that hold records with such fields."""


@functools.cache
def _plan(record: type[Struct], surface: str) -> _Plan | None:
    """None where nothing is to be put in."""
    constants: dict[str, str] = {}
    inner: list[str] = []
    if surface != SURFACES[0]:
        for field in fields(record):
            if field.always is not None and field.since <= surface:
                constants[field.attribute] = field.always
            elif field.record is not None and _plan(field.record, surface) is not None:
                inner.append(field.attribute)
    return _Plan(constants, tuple(inner)) if constants or inner else None


def completed(row: RowLike, surface: str) -> RowLike:
    """The row as this surface has it."""
    plan = _plan(type(row), surface)
    if plan is None:
        return row
    changes: dict[str, object] = {name: value for name, value in plan.constants.items() if getattr(row, name) is UNSET}
    for name in plan.inner:
        held = getattr(row, name)
        changes[name] = (
            tuple(completed(one, surface) for one in held) if isinstance(held, tuple) else completed(held, surface)
        )
    return replace(row, **changes)


def all_completed(rows: Sequence[RowLike], surface: str) -> Sequence[RowLike]:
    return rows if surface == SURFACES[0] else tuple(completed(row, surface) for row in rows)


def stored_completed(record: type[Row], rows: Sequence[bytes], surface: str) -> Sequence[bytes]:
    """Complete rows that are JSON already, as `all_completed` does."""
    if surface == SURFACES[0] or _plan(record, surface) is None:
        return rows
    return tuple(encode.row(completed(msgspec.json.decode(row, type=record), surface)) for row in rows)
