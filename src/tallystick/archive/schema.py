"""Tables of an archive in SQLite, and the views that are stable for others."""

from __future__ import annotations

from typing import Final

APPLICATION: Final = 0x54415243
"""Kept in `application_id`."""
FORMAT: Final = 1
"""Kept in `user_version`."""

SCHEMA: Final = """
CREATE TABLE account (
    id INTEGER PRIMARY KEY, host TEXT NOT NULL, uid TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (host, uid)
) STRICT;
CREATE TABLE series (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, stream TEXT NOT NULL, filters TEXT NOT NULL,
    count INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, UNIQUE (account, stream, filters)
) STRICT;
CREATE TABLE row (
    series INTEGER NOT NULL, cursor INTEGER NOT NULL, identity INTEGER NOT NULL, n INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, walk INTEGER NOT NULL, raw TEXT NOT NULL,
    PRIMARY KEY (series, cursor, identity, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE former (
    series INTEGER NOT NULL, cursor INTEGER NOT NULL, identity INTEGER NOT NULL, n INTEGER NOT NULL,
    until_ms INTEGER NOT NULL, raw TEXT NOT NULL
) STRICT;
CREATE TABLE span (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series, walk INTEGER NOT NULL,
    from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, ended INTEGER NOT NULL, position TEXT NOT NULL
) STRICT;
CREATE TABLE hole (
    series INTEGER NOT NULL REFERENCES series, cursor INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    rows INTEGER NOT NULL, PRIMARY KEY (series, cursor)
) STRICT;
CREATE TABLE finding (
    series INTEGER NOT NULL REFERENCES series, at_ms INTEGER NOT NULL, found_ms INTEGER NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE page (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series, walk INTEGER NOT NULL,
    answered_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL, asked TEXT NOT NULL, rows INTEGER NOT NULL,
    body BLOB NOT NULL, answer BLOB, hash BLOB NOT NULL
) STRICT;
CREATE TABLE balance (
    account INTEGER NOT NULL REFERENCES account, kind TEXT NOT NULL, at_ms INTEGER NOT NULL, ccy TEXT NOT NULL,
    amount TEXT NOT NULL, PRIMARY KEY (account, kind, at_ms, ccy)
) STRICT, WITHOUT ROWID;
CREATE VIEW rows (stream, account, at_ms, id, raw) AS
    SELECT series.stream, account.host || '/' || account.uid, row.at_ms,
        row.cursor || CASE row.identity WHEN 0 THEN '' ELSE printf('-%016x', row.identity) END
            || CASE row.n WHEN 0 THEN '' ELSE '#' || row.n END, row.raw
    FROM row JOIN series ON series.id = row.series JOIN account ON account.id = series.account;
"""
"""A row is known by series, cursor value, what else tells it apart (`identity`, 0 where nothing must), and by `n`,
which counts rows that are alike. `walk` numbers the reading that saw it last. `count` and `total` of a series go over
the keys of its rows, so that a missing one shows.

`span`: times of the series from `from_ms` on and before `to_ms` that one reading went through; below it goes on at
`position`, unless the list `ended`. `hole`: a full page of one cursor value, which may hide rows of it. `former`: what
a row was before it changed. `page`: SHA-256 of the body, the body itself where it is kept, and the hash of all of it
with the page before; `wall_ms` is when it came by this machine's clock.
"""
