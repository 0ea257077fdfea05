"""Lab in three lines: a book and a horizon, a run of a model over many paths, and its answers.

lab = Lab.of(state, days=30)
result = lab.run(Blocks(market), paths=1000, seed=7)
result.frame()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tallystick.engine.state import State
from tallystick.lab import world
from tallystick.lab.book import Book
from tallystick.lab.bounds import VENUE, Rates, at_bound
from tallystick.lab.forms import Answer, Manifest
from tallystick.lab.lives import Lives
from tallystick.lab.models import Model
from tallystick.lab.running import WHOLE, Folder, Kind, Progress, Run, begin, carry_out
from tallystick.lab.sweeping import Sweep, axes_of
from tallystick.lab.tables import OUTCOMES, Value, answers_of, outcomes, swept
from tallystick.venue.markets import HERE


class Result:
    """Result of a run."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @property
    def manifest(self) -> Manifest:
        return self.run.manifest

    def answers(self) -> list[Answer]:
        """Answers about the book, each coin, each loan and each account, with their intervals."""
        return answers_of(self.run)

    def frame(self) -> dict[str, list[Value]]:
        """Outcomes as columns, as pandas.DataFrame and polars.DataFrame take them: a row for each loan
        and account on each path to which something happens."""
        rows = list(outcomes(self.run))
        return {name: [row[place] for row in rows] for place, name in enumerate(OUTCOMES)}


class Lab:
    """Lab of one book over one horizon, with 1 or 4 prices an hour; `rates` says at which rates the book is."""

    def __init__(self, book: Book, hours: int, points: int = 1, rates: Rates = VENUE) -> None:
        self.book = book
        self.hours = hours
        self.points = points
        self.rates = rates

    @classmethod
    def of(cls, state: State, *, days: int, points: int = 1, rates: Rates = VENUE) -> Lab:
        """Lab of the open loans and owing accounts of a state. The state must not change while the lab is used."""
        return cls(Book(at_bound(state, rates)), days * 24, points, rates)

    def run(
        self,
        model: Model,
        *,
        paths: int,
        seed: int = 0,
        workers: int = 1,
        cluster: str = "",
        kind: Kind = WHOLE,
        out: Path | None = None,
        markets: Path = HERE,
        progress: Progress = lambda done, of: None,
    ) -> Result:
        """Run all paths of a model, in processes or on a Dask cluster (`cluster`, such as local:2 or tcp://HOST:PORT).

        With `out` they are kept there as they are done.

        Raises Coupled (loans are not independent), BadModel, ValueError (a number out of its range), LabFailed (a
        worker died, or the folder holds a run), StoreError.
        """
        manifest = begin(
            self.book,
            model,
            paths=paths,
            seed=seed,
            hours=self.hours,
            points=self.points,
            rates=self.rates,
            markets=markets,
            kind=kind,
        )
        folder = None if out is None else Folder(out)
        if folder is not None:
            folder.begin(manifest, self.book)
        return Result(
            carry_out(manifest, self.book, model, workers=workers, cluster=cluster, folder=folder, progress=progress)
        )

    def sweep(
        self, model: Model, vary: Mapping[str, Sequence[str]], *, paths: int, seed: int = 0, workers: int = 1
    ) -> Sweep:
        """Run every variant of the book on the same paths: `vary` has one thing or two and their values as text.

        Raises Coupled, BadModel, ValueError, LabFailed.
        """
        axes = axes_of([f"{name}={','.join(values)}" for name, values in vary.items()])
        manifest = begin(
            self.book, model, paths=paths, seed=seed, hours=self.hours, points=self.points, rates=self.rates
        )
        return swept(manifest, self.book, axes, model, workers=workers)

    def by_the_engine(self, model: Model, path: int, seed: int = 0) -> world.Told:
        """Rows of loans and accounts on one path, played hour by hour by the real engine, with the whole state."""
        steps = model.paths(self.book, seed, self.hours, self.points)(path)
        return world.play(self.book, steps, Lives(self.book, self.hours, self.points).moments)
