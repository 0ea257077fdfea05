"""Archives that are changed so that nothing in the file shows it, as if the exchange had answered otherwise."""

from __future__ import annotations

from tallystick.archive.chain_of_pages import GENESIS, hash_of, linked, state_of
from tallystick.archive.keys import MASK, weight
from tallystick.archive.store import Archive


def take_out(archive: Archive, row: int) -> None:
    """Delete the row with this number, and forge count, sum and the chain of pages so that they fit."""
    ((series, *kept),) = archive.read("SELECT series, cursor, identity, n, at_ms, raw FROM row WHERE id = ?", row)
    ((count, total),) = archive.read("SELECT count, total FROM series WHERE id = ?", series)
    with archive.writing() as db:
        db.execute("DELETE FROM row WHERE id = ?", row)
        db.execute(
            "UPDATE series SET count = ?, total = ? WHERE id = ?", count - 1, (total - weight(*kept)) & MASK, series
        )
    seal(archive, series)


def seal(archive: Archive, series: int) -> None:
    """Forge the last page of a series so that it fits how the series stands now, and the chain of pages after it."""
    with archive.writing() as db:
        ((last,),) = db.fetch("SELECT max(id) FROM page WHERE series = ?", series)
        db.execute("UPDATE page SET state = ? WHERE id = ?", state_of(db, series), last)
    before = GENESIS
    hashes = []
    for page in linked(archive):
        before = hash_of(before, page.link)
        hashes.append((before, page.id))
    with archive.writing() as db:
        db.execute_many("UPDATE page SET hash = ? WHERE id = ?", hashes)
