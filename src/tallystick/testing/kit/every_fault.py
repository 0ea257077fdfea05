"""Every fault, by itself: a function is called once for each pair of request and fault, each from one snapshot."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Struct

from tallystick.client.errors import LeverRefused
from tallystick.testing.kit import clients, money
from tallystick.testing.kit.money import Moved, Standing
from tallystick.testing.kit.text import counted
from tallystick.venue.clock import stopwatch

if TYPE_CHECKING:
    from tallystick.testing.kit.served import Heard
    from tallystick.testing.kit.tally import Tally

TRANSPORT = (
    "drop-before-commit",
    "drop-after-commit",
    "delay",
    "cut-body",
    "double-delivery",
    "reset",
    "html-502",
    "http-503",
    "empty-200",
    "429",
    "50004-done",
    "50004-not-done",
)
"""Faults that are tried unless others are named."""
QUICK: Mapping[str, Mapping[str, Any]] = {"delay": {"ms": 50}}
"""Parameters of faults that would take long with their own."""
SNAPSHOT = "every-fault"
RUNS_MAX = 2_000
CALLED: tuple[type[BaseException], ...] = (Exception, pytest.fail.Exception)
"""Failures of a function that is called; anything else ends the test."""


class Request(Struct, frozen=True):
    """A request of the run without faults: the operation, and the number of the request among those for it."""

    operation: str
    nth: int

    def __str__(self) -> str:
        return f"{self.operation} #{self.nth}"


class Result(Struct, frozen=True):
    """What came of one pair: why it failed, each reason a line, and whether the fault was met."""

    request: Request
    fault: str
    reasons: tuple[str, ...]
    fired: bool

    @property
    def pair(self) -> str:
        return f"{self.request} with {self.fault}"


class EveryFault:
    """The runs of one function. `results` are those so far, by request in their order, then by fault."""

    def __init__(
        self,
        tally: Tally,
        heard: deque[Heard],
        name: str,
        faults: Sequence[str],
        operations: Sequence[str] | None,
    ) -> None:
        self.tally = tally
        self.heard = heard
        self.name = name
        self.faults = tuple(faults)
        self.operations = operations
        self.results: list[Result] = []
        self.requests: list[Request] = []
        self.problem: BaseException | None = None
        """Failure of the run that has just ended."""
        self.seconds = 0.0

    def call(self, function: Callable[[], object]) -> None:
        """Call the function for each pair. Raises AssertionError with a line for each pair that failed."""
        with closing(self._runs()) as runs:
            for _ in runs:
                kept = len(self.tally.made)
                self.problem = _problem_of(function)
                clients.end_now(self.tally.ends(kept))

    async def await_each(self, function: Callable[[], Awaitable[object]]) -> None:
        """Await the function for each pair, as `call` calls it."""
        with closing(self._runs()) as runs:
            for _ in runs:
                kept = len(self.tally.made)
                self.problem = await _problem_of_async(function)
                await clients.end_all(self.tally.ends(kept))

    # ---- one after the other

    def _runs(self) -> Generator[None, None, None]:
        """Prepare each run, wait until it ended with `problem`, and judge it. The venue is left as it was."""
        began = stopwatch()
        tally = self.tally
        tally.snapshot(SNAPSHOT)
        try:
            before, seq = money.standing(tally), tally.seq
            self.heard.clear()
            yield
            if self.problem is not None:
                raise AssertionError(f"{self.name} fails without any fault: {_said(self.problem)}") from self.problem
            clean = money.moved(tally, before, seq)
            self.requests = self._requests()
            asked_in_peace = tuple(self.heard)
            for request in self.requests:
                for fault in self.faults:
                    tally.restore(SNAPSHOT)
                    rule = tally.fault(request.operation, fault, nth=request.nth, **QUICK.get(fault, {}))
                    self.heard.clear()
                    yield
                    reasons = [] if self.problem is None else [_said(self.problem)]
                    reasons += self._money(before, seq, clean)
                    result = Result(request, fault, tuple(reasons), rule.fired > 0)
                    self.results.append(result)
                    if reasons:
                        tally.failed_runs[result.pair] = tuple(self.heard)
            self.heard.clear()
            self.heard.extend(asked_in_peace)
        finally:
            tally.restore(SNAPSHOT)
            tally.forget(SNAPSHOT)
        self.seconds = stopwatch() - began
        self._conclude()

    def _requests(self) -> list[Request]:
        """Requests of the run that has just ended, in their order. Raises AssertionError: none, or too many runs."""
        counts: Counter[str] = Counter()
        found = []
        for heard in self.heard:
            if name := heard.operation:
                counts[name] += 1
                found.append(Request(name, counts[name]))
        if self.operations is not None:
            if unasked := [name for name in self.operations if name not in counts]:
                asked = ", ".join(counts) or "nothing"
                raise AssertionError(f"{self.name} does not ask {', '.join(unasked)}; it asks {asked}")
            found = [request for request in found if request.operation in self.operations]
        if not found:
            raise AssertionError(f"{self.name} sends no request to {self.tally.url}: is it aimed elsewhere?")
        if len(found) * len(self.faults) > RUNS_MAX:
            raise AssertionError(
                f"{counted(len(found), 'request')} x {counted(len(self.faults), 'fault')} are more than {RUNS_MAX} "
                "runs: name some of them, with requests= and faults="
            )
        return found

    def _money(self, before: Standing, seq: int, clean: Moved) -> list[str]:
        moves = money.moved(self.tally, before, seq)
        return money.complaints(before, moves, money.standing(self.tally), clean)

    # ---- what came of it

    def _conclude(self) -> None:
        print(self.matrix())
        failed = [result for result in self.results if result.reasons]
        if failed:
            lines = [f"{result.pair}: {reason}" for result in failed for reason in result.reasons]
            raise AssertionError("\n".join([f"{self.name} fails under {len(failed)} of its faults", *lines]))

    def matrix(self) -> str:
        """Table of all pairs: `ok`, `FAIL`, or `-` where the fault was never met."""
        asked, faults, runs = len(self.requests), len(self.faults), len(self.results)
        size = f"{counted(asked, 'request')} x {counted(faults, 'fault')}, {counted(runs, 'run')}"
        size += f" in {self.seconds:.1f} s"
        numbers = range(1, len(self.requests) + 1)
        wide = max(len(fault) for fault in self.faults)
        of_pair = {(result.request, result.fault): result for result in self.results}
        lines = [f"{self.name}: {size}"]
        lines += [f"  {number}  {request}" for number, request in zip(numbers, self.requests, strict=True)]
        lines.append(f"{'':{wide}}" + "".join(f"{number:>6}" for number in numbers))
        for fault in self.faults:
            marks = (_mark(of_pair[request, fault]) for request in self.requests)
            lines.append(f"{fault:{wide}}" + "".join(f"{mark:>6}" for mark in marks))
        return "\n".join(lines)


def _mark(result: Result) -> str:
    return "FAIL" if result.reasons else "ok" if result.fired else "-"


def _said(problem: BaseException) -> str:
    lines = str(problem).strip().splitlines()
    return f"{type(problem).__name__}: {lines[0] if lines else ''}".rstrip(": ")


def _problem_of(function: Callable[[], object]) -> BaseException | None:
    try:
        function()
    except LeverRefused:
        raise
    except CALLED as problem:
        return problem
    return None


async def _problem_of_async(function: Callable[[], Awaitable[object]]) -> BaseException | None:
    try:
        await function()
    except LeverRefused:
        raise
    except CALLED as problem:
        return problem
    return None
