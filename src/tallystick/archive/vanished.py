"""Rows that a list showed once and does not show any more: noted once each, until the list shows them again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tallystick.archive.bases.core import Base
from tallystick.archive.keys import Key, mark

UNSEEN: Final = "SELECT at_ms, cursor, identity, n FROM row WHERE series = ? AND at_ms >= ? AND at_ms < ? AND walk <> ?"
PUT_FINDING: Final = "INSERT INTO finding (series, at_ms, found_ms, text, mark) VALUES (?, ?, ?, ?, ?)"


class Vanished:
    """The rows of a series that are missing from its list, as they stand in the archive."""

    def __init__(self, db: Base, series: int) -> None:
        self.series = series
        self.noted = {text for (text,) in db.fetch("SELECT text FROM finding WHERE series = ?", series)}

    def note(self, db: Base, walk: int, times: tuple[int, int], found_ms: int) -> None:
        """Note the rows of these times that a reading which went through all of them has not seen."""
        unseen = db.fetch(UNSEEN, self.series, *times, walk)
        gone = [
            (self.series, at_ms, found_ms, text)
            for at_ms, *key in unseen
            if (text := _text((key[0], key[1], key[2]))) not in self.noted
        ]
        if gone:
            db.execute_many(PUT_FINDING, [(*values, mark(*values)) for values in gone])
            self.noted.update(text for *_, text in gone)

    def shown(self, db: Base, keys: Iterable[Key]) -> None:
        """Take back what was noted of rows that the list shows again."""
        if not self.noted:
            return
        again = self.noted.intersection(map(_text, keys))
        if again:
            db.execute_many(
                "DELETE FROM finding WHERE series = ? AND text = ?", [(self.series, text) for text in sorted(again)]
            )
            self.noted -= again


def _text(key: Key) -> str:
    """Words for a row, which is named as in the view `rows`."""
    cursor, identity, n = key
    named = f"{cursor}{f'-{identity:016x}' if identity else ''}{f'#{n}' if n else ''}"
    return f"row {named} was there and is not shown any more"
