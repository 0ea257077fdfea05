"""Rows of a stream as a table: CSV that is safe in spreadsheets, and JSON lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from tallystick.archive.store import Archive, Series
from tallystick.archive.streams import STREAMS
from tallystick.contract.fields import fields

HEAD: Final = ("account", "at")
"""Columns before those of the exchange: host and user, and the time of the row."""
NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula."""


def columns(stream: str) -> tuple[str, ...]:
    """Columns of a stream's table: account, time, and the fields of the contract."""
    return (*HEAD, *(field.name for field in fields(STREAMS[stream].endpoint.answer)))


def safe(value: str) -> str:
    """A value that no spreadsheet takes for a formula: one that begins like one, and is no number, gets a quote."""
    return f"'{value}" if value.startswith(FORMULA) and not NUMBER.fullmatch(value) else value


def rows(archive: Archive, stream: str) -> Iterator[tuple[str, int, str]]:
    """Account, time and text of every row of a stream, oldest first for each account."""
    for account in archive.accounts():
        for series in archive.all_series():
            if (series.account, series.stream) == (account.id, stream):
                for row in archive.rows(series.id):
                    yield account.title, row.at_ms, row.raw


def as_csv(archive: Archive, stream: str) -> Iterator[bytes]:
    """Lines of the CSV of a stream, the header first; nested values are JSON."""
    names = columns(stream)
    yield _line(names)
    for account, at_ms, raw in rows(archive, stream):
        row: dict[str, Any] = msgspec.json.decode(raw)
        values = [_text(row.get(name, "")) for name in names[len(HEAD) :]]
        yield _line([safe(value) for value in (account, iso(at_ms), *values)])


def _line(values: Any) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(values)
    return written.getvalue().encode()


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def as_json(archive: Archive, series: Series) -> Iterator[bytes]:
    """JSON lines of a series: stream, account, time, and the row as it came."""
    head = msgspec.json.encode({"stream": series.stream, "account": archive.title_of(series)})[:-1]
    for row in archive.rows(series.id):
        yield head + b',"at":"%s","row":%s}' % (iso(row.at_ms).encode(), row.raw.encode())


def iso(at_ms: int) -> str:
    """ISO 8601 with milliseconds, in UTC."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
