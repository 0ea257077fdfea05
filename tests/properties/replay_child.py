"""Plays one run in a process of its own and prints what it came to.

Arguments: seed, steps, and for a planted bug the function, its text and the new text.
"""

from __future__ import annotations

import hashlib
import sys

import msgspec
import pytest

from tallystick.engine import core
from tests.properties.planting import plant
from tests.properties.workload import played

if __name__ == "__main__":
    if len(sys.argv) > 3:
        plant(pytest.MonkeyPatch(), *sys.argv[3:6])
    run = played(int(sys.argv[1]), int(sys.argv[2]))
    journal = hashlib.sha256(msgspec.json.encode(run.entries)).hexdigest()
    print(core.state_hash(run.state), hashlib.sha256(core.encode_state(run.state)).hexdigest(), journal)
