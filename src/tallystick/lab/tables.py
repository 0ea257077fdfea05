"""Tables of a run: an outcome a row, and an answer a row, as CSV, as JSON, and as Parquet by DuckDB."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from tallystick.data.install import advice
from tallystick.engine.interest import HOUR_MS
from tallystick.lab import drawing
from tallystick.lab.answers import answers
from tallystick.lab.book import Book
from tallystick.lab.forms import AccountOutcome, Answer, Figure, Manifest, Outcome
from tallystick.lab.jobs import LabFailed
from tallystick.lab.kept_sweeps import SweepFolder
from tallystick.lab.models import Model
from tallystick.lab.running import FIRST_EVENTS, Progress, Run, carry_out
from tallystick.lab.sweeping import Axis, Cell, Sweep, variants

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
Value = str | int | float | None


def outcomes(run: Run) -> Iterator[dict[str, Value]]:
    """Yield a row for each loan and account on each path to which something happens; hours None if it does not come.

    Amounts are decimal text in the transit coin; `interest` has each coin and its amount, such as "USDT 1.25".
    """
    hour_ms = run.book.hour_ms
    for path in run.paths():
        both: list[Outcome | AccountOutcome] = [*path.loans, *path.accounts]
        for one in both:
            account = one if isinstance(one, AccountOutcome) else None
            yield {
                "path": path.path,
                "loan": None if isinstance(one, AccountOutcome) else one.loan,
                "account": account.account if account else None,
                "hours_to_call": _hours(one.called_ms, hour_ms),
                "hours_to_liquidation": _hours(one.liquidated_ms, hour_ms),
                "liquidations": one.liquidations,
                "hours_to_close": _hours(one.closed_ms, hour_ms),
                "fund_gains": one.fund_gains,
                "fund_pays": one.fund_pays,
                "sales_cost": account.sales_cost if account else None,
                "interest": " ".join(f"{ccy} {amount}" for ccy, amount in one.interest.items()),
            }


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
                row[name] = " ".join(f"{ccy} {amount}" for ccy, amount in value.items())
            else:
                row[name] = value
        rows.append(row)
    return rows


def answers_of(run: Run) -> list[Answer]:
    """Answers of a run, see `answers`."""
    costed = run.manifest.follow != FIRST_EVENTS
    return answers(run.book, run.manifest.hours, run.paths(), costed=costed)


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


def write(run: Run, found: Sequence[Answer], folder: Path, *, parquet: bool = False) -> list[str]:
    """Write tables of a run and its answers, and the picture, into a folder, over those there. Returns their names.

    Raises LabFailed: DuckDB is not installed. Raises OSError.
    """
    _write_csv(folder / "answers.csv", list(answer_rows(found[:1])[0]), answer_rows(found))
    (folder / "answers.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    _write_csv(folder / "outcomes.csv", OUTCOMES, outcomes(run))
    pictures = {"survival.svg": drawing.survival}
    if run.book.loans:
        pictures["fan.svg"] = drawing.fan
    for name, draw in pictures.items():
        (folder / name).write_text(draw(run), encoding="utf-8")
    files = ["answers.csv", "answers.json", "outcomes.csv", *pictures]
    if not parquet:
        return files
    _parquet(folder, ("answers", "outcomes"))
    return [*files, "answers.parquet", "outcomes.parquet"]


def _hours(at_ms: int, since_ms: int) -> float | None:
    return (at_ms - since_ms) / HOUR_MS if at_ms else None


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> None:
    """Write rows as they come, over the file that is there. Each row has all columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        # A DictWriter looks at every row for columns that are missing or unknown, which takes 2 s for 1,000,000.
        writer.writerows(map(itemgetter(*columns), rows))


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
