"""Measures the order book with all it does: `python bench/matching.py` (no server, no network).

    rest       a limit order that rests in the book
    cancel     an open order is cancelled
    match      an order that fills one resting order whole: two fills, fees, postings that sum to zero
    mixed      two that rest, one that matches and one that is cancelled, by turns

Operations a second of CPU, medians over the rounds. Each is a whole command of the engine: checks of balance, margin,
price band and limits, events, ledger postings, review of debts. The house quotes nothing; twenty users trade BTC with
each other, ten of them rest and ten take. Afterwards every invariant of the engine is checked.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import environment

from tallystick.engine import checks, core
from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.engine.core import Stamp
from tallystick.engine.kinds import Side
from tallystick.engine.state import State
from tallystick.venue.parameters import load_parameters

RESULTS = Path(__file__).parent / "results"
REACH = 150_000
"""Mixed operations a second to reach."""
START_MS = 1_767_225_600_000
BTC = "BTC-USDT"
MIDDLE = 43_000 * ONE
MAKERS, TAKERS = range(1, 11), range(11, 21)
LEVELS = 200
"""Price levels on each side of the middle."""


class Market:
    """A state with its users, and operations on it, drawn from a seed.

    `drawn` are the orders that will rest, made before a clock starts; `open_ids` are (order, user) of those that rest.
    """

    def __init__(self, seed: int) -> None:
        self.state: State = core.new_state(load_parameters(), START_MS)
        self.chance = random.Random(seed)
        self.drawn: list[c.PlaceOrder] = []
        self.open_ids: list[tuple[int, int]] = []
        self.tick = self.state.parameters.instruments[BTC].tick
        self.do(c.SetPrices(prices=((BTC, MIDDLE),)))
        self.do(c.SetBook(instrument=BTC, bids=(), asks=()))
        for user_id in (*MAKERS, *TAKERS):
            self.do(c.CreateUser(user_id=user_id, name=f"u{user_id}"))
            for ccy, amount in (("BTC", 1_000), ("USDT", 50_000_000)):
                self.do(c.AdjustBalance(user_id=user_id, account="trading", ccy=ccy, delta=amount * ONE))

    def do(self, command: c.Command) -> list[Any]:
        return core.handle(self.state, Stamp(self.state.seq + 1, self.state.at_ms), command)

    def draw(self, count: int) -> None:
        for _ in range(count):
            buying = self.chance.random() < 0.5
            away = self.chance.randrange(1, LEVELS) * self.tick
            size = self.chance.randrange(1, 100) * ONE // 10_000
            user_id, price = self.chance.choice(MAKERS), MIDDLE + (-away if buying else away)
            self.drawn.append(limit(user_id, "buy" if buying else "sell", price, size))

    def rest(self) -> None:
        order = self.drawn.pop()
        self.open_ids.append((self.do(order)[0].order_id, order.user_id))

    def cancel(self) -> None:
        """Cancel one of those that rest, which another one has the place of."""
        while True:
            place = self.chance.randrange(len(self.open_ids))
            self.open_ids[place], self.open_ids[-1] = self.open_ids[-1], self.open_ids[place]
            order_id, user_id = self.open_ids.pop()
            if order_id in self.state.orders:
                self.do(c.CancelOrder(user_id=user_id, instrument=BTC, order_id=order_id))
                return

    def match(self) -> None:
        """Fill the best order of the fuller side."""
        book = self.state.books[BTC]
        selling = len(book.bids) > len(book.asks)
        best = self.state.orders[(book.bids if selling else book.asks)[0][2]]
        user_id = TAKERS[self.state.seq % len(TAKERS)]
        self.do(limit(user_id, "sell" if selling else "buy", best.price, best.size - best.filled_size))

    def mixed(self) -> Iterator[str]:
        while True:
            yield from ("rest", "match", "rest", "cancel")


def limit(user_id: int, side: Side, price: int, size: int) -> c.PlaceOrder:
    return c.PlaceOrder(user_id=user_id, instrument=BTC, side=side, kind="limit", size=size, price=price)


def rates(market: Market, count: int) -> dict[str, float]:
    """Operations a second of CPU of each kind. The book is as full afterwards as before."""
    found = {}
    plans = {"rest": ["rest"] * count, "match": ["match"] * (count // 2), "cancel": ["cancel"] * (count // 2)}
    mixed = market.mixed()
    plans["mixed"] = [next(mixed) for _ in range(count)]
    for name, plan in plans.items():
        acts = [getattr(market, kind) for kind in plan]
        market.draw(plan.count("rest"))
        began = time.process_time()
        for act in acts:
            act()
        found[name] = len(acts) / (time.process_time() - began)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=4_000, help="operations of a kind in a round")
    parser.add_argument("--profile", action="store_true", help="also say where a round of mixed operations spends time")
    parser.add_argument("--save", action="store_true", help="also write bench/results/matching-DATE.json")
    asked = parser.parse_args()
    market = Market(seed=7)
    market.draw(500)
    for _ in range(500):
        market.rest()
    taken = [rates(market, asked.count) for _ in range(asked.rounds)]
    checks.check_state(market.state)
    medians = {name: round(statistics.median(one[name] for one in taken)) for name in taken[0]}
    for name, median in medians.items():
        print(f"{name:8}{median:>10,} a second of CPU")
    print(f"to reach {REACH:,} mixed: {'reached' if medians['mixed'] >= REACH else 'NOT reached'}")
    if asked.profile:
        with cProfile.Profile() as profile:
            rates(market, asked.count)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    if asked.save:
        kept = {"environment": environment.describe(Path(tempfile.gettempdir())), "per second": medians}
        path = RESULTS / f"matching-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
