"""Reading of a store that is made of tables: the part that does not hang on whose tables they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal

from tallystick.store.api import KEY_MAX, Entry, HistoryRow, KeyRecord, Reader, Saved, Snapshot
from tallystick.store.queries import SAVED, Statements
from tallystick.store.records import key_of


class TableReader(ABC):
    """Implements most of `store.api.Reader` over `_rows` and `_walk`, which run a statement.

    `_reading` turns errors of a read into StoreError.
    """

    _say: Statements
    _reading: AbstractContextManager[None]

    @abstractmethod
    def _rows(self, statement: str, *values: Any) -> Sequence[Any]:
        """All rows of a statement. Raises StoreError."""

    @abstractmethod
    def _walk(self, statement: str, *values: Any) -> Iterator[Any]:
        """Rows of a statement, piece by piece. Raises StoreError."""

    @abstractmethod
    def _of_saved(self, number: int) -> Reader:
        """Reader of the saved snapshot with a number."""

    @abstractmethod
    async def page(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
        holding: Sequence[bytes] = (),
    ) -> list[bytes]: ...

    def _one(self, statement: str, *values: Any) -> Any:
        return next(iter(self._rows(statement, *values)), None)

    # ---- journal

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        return (Entry(*row) for row in self._walk(self._say.entries, after_seq))

    def last_entry(self) -> Entry | None:
        row = self._one(self._say.last_entry)
        return None if row is None else Entry(*row)

    def snapshot(self, seq: int | None = None) -> Snapshot | None:
        row = self._one(self._say.last_snapshot) if seq is None else self._one(self._say.snapshot, seq)
        return None if row is None else Snapshot(*row)

    def snapshots(self) -> list[int]:
        return [row[0] for row in self._rows(self._say.snapshots)]

    # ---- histories

    async def row(self, table: str, user_id: int, key: int) -> bytes | None:
        return next(iter(await self.page(table, user_id, key, key, limit=1)), None)

    async def find(self, table: str, user_id: int, a: str | None = None, b: str | None = None) -> bytes | None:
        return next(iter(await self.page(table, user_id, -KEY_MAX, KEY_MAX, a=a, b=b, limit=1)), None)

    def history(self) -> Iterator[HistoryRow]:
        return (HistoryRow(*row) for row in self._walk(self._say.history))

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        return (tuple(row) for row in self._walk(self._say.indexed(column)))

    # ---- the rest

    def load_keys(self) -> list[KeyRecord]:
        with self._reading:
            return [key_of(*row) for row in self._rows(self._say.keys)]

    def load_meta(self) -> dict[str, str]:
        return dict(tuple(row) for row in self._rows(self._say.meta))

    def get_meta(self, name: str) -> str | None:
        row = self._one(self._say.setting, name)
        return None if row is None else str(row[0])

    def saved(self) -> list[Saved]:
        return [Saved(*row) for row in self._rows(SAVED)]

    def saved_view(self, name: str) -> Reader | None:
        row = self._one(self._say.number_of_saved, name)
        return None if row is None else self._of_saved(row[0])

    def view(self) -> Reader:
        raise RuntimeError("what stands still is not looked at through another")
