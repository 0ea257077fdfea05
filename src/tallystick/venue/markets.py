"""Markets by name: prices by hand, a random walk, or one of the imported markets."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tallystick.venue import imported, walk
from tallystick.venue.candle_lines import DAY_MS
from tallystick.venue.recording import Recording, recording_of
from tallystick.venue.sources import Source

BY_HAND: Final = "by-hand"
"""Market whose prices move only by hand."""
DEFAULT: Final = "walk:39"
"""Market of a venue that names none (decisions/056)."""
ONCE_PACKAGED: Final = "okx_2022q1"
"""Recording that earlier versions brought and began with; data folders name it."""
HERE: Final = Path(imported.FOLDER)
"""Folder of the imported markets, where no other one is named."""


AGAIN: Final = (
    f"Earlier versions brought {ONCE_PACKAGED}: import OKX's candles of 2022-01-16 to 2022-02-25 (UTC) with "
    f"`tally market import FILES --name {ONCE_PACKAGED}`, and data folders that began with it go on"
)
"""How a recording that is no longer packaged comes back."""


class UnknownMarket(ValueError):
    """Error for an unknown market. The text names the known ones."""


def source_of(name: str, folder: Path = HERE) -> Source | None:
    """Source of a market's prices; None for prices by hand. Raises UnknownMarket: there is none, or it is damaged."""
    if name == BY_HAND:
        return None
    try:
        if walk.is_walk(name):
            return walk.walk(name)
        return imported.Imported(folder, name)
    except imported.BadMarket as problem:
        others = f"{BY_HAND} and {walk.PREFIX}SEED are there without an import"
        again = f". {AGAIN}" if name == ONCE_PACKAGED else ""
        raise UnknownMarket(f"{problem}; {others}{again}") from None
    except ValueError as problem:
        raise UnknownMarket(str(problem)) from None


def digest_of(source: Source | None) -> str:
    """Digest of an imported market's candles; "" for markets that never change."""
    return source.digest if isinstance(source, imported.Imported) else ""


def at_its_own_dates(source: Source, at_ms: int) -> Recording:
    """Recording played at the dates it was recorded at; a walk begins on the day of `at_ms`.

    Raises ValueError: the time is not in an imported market.
    """
    if not source.span_ms:
        return recording_of(at_ms - at_ms % DAY_MS, source)
    if (
        isinstance(source, imported.Imported)
        and not source.first_day_ms <= at_ms < source.first_day_ms + source.span_ms
    ):
        raise ValueError(
            f"market {source.name} is recorded from {source.first_day_ms} to "
            f"{source.first_day_ms + source.span_ms} (Unix ms), and the start {at_ms} is not in it"
        )
    return recording_of(source.first_day_ms, source)
