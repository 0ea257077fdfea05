"""Filling a new SQLite store from another store, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from tallystick.store.api import Reader
from tallystick.store.copying import COLUMNS, Progress, Row, saved_in, tables_of, told
from tallystick.store.sqlite_saved import bytes_in


def fill(connection: apsw.Connection, view: Reader, progress: Progress) -> None:
    """Write everything of another store. Raises apsw.Error, StoreError, what `progress` raises: nothing is written."""
    with connection:
        for table, rows in tables_of(view):
            _insert(connection, table, COLUMNS[table], told(rows, table, progress))
        for number, (saved, copy) in enumerate(saved_in(view), start=1):
            before = bytes_in(connection)
            for table, rows in tables_of(copy):
                numbered = ((number, *row) for row in told(rows, f"snapshot {saved.name}: {table}", progress))
                _insert(connection, f"saved_{table}", ("saved", *COLUMNS[table]), numbered)
            grown = max(bytes_in(connection) - before, 0)
            columns = ("number", "name", "at_ms", "seq", "generation", "bytes")
            row = (number, saved.name, saved.at_ms, saved.seq, saved.generation, grown)
            _insert(connection, "saved", columns, [row])


def _insert(connection: apsw.Connection, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    statement = "INSERT INTO {table} ({columns}) VALUES ({places})"
    places = ", ".join("?" * len(columns))
    connection.executemany(statement.format(table=table, columns=", ".join(columns), places=places), rows)
