"""Pieces of a market: what one file, or one member of a zip, gives.

Each may be read by a process of its own, and leaves its lines in a file.
"""

from __future__ import annotations

import gc
from pathlib import Path

from msgspec import Struct

from tallystick.venue.imported import PAIR_FORM
from tallystick.venue.importing.checking import Checker, Fault, Row, step_fault
from tallystick.venue.importing.forms import NotCandles, instrument_in
from tallystick.venue.importing.reading import Unreadable, batches


class Task(Struct, frozen=True):
    """One file to read: `member` of a zip or "", the pair it is said to be or "", and where its lines go."""

    path: Path
    member: str
    instrument: str
    lines: Path

    @property
    def file(self) -> str:
        return f"{self.path}: {self.member}" if self.member else str(self.path)


class Piece(Struct, frozen=True):
    """One file's candles: their pair, form, length and ends, and what is wrong.

    `more` and `more_gaps` count the faults and gaps that are not named.
    """

    task: Task
    faults: tuple[Fault, ...]
    more: int = 0
    more_gaps: int = 0
    instrument: str = ""
    title: str = ""
    step_ms: int = 0
    rows: int = 0
    first: Row | None = None
    last: Row | None = None
    gaps: int = 0
    longest_gap_ms: int = 0


def read(task: Task) -> Piece:
    """Read one file whole, and write its lines to `task.lines`.

    Garbage is collected afterwards: millions of cells would be looked through again and again, and none is in a cycle.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return _read(task)
    finally:
        if collects:
            gc.enable()


def _read(task: Task) -> Piece:
    checker = Checker(task.file)
    try:
        with task.lines.open("wb") as lines:
            for batch in batches(task.path, task.member):
                lines.write(checker.take(batch))
    except Unreadable as problem:
        checker.fault(f"line {problem.line}" if problem.line else "", str(problem))
    except NotCandles as problem:
        checker.fault("", str(problem))
    instrument = task.instrument or _pair(checker.instrument) or _pair(Path(task.member).name) or _pair(task.path.name)
    if checker.first is not None and (why := step_fault(checker.step_ms, checker.first.at_ms)):
        checker.fault("", why)
    if not checker.rows and not checker.faults:
        checker.fault("", "has no candles")
    if not instrument and not checker.faults:
        checker.fault("", "neither its name nor its rows tell which pair it is: give --instrument, such as BTC-USDT")
    return Piece(
        task,
        tuple(checker.faults),
        more=checker.more,
        more_gaps=checker.more_gaps,
        instrument=instrument,
        title=checker.title,
        step_ms=checker.step_ms,
        rows=checker.rows,
        first=checker.first,
        last=checker.last,
        gaps=checker.gaps,
        longest_gap_ms=checker.longest_gap_ms,
    )


def _pair(text: str) -> str:
    return text if PAIR_FORM.fullmatch(text) else instrument_in(text)
