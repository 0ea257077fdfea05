"""Runs of the lab: a book on many paths, kept in a folder as it goes, so that a run that ends early goes on later.

DIR/manifest.json      what decides every byte, versions, counts, and the digest of all lines once it is complete
DIR/book.json          the state of the book
DIR/parts/A-B.json     lines of paths A to before B, while the run is under way
DIR/lives.jsonl        lines of all paths in order, once it is complete

Lines are written down as they come and read one after the other: no process holds those of all paths.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace

import tallystick
from tallystick.engine import core
from tallystick.lab import conditions
from tallystick.lab.book import Book
from tallystick.lab.bounds import FIRST_HOUR, TOLD, VENUE, Rates
from tallystick.lab.forms import Manifest, PathOutcome
from tallystick.lab.jobs import LabFailed, Part, Task, Worker, apart, here
from tallystick.lab.models import BadModel, Model
from tallystick.lab.naming import model_of
from tallystick.lab.parts import Loose
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
    """Run that is complete: its manifest, its book, and the outcomes of its paths in order.

    `lines` begins to read the lines of the paths from the disk each time it is called.
    """

    def __init__(self, manifest: Manifest, book: Book, lines: Callable[[], Iterator[bytes]]) -> None:
        self.manifest = manifest
        self.book = book
        self.lines = lines

    def paths(self) -> Iterator[PathOutcome]:
        """Yield the outcomes of each path in order. Raises OSError."""
        return map(read_line, self.lines())


def begin(
    book: Book,
    model: Model,
    *,
    paths: int,
    seed: int,
    hours: int,
    points: int,
    rates: Rates = VENUE,
    markets: Path = HERE,
    kind: Kind = WHOLE,
    notes: tuple[str, ...] = (),
) -> Manifest:
    """Manifest of a run that can be done; `rates` says at which the book already is (`bounds.at_bound`).

    Raises Coupled, BadModel, ValueError.
    """
    if not 1 <= hours <= HOURS_MOST:
        raise ValueError(f"a horizon has 1 hour to {HOURS_MOST // 24} days, and {hours} hours are asked for")
    if not 1 <= paths <= PATHS_MOST or points not in (1, 4) or not 0 <= seed < 2**63:
        raise ValueError(f"a run has 1 to {PATHS_MOST} paths, 1 or 4 points an hour, and a seed of 0 to 2**63 - 1")
    if not book.loans and not book.accounts:
        raise ValueError("the book has no open loan, and no account that owes")
    if kind.engine and (rates != VENUE or kind != Kind(engine=True)):
        raise ValueError("the engine plays whole lives, together, at the venue's rates")
    if model.limit is not None and paths > model.limit:
        raise BadModel(f"this model has {model.limit} path: ask for no more")
    if not kind.engine:
        conditions.require(book, rates_held=rates == FIRST_HOUR)
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
        rates=TOLD[rates],
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
    kept = folder or Loose()
    ranges = [(first, min(first + RANGE_PATHS, manifest.paths)) for first in range(0, manifest.paths, RANGE_PATHS)]
    before = set(kept.done())
    left = [some for some in ranges if some not in before]
    done = manifest.paths - sum(end - first for first, end in left)
    for part in _parts(_task(manifest, book), left, lambda task: Worker(task, book, model), workers, cluster):
        kept.keep(part)
        done += part.end - part.first
        progress(done, manifest.paths)
    lines = _Ordered(kept, ranges)
    if folder is None:
        manifest = lines.summed(manifest, digest_of(lines))
        return Run(manifest, varied(book, manifest.variant), partial(iter, lines))
    folder.put(lines)
    manifest = lines.summed(manifest, digest_of(folder.lines()))
    folder.complete(manifest)
    return Run(manifest, varied(book, manifest.variant), folder.lines)


class _Ordered:
    """Lines of the parts of a run in the order of their paths, and what the parts that were read last have counted."""

    def __init__(self, kept: Folder | Loose, ranges: Sequence[tuple[int, int]]) -> None:
        self._kept = kept
        self._ranges = ranges
        self._looked = 0
        self._decided = 0

    def __iter__(self) -> Iterator[bytes]:
        self._looked = self._decided = 0
        for some in self._ranges:
            part = self._kept.part(some)
            self._looked += part.looked
            self._decided += part.decided
            yield from part.lines

    def summed(self, manifest: Manifest, digest: str) -> Manifest:
        """Manifest of the complete run, once all lines have been read."""
        return replace(manifest, looked=self._looked, decided=self._decided, digest=digest)


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
        return book_in(self.place, self.manifest())

    def read(self) -> Run:
        """Read a run that is complete. Raises LabFailed: it is not, or its lines are not those of the digest."""
        manifest = self.manifest()
        if not manifest.digest:
            done = sum(end - first for first, end in self.done())
            raise LabFailed(
                f"{done} of {manifest.paths} paths are done: tally lab run --resume {self.place} does the rest"
            )
        try:
            digest = digest_of(self.lines())
        except OSError as problem:
            raise LabFailed(str(problem)) from None
        if digest != manifest.digest:
            raise LabFailed(f"{self.place / LIVES} has changed since it was written: its digest is another one")
        return Run(manifest, varied(self.book(), manifest.variant), self.lines)

    def resume(self, workers: int, progress: Progress, cluster: str = "") -> Run:
        """Do what is left of a run. Raises LabFailed, also where another version began it."""
        manifest = self.manifest()
        if manifest.digest:
            return self.read()
        require_present(manifest)
        model = model_of(manifest.model, Path(manifest.markets))
        return carry_out(manifest, self.book(), model, workers=workers, cluster=cluster, folder=self, progress=progress)

    def done(self) -> list[tuple[int, int]]:
        """Ranges whose parts are there; one that cannot be read is done again."""
        found = []
        for path in sorted((self.place / PARTS).glob("*.json")):
            try:
                part = msgspec.json.decode(path.read_bytes(), type=Part)
            except msgspec.DecodeError:
                continue
            found.append((part.first, part.end))
        return found

    def part(self, some: tuple[int, int]) -> Part:
        """Read the part of a range that is done. Raises OSError, msgspec.DecodeError."""
        return msgspec.json.decode(self._part(*some).read_bytes(), type=Part)

    def keep(self, part: Part) -> None:
        """Keep a part. Raises StoreError."""
        files.write_whole(self._part(part.first, part.end), msgspec.json.encode(part))

    def put(self, lines: Iterable[bytes]) -> None:
        """Write the lines of all paths. Raises StoreError."""
        files.write_pieces(self.place / LIVES, (line + b"\n" for line in lines))

    def lines(self) -> Iterator[bytes]:
        """Lines of all paths of a run that is complete, read as they are needed. Raises OSError."""
        return files.read_lines(self.place / LIVES)

    def complete(self, manifest: Manifest) -> None:
        """Write the manifest of a run whose lines are written, and remove its parts. Raises StoreError."""
        files.write_whole(self.place / MANIFEST, _pretty(manifest))
        for path in (self.place / PARTS).glob("*.json"):
            path.unlink()
        (self.place / PARTS).rmdir()

    def _part(self, first: int, end: int) -> Path:
        return self.place / PARTS / f"{first:07}-{end:07}.json"


def book_in(place: Path, manifest: Manifest) -> Book:
    """Book of a folder. Raises LabFailed: it is not there, or is not the one of the manifest."""
    try:
        found = Book(core.decode_state((place / BOOK).read_bytes()))
    except (OSError, msgspec.DecodeError) as problem:
        raise LabFailed(f"{place / BOOK} cannot be read: {problem}") from None
    if core.state_hash(found.state) != manifest.book:
        raise LabFailed(f"{place / BOOK} is not the book of the manifest")
    return found


def require_present(manifest: Manifest) -> None:
    """Require that the versions that decide the bytes are those of a manifest. Raises LabFailed."""
    present = (tallystick.__version__, np.__version__)
    if (manifest.tallystick, manifest.numpy) != present:
        raise LabFailed(
            f"the run was begun with tallystick {manifest.tallystick} and numpy {manifest.numpy}, and here are "
            f"{present[0]} and {present[1]}: begin it anew"
        )


def _pretty(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
