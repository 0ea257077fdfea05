"""How long tests wait for others, and how work is measured that must not take long, whatever else the machine does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 120
"""Seconds to wait for what comes at once where all is well: a message, a thread, the end of a process.

A busy machine may be ten times slower, and nobody waits longer than it takes. What must come within a time that was
promised is measured with `working_less_than`.
"""
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def working_less_than(seconds: float, pid: int) -> Iterator[None]:
    """Raise AssertionError where a process has worked so long by the end: on a machine of its own it took no less."""
    began = cpu_s(pid)
    yield
    worked = cpu_s(pid) - began
    assert worked < seconds, f"process {pid} worked for {worked:.2f} s meanwhile"


def cpu_s(pid: int) -> float:
    """CPU time of a process that runs, in seconds, without that of its children."""
    # The name of its command stands in brackets and may have blanks; user and system time are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
