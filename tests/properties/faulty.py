"""The part of the shadow that follows injected faults: which occasions meet them, and that they do what they say.

X1: the faults that an occasion meets, in their order, and the one that fires. X2: what a fault that fires brings about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from math import ceil
from typing import Any

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine import fault_events as f
from tallystick.engine.interest import Charge
from tallystick.engine.state import State
from tests.properties.changing import Changing
from tests.properties.oracle import COIN, need

REASONS = {
    "one-click-refused": ("REPAY_OFF", "RUN_IN_PROGRESS", "NO_DEBT"),
    "quote-refused": ("NO_SUCH_PAIR", "ABOVE_CONVERT_MAX"),
    "easy-convert-refused": ("CONVERT_UNAVAILABLE", "CCY_NOT_CONVERTIBLE"),
    "borrow-refused": ("POOL_EXHAUSTED", "ABOVE_BORROW_LIMIT", "MARGIN_INSUFFICIENT", "NOT_BORROWABLE"),
    "manual-repay-refused": ("NOTHING_AVAILABLE", "NO_DEBT"),
    "loan-refused": ("ABOVE_LOAN_LIMIT", "LOAN_CCY_NOT_BORROWABLE"),
}
REFUSED_BY = {
    "RepayDebt": "one-click-refused",
    "AskQuote": "quote-refused",
    "EasyConvert": "easy-convert-refused",
    "ManualBorrow": "borrow-refused",
    "ManualRepay": "manual-repay-refused",
    "BorrowLoan": "loan-refused",
    "RepayLoan": "loan-refused",
}
INTEREST = "interest-late"
LATE = ("repay-leg-late", "quote-expires-early", "loan-settles-late", INTEREST)
"""Kinds with a time."""
LEGS = ("repay-stays-running", "repay-leg-late", "repay-leg-canceled", "repay-leg-partly-filled", "repay-ends-early")
STALLS = "auto-repay-stalls"
CANCELED, KEPT = "order-canceled", "collateral-not-adjusted"
HOUR_MS = 3_600_000
OTHERS = ("convert-rejected", "easy-convert-failed", STALLS, "loan-dropped", CANCELED, KEPT)
KINDS = dict.fromkeys((*REASONS, *LATE, *LEGS, *OTHERS))
"""All of them, in some order."""


@dataclass
class Kept:
    rule: c.FaultRule
    met: int = 0
    fired: int = 0


def wants(kept: Kept) -> bool:
    """Whether the next occasion is one on which it fires, as the rule is documented."""
    rule, number = kept.rule, kept.met + 1
    digest = blake2b(f"{rule.seed}:{rule.kind}:{number}".encode(), digest_size=8).digest()
    return number >= rule.nth and int.from_bytes(digest, "big") % 10**6 < rule.ppm


@dataclass
class Late:
    """Interest of an hour that was put off: what was owed and the rates, per coin."""

    hour_ms: int
    until_ms: int
    owed: dict[str, int]
    rates: dict[str, int]


class Faulty(Changing):
    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.faults: dict[int, Kept] = {}
        self.fired: dict[str, c.FaultRule] = {}
        """By kind, the fault that fired in the present entry."""
        self.put_off: dict[int, int] = {}
        self.late: dict[int, Late] = {}
        self.fired_ever: Counter[str] = Counter()
        self.held: dict[int, tuple[int, int]] = {}
        """User -> leg before which the run was held up last, and the fault that holds it still, or 0."""

    # ---- which occasions meet which faults

    def alive(self, kind: str, user: int, leg: int, what: str = "") -> list[Kept]:
        """Faults that an occasion meets: those of the user first."""
        mine = [
            kept
            for kept in self.faults.values()
            if kept.rule.kind == kind
            and kept.rule.leg in (0, leg)
            and kept.rule.what in ("", what)
            and kept.rule.from_ms <= self.at_ms
            and (kept.rule.until_ms == 0 or self.at_ms < kept.rule.until_ms)
            and (kept.rule.count == 0 or kept.fired < kept.rule.count)
        ]
        own = [kept for kept in mine if kept.rule.user_id == user]
        return own + [kept for kept in mine if kept.rule.user_id == 0 != user]

    def judge_faults(self, command: c.Command, events: Sequence[Any]) -> c.Command:
        """Judge all faults met in an entry by what was known before it. Returns the command; a refused one is none."""
        self.fired = {}
        self._judge_auto_repay(events)
        met: dict[str, list[tuple[int, bool]]] = {}
        for event in events:
            if isinstance(event, f.FaultMet):
                kind = self.faults[event.fault_id].rule.kind
                met.setdefault(kind, []).append((event.fault_id, event.fired))
        user = getattr(command, "user_id", 0)
        refused = isinstance(events[-1], f.CommandRefused)
        due = {REFUSED_BY.get(type(command).__name__, ""): user}
        for event in () if refused else events:
            due |= self._occasions(event)
        if not refused and getattr(command, "settles_later", False):
            due["loan-settles-late"] = user
        if not refused and isinstance(command, c.EasyConvert):
            due["easy-convert-failed"] = user
        if not refused and isinstance(command, c.AdjustCollateral):
            due[KEPT] = user
        if isinstance(command, c.PlaceOrder) and self._rests(events):
            due[CANCELED] = user
        self._judge_late(events, met)
        for name in {**due, **met}:
            if name == STALLS:
                self._judge_stalls(met[name])
            elif name and name not in (*LEGS, INTEREST):
                self._judge(name, due.get(name, user), met.get(name, []), what=self._what(command, events))
        self._judge_legs(events, met)
        return c.Tick() if refused or KEPT in self.fired else command

    def _rests(self, events: Sequence[Any]) -> bool:
        """Whether the order placed waits in the book, or would but for a fault."""
        placed = next((event.order_id for event in events if isinstance(event, e.OrderPlaced)), 0)
        ends = [event.cause for event in events if isinstance(event, e.OrderClosed) and event.order_id == placed]
        return placed > 0 and ends in ([], ["system"])

    def settlement_delay_ms(self) -> int:
        """Time from the acceptance of a loan request of this entry to its settlement."""
        late = self.fired.get("loan-settles-late")
        return self.p.loan_settlement_delay_ms + (late.ms if late else 0)

    def _occasions(self, event: Any) -> dict[str, int]:
        if isinstance(event, e.QuoteGiven):
            return {"quote-expires-early": event.user_id}
        if isinstance(event, e.QuoteTraded):
            return {"convert-rejected": event.user_id}
        if isinstance(event, e.LoanRequestDone) and event.number and event.dropped in ("", "FAULT"):
            return {"loan-dropped": event.user_id}
        return {}

    def _what(self, command: c.Command, events: Sequence[Any]) -> str:
        """Whether a loan request of the entry borrows or repays; "" without one."""
        done = [event.key.partition(":")[0] for event in events if isinstance(event, e.LoanRequestDone)]
        asked = {c.BorrowLoan: "borrow", c.RepayLoan: "repay"}
        return asked.get(type(command), done[0] if done else "")

    def _judge(self, kind: str, user: int, found: list[tuple[int, bool]], *, leg: int = 0, what: str = "") -> None:
        expected, taken = [], False
        for kept in self.alive(kind, user, leg, what):
            fires = not taken and wants(kept)
            taken = taken or fires
            expected.append((kept.rule.fault_id, fires))
        need(found == expected, "X1", f"{kind} of user {user} before leg {leg}: {found}, expected {expected}")
        for fault_id, fires in found:
            self._count(fault_id, fires=fires)

    def _count(self, fault_id: int, *, fires: bool) -> None:
        kept = self.faults[fault_id]
        kept.met += 1
        kept.fired += fires
        if fires:
            self.fired[kept.rule.kind] = kept.rule
            self.fired_ever[kept.rule.kind] += 1

    def _judge_late(self, events: Sequence[Any], met: dict[str, list[tuple[int, bool]]]) -> None:
        """At an hour each user with a fault of late interest and a debt is an occasion."""
        found = list(met.get(INTEREST, []))
        if not any(isinstance(event, e.HourPassed) for event in events):
            need(not found, "X1", f"{found} without an hour")
            return
        users = dict.fromkeys(kept.rule.user_id for kept in self.faults.values() if kept.rule.kind == INTEREST)
        for user in users:
            alive = self.alive(INTEREST, user, 0) if any(self.accounts[user].debt.values()) else []
            if alive:
                self.fired.pop(INTEREST, None)
                self._judge(INTEREST, user, found[: len(alive)])
                del found[: len(alive)]
            if alive and INTEREST in self.fired:
                self.put_off[user] = self.fired[INTEREST].ms
        need(not found, "X1", f"{found} beyond the users {list(users)}")

    def _judge_stalls(self, found: list[tuple[int, bool]]) -> None:
        """Coins may come in more than once in an entry, for more than one user."""
        for fault_id, fires in found:
            kept = self.faults[fault_id]
            need(kept in self.alive(STALLS, kept.rule.user_id, 0) and fires <= wants(kept), "X1", f"{kept} {fires}")
            self._count(fault_id, fires=fires)

    def _judge_auto_repay(self, events: Sequence[Any]) -> None:
        """Nothing is repaid by itself where a fault without end and without chance is in force before the entry."""
        for event in events:
            if isinstance(event, e.Repaid) and event.kind == "auto_repay":
                sure = [kept for kept in self.alive(STALLS, event.user_id, 0) if kept.rule.ppm == 10**6]
                passes = all(kept.rule.count or kept.met + 1 < kept.rule.nth for kept in sure)
                need(passes, "X2", f"{event} with {sure}")

    def _judge_legs(self, events: Sequence[Any], met: dict[str, list[tuple[int, bool]]]) -> None:
        records = [getattr(event, "record", event) for event in events]
        stepped = [one for one in records if isinstance(one, e.RepayRecord | f.RepayHeld)]
        if not stepped:
            need(not any(kind in met for kind in LEGS), "X1", f"{met} without a run")
            return
        user = stepped[0].user_id
        legs = self.runs[user].legs if user in self.runs else 0
        done = any(isinstance(one, e.RepayRecord) and len(one.legs) > legs for one in stepped)
        asked = self.held.get(user, (0, 0))[0] != legs + 1
        for kind in LEGS:
            found, leg = met.get(kind, []), legs if kind == "repay-ends-early" else legs + 1
            after = any(one in self.fired for one in LEGS[:2]) or (kind == LEGS[3] and LEGS[2] in self.fired)
            before = kind in (*LEGS[:2], LEGS[4])
            need(not found or asked or not before, "X1", f"{kind} was asked for twice before leg {leg}")
            if found or (done and leg and not after and (asked or not before)):
                self._judge(kind, user, found, leg=leg)
        need(not (done and self.held.get(user, (0, 0))[1]), "X2", f"{stepped} while the run is held up")

    # ---- what they bring about

    def _on_InjectFault(self, command: c.InjectFault, at_ms: int) -> str:
        rule = command.rule
        if rule.user_id and rule.user_id not in self.accounts:
            return "UNKNOWN_USER"
        fits = (
            rule.fault_id > 0
            and rule.nth > 0
            and 0 <= rule.count <= 10**9
            and (rule.until_ms == 0 or rule.from_ms < rule.until_ms)
            and 0 < rule.ppm <= 10**6
            and (rule.kind in LATE or rule.ms == 0)
            and (rule.kind != INTEREST or (rule.user_id > 0 and rule.ms < HOUR_MS))
            and (rule.kind in LEGS or rule.leg == 0)
            and (rule.kind == LEGS[3] or rule.share == 0)
            and 0 <= rule.share < COIN
            and rule.reason in REASONS.get(rule.kind, ("",))
            and rule.what in ("", *(("borrow", "repay") if rule.kind.startswith("loan-") else ()))
        )
        return "" if fits else "FAULT_IMPOSSIBLE"

    def _FaultInjected(self, event: f.FaultInjected) -> None:
        said = self.command
        need(isinstance(said, c.InjectFault) and said.rule == event.rule, "X1", event)
        need(event.rule.fault_id not in self.faults, "X1", event)
        self.faults[event.rule.fault_id] = Kept(event.rule)

    def _FaultsCleared(self, event: f.FaultsCleared) -> None:
        said = self.command
        if isinstance(said, c.InjectFault):
            need(event.fault_ids == (said.rule.fault_id,) and said.rule.fault_id in self.faults, "X1", event)
        else:
            need(isinstance(said, c.ClearFaults) and said.fault_ids == event.fault_ids, "X1", event)
        for fault_id in event.fault_ids:
            self.faults.pop(fault_id, None)
        self.held = {user: (leg, 0 if by in event.fault_ids else by) for user, (leg, by) in self.held.items()}

    def _FaultMet(self, event: f.FaultMet) -> None:
        """Judged before the entry."""

    def _CommandRefused(self, event: f.CommandRefused) -> None:
        rules = [rule for kind, rule in self.fired.items() if kind in REASONS]
        need([rule.reason for rule in rules] == [event.reason], "X2", f"{event} by {rules}")

    def _RepayHeld(self, event: f.RepayHeld) -> None:
        run, late, stays = self.runs[event.user_id], self.fired.get(LATE[0]), self.fired.get(LEGS[0])
        until_ms = self.at_ms + late.ms if late else 0
        said = (event.leg, event.held_by, event.until_ms)
        need(said == (run.legs + 1, stays.fault_id if stays else 0, until_ms), "X2", f"{event} by {self.fired}")
        self.held[event.user_id] = (event.leg, event.held_by)

    def _InterestPutOff(self, event: f.InterestPutOff) -> None:
        """What is owed now is charged for this hour, whatever is repaid until it is booked."""
        ms = self.put_off.pop(event.user_id, -1)
        need(ms >= 0, "X2", f"{event} by {self.fired}")
        need((event.hour_ms, event.until_ms) == (self.hour_ms + HOUR_MS, self.hour_ms + HOUR_MS + ms), "X2", event)
        need(event.user_id not in self.late, "X2", event)
        owed = {ccy: debt for ccy, debt in sorted(self.accounts[event.user_id].debt.items()) if debt}
        rates = {ccy: self.rates[ccy] for ccy in owed}
        self.late[event.user_id] = Late(event.hour_ms, event.until_ms, owed, rates)

    def charged_later(self) -> set[tuple[tuple[str, int], str]]:
        """Spot debts whose interest of the hour waits."""
        return {(("user", user), ccy) for user, late in self.late.items() for ccy in late.owed}

    def judge_late_charge(self, charge: Charge) -> bool:
        """Whether a charge was put off; then it is what it would have been at its hour."""
        late = self.late.get(charge.user_id)
        if charge.loan_id or late is None or charge.hour_ms != late.hour_ms or self.hour_ms < late.hour_ms:
            return False
        need(self.at_ms >= late.until_ms, "X2", f"{charge} is booked at {self.at_ms}, not at {late.until_ms}")
        debt, rate = late.owed.pop(charge.ccy, 0), late.rates[charge.ccy]
        need((charge.debt_before, charge.rate_per_year) == (debt, rate), "X2", f"{charge} on {debt} at {rate}")
        exact = Fraction(debt * rate, 8760 * COIN)
        need(charge.interest == ceil(exact / 100) * 100, "X2", f"{charge}, exactly {float(exact)}")
        return True

    def _InterestBooked(self, event: f.InterestBooked) -> None:
        late = self.late.pop(event.user_id)
        need(not late.owed and self.at_ms >= late.until_ms, "X2", f"{event} leaves {late}")

    def _on_SwitchSpotBorrow(self, command: c.SwitchSpotBorrow, at_ms: int) -> str:
        waits = command.user_id in self.late and not command.enabled
        return "DEBT_OUTSTANDING" if waits else super()._on_SwitchSpotBorrow(command, at_ms)

    def _QuoteCutShort(self, event: f.QuoteCutShort) -> None:
        rule, given = self.fired.get("quote-expires-early"), self.quotes[event.quote_id]
        need(rule is not None and event.expires_at_ms == self.at_ms + rule.ms - 1, "X2", f"{event} by {rule}")
        need(event.expires_at_ms < given.expires_at_ms, "X2", f"{event} of {given}")
        self.quotes[event.quote_id] = replace(given, expires_at_ms=event.expires_at_ms)

    def _EasyConvertFailed(self, event: f.EasyConvertFailed) -> None:
        said = self.command
        need(isinstance(said, c.EasyConvert) and event.source_ccy in said.source_ccys, "X2", event)
        need("easy-convert-failed" in self.fired, "X2", event)

    def judge_effects(self, events: Sequence[Any]) -> None:
        """What a fault that fired must have left behind, once the entry has been followed."""
        kinds = {type(event) for event in events}
        need("easy-convert-failed" not in self.fired or e.EasyConverted not in kinds, "X2", events)
        short = self.fired.get("quote-expires-early")
        cut = short is not None and short.ms < self.p.convert_ttl_ms
        need(cut == (f.QuoteCutShort in kinds), "X2", f"{events} by {short}")
        by_system = sum(isinstance(event, e.OrderClosed) and event.cause == "system" for event in events)
        need(by_system == (CANCELED in self.fired), "X2", events)
        need(KEPT not in self.fired or e.LoanMoved not in kinds, "X2", events)
        holds = any(kind in self.fired for kind in LEGS[:2])
        need(holds == (f.RepayHeld in kinds), "X2", f"{events} by {self.fired}")
        if "repay-ends-early" in self.fired:
            need(e.RepayEnded in kinds and e.RepayAdvanced not in kinds, "X2", events)
        need(not any(kind in REASONS for kind in self.fired) or f.CommandRefused in kinds, "X2", events)
        if f.CommandRefused in kinds:
            need(kinds <= {f.FaultMet, f.CommandRefused, Charge}, "X2", events)
        for user in [user for user in self.held if user not in self.runs]:
            del self.held[user]

    def compare_faults(self, state: State) -> None:
        """The engine's counts, and the runs that it holds up."""
        counted = {number: (fault.rule, fault.met, fault.fired) for number, fault in state.faults.items()}
        mine = {number: (kept.rule, kept.met, kept.fired) for number, kept in self.faults.items()}
        need(counted == mine, "X1", f"{counted}, expected {mine}")
        held = {user: (run.held_leg, run.held_by) for user, run in state.runs.items() if run.held_leg}
        need(held == self.held, "X2", f"{held} are held up, expected {self.held}")

    def judge_filled(self, leg: e.RepayLeg, size: int) -> None:
        """A leg fills no more than a fault lets it; `size` is that of its order in whole lots."""
        if LEGS[2] in self.fired:
            need(leg.fill_size == 0, "X2", leg)
        part = self.fired.get(LEGS[3])
        if part is not None:
            need(leg.fill_size <= size * part.share // COIN, "X2", f"{leg} by {part}")
