"""What hangs beside the state without being part of it: it follows from the state and is never encoded.

Two states that act alike hash alike, so nothing here may change what a command does. A state fresh from
its bytes begins with empty companions.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from tallystick.engine.state import State


class Posting(NamedTuple):
    """One balance that moved: `after` is what the account holds then. Atoms."""

    account: str
    ccy: str
    delta: int
    after: int


class Derived:
    """Companions of one state. Whoever reads `postings` takes them out (`take_postings`)."""

    __slots__ = ("index_changes", "postings")

    def __init__(self) -> None:
        self.postings: list[Posting] = []
        self.index_changes = 0
        """How often an index became another one; only differences mean anything."""

    def take_postings(self) -> list[Posting]:
        """Every posting since the last call, oldest first."""
        taken, self.postings = self.postings, []
        return taken


def of(state: State) -> Derived:
    """The companions of a state, made where there are none yet."""
    found = state.__dict__.get("derived")
    if found is None:
        found = state.__dict__["derived"] = Derived()
    return cast(Derived, found)
