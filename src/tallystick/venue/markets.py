"""Markets by name: prices by hand, the packaged recording, a random walk, or one of the imported markets."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tallystick.venue import imported, walk
from tallystick.venue.candle_lines import DAY_MS
from tallystick.venue.recording import Recording, recording_of
from tallystick.venue.sources import OKX_2022, Source

BY_HAND: Final = "by-hand"
"""Market whose prices move only by hand."""
PACKAGED: Final = OKX_2022.name
HERE: Final = Path(imported.FOLDER)
"""Folder of the imported markets, where no other one is named."""


class UnknownMarket(ValueError):
    """Error for an unknown market. The text names the known ones."""


def source_of(name: str, folder: Path = HERE) -> Source | None:
    """Source of a market's prices; None for prices by hand. Raises UnknownMarket: there is none, or it is damaged."""
    if name == BY_HAND:
        return None
    if name == PACKAGED:
        return OKX_2022
    try:
        if walk.is_walk(name):
            return walk.walk(name)
        return imported.Imported(folder, name)
    except imported.BadMarket as problem:
        others = f"{BY_HAND}, {PACKAGED} and {walk.PREFIX}SEED are there without an import"
        raise UnknownMarket(f"{problem}; {others}") from None
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
