"""Keys nobody uses: with `--expire-keys` they end, as the exchange's do.

Documented: a live key that may trade or withdraw and is bound to no address ends after 14 days without an
authenticated call or login. Chosen (decisions/008): on the venue's clock and only when asked for, since a test that
lets a month pass would lose its keys; what is known of use begins with the process, so a start counts as use.
"""

from __future__ import annotations

from tallystick.store.api import KeyRecord

IDLE_MS_MAX = 14 * 86_400_000
ENDING = frozenset({"trade", "withdraw"})


class IdleKeys:
    """When each key was last used. Times are the venue's, in ms."""

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms
        self.used_at: dict[str, int] = {}

    def use(self, key: KeyRecord, now_ms: int) -> None:
        self.used_at[key.api_key] = now_ms

    def ended(self, key: KeyRecord, now_ms: int) -> bool:
        """Whether 14 days have gone by since a key that can end was used, made, or the venue started."""
        if key.ips or ENDING.isdisjoint(key.permissions):
            return False
        last_ms = max(self.since_ms, key.made_at_ms, self.used_at.get(key.api_key, 0))
        return now_ms - last_ms >= IDLE_MS_MAX
