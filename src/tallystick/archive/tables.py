"""Rows of a stream as a table: CSV that is safe in spreadsheets, and JSON lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from tallystick.archive.store import Account, Archive, Series
from tallystick.archive.streams import STREAMS
from tallystick.contract.fields import fields

HEAD: Final = ("account", "at")
"""Columns before those of the exchange: host and user, and the time of the row."""
NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
FORMULA: Final = re.compile(r"[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n\0]")
"""Beginnings that a spreadsheet takes for a formula, full-width forms and blanks before them too.

Source: OWASP ASVS 5.0, requirement 1.2.10; full-width forms, blanks before them and line breaks are chosen.
"""


def columns(stream: str) -> tuple[str, ...]:
    """Columns of a stream's table: account, time, and the fields of the contract."""
    return (*HEAD, *(field.name for field in fields(STREAMS[stream].endpoint.answer)))


def safe(value: str) -> str:
    """A value that no spreadsheet takes for a formula: one that begins like one, and is no number, gets a quote."""
    return f"'{value}" if FORMULA.match(value) and not NUMBER.fullmatch(value) else value


def rows(archive: Archive, stream: str, accounts: Sequence[Account]) -> Iterator[tuple[str, int, str]]:
    """Account, time and text of every row of a stream, oldest first for each account."""
    for account in accounts:
        for series in archive.all_series():
            if (series.account, series.stream) == (account.id, stream):
                for row in archive.rows(series.id):
                    yield account.title, row.at_ms, row.raw


def as_csv(archive: Archive, stream: str, accounts: Sequence[Account]) -> Iterator[bytes]:
    """Lines of the CSV of a stream, the header first; nested values are JSON."""
    names = columns(stream)
    yield line_of(names)
    for account, at_ms, raw in rows(archive, stream, accounts):
        row: dict[str, Any] = msgspec.json.decode(raw)
        values = [_text(row.get(name, "")) for name in names[len(HEAD) :]]
        yield line_of([safe(value) for value in (account, iso(at_ms), *values)])


def line_of(values: Sequence[str]) -> bytes:
    """A line of CSV, without its end. Values with a line break are quoted, since the writer ends lines with both."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(values)
    return written.getvalue()[:-2].encode()


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
