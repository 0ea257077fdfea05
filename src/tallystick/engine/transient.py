"""Transient data of a state: kept beside it, derived from it or from the present entry, and never encoded.

Two states that act alike hash alike, so transient data must not change what a command does. A decoded state
begins without any.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from tallystick.engine.interest import Charge
from tallystick.engine.rejects import Rejected
from tallystick.engine.state import Market, State

Key: TypeAlias = int
"""Loan or user as one number (`key_of`): a million of them take less memory than pairs, and are found faster."""
Kind: TypeAlias = Literal[0, 1]
LOAN: Final = 0
USER: Final = 1
Posting: TypeAlias = tuple[str, str, int, int]
"""One change of a user's balance: (account, currency, change, balance after it). Atoms."""


def key_of(kind: Kind, number: int) -> Key:
    """Key of the loan or user of this number."""
    return number << 1 | kind


class Accrued(NamedTuple):
    """Debts of an account at `hour_ms`, per currency, computed from those booked at `charged_ms`."""

    charged_ms: int
    hour_ms: int
    debts: dict[str, int]


class Transient:
    """Transient data of one state.

    Four fields are about the entry last begun: `charges` is the interest it booked; `postings` are those of all its
    events in order; `ends` holds the count of postings after each event; `first_id` is the number of the first posting,
    and the others follow one by one. `named` are the users and loans that events named since the triggers were last
    asked; `everybody` says that a parameter changed since. `accrued` are computed debts, per account of the ledger
    (`accrual`). Every account with a debt was charged at `charged_since_ms` or later (`charging`). `weighed` are the
    adjusted equity and the margin that `soundness.stays_sound` compared last, None if it came to no comparison;
    `refused` is the refusal that this entry tells of in an event. `quoted` are markets and ticks of instruments that
    have moved together (`prices.quoted`). `without_loans` are the users whose auto-loan is off, in any mode; None until
    somebody asks (`free_quota.users`).
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
        "quoted",
        "refused",
        "weighed",
        "without_loans",
    )

    def __init__(self) -> None:
        self.accrued: dict[str, Accrued] = {}
        self.charged_since_ms = 0
        self.named: dict[Key, None] = {}
        self.everybody = False
        self.index_changes = 0
        """Count of index changes; only differences mean anything."""
        self.quoted: dict[tuple[str, ...], list[tuple[Market, int]]] = {}
        self.weighed: tuple[int, int] | None = None
        self.without_loans: set[int] | None = None
        self.begin()

    def begin(self) -> None:
        """Begin an entry: nothing is booked and no balance has changed yet."""
        self.charges: list[Charge] = []
        self.postings: list[Posting] = []
        self.ends: list[int] = []
        self.first_id = 0
        self.refused: Rejected | None = None

    def end_event(self) -> None:
        """End an event: the postings since the last call belong to it."""
        self.ends.append(len(self.postings))


def of(state: State) -> Transient:
    """Transient data of a state, made if there is none yet."""
    try:
        found: Transient = state.__dict__["transient"]
    except KeyError:
        found = state.__dict__["transient"] = Transient()
    return found
