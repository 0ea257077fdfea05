"""Price triggers: they select, out of many loans and accounts, those that may have crossed a line.

Judging is exact and slow; triggers are fast and err to one side only. Every loan or account is
somewhere below its next line. Write its danger as Q / P, where Q sums the debts and P the collateral
for them, each a sum of amount x price with amounts that only interest changes. As long as no
owed coin has grown against any pledged coin by more than P / Q, counting the interest, Q stays below
P. So for each pair of an owed and a pledged coin

    X = price of the owed coin x its interest so far / price of the pledged coin

has a trigger: the entry is judged again when an X reaches X then x P / Q. Their order per pair (`lines`)
makes a price cost one comparison per pair, however many loans there are, and one per coin while
all prices stay within a band in which no X gets there (`price_band`). Entries whose outcome could
change otherwise are always judged again: those an event named, those without a price or with possible
debts, those within a hair of the line or with a tiny debt, and everybody at least once in 60 days.

Triggers are not part of the state: they start empty, so everybody is looked at once. Loans that are far from their
line then share triggers (`far_loans`).
Source: chosen (decisions/016).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import NamedTuple, cast

from tallystick.engine import prices, transient
from tallystick.engine.amounts import ONE, mul_up
from tallystick.engine.interest import HOUR_MS, HOURS_PER_YEAR
from tallystick.engine.lines import Entry, Lines
from tallystick.engine.price_band import Band, Bounds
from tallystick.engine.prices import Quotes
from tallystick.engine.state import State
from tallystick.engine.transient import LOAN, USER, Key, Kind, key_of

FINE = 10**12
"""Scale of X beyond that of a rate: twelve more digits."""
HAIR = ONE // 10**9
"""Margin left for roundings of values and weights."""
TINY = ONE // 10**6
"""Value below which roundings to the atom matter, a millionth of a dollar; such an entry is judged every time."""
HOURS_MOST = 1_440
"""Most roundings of interest allowed for; an entry is judged again before that, after 30 to 60 days."""
SWEPT_EVERY = 256
"""Entries that are armed between two looks at how many registrations no longer count."""
PARTS = 1 << 14
"""Parts of one in which it is told how well a group of loans is covered."""
Pair = tuple[str, str, bool]
"""Pair of coins: (owed coin, pledged coin, True if the interest counts in X)."""


class Weights(NamedTuple):
    """Weights of an entry's line: atoms per currency that count as owed, and atoms that cover them."""

    owed: dict[str, int]
    pledged: dict[str, int]


class Group(NamedTuple):
    """Loans of the same coins that are judged together: each is covered by at least `times` / `PARTS` of its debts.

    Debts already allow for `HOURS_MOST` roundings of interest. They are worth a million times `TINY` or more.
    """

    owed: tuple[str, ...]
    pledged: tuple[str, ...]
    times: int
    loan_ids: list[int]


class Triggers:
    """Triggers of all loans and accounts. `due` tells those that fired; after judging, the rest is armed again."""

    def __init__(self) -> None:
        self._known: dict[Key, int] = {}
        """Number of the newest registration of an entry or a group; older ones in the heaps no longer count."""
        self._groups: dict[Key, list[int]] = {}
        """Loans of each group, whose key is below 0."""
        self.unsorted: set[Kind] = set()
        """Kinds of which everybody is to be looked at, since the triggers that there are say nothing (`sort_loans`)."""
        self._fired: dict[Key, None] = {}
        self._always: dict[Key, None] = {}
        self._pairs: dict[Pair, Lines] = {}
        self._growing: dict[str, list[Entry]] = {}
        self._falling: dict[str, list[Entry]] = {}
        """Heap per owed coin: minus the price at which the value of the debt may be tiny."""
        self._moving: dict[str, dict[Key, None]] = {}
        """Entries judged whenever the index of a coin changes, by coin."""
        self._coins: dict[Key, tuple[str, ...]] = {}
        """Coins for which an entry is in `_moving`."""
        self._indices: dict[str, int] = {}
        """Index of each of these coins when it was last read."""
        self._timers: list[Entry] = []
        self._grown: dict[str, int] = {}
        """Interest so far per currency: present debt for one coin owed at the beginning, rounded up."""
        self._hour_ms = 0
        self._next = 0
        self._seen = (-1, -1)
        """Index changes and hour at which it was last looked whether the heaps are to be searched."""
        self._band: Band | None = None
        """Prices between which a search of the heaps finds nothing in this hour; None if that is not known."""

    # ---- asking

    def due(self, state: State, now_ms: int, kind: Kind) -> list[int]:
        """Numbers of the loans or users that may have crossed a line, in rising order; some have not."""
        if not self.anybody(state, now_ms):
            return []
        found = {key >> 1 for keys in (self._fired, self._always) for key in keys if key & 1 == kind}
        self._fired = {key: None for key in self._fired if key & 1 != kind}
        return sorted(found)

    def anybody(self, state: State, now_ms: int) -> bool:
        """Test whether there is any loan or user that may have crossed a line."""
        heard = transient.of(state)
        if heard.named or heard.everybody:
            self._hear(state)
        if self._hour_ms != state.hour_ms:
            self._grow(state)
        seen = (heard.index_changes, state.hour_ms)
        if seen != self._seen:
            for ccy, keys in self._moving.items():
                index = prices.usd_index(state, ccy)
                if index != self._indices[ccy] or state.hour_ms != self._seen[1]:
                    self._indices[ccy] = index
                    self._fired.update(keys)
            hour_passed = state.hour_ms != self._seen[1]
            self._seen = seen
            if hour_passed or self._band is None or not self._band.holds(state):
                self._search(state)
        if self._timers and self._timers[0][0] <= now_ms:
            self._fire(self._timers, now_ms)
        return bool(self._fired or self._always or self.unsorted)

    def _search(self, state: State) -> None:
        """Search the heaps for triggers that are reached. If there are none, note how far prices may move like that."""
        quoted: dict[str, int] = {}
        reached, bounds = False, Bounds()
        for place, lines in self._pairs.items():
            if lines:
                over, under = self._ratio(state, place, quoted)
                # The first trigger is reached if it is not above over / under, rounded up.
                if (lines.least() - 1) * under < over:
                    self._note(lines.take(-(-over // under)))
                    reached = True
                else:
                    owed, pledged, _ = place
                    room = (lines.least() - 1) * under
                    bounds.keep_below((owed, quoted[owed]), (pledged, quoted[pledged]), room=room, used=over)
        for ccy, heap in self._growing.items():
            reached = self._fire(heap, self._grown.get(ccy, ONE)) or reached
        for ccy, heap in self._falling.items():
            reached = self._fire(heap, -prices.usd_index(state, ccy)) or reached
            if heap:
                bounds.keep_above(ccy, -heap[0][0])
        self._band = None if reached else bounds.band(state)

    def _hear(self, state: State) -> None:
        """Mark entries that events named since the last call; everybody if a parameter of the exchange changed."""
        heard = transient.of(state)
        if heard.everybody:
            heard.everybody = False
            self.unsorted.update((LOAN, USER))
        else:
            self._fired.update(heard.named)
        heard.named.clear()

    def _fire(self, heap: list[Entry], reached: int) -> bool:
        """Take the triggers that are reached off a heap. Returns whether there were any."""
        if not heap or heap[0][0] > reached:
            return False
        taken = []
        while heap and heap[0][0] <= reached:
            taken.append(heappop(heap))
        self._note(taken)
        return True

    def _note(self, taken: list[Entry]) -> None:
        """Note the entries whose triggers were taken off, unless they have newer ones; of a group all its loans."""
        for _, number, key in taken:
            if self._known.get(key) == number:
                if key >= 0:
                    self._fired[key] = None
                else:
                    del self._known[key]
                    keys = [key_of(LOAN, loan_id) for loan_id in self._groups.pop(key)]
                    self._fired.update((one, None) for one in keys if one not in self._known)

    def _ratio(self, state: State, place: Pair, quoted: dict[str, int]) -> tuple[int, int]:
        """Present X as a fraction; `quoted` keeps prices already read.

        If the pledged coin has no price, X is larger than any other, so that no entry is missed.
        """
        owed, pledged, grows = place
        price, against = quoted.get(owed), quoted.get(pledged)
        if price is None:
            price = quoted[owed] = prices.usd_index(state, owed)
        if against is None:
            against = quoted[pledged] = prices.usd_index(state, pledged)
        if against <= 0:
            return 10**60, 1
        grown = self._grown.get(owed, ONE) if grows else ONE
        return price * grown * FINE, against * ONE

    def _grow(self, state: State) -> None:
        """Count the interest of the hours that passed since the last call."""
        since_ms, self._hour_ms = self._hour_ms, state.hour_ms
        if since_ms == 0:
            return
        for ccy, log in state.rates.items():
            grown = self._grown.get(ccy, ONE)
            highest = 0
            for began_ms, rate in reversed(log):
                highest = max(highest, rate)
                if began_ms <= since_ms:
                    break
            for _ in range(since_ms, state.hour_ms, HOUR_MS):
                grown += -(-grown * highest // (HOURS_PER_YEAR * ONE))
            self._grown[ccy] = grown

    # ---- arming

    def sort_users(self, user_ids: Iterable[int]) -> None:
        """Have these users judged now, and no others that no event has named."""
        self.unsorted.discard(USER)
        self._fired.update((key_of(USER, user_id), None) for user_id in user_ids)

    def sort_loans(self, state: State, near: Iterable[int], groups: Iterable[Group]) -> None:
        """Have the loans that are `near` judged now, and those of a group when one of its triggers is reached.

        All registrations of loans that there are no longer count. A group is judged within 60 days.
        """
        self.unsorted.discard(LOAN)
        self._groups.clear()
        self._known = {key: mark for key, mark in self._known.items() if key & 1 != LOAN}
        self._always = {key: None for key in self._always if key & 1 != LOAN}
        self._sweep(1)
        self._fired.update((key_of(LOAN, loan_id), None) for loan_id in near)
        self._band = None
        if self._hour_ms != state.hour_ms:
            self._grow(state)
        quoted: dict[str, int] = {}
        for place, group in enumerate(groups, 1):
            self._next += 1
            key, mark = -key_of(LOAN, place), self._next
            self._groups[key], self._known[key] = group.loan_ids, mark
            for debt_ccy in group.owed:
                for coin in group.pledged:
                    pair = (debt_ccy, coin, True)
                    over, under = self._ratio(state, pair, quoted)
                    self._lines(pair).push((over // under * group.times // PARTS, mark, key))
                fallen = -(-quoted[debt_ccy] * TINY // ONE)
                heappush(_heap(self._falling, debt_ccy), (-fallen, mark, key))
            heappush(self._timers, (_latest_ms(state, place), mark, key))

    def disarm(self, kind: Kind, number: int) -> None:
        """Forget an entry that owes nothing any more."""
        key = key_of(kind, number)
        self._known.pop(key, None)
        self._always.pop(key, None)
        for ccy in self._coins.pop(key, ()):
            del self._moving[ccy][key]
            if not self._moving[ccy]:
                del self._moving[ccy], self._indices[ccy]

    def arm_always(self, kind: Kind, number: int) -> None:
        """Have an entry judged every time."""
        self.disarm(kind, number)
        self._always[key_of(kind, number)] = None

    def arm_with(self, state: State, kind: Kind, number: int, coins: tuple[str, ...]) -> None:
        """Have an entry judged at every full hour, and when the index of one of `coins` (each named once) changes."""
        self.disarm(kind, number)
        key = key_of(kind, number)
        self._coins[key] = coins
        for ccy in coins:
            self._moving.setdefault(ccy, {})[key] = None
            self._indices.setdefault(ccy, prices.usd_index(state, ccy))

    def arm(
        self,
        state: State,
        kind: Kind,
        number: int,
        weights: Weights,
        again_ms: int = 0,
        *,
        headroom: int = 0,
        quotes: Quotes | None = None,
    ) -> bool:
        """Have an entry judged when its debt may have reached its collateral, at `again_ms`, or within 60 days.

        `weights.owed` already allows for `HOURS_MOST` roundings of interest. With `headroom` (a rate) debts are raised
        by that much at once, pledges in the same coin are set off, and the entry is judged again when a debt has grown
        by it; without, the growth counts in the ratios. Returns False if the line is too near: then the entry is always
        judged. `quotes` are the present ones, where they are at hand.
        """
        owed, pledged = _set_off(weights, headroom) if headroom else weights
        quoted, value, against = _weighed(owed, pledged, (quotes or prices.quotes(state)).usd)
        if min(quoted.values(), default=1) <= 0 or value >= against or (owed and value < TINY * ONE):
            self.arm_always(kind, number)
            return False
        if self._hour_ms != state.hour_ms:
            self._grow(state)
        self._band = None
        key = key_of(kind, number)
        if key in self._always or key in self._coins:
            self.disarm(kind, number)
        self._next += 1
        mark = self._known[key] = self._next
        for debt_ccy in owed:
            # All prices may fall together: the ratios stay, but roundings matter for tiny values.
            fallen = -(-quoted[debt_ccy] * TINY * ONE // value)
            heappush(_heap(self._falling, debt_ccy), (-fallen, mark, key))
            for coin in pledged:
                place = (debt_ccy, coin, not headroom)
                over, under = self._ratio(state, place, quoted)
                line = over // under * against // value
                self._lines(place).push((line, mark, key))
        if headroom:
            for debt_ccy in weights.owed:
                line = self._grown.get(debt_ccy, ONE) * (ONE + headroom) // ONE
                heappush(_heap(self._growing, debt_ccy), (line, mark, key))
        latest_ms = _latest_ms(state, number)
        heappush(self._timers, (min(again_ms, latest_ms) if again_ms else latest_ms, mark, key))
        if mark % SWEPT_EVERY == 0:
            self._sweep(4)
        return True

    def _lines(self, place: Pair) -> Lines:
        """The lines of a pair, made if there are none yet."""
        found = self._pairs.get(place)
        if found is None:
            found = self._pairs[place] = Lines()
        return found

    def _sweep(self, times: int) -> None:
        """Drop registrations that no longer count wherever there are more than so many times those that are known."""
        known = self._known
        for lines in self._pairs.values():
            if len(lines) > times * len(known):
                lines.keep(lambda entry: known.get(entry[2]) == entry[1])
        for heap in (*self._growing.values(), *self._falling.values(), self._timers):
            if len(heap) > times * len(known):
                heap[:] = [entry for entry in heap if known.get(entry[2]) == entry[1]]
                heapify(heap)


def _weighed(owed: dict[str, int], pledged: dict[str, int], usd: Mapping[str, int]) -> tuple[dict[str, int], int, int]:
    """Prices of the coins, and the values of both sides at them; the pledged side less a hair for roundings."""
    quoted: dict[str, int] = {}
    value = against = 0
    for ccy, amount in owed.items():
        price = quoted[ccy] = usd[ccy]
        value += amount * price
    for ccy, amount in pledged.items():
        price = quoted[ccy] = usd[ccy]
        against += amount * price
    return quoted, value, against - against * HAIR // ONE


def _latest_ms(state: State, number: int) -> int:
    """Time at which an entry is judged again at the latest. Its number spreads the times: few come up at once."""
    return state.hour_ms + (HOURS_MOST - number % (HOURS_MOST // 2)) * HOUR_MS


def _heap(heaps: dict[str, list[Entry]], ccy: str) -> list[Entry]:
    """The heap of a currency, made if there is none yet."""
    found = heaps.get(ccy)
    if found is None:
        found = heaps[ccy] = []
    return found


def of(state: State) -> Triggers:
    """Triggers of a state, made if there are none yet."""
    found = state.__dict__.get("triggers")
    if found is None:
        found = state.__dict__["triggers"] = Triggers()
        transient.of(state).everybody = True
    return cast(Triggers, found)


def _set_off(weights: Weights, headroom: int) -> Weights:
    owed: dict[str, int] = {}
    pledged = {ccy: amount for ccy, amount in weights.pledged.items() if amount}
    for ccy, amount in weights.owed.items():
        left = mul_up(amount, ONE + headroom) - pledged.pop(ccy, 0)
        if left > 0:
            owed[ccy] = left
        elif left < 0:
            pledged[ccy] = -left
    return Weights(owed, pledged)


def with_roundings(debts: dict[str, int], unit: int) -> dict[str, int]:
    """Debts, with the most that rounding interest up to `unit` may add to them until they are judged again."""
    return {ccy: amount + HOURS_MOST * unit for ccy, amount in debts.items()}
