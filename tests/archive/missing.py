"""Random archives of a served venue with one row taken out that nothing in the file misses."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from tallystick.archive.checking import BILLED, check
from tallystick.archive.store import Archive
from tests.archive.forging import take_out
from tests.archive.test_marks import act
from tests.archive.venues import HOUR_MS, User

STREAMS = (
    *("spot_borrow_repay_history", "interest_accrued", "fills_history", "account_bills_archive", "asset_bills_history"),
    *("one_click_repay_history_v2", "orders_history_archive", "loan_interest_accrued"),
)
"""Each stream once: of one that is kept twice a row that is missing here is there."""
DEEDS = 60


def archives(user: User, folder: Path, seed: int, count: int) -> Iterator[tuple[str, bool, bool]]:
    """Each of `count` archives without a random row: its stream, whether bills cover it, and whether it was missed."""
    chance = random.Random(seed)
    user.live()
    for _ in range(DEEDS):
        act(user, chance)
    user.levers.clock.advance(ms=60 * HOUR_MS)
    whole = folder / f"whole-{seed}.archive"
    with Archive(whole) as archive:
        assert user.pull(archive, *STREAMS).failed == []
        assert check(archive).problems == []
        query = "SELECT row.id, stream, raw FROM row JOIN series ON series.id = series ORDER BY cursor, row.id"
        rows = [(number, stream, json.loads(raw)) for number, stream, raw in archive.read(query)]
    covered = set(_covered(rows))
    for number, (row, stream, _) in enumerate(chance.choices(rows, k=count)):
        place = folder / f"one-less-{seed}-{number}.archive"
        place.write_bytes(whole.read_bytes())
        with Archive(place) as archive:
            take_out(archive, row)
            yield stream, row in covered, bool(check(archive).problems)
        place.unlink()


def _covered(rows: list[tuple[int, str, dict[str, str]]]) -> Iterator[int]:
    """Rows that bills prove: of streams that `status` says so of, but for the first bill of a coin.

    Interest may be booked a day late, so that of its last day nothing is proven yet.
    """
    late_ms = max(int(fields["ts"]) for _, _, fields in rows if "ts" in fields) - 25 * HOUR_MS
    begun: set[tuple[str, str]] = set()
    for row, stream, fields in rows:
        first = stream.endswith(("bills_archive", "bills_history")) and (stream, fields["ccy"]) not in begun
        begun.add((stream, fields.get("ccy", "")))
        late = stream == "interest_accrued" and int(fields["ts"]) > late_ms
        if stream in BILLED and not first and not late:
            yield row
