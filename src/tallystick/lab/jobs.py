"""Jobs of a run: ranges of paths, done in this process or in several, and work beside that of this process.

A worker is a process that is begun anew, with the book, the model and the horizon; it imports nothing of its caller.
The bytes of a path are the same wherever it is done. A worker that dies ends the run with its range and exit code.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from tallystick.engine import core
from tallystick.lab import world
from tallystick.lab.account_lives import AccountLives
from tallystick.lab.book import Book
from tallystick.lab.lives import Lives
from tallystick.lab.models import BadModel, Model
from tallystick.lab.naming import model_of
from tallystick.lab.records import line_of
from tallystick.lab.sweeping import varied
from tallystick.store.api import StoreError

THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Numbers of threads that libraries below numpy read when they are loaded: a worker needs one."""
STOP_SECONDS: Final = 5.0


class LabFailed(Exception):
    """Error of a run that cannot go on. The text says which paths were under way, and what is kept."""


class Task(Struct, frozen=True, kw_only=True):
    """Everything that decides a path: the state of the book, the model by its `told`, the seed and the horizon.

    With `engine` the real engine plays each path hour by hour; `first_events` and `alone` are those of
    `account_lives.AccountLives`.
    """

    state: bytes
    model: dict[str, str]
    markets: str
    seed: int
    hours: int
    points: int
    engine: bool = False
    first_events: bool = False
    alone: bool = False
    variant: dict[str, str] = {}
    """Parts of the book that are varied, see `sweeping`."""


class Part(Struct, frozen=True, kw_only=True):
    """Lines of the paths from `first` to before `end`.

    `looked` counts the pairs of a loan and an hour that were judged singly, `decided` those in whole numbers.
    """

    first: int
    end: int
    lines: list[bytes]
    looked: int
    decided: int


class Worker:
    """Maker of parts of one task."""

    def __init__(self, task: Task, book: Book | None = None, model: Model | None = None) -> None:
        book = varied(book or Book(core.decode_state(task.state)), task.variant)
        model = model or model_of(task.model, Path(task.markets))
        self._path = model.paths(book, task.seed, task.hours, task.points)
        self._engine = task.engine
        self._lives = Lives(book, task.hours, task.points, first_events=task.first_events)
        self._accounts = AccountLives(book, task.hours, task.points, first_events=task.first_events, alone=task.alone)

    def part(self, first: int, end: int) -> Part:
        """Do the paths of a range. Raises BadModel."""
        numbers = range(first, end)
        if self._engine:
            played = (self._played(path) for path in numbers)
            return Part(first=first, end=end, lines=list(played), looked=0, decided=0)
        looked, decided = self._counts()
        paths = [self._path(path) for path in numbers]
        lives = self._lives.over(paths)
        lines = [
            line_of(path, told, self._accounts.on(steps))
            for path, steps, told in zip(numbers, paths, lives, strict=True)
        ]
        looked_after, decided_after = self._counts()
        return Part(first=first, end=end, lines=lines, looked=looked_after - looked, decided=decided_after - decided)

    def _played(self, path: int) -> bytes:
        lived = world.lives(self._lives.book, self._path(path), self._lives.moments)
        return line_of(path, lived.loans, lived.accounts)

    def _counts(self) -> tuple[int, int]:
        lives, accounts = self._lives, self._accounts
        return lives.screen.looked + accounts.screen.looked, lives.decided + accounts.decided


def here(worker: Worker, ranges: Sequence[tuple[int, int]]) -> Iterator[Part]:
    """Do all ranges in this process, in order."""
    for first, end in ranges:
        yield worker.part(first, end)


def apart(task: Task, ranges: Sequence[tuple[int, int]], workers: int) -> Iterator[Part]:
    """Do all ranges in `workers` processes; parts come as they are ready. Raises LabFailed, BadModel."""
    waiting = list(reversed(ranges))
    mates = _begun(min(workers, len(waiting)), _work, task)
    try:
        for mate in mates:
            mate.give(waiting.pop())
        while busy := [mate for mate in mates if mate.range is not None]:
            ready = wait([mate.pipe for mate in busy])
            for mate in busy:
                if mate.pipe in ready:
                    part = mate.part()
                    # Before the caller keeps the part, which takes a while: nobody waits for that.
                    if waiting:
                        mate.give(waiting.pop())
                    yield part
    finally:
        _stop(mates)


@contextmanager
def beside(name: str, work: Callable[..., None], *given: object) -> Iterator[Callable[[], None]]:
    """Let another process do some work during a block, which calls what it is given to wait for the end of the work.

    To wait raises LabFailed, OSError, StoreError: those of the work, or LabFailed with its `name` if the process dies.
    """
    mates = _begun(1, _do, name, work, given)
    try:
        yield partial(mates[0].take, name)
    finally:
        _stop(mates)


class _Mate:
    """Process that is begun, the end of the pipe to it, and the range it does."""

    def __init__(self, process: SpawnProcess, pipe: Connection) -> None:
        self.process = process
        self.pipe = pipe
        self.range: tuple[int, int] | None = None

    def give(self, some: tuple[int, int]) -> None:
        self.range = some
        with suppress(OSError):
            self.pipe.send(some)

    def part(self) -> Part:
        """Take the part of the range. Raises LabFailed, BadModel."""
        first, end = self.range or (0, 0)
        part: Part = self.take(f"the worker of paths {first} to {end - 1}")
        self.range = None
        return part

    def take(self, name: str) -> Any:
        """Wait for what the process sends next, and take it; what is an error is raised. Raises LabFailed: it died."""
        try:
            found = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(STOP_SECONDS)
            raise LabFailed(f"{name} ended with exit code {self.process.exitcode}") from None
        if isinstance(found, Exception):
            raise found
        return found


def _begun(size: int, life: Callable[..., None], *given: object) -> list[_Mate]:
    """Begin so many processes, each of which lives with the other end of its pipe and what is given."""
    context = get_context("spawn")
    mates: list[_Mate] = []
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    # Ctrl-C is for the caller: a process begins with it held back, and the caller hears of it afterwards.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        for _ in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_live, args=(life, theirs), daemon=True)
            process.start()
            theirs.close()
            mates.append(_Mate(process, ours))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    # A pipe that is full makes its writer wait until the process reads: by now all of them are being loaded.
    for mate in mates:
        with suppress(OSError):
            mate.pipe.send(given)
    return mates


def _stop(mates: Sequence[_Mate]) -> None:
    for mate in mates:
        mate.pipe.close()
        mate.process.terminate()
    for mate in mates:
        mate.process.join(STOP_SECONDS)
        if mate.process.is_alive():
            mate.process.kill()
            mate.process.join()


def _live(life: Callable[..., None], pipe: Connection) -> None:
    try:
        given = pipe.recv()
    except (EOFError, OSError):
        return
    life(pipe, *given)


def _work(pipe: Connection, task: Task) -> None:
    """Life of a worker: it does the ranges it is sent until the pipe closes."""
    try:
        worker = Worker(task)
        while True:
            pipe.send(worker.part(*pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    except BadModel as problem:
        pipe.send(problem)
    except Exception as bug:
        pipe.send(LabFailed(f"a worker failed: {bug!r}"))


def _do(pipe: Connection, name: str, work: Callable[..., None], given: Sequence[object]) -> None:
    """Life of a process that does one piece of work, and sends what goes wrong or None."""
    found: Exception | None = None
    try:
        work(*given)
    except (LabFailed, OSError, StoreError) as problem:
        found = problem
    except Exception as bug:
        found = LabFailed(f"{name} failed: {bug!r}")
    with suppress(OSError):
        pipe.send(found)
