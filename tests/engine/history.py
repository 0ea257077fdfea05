"""A market without a past, for views that do not look back."""

from __future__ import annotations

from tallystick.views.core import Traded


class NoHistory:
    def candle(self, instrument: str, open_ms: int, length_ms: int, to_ms: int) -> None:
        return None

    def price_at(self, instrument: str, at_ms: int) -> int:
        return 0

    def moved_at(self, instrument: str, at_ms: int) -> int:
        return 0

    def traded(self, instrument: str, from_ms: int, to_ms: int) -> Traded | None:
        return None

    def last_before(self, instrument: str, at_ms: int) -> Traded | None:
        return None
