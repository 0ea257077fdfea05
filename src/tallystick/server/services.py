"""Services for every request: the venue, the rate limits, the rules of faults, the keys, main and sub-accounts."""

from __future__ import annotations

from tallystick.contract.core import SPOT
from tallystick.contract.surface import limits
from tallystick.server.auth import short
from tallystick.server.call import Call, Refused, found
from tallystick.server.faults.rules import Faults
from tallystick.server.idle import IdleKeys
from tallystick.server.limits import Limiter
from tallystick.server.seen import Requests
from tallystick.server.steady import SteadyAnswers
from tallystick.store.api import KeyRecord
from tallystick.venue.venue import Venue
from tallystick.views import Caller
from tallystick.views.core import KnownKey
from tallystick.views.kinds import MODES


class Services:
    """The venue, its rate limits, its rules of faults and its keys.

    `strict` refuses requests that the lint has remarks on, `highest_tier` opens the channels of the highest fee tier,
    `expire_keys` lets unused keys expire.
    """

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
        self.seen = Requests()
        self.steady = SteadyAnswers()
        self.faults = Faults()
        self.newest_known: dict[tuple[str, int], int] = {}
        """(table, user) -> a cursor known not to be past all rows, so that paging looks once."""

    def caller(self, call: Call, now_ms: int) -> Caller:
        """The caller of a request, at the time of its turn. Raises Refused where the key has ended meanwhile."""
        if call.user_id is None:
            return Caller(0, now_ms, self.venue.market, surface=self.surface)
        key = call.key
        self.require_key(call)
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

    def require_key(self, call: Call) -> None:
        """Require that the key of a request is still valid. Raises Refused."""
        known = self.venue.keys.get(call.key.api_key)
        if known is not call.key and known != call.key:
            # A new generation has ended the key since it was checked, and its user's number may be another's by now.
            raise found(call, "key unknown").because(key=short(call.key.api_key.encode()))

    def after_reset(self) -> None:
        """Forget the limits, cursors and uses of keys, after a generation began."""
        self.limiter.clear()
        self.newest_known.clear()
        if self.idle is not None:
            self.idle = IdleKeys(self.venue.now_ms())

    def pace_ms(self, call: Call) -> int:
        """Time that rate limits count by: the venue's, and while that stands still the machine's too (047)."""
        return call.now_ms + self.venue.stood_ms

    def rate_refused(self, call: Call) -> Refused:
        """Refusal above a rate limit, with the limit that the limiter found used up."""
        no, over = found(call, "rate limit"), self.limiter.over
        if over is None:
            return no
        declared = next(iter(limits(call.endpoint, self.surface)), None)
        return no.because(
            requests_count=over.requests,
            period_span_ms=over.period_ms,
            per="user" if declared is None else declared.per.replace("_", " "),
            free_span_ms=over.free_in_ms(self.pace_ms(call)),
        )

    def name_of(self, user_id: int | None) -> str:
        """Name of a user, "nobody" for a request without one."""
        user = self.venue.state.users.get(user_id or 0)
        return "nobody" if user is None else user.name

    def mode_of(self, user_id: int | None) -> str:
        """Account mode of a user as the API names it; that of Spot for a request without one."""
        user = self.venue.state.users.get(user_id or 0)
        return SPOT if user is None else MODES[user.mode]

    def main_of(self, user_id: int | None) -> int | None:
        """Main account of a sub-account; any other account itself."""
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
        """The API key of that name; None for one that is unknown or has expired."""
        found = self.venue.keys.get(name)
        if found is not None and self.idle is not None and self.idle.ended(found, now_ms):
            return None
        return found

    def signed(self, key: KeyRecord, now_ms: int) -> None:
        """Record the use of a key."""
        if self.idle is not None:
            self.idle.use(key, now_ms)

    @property
    def keys(self) -> dict[str, KeyRecord]:
        return self.venue.keys

    def leave_off(self) -> None:
        """End the waiting that a fault makes, as the server stops."""
        self.faults.leave_off()

    def now_ms(self) -> int:
        return self.venue.now_ms()

    def wall_ms(self) -> int:
        """The machine's time in Unix ms; tests replace it."""
        return self.venue.machine.wall_ms()
