"""Rows of a stream as a Parquet file with exact decimals, written by DuckDB (the extra `parquet`).

Amounts and rates become DECIMAL(38,18): 20 digits before the point and 18 after it. Times become TIMESTAMP in UTC,
everything else text; nested values are JSON. An empty text is NULL where a number or a time belongs. A value that does
not fit is refused with its field and its text, and never rounded.

The reader of DuckDB takes lines of JSON from a folder beside the file that is written, and holds no more than
`MEMORY` of them; no extension of it is loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.store import Account, Archive
from tallystick.archive.streams import STREAMS
from tallystick.archive.tables import rows
from tallystick.archive.writing import write_lines
from tallystick.contract.fields import Field, fields
from tallystick.contract.kinds import Kind, kind
from tallystick.data.install import advice

MEMORY: Final = "512MB"
DECIMAL: Final = "DECIMAL(38,18)"
NUMBERS: Final = frozenset({Kind.AMOUNT, Kind.HOURLY, Kind.DAILY, Kind.YEARLY})
FITS: Final = r"-?0*[0-9]{1,20}(\.[0-9]{1,18}0*)?"
"""Texts that DECIMAL(38,18) holds to the last digit; DuckDB rounds others in silence."""
MILLISECONDS: Final = "[0-9]{1,14}"
TIME: Final = "a time in milliseconds"
MISFIT: Final = "does not fit"


def write(archive: Archive, stream: str, accounts: Sequence[Account], *, folder: Path, out: Path) -> int:
    """Write the rows of a stream to `out` by way of a folder that is there for it. Returns how many.

    Raises ArchiveError: DuckDB is not installed, a row is damaged, or a value does not fit. Raises OSError.
    """
    try:
        import duckdb
    except ImportError:
        raise ArchiveError(f"Parquet is written by DuckDB, which is not installed: {advice('parquet')}") from None

    lines = folder / "rows.jsonl"
    encode = msgspec.json.encode
    count = write_lines(
        lines,
        (
            b'{"account":%s,"at":"%s","row":%s}' % (encode(row.account), row.at[:-1].encode(), row.raw.encode())
            for row in rows(archive, stream, accounts)
        ),
    )
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": str(folder / "spilled"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=settings) as database:
        try:
            database.execute(_copy(stream, lines, out))
        except duckdb.Error as problem:
            raise ArchiveError(_trouble(str(problem))) from None
    return count


def _copy(stream: str, lines: Path, out: Path) -> str:
    """The statement that reads the lines and writes the file."""
    answer = STREAMS[stream].endpoint.answer
    names = [field.name for field in fields(answer)]
    row = ", ".join(f'"{name}" VARCHAR' for name in names)
    found = ['"account"', 'CAST("at" AS TIMESTAMP) AS "at"']
    found += [_column(field.name, _kind(answer, field)) for field in fields(answer)]
    taken = f"{{'account': 'VARCHAR', 'at': 'VARCHAR', 'row': 'STRUCT({row})'}}"
    source = f"read_json({_quoted(str(lines))}, format = 'newline_delimited', columns = {taken})"
    return f"COPY (SELECT {', '.join(found)} FROM {source}) TO {_quoted(str(out))} (FORMAT parquet, COMPRESSION zstd)"


def _kind(answer: type[Struct], field: Field) -> Kind:
    """The kind of a field. Fields with choices, lists and records have none in the contract: they are text here."""
    plain = not (field.choices or field.flag or field.record or field.many)
    return kind(answer, field.name) if plain else Kind.TEXT


def _column(name: str, of: Kind) -> str:
    value = f'"row"."{name}"'
    if of in NUMBERS:
        form, made, wanted = FITS, f"CAST({value} AS {DECIMAL})", DECIMAL
    elif of is Kind.TIME:
        form, made, wanted = MILLISECONDS, f"make_timestamp_ms(CAST({value} AS BIGINT))", TIME
    else:
        return f'{value} AS "{name}"'
    refused = (
        f"error('{name} of ' || \"account\" || ' at ' || \"at\" || ' is ' || {value} || ', which {MISFIT} {wanted}')"
    )
    return (
        f"CASE WHEN {value} IS NULL OR {value} = '' THEN NULL"
        f' WHEN regexp_full_match({value}, {_quoted(form)}) THEN {made} ELSE {refused} END AS "{name}"'
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _trouble(said: str) -> str:
    if MISFIT in said:
        hint = "--format jsonl takes it as it is, and tally archive verify says whether the archive is damaged"
        return f"{said.partition(': ')[2]}: {hint}"
    return f"DuckDB says: {said}"
