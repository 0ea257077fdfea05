"""Work on one command: check first, then emit. Handlers change the state only through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tallystick.engine import charging, transient
from tallystick.engine.events import Event
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State, User


class Stamp(NamedTuple):
    """Number and time (Unix ms) that the sequencer gave a command."""

    seq: int
    at_ms: int


type_appliers = dict[type, Callable[[State, Stamp, Any], None]]
APPLIERS: type_appliers = {}
_OF_LOANS: set[type] = set()
"""Types of events that name a loan."""


def applies(event_type: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the function that folds events of this type into the state."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        if event_type in APPLIERS:
            raise RuntimeError(f"two appliers for {event_type.__name__}")
        APPLIERS[event_type] = function
        if "loan_id" in getattr(event_type, "__struct_fields__", ()):
            _OF_LOANS.add(event_type)
        return function

    return register


def apply_event(state: State, stamp: Stamp, event: Any) -> None:
    """Charge the user and the loan named by an event up to the last full hour, then fold the event into the state."""
    user_id = getattr(event, "user_id", 0)
    if user_id:
        concern(state, user_id)
        loan_id = event.loan_id if type(event) in _OF_LOANS else 0
        if loan_id:
            transient.of(state).named[transient.key_of(transient.LOAN, loan_id)] = None
            if loan_id in state.loans:
                charging.charge_loan(state, state.loans[loan_id])
    APPLIERS[type(event)](state, stamp, event)


def concern(state: State, user_id: int) -> None:
    """Charge a user up to the last full hour, before an event changes them, and have them judged again."""
    user = state.users.get(user_id)
    # Nearly always it is charged already, which is asked here to save a call.
    if user is not None and user.charged_ms != state.hour_ms:
        charging.charge_user(state, user)
    # Written out as `key_of` has it, since every event comes by here.
    transient.of(state).named[user_id << 1 | transient.USER] = None


class Work:
    """State, stamp and events so far of one command.

    `noted` are the transient data of the state, `judged` is the count of index changes at the last review.
    """

    __slots__ = ("events", "judged", "noted", "stamp", "state")

    def __init__(self, state: State, stamp: Stamp) -> None:
        self.state = state
        self.stamp = stamp
        self.events: list[Any] = []
        self.noted = transient.of(state)
        self.noted.begin()
        self.judged = self.noted.index_changes

    def emit(self, event: Event) -> None:
        """Apply the event at once. From the first emit on the command must succeed."""
        apply_event(self.state, self.stamp, event)
        self.events.append(event)
        self.noted.end_event()

    def user(self, user_id: int) -> User:
        """User with this id. Rejects: UNKNOWN_USER."""
        user = self.state.users.get(user_id)
        if user is None:
            raise Rejected(Reject.UNKNOWN_USER).because(user_id=str(user_id))
        return user

    def active_user(self, user_id: int) -> User:
        """User with this id, not in liquidation. Rejects: UNKNOWN_USER, IN_LIQUIDATION."""
        user = self.user(user_id)
        if user.liquidating:
            raise Rejected(Reject.IN_LIQUIDATION).because(name=user.name)
        return user
