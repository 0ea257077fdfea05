"""Forks: a child lets go of the connections, locks and files that its parent goes on using."""

from __future__ import annotations

import os
from typing import Final, Protocol
from weakref import WeakSet


class Forked(Protocol):
    """Holder of things that a process and its child must not share."""

    def after_fork(self) -> None:
        """Let go of them, in the child."""


_held: Final[WeakSet[Forked]] = WeakSet()


def watch(holder: Forked) -> None:
    """Have a holder told of every fork, in the child, as long as it lives."""
    _held.add(holder)


def _in_child() -> None:
    for holder in list(_held):
        holder.after_fork()


os.register_at_fork(after_in_child=_in_child)
