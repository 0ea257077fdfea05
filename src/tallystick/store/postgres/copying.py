"""Filling a new store in PostgreSQL from another store, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tallystick.store.api import Reader
from tallystick.store.copying import COLUMNS, Progress, Row, saved_in, tables_of, told
from tallystick.store.postgres.connection import Connection
from tallystick.store.postgres.saving import count_bytes


async def fill(connection: Connection, term: int, view: Reader, progress: Progress) -> None:
    """Write everything of another store in this term. Raises what the driver raises, StoreError, what `progress`
    raises: nothing is written."""
    async with connection.transaction():
        await connection.fetchval("SELECT term FROM lease WHERE term = $1 FOR SHARE", term)
        for table, rows in tables_of(view):
            await _copy(connection, table, _in_term(table, term, told(rows, table, progress)))
        for saved, copy in saved_in(view):
            number = await connection.fetchval(
                "INSERT INTO saved (name, at_ms, seq, generation, bytes) VALUES ($1, $2, $3, $4, 0) RETURNING number",
                saved.name,
                saved.at_ms,
                saved.seq,
                saved.generation,
            )
            for table, rows in tables_of(copy):
                of_term = _in_term(table, term, told(rows, f"snapshot {saved.name}: {table}", progress))
                await _copy(connection, table, of_term, number)
            await count_bytes(connection, number)


def _in_term(table: str, term: int, rows: Iterable[Row]) -> Iterator[Row]:
    return ((*row, term) for row in rows) if table == "journal" else iter(rows)


async def _copy(connection: Connection, table: str, rows: Iterator[Row], saved: int | None = None) -> None:
    columns = (*COLUMNS[table], "term") if table == "journal" else COLUMNS[table]
    if saved is not None:
        table, columns, rows = f"saved_{table}", ("saved", *columns), ((saved, *row) for row in rows)
    await connection.copy_records_to_table(table, records=rows, columns=columns, timeout=None)
