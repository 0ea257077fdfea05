"""Plays a scenario on a fresh venue, at full speed, and tells what happened.

Requests take the whole way through the server's pipeline, signed like any client's. The venue's
clock is frozen and moved from step to step, so the same scenario gives the same journal, byte for
byte, on any machine: `Played.state_hash` says so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tallystick.engine import charging, transient
from tallystick.engine import commands as c
from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.interest import Charge
from tallystick.engine.kinds import Account
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Rejected
from tallystick.server.app import App
from tallystick.server.control.fault_forms import FaultBody
from tallystick.server.control.faults import listed as listed_faults
from tallystick.server.control.faults import make as make_fault
from tallystick.server.control.form import Wrong
from tallystick.server.control.service import Control
from tallystick.server.services import Services
from tallystick.server.telling.events import STORY, words_of
from tallystick.store.memory import MemoryStore
from tallystick.testing.assertions import HOLDS
from tallystick.testing.crowds import REACTS_MS, Crowds
from tallystick.testing.kit.text import counted
from tallystick.testing.outcome import compare, outcome_of, summary, times_of
from tallystick.testing.scenario import BadScenario, Expect, Scenario, Step, User, duration_ms
from tallystick.testing.signed_client import SignedClient
from tallystick.venue.clock import Clock
from tallystick.venue.connection import Connection, UserConnection
from tallystick.venue.entries import events_of
from tallystick.venue.keys import new_token
from tallystick.venue.listings import Numbers, commands_of
from tallystick.venue.markets import HERE, at_its_own_dates, source_of
from tallystick.venue.parameters import load_parameters
from tallystick.venue.settings import BadValue, Patch
from tallystick.venue.venue import Venue

FIRST_USER_ID = 2001
Progress = Callable[[float], None]
Before = Callable[[], Awaitable[None]]


async def at_once() -> None:
    """Wait for nothing."""


class Moment(Struct, frozen=True):
    """One line of the timeline."""

    at_ms: int
    who: str
    what: str


class Played(Struct, frozen=True):
    """Result of a play. `faults` is empty when everything that had to hold does."""

    timeline: list[Moment]
    held: list[str]
    faults: list[str]
    seq: int
    state_hash: str
    summary: dict[str, str]


class Player:
    """One playing of one scenario, on the venue of `app`, which is a fresh one. It stands as the scenario left it."""

    def __init__(self, scenario: Scenario, app: App) -> None:
        self.scenario = scenario
        self.start_ms = scenario.start_ms
        self.app = app
        self.venue = app.services.venue
        self.store = self.venue.store
        self.clients: dict[str, SignedClient] = {}
        self.names: dict[int, str] = {}
        self.timeline: list[Moment] = []
        self.faults: list[str] = []
        self.told_seq = 0
        self.charges: list[Charge] = []
        self.crowds = Crowds(self)

    @classmethod
    def alone(cls, scenario: Scenario, parameters: Parameters | None = None, markets: Path = HERE) -> Player:
        """Player on a venue of its own, in memory. Imported markets are looked for in `markets`.

        Raises BadScenario: there is no such market.
        """
        try:
            source = source_of(scenario.market, markets)
            feed = None if source is None else at_its_own_dates(source, scenario.start_ms)
        except ValueError as problem:
            raise BadScenario(f"market: {problem}") from None
        clock = Clock("frozen", 1, scenario.start_ms)
        venue = Venue(MemoryStore(), parameters or load_parameters(), feed, clock)
        services = Services(venue, surface="2026-01", generosity=0)
        control = Control(venue, new_token(), faults=services.faults, seen=services.seen)
        return cls(scenario, App(services, control))

    async def play(self, progress: Progress = lambda share: None, before: Before = at_once) -> Played:
        """Run all steps, then check what was expected and what must hold. The venue has been started before.

        `before` is awaited before each step.

        Raises BadScenario: the file names what there is not.
        """
        end = self.venue.note_charges(self.charges.extend)
        try:
            await self._tell_story(progress, before)
        finally:
            end()
        self._tell()
        self.faults += await self._idle_faults()
        self.app.services.faults.clear()
        for expected in self.scenario.expect:
            await self._compare(expected)
        self.charges += transient.of(charging.charged(self.venue.state)).charges
        self.charges.sort(key=lambda charge: charge.hour_ms)
        for charge in self.charges:
            self.timeline.append(Moment(charge.hour_ms, self.names[charge.user_id], words_of(charge).en))
        self.timeline.sort(key=lambda moment: moment.at_ms)
        moments = [(entry.at_ms, event) for entry in self.store.entries() for event in events_of(entry)]
        events = [event for _, event in moments]
        held = []
        for name in self.scenario.holds:
            try:
                held.append(HOLDS[name](self.venue.state, [*self.charges, *events]))
            except AssertionError as fault:
                self.faults.append(f"{name} does not hold: {fault}")
            except KeyError:
                raise BadScenario(f"nothing is called {name!r}; known are {', '.join(HOLDS)}") from None
        if self.scenario.outcome is not None:
            found = outcome_of(self.venue.state, events, self.names)
            found.times = times_of(moments, self.names, self.start_ms)
            came, failed = compare(self.scenario.outcome, found)
            held += came
            self.faults += failed
        progress(1.0)
        seq, state_hash = await self.venue.state_hash()
        told = summary(self.venue.state, events, self.names)
        return Played(self.timeline, held, self.faults, seq, state_hash, told)

    async def _tell_story(self, progress: Progress, before: Before) -> None:
        """Have everybody there, and run all steps."""
        await self._change(self.scenario.parameters)
        await self._set_prices(self.scenario.prices)
        for user in self.scenario.users:
            await self.admit(user)
        for crowd in self.scenario.crowd:
            await self.crowds.gather(crowd)
        last_ms = max((duration_ms(step.after) for step in self.scenario.steps), default=0) or 1
        for step in self.scenario.steps:
            await before()
            await self._reach(self.start_ms + duration_ms(step.after), last_ms, progress)
            await self._do(step)
            self._tell()

    async def start(self) -> None:
        await self.venue.start()

    async def stop(self) -> None:
        await self.venue.stop()

    @property
    def connection(self) -> Connection:
        """The people of the scenario and their keys, for whoever serves the venue afterwards."""
        users = tuple(
            UserConnection(name, str(user_id), (self.clients[name].key,)) for user_id, name in self.names.items()
        )
        return Connection("", new_token(), "", self.scenario.market, users)

    # ---- people

    async def admit(self, user: User) -> int:
        """Make a user with their balances and a key. Returns their number."""
        user_id = FIRST_USER_ID + len(self.names)
        await self.venue.submit(c.CreateUser(user_id=user_id, name=user.name, modes=tuple(user.modes)))
        if user.borrow:
            await self.venue.submit(c.SwitchSpotBorrow(user_id=user_id, enabled=True))
        accounts: tuple[tuple[Account, dict[str, str]], ...] = (("trading", user.trading), ("funding", user.funding))
        for account, balances in accounts:
            for ccy, amount in balances.items():
                await self.venue.submit(
                    c.AdjustBalance(user_id=user_id, account=account, ccy=ccy, delta=atoms_from_text(amount))
                )
        key = await self.venue.make_key(("read_only", "trade"), lambda state: user_id, label=user.name)
        self.clients[user.name] = SignedClient(self.app, key)
        self.names[user_id] = user.name
        return user_id

    # ---- steps

    async def _reach(self, at_ms: int, last_ms: int, progress: Progress) -> None:
        def told(reached_ms: int) -> None:
            progress(min(1.0, (reached_ms - self.start_ms) / last_ms))

        while self.crowds.react and (next_ms := self.venue.now_ms() // REACTS_MS * REACTS_MS + REACTS_MS) < at_ms:
            await self._advance(next_ms, told)
            self._tell()
            await self.crowds.act()
        if at_ms > self.venue.now_ms():
            await self._advance(at_ms, told)
        told(at_ms)

    async def _advance(self, to_ms: int, told: Callable[[int], None] | None = None) -> None:
        try:
            await self.venue.advance(to_ms=to_ms, progress=told)
        except ValueError as problem:
            raise BadScenario(str(problem)) from None

    async def _do(self, step: Step) -> None:
        if step.post:
            answer = await self.clients[step.user].call("POST", step.post, self._filled(step))
            self.note(step.user, f"POST {step.post.rsplit('/', 1)[-1]}: {_outcome(answer)}")
            if answer["code"] != step.code:
                self.faults.append(f"{step.post} answered {answer['code']} {answer['msg']}, not {step.code}")
        for instrument, price in step.price.items():
            self.note("market", f"{instrument} at {price}")
        await self._set_prices(step.price)
        if step.book:
            bids, asks = (_levels(step.book.get(side, [])) for side in ("bids", "asks"))
            self.note("market", f"book of {step.book['instId']} is {step.book.get('bids')} / {step.book.get('asks')}")
            await self.venue.submit(c.SetBook(instrument=step.book["instId"], bids=bids, asks=asks))
        if step.pool:
            self.note("lenders", f"{step.pool['amt']} {step.pool['ccy']}")
            await self.venue.submit(c.MovePool(ccy=step.pool["ccy"], delta=_signed(step.pool["amt"])))
        if step.parameters:
            await self._change(step.parameters)
        if step.deposit:
            to, ccy, amount = step.deposit.account, step.deposit.ccy, _signed(step.deposit.amt)
            await self.venue.submit(c.AdjustBalance(user_id=self._id_of(step.user), account=to, ccy=ccy, delta=amount))
        if step.path:
            await self._follow(step)
        if step.fault:
            await self._make_fault(step.fault)

    async def _make_fault(self, rule: dict[str, Any]) -> None:
        """Make a rule of faults, as the control call does. Raises BadScenario."""
        try:
            body = msgspec.convert(rule, FaultBody)
            await make_fault(self.app.control.called(), body)
        except msgspec.ValidationError as problem:
            raise BadScenario(f"fault: {problem}") from None
        except Wrong as wrong:
            raise BadScenario(f"fault: {wrong.message}; {wrong.hint}") from None
        self.note("venue", f"fault {body.fault} on {body.on}")

    async def _idle_faults(self) -> list[str]:
        """Complaints about rules that never fired."""
        rules = (await listed_faults(self.app.control.called())).faults
        return [f"the fault {rule.fault} on {rule.on} never fired" for rule in rules if not rule.fired]

    async def _set_prices(self, prices: Mapping[str, str]) -> None:
        if prices:
            told = tuple((instrument, atoms_from_text(price)) for instrument, price in prices.items())
            await self.venue.submit(c.SetPrices(prices=told))

    async def _change(self, patch: Patch) -> None:
        numbers = Numbers(patch.currencies, patch.instruments, patch.constants)
        try:
            for command in commands_of(numbers, self.venue.state.parameters):
                await self.venue.submit(command)
        except BadValue as problem:
            raise BadScenario(f"parameters: {problem}") from None
        except Rejected as refused:
            raise BadScenario(f"parameters: {refused.reject.name} {refused.details}") from None

    def _filled(self, step: Step) -> Any:
        """The body; `$loan` in it stands for the number of the user's oldest loan."""
        user_id = self._id_of(step.user)
        loan = next((loan for loan in self.venue.state.loans.values() if loan.user_id == user_id), None)
        text = msgspec.json.encode(step.body).decode()
        return msgspec.json.decode(text.replace("$loan", str(loan.loan_id)) if loan else text)

    def _id_of(self, name: str) -> int:
        return next(user_id for user_id, known in self.names.items() if known == name)

    async def _follow(self, step: Step) -> None:
        """Play packaged hourly candles as prices by hand: open, low, high and close, a quarter of an hour apart."""
        raw = resources.files("tallystick.data").joinpath("paths", f"{step.path}.csv").read_text("ascii")
        began_ms = self.venue.now_ms()
        hours = 0
        for hour, candle in enumerate(csv.DictReader(io.StringIO(raw))):
            for quarter, price in enumerate((candle["open"], candle["low"], candle["high"], candle["close"])):
                await self._advance(began_ms + hour * 3_600_000 + quarter * 900_000)
                await self.venue.submit(c.SetPrices(prices=((step.instrument, atoms_from_text(price)),)))
            hours += 1
        self.note("market", f"{step.instrument} followed {step.path} for {counted(hours, 'hour')}")

    # ---- telling

    def note(self, who: str, what: str) -> None:
        """Put a line on the timeline, behind what the journal says until now."""
        self._tell()
        self.timeline.append(Moment(self.venue.now_ms(), who, what))

    def _tell(self) -> None:
        """Put what the journal says since the last time on the timeline."""
        for entry in self.store.entries(self.told_seq):
            self.told_seq = entry.seq
            for event in events_of(entry):
                self.crowds.hear(event)
                if isinstance(event, STORY):
                    who = self.names.get(getattr(event, "user_id", 0), "venue")
                    self.timeline.append(Moment(entry.at_ms, who, words_of(event).en))

    async def _compare(self, expected: Expect) -> None:
        answer = await self.clients[expected.user].call("GET", expected.get)
        rows = answer["data"]
        if len(rows) != len(expected.rows):
            found = counted(len(rows), "row")
            self.faults.append(f"{expected.get} of {expected.user}: {found}, not {len(expected.rows)}: {rows}")
            return
        for number, (row, wanted) in enumerate(zip(rows, expected.rows, strict=True), start=1):
            for name, value in wanted.items():
                if not _fits(row.get(name), value):
                    found = f"{expected.get} of {expected.user}, row {number}"
                    self.faults.append(f"{found}: {name} is {row.get(name)!r}, not {value!r}")


def _fits(found: Any, wanted: Any) -> bool:
    """Test whether what came is as wanted; of a table in a row only the fields that are named are compared."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_fits(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(_fits, found, wanted))
    return bool(found == wanted)


def _signed(text: str) -> int:
    return -atoms_from_text(text[1:]) if text.startswith("-") else atoms_from_text(text)


def _levels(levels: list[list[str]]) -> tuple[tuple[int, int], ...]:
    return tuple((atoms_from_text(price), atoms_from_text(size)) for price, size in levels)


def _outcome(answer: dict[str, Any]) -> str:
    if answer["code"] == "0":
        return msgspec.json.encode(answer["data"]).decode()
    return f"{answer['code']} {answer['msg']}"
