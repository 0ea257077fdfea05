"""Measures the credit engine at size: `python bench/credit.py` (no server, no network).

    week     `advance` by 7 days with 1,000 loans and 1,000 spot debts in a falling market, journal in SQLite, full sync
    hour     the tick of a full hour with 1,000,000 spot debts, rates and review included
    price    a price with 1,000,000 flexible loans, review included, for moves of several sizes

Each figure is the median of several rounds. What is left undone is measured too: asking for all of the million debts,
booking the interest of all of them, and the judging of those a price did bring to a line.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import environment

from tallystick.engine import charging, core, ledger, loan_judging, transient
from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine.amounts import ONE
from tallystick.engine.core import Stamp
from tallystick.engine.state import State
from tallystick.store.sqlite import SqliteStore
from tallystick.venue.clock import Clock
from tallystick.venue.parameters import load_parameters
from tallystick.venue.recording import Recording
from tallystick.venue.venue import Venue
from tallystick.venue.walk import walk

RESULTS = Path(__file__).parent / "results"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
START_MS = 1_767_225_600_000
CRASH = "walk:2:crash"
"""Market of the week: it falls from noon of its fifth day to noon of the ninth."""
REACH_S = {"week": 1.0, "hour": 0.5, "price": 0.010}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# ---- a week


def borrowers(prices: dict[str, int], loans: int, debts: int, dice: random.Random) -> list[c.Command]:
    """Loans at 30 to 60 % of three kinds of collateral, and spot debts of 0.5 to 1.8 times what is owned.

    `prices` are the whole USD of a coin of each kind.
    """
    commands: list[c.Command] = []
    for number in range(1, loans + debts + 1):
        coin = dice.choice(list(prices))
        worth = dice.randrange(2_000, 50_000)
        amount = worth * ONE // prices[coin] // 10**10 * 10**10
        commands.append(c.CreateUser(user_id=number, name=f"u{number}"))
        if number <= loans:
            owed = worth * dice.randrange(300, 600) // 1_000 * ONE
            commands.append(c.AdjustBalance(user_id=number, account="funding", ccy=coin, delta=amount))
            commands.append(
                c.BorrowLoan(
                    user_id=number,
                    loan_id=0,
                    ccy="USDT",
                    amount=owed,
                    collateral=((coin, amount),),
                    client_order_id=f"l{number}",
                )
            )
        else:
            commands.append(c.SwitchSpotBorrow(user_id=number, enabled=True))
            commands.append(c.AdjustBalance(user_id=number, account="trading", ccy=coin, delta=amount))
            commands.append(
                c.ManualBorrow(user_id=number, ccy="USDT", amount=worth * dice.randrange(500, 1_800) // 1_000 * ONE)
            )
    return commands


async def week(loans: int, debts: int) -> dict[str, Any]:
    """One advance of 7 days from the fourth day of the market, its fall in it."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "journal.sqlite")
        feed = Recording(START_MS - 3 * DAY_MS, walk(CRASH))
        prices = {ccy: feed.price_at(f"{ccy}-USDT", START_MS) // ONE for ccy in ("BTC", "ETH", "SOL")}
        venue = Venue(store, load_parameters(), feed, Clock("frozen", at_ms=START_MS))
        await venue.start()
        for command in borrowers(prices, loans, debts, random.Random(7)):
            await venue.submit(command)
        seq, open_before = venue.state.seq, len(venue.state.loans)
        gc.collect()
        gc.freeze()
        began = time.perf_counter()
        await venue.advance(by_ms=7 * DAY_MS)
        took = time.perf_counter() - began
        found: dict[str, Any] = {
            "seconds": took,
            "entries": venue.state.seq - seq,
            "loans left": len(venue.state.loans),
            "loans before": open_before,
        }
        found.update(charge_everybody(venue.state))
        await venue.stop()
        store.close()
    return found


def charge_everybody(state: State) -> dict[str, Any]:
    """Ask what all debts are, then book the interest: what is left undone until an event names an account."""
    began = time.perf_counter()
    ledger.owed(state, "USDT")
    asked = time.perf_counter()
    transient.of(state).begin()
    charging.charge_all(state)
    booked = time.perf_counter()
    return {
        "seconds to ask for all debts afterwards": asked - began,
        "seconds to charge everybody afterwards": booked - asked,
        "charges": len(transient.of(state).charges),
    }


# ---- a million


def fold(state: State, *events: Any) -> None:
    stamp = Stamp(state.seq + 1, state.at_ms)
    # As each entry of a venue does: otherwise the postings of all of them would be kept, and measured.
    transient.of(state).begin()
    for event in events:
        core.apply(state, stamp, event)


def market(state: State) -> None:
    at_ms = state.at_ms
    for coin, price in (("BTC", 43_000), ("ETH", 3_300), ("SOL", 146)):
        core.handle(state, Stamp(state.seq + 1, at_ms), c.SetPrices(prices=((f"{coin}-USDT", price * ONE),)))


def million_debts(count: int) -> State:
    """Spot debts in USDT, each against BTC worth one to three times as much."""
    state = core.new_state(load_parameters(), START_MS)
    dice = random.Random(11)
    pool = 10**15 * ONE
    fold(state, e.PoolMoved(ccy="USDT", delta=pool, redemption=0))
    market(state)
    for user_id in range(1, count + 1):
        owed = dice.randrange(10**18, 20_000 * ONE)
        held = owed * dice.randrange(1_000, 3_000) // 1_000 // 43_000
        fold(
            state,
            e.UserCreated(user_id=user_id, name=f"u{user_id}"),
            e.SpotBorrowSwitched(user_id=user_id, enabled=True),
            e.BalanceAdjusted(user_id=user_id, account="trading", ccy="BTC", delta=held),
            e.Borrowed(user_id=user_id, ccy="USDT", amount=owed, kind="manual_borrow", debt_after=owed),
        )
    return state


def million_loans(count: int) -> State:
    """Loans in USDT at 30 to 86 % of BTC, ETH, SOL, or two of them."""
    state = core.new_state(load_parameters(), START_MS)
    dice = random.Random(13)
    fold(state, e.PoolMoved(ccy="USDT", delta=10**15 * ONE, redemption=0))
    market(state)
    prices = {"BTC": 43_000, "ETH": 3_300, "SOL": 146}
    for number in range(1, count + 1):
        coins = dice.sample(list(prices), 1 if dice.random() < 0.8 else 2)
        worth = dice.randrange(500, 20_000)
        rows: list[Any] = [
            e.UserCreated(user_id=number, name=f"u{number}"),
            e.LoanOpened(user_id=number, loan_id=number),
        ]
        for coin in coins:
            amount = worth * ONE // len(coins) // prices[coin]
            rows.append(e.BalanceAdjusted(user_id=number, account="funding", ccy=coin, delta=amount))
            rows.append(
                e.LoanMoved(
                    user_id=number,
                    loan_id=number,
                    ref_id=number * 4,
                    kind="collateral_locked",
                    ccy=coin,
                    amount=-amount,
                )
            )
        owed = worth * dice.randrange(3_000, 8_600) // 10_000 * ONE
        rows.append(
            e.LoanMoved(user_id=number, loan_id=number, ref_id=number * 4 + 1, kind="borrowed", ccy="USDT", amount=owed)
        )
        fold(state, *rows)
    return state


def first_look(state: State) -> float:
    """The first price after a start, which knows of no triggers, looks at everybody."""
    state.__dict__.pop("triggers", None)
    began = time.perf_counter()
    core.handle(state, Stamp(state.seq + 1, state.at_ms), c.SetPrices(prices=(("LTC-USDT", 100 * ONE),)))
    return time.perf_counter() - began


def hour(count: int, rounds: int) -> dict[str, Any]:
    say(f"making {count:,} debts")
    state = million_debts(count)
    first = first_look(state)
    gc.collect()
    gc.freeze()
    seconds, rates = [], []
    for _ in range(rounds):
        at_ms = state.hour_ms + HOUR_MS
        rates.append(state.rates["USDT"][-1][1])
        began = time.perf_counter()
        core.handle(state, Stamp(state.seq + 1, at_ms), c.Tick())
        seconds.append(time.perf_counter() - began)
    # As they were before the first of these hours: no event has named anybody since, unless a line was crossed.
    before = {user_id: -state.ledger[f"debt:{user_id}"]["USDT"] for user_id in range(1, count + 1, count // 1_000)}
    charged = charge_everybody(state)
    for user_id, debt in before.items():
        for rate in rates:
            debt += ceil(Fraction(debt * rate, 8760 * ONE * 100)) * 100
        if debt != ledger.debt(state, user_id, "USDT"):
            raise SystemExit(f"user {user_id} owes another amount than worked out hour by hour")
    return {
        "seconds": statistics.median(seconds),
        "worst": max(seconds),
        "rounds": rounds,
        "debts": count,
        "seconds to judge everybody once": first,
        **charged,
        "compared with exact fractions": len(before),
    }


def price(count: int, rounds: int) -> dict[str, Any]:
    say(f"making {count:,} loans")
    state = million_loans(count)
    first = first_look(state)
    gc.collect()
    gc.freeze()
    judged = [0]
    standing = loan_judging.standing

    def counting(*arguments: Any, **named: Any) -> loan_judging.Judged:
        judged[0] += 1
        return standing(*arguments, **named)

    loan_judging.standing = counting
    found: dict[str, Any] = {"loans": count, "seconds to judge everybody once": first}
    for name, change in (("up 0.1 %", 1_001), ("down 0.01 %", 9_999), ("down 0.1 %", 999), ("down 1 %", 990)):
        scale = 10_000 if change > 2_000 else 1_000
        seconds, looked, events = [], [], 0
        for number in range(rounds):
            coin = ("BTC", "ETH", "SOL")[number % 3]
            index = state.markets[f"{coin}-USDT"].index
            judged[0] = 0
            began = time.perf_counter()
            events += len(
                core.handle(
                    state,
                    Stamp(state.seq + 1, state.at_ms),
                    c.SetPrices(prices=((f"{coin}-USDT", index * change // scale),)),
                )
            )
            seconds.append(time.perf_counter() - began)
            looked.append(judged[0])
        found[name] = {
            "seconds": statistics.median(seconds),
            "worst": max(seconds),
            "judged exactly": statistics.median(looked),
            "events": events - rounds,
        }
    loan_judging.standing = standing
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="debts and loans (default 1,000,000)")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=("week", "hour", "price"))
    parser.add_argument("--save", action="store_true", help="write bench/results/credit-DATE.json")
    options = parser.parse_args()
    found: dict[str, Any] = {"environment": environment.describe(Path(tempfile.gettempdir()))} if options.save else {}
    if options.only in (None, "week"):
        runs = [asyncio.run(week(1_000, 1_000)) for _ in range(3)]
        found["week"] = sorted(runs, key=lambda run: run["seconds"])[1]
        say(f"week {json.dumps(found['week'])}")
    if options.only in (None, "hour"):
        found["hour"] = hour(options.count, options.rounds)
        say(f"hour {json.dumps(found['hour'])}")
    if options.only in (None, "price"):
        found["price"] = price(options.count, options.rounds)
        say(f"price {json.dumps(found['price'])}")
    found["memory at most, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found["to reach, seconds"] = REACH_S
    text = json.dumps(found, indent=1)
    print(text)
    if options.save:
        (RESULTS / f"credit-{time.strftime('%Y-%m-%d')}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
