"""Trials of mutants: a plugin of pytest that collects the tests once and forks for each mutant.

A child runs the tests that reach the changed function, those that caught its neighbours first, then the quick ones,
and ends at the first failure. It is this that makes a mutant cost a tenth of a second instead of a start of pytest.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.mutants import switch

ASKED = "trials.json"
REACHED = "reached.json"
NONE = ""
SLOW_S = 0.3
"""CPU time above which a test is left out: a handful of tests would take most of what a survivor costs."""
MEMORY_BYTES = 4 << 30
caught: list[str] = []
"""Tests that have failed in this process."""


class Test(NamedTuple):
    """`took_s` is CPU time; `lines` are those of the money core that it reaches, as module:line.

    `case` counts the cases of one function of tests: the first of each tells more than the second of another.
    """

    item: pytest.Item
    case: int
    took_s: float
    lines: frozenset[str]


class Mutant(NamedTuple):
    """A mutant changes a statement, which stands on `lines` of the code as it is, to `change`: lines out and in."""

    name: str
    function: str
    lines: frozenset[str]
    change: tuple[str, ...] = ()


class Trial(NamedTuple):
    """A mutant that a child is tried on; what fails is told through `pipe`."""

    mutant: Mutant
    pipe: int
    began: float


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
        caught.append(f"{call.excinfo.typename}: {call.excinfo.value}"[:200])


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed:
        raise session.Failed("the tests cannot be collected")
    asked = json.loads(Path(ASKED).read_text(encoding="utf-8"))
    switch.all_off()
    tests = reached(session.items, asked["modules"])
    with Path(asked["told_in"]).open("a", encoding="utf-8") as told:
        for found in tried(asked, tests):
            told.write(json.dumps(found) + "\n")
            told.flush()
    return True


def run(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Run one test; whether it passes."""
    del caught[:]
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return not caught


def reached(items: list[pytest.Item], modules: dict[str, str]) -> list[Test]:
    """Run all tests once on the code as it is, in a child so that nothing of it stays; those that are quick."""
    child = os.fork()
    if child == 0:
        os._exit(0 if learn(items, modules) else 1)
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit(f"the tests fail without a mutant: {Path(REACHED).read_text(encoding='utf-8')}")
    found = json.loads(Path(REACHED).read_text(encoding="utf-8"))
    cases: Counter[str] = Counter()
    quick = []
    for item, (took_s, lines) in zip(items, found, strict=True):
        name = item.nodeid.partition("[")[0]
        if took_s <= SLOW_S:
            quick.append(Test(item, cases[name], took_s, frozenset(lines)))
        cases[name] += 1
    child, control = started(Mutant(NONE, "", frozenset()), quick)
    status = os.waitpid(child, 0)[1]
    if became(status) != "survived":
        with os.fdopen(control.pipe, "rb") as pipe:
            raise SystemExit(f"a child fails without a mutant: {status} {pipe.read().decode()}")
    return quick


def learn(items: list[pytest.Item], modules: dict[str, str]) -> bool:
    """Write down what each test takes, and which tests reach each line; whether all pass, else the one that fails.

    `modules` are the files of the money core by their names.
    """
    # Only this needs it: tests of the rest run without what `make mutants` installs.
    import coverage

    watch = coverage.Coverage(data_file=None, config_file=False, include=list(modules.values()))
    watch.start()
    took = []
    for number, (item, following) in enumerate(zip(items, [*items[1:], None], strict=True)):
        watch.switch_context(str(number))
        began = time.process_time()
        if not run(item, following):
            Path(REACHED).write_text(f"{item.nodeid}: {caught}", encoding="utf-8")
            return False
        took.append(time.process_time() - began)
    watch.stop()
    lines: list[list[str]] = [[] for _ in items]
    for module, path in modules.items():
        for line, contexts in watch.get_data().contexts_by_lineno(path).items():
            for context in filter(None, contexts):
                lines[int(context)].append(f"{module}:{line}")
    Path(REACHED).write_text(json.dumps(list(zip(took, lines, strict=True))), encoding="utf-8")
    return True


def tried(asked: Mapping[str, Any], tests: list[Test]) -> Iterator[dict[str, Any]]:
    """Yield what became of each mutant, in the order in which they end, until the time is over."""
    waiting = [
        Mutant(name, function, frozenset(lines), tuple(change))
        for name, function, lines, change in reversed(asked["mutants"])
    ]
    running: dict[int, Trial] = {}
    kills: dict[str, Counter[str]] = {}
    gc.freeze()
    while running or (waiting and time.monotonic() < asked["until"]):
        while waiting and len(running) < asked["jobs"] and time.monotonic() < asked["until"]:
            mutant = waiting.pop()
            near = [test for test in tests if test.lines & mutant.lines]
            order = ordered(near, mutant, kills.setdefault(mutant.function, Counter()))
            pid, trial = started(mutant, order)
            running[pid] = trial
        pid, status = os.wait()
        trial = running.pop(pid)
        with os.fdopen(trial.pipe, "rb") as pipe:
            by = pipe.read().decode()
        kills[trial.mutant.function][by] += 1
        yield {
            "mutant": trial.mutant.name,
            "change": trial.mutant.change,
            "became": became(status),
            "by": by,
            "took_s": time.monotonic() - trial.began,
        }


def ordered(tests: list[Test], mutant: Mutant, kills: Counter[str]) -> list[Test]:
    """The order in which tests are run on a mutant.

    First those that caught most of the function's mutants for their time, then first cases of the module's file.
    """
    own = f"/test_{mutant.function.partition('.')[0]}.py::"

    def key(test: Test) -> tuple[float, int, bool, float]:
        name = test.item.nodeid
        return -kills[name] / (test.took_s + 0.001), test.case, own not in name, test.took_s

    return sorted(tests, key=key)


def became(status: int) -> str:
    """A child ends with 0 if no test failed, with 1 at the first that did, and by a signal where time ran out."""
    if os.WIFSIGNALED(status):
        return "timeout" if os.WTERMSIG(status) == signal.SIGPROF else "crashed"
    return {0: "survived", 1: "killed", 5: "no tests"}.get(os.WEXITSTATUS(status), "crashed")


def started(mutant: Mutant, tests: list[Test]) -> tuple[int, Trial]:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            status = attempt(mutant.name, tests, write)
        except BaseException:
            status = 3
        os._exit(status)
    os.close(write)
    return pid, Trial(mutant, read, time.monotonic())


def attempt(mutant: str, tests: list[Test], pipe: int) -> int:
    """Run the tests on a mutant, each with ten times the CPU that it takes, and two seconds; the exit status."""
    if not tests:
        return 5
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 1)
    os.dup2(void, 2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    if mutant != NONE:
        switch.on(mutant)
    following = [*(test.item for test in tests[1:]), None]
    for test, after in zip(tests, following, strict=True):
        signal.setitimer(signal.ITIMER_PROF, 2 + 10 * test.took_s)
        if not run(test.item, after):
            os.write(pipe, test.item.nodeid.encode())
            return 1
    return 0
