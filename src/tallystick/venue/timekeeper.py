"""Timekeeper of a venue: tells the time, and puts the clock forward, doing everything due on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tallystick.venue.clock import Mode
from tallystick.venue.interfaces import Advancing, Overtaken, UnderWay
from tallystick.venue.line import Line
from tallystick.venue.sequencer import VenueHalted


class Timekeeper:
    """Timekeeper of a venue. One call at a time puts the clock forward; other requests have turns on the way."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._clock = line.clock
        self._moving = asyncio.Lock()
        self._moves = 0
        """Number of times the clock was set."""
        self._left_ms = 0
        """Time to which a caller put the clock who left before it was reached."""
        self.advancing: Advancing | None = None
        """The call that is putting the clock forward; None without one."""
        self._alone: set[asyncio.Task[None]] = set()
        """Advances that nobody waits for."""

    async def tell_ms(self) -> int:
        """Wait until the present may be told, and return it. Raises VenueHalted."""
        at_ms = self._line.now_ms()
        await self.tell(at_ms)
        return at_ms

    async def tell(self, at_ms: int) -> None:
        """Wait until a time may be told: then no later start can be at an earlier time. Raises VenueHalted."""
        telling = self.telling(at_ms)
        if telling is not None:
            await telling

    def telling(self, at_ms: int) -> asyncio.Future[None] | None:
        """Future that is done once a time may be told; None where it may, as at most requests. Raises VenueHalted."""
        if self._line.halted is None and not self._line.present.may_be_told(at_ms):
            return self._line.writer.durable()
        return None

    @property
    def clock(self) -> tuple[Mode, int]:
        """Mode and speed of the clock."""
        return self._clock.mode, self._clock.speed

    @property
    def hurries(self) -> bool:
        """True if time passes faster here than for clients: the clock is fast, or the venue catches up with it."""
        return self._clock.mode == "real" and (self._clock.speed > 1 or self._line.behind)

    def wait_s(self, at_ms: int) -> float | None:
        """Seconds of the machine's time until it is `at_ms` here; None if the clock stops before that."""
        return self._clock.wait_s(at_ms)

    async def set_clock(self, mode: Mode | None = None, speed: int | None = None, at_ms: int | None = None) -> int:
        """Freeze, free, speed up, or put forward to `at_ms`. Returns the new time.

        Mode and speed take effect at once, and calls on the way to a later time end where they are. With `at_ms` mode
        and speed wait for their turn, as `advance` does. Raises, before that, ValueError for an unknown mode or speed,
        or a time before the present or outside of a venue's lifetime; VenueHalted; Overtaken.
        """
        if at_ms is not None:
            return await self._forward(mode, speed, lambda now_ms: at_ms)
        self.put(mode, speed, await self._line.enter())
        return await self.arrive(self._line.now_ms())

    async def advance(
        self,
        *,
        by_ms: int | None = None,
        to_ms: int | None = None,
        to_next: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Put the clock forward and return when everything due until then is done and durable.

        Give one of `by_ms`, `to_ms` and `to_next` (the next tick of the engine: an hour of interest,
        a step of a repay). `progress` is told the time reached, now and then. Calls go one after the other; other
        requests have turns on the way, at the time reached. Raises ValueError at once, VenueHalted, Overtaken.
        """
        if (by_ms is not None) + (to_ms is not None) + to_next != 1:
            raise ValueError("give one of by_ms, to_ms and to_next")

        def target_ms(now_ms: int) -> int:
            return self._line.schedule.tick_ms if to_next else to_ms if to_ms is not None else now_ms + (by_ms or 0)

        return await self._forward(None, None, target_ms, progress)

    def require_standing(self) -> None:
        """Require that no other call is putting the clock forward. Raises UnderWay."""
        if self.advancing is not None:
            raise UnderWay(self._line.now_ms(), self.advancing.to_ms)

    async def set_out(self, *, by_ms: int | None = None, to_ms: int | None = None, to_next: bool = False) -> int:
        """Begin to put the clock forward, and return the present at once. Raises as `advance` does at once."""
        now_ms = await self._line.enter()
        target_ms = self._line.schedule.tick_ms if to_next else to_ms if to_ms is not None else now_ms + (by_ms or 0)
        await self._checked(None, None, lambda now_ms: target_ms)
        self.advancing = Advancing(now_ms, target_ms)
        task = asyncio.get_running_loop().create_task(self._go_alone(target_ms))
        self._alone.add(task)
        task.add_done_callback(self._alone.discard)
        await self.tell(now_ms)
        return now_ms

    async def _go_alone(self, to_ms: int) -> None:
        try:
            await self.advance(to_ms=to_ms)
        except (VenueHalted, Overtaken, ValueError):
            # Nobody waits: what stopped it is in the log, or another call has set the clock.
            return
        finally:
            self.advancing = None

    async def _forward(
        self,
        mode: Mode | None,
        speed: int | None,
        target_ms: Callable[[int], int],
        progress: Callable[[int], None] | None = None,
    ) -> int:
        # Time only gets later while others are on their way, so an impossible time is refused before their turns.
        await self._checked(mode, speed, target_ms)
        async with self._moving:
            await self._line.settle(lambda: self._left_ms)
            at_ms = await self._checked(mode, speed, target_ms)
            self.put(mode, speed, at_ms)
            self.advancing = self.advancing or Advancing(self._line.now_ms(), at_ms)
            try:
                return await self.arrive(at_ms, progress)
            finally:
                self.advancing = None

    async def _checked(self, mode: Mode | None, speed: int | None, target_ms: Callable[[int], int]) -> int:
        """Time to put the clock to. Raises ValueError: that time, the mode or the speed is impossible; VenueHalted."""
        now_ms = await self._line.enter()
        at_ms = target_ms(now_ms)
        try:
            return self._clock.checked(mode, speed, at_ms, now_ms)
        except ValueError:
            await self.tell(now_ms)
            raise

    def put(self, mode: Mode | None, speed: int | None, at_ms: int) -> None:
        self._clock.set(mode, speed, at_ms)
        self._moves += 1
        self._left_ms = 0

    async def arrive(self, at_ms: int, progress: Callable[[int], None] | None = None) -> int:
        """Do everything due until the time the clock was put to. Returns that time. Raises VenueHalted, Overtaken."""
        moves = self._moves

        def target_ms() -> int:
            if self._moves != moves:
                raise Overtaken(self._line.now_ms(), at_ms)
            return at_ms

        try:
            await self._line.settle(target_ms, progress)
        except VenueHalted:
            if self._line.leaving:
                # A caller that put the clock forward gets an error; a clock that went by itself stays where it is.
                self._clock.set(at_ms=self._line.now_ms())
            raise
        except asyncio.CancelledError:
            # The caller has gone: the venue catches up by itself, and waiting callers go on from there.
            self._left_ms = at_ms
            raise
        finally:
            self._line.arm()
        now_ms = max(at_ms, self._line.state.at_ms)
        self._line.present.keep(self._line.now_ms())
        await self._line.writer.wait()
        if self._line.listener is not None:
            self._line.listener.clock_moved()
        return now_ms
