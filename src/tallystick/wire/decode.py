"""A raw query or body to a request record, or the first fault in declared order.

Which fault comes first is part of the API, so validation is ours: first the form of the body, then
the parameters one by one in the order of the document, each by `wire.values`. "", null and [] count as
absent: real clients send them for everything they leave out.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from tallystick.contract.core import SURFACES, Either, Endpoint, Request
from tallystick.contract.errors import text
from tallystick.contract.fields import Field, fields
from tallystick.wire.values import (
    Bad,
    Number,
    Oddity,
    Reader,
    oddity,
    read_choice,
    read_flag,
    read_grammar,
    read_many,
    read_spelling,
    refuse,
)

DEPTH_MAX: Final = 32
PARAMETERS_MAX: Final = 64
REMEMBERED_MAX: Final = 1_024
REMEMBERED_LENGTH_MAX: Final = 256
"""Cap on queries that are remembered, and on the length of one."""
UNKNOWN: Final = "unknown"
UNKNOWN_MAX: Final = 16
"""At most so many remarks are handed on, each name cut to so many characters."""
UNKNOWN_LENGTH_MAX: Final = 64


class Fault(Exception):
    """A malformed request. `code` may carry a variant after a slash, see `contract.errors`.

    Codes: 50006, 50000, 50002 and 51000/too_many for the form; 50014, 50015, 50025, 51000, 58114 for parameters.
    """

    def __init__(self, key: str, field: str | None = None, **details: str) -> None:
        super().__init__(f"{key} {field}" if field else key)
        self.key = key
        self.code = key.partition("/")[0]
        self.field = field
        self.details = details
        self.remarks: tuple[Remark, ...] = ()
        """What else is odd about the request; a parameter that is missing may be there under another name."""
        self.reason = ""
        """What is wrong with the value, where its grammar does not say it."""
        self.sent: Mapping[str, Any] | None = None
        """The request the fault is in, by name; None where what came is no request at all."""

    def text(self, language: str = "en") -> str:
        return text(self.key, language, **self.details)


class Remark(NamedTuple):
    """Something a client sends that is accepted and yet not as documented. `name` is printable ASCII.

    kind: unknown (nobody reads it), number or boolean (of JSON, where the documents say text), text (of a flag), cut
    (a number above what there may be, read as that), body (of a GET) or query (of a POST), which nobody reads either.
    """

    kind: str
    name: str


class Decoded(Struct, frozen=True):
    """A request record, what is odd about how it was sent, and the values it was read from."""

    record: Request
    remarks: tuple[Remark, ...]
    sent: Mapping[str, Any]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of what was sent and is not declared."""
        return tuple(remark.name for remark in self.remarks if remark.kind == UNKNOWN)


_BROKEN: Final = object()
"""Stands for a query value that is no text: it has a broken percent sign."""
_TWICE: Final = object()
"""Stands for a query value that was given twice."""

S = TypeVar("S", bound=Struct)
_Shape = TypeVar("_Shape", dict[str, Any], list[Any])


# ---- queries


def decode_query(endpoint: Endpoint, raw_query: str, surface: str = SURFACES[0]) -> Decoded:
    """`raw_query` is the part after the question mark, as it came. A parameter given twice is a fault.

    What short queries mean is remembered, as clients ask the same again and again.
    """
    decode = _decode_query if len(raw_query) > REMEMBERED_LENGTH_MAX else _remembered
    return decode(endpoint.request, endpoint.either, raw_query, surface)


def _decode_query(request: type[Request], either: tuple[Either, ...], raw_query: str, surface: str) -> Decoded:
    values: dict[str, Any] = {}
    for pair in raw_query.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        read: Any = value
        if "%" in pair:
            name = _unquote(name) or name
            read = _unquote(value)
            if read is None:
                read = _BROKEN
        values[name] = _TWICE if name in values else read
    return _decode(request, either, values, surface, in_query=True)


_remembered = functools.lru_cache(REMEMBERED_MAX)(_decode_query)


_PERCENT_JUNK = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _unquote(value: str) -> str | None:
    if _PERCENT_JUNK.search(value):
        return None
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeError:
        return None


# ---- bodies


def parse_object(text: bytes) -> dict[str, Any]:
    """One JSON object, its numbers as they were written. Raises Fault 50002: no such thing, too deep, a name twice."""
    return _parse(text, dict)


def decode_object(endpoint: Endpoint, values: Mapping[str, Any], surface: str = SURFACES[0]) -> Decoded:
    """A request that came as an object of `parse_object`."""
    return _decode(endpoint.request, endpoint.either, values, surface, in_query=False)


def decode_record(record: type[S], values: Mapping[str, Any], surface: str = SURFACES[0]) -> S:
    """Any record out of an object of `parse_object`; names it does not declare are passed over."""
    return record(**_fill(_plan(record, surface, False), values, ""))


def decode_body(endpoint: Endpoint, content_type: str | None, body: bytes, surface: str = SURFACES[0]) -> Decoded:
    """Order of the checks: content type, emptiness, UTF-8, depth, JSON, number of parameters."""
    if endpoint.no_body_needed and (not body or body.isspace()):
        return _decode(endpoint.request, endpoint.either, {}, surface, in_query=False)
    _require_json(content_type, body)
    return _decode(endpoint.request, endpoint.either, _parse(body, dict), surface, in_query=False)


def _require_json(content_type: str | None, body: bytes) -> None:
    blank = not body or body.isspace()
    if content_type is None:
        if not blank:
            raise Fault("50006")
    elif content_type != "application/json" and content_type.partition(";")[0].strip().lower() != "application/json":
        raise Fault("50006")
    if blank:
        raise Fault("50000")


def decode_batch(
    endpoint: Endpoint, content_type: str | None, body: bytes, surface: str = SURFACES[0]
) -> list[Decoded | Fault]:
    """A body that is a list of requests. What is wrong with the whole is raised, with one of them stands in its place.

    Raises: as `decode_body` for the form, 50014 for an empty list, `too_many` for one that is too long.
    """
    _require_json(content_type, body)
    items = _parse(body, list)
    if not items:
        raise Fault("50014", "orders", param="orders")
    if len(items) > endpoint.batch_max:
        raise Fault(endpoint.too_many, max=str(endpoint.batch_max))
    found: list[Decoded | Fault] = []
    for item in items:
        if type(item) is not dict:
            raise Fault("50002")
        try:
            found.append(_decode(endpoint.request, endpoint.either, item, surface, in_query=False))
        except Fault as fault:
            found.append(fault)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


_json = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_refuse_constant
)
_JSON_BLANKS: Final = " \t\n\r"
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
"""A string, or the rest of the body where one is not closed: it always matches, so the scan stays linear."""


def _parse(body: bytes, kind: type[_Shape]) -> _Shape:
    try:
        if body.count(b"[") + body.count(b"{") > DEPTH_MAX and _depth(body) > DEPTH_MAX:
            raise ValueError("too deep")
        text = body.decode("utf-8").strip(_JSON_BLANKS)
        value, end = _json.raw_decode(text)
    except (ValueError, RecursionError):
        raise Fault("50002") from None
    if end != len(text) or type(value) is not kind:
        raise Fault("50002")
    found: _Shape = value
    return found


def _depth(body: bytes) -> int:
    """Deepest nesting outside strings; of broken JSON at least what the parser would meet."""
    deepest = depth = 0
    for byte in _STRING.sub(b"", body):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


# ---- parameters


class _Step(Struct, frozen=True):
    name: str
    attribute: str
    required: bool
    read: Reader
    odd: Oddity | None
    inner: _Plan | None


class _Plan(Struct, frozen=True):
    steps: tuple[_Step, ...]
    watched: dict[str, _Step]


def _decode(
    request: type[Request], either: tuple[Either, ...], values: Mapping[str, Any], surface: str, *, in_query: bool
) -> Decoded:
    plan = _plan(request, surface, in_query)
    try:
        if len(values) > PARAMETERS_MAX:
            raise Fault("51000/too_many")
        record = request(**_fill(plan, values, ""))
        for one in either:
            if not any(values.get(name) for name in one.names):
                raise Fault(one.code, one.names[0], param=one.names[0], other=one.names[-1])
    except Fault as fault:
        fault.sent = values
        fault.remarks = tuple(islice(_remarks(values, plan, ""), UNKNOWN_MAX))
        raise
    return Decoded(record, tuple(islice(_remarks(values, plan, ""), UNKNOWN_MAX)) if values else (), values)


def _fill(plan: _Plan, values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    get = values.get
    for step in plan.steps:
        value = get(step.name)
        if value is None or value == "" or value == []:  # _is_absent, without the call
            if step.required:
                name = prefix + step.name
                raise Fault("50014", name, param=name)
            continue
        try:
            found[step.attribute] = step.read(value)
        except Bad as bad:
            name = prefix + step.name
            fault = Fault(bad.code, name, param=name, **bad.details)
            fault.reason = "stands twice in the query" if value is _TWICE else bad.reason
            raise fault from None
    return found


def _remarks(values: Mapping[str, Any], plan: _Plan, prefix: str) -> Iterator[Remark]:
    watched = plan.watched
    for name, value in values.items():
        step = watched.get(name)
        if step is None:
            if not _is_absent(value):
                yield Remark(UNKNOWN, prefix + _printable(name))
        elif step.odd is not None:
            if kind := step.odd(value):
                yield Remark(kind, prefix + name)
        elif step.inner is not None:
            for item in value if type(value) is list else [value]:
                if type(item) is dict:
                    yield from _remarks(item, step.inner, f"{prefix}{name}.")


def value_of(record: type[Struct], name: str, value: Any) -> Any:
    """A parameter as the record would have it; None where it is absent, or not as it may be."""
    step = _plan(record, SURFACES[-1], False).watched.get(name)
    try:
        return None if step is None or _is_absent(value) else step.read(value)
    except Bad:
        return None


def _is_absent(value: Any) -> bool:
    return value is None or value == "" or value == []


def _printable(name: str) -> str:
    safe = name if name.isascii() and name.isprintable() else ascii(name)[1:-1]
    return safe[:UNKNOWN_LENGTH_MAX]


@functools.cache
def _plan(record: type[Struct], surface: str, in_query: bool) -> _Plan:
    steps = tuple(
        _Step(
            field.name,
            field.attribute,
            field.required,
            _reader(field, surface, in_query),
            oddity(field, in_query),
            _plan(field.record, surface, False) if field.record is not None else None,
        )
        for field in fields(record)
        if field.since <= surface
    )
    return _Plan(steps, {step.name: step for step in steps})


def _reader(field: Field, surface: str, in_query: bool) -> Reader:
    if field.refused:
        return refuse
    if field.flag:
        return read_spelling if in_query or field.worded else read_flag
    one: Reader
    if field.record is not None:
        one = _read_record(field.name, field.record, surface)
    elif field.choices:
        one = read_choice(field.choices)
    elif field.grammar is not None:
        one = read_grammar(field.grammar)
    else:
        raise TypeError(f"{field.name} declares neither grammar nor choices")
    if field.many is None:
        return one
    return read_many(one, field.many, in_query)


def _read_record(name: str, record: type[Struct], surface: str) -> Reader:
    def read(value: Any) -> Struct:
        if type(value) is not dict:
            raise Bad
        return record(**_fill(_plan(record, surface, False), value, f"{name}."))

    return read
