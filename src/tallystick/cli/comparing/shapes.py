"""Shapes: which JSON value a declared field has, and what a recorded value is. No value is kept or shown.

The one exception is a word that a field's list of choices lacks, which is the finding itself.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from tallystick.contract.core import SURFACES
from tallystick.contract.fields import Field, fields
from tallystick.contract.kinds import Kind, kind

DECIMAL: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
DIGITS: Final = re.compile(r"-?[0-9]+")
WORD: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,31}|-?[0-9]{1,3}")
NAME: Final = re.compile(r"(?!.*[0-9]{6})[A-Za-z][A-Za-z0-9_]{0,39}")
AMOUNTS: Final = (Kind.AMOUNT, Kind.HOURLY, Kind.DAILY, Kind.YEARLY)

TEXT, DECIMAL_TEXT, TIME_TEXT = "text", "decimal text", "time as text of digits"
NUMBER, FLAG, NULL, LIST, OBJECT = "number", "true or false", "null", "list", "object"
LIST_OF_TEXTS, LIST_OF_LISTS, LIST_OF_OBJECTS = "list of texts", "list of lists of texts", "list of objects"
ONE_OF: Final = "one of "


class Shape(Struct, frozen=True):
    """Declared shape of a field. `record` is of the objects in it, `optional` True where it may be left out."""

    name: str
    form: str
    since: str
    choices: tuple[str, ...] = ()
    record: type[Struct] | None = None
    optional: bool = False
    nullable: bool = False


@functools.cache
def declared(record: type[Struct]) -> tuple[Shape, ...]:
    """Shapes of all fields of an answer, of every surface, in declared order."""
    hints = get_type_hints(record)
    return tuple(_shape(record, field, hints[field.attribute]) for field in fields(record))


def _shape(record: type[Struct], field: Field, hint: Any) -> Shape:
    parts = get_args(hint)
    return Shape(
        name=field.name,
        form=_form(record, field, hint),
        since=field.since,
        choices=field.choices,
        record=field.record,
        optional=msgspec.UnsetType in parts and field.always is None and field.since == SURFACES[0],
        nullable=type(None) in parts,
    )


def _form(record: type[Struct], field: Field, hint: Any) -> str:
    if field.record is not None:
        listed = field.record.__struct_config__.array_like
        return LIST_OF_LISTS if listed else LIST_OF_OBJECTS if field.many else OBJECT
    if field.flag:
        return FLAG
    if field.many is not None:
        return LIST_OF_LISTS if get_origin(get_args(hint)[0]) is tuple else LIST_OF_TEXTS
    if field.choices:
        return ONE_OF + ", ".join(repr(choice) for choice in field.choices)
    if int in (hint, *get_args(hint)):
        return NUMBER
    of = kind(record, field.name)
    return DECIMAL_TEXT if of in AMOUNTS else TIME_TEXT if of is Kind.TIME else TEXT


def form_of(value: object) -> str:
    """Form of a recorded value."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, int | float):
        return NUMBER
    if isinstance(value, str):
        return DECIMAL_TEXT if DECIMAL.fullmatch(value) else TEXT if value else "empty text"
    return LIST if isinstance(value, list) else OBJECT


def otherwise(shape: Shape, value: object) -> str:
    """Form of a value that is not as declared; "" where it is. An empty text fits every text."""
    if value is None:
        return "" if shape.nullable else NULL
    if shape.form == FLAG:
        return "" if isinstance(value, bool) else form_of(value)
    if shape.form == NUMBER:
        return "" if isinstance(value, int) and not isinstance(value, bool) else form_of(value)
    if shape.form == OBJECT:
        return "" if isinstance(value, dict) else form_of(value)
    if shape.form in (LIST_OF_TEXTS, LIST_OF_LISTS, LIST_OF_OBJECTS):
        return _list_otherwise(shape.form, value)
    if not isinstance(value, str):
        return form_of(value)
    if shape.choices:
        return "" if value in shape.choices or not value else word(value)
    if shape.form == DECIMAL_TEXT:
        return "" if not value or DECIMAL.fullmatch(value) else TEXT
    if shape.form == TIME_TEXT:
        return "" if not value or DIGITS.fullmatch(value) else form_of(value)
    return ""


def _list_otherwise(form: str, value: object) -> str:
    if not isinstance(value, list):
        return form_of(value)
    kinds: dict[str, type] = {LIST_OF_TEXTS: str, LIST_OF_LISTS: list, LIST_OF_OBJECTS: dict}
    odd = next((item for item in value if not isinstance(item, kinds[form])), None)
    if odd is None and None in value:
        return f"list with {NULL}"
    if odd is not None:
        return f"list with {form_of(odd)}"
    if form == LIST_OF_LISTS and any(not isinstance(item, str) for inner in value for item in inner):
        return "list of lists with other than texts"
    return ""


def word(value: str) -> str:
    """A word as it stands, where it can be nobody's secret."""
    return repr(value) if WORD.fullmatch(value) else "another text"


def name(text: str) -> str:
    """A field's name as it stands, where it looks like one."""
    return text if NAME.fullmatch(text) else "(another name)"
