"""A run of the bare engine under every check: commands in, each step judged, histories kept."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from typing import Any

import msgspec

from tallystick.engine import checks, core, margin, open_orders, transient
from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine.charging import charge_all
from tallystick.engine.fault_events import CommandRefused
from tallystick.engine.interest import Charge
from tallystick.engine.ledger import InvariantViolation
from tallystick.engine.open_orders import OpenOrders
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Rejected
from tallystick.engine.state import State
from tallystick.store.api import HistoryRow
from tallystick.views.rows import rows_of
from tests.engine import one_by_one
from tests.engine.standings import lines, standings
from tests.properties import figures
from tests.properties.bills import BillBook
from tests.properties.invariants import Effect, Step, check_step
from tests.properties.oracle import COIN, HOUR_MS, Broken, need
from tests.properties.postconditions import check_post
from tests.properties.shadow import Shadow

__all__ = ["Run", "figures"]

REFUSALS = {
    "ManualBorrow": "B6",
    "ManualRepay": "B12",
    "RepayDebt": "O10",
    "BorrowLoan": "F12",
    "RepayLoan": "B12",
    "AdjustCollateral": "F12",
    "TransferBetween": "U2",
    "SetTransferOut": "U2",
    "TradeQuote": "C1",
    "AskQuote": "C1",
    "SetAutoRepay": "B9",
    "SetPrices": "F13",
    "EasyConvert": "C1",
    "AmendOrder": "O5",
    "SetCancelTimer": "O4",
    "PlaceOrder": "O4",
    "RUN_IN_PROGRESS": "O8",
    "QUOTE_TRADED": "C2",
    "DUPLICATE_CLIENT_ID": "C2",
}
"""Which invariant a refusal breaks that should not be, or that is missing: by the reason, else by the command."""


class Run:
    def __init__(self, parameters: Parameters, at_ms: int) -> None:
        self.parameters, self.started_at_ms = parameters, at_ms
        self.state: State = core.new_state(parameters, at_ms)
        self.shadow = Shadow(parameters, at_ms)
        self.began_with = parameters
        self.at_ms = at_ms
        self.bytes = core.encode_state(self.state)
        self.entries: list[tuple[core.Stamp, c.Command, list[Any]]] = []
        self.rows: dict[tuple[str, int, int, int], HistoryRow] = {}
        self.charges: list[Charge] = []
        self.since_row: dict[tuple[int, str], int] = {}
        """Spot debt by the newest history row plus the interest since."""
        self.bills = BillBook()
        self.reached: Counter[str] = Counter()
        self.traded_at: dict[str, int] = {}
        self.written: list[bytes] = []
        """Each entry as it was when it was written."""

    def submit(self, command: c.Command) -> list[Any] | None:
        """Run one command now under every check. None when it was refused."""
        stamp = core.Stamp(self.state.seq + 1, self.at_ms)
        expected = self.shadow.predict(command, self.at_ms)
        sound = {user: self.shadow.sound(user) for user in self.shadow.accounts}
        before_seq, before_at_ms = self.state.seq, self.state.at_ms
        try:
            events = core.handle(self.state, stamp, command)
        except Rejected as refused:
            name = refused.reject.name
            need(core.encode_state(self.state) == self.bytes, "L11", f"{command} was refused and left a trace")
            self._judge_outcome(command, expected, name)
            self.reached[f"refused {name}"] += 1
            if name == "ABOVE_BORROW_LIMIT" and isinstance(command, c.ManualBorrow):
                alone = self.shadow.debt(command.user_id, command.ccy) + command.amount
                shared = alone <= self.shadow.quota(command.user_id, command.ccy)
                self.reached["refused above a quota shared with others"] += shared
            dry = self.shadow.venue["insurance"].get("USDT", 0) == 0
            self.reached["refused for an empty fund"] += dry and "POOL_EXHAUSTED" in name
            self._see_refusal(command, name)
            return None
        except InvariantViolation as violation:
            raise Broken(violation.invariant, f"{command}: {violation}") from violation
        refused_by_fault = bool(events) and isinstance(events[-1], CommandRefused)
        kept = isinstance(command, c.AdjustCollateral) and not any(isinstance(one, e.LoanMoved) for one in events)
        if not refused_by_fault:
            self._judge_outcome(command, expected, "")
        self._judge_own_check()
        if not events:
            need(core.encode_state(self.state) == self.bytes, "L11", f"{command} without events left a trace")
            return events
        self.entries.append((stamp, command, events))
        self.written.append(msgspec.json.encode((command, events)))
        if isinstance(command, c.TradeQuote):
            self.traded_at[command.quote_id] = self.at_ms
        replayed, effects = apply_one_by_one(self.bytes, stamp, events)
        charge_all(self.state)
        charges = transient.of(self.state).charges
        self.charges += charges
        try:
            rows = rows_of(stamp, events, self.state)
        except InvariantViolation as violation:
            raise Broken(violation.invariant, str(violation)) from violation
        told = [*charges, *events]
        self.shadow.follow(command, told, self.at_ms)
        step = Step(
            stamp,
            c.Tick() if refused_by_fault or kept else command,
            told,
            effects,
            before_seq,
            before_at_ms,
            sound,
            self.state,
            replayed,
            self.shadow,
            rows,
        )
        check_step(step)
        self.reached.update(f"after {name}" for name in check_post(step))
        self.bills.follow(step)
        self.shadow.compare(self.state)
        self.shadow.compare_faults(self.state)
        self._keep(told, rows)
        self.bytes = core.encode_state(self.state)
        return events

    def _judge_outcome(self, command: c.Command, expected: str | None, found: str) -> None:
        if expected is None or expected == found:
            return
        names = (expected, found, type(command).__name__)
        identifier = next((REFUSALS[name] for name in names if name in REFUSALS), "L11")
        raise Broken(identifier, f"{command}: {found or 'accepted'}, expected {expected or 'acceptance'}")

    def _see_refusal(self, command: c.Command, name: str) -> None:
        """States that show in a refusal."""
        shadow, see = self.shadow, self.shadow.see
        see("second one-click refused while one was running", name == "RUN_IN_PROGRESS")
        asked = getattr(command, "ccy", "")
        unpriced = asked in shadow.p.currencies and not shadow.priced(asked)
        see("price missing", unpriced and isinstance(command, c.ManualBorrow) and name == "MARGIN_INSUFFICIENT")
        empty = asked and shadow.pool[asked] <= shadow.called.get(asked, 0) if asked in shadow.pool else False
        see("pool empty when a borrow was asked", name == "POOL_EXHAUSTED" and empty)
        if isinstance(command, c.PlaceOrder) and name.startswith("TOO_MANY_ORDERS"):
            need(shadow.crowded(command.user_id, command.instrument) == name, "O4", f"{command}: {name}")
        if isinstance(command, c.TradeQuote):
            given = shadow.quotes.get(command.quote_id)
            late = given is not None and self.at_ms == given.expires_at_ms + 1
            see("quote expired by 1 ms", name == "QUOTE_EXPIRED" and late)
            at_once = self.traded_at.get(command.quote_id) == self.at_ms
            see("quote consumed by one of two concurrent trades", name == "QUOTE_TRADED" and at_once)

    def _judge_own_check(self) -> None:
        try:
            checks.check_state(self.state)
        except InvariantViolation as violation:
            raise Broken(violation.invariant, str(violation)) from violation
        kept, fresh = open_orders.of(self.state), OpenOrders(self.state.orders.values())
        for user in self.state.users:
            need(list(kept.of_user(user)) == list(fresh.of_user(user)), "O4", f"open orders of {user} are others")
            for name in self.state.parameters.instruments:
                need(kept.count(user, name) == fresh.count(user, name), "O4", f"{name}: {user} has another number")
            plain = one_by_one.adjusted_equity(self.state, user)
            need(margin.adjusted_equity(self.state, user) == plain, "F2", f"adjEq of {user} is not {plain}")
        for order in self.state.orders.values():
            if order.client_order_id:
                found = kept.with_client_id(order.user_id, order.client_order_id)
                need(found is order, "O4", f"the client id of order {order.order_id} leads to {found}")

    def pass_to(self, at_ms: int) -> None:
        """Let time pass, doing what is due at its own time."""
        while (due := core.due_at_ms(self.state)) <= at_ms:
            self.at_ms = max(self.at_ms, due)
            need(bool(self.submit(c.Tick())), "I1", f"a tick at {due} did nothing")
        self.at_ms = at_ms
        self._judge_hours()

    def jump_to(self, at_ms: int) -> None:
        """The clock jumps: what was due on the way is done late, all at the same moment, in order."""
        hours = (at_ms - self.state.hour_ms) // HOUR_MS
        self.at_ms = at_ms
        while (due := core.due_at_ms(self.state)) <= at_ms:
            need(bool(self.submit(c.Tick())), "I1", f"a tick for {due} did nothing at {at_ms}")
        need(self.submit(c.Tick()) == [], "I1", "a tick with nothing due did something")
        self._judge_hours()
        self.shadow.see("clock jumped over 8 days", hours >= 8 * 24)

    def _judge_hours(self) -> None:
        """Every hour that passed is charged."""
        passed = self.at_ms - self.at_ms % HOUR_MS
        need(self.state.hour_ms == passed, "I1", f"charged up to {self.state.hour_ms} at {self.at_ms}")

    def _keep(self, events: list[Any], rows: list[HistoryRow]) -> None:
        for event in events:
            if isinstance(event, Charge) and not event.loan_id:  # comes before every row of the same command
                self.since_row[event.user_id, event.ccy] += event.interest
        for row in rows:
            key = (row.table, row.user_id, row.key, row.id)
            old = self.rows.get(key)
            if old is not None:
                need(json.loads(old.body).get("status") == "running", "O1", f"{row} replaces {old}")
            self.rows[key] = row
            if row.table == "spot_borrow_repay":
                body = json.loads(row.body)
                self.since_row[row.user_id, body["ccy"]] = int(Fraction(body["accBorrowed"]) * COIN)
        if isinstance(self.entries[-1][1], c.PlaceOrder) and self.shadow.own_moved:
            self.reached["an order liquidates"] += any(isinstance(event, e.LiquidationStarted) for event in events)
        if any(isinstance(event, e.OrderAmended) for event in events):
            self.reached["an order amended is matched"] += any(isinstance(event, e.OrderFilled) for event in events)
            self.reached["an order amended borrows"] += any(isinstance(event, e.Borrowed) for event in events)
        self.reached["a leg asks for what is owed by then"] += self.shadow.smaller_legs
        self.reached["a partial liquidation sells several coins"] += self.shadow.sold_over > 1
        for event in events:
            self.reached[type(event).__name__] += 1
            self.reached["interest on a loan"] += isinstance(event, Charge) and event.loan_id > 0
            if isinstance(event, e.Borrowed):
                self.reached[event.kind] += 1
            if isinstance(event, Charge) and not event.loan_id:
                self.reached["debt of an ulp at the hour"] += event.debt_before < 200
                run = self.shadow.runs.get(event.user_id)
                self.reached["interest between two legs"] += bool(run and run.legs and run.debt_ccy == event.ccy)
            note(self.reached, event)

    # ---- at the end

    def finish(self) -> None:
        """The sums over whole histories, and that everybody can pay who has the coins."""
        self._nothing_was_rewritten()
        self._sums_of_spot_rows()
        self._sums_of_loan_rows()
        self._everybody_can_pay()
        self.reached.update(f"bill {kind}" for kind in self.bills.seen)

    def _nothing_was_rewritten(self) -> None:
        """L13: corrections are new entries."""
        for (stamp, command, events), written in zip(self.entries, self.written, strict=True):
            need(msgspec.json.encode((command, events)) == written, "L13", f"entry {stamp.seq} is another one now")

    def _sums_of_spot_rows(self) -> None:
        """B10: borrows - repayments + interest is what is owed, by events and by rows."""
        sums: dict[tuple[int, str], Fraction] = {}
        for row in self.rows.values():
            if row.table == "spot_borrow_repay":
                body = json.loads(row.body)
                sign = 1 if body["type"].endswith("borrow") else -1
                key = (row.user_id, body["ccy"])
                sums[key] = sums.get(key, Fraction(0)) + sign * Fraction(body["amt"]) * COIN
        for key in sums.keys() | self.shadow.interest.keys():
            user, ccy = key
            owed = -self.state.ledger.get(f"debt:{user}", {}).get(ccy, 0)
            total = sums.get(key, Fraction(0)) + self.shadow.interest.get(key, 0)
            need(total == owed, "B10", f"user {user} owes {owed} {ccy}, the rows sum to {total}")
            need(
                self.since_row[key] == owed,
                "B10",
                f"user {user} owes {owed} {ccy}, newest row says {self.since_row[key]}",
            )

    def _sums_of_loan_rows(self) -> None:
        """F9: rows and interest make up debts and collateral, per loan and coin."""
        moved: dict[tuple[str, str, str], Fraction] = {}
        for row in self.rows.values():
            if row.table == "loan_history":
                body = json.loads(row.body)
                side = self.shadow.sides[int(body["refId"])]
                amount = Fraction(body["amt"]) * COIN
                down = -abs(amount)
                changes = {"owed": amount, "retired": down, "locked": -amount, "sold": down, "": Fraction(0)}
                key = (row.b, "owed" if side in ("owed", "retired") else "locked", body["ccy"])
                moved[key] = moved.get(key, Fraction(0)) + changes[side]
        for charge in self.charges:
            if charge.loan_id:
                moved[str(charge.loan_id), "owed", charge.ccy] += charge.interest
        left = {
            (str(loan.loan_id), side, ccy): amount
            for loan in self.state.loans.values()
            for side, amounts in (("owed", loan.booked), ("locked", loan.collateral))
            for ccy, amount in amounts.items()
        }
        need({key: amount for key, amount in moved.items() if amount} == left, "F9", f"{moved}, open are {left}")

    def _everybody_can_pay(self) -> None:
        """B12, on a copy without prices: who has the coins at hand clears the debt."""
        copy = core.decode_state(self.bytes)
        copy.faults.clear()
        for market in copy.markets.values():
            market.index = market.last = 0
        for user, account in self.shadow.accounts.items():
            for ccy, debt in account.debt.items():
                if debt and self.shadow.available(user, ccy) >= debt:
                    asked = debt - debt % -100
                    try:
                        core.handle(
                            copy,
                            core.Stamp(copy.seq + 1, self.at_ms),
                            c.ManualRepay(user_id=user, ccy=ccy, amount=asked),
                        )
                    except Rejected as refused:
                        raise Broken("B12", f"user {user} may not pay {debt} {ccy}: {refused}") from refused
                    need(ccy not in copy.ledger[f"debt:{user}"], "B12", f"user {user} cannot clear {debt} {ccy}")
                    self.reached["could pay in full"] += 1


def apply_one_by_one(before: bytes, stamp: core.Stamp, events: list[Any]) -> tuple[State, list[Effect]]:
    """The state after, from the state before and the events alone, and what each of them did.

    The interest of an hour counts as done by the hour: everybody is brought up to date right after it.
    """
    state = core.decode_state(before)
    effects = []
    ledger, users = picture(state)
    standing = standings(state)
    for event in events:
        core.apply(state, stamp, event)
        if isinstance(event, e.HourPassed):
            charge_all(state)
        ledger_now, users_now = picture(state)
        standing_now = standings(state)
        changes = {
            key: ledger_now.get(key, 0) - ledger.get(key, 0)
            for key in ledger.keys() | ledger_now.keys()
            if ledger_now.get(key, 0) != ledger.get(key, 0)
        }
        changed = {user for user in users_now if users_now[user] != users.get(user)}
        effects.append(Effect(event, changes, changed, lines(standing, standing_now, event)))
        ledger, users, standing = ledger_now, users_now, standing_now
    core.advance(state, stamp)
    return state, effects


def picture(state: State) -> tuple[dict[tuple[str, str], int], dict[int, str]]:
    ledger = {(account, ccy): amount for account, amounts in state.ledger.items() for ccy, amount in amounts.items()}
    return ledger, {user_id: repr(user) for user_id, user in state.users.items()}


def note(reached: Counter[str], event: Any) -> None:
    """Remember the states a set of runs must have seen."""
    if isinstance(event, e.Repaid):
        reached[f"{event.kind} {'whole' if event.debt_after == 0 else 'part'}"] += 1
    elif isinstance(event, e.RepayEnded):
        sides = [leg.side for leg in event.record.legs]
        reached[f"run {event.record.status} with {min(len(sides), 3)} legs"] += 1
        if "canceled" in [leg.state for leg in event.record.legs]:
            reached["a leg was canceled"] += 1
        if event.record.status == "failed" and any(leg.fill_size for leg in event.record.legs):
            reached["run failed after a fill"] += 1
    elif isinstance(event, e.LoanRequestDone) and event.number:
        reached[f"a waiting loan request was {'dropped' if event.dropped else 'carried out'}"] += 1
    elif isinstance(event, e.QuoteTraded):
        reached[f"convert {event.state}"] += 1
    elif isinstance(event, e.OrderPlaced):
        reached[f"order {event.category}"] += 1
    elif isinstance(event, e.OrderClosed):
        reached[f"closed by {event.cause}"] += 1
        reached[f"{event.kind} {event.state}"] += 1
    elif isinstance(event, e.OrderFilled):
        who = "house" if event.other_order_id == 0 else "user"
        reached[f"{'maker' if event.maker else 'taker'} against {who}"] += 1
