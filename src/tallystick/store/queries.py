"""Statements that read the tables of a store, or those of a saved snapshot, in the words all databases share."""

from __future__ import annotations

SAVED = "SELECT name, at_ms, seq, generation, bytes FROM saved ORDER BY number"


class Statements:
    """Statements on the tables of a venue, or on those of the saved snapshot with a number.

    `mark` begins a place for a value, which its number follows: $ or ?.
    """

    def __init__(self, mark: str, saved: int | None = None) -> None:
        self._prefix = "" if saved is None else "saved_"
        self._scope = "" if saved is None else f"saved = {saved} AND "
        entry = f"SELECT seq, at_ms, command, events, hash FROM {self._prefix}journal WHERE {self._scope}"
        snapshots = f"FROM {self._prefix}snapshot WHERE {self._scope}"
        self.entries = f"{entry}seq > {mark}1 ORDER BY seq"
        self.last_entry = f"{entry}true ORDER BY seq DESC LIMIT 1"
        self.snapshots = f"SELECT seq {snapshots}true ORDER BY seq"
        self.last_snapshot = f"SELECT seq, at_ms, hash, state {snapshots}true ORDER BY seq DESC LIMIT 1"
        self.snapshot = f"SELECT seq, at_ms, hash, state {snapshots}seq = {mark}1"
        self.history = (
            f"SELECT name, user_id, key, id, a, b, body FROM {self._prefix}history WHERE {self._scope}true "
            "ORDER BY name, user_id, key, id"
        )
        self.keys = f"SELECT api_key, user_id, record FROM {self._prefix}keys WHERE {self._scope}true ORDER BY api_key"
        self.meta = f"SELECT name, value FROM {self._prefix}meta WHERE {self._scope}true"
        self.setting = f"SELECT value FROM {self._prefix}meta WHERE {self._scope}name = {mark}1"
        self.number_of_saved = f"SELECT number FROM saved WHERE name = {mark}1"

    def indexed(self, column: str, hint: str = "") -> str:
        """Filter and key of each row that has this filter; `hint` names the index where the database is to be told."""
        return (
            f"SELECT name, user_id, {column}, key, id FROM {self._prefix}history {hint} "
            f"WHERE {self._scope}{column} <> '' ORDER BY name, user_id, {column}, key, id"
        )
