"""A machine whose clocks are set by hand, and are as wrong as a test wants them."""

from __future__ import annotations

from tallystick.venue.clock import Machine


class HandMachine(Machine):
    """`pass_s` lets real time pass, `suspend_s` too but with the machine suspended; `set_wall` is somebody's hand.

    `step_ns` passes each time somebody looks at how long it has been running: work takes its time.
    """

    def __init__(self, wall_ms: int, step_ns: int = 0) -> None:
        self.wall = wall_ms
        self.boot_ns = 77_000_000_000
        self.awake_ns = 55_000_000_000
        self.step_ns = step_ns

    def wall_ms(self) -> int:
        return self.wall

    def since_boot_ns(self) -> int:
        return self.boot_ns

    def running_ns(self) -> int:
        self.awake_ns += self.step_ns
        return self.awake_ns

    def pass_s(self, seconds: float) -> None:
        self.suspend_s(seconds)
        self.awake_ns += round(seconds * 1_000_000_000)

    def suspend_s(self, seconds: float) -> None:
        self.wall += round(seconds * 1_000)
        self.boot_ns += round(seconds * 1_000_000_000)

    def set_wall(self, by_s: float) -> None:
        self.wall += round(by_s * 1_000)
