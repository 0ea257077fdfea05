"""The peers' SQLite file: keys, accounts and the loan history, and the four statements run on them.

WAL with synchronous=FULL, as the venue has it. One connection per thread, kept open: opening one per request, as
tutorials do, would cost the peers a good part of their speed. Statements are prepared once by sqlite3's own cache.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

from checks import Key, Refused

SCHEMA = """
CREATE TABLE api_key (
    api_key TEXT PRIMARY KEY, secret BLOB NOT NULL, salt BLOB NOT NULL, passphrase_hash BLOB NOT NULL,
    user_id INTEGER NOT NULL, permissions TEXT NOT NULL, ips TEXT NOT NULL, label TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE account (
    user_id INTEGER PRIMARY KEY, account_level TEXT NOT NULL, spot_borrow INTEGER NOT NULL,
    auto_repay INTEGER NOT NULL, changes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE loan_history (
    user_id INTEGER NOT NULL, ref_id INTEGER NOT NULL, type TEXT NOT NULL, ccy TEXT NOT NULL, amt TEXT NOT NULL,
    ts INTEGER NOT NULL, PRIMARY KEY (user_id, ref_id)
) WITHOUT ROWID;
CREATE INDEX loan_history_by_type ON loan_history (user_id, type, ref_id);
"""

PAGE = """
SELECT ref_id, type, ccy, amt, ts FROM loan_history
WHERE user_id = ? AND ref_id < ? AND ref_id > ? ORDER BY ref_id DESC LIMIT ?
"""
PAGE_OF_TYPE = """
SELECT ref_id, type, ccy, amt, ts FROM loan_history
WHERE user_id = ? AND ref_id < ? AND ref_id > ? AND type = ? ORDER BY ref_id DESC LIMIT ?
"""
NO_MAXIMUM = 2**63 - 1

LoanRow = tuple[int, str, str, str, int]


class Storage:
    """One file, a connection per thread, one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.local()
        self._writing = threading.Lock()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if found is None:
            found = sqlite3.connect(self._path, isolation_level=None)
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            self._threads.connection = found
        return found

    def fill(
        self,
        keys: Iterable[tuple[str, bytes, bytes, bytes, int, str, str, str]],
        accounts: Iterable[tuple[int, str, int, int]],
        history: Iterable[tuple[int, int, str, str, str, int]],
    ) -> None:
        """Create the tables and put these rows in, columns in the order of the schema."""
        connection = self.connection
        connection.executescript(SCHEMA)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?, ?, ?)", keys)
        connection.executemany("INSERT INTO account VALUES (?, ?, ?, ?, 0)", accounts)
        connection.executemany("INSERT INTO loan_history VALUES (?, ?, ?, ?, ?, ?)", history)
        connection.execute("COMMIT")

    def find_key(self, api_key: str) -> Key | None:
        """The key of that name. Read from the table each time, so that a revoked key is out at once."""
        row = self.connection.execute("SELECT * FROM api_key WHERE api_key = ?", (api_key,)).fetchone()
        if row is None:
            return None
        name, secret, salt, passphrase_hash, user_id, permissions, ips, label = row
        return Key(
            name,
            secret,
            salt,
            passphrase_hash,
            user_id,
            frozenset(permissions.split(",")),
            frozenset(filter(None, ips.split(","))),
            label,
        )

    def loan_history(
        self, user_id: int, *, type: str | None, after: int | None, before: int | None, limit: int
    ) -> list[LoanRow]:
        """Rows of one user, newest first, by key and never by offset; both cursors are exclusive."""
        top = NO_MAXIMUM if after is None else after
        bottom = -1 if before is None else before
        if type is None:
            return self.connection.execute(PAGE, (user_id, top, bottom, limit)).fetchall()
        return self.connection.execute(PAGE_OF_TYPE, (user_id, top, bottom, type, limit)).fetchall()

    def account(self, user_id: int) -> tuple[str, bool, bool]:
        """(account level, spot borrowing on, auto repay on)."""
        row = self.connection.execute(
            "SELECT account_level, spot_borrow, auto_repay FROM account WHERE user_id = ?", (user_id,)
        ).fetchone()
        return row[0], bool(row[1]), bool(row[2])

    def set_auto_repay(self, user_id: int, enabled: bool) -> None:
        """Turn the switch in a transaction of its own; it is on disk on return.

        Refuses 51010 outside Spot mode and 59410 where borrowing is off.
        """
        connection = self.connection
        # A lock of our own, because a second writer would find SQLite busy and sleep before it tries again.
        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                level, spot_borrow, _ = self.account(user_id)
                if level != "1":
                    raise Refused("51010", "Not available in the current account mode.", 200, with_data=True)
                if not spot_borrow:
                    raise Refused("59410", "Borrowing is not enabled.", 200, with_data=True)
                connection.execute(
                    "UPDATE account SET auto_repay = ?, changes = changes + 1 WHERE user_id = ?", (enabled, user_id)
                )
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def changes(self) -> int:
        """How many times a switch was turned since the tables were filled."""
        total: int = self.connection.execute("SELECT sum(changes) FROM account").fetchone()[0]
        return total
