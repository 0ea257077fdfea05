"""Reads the declarations back: a record's fields as data, for whoever decodes, documents or tests them."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from tallystick.contract.core import Doc, Grammar, Many, Refused, Since, Worded


class Field(Struct, frozen=True):
    """One field. Exactly one of `grammar`, `choices`, `record`, `flag`, `refused` says what a value may be.

    `name` is the name on the wire, `attribute` the one in Python. `many` makes it a list of such values.
    """

    name: str
    attribute: str
    required: bool
    default: Any
    grammar: Grammar | None = None
    choices: tuple[str, ...] = ()
    record: type[Struct] | None = None
    flag: bool = False
    worded: bool = False
    refused: bool = False
    many: Many | None = None
    since: str = "2026-01"
    always: str | None = None
    doc: Doc | None = None


def _unwrap(hint: Any, marks: list[Any]) -> Any:
    """The bare type, with all annotations on the way put into `marks`; `X | None` counts as X."""
    while True:
        if get_origin(hint) is Annotated:
            marks.extend(hint.__metadata__)
            hint = hint.__origin__
        elif get_origin(hint) in (Union, types.UnionType):
            inner = [part for part in get_args(hint) if part not in (type(None), msgspec.UnsetType)]
            if len(inner) != 1:
                return hint
            hint = inner[0]
        else:
            return hint


def _mark(marks: list[Any], kind: type) -> Any:
    return next((mark for mark in marks if isinstance(mark, kind)), None)


def _shape(hint: Any, marks: list[Any]) -> dict[str, Any]:
    if _mark(marks, Refused):
        return {"refused": True}
    if get_origin(hint) is Literal:
        return {"choices": get_args(hint)}
    if isinstance(hint, type) and issubclass(hint, Struct):
        return {"record": hint}
    if hint is bool:
        return {"flag": True, "worded": _mark(marks, Worded) is not None}
    return {"grammar": _mark(marks, Grammar)}


@functools.cache
def fields(record: type[Struct]) -> tuple[Field, ...]:
    """All fields of a request or answer record, in declared order."""
    hints: Mapping[str, Any] = get_type_hints(record, include_extras=True)
    found = []
    for info in msgspec.structs.fields(record):
        marks: list[Any] = []
        hint = _unwrap(hints[info.name], marks)
        many: Many | None = None
        if get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,):
            many = _mark(marks, Many) or Many()
            hint = _unwrap(get_args(hint)[0], marks)
        since: Since | None = _mark(marks, Since)
        found.append(
            Field(
                name=info.encode_name,
                attribute=info.name,
                required=info.required,
                default=info.default,
                many=many,
                since=since.surface if since else "2026-01",
                always=since.always if since else None,
                doc=_mark(marks, Doc),
                **_shape(hint, marks),
            )
        )
    return tuple(found)
