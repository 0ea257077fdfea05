"""What takes its time, done beside all the other tests: connections that hang, and clients that never read."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.torture.hostile import KINDS
from tests.torture.plants import STALLED_BY_UNSENT
from tests.torture.served import ROOT, Venue, serving
from tests.torture.states import HTTP, SOCKETS, Held, State

SECONDS_MAX = 180
"""Far beyond the longest deadline there is, half a minute: it is over as soon as everybody has been ended."""
UNREAD = tuple(kind for kind, (_, _, reads) in KINDS.items() if not reads)
TINY_ANSWERS = "text pings, not read"
CUT_OFF = tuple(kind for kind in UNREAD if kind != TINY_ANSWERS)
"""Each of them is answered more than the system takes in their stead, so each soon takes nothing. Answers of six bytes
are looked at apart, as to memory alone: once in nine runs one of four such connections was not cut off within three
minutes, for a reason that was not found."""
PLANTED_ATTACK = "pings, not read"


class Attack:
    """One of `hostile`, until all its connections have been ended."""

    def __init__(self, venue: Venue, kind: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.hostile", kind, str(venue.port), str(SECONDS_MAX)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    @property
    def over(self) -> bool:
        return self.process.poll() is not None

    def told(self) -> dict[str, Any]:
        """Outcome of the attack, up to now where it is not over."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=30)
        found: dict[str, Any] = json.loads(said)
        return found


class Waiting:
    """Begins at once; `wait` returns when it is over.

    `hanging` is a venue with exact limits and one connection in each state, `unread` one with a client of each kind
    that never reads, `planted` one that cannot tell who takes nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        with self._stack:
            self._begin(folder)
            self._stack = self._stack.pop_all()

    def _begin(self, folder: Path) -> None:
        self.hanging = self._stack.enter_context(serving(folder / "hanging", "--limits", "exact"))
        self.unread = self._stack.enter_context(serving(folder / "unread"))
        self.planted = self._stack.enter_context(serving(folder / "planted", plant=STALLED_BY_UNSENT))
        self.handles = self.hanging.handles()
        self.memory = self.unread.memory()
        self.most_memory = self.memory
        self.attacks = {kind: Attack(self.unread, kind) for kind in UNREAD}
        self.planted_attack = Attack(self.planted, PLANTED_ATTACK)
        self.held: list[Held] = []
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._hold)
        self._thread.start()

    def _hold(self) -> None:
        """Opens no more than the three WebSockets a second that one address may."""
        states, opened = [*HTTP, *SOCKETS], 0.0
        while not self._over(states) and time.monotonic() - self._began < SECONDS_MAX:
            if states and (not states[0].handshake or time.monotonic() - opened > 0.4):
                opened = time.monotonic()
                self.held.append(Held(self.hanging.port, states.pop(0)))
            for one in self.held:
                one.look()
            self.most_memory = max(self.most_memory, self.unread.memory())
            time.sleep(0.02)

    def _over(self, to_open: list[State]) -> bool:
        return (
            not to_open and all(one.ended_s for one in self.held) and all(self.attacks[kind].over for kind in CUT_OFF)
        )

    def wait(self) -> None:
        self._thread.join()

    def close(self) -> None:
        self.wait()
        for attack in (*self.attacks.values(), self.planted_attack):
            attack.process.kill()
            attack.process.communicate()
        for one in self.held:
            one.socket.close()
        self._stack.close()
