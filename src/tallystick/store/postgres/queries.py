"""Statements that read a store on PostgreSQL: its own tables, or those of a snapshot that users saved."""

from __future__ import annotations

import functools
from typing import Final

from tallystick.store.queries import Statements

PLANNED_STEP: Final = 100
"""Factor between the limits that plans are made for. The planner knows no bound value, and without a number it sorts
the whole range."""

BETWEEN_BODIES: Final = b"\n"
"""Stands in no body: they are JSON in one line, and a write requires that."""
BYTES_HELD: Final = (
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class "
    "WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname NOT LIKE 'saved%'"
)


class PostgresStatements(Statements):
    """Statements of a store, with those that read pages."""

    def __init__(self, saved: int | None = None) -> None:
        super().__init__("$", saved)

    @functools.cache  # noqa: B019 - a handful of statements, for as long as the store is open
    def page(self, by_a: bool, by_b: bool, pieces: int, limit: int) -> str:
        """Bodies of a page, of `limit` rows or fewer, with `BETWEEN_BODIES` between them; null for none.

        Values: table, user, filters, lowest and highest key, pieces, limit.
        """
        values = _places()
        inner = self._range("body", by_a, by_b, values)
        inner += "".join(f"AND position({next(values)} IN body) > 0 " for _ in range(pieces))
        # One text is made and read in less time than an array, and that in less than a row for each body.
        return f"SELECT string_agg(body, '\\x0a') FROM ({_newest(inner, 'body', limit)}LIMIT {next(values)}) AS page"

    @functools.cache  # noqa: B019
    def run(self, by_a: bool, by_b: bool, limit: int) -> str:
        """Keys of a page, eight bytes each, and its bodies as `page` has them. Values: its own, without pieces."""
        values = _places()
        inner = _newest(self._range("key, body", by_a, by_b, values), "key, body", limit)
        columns = "string_agg(int8send(key), ''), string_agg(body, '\\x0a')"
        return f"SELECT {columns} FROM ({inner}LIMIT {next(values)}) AS page"

    @functools.cache  # noqa: B019
    def key_at(self, by_a: bool, by_b: bool, limit: int) -> str:
        """Key of one of `limit` rows. Values: table, user, filters, lowest and highest key, its place."""
        values = _places()
        inner = self._range("key", by_a, by_b, values)
        return _newest(inner, "key", limit) + f"OFFSET {next(values)} LIMIT 1"

    def _range(self, column: str, by_a: bool, by_b: bool, values: _places) -> str:
        # The planner cannot see that a bound value is not empty, so the condition of the index is repeated.
        found = f"SELECT {column} FROM {self._prefix}history WHERE {self._scope}"
        found += f"name = {next(values)} AND user_id = {next(values)} "
        found += f"AND a = {next(values)} AND a <> '' " if by_a else ""
        found += f"AND b = {next(values)} AND b <> '' " if by_b else ""
        return found + f"AND key BETWEEN {next(values)} AND {next(values)} "


class _places:
    """$1, $2 and so on."""

    def __init__(self) -> None:
        self._last = 0

    def __next__(self) -> str:
        self._last += 1
        return f"${self._last}"


def _newest(inner: str, column: str, limit: int) -> str:
    return f"SELECT {column} FROM ({inner}ORDER BY key DESC, id DESC LIMIT {limit}) AS newest "


def planned_for(limit: int) -> int:
    """Limit that a plan for `limit` rows is made for: there are few, and so few statements."""
    planned = 1
    while planned < limit:
        planned *= PLANNED_STEP
    return planned
