"""`tally` on a disk, clocks and with bugs under control: `python -m tests.torture.launch ARGUMENTS`.

A line of JSON on standard input asks for something, `{"do": "jump", "ms": -5000}`, and a line on standard output
answers it. Environment variables name a planted bug, say how far the wall clock is ahead and how many files may be
open. The product knows nothing of it: the file layer of SQLite and the functions of `time` are replaced before it is
imported.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
from collections.abc import Callable
from typing import Any

from tests.torture.disk import Faults, watched
from tests.torture.host_clock import HostClock

PLANT = "TORTURE_PLANT"
AHEAD = "TORTURE_AHEAD_MS"
FILES = "TORTURE_FILES"


def obey(orders: dict[str, Callable[..., Any]]) -> None:
    """One line after the other, until there are no more."""
    for line in sys.stdin:
        asked = json.loads(line)
        told = orders[asked.pop("do")](**asked)
        sys.stdout.write(json.dumps({"done": told}) + "\n")
        sys.stdout.flush()


def main() -> None:
    clock, faults = HostClock(), Faults()
    clock.jump(int(os.environ.get(AHEAD, 0)))
    clock.install()
    if files := int(os.environ.get(FILES, 0)):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    orders = {
        "jump": clock.jump,
        "suspend": clock.suspend,
        "fail": faults.fail,
        "hold": faults.hold,
        "let_go": faults.let_go,
        "seen": lambda: faults.seen,
    }
    if name := os.environ.get(PLANT):
        from tests.torture import plants

        plants.PLANTS[name]()
    from tallystick.cli.main import main as tally

    with watched(faults):
        threading.Thread(target=obey, args=(orders,), daemon=True).start()
        tally()


if __name__ == "__main__":
    main()
