"""Tables of a run: an outcome a row, and an answer a row, as CSV, as JSON, and as Parquet by DuckDB."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from tallystick.data.install import advice
from tallystick.engine.interest import HOUR_MS
from tallystick.lab import drawing
from tallystick.lab.answers import answers
from tallystick.lab.book import Book
from tallystick.lab.forms import Answer, Figure, Manifest, PathOutcome
from tallystick.lab.jobs import LabFailed, beside
from tallystick.lab.kept_sweeps import SweepFolder
from tallystick.lab.models import Model
from tallystick.lab.records import read_line
from tallystick.lab.running import FIRST_EVENTS, Folder, Progress, Run, carry_out
from tallystick.lab.sweeping import Axis, Cell, Sweep, variants

if TYPE_CHECKING:
    from _csv import Writer

OUTCOMES: Final = (
    "path",
    "loan",
    "account",
    "hours_to_call",
    "hours_to_liquidation",
    "liquidations",
    "hours_to_close",
    "fund_gains",
    "fund_pays",
    "sales_cost",
    "interest",
)
WRITER: Final = "the process that writes the outcomes"
Value = str | int | float | None
Row = tuple[Value, ...]


def outcomes(run: Run) -> Iterator[Row]:
    """Yield a row for each loan and account on each path to which something happens, with the columns of `OUTCOMES`.

    Hours are None if it does not come. Amounts are decimal text in the transit coin; `interest` has each coin and its
    amount, such as "USDT 1.25".
    """
    hours = _Hours(run.book.hour_ms)
    for path in run.paths():
        yield from _rows(path, hours)


def _rows(path: PathOutcome, hours: Mapping[int, float | None]) -> Iterator[Row]:
    number = path.path
    for loan in path.loans:
        yield (
            number,
            loan.loan,
            None,
            hours[loan.called_ms],
            hours[loan.liquidated_ms],
            loan.liquidations,
            hours[loan.closed_ms],
            loan.fund_gains,
            loan.fund_pays,
            None,
            _amounts(loan.interest),
        )
    for one in path.accounts:
        yield (
            number,
            None,
            one.account,
            hours[one.called_ms],
            hours[one.liquidated_ms],
            one.liquidations,
            hours[one.closed_ms],
            one.fund_gains,
            one.fund_pays,
            one.sales_cost,
            _amounts(one.interest),
        )


class _Hours(dict[int, float | None]):
    """Hours from a time on to others, each of which is worked out once; None for 0, which is never."""

    def __init__(self, since_ms: int) -> None:
        super().__init__({0: None})
        self._since_ms = since_ms

    def __missing__(self, at_ms: int) -> float:
        found = self[at_ms] = (at_ms - self._since_ms) / HOUR_MS
        return found


def _amounts(told: Mapping[str, str]) -> str:
    return " ".join([f"{ccy} {amount}" for ccy, amount in told.items()])


def answer_rows(found: Sequence[Answer]) -> list[dict[str, Value]]:
    """A row for each answer; a figure takes three columns: itself, and its interval."""
    rows = []
    for answer in found:
        row: dict[str, Value] = {}
        for name in answer.__struct_fields__:
            value = getattr(answer, name)
            if isinstance(value, Figure):
                row |= {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}
            elif isinstance(value, Mapping):
                row[name] = _amounts(value)
            else:
                row[name] = value
        rows.append(row)
    return rows


def answers_of(run: Run) -> list[Answer]:
    """Answers of a run, see `answers`."""
    return _answers(run, run.paths())


def _answers(run: Run, paths: Iterable[PathOutcome]) -> list[Answer]:
    return answers(run.book, run.manifest.hours, paths, costed=run.manifest.follow != FIRST_EVENTS)


def swept(
    manifest: Manifest,
    book: Book,
    axes: Sequence[Axis],
    model: Model,
    *,
    workers: int = 1,
    cluster: str = "",
    folder: SweepFolder | None = None,
    progress: Progress = lambda done, of: None,
) -> Sweep:
    """Run all cells of a sweep that are not done yet in `folder`. Raises BadModel, LabFailed, StoreError."""
    todo = variants(axes)

    def run(number: int, one: Manifest) -> Cell:
        kept = None if folder is None else folder.under_way(one, book)
        done = carry_out(
            one,
            book,
            model,
            workers=workers,
            cluster=cluster,
            folder=kept,
            progress=lambda paths, of: progress(number * of + paths, len(todo) * of),
        )
        cell = Cell(one.variant, done.manifest.digest, answers_of(done)[0])
        if folder is not None:
            folder.keep(number, cell)
        return cell

    found = []
    for number, variant in enumerate(todo):
        kept = None if folder is None else folder.cell(number)
        found.append(kept or run(number, replace(manifest, variant=variant)))
    return Sweep(manifest, list(axes), found)


def write_sweep(found: Sweep, folder: Path) -> list[str]:
    """Write a sweep and its heat map into a folder. Returns the names of the files. Raises OSError, LabFailed."""
    rows = []
    for cell in found.cells:
        answer = answer_rows([cell.answer])[0]
        rows.append({**cell.variant, **answer, "digest": cell.digest})
    _write_csv(folder / "sweep.csv", list(rows[0]), rows)
    (folder / "sweep.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    (folder / "heat.svg").write_text(drawing.heat(found), encoding="utf-8")
    return ["sweep.csv", "sweep.json", "heat.svg"]


class Written(NamedTuple):
    """Answers of a run, and the names of the files that were written."""

    answers: list[Answer]
    files: list[str]


def write(run: Run, folder: Folder, *, workers: int = 1, parquet: bool = False) -> Written:
    """Write tables and pictures of a run into the folder that keeps it, over those there.

    With several workers another process writes the outcomes while this one finds the answers; the bytes are the same.

    Raises LabFailed: DuckDB or matplotlib is not installed, or the other process died. Raises OSError, StoreError.
    """
    if workers > 1:
        with beside(WRITER, _write_outcomes, run.manifest, run.book.hour_ms, folder) as wait:
            found = answers_of(run)
            _write_answers(run, found, folder.place)
            wait()
    else:
        outcomes = _Outcomes(run.manifest, run.book.hour_ms, folder.place)
        found = _answers(run, outcomes.through(run.paths()))
        outcomes.draw()
        _write_answers(run, found, folder.place)
    files = ["answers.csv", "answers.json", "outcomes.csv", "survival.svg", *(["fan.svg"] if run.book.loans else [])]
    if not parquet:
        return Written(found, files)
    _parquet(folder.place, ("answers", "outcomes"))
    return Written(found, [*files, "answers.parquet", "outcomes.parquet"])


def _write_answers(run: Run, found: Sequence[Answer], place: Path) -> None:
    """Write the answers and draw the fan, which tells nothing of outcomes. Raises LabFailed, OSError."""
    rows = answer_rows(found)
    _write_csv(place / "answers.csv", list(rows[0]), rows)
    (place / "answers.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    if run.book.loans:
        (place / "fan.svg").write_text(drawing.fan(run), encoding="utf-8")


class _Outcomes:
    """Outcomes of a run path by path, in their table and in the survival curves."""

    def __init__(self, told: Manifest, hour_ms: int, place: Path) -> None:
        self._told = told
        self._place = place
        self._hours = _Hours(hour_ms)
        self._curves = drawing.Curves(told.loans + told.accounts, hour_ms, told.hours)

    def through(self, paths: Iterable[PathOutcome]) -> Iterator[PathOutcome]:
        """Yield each path once its outcomes are written and counted. Raises OSError."""
        with _csv(self._place / "outcomes.csv", OUTCOMES) as writer:
            for path in paths:
                writer.writerows(_rows(path, self._hours))
                self._curves.take(path)
                yield path

    def draw(self) -> None:
        """Draw the curves, once all paths are through. Raises LabFailed, OSError."""
        drawn = drawing.survival(self._told, self._curves.left())
        (self._place / "survival.svg").write_text(drawn, encoding="utf-8")


def _write_outcomes(told: Manifest, hour_ms: int, folder: Folder) -> None:
    """Write the outcomes of the run in a folder, in another process."""
    outcomes = _Outcomes(told, hour_ms, folder.place)
    for _ in outcomes.through(map(read_line, folder.lines())):
        pass
    outcomes.draw()


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> None:
    """Write rows over the file that is there. Each row has all columns."""
    with _csv(path, columns) as writer:
        writer.writerows(map(itemgetter(*columns), rows))


@contextmanager
def _csv(path: Path, columns: Sequence[str]) -> Iterator[Writer]:
    """Writer of rows as they come, over the file that is there, beneath the names of their columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        yield writer


def _parquet(folder: Path, names: Sequence[str]) -> None:
    try:
        import duckdb
    except ImportError:
        raise LabFailed(f"Parquet is written by DuckDB, which is not installed: {advice('parquet')}") from None
    amounts = dict.fromkeys(("fund_gains", "fund_pays", "sales_cost"), "DECIMAL(38,18)")
    amounts |= {"interest": "VARCHAR", "name": "VARCHAR"}
    with duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}) as database:
        for name in names:
            source = database.read_csv(str(folder / f"{name}.csv"), header=True)
            types = {column: kind for column, kind in amounts.items() if column in source.columns}
            if name == "answers":
                types = {column: kind for column, kind in types.items() if kind == "VARCHAR"}
            database.read_csv(str(folder / f"{name}.csv"), header=True, dtype=types).write_parquet(
                str(folder / f"{name}.parquet")
            )
