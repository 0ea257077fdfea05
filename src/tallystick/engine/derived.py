"""What hangs beside the state without being part of it: it follows from the state and is never encoded.

Two states that act alike hash alike, so nothing here may change what a command does. A state fresh from
its bytes begins with empty companions.
"""

from __future__ import annotations

from typing import TypeAlias, cast

from tallystick.engine.interest import Charge
from tallystick.engine.state import State

Key = tuple[str, int]
"""("loan", loan) or ("user", user)."""
LOAN, USER = "loan", "user"
Posting: TypeAlias = tuple[str, str, int, int]
"""One balance of a user that moved: (account, currency, change, what the account holds then). Atoms."""


class Derived:
    """Companions of one state.

    What the entry last begun has moved, until the next one begins: `postings` are those of all its events in
    their order, `ends` says after each event how many there were so far, `first_id` is the number of the first
    one; the others follow. Whoever reads `charges` takes them out. `named` are the users and loans events have
    named since the watch last looked; `everybody` says a number of the exchange has changed since.
    """

    __slots__ = ("charges", "ends", "everybody", "first_id", "index_changes", "named", "postings")

    def __init__(self) -> None:
        self.charges: list[Charge] = []
        self.named: dict[Key, None] = {}
        self.everybody = False
        self.index_changes = 0
        """How often an index became another one; only differences mean anything."""
        self.begin()

    def begin(self) -> None:
        """A new entry: nothing has moved yet."""
        self.postings: list[Posting] = []
        self.ends: list[int] = []
        self.first_id = 0

    def end_event(self) -> None:
        """What was posted since the last call belongs to one event."""
        self.ends.append(len(self.postings))

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
