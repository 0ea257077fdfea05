"""Rows of a stream as a table: CSV that is safe in spreadsheets, and JSON lines."""

from __future__ import annotations

import csv
import io
import re
import string
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

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
HARMLESS: Final = frozenset(string.ascii_letters + string.digits + '[{"')
"""Beginnings of which nothing needs to be asked."""


def columns(stream: str) -> tuple[str, ...]:
    """Columns of a stream's table: account, time, and the fields of the contract."""
    return (*HEAD, *(field.name for field in fields(STREAMS[stream].endpoint.answer)))


def safe(value: str) -> str:
    """A value that no spreadsheet takes for a formula: one that begins like one, and is no number, gets a quote."""
    if not value or value[0] in HARMLESS:
        return value
    return f"'{value}" if FORMULA.match(value) and not NUMBER.fullmatch(value) else value


class Told(NamedTuple):
    """A row for others: account, ISO 8601 time, text as it came, and its fields."""

    account: str
    at: str
    raw: str
    fields: dict[str, Any]


def rows(archive: Archive, stream: str, accounts: Sequence[Account]) -> Iterator[Told]:
    """Every row of a stream, oldest first for each account. Raises ArchiveError for a damaged one."""
    for account in accounts:
        own = [one for one in archive.all_series() if (one.account, one.stream) == (account.id, stream)]
        yield from told(archive, own, account.title)


def told(archive: Archive, of: Iterable[Series], title: str) -> Iterator[Told]:
    """Rows of these series of one account. Raises ArchiveError for a damaged one."""
    for series in of:
        for row in archive.rows(series.id):
            with archive.reading_row(series.id, row.cursor):
                found = Told(title, iso(row.at_ms), row.raw, _decode(row.raw))
            yield found


def as_csv(archive: Archive, stream: str, accounts: Sequence[Account]) -> Iterator[bytes]:
    """Lines of the CSV of a stream, the header first; nested values are JSON."""
    names = columns(stream)
    of_row, lines = names[len(HEAD) :], Lines()
    yield lines.of(names)
    for row in rows(archive, stream, accounts):
        yield lines.of([safe(row.account), row.at, *[safe(_text(row.fields.get(name, ""))) for name in of_row]])


class Lines:
    """Lines of CSV, without their ends. Values with a line break are quoted, as the writer ends lines with both."""

    def __init__(self) -> None:
        self._written = io.StringIO()
        self._row = csv.writer(self._written, lineterminator="\r\n").writerow

    def of(self, values: Sequence[str]) -> bytes:
        self._written.seek(0)
        self._written.truncate()
        self._row(values)
        return self._written.getvalue()[:-2].encode()


_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def as_json(archive: Archive, series: Series) -> Iterator[bytes]:
    """JSON lines of a series: stream, account, time, and the row as it came."""
    head = msgspec.json.encode({"stream": series.stream, "account": archive.title_of(series)})[:-1]
    for row in told(archive, [series], ""):
        yield head + b',"at":"%s","row":%s}' % (row.at.encode(), row.raw.encode())


def iso(at_ms: int) -> str:
    """ISO 8601 with milliseconds, in UTC."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()[:19]}.{at_ms % 1000:03d}Z"
