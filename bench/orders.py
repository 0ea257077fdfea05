"""Measures accounts that owe and have many open orders: `python bench/orders.py` (no server, no network).

    calm       coins are there, USDT is owed; buys under and sales over the market, on eight pairs
    rich       the same with a hundred million dollars of each coin, far beyond the discount tiers
    crossing   four coins are owed and were sold: fills would take what is owned of them through zero

For 20, 400 and 4,000 open orders (the documented limit), CPU milliseconds, medians over the rounds:

    order      an order cancelled, and another one placed
    price      a price of a coin that is traded
    other      a price of a coin the account has nothing to do with
    balance    the answer of `account/balance`
    max size   the answer of `account/max-size` for one pair
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environment

from tallystick.contract import account as account_contract
from tallystick.contract import account_limits as limits_contract
from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine.amounts import ONE
from tallystick.engine.core import Stamp
from tallystick.engine.kinds import Side
from tallystick.engine.state import State
from tallystick.venue.markets import DEFAULT
from tallystick.venue.parameters import load_parameters
from tallystick.venue.recording import Recording
from tallystick.venue.traded import OwnTrades
from tallystick.venue.walk import walk
from tallystick.views import account, account_limits
from tallystick.views.core import Caller

RESULTS = Path(__file__).parent / "results"
START_MS = 1_767_225_600_000
USER = 1
COUNTS = (20, 400, 4_000)
PRICES = {"BTC": 43_000, "ETH": 3_300, "SOL": 146, "DOT": 26, "LTC": 140, "OKB": 27, "ADA": 1, "AVAX": 86}
WORTH = 2_000_000
"""USD of each coin at the start."""
OWED = ("BTC", "ETH", "SOL", "LTC")
OTHER = "DOGE"
SIDES: tuple[Side, Side] = ("buy", "sell")


def do(state: State, command: c.Command) -> list[Any]:
    return core.handle(state, Stamp(state.seq + 1, state.at_ms), command)


def opened() -> State:
    state = core.new_state(load_parameters(), START_MS)
    for coin, price in (*PRICES.items(), (OTHER, 1)):
        do(state, c.SetPrices(prices=((f"{coin}-USDT", price * ONE),)))
    do(state, c.CreateUser(user_id=USER, name="u1"))
    do(state, c.SwitchSpotBorrow(user_id=USER, enabled=True))
    return state


def rich(count: int) -> State:
    return calm(count, 50 * WORTH)


def calm(count: int, worth: int = WORTH) -> State:
    """Every order is covered by coins that are there; none borrows."""
    state = opened()
    for coin, price in PRICES.items():
        do(
            state,
            c.AdjustBalance(user_id=USER, account="trading", ccy=coin, delta=worth * ONE // price // 10**12 * 10**12),
        )
    do(state, c.ManualBorrow(user_id=USER, ccy="USDT", amount=400_000 * ONE))
    for number in range(count):
        coin = list(PRICES)[number % 8]
        place(state, number, coin, SIDES[number // 8 % 2], worth=100, away=5 + number // 16)
    return state


def crossing(count: int) -> State:
    """Orders within 2 % of the market, under and over it by turns; half the buys of an owed coin end its shortage."""
    state = opened()
    short = count * 100 // 32
    do(state, c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=WORTH * ONE))
    for coin in OWED:
        do(state, c.ManualBorrow(user_id=USER, ccy=coin, amount=200_000 * ONE // PRICES[coin] // 10**12 * 10**12))
        do(
            state,
            c.AdjustBalance(
                user_id=USER, account="trading", ccy=coin, delta=-short * ONE // PRICES[coin] // 10**12 * 10**12
            ),
        )
    for coin in (coin for coin in PRICES if coin not in OWED):
        do(
            state,
            c.AdjustBalance(
                user_id=USER, account="trading", ccy=coin, delta=50_000 * ONE // PRICES[coin] // 10**12 * 10**12
            ),
        )
    for number in range(count):
        coin = list(PRICES)[number % 8]
        place(state, number, coin, SIDES[number // 8 % 2], worth=100, away=5 + number % 200)
    return state


def place(state: State, number: int, coin: str, side: Side, *, worth: int, away: int) -> list[Any]:
    """A post-only order `away` hundredths of a percent from the market."""
    instrument = state.parameters.instruments[f"{coin}-USDT"]
    price = PRICES[coin] * ONE * (10_000 + (away if side == "sell" else -away)) // 10_000
    price -= price % instrument.tick
    size = worth * ONE * ONE // price
    size = max(size - size % instrument.lot, instrument.min_size)
    command = c.PlaceOrder(
        user_id=USER,
        instrument=instrument.instrument,
        side=side,
        kind="post_only",
        size=size,
        price=price,
        client_order_id=f"c{number}",
    )
    return do(state, command)


def timed(act: Callable[[int], object], rounds: int) -> float:
    """Median milliseconds of CPU; `act` is told the round."""
    act(-1)
    took = []
    for number in range(rounds):
        began = time.process_time_ns()
        act(number)
        took.append(time.process_time_ns() - began)
    return round(statistics.median(took) / 1e6, 3)


def measure(state: State, rounds: int) -> dict[str, float]:
    caller = Caller(USER, state.at_ms, OwnTrades(Recording(START_MS, walk(DEFAULT))))
    open_ids = [order.order_id for order in state.orders.values() if order.instrument == "BTC-USDT"]
    base = {coin: state.markets[f"{coin}-USDT"].index for coin in (*PRICES, OTHER)}

    def order(number: int) -> None:
        do(state, c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=open_ids.pop(0)))
        events = place(state, 9_000 + number, "BTC", "buy", worth=100, away=300)
        open_ids.append(events[0].order_id)

    def price_of(coin: str) -> Callable[[int], object]:
        def move(number: int) -> object:
            """Two hundredths of a percent up and down: no order is met."""
            moved = base[coin] * (100_000 + (1, -1)[number % 2]) // 100_000
            return do(state, c.SetPrices(prices=((f"{coin}-USDT", moved),)))

        return move

    asked = limits_contract.MaxSize(instId=("BTC-USDT",), tdMode="cash")
    return {
        "order": timed(order, rounds),
        "price": timed(price_of("BTC"), rounds),
        "other": timed(price_of(OTHER), rounds),
        "balance": timed(lambda _: account.balance(state, account_contract.Balance(), caller), rounds),
        "max size": timed(lambda _: account_limits.max_size(state, asked, caller), max(1, rounds // 3)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--most", type=int, default=COUNTS[-1], help="leave out more open orders than this")
    parser.add_argument("--save", action="store_true", help="write bench/results/orders-DATE.json")
    options = parser.parse_args()
    found: dict[str, Any] = {"environment": environment.describe(Path(tempfile.gettempdir()))} if options.save else {}
    for name, make in (("calm", calm), ("rich", rich), ("crossing", crossing)):
        for count in (count for count in COUNTS if count <= options.most):
            began = time.process_time()
            state = make(count)
            made = time.process_time() - began
            if len(state.orders) != count:
                raise SystemExit(f"{len(state.orders)} orders are open, not {count}")
            gc.collect()
            row = measure(state, options.rounds)
            found[f"{name}, {count:,} orders"] = {"seconds to make it": round(made, 2)} | row
            print(f"{name} {count:>5} {json.dumps(row)} made in {made:.2f} s", file=sys.stderr, flush=True)
    text = json.dumps(found, indent=1)
    print(text)
    if options.save:
        (RESULTS / f"orders-{time.strftime('%Y-%m-%d')}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
