"""Digest of the API keys in the journal, against which the stored keys can be checked.

The journal does not hold the keys themselves. The digest is no part of the state: keys are random, and the same
commands must lead to the same state.
"""

from __future__ import annotations

from tallystick.engine.commands import NoteKeys
from tallystick.engine.events import KeysNoted
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies


def note_keys(work: Work, command: NoteKeys) -> None:
    """Note the digest of the keys. Rejects nothing. Emits: KeysNoted. Source: chosen (decisions/033)."""
    work.emit(KeysNoted(digest=command.digest))


@applies(KeysNoted)
def _keys_noted(state: State, stamp: Stamp, event: KeysNoted) -> None:
    """Leave the state as it is."""
