"""Remarks on odd requests, in a header and in the log: parameters that are not read, and the likely correct form.

Bots have faults an exchange never tells them of: it ignores a renamed parameter and does something
else. This module names each of them. With `--strict` a request with such a remark is refused instead of
served; a hint (a cursor that points past all rows) never refuses, as it may be intended.
"""

from __future__ import annotations

import difflib
import functools
import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from tallystick.contract import ENDPOINTS, by_route
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import Field, fields
from tallystick.wire.decode import Fault, Remark
from tallystick.wire.values import BOOLEAN, CUT, NUMBER, TEXT, scalar

if TYPE_CHECKING:
    from tallystick.server.call import Call

Header: TypeAlias = tuple[bytes, bytes]
HEADER = b"x-tally-lint"
REMEMBERED = 1_000
CHARACTERS_MAX = 4_000
"""Longest remark; aiohttp fails at 8,190 bytes of one header."""
MORE = " ..."
DIGITS = re.compile(r"[0-9]+")
BODY, QUERY = "body", "query"
TIME = "time"
MICROSECOND_DIGITS = 16

log = logging.getLogger("tallystick.lint")


def of_call(call: Call, fault: Fault | None, surface: str) -> Header | None:
    """Header with all remarks on a call, which also go into the log; None without any. `fault` is the refusal."""
    endpoint = call.endpoint
    said = [] if fault is None else of_fault(endpoint, fault, surface)
    if endpoint.batch_max:
        said += of_items(call, surface)
    said += [_words(endpoint, remark, surface, refused=fault is not None) for remark in call.remarks]
    texts = list(dict.fromkeys(said))
    note(endpoint, texts)
    # Numbers differ from page to page; the log takes such hints as one.
    note(endpoint, [DIGITS.sub("N", hint) for hint in call.hints])
    texts += call.hints
    return (HEADER, cut("; ".join(texts)).encode("ascii", "replace")) if texts else None


def of_items(call: Call, surface: str) -> list[str]:
    """Remarks on requests that came in a list."""
    endpoint = call.endpoint
    said: list[str] = []
    for number, item in enumerate(call.items, 1):
        if isinstance(item, Fault):
            said += [f"item {number}: {text}" for text in of_fault(endpoint, item, surface)]
        else:
            said += [_words(endpoint, remark, surface) for remark in item.remarks]
    return said


def note(endpoint: Endpoint, texts: Iterable[str]) -> None:
    """Write remarks to the log, each once."""
    for text in texts:
        tell(endpoint.method, endpoint.path, text)


def cut(text: str) -> str:
    """A text cut to the length of one header that every client accepts."""
    return text if len(text) <= CHARACTERS_MAX else text[: CHARACTERS_MAX - len(MORE)] + MORE


def of_fault(endpoint: Endpoint, fault: Fault, surface: str) -> list[str]:
    """Expected form of the refused parameter, and other remarks; empty where the fault concerns the whole request."""
    odd = [_words(endpoint, remark, surface, refused=True) for remark in fault.remarks]
    field = _find(endpoint, fault.field) if fault.field else None
    if field is None:
        return odd
    other = fault.details.get("other")
    if other:
        return [f"{fault.field} or {other} is missing", *odd]
    if fault.reason:
        return [f"{fault.field} {fault.reason}", *odd]
    if fault.code == "50025":
        return [f"{fault.field} has more elements than there may be: {fault.details['max']}", *odd]
    wrong = "is missing" if fault.code == "50014" else "is not as documented"
    return [f"{fault.field} {wrong}: {_expected(field)}{_looks_like(field, fault)}", *odd]


def _looks_like(field: Field, fault: Fault) -> str:
    """Guess of the value sent in place of a time in milliseconds; "" without one."""
    grammar = field.grammar
    text = scalar(fault.sent.get(field.name)) if fault.sent is not None else None
    if grammar is None or grammar.name != TIME or text is None or not (text.isascii() and text.isdigit()):
        return ""
    return "; this looks like microseconds" if len(text) == MICROSECOND_DIGITS else "; this looks like an id"


def of_method(path: str, allowed: tuple[str, ...]) -> Header:
    text = f"{path} takes {' or '.join(allowed)}"
    return HEADER, text.encode("ascii", "replace")


def of_path(path: str) -> Header | None:
    """Header with the closest known path; None where no path is close."""
    near = difflib.get_close_matches(path[:200], by_route, n=1, cutoff=0.8)
    return (HEADER, f"no such path, did you mean {near[0]}?".encode("ascii", "replace")) if near else None


@functools.lru_cache(maxsize=REMEMBERED)
def tell(method: str, path: str, text: str) -> None:
    """Write a remark to the log, once."""
    log.warning("%s %s: %s", method, path, text)


@functools.lru_cache(maxsize=REMEMBERED)
def _words(endpoint: Endpoint, remark: Remark, surface: str, *, refused: bool = False) -> str:
    if remark.kind in (NUMBER, BOOLEAN):
        return f"{remark.name} was sent as a {remark.kind}, the document says text"
    if remark.kind == CUT:
        cut_to_it = "" if refused else " and was cut to it"
        return f"{remark.name} is above the maximum{cut_to_it}: {_most(endpoint, remark.name)}"
    if remark.kind == TEXT:
        return f"{remark.name} was sent as text, the document says true or false"
    if remark.kind == BODY:
        return "the body of a GET is not read, parameters belong in the query"
    if remark.kind == QUERY:
        return "the query of a POST is not read, parameters belong in the body"
    outer, _, name = remark.name.rpartition(".")
    known = _names(endpoint, outer)
    later = _find(endpoint, remark.name)
    if later is not None and later.since > surface:
        return f"{remark.name} came with {later.since}, this surface is {surface} and does not read it"
    near = difflib.get_close_matches(name, known, n=1) or [one for one in known if name in one or one in name][:1]
    text = f"unknown parameter {remark.name}" + (f", did you mean {near[0]}?" if near else "")
    siblings = [other.path for other in _siblings(endpoint) if name in _names(other, "")]
    return f"{text} {remark.name} belongs to {siblings[0]}" if siblings else text


def _siblings(endpoint: Endpoint) -> list[Endpoint]:
    """Endpoints that are other versions of the same call, such as v1 beside v2."""
    stem = endpoint.path.removesuffix("-v2")
    return [other for other in ENDPOINTS if other.path.removesuffix("-v2") == stem and other.path != endpoint.path]


def _names(endpoint: Endpoint, outer: str) -> list[str]:
    found = fields(endpoint.request)
    for part in outer.split(".") if outer else ():
        inner = next((field.record for field in found if field.name == part), None)
        found = fields(inner) if inner is not None else ()
    return [field.name for field in found]


def _find(endpoint: Endpoint, name: str) -> Field | None:
    found: Field | None = None
    declared = fields(endpoint.request)
    for part in name.split("."):
        found = next((field for field in declared if field.name == part), None)
        if found is None:
            return None
        declared = fields(found.record) if found.record is not None else ()
    return found


def _most(endpoint: Endpoint, name: str) -> int | None:
    field = _find(endpoint, name)
    return field.grammar.most if field is not None and field.grammar is not None else None


def _expected(field: Field) -> str:
    many = "a list of " if field.many is not None else ""
    if field.refused:
        return "this venue does not have it, leave it out"
    if field.flag:
        return "true or false"
    if field.choices:
        return many + "one of " + ", ".join(field.choices)
    if field.record is not None:
        return many + "an object with " + ", ".join(inner.name for inner in fields(field.record))
    if field.grammar is None:
        return "see the document"
    unit = " in milliseconds" if field.grammar.name == TIME else ""
    return f"{many}{field.grammar.name}{unit}, of the form {field.grammar.pattern}"
