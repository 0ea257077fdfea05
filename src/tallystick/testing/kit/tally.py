"""What a test holds in its hands: users, prices, the clock, and what the journal says of them."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import pytest

from tallystick.client.kinds import AmountLike
from tallystick.client.levers import Levers
from tallystick.client.levers.answers import Clock, FaultKind
from tallystick.server.control.text import duration_ms
from tallystick.testing.kit import clients, journal
from tallystick.testing.kit.every_fault import TRANSPORT, EveryFault
from tallystick.testing.kit.faults import Fault
from tallystick.testing.kit.journal import Event
from tallystick.testing.kit.keys import Key, Permission
from tallystick.testing.kit.served import Heard, ServedVenue
from tallystick.testing.kit.settings import Seed
from tallystick.testing.kit.text import number_text, require_unit
from tallystick.testing.kit.user import Coins, Loan, User, loan_of
from tallystick.testing.kit.venues import CannotChange, Venue

T = TypeVar("T")
Level: TypeAlias = tuple[AmountLike, AmountLike]
STEPS_MAX = 10_000
"""Most steps of an advance until something is true; each is the next thing that is due."""

RESET_HINT = (
    ": each test begins from the seed by itself; to go back within one, save with tally.snapshot('name') and go back "
    "with tally.restore('name')"
)


class Tally:
    """A venue in the hands of one test. `url` and `token` reach it and its control calls from any program."""

    def __init__(self, venue: Venue, seed: Seed) -> None:
        self.venue = venue
        self.url = venue.url
        self.token = venue.token
        self.seed = seed
        self.heard = venue.heard
        self.failed_runs: dict[str, tuple[Heard, ...]] = {}
        """Requests of each run of `every_fault` that failed, by its request and fault."""
        self.levers = Levers(venue.url, venue.token)
        self.users: dict[str, User] = {}
        self.made: list[Any] = []
        self.faults: list[Fault] = []
        self._snapshots: list[str] = []
        self._forks: list[tuple[Tally, ServedVenue]] = []
        self._numbers = 0
        self.begun_seq = 0

    def __repr__(self) -> str:
        return "<tally>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Raise AttributeError; for `reset` it says what a test does instead."""
            hint = RESET_HINT if name == "reset" else ""
            raise AttributeError(f"tally has no {name!r}{hint}", name=name, obj=self)

    # ---- users

    def user(
        self,
        name: str,
        *,
        trading: Coins | None = None,
        funding: Coins | None = None,
        debts: Coins | None = None,
        loans: Sequence[Loan | Mapping[str, Any]] = (),
        master: str | None = None,
        level: str | None = None,
        borrow: bool = True,
        modes: Sequence[Literal["3", "4"]] = (),
    ) -> User:
        """Make a user who has exactly these coins and debts, and may borrow in Spot mode unless `borrow` is False.

        `debts` are owed and spent, and so is what the loans brought; `loans` have `ccy`, `amt` and `collateral`,
        which comes in addition to `funding`. With `master` it is a sub-account of that user. `modes` are account modes
        that are open beside Spot: 3 multi-currency margin, 4 portfolio margin. Raises LeverRefused for
        a name that is taken or a coin there is not, SetupError for a debt that the coins do not back.
        """
        made = self.levers.users.create(name=name, master=master, modes=tuple(modes) or None)
        if level:
            self.levers.users.set_level(name, level=level)
        user = User(self, name, made.uid, self.make_key(name))
        self.users[name] = user
        if borrow:
            self.levers.users.switch_spot_borrow(name, enabled=True)
        user.give("trading", trading or {})
        user.give("funding", funding or {})
        for loan in loans:
            user.take_loan(loan if isinstance(loan, Loan) else loan_of(loan))
        user.owe(debts or {})
        return user

    def make_key(
        self,
        name: str,
        permissions: Sequence[Permission] = ("read", "trade"),
        ips: Sequence[str] = (),
        label: str = "",
    ) -> Key:
        made = self.levers.users.create_key(name, permissions=tuple(permissions), ips=tuple(ips), label=label)
        return Key(made.api_key, made.secret_key, made.passphrase, tuple(made.permissions))

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def settle_loans(self, user: User) -> None:
        """Let a loan be settled that was only accepted, as on the later surface."""
        for _ in range(10):
            if user.loans:
                return
            self.advance(to="next")

    # ---- the market

    def price(self, instrument: str, price: AmountLike) -> None:
        """Set a price, with house quotes around it."""
        self.levers.market.set_price(instId=instrument, px=price)

    def prices(self, prices: Mapping[str, AmountLike]) -> None:
        """Set several prices together, so that accounts and loans are judged once, at all of them."""
        texts = {instrument: number_text(price, instrument) for instrument, price in prices.items()}
        self.levers.market.set_prices(prices=texts)

    def book(
        self,
        instrument: str,
        *,
        bids: Sequence[Level],
        asks: Sequence[Level],
    ) -> None:
        """Set exact house quotes: price and size of each level, the best first."""
        self.levers.market.set_book(instId=instrument, bids=list(bids), asks=list(asks))

    def release(self, instrument: str) -> None:
        """Return price and quotes of an instrument to the market."""
        self.levers.market.release(instId=instrument)

    def pool(self, ccy: str, amount: AmountLike) -> None:
        """Put coins of lenders into the pool of a currency, or with a minus withdraw them."""
        self.levers.pools.move(ccy=ccy, amt=amount)

    def rate(self, ccy: str, apr: AmountLike | None) -> None:
        """Set the rate of a coin a year, 0.073 for 7.3 %, from the next hour on; None returns to the curve."""
        self.levers.rates.set(ccy=ccy, apr=apr)

    def parameters(
        self,
        *,
        currencies: Mapping[str, Mapping[str, Any]] | None = None,
        instruments: Mapping[str, Mapping[str, Any]] | None = None,
        **constants: Any,
    ) -> None:
        """Change numbers of the exchange, all of them or none; `tally market numbers` lists them. Amounts are text."""
        self.levers.parameters.change(currencies=currencies, instruments=instruments, constants=constants)

    # ---- time

    @property
    def clock(self) -> Clock:
        return self.levers.clock.show()

    @property
    def now(self) -> datetime:
        return self.clock.now

    def freeze(self) -> None:
        """Stop the clock; from here on it moves by `advance` alone."""
        self.levers.clock.change(mode="frozen")

    def run(self, speed: int = 1) -> None:
        """Let the clock run, `speed` times as fast as the real one."""
        self.levers.clock.change(mode="real", speed=speed)

    def advance(
        self,
        by: timedelta | str | None = None,
        *,
        to: datetime | str | None = None,
        until: Callable[[], object] | None = None,
        within: timedelta | str = "7d",
    ) -> datetime:
        """Advance the clock, and return its time when everything due until then has happened.

        Give one of: `by`, a duration such as "1h" or a timedelta; `to`, a time or "next" for the next thing that is
        due; `until`, a function that is asked after each thing that was due until its answer is true. Raises
        AssertionError where that takes longer than `within`; TypeError for a number, which has no unit; LeverRefused
        for a time before now.
        """
        if (by is not None) + (to is not None) + (until is not None) != 1:
            raise TypeError("advance takes one of by, to= and until=, such as advance('1h') or advance(to='next')")
        if until is not None:
            return self._advance_until(until, within)
        require_unit(by)
        return self.levers.clock.advance(by=by, to=to).now

    def _advance_until(self, until: Callable[[], object], within: timedelta | str) -> datetime:
        began = now = self.now
        last = began + _timedelta(within)
        for _ in range(STEPS_MAX):
            if until():
                return now
            if now >= last:
                break
            reached = self.levers.clock.advance(to="next").now
            if reached == now:
                break
            now = reached
        raise AssertionError(f"{_name(until)} was still not true at {now:%Y-%m-%d %H:%M:%S}, from {began:%H:%M:%S} on")

    # ---- what goes wrong

    def fault(self, on: str, fault: str, *, must_fire: bool = False, **rule: Any) -> Fault:
        """Let requests for the operation `on`, or "*" for any, go wrong as `fault` says; `kinds()` has the catalogue.

        `rule` may name `user`, `key` and `method`; `nth` and `count`; `from_at` and `until_at`; `probability` and
        `seed`; and the parameters of the fault, such as `ms`. With `must_fire` the test fails if it never fired. Raises
        TypeError for another name, LeverRefused for a value that cannot be: it names what was probably meant.
        """
        made = Fault(self.levers, on, fault, rule, must_fire=must_fire)
        self.faults.append(made)
        return made

    def kinds(self) -> tuple[FaultKind, ...]:
        """Catalogue of faults: name, what the client sees, what is true afterwards, parameters."""
        return self.levers.faults.kinds().kinds

    def every_fault(
        self,
        function: Callable[[], object],
        *,
        faults: Sequence[str] = TRANSPORT,
        requests: Sequence[str] | None = None,
    ) -> None:
        """Call the function once without a fault, then once for each pair of its requests and a fault.

        Each call begins from the venue as it is now. A pair fails if the function raises, or if money does not add up
        afterwards: a debt, something repaid twice, something lost. `faults` are kinds, `requests` operations such as
        "one_click_repay_v2", all without it. The matrix is printed. Raises TypeError for an async function, ValueError
        for a kind there is not, both before any call, and AssertionError with a line for each pair that failed.
        """
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{_name(function)} is async: await tally.every_fault_async({_name(function)})")
        self._every_fault(function, faults, requests).call(function)

    async def every_fault_async(
        self,
        function: Callable[[], Awaitable[object]],
        *,
        faults: Sequence[str] = TRANSPORT,
        requests: Sequence[str] | None = None,
    ) -> None:
        """Await an async function once for each pair of its requests and a fault, as `every_fault` calls one."""
        await self._every_fault(function, faults, requests).await_each(function)

    def _every_fault(
        self, function: Callable[[], object], faults: Sequence[str], requests: Sequence[str] | None
    ) -> EveryFault:
        if self.heard is None:
            pytest.skip(f"every_fault needs to see the requests, and the venue at {self.url} does not tell them")
        self._require_kinds(faults)
        return EveryFault(self, self.heard, _name(function), faults, requests)

    def _require_kinds(self, faults: Sequence[str]) -> None:
        """Check that there are kinds of these names. Raises ValueError: it names what was probably meant."""
        known = [kind.name for kind in self.kinds()]
        for name in faults:
            if name not in known:
                begun = [kind for kind in known if kind.startswith(name)]
                close = begun[:3] or difflib.get_close_matches(name, known, 3)
                meant = f"did you mean {' or '.join(close)}? " if close else ""
                raise ValueError(f"there is no fault {name!r}: {meant}tally.kinds() has them all")

    def never_fired(self) -> list[Fault]:
        """Faults of this test that must fire and did not."""
        return [fault for fault in self.faults if fault.must_fire and not fault.fired]

    # ---- snapshots

    def snapshot(self, name: str) -> None:
        """Save the venue as it is under a name, with its users and keys. The snapshot ends with the test."""
        self.levers.snapshots.save(name=name)
        self._snapshots.append(name)

    def restore(self, name: str) -> None:
        """Go on from a snapshot: users, keys, prices and time are as they were. Faults end."""
        fired = [fault.fired for fault in self.faults]
        self.levers.snapshots.restore(name)
        for fault, count in zip(self.faults, fired, strict=True):
            fault.settle(count)
        there = set(self.names.values())
        self.users = {name: user for name, user in self.users.items() if name in there}

    def forget(self, name: str) -> None:
        """Delete a snapshot."""
        self.levers.snapshots.delete(name)
        self._snapshots.remove(name)

    def fork(self) -> Tally:
        """A second venue that goes on from the same past, with the same users and keys: two ends of one story.

        Neither sees what happens at the other. It ends with the test. Snapshots and faults stay here.
        """
        try:
            venue = self.venue.fork()
        except CannotChange as reason:
            pytest.skip(str(reason))
        forked = Tally(venue, self.seed)
        self._forks.append((forked, venue))
        forked.users = {name: User(forked, name, user.uid, user.first_key) for name, user in self.users.items()}
        return forked

    # ---- what happened

    def repays(self, user: User | str) -> int:
        """Number of repayments of this user that were accepted since the test began: one-click, by hand, of loans."""
        user_id = int((self.users[user] if isinstance(user, str) else user).uid)
        return journal.repayments_after(self.levers, self.begun_seq, user_id)

    def events(self, kind: str | None = None, *, user: User | str | None = None) -> list[Event]:
        """Events since the test began, oldest first; of one kind, such as "Repaid", or of one user."""
        name = user.name if isinstance(user, User) else user
        found = journal.events_after(self.levers, self.begun_seq, self.names)
        return [event for event in found if kind in (None, event.kind) and name in (None, event.user)]

    @property
    def names(self) -> dict[int, str]:
        """Names of all users by their numbers."""
        return {int(user.uid): user.name for user in self.levers.users.all().users}

    def state_hash(self) -> str:
        """Digest of the whole state of the venue."""
        return self.levers.state_hash().hash

    def verify(self) -> None:
        """Check all stored data against the journal. Raises AssertionError."""
        verdict = self.levers.verify()
        if not verdict.ok:
            raise AssertionError(f"the stored data differ from the journal: {verdict.raw}")

    @property
    def seq(self) -> int:
        """Number of the newest entry of the journal."""
        return self.levers.health().seq

    # ---- what is closed at the end

    def keep(self, made: T) -> T:
        """Keep a client that the kit made, to be closed at the end of the test."""
        self.made.append(made)
        return made

    def ends(self, kept: int = 0) -> Iterator[Awaitable[object]]:
        """End the clients that were made after the first `kept`, and those of forks. Gives what is to be awaited."""
        for fork, _ in self._forks if not kept else ():
            yield from fork.ends()
        while len(self.made) > kept:
            end = clients.close(self.made.pop())
            if end is not None:
                yield end

    def close(self) -> None:
        """End the forks of the test, delete its snapshots, and end the connection of its control calls."""
        try:
            for fork, venue in self._forks:
                fork.close()
                venue.stop()
            for name in tuple(self._snapshots):
                self.forget(name)
        finally:
            self.levers.close()


def _timedelta(value: timedelta | str) -> timedelta:
    return value if isinstance(value, timedelta) else timedelta(milliseconds=duration_ms(value))


def _name(function: Callable[[], object]) -> str:
    return getattr(function, "__name__", repr(function))
