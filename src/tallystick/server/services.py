"""What every request may ask for, whichever way it came: the venue, the limits, the keys, who is whose."""

from __future__ import annotations

from tallystick.server.call import Call
from tallystick.server.idle import IdleKeys
from tallystick.server.limits import Limiter
from tallystick.store.api import KeyRecord
from tallystick.venue.venue import Venue
from tallystick.views import Caller
from tallystick.views.core import KnownKey


class Services:
    """`strict` refuses what the lint would only name, `highest_tier` opens streams of a fee tier, `expire_keys` ends
    keys nobody uses."""

    def __init__(
        self,
        venue: Venue,
        *,
        surface: str,
        generosity: int,
        strict: bool = False,
        highest_tier: bool = False,
        expire_keys: bool = False,
    ) -> None:
        self.venue = venue
        self.surface = surface
        self.strict = strict
        self.highest_tier = highest_tier
        self.idle = IdleKeys(venue.now_ms()) if expire_keys else None
        self.limiter = Limiter(generosity)
        self.newest_known: dict[tuple[str, int], int] = {}
        """(table, user) -> a cursor that is known not to lie past all rows, so that walking pages asks once."""

    def caller(self, call: Call, now_ms: int) -> Caller:
        """Who asks, at the time of their turn."""
        if call.user_id is None:
            return Caller(0, now_ms, self.venue.market, surface=self.surface)
        key = call.key
        return Caller(
            user_id=call.user_id,
            at_ms=now_ms,
            market=self.venue.market,
            permissions=key.permissions,
            label=key.label,
            ips=key.ips,
            surface=self.surface,
            keys_of=self.keys_of,
        )

    def after_reset(self) -> None:
        """Nothing of what was is known any more."""
        self.limiter.clear()
        self.newest_known.clear()
        if self.idle is not None:
            self.idle = IdleKeys(self.venue.now_ms())

    def main_of(self, user_id: int | None) -> int | None:
        """The main account of a sub-account, else the account itself."""
        user = self.venue.state.users.get(user_id or 0)
        return user.master_id or user_id if user is not None else user_id

    def keys_of(self, user_id: int) -> tuple[KnownKey, ...]:
        found = [
            KnownKey(key.api_key, key.label, key.permissions, key.ips, key.made_at_ms)
            for key in self.keys.values()
            if key.user_id == user_id
        ]
        return tuple(sorted(found, key=lambda key: (key.made_at_ms, key.api_key)))

    def key(self, name: str, now_ms: int) -> KeyRecord | None:
        """The key of that name; None for one that is not ours or has ended."""
        found = self.keys.get(name)
        if found is not None and self.idle is not None and self.idle.ended(found, now_ms):
            return None
        return found

    def signed(self, key: KeyRecord, now_ms: int) -> None:
        """Its owner has just used a key."""
        if self.idle is not None:
            self.idle.use(key, now_ms)

    @property
    def keys(self) -> dict[str, KeyRecord]:
        return self.venue.keys

    def wall_ms(self) -> int:
        """The machine's time; tests put another in its place."""
        return self.venue.machine.wall_ms()
