"""The number of the form in which everything in a data folder is stored, and what leads to it from earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

FORMAT: Final = 8
"""Number of the format of tables, entries, states and rows together; it stands in the file (decisions/034)."""


Rewrite: TypeAlias = Callable[[bytes, bytes], tuple[bytes, bytes]]
"""An entry's (command, events), rewritten. It sees the entries of a journal in their order."""


def _as_they_are(command: bytes, events: bytes) -> tuple[bytes, bytes]:
    return command, events


class Step(NamedTuple):
    """From one format to the next: `entries` begins a journal, `genesis` rewrites the state before the first entry.

    `tables` is SQL that makes tables and indexes which the older format lacks. The functions raise ValueError,
    TypeError or LookupError for what the older format never held.
    """

    entries: Callable[[], Rewrite] = lambda: _as_they_are
    genesis: Callable[[str], str] = lambda state: state
    tables: str = ""


Steps: TypeAlias = Mapping[int, Step]
"""By the number each begins with."""
