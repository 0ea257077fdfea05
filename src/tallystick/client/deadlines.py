"""Deadlines of requests that tasks of one loop wait for, looked after by one timer for all of them.

A timer for each request, as libraries have it, costs a tenth of the request. A request may wait `LATE_S` beyond its
deadline: so often the timer looks.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tallystick.client.clock import monotonic
from tallystick.client.steps import LATE_S


class Deadlines:
    """Tasks that wait, each for one request, and until when (monotonic, s). A task that is late is cancelled once.

    The caller tells its own cancellation from that by what `end` returns.
    """

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Task[Any], tuple[float, int]] = {}
        """Deadline of each, and how often it was cancelled before."""
        self._late: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, deadline: float) -> asyncio.Task[Any]:
        """Let the current task wait until then."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is awaited in a task")
        if self._timer is None or loop is not self._loop:
            self._loop, self._timer = loop, loop.call_later(LATE_S, self._look)
        self._waiting[task] = (deadline, task.cancelling())
        return task

    def end(self, task: asyncio.Task[Any]) -> bool:
        """The task waits no more. True where it was late and nobody else has cancelled it."""
        _, before = self._waiting.pop(task)
        if task not in self._late:
            return False
        self._late.remove(task)
        return task.uncancel() <= before

    def _look(self) -> None:
        now = monotonic()
        for task, (deadline, _) in self._waiting.items():
            if now >= deadline and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = asyncio.get_running_loop().call_later(LATE_S, self._look) if self._waiting else None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
