"""Numbered changes of the tables, and the check that a database has these tables and nothing else.

A change runs in one transaction: the tables are those of the number before it, it is carried out, and the tables are
those of its own number. What the tables of a number are, its changes say themselves: they are carried out in a schema
of their own, which is taken back. So the check holds with every version of PostgreSQL.

A trigger could drop what is written, a view could stand in for a table; neither shows in what is read back.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

from tallystick.store.api import StoreError
from tallystick.store.format import FORMAT, Step, Steps
from tallystick.store.postgres.connection import SCHEMA, Connection, place_of
from tallystick.store.postgres.upgrade import begin_term, upgrade
from tallystick.store.upgrading import way_from

CHANGES: Final = ("001_tables",)
"""Files of `migrations`, in their order. One that has been released is never changed."""
LAST: Final = len(CHANGES)
_LOCK: Final = 0x74616C79
"""Advisory lock for whoever changes the tables."""
_MADE: Final = """
SELECT 'table', c.relname, c.relkind::text || ' ' || c.relpersistence::text FROM pg_class AS c
WHERE c.relnamespace = $1::text::regnamespace AND c.relkind NOT IN ('i', 't')
UNION ALL
SELECT 'column', c.relname || '.' || a.attname, concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, l.collname, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
    AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'index', c.relname, pg_get_indexdef(c.oid) || ' ' || i.indisvalid FROM pg_class AS c
JOIN pg_index AS i ON i.indexrelid = c.oid WHERE c.relnamespace = $1::text::regnamespace
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = $1::text::regnamespace
UNION ALL
SELECT 'trigger', g.tgrelid::regclass || '.' || g.tgname, pg_get_triggerdef(g.oid) FROM pg_trigger AS g
JOIN pg_class AS c ON c.oid = g.tgrelid WHERE c.relnamespace = $1::text::regnamespace
UNION ALL
SELECT 'rule', tablename || '.' || rulename, definition FROM pg_rules WHERE schemaname = $1::text
UNION ALL
SELECT 'function', p.oid::regprocedure::text, p.prosrc FROM pg_proc AS p WHERE p.pronamespace = $1::text::regnamespace
UNION ALL
SELECT 'policy', tablename || '.' || policyname, coalesce(qual, '') FROM pg_policies WHERE schemaname = $1::text
"""
_SCRATCH: Final = "tallystick_as_it_should_be"


async def bring_up(connection: Connection, url: str, steps: Steps) -> int:
    """Make the tables, or change those of an earlier number, and bring what stands in them to the present format.

    All of it is one transaction. Returns the format that was there. Raises StoreError: also where a server leads, or a
    step is missing; what the driver raises.
    """
    if await connection.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.version") is not None:
        migration, kept = await _numbers(connection)
        if (migration, kept) == (LAST, FORMAT):
            return kept
        _require_way(migration, kept, url, steps)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        migration, kept = 0, FORMAT
        if await connection.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.version") is not None:
            migration, kept = await _numbers(connection)
            if (migration, kept) != (LAST, FORMAT):
                await begin_term(connection)
        for number in range(migration, LAST):
            await require_ours(connection, url, number)
            await connection.execute(_text(number + 1))
            await require_ours(connection, url, number + 1)
        if kept < FORMAT:
            await require_ours(connection, url)
            await upgrade(connection, _require_way(migration, kept, url, steps))
        if migration == 0:
            await connection.execute("INSERT INTO version (migration, format) VALUES ($1, $2)", LAST, FORMAT)
        else:
            await connection.execute("UPDATE version SET migration = $1, format = $2", LAST, FORMAT)
    return kept


async def require_present(connection: Connection, url: str) -> None:
    """Require the present tables and format, and change nothing. Raises StoreError, what the driver raises."""
    if await connection.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.version") is None:
        raise StoreError(f"there is no venue in {place_of(url)}: name the database of one with --store")
    migration, kept = await _numbers(connection)
    if (migration, kept) != (LAST, FORMAT):
        _require_way(migration, kept, url, {})
        raise _of_earlier_version(migration, kept, url)


def _require_way(migration: int, kept: int, url: str, steps: Steps) -> list[Step]:
    """Steps from a database's format to the present one. Raises StoreError: this version does not know its numbers."""
    if migration > LAST or kept > FORMAT:
        raise StoreError(
            f"{place_of(url)} was written by a later version (format {kept}, tables {migration}; this one knows format "
            f"{FORMAT}, tables {LAST}): go on with that version, or give --store another database"
        )
    way = way_from(kept, steps)
    if way is None:
        raise _of_earlier_version(migration, kept, url)
    return way


def _of_earlier_version(migration: int, kept: int, url: str) -> StoreError:
    return StoreError(
        f"{place_of(url)} was written by an earlier version (format {kept}, tables {migration}; this one writes format "
        f"{FORMAT}, tables {LAST}): keep a backup and start it with tally serve, which brings it up"
    )


async def require_ours(connection: Connection, url: str, number: int = LAST) -> None:
    """Require that the tables are those of a number. Raises StoreError."""
    if found := await difference(connection, number):
        raise StoreError(f"{place_of(url)} was changed by another hand: {found}. Put it back from a backup")


async def difference(connection: Connection, number: int = LAST) -> str:
    """Name what is in the schema and not ours, or ours and missing or declared in another way; "" if nothing."""
    found = await _made(connection, SCHEMA)
    ours = await _ours(connection, number)
    for kind, name in sorted(found.keys() | ours.keys()):
        if (kind, name) not in ours:
            return f"it holds the {kind} {name}, which is none of ours"
        if (kind, name) not in found:
            return f"its {kind} {name} is missing"
        if found[kind, name] != ours[kind, name]:
            return f"its {kind} {name} is declared in another way"
    return ""


async def _ours(connection: Connection, number: int) -> dict[tuple[str, str], str]:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"CREATE SCHEMA {_SCRATCH}; SET LOCAL search_path = {_SCRATCH}")
        for one in range(number):
            await connection.execute(_text(one + 1))
        return await _made(connection, _SCRATCH)
    finally:
        await transaction.rollback()


async def _made(connection: Connection, schema: str) -> dict[tuple[str, str], str]:
    rows = await connection.fetch(_MADE, schema)
    plain = re.compile(rf"\b{schema}\.")
    return {(kind, plain.sub("", name)): plain.sub("", declared) for kind, name, declared in rows}


async def _numbers(connection: Connection) -> tuple[int, int]:
    row = await connection.fetchrow(f"SELECT migration, format FROM {SCHEMA}.version")
    if row is None:
        raise StoreError("the table version of the database is empty: put it back from a backup")
    return int(row["migration"]), int(row["format"])


def _text(number: int) -> str:
    return files("tallystick.store.postgres").joinpath("migrations", f"{CHANGES[number - 1]}.sql").read_text("utf-8")
