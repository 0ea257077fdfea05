"""Drives the bare engine in tests: stamps commands, runs what is due, checks every invariant after each."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

import pytest

from tallystick.contract.errors import ERRORS
from tallystick.contract.reasons import reason_text
from tallystick.engine import charging, checks, core, ledger, transient
from tallystick.engine import commands as c
from tallystick.engine.amounts import atoms_from_text, text_from_atoms
from tallystick.engine.interest import Charge
from tallystick.engine.kinds import Account
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Loan, State
from tallystick.venue.parameters import load_parameters
from tallystick.views.errors import refusal_of
from tallystick.views.rows import rows_of, rows_of_charges

USER = 1


def atoms(text: str) -> int:
    """Signed decimal text to atoms."""
    return -atoms_from_text(text[1:]) if text.startswith("-") else atoms_from_text(text)


text = text_from_atoms


def missing_words(rejected: Rejected) -> set[str]:
    """Places in the text of a refusal that its details leave open, or fill with nothing.

    Control calls alone open users, and tell the name that exists in words of their own.
    """
    if rejected.reject is Reject.USER_EXISTS:
        return set()
    refusal = refusal_of("", rejected, "amt")
    return {name for name in places_of(ERRORS[refusal.key].en) if not refusal.details.get(name)}


def missing_facts(rejected: Rejected) -> set[str]:
    """Places in the words of the reason that its facts leave open; the server adds the name of the user."""
    words = reason_text(rejected.reason)
    if words is None:
        return {f"words of {rejected.reason}"}
    places = {name for text in (words.en, words.zh, *words.levers) for name in places_of(text)}
    return places - {"name", *rejected.details, *rejected.facts}


def places_of(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


class Driver:
    """One engine with its clock in hand. `rows` collects history rows by table, newest last."""

    def __init__(self, at_ms: int = 1_700_000_000_000, parameters: Parameters | None = None) -> None:
        self.parameters = parameters or load_parameters()
        self.state: State = core.new_state(self.parameters, at_ms)
        self.at_ms = at_ms
        self.seq = 0
        self.entries: list[tuple[core.Stamp, c.Command, list[Any]]] = []
        self.rows: dict[tuple[str, int, int, int], bytes] = {}
        self.booked: list[Charge] = []
        """Interest that events have booked."""

    def do(self, command: c.Command) -> list[Any]:
        """Run one command now and return its events."""
        stamp = core.Stamp(self.seq + 1, self.at_ms)
        events = core.handle(self.state, stamp, command)
        if events:
            self.seq += 1
            self.entries.append((stamp, command, events))
            self.booked += transient.of(self.state).charges
            for row in rows_of(stamp, events, self.state):
                self.rows[(row.table, row.user_id, row.key, row.id)] = row.body
        checks.check_state(self.state)
        return events

    def refuse(self, command: c.Command) -> Reject:
        """The reason a command is refused."""
        return self.refusal(command).reject

    def refusal(self, command: c.Command) -> Rejected:
        """The reason a command is refused; checks that it leaves no trace and has what all its words ask for."""
        before = core.encode_state(self.state)
        with pytest.raises(Rejected) as caught:
            core.handle(self.state, core.Stamp(self.seq + 1, self.at_ms), command)
        assert core.encode_state(self.state) == before
        assert missing_words(caught.value) == set()
        assert missing_facts(caught.value) == set()
        return caught.value

    def pass_to(self, at_ms: int) -> None:
        """Let time pass, doing everything due on the way at its own time."""
        while (due := core.due_at_ms(self.state)) <= at_ms:
            self.at_ms = max(due, self.at_ms)
            self.do(c.Tick())
        self.at_ms = at_ms

    def wait(self, ms: int) -> None:
        self.pass_to(self.at_ms + ms)

    def table(self, name: str, user_id: int = USER) -> list[bytes]:
        """Bodies of one history, newest first, those of interest that is not booked yet among them."""
        due = {(row.table, row.user_id, row.key, row.id): row.body for row in rows_of_charges(self._due())}
        return [body for key, body in sorted((due | self.rows).items(), reverse=True) if key[:2] == (name, user_id)]

    @property
    def charges(self) -> list[Charge]:
        """All interest so far, by the hour."""
        return sorted(self.booked + self._due(), key=lambda charge: charge.hour_ms)

    def _due(self) -> list[Charge]:
        return transient.of(charging.charged(self.state)).charges

    def user(
        self, user_id: int = USER, balances: Mapping[str, str] | None = None, *, borrow: bool = True, **coins: str
    ) -> None:
        """Open an account with trading balances, given as a table or by name."""
        self.do(c.CreateUser(user_id=user_id, name=f"user{user_id}"))
        if borrow:
            self.do(c.SwitchSpotBorrow(user_id=user_id, enabled=True))
        for ccy, amount in {**(balances or {}), **coins}.items():
            self.deposit(ccy, amount, user_id)

    def deposit(self, ccy: str, amount: str, user_id: int = USER, account: Account = "trading") -> None:
        self.do(c.AdjustBalance(user_id=user_id, account=account, ccy=ccy, delta=atoms(amount)))

    def price(self, instrument: str, price: str) -> None:
        self.do(c.SetPrices(prices=((instrument, atoms(price)),)))

    def book(self, instrument: str, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> None:
        def levels(side: list[tuple[str, str]]) -> tuple[tuple[int, int], ...]:
            return tuple((atoms(price), atoms(size)) for price, size in side)

        self.do(c.SetBook(instrument=instrument, bids=levels(bids), asks=levels(asks)))

    def cash(self, ccy: str, user_id: int = USER) -> str:
        return text(self.state.ledger.get(f"trading:{user_id}", {}).get(ccy, 0))

    def debt(self, ccy: str, user_id: int = USER) -> str:
        return text(ledger.debt(self.state, user_id, ccy))

    def owes(self, loan: Loan) -> dict[str, int]:
        """Debts of a loan now, in atoms."""
        return ledger.loan_debts(self.state, loan)

    def funding(self, ccy: str, user_id: int = USER) -> str:
        return text(self.state.ledger.get(f"funding:{user_id}", {}).get(ccy, 0))
