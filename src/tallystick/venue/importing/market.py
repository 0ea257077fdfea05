"""The import itself: files in, a market in its folder out, or every fault that was found and nothing written."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from tallystick.venue.candle_lines import HEADER
from tallystick.venue.imported import FORM, LIST, NAME_FORM, PAIR_FORM, ImportedFile, ImportedSeries, MarketList
from tallystick.venue.importing import pieces, reading
from tallystick.venue.importing.checking import Checker, Fault
from tallystick.venue.importing.pieces import Piece, Task

SMALL: Final = 8 << 20
"""Bytes that are read in this process: others would take longer to begin."""
RESERVED: Final = ("by-hand", "walk")

Progress = Callable[[int, int], None]


class CannotImport(ValueError):
    """Error for an import that is refused before a file is read. The text says why."""


class Faulty(ValueError):
    """Error for files with faults; nothing was written. `more` counts those that are not named."""

    def __init__(self, faults: Sequence[Fault], more: int) -> None:
        super().__init__(f"{len(faults) + more} faults")
        self.faults = tuple(faults)
        self.more = more


def import_market(
    files: Sequence[Path],
    folder: Path,
    name: str,
    *,
    instrument: str = "",
    keep_gaps: bool = False,
    over: bool = False,
    progress: Progress = lambda done, of: None,
) -> MarketList:
    """Read candles from files and write them as the market `name` in `folder`; the market appears whole or not at all.

    `instrument` is the pair of all files; without one the rows or names of the files tell it. Gaps are faults unless
    `keep_gaps`: then the price stands still in them. `over` replaces a market of that name.
    Raises CannotImport, Faulty.
    """
    _require_name(folder, name, over=over)
    if instrument and not PAIR_FORM.fullmatch(instrument):
        raise CannotImport(f"{instrument[:40]!r} is no pair, such as BTC-USDT")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".import-", dir=folder) as work:
            tasks, faults = _tasks(files, instrument, Path(work))
            found = _read(tasks, progress)
            faults += [fault for piece in found for fault in piece.faults]
            more = sum(piece.more + (0 if keep_gaps else piece.more_gaps) for piece in found)
            whole = [piece for piece in found if piece.rows and all(fault.is_gap for fault in piece.faults)]
            groups = _by_instrument(whole)
            faults += [fault for group in groups.values() for fault in _joints(group)]
            faults = [fault for fault in faults if not (fault.is_gap and keep_gaps)]
            if faults:
                raise Faulty(faults, more)
            return _write(Path(work), folder, name, groups, over=over)
    except OSError as problem:
        raise CannotImport(f"{folder} cannot be written: {problem}") from None


def _require_name(folder: Path, name: str, *, over: bool) -> None:
    if not NAME_FORM.fullmatch(name) or name in RESERVED:
        reserved = ", ".join(RESERVED)
        raise CannotImport(
            f"{name[:80]!r} cannot be the name: small letters, digits, - and _, at most 64, and not {reserved}"
        )
    if (folder / name).exists() and not over:
        raise CannotImport(f"there is a market {name!r} already: give another --name, or --replace")


def _tasks(files: Sequence[Path], instrument: str, work: Path) -> tuple[list[Task], list[Fault]]:
    tasks: list[Task] = []
    faults = []
    for path in files:
        try:
            for member in reading.members(path):
                tasks.append(Task(path, member, instrument, work / f"piece-{len(tasks)}"))
        except reading.Unreadable as problem:
            faults.append(Fault(str(path), "", str(problem)))
    return tasks, faults


def _read(tasks: Sequence[Task], progress: Progress) -> list[Piece]:
    """Read all files, in their order; in several processes where there is much to read."""
    sizes = sum(path.stat().st_size for path in {task.path for task in tasks})
    workers = min(len(tasks), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    found: list[Piece] = []
    if workers < 2 or sizes < SMALL:
        for task in tasks:
            found.append(pieces.read(task))
            progress(len(found), len(tasks))
        return found
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = [pool.submit(pieces.read, task) for task in tasks]
        for done, _ in enumerate(as_completed(asked), start=1):
            progress(done, len(tasks))
        return [future.result() for future in asked]


def _by_instrument(found: Iterable[Piece]) -> dict[str, list[Piece]]:
    """Pieces of each instrument, the oldest first."""
    groups: dict[str, list[Piece]] = {}
    for piece in found:
        groups.setdefault(piece.instrument, []).append(piece)
    for group in groups.values():
        group.sort(key=lambda piece: piece.first.at_ms if piece.first else 0)
    return dict(sorted(groups.items()))


def _joints(group: list[Piece]) -> list[Fault]:
    """Faults where one file of an instrument follows another: another length, doubles, gaps, leaps."""
    faults = []
    for before, after in pairwise(group):
        if before.step_ms != after.step_ms and before.rows > 1 < after.rows:
            lengths = f"{after.step_ms // 1_000} s apart, and {before.step_ms // 1_000} s in {before.task.file}"
            why = f"its candles are {lengths}"
            faults.append(Fault(after.task.file, "", why))
        elif before.last and after.first:
            checker = Checker(after.task.file)
            checker.step_ms = before.step_ms or after.step_ms
            joint = msgspec.structs.replace(before.last, place=f"{before.task.file}, {before.last.place}")
            checker.joins(joint, after.first)
            faults += checker.faults
    return faults


def _write(work: Path, folder: Path, name: str, groups: dict[str, list[Piece]], *, over: bool) -> MarketList:
    made = work / "market"
    made.mkdir()
    found = MarketList(FORM, name, tuple(_series(made, instrument, group) for instrument, group in groups.items()))
    if found.span_ms <= 0:
        ends = "; ".join(f"{one.instrument} from {one.first_ms} to {one.last_ms}" for one in found.series)
        raise CannotImport(f"the instruments have no whole day (UTC) in common: {ends}")
    (made / LIST).write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    if over and (folder / name).exists():
        (folder / name).rename(work / "old")
    made.rename(folder / name)
    return found


def _series(made: Path, instrument: str, group: list[Piece]) -> ImportedSeries:
    path = made / f"{instrument}.csv"
    with path.open("wb") as file:
        file.write(f"{HEADER}\n".encode())
        for piece in group:
            with piece.task.lines.open("rb") as lines:
                shutil.copyfileobj(lines, file, 1 << 20)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    firsts = [piece.first.at_ms for piece in group if piece.first]
    lasts = [piece.last.at_ms for piece in group if piece.last]
    step_ms = max(piece.step_ms for piece in group)
    between = [later - earlier - step_ms for earlier, later in zip(lasts, firsts[1:], strict=False)]
    return ImportedSeries(
        instrument=instrument,
        step_ms=step_ms,
        rows=sum(piece.rows for piece in group),
        first_ms=firsts[0],
        last_ms=lasts[-1],
        gaps=sum(piece.gaps for piece in group) + sum(apart > 0 for apart in between),
        longest_gap_ms=max([0, *(piece.longest_gap_ms for piece in group), *between]),
        bytes=path.stat().st_size,
        sha256=digest,
        files=tuple(ImportedFile(piece.task.file, piece.title, piece.rows) for piece in group),
    )
