"""Reading of candle files: plain, gzipped or zipped, CSV or JSON, into batches of rows as text.

Sizes are bounded: a file may not unpack to more than `UNPACKED_MAX`, and JSON is read whole up to `JSON_MAX`.
"""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from tallystick.venue.importing import forms
from tallystick.venue.importing.forms import Form, NotCandles

UNPACKED_MAX: Final = 4 << 30
JSON_MAX: Final = 256 << 20
CHUNK: Final = 1 << 18
"""Bytes read at once: few enough that their cells stay in the processor's cache, which halves the time."""
MEMBERS_MAX: Final = 1_000
LINE_MAX: Final = 1 << 16
BROKEN: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError)
"""What the readers of packed files raise for damage."""


class Readable(Protocol):
    """Open file, packed or not."""

    def read(self, size: int, /) -> bytes: ...


class Batch(NamedTuple):
    """Rows of a file in the order they stand in, as columns. `place` is the word for `number`: that of the first row.

    `odd` are the numbers of rows with another count of cells, and these counts; then there are no columns.
    """

    form: Form
    number: int
    columns: list[list[str]]
    odd: tuple[tuple[int, int], ...] = ()
    place: str = "line"


class Unreadable(ValueError):
    """Error for a file, or a place in it, that cannot be read. The text says why; `line` is 0 where there is none."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


def members(path: Path) -> list[str]:
    """Names of the files packed in a file, in their order; "" for one that is not a zip. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                return [""]
        with zipfile.ZipFile(path) as packed:
            found = [info.filename for info in packed.infolist() if not info.is_dir()]
    except BROKEN as problem:
        raise Unreadable(f"cannot be read: {problem}") from None
    if not found or len(found) > MEMBERS_MAX:
        raise Unreadable(f"holds {len(found)} files, 1 to {MEMBERS_MAX} are read")
    return found


def batches(path: Path, member: str) -> Iterator[Batch]:
    """Rows of a file, or of a member of a zip. Raises Unreadable, NotCandles."""
    try:
        if member:
            with zipfile.ZipFile(path) as packed, packed.open(member) as file:
                yield from _read(file)
            return
        with path.open("rb") as file:
            start = file.read(2)
            file.seek(0)
            if start == b"\x1f\x8b":
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield from _read(unpacked)
            else:
                yield from _read(file)
    except BROKEN as problem:
        raise Unreadable(f"cannot be read: {problem}") from None


def _read(file: Readable) -> Iterator[Batch]:
    begin = file.read(LINE_MAX)
    if not begin.strip():
        raise Unreadable("is empty")
    if begin.lstrip()[:1] in (b"[", b"{"):
        yield _json(begin + _whole(file))
    else:
        yield from _csv(begin, file)


def _whole(file: Readable) -> bytes:
    rest = file.read(JSON_MAX)
    if file.read(1):
        raise Unreadable(f"is JSON of more than {JSON_MAX >> 20} MiB: divide it")
    return rest


# ---- JSON


def _json(raw: bytes) -> Batch:
    """Rows of an answer, or of a bare list. Numbers stay as they are written."""
    try:
        found: Any = json.loads(raw.decode("utf-8"), parse_float=str, parse_int=str, parse_constant=_no_number)
    except json.JSONDecodeError as problem:
        raise Unreadable(f"is no JSON: {problem.msg}", problem.lineno) from None
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"is no JSON: {problem}") from None
    if isinstance(found, dict):
        if found.get("code", "0") != "0":
            raise NotCandles(f"it is an answer that refuses: code {found.get('code')!s}, {found.get('msg')!s}"[:200])
        found = found.get("data")
    if not isinstance(found, list) or not found:
        raise NotCandles("its JSON is no list of candles, and no answer with such a list in data")
    for number, row in enumerate(found, start=1):
        if not isinstance(row, list) or not all(isinstance(cell, str) for cell in row):
            raise Unreadable(f"row {number} is no list of numbers", 0)
    form = forms.JSON.get(len(found[0]))
    if form is None:
        counts = ", ".join(f"{known.title} has {count}" for count, known in forms.JSON.items())
        raise NotCandles(f"its first row has {len(found[0])} numbers: {counts}")
    odd = tuple((number, len(row)) for number, row in enumerate(found, start=1) if len(row) != form.count)
    columns = [] if odd else [[_plain(cell) for cell in column] for column in zip(*found, strict=True)]
    return Batch(form, 1, columns, odd, "row")


def _no_number(text: str) -> str:
    raise ValueError(f"{text} is no number")


def _plain(text: str) -> str:
    """The same number without an exponent, if it has one that is small enough; other text stays."""
    if "e" not in text and "E" not in text:
        return text
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    exponent = number.as_tuple().exponent
    return format(number, "f") if isinstance(exponent, int) and -40 < exponent < 40 else text


# ---- CSV


def _csv(begin: bytes, file: Readable) -> Iterator[Batch]:
    first, _, _ = begin.partition(b"\n")
    if len(first) == LINE_MAX:
        raise Unreadable("is no text of lines: the first one does not end", 1)
    names = first.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r").decode("utf-8", "replace").split(",")
    has_header = not names[0].strip().strip('"')[:1].isdigit() or any(name[:1].isalpha() for name in names)
    form = forms.with_header(names) if has_header else forms.without_header(names)
    number, rest, size = 1, begin.removeprefix(b"\xef\xbb\xbf"), len(begin)
    if has_header:
        number, rest = 2, rest[rest.find(b"\n") + 1 :] if b"\n" in rest else b""
    while True:
        chunk = file.read(CHUNK)
        size += len(chunk)
        if size > UNPACKED_MAX:
            raise Unreadable(f"unpacks to more than {UNPACKED_MAX >> 30} GiB")
        if not chunk:
            break
        whole, newline, tail = (rest + chunk).rpartition(b"\n")
        if newline:
            yield _batch(form, number, whole)
            number += whole.count(b"\n") + 1
        rest = tail if newline else rest + chunk
        if len(rest) > LINE_MAX:
            raise Unreadable("is no text of lines: one does not end", number)
    whole, newline, tail = rest.rpartition(b"\n")
    if newline:
        yield _batch(form, number, whole)
        number += whole.count(b"\n") + 1
    if tail:
        raise Unreadable("does not end with a whole line, so it may be cut short: end the last line", number)


def _batch(form: Form, number: int, whole: bytes) -> Batch:
    """Whole lines as columns: all cells in one list, of which each column is every so many."""
    text = _text(whole, number)
    if "\r" in text or '"' in text:
        text = text.replace("\r\n", "\n").removesuffix("\r").replace('"', "")
    lines = text.count("\n") + 1
    cells = text.replace("\n", ",\n").split(",")
    # Every line begins in the first column if all line breaks are found there.
    if len(cells) == lines * form.count and "".join(cells[:: form.count]).count("\n") == lines - 1:
        columns = [cells[place :: form.count] for place in range(form.count)]
        columns[0] = text_of_lines(columns[0])
        return Batch(form, number, columns)
    counts = ((at, line.count(",") + 1) for at, line in enumerate(text.split("\n"), start=number))
    return Batch(form, number, [], tuple((at, count) for at, count in counts if count != form.count))


def text_of_lines(column: list[str]) -> list[str]:
    """First column without the line breaks that stand before all its cells but the first."""
    return "".join(column).split("\n")


def _text(raw: bytes, number: int) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError as problem:
        raise Unreadable("is no plain text", number + raw.count(b"\n", 0, problem.start)) from None
