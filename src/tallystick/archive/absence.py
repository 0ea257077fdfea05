"""Lists that the mode of an account does not have: when pulls met that, and what it leaves unknown.

A list is absent where it is refused with 51010 and the account's configuration names a mode without it. Nothing is
said of the times before: a row of them stands in the list again once the account is in another mode. Times between two
pulls that both met the refusal count as absent, although the account may have been in another mode between them; of
what is lent there the bills tell.
"""

from __future__ import annotations

from typing import Final

from tallystick.archive.keys import mark
from tallystick.archive.records import Absence, Times
from tallystick.archive.store import Archive, Series, stream_of
from tallystick.contract.core import Endpoint

OTHER_MODE: Final = "51010"
"""Code of a call that the mode of the account does not have."""
SHOWN_BY: Final = {"spot_borrow_repay_history": ("borrowed", "repaid"), "interest_accrued": ("interest",)}
"""Streams of which every row has a bill, by the rules that say so: bills show what a list does not."""
_KNOWN: Final = "SELECT mode, from_ms, until_ms FROM absence WHERE series = ? ORDER BY from_ms DESC"
_PUT: Final = "INSERT INTO absence (series, mode, from_ms, until_ms, mark) VALUES (?, ?, ?, ?, ?)"
_GIVEN_UP: Final = "DELETE FROM absence WHERE series = ? AND from_ms = ?"


def lacks(mode: str, endpoint: Endpoint, code: str) -> bool:
    """True for a refusal because the mode of the account has no such list, as documented."""
    return code == OTHER_MODE and bool(mode and endpoint.modes) and mode not in endpoint.modes


def absences(archive: Archive, series: Series) -> list[Absence]:
    """Times in which a list was absent, the newest first."""
    return [Absence(*row) for row in archive.read(_KNOWN, series.id)]


def absent_now(archive: Archive, series: Series) -> Absence | None:
    """The absence that the last pull of a list met; None where it was read."""
    found = absences(archive, series)
    last_read = max((span.to_ms for span in archive.spans(series.id)), default=-1)
    return found[0] if found and found[0].until_ms > last_read else None


def note_absence(archive: Archive, series: Series, mode: str, asked_ms: int, told_ms: int) -> Absence:
    """Keep that a list was refused between `asked_ms` and `told_ms`, and the mode with it.

    It is absent from `told_ms` on; a pull that meets what the last one met has it absent up to now.
    """
    before = absent_now(archive, series)
    going_on = before if before is not None and before.mode == mode else None
    found = Absence(mode, going_on.from_ms if going_on else told_ms, max(asked_ms, told_ms))
    values = (series.id, found.mode, found.from_ms, found.until_ms)
    with archive.writing() as db:
        db.execute(_GIVEN_UP, series.id, found.from_ms)
        db.execute(_PUT, *values, mark(*values))
    return found


def told_by_bills(archive: Archive, series: Series) -> list[Times]:
    """Times in which bills alone say what a list has: absent ones, and those before that its bills show."""
    absent = [Times(one.from_ms, one.until_ms) for one in absences(archive, series)]
    now = absent_now(archive, series)
    if now is not None and series.stream in SHOWN_BY:
        return [Times(0, now.until_ms)]
    return absent


def modeless(series: Series, mode: str) -> str:
    """Words for times that a list may have rows of, and cannot be read in this mode."""
    modes = " or ".join(stream_of(series).endpoint.modes)
    return f"account mode {mode} has no such list: pull in mode {modes} to read these times"
