"""Transient data of a state: kept beside it, worked out from it or from the entry at hand, and never encoded.

Two states that act alike hash alike, so nothing here may change what a command does. A state fresh from
its bytes begins without any.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, cast

from tallystick.engine.interest import Charge
from tallystick.engine.state import State

Key = tuple[str, int]
"""("loan", loan) or ("user", user)."""
LOAN, USER = "loan", "user"
Posting: TypeAlias = tuple[str, str, int, int]
"""One balance of a user that moved: (account, currency, change, what the account holds then). Atoms."""


class Accrued(NamedTuple):
    """Debts of an account at `hour_ms`, per currency, worked out from what was booked at `charged_ms`."""

    charged_ms: int
    hour_ms: int
    debts: dict[str, int]


class Transient:
    """Transient data of one state.

    What the entry last begun has done, until the next one begins: `charges` is the interest it booked; `postings` are
    those of all its events in their order, `ends` says after each event how many there were so far, `first_id` is the
    number of the first one; the others follow. `named` are the users and loans events have named since the triggers
    were last asked; `everybody` says a number of the exchange has changed since. `accrued` are debts worked out by
    who asked for them, per account of the ledger (`accrual`); nobody who owes was charged before `charged_since_ms`
    (`charging`).
    """

    __slots__ = (
        "accrued",
        "charged_since_ms",
        "charges",
        "ends",
        "everybody",
        "first_id",
        "index_changes",
        "named",
        "postings",
    )

    def __init__(self) -> None:
        self.accrued: dict[str, Accrued] = {}
        self.charged_since_ms = 0
        self.named: dict[Key, None] = {}
        self.everybody = False
        self.index_changes = 0
        """How often an index became another one; only differences mean anything."""
        self.begin()

    def begin(self) -> None:
        """A new entry: nothing is booked and nothing has moved yet."""
        self.charges: list[Charge] = []
        self.postings: list[Posting] = []
        self.ends: list[int] = []
        self.first_id = 0

    def end_event(self) -> None:
        """What was posted since the last call belongs to one event."""
        self.ends.append(len(self.postings))


def of(state: State) -> Transient:
    """Transient data of a state, made where there is none yet."""
    found = state.__dict__.get("transient")
    if found is None:
        found = state.__dict__["transient"] = Transient()
    return cast(Transient, found)
