"""What hangs beside the state without being part of it: it follows from the state and is never encoded.

Two states that act alike hash alike, so nothing here may change what a command does. A state fresh from
its bytes begins with empty companions.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from tallystick.engine.interest import Charge
from tallystick.engine.state import State

Key = tuple[str, int]
"""("loan", loan) or ("user", user)."""
LOAN, USER = "loan", "user"


class Posting(NamedTuple):
    """One balance that moved: `after` is what the account holds then. Atoms."""

    account: str
    ccy: str
    delta: int
    after: int


class Derived:
    """Companions of one state. Whoever reads `postings` or `charges` takes them out.

    `named` are the users and loans events have named since the watch last looked; `everybody` says a number of the
    exchange has changed since.
    """

    __slots__ = ("charges", "everybody", "index_changes", "named", "postings")

    def __init__(self) -> None:
        self.postings: list[Posting] = []
        self.charges: list[Charge] = []
        self.named: dict[Key, None] = {}
        self.everybody = False
        self.index_changes = 0
        """How often an index became another one; only differences mean anything."""

    def take_postings(self) -> list[Posting]:
        """Every posting since the last call, oldest first."""
        taken, self.postings = self.postings, []
        return taken

    def take_charges(self) -> list[Charge]:
        """Interest charged since the last call; of one account in the order of the hours."""
        taken, self.charges = self.charges, []
        return taken


def of(state: State) -> Derived:
    """The companions of a state, made where there are none yet."""
    found = state.__dict__.get("derived")
    if found is None:
        found = state.__dict__["derived"] = Derived()
    return cast(Derived, found)
