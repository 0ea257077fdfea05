"""Counts the CPU of each file of tests, leaves out recorded prices where asked to, has Ctrl-C heard, sets no deadline.

With TALLYSTICK_CPU=1 the end of a session tells of the CPU, as `.ci/run` does. It is told and not asserted: the same
tests cost more on a machine that is busy.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

from tests import recorded

BOUND_S = 480
"""Bound on the CPU time of `make test`, over all its workers."""
SHOWN = 12

by_file: Counter[str] = Counter()
whole: Counter[str] = Counter()
"""CPU time of each process, with what it imports and collects."""


def cpu_ms() -> int:
    """CPU time of this process and of those it has waited for."""
    return round(1_000 * sum(os.times()[:4]))


def pytest_configure(config: pytest.Config) -> None:
    """Have SIGINT heard here and by processes that tests begin: a job in the background begins with it ignored.

    Examples of Hypothesis have no deadline: a busy machine alone fails no test.
    """
    settings.register_profile("without-deadline", settings(deadline=None))
    settings.load_profile("without-deadline")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if recorded.left_out():
        without = [item for item in items if item.get_closest_marker("recorded")]
        items[:] = [item for item in items if item not in without]
        config.hook.pytest_deselected(items=without)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    began = cpu_ms()
    try:
        return (yield)
    finally:
        by_file[item.nodeid.partition("::")[0]] += cpu_ms() - began


def pytest_sessionfinish(session: pytest.Session) -> None:
    # A worker of pytest-xdist ends without what is to happen at its exit.
    if (database := sys.modules.get("tests.store.database")) is not None:
        database.close()
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    # Workers tell of themselves, and are children of the process that started them.
    whole["all"] += (
        cpu_ms() if not session.config.getoption("numprocesses", None) else round(1_000 * sum(os.times()[:2]))
    )
    if output is not None:
        output["cpu_ms"] = dict(by_file), whole["all"]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker of pytest-xdist has ended."""
    files, took_ms = getattr(node, "workeroutput", {}).get("cpu_ms", ({}, 0))
    by_file.update(files)
    whole["all"] += took_ms


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if recorded.left_out():
        terminalreporter.write_line(recorded.SAID)
    if os.environ.get("TALLYSTICK_CPU") != "1":
        return
    terminalreporter.section(f"{whole['all'] / 1_000:.0f} s of CPU; make test may take {BOUND_S}")
    for name, took_ms in by_file.most_common(SHOWN):
        terminalreporter.write_line(f"{took_ms / 1_000:7.1f} s  {name}")
