"""Expiry of unused keys with `--expire-keys`, as at the exchange.

Documented: a live key that may trade or withdraw and is bound to no address expires after 14 days without an
authenticated call or login. Chosen (decisions/008): on the venue's clock and only when asked for, since a test that
lets a month pass would lose its keys. Use is remembered by the process alone, so a start counts as use.
"""

from __future__ import annotations

from tallystick.store.api import KeyRecord

IDLE_MS_MAX = 14 * 86_400_000
ENDING = frozenset({"trade", "withdraw"})


class IdleKeys:
    """Time of the last use of each key, in ms on the venue's clock."""

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms
        self.used_at: dict[str, int] = {}

    def use(self, key: KeyRecord, now_ms: int) -> None:
        self.used_at[key.api_key] = now_ms

    def ended(self, key: KeyRecord, now_ms: int) -> bool:
        """True if the key can expire and 14 days passed since it was used, it was made, and the venue started."""
        if key.ips or ENDING.isdisjoint(key.permissions):
            return False
        last_ms = max(self.since_ms, key.made_at_ms, self.used_at.get(key.api_key, 0))
        return now_ms - last_ms >= IDLE_MS_MAX
