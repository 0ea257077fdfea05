"""Answers that hang on the state alone, kept until it changes: who asks for one again gets the same bytes.

Clients poll settings and lists of instruments, and most often nothing has happened in between. A view says that it is
`steady`; any entry of the journal ends all that is kept. Source: chosen.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from tallystick.engine.state import State
from tallystick.store.api import KeyRecord

Asked: TypeAlias = tuple[str, str, bytes]
"""Endpoint, key and query as it came."""
BYTES_MAX: Final = 4 * 2**20
"""Bytes of queries and answers that are kept; with one answer more all others are dropped."""
ANSWER_BYTES: Final = 500
"""Bytes that an answer takes beside those of its query and its body, about."""


class SteadyAnswers:
    """Answers from one state."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._state: State | None = None
        self._seq = 0
        self._bytes = 0
        self._bodies: dict[Asked, tuple[KeyRecord | None, bytes]] = {}

    def __len__(self) -> int:
        return len(self._bodies)

    def find(self, state: State, asked: Asked, key: KeyRecord | None) -> bytes | None:
        """Body of the answer from this very state to this very key; None where it is not kept."""
        if state is not self._state or state.seq != self._seq:
            self._state, self._seq = state, state.seq
            self._clear()
            return None
        found = self._bodies.get(asked)
        return found[1] if found is not None and found[0] is key else None

    def keep(self, asked: Asked, key: KeyRecord | None, body: bytes) -> None:
        """Keep an answer from the state of the last `find`."""
        size = ANSWER_BYTES + len(asked[2]) + len(body)
        if self._bytes + size > self._bytes_max:
            self._clear()
        if size <= self._bytes_max:
            self._bodies[asked] = key, body
            self._bytes += size

    def _clear(self) -> None:
        self._bodies.clear()
        self._bytes = 0
