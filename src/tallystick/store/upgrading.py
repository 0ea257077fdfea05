"""Rewriting of a journal from an earlier format to the present one, whatever store it stands in."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.store.api import Entry, JournalDamaged, OtherVersion, genesis_hash, is_sealed, seal
from tallystick.store.format import FORMAT, Step, Steps


def way_from(version: int, steps: Steps) -> list[Step] | None:
    """Steps from a format to the present one; None where one is missing."""
    numbers = range(version, FORMAT)
    return [steps[number] for number in numbers] if all(number in steps for number in numbers) else None


class Rewriting:
    """One journal on its way: `genesis` is the state it starts from, rewritten. Raises OtherVersion."""

    def __init__(self, genesis: str, way: Sequence[Step]) -> None:
        self.genesis = _rewritten(genesis, way)
        self._before, self._after = genesis_hash(genesis), genesis_hash(self.genesis)
        self._rewrites = [step.entries() for step in way]
        self._seq = 0

    def entry(self, old: Entry) -> Entry:
        """The next entry, held against the chain it stands in, rewritten, and sealed in the new chain.

        Raises JournalDamaged; OtherVersion: it holds what its format never had.
        """
        self._seq += 1
        if old.seq != self._seq or not is_sealed(self._before, old):
            raise JournalDamaged(self._seq, "hash mismatch, so it was not brought to another format")
        command, events = old.command, old.events
        try:
            for rewrite in self._rewrites:
                command, events = rewrite(command, events)
        except (ValueError, TypeError, LookupError) as error:
            raise OtherVersion(f"entry {self._seq}: {error}") from error
        new = seal(self._after, self._seq, old.at_ms, command, events)
        self._before, self._after = old.hash, new.hash
        return new


def _rewritten(genesis: str, way: Sequence[Step]) -> str:
    try:
        for step in way:
            genesis = step.genesis(genesis)
    except (ValueError, TypeError, LookupError) as error:
        raise OtherVersion(f"the state it starts from: {error}") from error
    return genesis
