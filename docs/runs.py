"""What the plots and tables of the guide show: runs of the engine and of packaged scenarios, as rows of text.

Numbers are decimal text as the engine gives them, so that a run can be compared with the picture made
of it (`digest`) without drawing anything.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from tallystick.engine import charging, core, flexible_loan, ledger, loan_risk, margin, rates, transient
from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE, atoms_from_text, cut, text_from_atoms, unit_of
from tallystick.engine.events import (
    LiquidationEnded,
    LiquidationStarted,
    LoanMoved,
    OrderFilled,
    RepayEnded,
    SpotWarned,
)
from tallystick.engine.kinds import Account
from tallystick.engine.state import State
from tallystick.testing import scenario
from tallystick.testing.runner import Played, Player
from tallystick.venue.entries import events_of
from tallystick.venue.parameters import load_parameters

AT_MS = 1_768_899_600_000
"""2026-01-20 09:00 UTC."""
HOUR_MS = 3_600_000
EVERY_MS = 900_000
"""Long runs are drawn at every quarter of an hour, and at every row of a loan."""
USER = 1
THRESHOLDS = ("ltv", "initial", "margin_call", "liquidation")


class Series(Struct, frozen=True):
    """Named columns of equal length; times are Unix milliseconds. `marks` are (time, word) of what happened."""

    columns: dict[str, list[str]]
    marks: list[tuple[int, str]]

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([self.columns, self.marks]).encode()).hexdigest()

    def numbers(self, name: str) -> list[float]:
        return [float(text) for text in self.columns[name]]


class Bench:
    """The bare engine with one user, who may borrow, and prices by hand."""

    def __init__(self, prices_: dict[str, str], trading: dict[str, str] | None = None, **funding: str) -> None:
        self.state = core.new_state(load_parameters(), AT_MS)
        self.at_ms = AT_MS
        self.seq = 0
        for instrument, price in prices_.items():
            self.do(c.SetPrices(prices=((instrument, atoms_from_text(price)),)))
        self.do(c.CreateUser(user_id=USER, name="alice"))
        self.do(c.SwitchSpotBorrow(user_id=USER, enabled=True))
        given: tuple[tuple[Account, dict[str, str]], ...] = (("trading", trading or {}), ("funding", funding))
        for account, balances in given:
            for ccy, amount in balances.items():
                self.do(c.AdjustBalance(user_id=USER, account=account, ccy=ccy, delta=atoms_from_text(amount)))

    def do(self, command: c.Command) -> list[Any]:
        stamp = core.Stamp(self.seq + 1, self.at_ms)
        events = core.handle(self.state, stamp, command)
        self.seq += bool(events)
        return events

    def price(self, instrument: str, price: str) -> list[Any]:
        return self.do(c.SetPrices(prices=((instrument, atoms_from_text(price)),)))

    def wait(self, ms: int, after: Callable[[], None] = lambda: None) -> list[Any]:
        """Let time pass; `after` is called after each thing that was due on the way."""
        until_ms = self.at_ms + ms
        events = []
        while (due := core.due_at_ms(self.state)) <= until_ms:
            self.at_ms = max(due, self.at_ms)
            events += self.do(c.Tick())
            after()
        self.at_ms = until_ms
        return events

    def lend(self, ccy: str, amount: str, **collateral: str) -> list[Any]:
        """A flexible loan."""
        pledged = tuple((coin, atoms_from_text(text)) for coin, text in collateral.items())
        return self.do(
            c.BorrowLoan(
                user_id=USER,
                loan_id=0,
                ccy=ccy,
                amount=atoms_from_text(amount),
                collateral=pledged,
                client_order_id="one",
            )
        )

    @property
    def loan_id(self) -> int:
        return next(iter(self.state.loans))


def rows(events: list[Any]) -> list[tuple[str, str, str]]:
    """(type, currency, amount) of the rows of a loan's history."""
    return [(event.kind, event.ccy, text_from_atoms(event.amount)) for event in events if type(event) is LoanMoved]


# ---- loans in a falling market


@functools.cache
def crash() -> Series:
    """LTV and thresholds of the first borrower of the packaged crash who is liquidated in part."""

    def pick(events: list[Any]) -> int:
        return next(e.loan_id for e in events if type(e) is LoanMoved and e.kind == flexible_loan.PARTIAL_LIQUIDATION)

    return _follow("crash", {"": pick})


@functools.cache
def peg() -> Series:
    """The price of USDC, and LTV and thresholds of both borrowers."""

    def of(place: int) -> Callable[[list[Any]], int]:
        return lambda events: list(dict.fromkeys(e.loan_id for e in events if type(e) is LoanMoved))[place]

    return _follow("stablecoin-loses-its-peg", {"bold ": of(0), "careful ": of(1)})


def _follow(name: str, who: dict[str, Callable[[list[Any]], int]]) -> Series:
    """Play a scenario, then apply its events again and look at the loans from time to time, and at each row.

    `price` is that of the collateral, which all of them share. A liquidation is looked at before and after.
    """
    entries, state = _played(name)
    everything = [event for _, _, events in entries for event in events]
    loans = {label: pick(everything) for label, pick in who.items()}
    moves = [event for event in everything if type(event) is LoanMoved and event.loan_id in loans.values()]
    coin = next(event.ccy for event in moves if event.kind == flexible_loan.COLLATERAL_LOCKED)
    columns: dict[str, list[str]] = {"at_ms": [], "price": []}
    for label in who:
        columns |= {f"{label}{what}": [] for what in THRESHOLDS}

    def look(at_ms: int) -> None:
        columns["at_ms"].append(str(at_ms))
        columns["price"].append(text_from_atoms(state.markets[f"{coin}-USDT"].index))
        for label, loan_id in loans.items():
            for what, value in _standing(state, loan_id).items():
                columns[f"{label}{what}"].append(value)

    marks: list[tuple[int, str]] = []
    next_ms = 0
    for seq, at_ms, events in entries:
        stamp = core.Stamp(seq, at_ms)
        moved = [event for event in events if event in moves]
        for event in events:
            if moved and event == moved[0]:
                look(at_ms)
            core.apply(state, stamp, event)
        core.fold(state, stamp, [])
        marks += [(at_ms, f"{event.kind} {text_from_atoms(event.amount)} {event.ccy}") for event in moved]
        if moved or at_ms >= next_ms:
            look(at_ms)
            next_ms = at_ms - at_ms % EVERY_MS + EVERY_MS
    return Series(columns, marks)


@functools.cache
def played(name: str) -> list[tuple[Player, Played]]:
    """A packaged scenario, or each of its variants, played to its end. Raises ValueError: not as told."""

    async def story(player: Player) -> Played:
        await player.start()
        try:
            return await player.play()
        finally:
            await player.stop()

    found = [(player, asyncio.run(story(player))) for player in map(Player.alone, scenario.plays(scenario.load(name)))]
    for player, came in found:
        if came.faults:
            raise ValueError(f"{player.scenario.title}: {came.faults}")
    return found


def _played(name: str) -> tuple[list[tuple[int, int, list[Any]]], State]:
    """(seq, time, events) of every entry, and the state before them."""
    player, _ = played(name)[0]
    entries = [(entry.seq, entry.at_ms, events_of(entry)) for entry in player.store.entries()]
    return entries, core.new_state(load_parameters(), player.start_ms)


def _standing(state: State, loan_id: int) -> dict[str, str]:
    """LTV and thresholds; "nan" while there is no such loan, which leaves a gap in the line."""
    loan = state.loans.get(loan_id)
    ltv = loan_risk.exact_ltv(state, loan) if loan and loan.collateral and ledger.loan_debts(state, loan) else None
    if loan is None or ltv is None:
        return dict.fromkeys(THRESHOLDS, "nan")
    values = (cut(ltv, unit_of(6)), *flexible_loan.thresholds(state, loan))
    return dict(zip(THRESHOLDS, map(text_from_atoms, values), strict=True))


# ---- debt and interest


@functools.cache
def interest() -> Series:
    """10,000 USDT owed in Spot mode for 48 hours; after a day the rate is doubled by hand, from the next hour on."""
    bench = Bench({"BTC-USDT": "60000"}, trading={"BTC": "1"})
    bench.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=10_000 * ONE))
    columns: dict[str, list[str]] = {"hour": ["0"], "debt": ["10000"], "interest": ["0"]}
    for hour in range(1, 49):
        if hour == 25:
            rate = 2 * rates.in_force(bench.state, "USDT")
            bench.do(
                c.ChangeParameters(
                    settings=(c.Setting(table="currencies", row="USDT", field="rate_per_year", value=rate),)
                )
            )
        bench.wait(HOUR_MS)
        columns["hour"].append(str(hour))
        columns["debt"].append(text_from_atoms(ledger.debt(bench.state, USER, "USDT")))
        columns["interest"].append(text_from_atoms(transient.of(charging.charged(bench.state)).charges[-1].interest))
    return Series(columns, [(25, "rate doubled")])


# ---- one-click repay


@functools.cache
def legs() -> Series:
    """1,000 USDC repaid from 10 USDC, 2 SOL, 0.1 ETH and BTC: debt and USDT raised after every step."""
    bench = Bench(
        {"BTC-USDT": "60000", "ETH-USDT": "3000", "SOL-USDT": "150", "USDC-USDT": "1"},
        trading={"BTC": "1", "ETH": "0.1", "SOL": "2"},
    )
    bench.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=1_000 * ONE))
    bench.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDC", delta=-990 * ONE))
    columns: dict[str, list[str]] = {"ms": [], "debt": [], "usdt": []}

    def look() -> None:
        columns["ms"].append(str(bench.at_ms - AT_MS))
        columns["debt"].append(text_from_atoms(ledger.debt(bench.state, USER, "USDC")))
        columns["usdt"].append(text_from_atoms(ledger.balance(bench.state, f"trading:{USER}", "USDT")))

    look()
    bench.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("USDC", "SOL", "ETH", "BTC")))
    look()
    record = next(e for e in bench.wait(20_000, look) if type(e) is RepayEnded).record
    marks = [
        (
            leg.placed_at_ms - AT_MS,
            f"{leg.side} {text_from_atoms(leg.fill_size)} {leg.instrument.partition('-')[0]}\n"
            f"at {text_from_atoms(leg.fill_price)}",
        )
        for leg in record.legs
    ]
    return Series(columns, marks)


# ---- a trading account in trouble


@functools.cache
def spot_ladder() -> Series:
    """50,000 USDT owed on 1.999 BTC while its price falls from 60,000 by 100 at a time."""
    bench = Bench({"BTC-USDT": "60000"}, trading={"BTC": "1.999"})
    bench.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=50_000 * ONE))
    bench.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=-50_000 * ONE))
    columns: dict[str, list[str]] = {"price": [], "ratio": [], "debt": [], "btc": []}
    marks: list[tuple[int, str]] = []
    for price in range(60_000, 21_900, -100):
        events = bench.price("BTC-USDT", str(price))
        marks += [(price, LADDER[type(event)]) for event in events if type(event) in LADDER]
        ratio = margin.margin_ratio(bench.state, USER)
        columns["price"].append(str(price))
        columns["ratio"].append(text_from_atoms(cut(ratio or 0, unit_of(4))))
        columns["debt"].append(text_from_atoms(ledger.debt(bench.state, USER, "USDT")))
        columns["btc"].append(text_from_atoms(ledger.balance(bench.state, f"trading:{USER}", "BTC")))
    return Series(columns, marks)


LADDER: dict[type, str] = {SpotWarned: "warning", LiquidationStarted: "liquidation begins", LiquidationEnded: "ends"}

# ---- a cascade


@functools.cache
def cascade() -> Series:
    """Every forced sale of the packaged cascade: who sold, how much had been sold by then, at which price.

    `marks` are (thousandths of a bitcoin sold by then, who is liquidated); `due` is the price at which somebody is.
    """
    entries, state = _played("cascade")
    names = played("cascade")[0][0].names
    columns: dict[str, list[str]] = {"who": [], "sold": [], "price": [], "index": []}
    due: dict[str, int] = {}
    marks: list[tuple[int, str]] = []
    sold = 0
    for seq, at_ms, events in entries:
        if any(type(event) is LiquidationStarted for event in events):
            due = _due_prices(state, names)
        for event in events:
            core.apply(state, core.Stamp(seq, at_ms), event)
            who = names.get(getattr(event, "user_id", 0), "")
            if type(event) is OrderFilled:
                sold += event.size
                index = text_from_atoms(state.markets["BTC-USDT"].index)
                for name, value in zip(
                    columns, (who, text_from_atoms(sold), text_from_atoms(event.price), index), strict=True
                ):
                    columns[name].append(value)
            elif type(event) is LiquidationStarted or (type(event) is LoanMoved and sold):
                marks += [(sold * 1_000 // ONE, who)] if who not in [name for _, name in marks] else []
        core.fold(state, core.Stamp(seq, at_ms), [])
    columns |= {
        f"due {name}": [text_from_atoms(cut(price, unit_of(1)))] * len(columns["who"]) for name, price in due.items()
    }
    return Series(columns, marks)


def _due_prices(state: State, names: dict[int, str]) -> dict[str, int]:
    """The price of BTC at which each account and loan on nothing but one BTC is liquidated, before anybody was."""
    rate = state.parameters.currencies["BTC"].discount_tiers[0][1]
    found = {
        name: (ledger.debt(state, user_id, "USDT") + margin.needed_margin(state, user_id)) * ONE // rate
        for user_id, name in names.items()
        if ledger.debt(state, user_id, "USDT")
    }
    for loan in state.loans.values():
        owed = ledger.loan_debts(state, loan)["USDT"]
        found[names[loan.user_id]] = owed * ONE // flexible_loan.thresholds(state, loan)[2]
    return found


SERIES: dict[str, Callable[[], Series]] = {
    "crash": crash,
    "interest": interest,
    "repay-legs": legs,
    "peg": peg,
    "spot-ladder": spot_ladder,
    "cascade": cascade,
}
