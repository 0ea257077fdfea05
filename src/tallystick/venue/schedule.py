"""Schedule of what happens by itself: ticks of the engine and prices of the feed; at one instant ticks come first."""

from __future__ import annotations

from tallystick.engine import core
from tallystick.engine.amounts import unit_of
from tallystick.engine.commands import Command, MoveMarket, Tick
from tallystick.engine.state import State
from tallystick.venue.interfaces import Feed

NEVER_MS = 2**63
DAY_MS = 86_400_000


class Schedule:
    """Schedule of a venue. `next_ms` is the next time something is due, `tick_ms` that of a tick; NEVER_MS is none.

    `plan` is to be called after anything that may have changed the state.
    """

    def __init__(self, feed: Feed | None) -> None:
        self._feed = feed
        self._feed_ms = NEVER_MS
        self.tick_ms = NEVER_MS
        self.next_ms = NEVER_MS

    def plan(self, state: State) -> None:
        self.tick_ms = tick_ms = core.due_at_ms(state)
        self.next_ms = tick_ms if tick_ms < self._feed_ms else self._feed_ms

    def take(self, state: State) -> tuple[int, Command]:
        """Take what is due next: (time it was due, command). A price is not due again."""
        if self.tick_ms <= self._feed_ms:
            return self.tick_ms, Tick()
        if self._feed is None:
            raise RuntimeError("a price was due without a feed")
        at_ms = self._feed_ms
        self._feed_ms = self._feed.next_at_ms(at_ms)
        return at_ms, _changed(state, self._feed.command_at(at_ms))

    def begin(self, at_ms: int) -> MoveMarket | None:
        """Prices that a new venue begins with; the feed goes on from here."""
        if self._feed is None:
            return None
        self._feed_ms = self._feed.next_at_ms(at_ms)
        return self._feed.command_now(at_ms)

    def resume(self, state: State, now_ms: int) -> MoveMarket | None:
        """Go on after a time in which nobody read the feed; only its last day is caught up with.

        Returns the prices of the last entry's time if they are not in force: the venue stopped at a moving price before
        its entry was written.
        """
        if self._feed is None:
            return None
        last_ms = max(state.at_ms, now_ms - DAY_MS)
        self._feed_ms = self._feed.next_at_ms(last_ms)
        if last_ms > state.at_ms or self._feed.next_at_ms(last_ms - 1) != last_ms:
            # No price was due at the very time of the last entry, so none is missing.
            return None
        present = self._feed.command_now(last_ms)
        return None if _in_force(state, present) else present


def _changed(state: State, move: MoveMarket) -> MoveMarket:
    """Drop the ranges from a move if they are in force already: so for three of the four points of a candle."""
    for name, range_rate in zip(move.instruments, move.ranges, strict=False):
        market = state.markets.get(name)
        if market is None or (market.range_rate != range_rate and not market.held):
            return move
    return MoveMarket(instruments=move.instruments, prices=move.prices, decimals=move.decimals)


def _in_force(state: State, move: MoveMarket) -> bool:
    """Test whether all prices of `move` are in force, except for those set by hand."""
    unit = unit_of(move.decimals)
    found = [(state.markets.get(name), price * unit) for name, price in zip(move.instruments, move.prices, strict=True)]
    return all(market is not None and (market.held or market.recorded == price) for market, price in found)
