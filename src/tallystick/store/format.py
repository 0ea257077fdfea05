"""The number of the form in which everything in a data folder is stored, and what leads to it from earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

FORMAT: Final = 3
"""Number of the format of tables, entries, states and rows together; it stands in the file (decisions/034)."""


class Step(NamedTuple):
    """From one format to the next: an entry's (command, events) and the state before the first entry, rewritten.

    `tables` is SQL that makes tables and indexes which the older format lacks.

    Raises ValueError, TypeError or LookupError for what the older format never held.
    """

    entry: Callable[[bytes, bytes], tuple[bytes, bytes]] = lambda command, events: (command, events)
    genesis: Callable[[str], str] = lambda state: state
    tables: str = ""


Steps: TypeAlias = Mapping[int, Step]
"""By the number each begins with."""
