"""Values of another type than that of their column, which one flipped bit makes: named wherever they are read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.bases.sqlite import TABLES, SqliteBase
from tallystick.archive.certificate import lines
from tallystick.archive.checking import check
from tallystick.archive.gathering import PUT_BALANCE
from tallystick.archive.keys import mark
from tallystick.archive.schema import SQLITE
from tallystick.archive.standing import now_ms, status
from tallystick.archive.store import Archive
from tests.archive.forging import seal
from tests.archive.test_disk import a_whole_file

ODD = {"INTEGER": "soon", "TEXT": b"\xff", "BLOB": "text"}
"""A value of another type for each type of a column; the database would make any number a text by itself."""
READS: dict[str, Callable[[Archive], object]] = {
    "verify": lambda archive: check(archive).problems,
    "status": lambda archive: status(archive, now_ms(archive)),
    "certify": lambda archive: list(lines(archive)),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file with rows in every table."""
    folder = tmp_path_factory.mktemp("whole")
    place = folder / "books.archive"
    place.write_bytes(a_whole_file(folder))
    archive = Archive(place)
    with archive.writing() as db:
        db.execute("INSERT INTO hole (series, cursor, at_ms, rows) VALUES (1, 1, 1, 100)")
        met = (1, "3", 1, 2)
        db.execute(
            "INSERT INTO absence (series, mode, from_ms, until_ms, mark) VALUES (?, ?, ?, ?, ?)", *met, mark(*met)
        )
        row = (1, "trading", 1, "BTC", "1")
        db.execute(PUT_BALANCE, *row, mark(*row))
        db.execute("INSERT INTO verified (id, state, hash) VALUES (1, '{}', x'00')")
    seal(archive, 1)
    assert "damage" not in {problem.kind for problem in check(archive).problems}
    archive.close()
    return place.read_bytes()


def columns() -> list[tuple[str, str]]:
    """Each column of each table but the number of a row, which SQLite reads as one whatever it is."""
    db = apsw.Connection(":memory:")
    db.execute(SQLITE)
    return [
        (table, str(name))
        for table in TABLES
        for _, name, kind, *_ in db.execute(f"PRAGMA table_info({table})").fetchall()
        if name != "id" and kind
    ]


def spoil(place: Path, table: str, column: str) -> None:
    """Give the column of the first row a value of another type, as only damage can."""
    db = apsw.Connection(str(place))
    ((kind,),) = db.execute("SELECT type FROM pragma_table_info(?) WHERE name = ?", (table, column)).fetchall()
    db.pragma("writable_schema", True)
    db.execute("UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = ?", (table,))
    db.close()
    db = apsw.Connection(str(place))
    db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})", (ODD[str(kind)],))
    assert db.changes() == 1
    db.pragma("writable_schema", True)
    db.execute("UPDATE sqlite_schema SET sql = rtrim(sql) || ' STRICT' WHERE name = ?", (table,))
    db.close()


@pytest.mark.parametrize(("table", "column"), columns())
def test_a_value_of_another_type_is_named(tmp_path: Path, whole: bytes, table: str, column: str) -> None:
    place = tmp_path / "books.archive"
    place.write_bytes(whole)
    spoil(place, table, column)
    with Archive(place, read_only=True) as archive:
        assert "damage" in {problem.kind for problem in check(archive).problems}
        for read in READS.values():
            with suppress(ArchiveError):
                read(archive)


def test_a_reader_that_believes_the_types_is_seen(
    tmp_path: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: values are taken as they come."""
    monkeypatch.setattr(SqliteBase, "_require_types", lambda base, columns, row: None)
    place = tmp_path / "books.archive"
    place.write_bytes(whole)
    spoil(place, "row", "at_ms")
    with Archive(place, read_only=True) as archive, pytest.raises(TypeError):
        check(archive)
