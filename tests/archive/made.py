"""Archives of rows that a test makes, without a venue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tallystick.archive.keys import digest
from tallystick.archive.pulling import PUT_ROW
from tallystick.archive.store import Account, Archive
from tallystick.archive.streams import STREAMS

AT_MS = 1_768_500_000_000
"""2026-01-15 18:00 UTC."""
DAY_MS = 86_400_000


def put(archive: Archive, account: Account, stream: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep rows of a stream as a pull would."""
    known = STREAMS[stream]
    series = archive.series(account.id, stream, json.dumps(dict(known.filters), separators=(",", ":")))
    names = known.identity
    found = []
    for number, row in enumerate(rows):
        identity = 0 if names == () else digest(row if names is None else [row.get(name) for name in names])
        text = json.dumps(row, ensure_ascii=False)
        cursor = int(row[known.page.cursor])
        found.append((series.id, cursor, identity, number if names is None else 0, int(row[known.time]), 1, text))
    first = archive.next_row()
    with archive.writing() as db:
        db.execute_many(PUT_ROW, [(first + number, *row) for number, row in enumerate(found)])


def bill(number: int, ccy: str, change: str, after: str, **more: str) -> dict[str, str]:
    """A bill of the trading account, a trade unless `type` says otherwise; later numbers are an hour later each."""
    at_ms = AT_MS + number * 3_600_000
    row = {
        "billId": str(at_ms * 1_000_000 + number),
        "ccy": ccy,
        "bal": after,
        "balChg": change,
        "ts": str(at_ms),
        "type": "2",
        "subType": "1",
        "sz": change.removeprefix("-"),
    }
    return row | more
