"""Runs of the lab: a book on many paths, kept in a folder as it goes, so that a run that ends early goes on later.

DIR/manifest.json      what decides every byte, versions, counts, and the digest of all lines once it is complete
DIR/book.json          the state of the book
DIR/parts/A-B.json     lines of paths A to before B, while the run is under way
DIR/lives.jsonl        lines of all paths in order, once it is complete
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace

import tallystick
from tallystick.engine import core
from tallystick.lab import conditions
from tallystick.lab.book import Book
from tallystick.lab.forms import Manifest, PathOutcome
from tallystick.lab.jobs import LabFailed, Part, Task, Worker, apart, here
from tallystick.lab.models import BadModel, Model
from tallystick.lab.naming import model_of
from tallystick.lab.records import read_line
from tallystick.lab.sweeping import varied
from tallystick.store import files
from tallystick.venue.markets import HERE

FORM: Final = 1
MANIFEST: Final = "manifest.json"
BOOK: Final = "book.json"
PARTS: Final = "parts"
LIVES: Final = "lives.jsonl"
RANGE_PATHS: Final = 25
HOURS_MOST: Final = 24 * 366
PATHS_MOST: Final = 1_000_000
VENUE_RATES: Final = "the venue's"
HELD_RATES: Final = "held at the first hour: not the venue's"
BY_LAB: Final = "lab"
BY_ENGINE: Final = "engine"
WHOLE_LIVES: Final = "lives"
FIRST_EVENTS: Final = "first events"
TOGETHER: Final = "together"
ALONE: Final = "alone"

Progress = Callable[[int, int], None]
"""Called with the number of paths that are done, and of all."""


class Kind(NamedTuple):
    """Kind of a run: what decides it, and how far.

    With `engine` the real engine plays each path hour by hour, whatever couples the book. `first_events` and `alone`
    are those of `account_lives.AccountLives`.
    """

    engine: bool = False
    first_events: bool = False
    alone: bool = False


WHOLE: Final = Kind()


class Run:
    """Run that is complete: its manifest, its book, and the outcomes of its paths in order."""

    def __init__(self, manifest: Manifest, book: Book, lines: list[bytes]) -> None:
        self.manifest = manifest
        self.book = book
        self.lines = lines

    def paths(self) -> list[PathOutcome]:
        return [read_line(line) for line in self.lines]


def begin(
    book: Book,
    model: Model,
    *,
    paths: int,
    seed: int,
    hours: int,
    points: int,
    hold_rates: bool,
    markets: Path = HERE,
    kind: Kind = WHOLE,
    notes: tuple[str, ...] = (),
) -> Manifest:
    """Manifest of a run that can be done. Raises Coupled, BadModel, ValueError."""
    if not 1 <= hours <= HOURS_MOST:
        raise ValueError(f"a horizon has 1 hour to {HOURS_MOST // 24} days, and {hours} hours are asked for")
    if not 1 <= paths <= PATHS_MOST or points not in (1, 4) or not 0 <= seed < 2**63:
        raise ValueError(f"a run has 1 to {PATHS_MOST} paths, 1 or 4 points an hour, and a seed of 0 to 2**63 - 1")
    if not book.loans and not book.accounts:
        raise ValueError("the book has no open loan, and no account that owes")
    if kind.engine and (hold_rates or kind != Kind(engine=True)):
        raise ValueError("the engine plays whole lives, together, at the venue's rates")
    if model.limit is not None and paths > model.limit:
        raise BadModel(f"this model has {model.limit} path: ask for no more")
    if not kind.engine:
        conditions.require(book, rates_held=hold_rates)
    model.paths(book, seed, hours, points)(paths - 1)
    return Manifest(
        form=FORM,
        tallystick=tallystick.__version__,
        numpy=np.__version__,
        book=core.state_hash(book.state),
        loans=len(book.loans),
        model=model.told(),
        markets=str(markets),
        seed=seed,
        paths=paths,
        hours=hours,
        points=points,
        rates=HELD_RATES if hold_rates else VENUE_RATES,
        loan_hours=paths * hours * (len(book.loans) + len(book.accounts)),
        accounts=len(book.accounts),
        by=BY_ENGINE if kind.engine else BY_LAB,
        follow=FIRST_EVENTS if kind.first_events else WHOLE_LIVES,
        sales=ALONE if kind.alone else TOGETHER,
        notes=notes,
    )


def carry_out(
    manifest: Manifest,
    book: Book,
    model: Model | None = None,
    *,
    workers: int = 1,
    cluster: str = "",
    folder: Folder | None = None,
    progress: Progress = lambda done, of: None,
) -> Run:
    """Do the paths that are not done yet, in processes or on a Dask cluster (`cluster`).

    Raises LabFailed, BadModel, StoreError; parts that are done stay.
    """
    parts = {} if folder is None else folder.parts()
    ranges = [(first, min(first + RANGE_PATHS, manifest.paths)) for first in range(0, manifest.paths, RANGE_PATHS)]
    left = [some for some in ranges if some not in parts]
    done = manifest.paths - sum(end - first for first, end in left)
    for part in _parts(_task(manifest, book), left, lambda task: Worker(task, book, model), workers, cluster):
        parts[part.first, part.end] = part
        if folder is not None:
            folder.keep(part)
        done += part.end - part.first
        progress(done, manifest.paths)
    ordered = [parts[some] for some in ranges]
    lines = [line for part in ordered for line in part.lines]
    manifest = replace(
        manifest,
        looked=sum(part.looked for part in ordered),
        decided=sum(part.decided for part in ordered),
        digest=digest_of(lines),
    )
    if folder is not None:
        folder.complete(manifest, lines)
    return Run(manifest, varied(book, manifest.variant), lines)


def _task(manifest: Manifest, book: Book) -> Task:
    return Task(
        state=book.encoded(),
        model=manifest.model,
        markets=manifest.markets,
        seed=manifest.seed,
        hours=manifest.hours,
        points=manifest.points,
        engine=manifest.by == BY_ENGINE,
        first_events=manifest.follow == FIRST_EVENTS,
        alone=manifest.sales == ALONE,
        variant=manifest.variant,
    )


def _parts(
    task: Task, left: list[tuple[int, int]], alone: Callable[[Task], Worker], workers: int, cluster: str
) -> Iterator[Part]:
    if cluster and left:
        from tallystick.lab.cluster import spread

        return spread(task, left, cluster)
    if workers > 1 and len(left) > 1:
        return apart(task, left, workers)
    return here(alone(task), left)


def digest_of(lines: Iterable[bytes]) -> str:
    """SHA-256, in hex, of all lines in the order of their paths."""
    made = hashlib.sha256()
    for line in lines:
        made.update(line + b"\n")
    return made.hexdigest()


class Folder:
    """Folder of a run. Each file is whole or not there; without a manifest there is no run, and one may begin."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def begin(self, manifest: Manifest, book: Book) -> None:
        """Begin a run here. Raises LabFailed: there is one already. Raises StoreError."""
        if (self.place / MANIFEST).exists():
            raise LabFailed(f"{self.place} holds a run: resume it, show it, or name another folder")
        files.make_folder(self.place)
        files.make_folder(self.place / PARTS)
        for stale in (self.place / PARTS).glob("*.json"):
            stale.unlink()
        files.write_whole(self.place / BOOK, book.encoded())
        files.write_whole(self.place / MANIFEST, _pretty(manifest))

    def manifest(self) -> Manifest:
        """Read the manifest. Raises LabFailed."""
        try:
            return msgspec.json.decode((self.place / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.DecodeError) as problem:
            raise LabFailed(f"{self.place} holds no run of the lab: {problem}") from None

    def book(self) -> Book:
        """Read the book. Raises LabFailed: it is not there, or is not the one of the manifest."""
        try:
            found = Book(core.decode_state((self.place / BOOK).read_bytes()))
        except (OSError, msgspec.DecodeError) as problem:
            raise LabFailed(f"{self.place / BOOK} cannot be read: {problem}") from None
        if core.state_hash(found.state) != self.manifest().book:
            raise LabFailed(f"{self.place / BOOK} is not the book of the manifest")
        return found

    def read(self) -> Run:
        """Read a run that is complete. Raises LabFailed: it is not, or its lines are not those of the digest."""
        manifest = self.manifest()
        if not manifest.digest:
            done = sum(end - first for first, end in self.parts())
            raise LabFailed(
                f"{done} of {manifest.paths} paths are done: tally lab run --resume {self.place} does the rest"
            )
        try:
            lines = (self.place / LIVES).read_bytes().splitlines()
        except OSError as problem:
            raise LabFailed(str(problem)) from None
        if digest_of(lines) != manifest.digest:
            raise LabFailed(f"{self.place / LIVES} has changed since it was written: its digest is another one")
        return Run(manifest, self.book(), lines)

    def resume(self, workers: int, progress: Progress, cluster: str = "") -> Run:
        """Do what is left of a run. Raises LabFailed, also where another version began it."""
        manifest = self.manifest()
        if manifest.digest:
            return self.read()
        present = (tallystick.__version__, np.__version__)
        if (manifest.tallystick, manifest.numpy) != present:
            raise LabFailed(
                f"the run was begun with tallystick {manifest.tallystick} and numpy {manifest.numpy}, and here are "
                f"{present[0]} and {present[1]}: begin it anew"
            )
        model = model_of(manifest.model, Path(manifest.markets))
        return carry_out(manifest, self.book(), model, workers=workers, cluster=cluster, folder=self, progress=progress)

    def parts(self) -> dict[tuple[int, int], Part]:
        """Read the parts that are done; one that cannot be read is done again."""
        found = {}
        for path in sorted((self.place / PARTS).glob("*.json")):
            try:
                part = msgspec.json.decode(path.read_bytes(), type=Part)
            except msgspec.DecodeError:
                continue
            found[part.first, part.end] = part
        return found

    def keep(self, part: Part) -> None:
        files.write_whole(self.place / PARTS / f"{part.first:07}-{part.end:07}.json", msgspec.json.encode(part))

    def complete(self, manifest: Manifest, lines: list[bytes]) -> None:
        files.write_whole(self.place / LIVES, b"".join(line + b"\n" for line in lines))
        files.write_whole(self.place / MANIFEST, _pretty(manifest))
        for path in (self.place / PARTS).glob("*.json"):
            path.unlink()
        (self.place / PARTS).rmdir()


def _pretty(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
