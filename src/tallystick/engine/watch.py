"""Who must be judged again: of many loans and accounts only those that may have crossed a line.

Judging is exact and slow; this here is fast and errs to one side only. Every loan or account stands
somewhere below its next line. Write its danger as Q / P, where Q sums up what is owed and P what
stands for it, each a sum of amount x price with amounts that only interest changes. As long as no
owed coin has grown against any pledged coin by more than P / Q, counting the interest, Q stays below
P. So for each pair of an owed and a pledged coin

    X = price of the owed coin x its interest so far / price of the pledged coin

is watched: the entry is judged again when an X reaches X then x P / Q. One ordered heap per pair
makes a price cost a comparison per pair, however many loans there are. Whatever else could change an
outcome is judged again without asking: who an event named, who has no price or possible debts, who
is within a hair of the line, and everybody at least once a week.

Not part of the state: it starts empty, and so judges everybody once.
Source: chosen (decisions/016).
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import NamedTuple, cast

from tallystick.engine import derived, prices
from tallystick.engine.amounts import ONE
from tallystick.engine.derived import LOAN, USER, Key
from tallystick.engine.interest import HOUR_MS, HOURS_PER_YEAR
from tallystick.engine.state import State

FINE = 10**12
"""X carries twelve digits more than a rate."""
HAIR = ONE // 10**9
"""Room left for roundings of values and weights."""
TINY = ONE // 10**6
"""Below a millionth of a dollar roundings to the atom count; such an entry is judged every time."""
HOURS_MOST = 168
"""Interest rounded up so many times is allowed for; then an entry is judged again."""
TIER_ROOM = ONE + ONE // 100
"""A debt that grew by more than 1 % may stand in another borrow tier."""


class Weights(NamedTuple):
    """What an entry's line is made of: atoms per currency that count as owed, and that stand for them."""

    owed: dict[str, int]
    pledged: dict[str, int]


class Watch:
    """`due` says who to judge; whoever was judged and lives on is `keep`t again, or `forget`ten."""

    def __init__(self) -> None:
        self._known: dict[Key, int] = {}
        """Number of the entry's newest registration; older ones in the heaps count no more."""
        self._fired: dict[Key, None] = {}
        self._always: dict[Key, None] = {}
        self._pairs: dict[tuple[str, str], list[tuple[int, int, Key]]] = {}
        self._growing: dict[str, list[tuple[int, int, Key]]] = {}
        self._timers: list[tuple[int, int, Key]] = []
        self._grown: dict[str, int] = {}
        """Interest so far per currency: what one coin owed at the beginning has become, rounded up."""
        self._hour_ms = 0
        self._next = 0

    # ---- asking

    def due(self, state: State, now_ms: int, kind: str) -> list[int]:
        """Numbers of the loans or users who may have crossed a line, in rising order; some have not."""
        self._hear(state)
        self._grow(state)
        for (owed, pledged), heap in self._pairs.items():
            if heap:
                self._fire(heap, self._reach(state, owed, pledged))
        for ccy, heap in self._growing.items():
            self._fire(heap, self._grown.get(ccy, ONE))
        self._fire(self._timers, now_ms)
        found = {number for name, number in (*self._fired, *self._always) if name == kind}
        self._fired = {key: None for key in self._fired if key[0] != kind}
        return sorted(found)

    def _hear(self, state: State) -> None:
        """Whom events have named since the last time; everybody where a number of the exchange changed."""
        heard = derived.of(state)
        self._fired.update(heard.named)
        heard.named.clear()
        if heard.everybody:
            heard.everybody = False
            self._fired.update(((USER, user_id), None) for user_id in state.users)
            self._fired.update(((LOAN, loan_id), None) for loan_id in state.loans)

    def _fire(self, heap: list[tuple[int, int, Key]], reached: int) -> None:
        while heap and heap[0][0] <= reached:
            _, number, key = heappop(heap)
            if self._known.get(key) == number:
                self._fired[key] = None

    def _reach(self, state: State, owed: str, pledged: str) -> int:
        """X now, rounded up. Without a price of what is pledged nobody may be overlooked."""
        against = prices.usd_index(state, pledged)
        if against <= 0:
            return 10**60
        return -(-prices.usd_index(state, owed) * self._grown.get(owed, ONE) * FINE // (against * ONE))

    def _grow(self, state: State) -> None:
        if self._hour_ms == state.hour_ms:
            return
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

    # ---- keeping

    def forget(self, kind: str, number: int) -> None:
        """Nothing is owed any more."""
        self._known.pop((kind, number), None)
        self._always.pop((kind, number), None)

    def keep_always(self, kind: str, number: int) -> None:
        """Judge it every time."""
        self.forget(kind, number)
        self._always[kind, number] = None

    def keep(
        self, state: State, kind: str, number: int, weights: Weights, again_ms: int = 0, *, tiers: bool = False
    ) -> None:
        """Judge it when what is owed may have come up to what is pledged, at `again_ms`, or within a week.

        `weights.owed` already allows for `HOURS_MOST` roundings of interest. `tiers`: also when a debt grew by 1 %.
        """
        value = sum(amount * prices.usd_index(state, ccy) for ccy, amount in weights.owed.items())
        against = sum(amount * prices.usd_index(state, ccy) for ccy, amount in weights.pledged.items())
        against -= against * HAIR // ONE
        priced = all(prices.usd_index(state, ccy) > 0 for ccy in (*weights.owed, *weights.pledged))
        if not priced or value >= against or value < TINY * ONE:
            self.keep_always(kind, number)
            return
        self._grow(state)
        key = (kind, number)
        self._always.pop(key, None)
        self._next += 1
        mark = self._known[key] = self._next
        for owed in weights.owed:
            grown = self._grown.get(owed, ONE)
            if tiers:
                heappush(self._growing.setdefault(owed, []), (grown * TIER_ROOM // ONE, mark, key))
            for pledged, amount in weights.pledged.items():
                if amount:
                    now = prices.usd_index(state, owed) * grown * FINE // (prices.usd_index(state, pledged) * ONE)
                    heap = self._pairs.setdefault((owed, pledged), [])
                    heappush(heap, (now * against // value, mark, key))
                    if len(heap) > 64 and len(heap) > 4 * len(self._known):
                        self._sweep(heap)
        week_ms = state.hour_ms + HOURS_MOST * HOUR_MS
        heappush(self._timers, (min(again_ms, week_ms) if again_ms else week_ms, mark, key))

    def _sweep(self, heap: list[tuple[int, int, Key]]) -> None:
        """Drop registrations that count no more."""
        heap[:] = [entry for entry in heap if self._known.get(entry[2]) == entry[1]]
        heapify(heap)


def of(state: State) -> Watch:
    """The watch over a state, made where there is none yet."""
    found = state.__dict__.get("watch")
    if found is None:
        found = state.__dict__["watch"] = Watch()
        derived.of(state).everybody = True
    return cast(Watch, found)


def with_roundings(debts: dict[str, int], unit: int) -> dict[str, int]:
    """Debts and what rounding interest up to `unit` may add to them until they are judged again."""
    return {ccy: amount + HOURS_MOST * unit for ccy, amount in debts.items()}
