"""Tables of what happened in a playing: a row for each loan, each liquidation and each hour.

They are made from the journal alone, by folding it again. Amounts are decimal text, times ISO 8601 in UTC. Coins of
one cell stand as "0.5 BTC + 2 ETH".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, TypeAlias

from msgspec import Struct

from tallystick.engine import core, ledger, loan_risk
from tallystick.engine import events as e
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.prices import usd_value
from tallystick.engine.state import Loan, State
from tallystick.store.api import Reader
from tallystick.testing.assertions import FORCED
from tallystick.venue import recovery
from tallystick.venue.entries import events_of

Row: TypeAlias = dict[str, str]

LOANS: Final = (
    "loan", "user", "opened", "borrowed", "collateral", "margin_calls", "first_margin_call", "liquidations",
    "first_liquidation", "sold", "repaid", "ends", "ended", "owed_at_end", "collateral_at_end", "ltv_at_end",
)  # fmt: skip
LIQUIDATIONS: Final = ("at", "entry", "kind", "user", "loan", "sold", "repaid", "fee", "insurance", "bad_debt")
HOURS: Final = (
    "at", "loans", "accounts", "owed_usd", "highest_ltv", "margin_calls", "liquidations", "bad_debt",
)  # fmt: skip
"""Columns; hours also have the index of every pair that has one."""


class Tables(Struct, frozen=True):
    """Rows of the three tables, in the order things happened."""

    loans: list[Row]
    liquidations: list[Row]
    hours: list[Row]


def tables_of(store: Reader, names: Mapping[int, str]) -> Tables:
    """Fold the journal of a playing into tables. `names` are the people by number."""
    state = recovery.starting_state(store)
    found = _Folding(names)
    for entry in store.entries():
        stamp, events = core.Stamp(entry.seq, entry.at_ms), events_of(entry)
        core.fold(state, stamp, events)
        found.take(stamp, events, state)
    return found.tables(state)


class _Folding:
    """Rows as they come together."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self._loans: dict[int, Row] = {}
        self._coins: dict[tuple[int, str], dict[str, int]] = {}
        self._liquidations: list[Row] = []
        self._hours: list[Row] = []
        self._calls = 0
        self._counted = 0

    def take(self, stamp: core.Stamp, events: Sequence[Any], state: State) -> None:
        forced = [*self._forced_loans(stamp, events), *self._forced_accounts(stamp, events)]
        self._liquidations += [row for _, row in sorted(forced, key=itemgetter(0))]
        for event in events:
            self._take(stamp, event, state)

    def _take(self, stamp: core.Stamp, event: Any, state: State) -> None:
        match event:
            case e.LoanOpened():
                row = dict.fromkeys(LOANS, "")
                row |= {"loan": str(event.loan_id), "user": self._name(event.user_id), "opened": iso(stamp.at_ms)}
                self._loans[event.loan_id] = row | {"margin_calls": "0", "liquidations": "0", "ends": "open"}
            case e.LoanMoved():
                self._moved(event)
            case e.LoanWarned():
                self._calls += 1
                _count(self._loans[event.loan_id], "margin_calls", "first_margin_call", stamp.at_ms)
            case e.SpotWarned():
                self._calls += 1
            case e.LoanClosed():
                row = self._loans[event.loan_id]
                row["ends"] = "liquidated" if row["liquidations"] != "0" else "repaid"
                row["ended"] = iso(stamp.at_ms)
            case e.HourPassed():
                self._hours.append(self._hour(event.hour_ms, state))
            case _:
                pass

    def _moved(self, event: e.LoanMoved) -> None:
        column = {"borrowed": "borrowed", "collateral_locked": "collateral", "repaid": "repaid"}.get(event.kind, "")
        if event.kind in FORCED:
            # The coin that is owed is repaid, every other one is sold.
            owes = event.ccy in self._coins.get((event.loan_id, "borrowed"), {})
            column = "repaid" if owes else "sold"
        if column:
            coins = self._coins.setdefault((event.loan_id, column), {})
            coins[event.ccy] = coins.get(event.ccy, 0) + abs(event.amount)

    def _hour(self, hour_ms: int, state: State) -> Row:
        ltvs = [loan_risk.exact_ltv(state, loan) for loan in state.loans.values()]
        owing = [user_id for user_id in state.users if ledger.debts(state, user_id)]
        owed = sum(usd_value(state, ccy, debt) for user in owing for ccy, debt in ledger.debts(state, user).items())
        for loan in state.loans.values():
            owed += sum(usd_value(state, ccy, debt) for ccy, debt in ledger.loan_debts(state, loan).items())
        liquidations = len(self._liquidations) - self._counted
        row = {
            "at": iso(hour_ms),
            "loans": str(len(state.loans)),
            "accounts": str(len(owing)),
            "owed_usd": text_from_atoms(owed - owed % 10**16),
            "highest_ltv": four(max((ltv for ltv in ltvs if ltv is not None), default=0)),
            "margin_calls": str(self._calls),
            "liquidations": str(liquidations),
            "bad_debt": text_from_atoms(-ledger.balance(state, "bad_debt", state.parameters.transit_ccy)),
        }
        self._calls, self._counted = 0, len(self._liquidations)
        return row | {name: text_from_atoms(market.index) for name, market in state.markets.items() if market.index}

    # ---- liquidations

    def _forced_loans(self, stamp: core.Stamp, events: Sequence[Any]) -> Iterator[tuple[int, Row]]:
        """One row, and its place in the entry, for each loan that the entry sells collateral of."""
        forced: dict[int, list[e.LoanMoved]] = {}
        for event in events:
            if type(event) is e.LoanMoved and event.kind in FORCED:
                forced.setdefault(event.loan_id, []).append(event)
        for loan_id, moves in forced.items():
            _count(self._loans[loan_id], "liquidations", "first_liquidation", stamp.at_ms)
            owed = self._coins[loan_id, "borrowed"]
            settled = [one for one in events if type(one) is e.LoanSettled and one.loan_id == loan_id]
            yield (
                events.index(moves[0]),
                {
                    "at": iso(stamp.at_ms),
                    "entry": str(stamp.seq),
                    "kind": moves[0].kind,
                    "user": self._name(moves[0].user_id),
                    "loan": str(loan_id),
                    "sold": coins_text({one.ccy: abs(one.amount) for one in moves if one.ccy not in owed}),
                    "repaid": coins_text({one.ccy: abs(one.amount) for one in moves if one.ccy in owed}),
                    "fee": coins_text({one.ccy: one.fee for one in settled}),
                    "insurance": coins_text({one.ccy: one.insurance for one in settled}),
                    "bad_debt": coins_text({one.ccy: one.bad_debt for one in settled}),
                },
            )

    def _forced_accounts(self, stamp: core.Stamp, events: Sequence[Any]) -> Iterator[tuple[int, Row]]:
        """One row, and its place, for each trading account that the entry begins to liquidate, or repays by force."""
        forced: dict[int, list[Any]] = {}
        for event in events:
            if type(event) is e.LiquidationStarted or (type(event) is e.Repaid and event.kind == "forced_repay"):
                forced.setdefault(event.user_id, []).append(event)
        for user_id, begun in forced.items():
            own = [one for one in events if getattr(one, "user_id", 0) == user_id]
            sold = [one for one in own if type(one) is e.OrderFilled and one.side == "sell"]
            covered = [one for one in own if type(one) is e.DebtCovered]
            yield (
                events.index(begun[0]),
                {
                    "at": iso(stamp.at_ms),
                    "entry": str(stamp.seq),
                    "kind": "account",
                    "user": self._name(user_id),
                    "loan": "",
                    "sold": summed([(one.instrument.split("-")[0], one.size) for one in sold]),
                    "repaid": summed([(one.ccy, one.amount) for one in own if type(one) is e.Repaid]),
                    "fee": summed([(one.ccy, one.amount) for one in own if type(one) is e.LiquidationFeeTaken]),
                    "insurance": summed([(one.transit_ccy, -one.insurance) for one in covered]),
                    "bad_debt": summed([(one.transit_ccy, one.bad_debt) for one in covered]),
                },
            )

    # ---- the end

    def tables(self, state: State) -> Tables:
        for loan_id, row in self._loans.items():
            for column in ("borrowed", "collateral", "sold", "repaid"):
                row[column] = coins_text(self._coins.get((loan_id, column), {}))
            loan = state.loans.get(loan_id)
            if loan is not None:
                row |= _at_end(state, loan)
        return Tables(list(self._loans.values()), self._liquidations, self._hours)

    def _name(self, user_id: int) -> str:
        return self._names.get(user_id, str(user_id))


def _at_end(state: State, loan: Loan) -> Row:
    ltv = loan_risk.exact_ltv(state, loan)
    return {
        "owed_at_end": coins_text(ledger.loan_debts(state, loan)),
        "collateral_at_end": coins_text(loan.collateral),
        "ltv_at_end": "" if ltv is None else four(ltv),
    }


def _count(row: Row, column: str, first: str, at_ms: int) -> None:
    row[column] = str(int(row[column]) + 1)
    row[first] = row[first] or iso(at_ms)


def summed(amounts: Sequence[tuple[str, int]]) -> str:
    """Coins with the sum of their amounts."""
    coins: dict[str, int] = {}
    for ccy, amount in amounts:
        coins[ccy] = coins.get(ccy, 0) + amount
    return coins_text(coins)


def coins_text(coins: Mapping[str, int]) -> str:
    """Amounts other than 0, such as "0.5 BTC + 2 ETH"; "" for none."""
    return " + ".join(f"{signed(amount)} {ccy}" for ccy, amount in coins.items() if amount)


def signed(amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{text_from_atoms(abs(amount))}"


def four(rate: int) -> str:
    return text_from_atoms(rate - rate % 10**14)


def iso(at_ms: int) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
