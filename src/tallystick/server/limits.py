"""Rate limits as declared, on the venue's clock. The module itself reads no clock and no network.

A window is half open: in every interval [t, t + period) at most `requests` pass, for any t.
That is the strictest reading of "N requests per P"; the algorithm of the exchange itself is not
documented, so this one is chosen. A refused request does not count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol


class Rate(Protocol):
    """The part of `contract.core.Limit` that a window needs."""

    @property
    def requests(self) -> int: ...
    @property
    def period_ms(self) -> int: ...


KEYS_MAX = 10_000
"""Cap on counters: above it idle ones are dropped, and of the others all but the newest, twice this number."""


def parse_generosity(text: str) -> int:
    """Factor of requests per window: `exact` is 1, `off` is 0 (no limits), N is N. Raises ValueError otherwise."""
    if text == "exact":
        return 1
    if text == "off":
        return 0
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000_000:
        return int(text)
    raise ValueError(f"limits must be exact, off or a whole number of at least 1, not {text!r}")


class Window:
    """Times (ms) of the last requests that passed under one limit for one caller."""

    __slots__ = ("passed", "period_ms", "requests")

    def __init__(self, requests: int, period_ms: int) -> None:
        self.requests = requests
        self.period_ms = period_ms
        self.passed: deque[int] = deque(maxlen=requests)

    def admits(self, now_ms: int, count: int = 1) -> bool:
        """True if `count` more requests may pass now. Changes nothing."""
        over = len(self.passed) + count - self.requests
        if over <= 0:
            return True
        return count <= self.requests and now_ms - self.passed[over - 1] >= self.period_ms

    def free_in_ms(self, now_ms: int) -> int:
        """Time until one more request may pass."""
        over = len(self.passed) + 1 - self.requests
        return 0 if over <= 0 else max(0, self.passed[over - 1] + self.period_ms - now_ms)

    def idle(self, now_ms: int) -> bool:
        return not self.passed or now_ms - self.passed[-1] >= self.period_ms


class Limiter:
    """Counters of a server. `generosity` 0 switches them off."""

    def __init__(self, generosity: int = 1) -> None:
        self.generosity = generosity
        self.windows: dict[tuple[object, ...], Window] = {}
        self.crowded = KEYS_MAX
        self.over: Window | None = None
        """Window that refused last."""

    def admit(self, key: tuple[object, ...], rate: Rate, now_ms: int) -> bool:
        """Count one request of `key` (endpoint, caller, ...) now, or refuse it and count nothing."""
        if not self.generosity:
            return True
        window = self.window(key, rate, now_ms)
        if not window.admits(now_ms):
            self.over = window
            return False
        window.passed.append(now_ms)
        return True

    def admit_all(self, counted: Sequence[tuple[tuple[object, ...], Rate]], now_ms: int) -> bool:
        """Count a request under several limits, as `admit` does: it passes all of them, or none counts it."""
        return self.admit_many([(key, rate, 1) for key, rate in counted], now_ms)

    def admit_many(self, counted: Sequence[tuple[tuple[object, ...], Rate, int]], now_ms: int) -> bool:
        """Count (key, rate, number of requests) under several limits, as `admit_all` does. No two keys are equal."""
        if not self.generosity:
            return True
        windows = [(self.window(key, rate, now_ms), count) for key, rate, count in counted]
        self.over = next((window for window, count in windows if not window.admits(now_ms, count)), None)
        if self.over is not None:
            return False
        for window, count in windows:
            window.passed.extend([now_ms] * count)
        return True

    def window(self, key: tuple[object, ...], rate: Rate, now_ms: int) -> Window:
        window = self.windows.get(key)
        if window is None:
            if len(self.windows) >= self.crowded:
                self.make_room(now_ms)
            window = self.windows[key] = Window(rate.requests * self.generosity, rate.period_ms)
        return window

    def make_room(self, now_ms: int) -> None:
        """Drop idle counters; where none is idle, as under a stopped clock, the oldest ones.

        So a client that asks with ever new keys neither fills the memory nor makes each request search all of them.
        """
        self.windows = {key: window for key, window in self.windows.items() if not window.idle(now_ms)}
        for key in list(self.windows)[: -2 * KEYS_MAX]:
            del self.windows[key]
        self.crowded = max(KEYS_MAX, len(self.windows) + KEYS_MAX // 2)

    def clear(self) -> None:
        """Drop all counters, after the venue was reset or its clock was set anew."""
        self.windows.clear()
