"""What the journal says of the API keys, which it does not hold: a digest, against which what is kept can be held.

It is a fact about what lies beside the journal and no part of the state: keys are random, and the same commands
are to lead to the same state.
"""

from __future__ import annotations

from tallystick.engine.commands import NoteKeys
from tallystick.engine.events import KeysNoted
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies


def note_keys(work: Work, command: NoteKeys) -> None:
    """Note which keys there are. Rejects nothing. Emits: KeysNoted. Source: chosen (decisions/033)."""
    work.emit(KeysNoted(digest=command.digest))


@applies(KeysNoted)
def _keys_noted(state: State, stamp: Stamp, event: KeysNoted) -> None:
    """Nothing of the state moves."""
