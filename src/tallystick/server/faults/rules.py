"""Rules of faults: where, when and which fault, counted as requests come.

A rule has a condition on the occasion, such as a request, and one on the number of occasions that met it. Chance comes
from the rule's seed, its place and kind, and that number, so the same requests meet the same faults in every run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tallystick.engine.faults import PPM
from tallystick.server.faults.delays import Delays
from tallystick.server.faults.kinds import ANYTHING, STREAMS, Kind, Place

if TYPE_CHECKING:
    from tallystick.server.faults.past import StaleApp

RULES_MAX: Final = 1_000
"""Cap on rules (chosen): a test has a handful, and every request looks through all of them."""


class Asked(Struct, frozen=True, kw_only=True):
    """An occasion for a fault: its place, its endpoint or channel, and whose it is.

    `method` is GET, POST or WS of a request. `key` is the one it names, or that of the stream's login.
    """

    place: Place = "request"
    name: str
    method: str = ""
    user_id: int | None
    key: str


class Where(Struct, frozen=True, kw_only=True):
    """Condition on an occasion: `on` is the name of an endpoint or channel, login, ws for all of streams, or `*`.

    None and "" are no condition. `method` is GET, POST, or WS for an order operation over a WebSocket.
    """

    on: str
    user: str | None = None
    user_id: int | None = None
    key: str = ""
    method: str = ""


class When(Struct, frozen=True, kw_only=True):
    """Condition on the occasions that meet `Where`: from the `nth` on, at most `count` of them, None without end.

    Times are on the venue's clock; `until_ms` is excluded. `ppm` of a million occasions are hit. `numbered` is true
    where the rule says which is the first.
    """

    nth: int = 1
    count: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    ppm: int = PPM
    seed: int = 0
    numbered: bool = False


class Rule:
    """One rule, and how often it was met and fired. `values` are the parameters of its kind, defaults included."""

    __slots__ = ("fired", "goes_on", "id", "kind", "matched", "past", "values", "when", "where")

    def __init__(self, rule_id: int, kind: Kind, where: Where, when: When, values: dict[str, int | str]) -> None:
        self.id = rule_id
        self.kind = kind
        self.where = where
        self.when = when
        self.values = values
        self.matched = 0
        self.fired = 0
        self.goes_on: bool | None = None
        """None until it ends; then tells if a request that it has hit, and not yet delayed, goes on."""
        self.past: StaleApp | None = None
        """App over the past of the venue, for a kind that answers from there."""

    @property
    def ms(self) -> int:
        return int(self.values["ms"])

    @property
    def text(self) -> str:
        """The word that is its parameter."""
        return str(self.values.get("code") or self.values.get("answer"))

    def concerns(self, asked: Asked) -> bool:
        """Test whether an occasion meets `where`."""
        where, kind = self.where, self.kind
        return (
            kind.place == asked.place
            and (where.on in (asked.name, ANYTHING) or (where.on == STREAMS and kind.place != "request"))
            and where.method in (asked.method, "")
            and where.user_id in (asked.user_id, None)
            and where.key in (asked.key, "")
            and (asked.method != "WS" or kind.orders)
            and (asked.method == "GET" or not kind.reads)
            and (not kind.channels or asked.name in kind.channels)
        )

    @property
    def at_once(self) -> bool:
        """True if it hits the streams that are open when it is made."""
        return self.kind.at_once and self.where.on in (STREAMS, ANYTHING) and not self.when.numbered

    def wants(self, now_ms: int) -> bool:
        """Count an occasion that meets `where`, and tell whether it is to be hit."""
        when = self.when
        if now_ms < (when.from_ms or 0) or (when.until_ms is not None and now_ms >= when.until_ms):
            return False
        self.matched += 1
        if self.matched < when.nth or (when.count is not None and self.fired >= when.count):
            return False
        return when.ppm == PPM or self.drawn_ppm() < when.ppm

    def drawn_ppm(self) -> int:
        """Number below a million, drawn for the newest occasion. Other places and kinds draw others of one seed."""
        drawn = f"{self.when.seed}:{self.where.on}:{self.kind.name}:{self.matched}"
        return int.from_bytes(blake2b(drawn.encode(), digest_size=8).digest(), "big") % PPM


class Faults:
    """Rules of a venue, in the order they were made, and the delays under way."""

    def __init__(self) -> None:
        self.rules: dict[int, Rule] = {}
        self.delays = Delays()
        self.looking_back = asyncio.Lock()
        """Held while the past of a rule is made: each is a whole venue in memory."""
        self.look_back: Callable[[], Awaitable[StaleApp]]
        """Makes the app over the past of the venue; the app sets it."""
        self.when_made: Callable[[Rule], None] = lambda rule: None
        """Called with every rule that is made: some hit the streams that are open."""
        self._last_id = 0

    def next_id(self, taken: Iterable[int]) -> int:
        """Number of the next rule, above all `taken` by faults of what happens. It is given once."""
        self._last_id = max(self._last_id, *taken, 0) + 1
        return self._last_id

    def add(self, rule: Rule) -> Rule:
        """Add a rule under its number."""
        self.rules[rule.id] = rule
        self.when_made(rule)
        return rule

    def remove(self, rule_id: int) -> bool:
        """Remove a rule; its delays end now. False if there is none."""
        rule = self.rules.pop(rule_id, None)
        if rule is not None:
            rule.goes_on = True
            self.delays.end(rule)
            let_go(rule)
        return rule is not None

    def clear(self) -> None:
        """Remove all rules; their delays end now."""
        for rule_id in tuple(self.rules):
            self.remove(rule_id)

    def begun_anew(self) -> None:
        """Forget everything as the venue begins anew: requests that were delayed belong to the venue before."""
        for rule in self.rules.values():
            rule.goes_on = False
            let_go(rule)
        self.rules.clear()
        self.delays.drop()
        self._last_id = 0

    def leave_off(self) -> None:
        """End all delays as the server stops, and begin no more."""
        self.delays.stop()
        for rule in self.rules.values():
            let_go(rule)

    def hit(self, asked: Asked, now_ms: int) -> Rule | None:
        """First rule that hits an occasion. The others count it too, and do not fire."""
        wanting = [rule for rule in self.rules.values() if rule.concerns(asked) and rule.wants(now_ms)]
        if not wanting:
            return None
        wanting[0].fired += 1
        return wanting[0]


def let_go(rule: Rule) -> None:
    """Let go of what a rule keeps."""
    if rule.past is not None:
        rule.past.end()
        rule.past = None
