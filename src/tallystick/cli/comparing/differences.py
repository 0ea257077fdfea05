"""Differences between recorded answers and the contract, by endpoint and by surface.

A row is looked at once, for all surfaces: which of its fields are there, and which are not as declared. Each surface
then judges by the fields that it declares. Only names, forms and counts are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct, field

from tallystick.cli.comparing.recordings import Recorded
from tallystick.cli.comparing.shapes import Shape, declared, form_of, name, otherwise
from tallystick.contract.core import SURFACES, Endpoint
from tallystick.contract.endpoints import by_route

FORMS_MAX: Final = 20
"""Other forms of one field that are listed."""
NAMES_MAX: Final = 500
"""Fields of one object that are looked at."""

Kind: TypeAlias = Literal["lacks", "invents", "types", "sometimes"]


class Finding(Struct, frozen=True):
    """One difference. `ours` and `theirs` are forms; `count` of `of` objects show it.

    lacks: recorded, and not declared. invents: declared, and in no recorded object. types: another form than declared.
    sometimes: declared, and in some of the recorded objects only.
    """

    kind: Kind
    field: str
    surfaces: tuple[str, ...]
    count: int
    of: int
    ours: str = ""
    theirs: str = ""


class Place(Struct):
    """Objects of one place of an answer: the row, or a part of it such as `details[]`."""

    shapes: tuple[Shape, ...]
    objects: int = 0
    present: Counter[str] = field(default_factory=Counter)
    others: dict[str, Counter[str]] = field(default_factory=dict)
    """Other forms by field."""


class Compared(Struct):
    """Answers of one endpoint. `refusals` are answers with a code that says so; their rows are not compared."""

    endpoint: Endpoint
    answers: int = 0
    rows: int = 0
    refusals: int = 0
    places: dict[str, Place] = field(default_factory=dict)
    envelope: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Other forms of code and data, with the field."""

    def findings(self) -> list[Finding]:
        """Differences: those of the envelope, then those of the rows, in declared order."""
        found = [
            Finding(
                kind="types",
                field=name,
                surfaces=_surfaces_of(self.endpoint),
                count=count,
                of=self.answers,
                ours=_envelope(self, name),
                theirs=theirs,
            )
            for (name, theirs), count in self.envelope.items()
        ]
        for path, place in self.places.items():
            found += _of_place(path, place, _surfaces_of(self.endpoint))
        return found


class Report(Struct):
    """All that was compared, and what was not: answers of unknown endpoints, and requests without a JSON answer."""

    compared: dict[str, Compared] = field(default_factory=dict)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    without: int = 0


def compare(recorded: Iterable[Recorded]) -> Report:
    """The differences of recorded answers."""
    report = Report()
    for one in recorded:
        endpoint = by_route.get(one.path, {}).get(one.method)
        if endpoint is None:
            report.unknown[one.method, known_path(one.path)] += 1
        elif one.answer is None:
            report.without += 1
        else:
            _look(report.compared.setdefault(endpoint.name, Compared(endpoint)), one.answer)
    return report


def known_path(path: str) -> str:
    """A path as it may be shown: parts that look like anything but a word become `*`."""
    return "/".join(part if _is_word(part) else "*" for part in path.split("/")[:12])


def _is_word(part: str) -> bool:
    plain = part.replace("-", "")
    return not part or (len(part) <= 40 and plain.isascii() and plain.isalnum() and not _has_number(plain))


def _has_number(part: str) -> bool:
    return sum(letter.isdigit() for letter in part) > 3


# ---- looking at answers


def _look(compared: Compared, answer: dict[str, Any]) -> None:
    endpoint = compared.endpoint
    compared.answers += 1
    code = answer.get("code")
    if not isinstance(code, str):
        compared.envelope["code", form_of(code)] += 1
    elif code != "0" and not (endpoint.per_item and code in ("1", "2")):
        compared.refusals += 1
        return
    data = answer.get("data")
    rows = [data] if endpoint.bare else data
    if not isinstance(rows, list):
        compared.envelope["data", form_of(data)] += 1
        return
    for row in rows:
        compared.rows += 1
        listed = endpoint.answer.__struct_config__.array_like
        if listed and isinstance(row, list):
            _look_at_list(compared, endpoint.answer, row)
        elif not listed and isinstance(row, dict):
            _look_at(compared, "", endpoint.answer, row)
        else:
            compared.envelope["data", f"list with {form_of(row)}"] += 1


def _place(compared: Compared, path: str, record: type[Struct]) -> Place:
    return compared.places.setdefault(path, Place(declared(record)))


def _look_at(compared: Compared, path: str, record: type[Struct], row: dict[str, Any]) -> None:
    place = _place(compared, path, record)
    place.objects += 1
    known = {shape.name: shape for shape in place.shapes}
    for key in list(row)[:NAMES_MAX]:
        shape, value = known.get(key), row[key]
        place.present[key if shape else name(key)] += 1
        theirs = otherwise(shape, value) if shape else form_of(value)
        if theirs:
            _note(place, key if shape else name(key), theirs)
        elif shape and shape.record is not None and not shape.record.__struct_config__.array_like:
            inner = f"{path}{key}[]." if isinstance(value, list) else f"{path}{key}."
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    _look_at(compared, inner, shape.record, part)


def _note(place: Place, key: str, form: str) -> None:
    forms = place.others.setdefault(key, Counter())
    if form in forms or len(forms) < FORMS_MAX:
        forms[form] += 1


def _look_at_list(compared: Compared, record: type[Struct], row: list[Any]) -> None:
    """A row that is a list: its places are fields by the order of their declaration."""
    shapes = declared(record)
    if shapes:
        names = [shape.name for shape in shapes] + [f"[{number}]" for number in range(len(shapes), len(row))]
        place = _place(compared, "", record)
        place.objects += 1
        for key, value, shape in zip(names, row, [*shapes, *[None] * len(row)], strict=False):
            place.present[key] += 1
            theirs = otherwise(shape, value) if shape else form_of(value)
            if theirs:
                _note(place, key, theirs)


# ---- judging


def _surfaces_of(endpoint: Endpoint) -> tuple[str, ...]:
    return tuple(surface for surface in SURFACES if endpoint.since <= surface)


def _envelope(compared: Compared, name: str) -> str:
    """Our form of a field of the envelope."""
    return "text" if name == "code" else "object" if compared.endpoint.bare else "list of rows"


def _of_place(path: str, place: Place, surfaces: tuple[str, ...]) -> Iterator[Finding]:
    known = {shape.name: shape for shape in place.shapes}
    for key, count in place.present.items():
        without = tuple(surface for surface in surfaces if key not in known or known[key].since > surface)
        if without:
            theirs = " or ".join(place.others.get(key, {})) if key not in known else known[key].form
            yield Finding("lacks", path + key, without, count, place.objects, theirs=theirs)
    for shape in place.shapes:
        having = tuple(surface for surface in surfaces if shape.since <= surface)
        count = place.present[shape.name]
        absent = place.objects - count
        if absent and having and not shape.optional:
            kind: Kind = "sometimes" if count else "invents"
            yield Finding(kind, path + shape.name, having, absent, place.objects, ours=shape.form)
        for theirs, times in place.others.get(shape.name, Counter()).items():
            if having:
                yield Finding("types", path + shape.name, having, times, place.objects, ours=shape.form, theirs=theirs)
