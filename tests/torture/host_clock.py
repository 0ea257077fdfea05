"""The clocks of a machine, under control: they go on by themselves, and can be set or put to sleep."""

from __future__ import annotations

import time

_CLOCKS = {"wall": ("CLOCK_REALTIME", "CLOCK_TAI"), "boot": ("CLOCK_BOOTTIME",)}


class HostClock:
    """`jump` sets the wall clock, as a person or NTP does. `suspend` lets time go by of which the monotonic clock knows
    nothing, as a lid that is closed does. In force for whoever calls the module `time` after `install`."""

    def __init__(self) -> None:
        self._ahead_ns = {"wall": 0, "boot": 0}
        self._of = {getattr(time, name): kind for kind, names in _CLOCKS.items() for name in names}

    def jump(self, ms: int) -> None:
        self._ahead_ns["wall"] += ms * 1_000_000

    def suspend(self, ms: int) -> None:
        self._ahead_ns["wall"] += ms * 1_000_000
        self._ahead_ns["boot"] += ms * 1_000_000

    def install(self) -> None:
        time_ns, clock_gettime_ns, ahead = time.time_ns, time.clock_gettime_ns, self._ahead_ns

        def wall_ns() -> int:
            return time_ns() + ahead["wall"]

        def clock_ns(which: int) -> int:
            kind = self._of.get(which)
            return clock_gettime_ns(which) + (ahead[kind] if kind else 0)

        time.time_ns = wall_ns
        time.time = lambda: wall_ns() / 1e9
        time.clock_gettime_ns = clock_ns
        time.clock_gettime = lambda which: clock_ns(which) / 1e9
