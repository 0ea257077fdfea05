"""`tally lab sweep`: one book varied along one axis or two, each variant on the same paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from tallystick.cli.columns import aligned
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import usage
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.cli.labbing.errors import bar, lab_errors
from tallystick.cli.labbing.options import START, Start, atoms_by_name
from tallystick.lab.forms import Answer

if TYPE_CHECKING:
    from tallystick.lab.book import Book
    from tallystick.lab.kept_sweeps import Plan, SweepFolder
    from tallystick.lab.models import Model
    from tallystick.lab.sweeping import Sweep


class LabCell(Struct, frozen=True):
    """Cell of a sweep: what is varied, the digest of its lines, and the answer about the whole book."""

    variant: dict[str, str]
    digest: str
    answer: Answer


class LabSweep(Struct, frozen=True):
    """Sweep that is complete: its cells, the last thing named moving first, and the files that tell them."""

    cells: list[LabCell]
    files: list[str]


@command(
    answer=LabSweep,
    zh="""让 BOOK 的许多变体走过相同的价格路径，并比较结果。

    --vary 写一次或两次：price、collateral、debt 为倍数（可写 price:BTC-USDT、collateral:BTC、debt:USDT），
    ltv 为每笔借款的贷款价值比。账户的 collateral 是其持有的全部币。每个变体使用相同的随机数，因此只有变体不同。
    按 Ctrl-C 时，使用 --out 的已完成部分会保留，--resume 继续其余部分。
    """,
)
@START
@option(
    "--vary",
    multiple=True,
    metavar="NAME=VALUE,VALUE,...",
    help="Vary price, collateral, debt (times these) or ltv (to these); once or twice.",
    zh="改变 price、collateral、debt（乘以这些数）或 ltv（设为这些数）；一次或两次。",
)
@option(
    "--resume",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Do what is left of the sweep in this folder.",
    zh="继续此目录中未完成的比较。",
)
@gathered(JSON, LANG)
def sweep(asked: Asked, start: Start, vary: tuple[str, ...], resume: Path | None) -> None:
    """Run variants of the loans and accounts of BOOK over the same price paths, and compare them.

    --vary is given once or twice: price, collateral and debt are times what they are (also price:BTC-USDT,
    collateral:BTC, debt:USDT), and ltv is that of each loan. Collateral of an account is all that it holds. The same
    draws serve every variant, so that only the variant differs. Ctrl-C keeps what is done where --out is given, and
    --resume does the rest.
    """
    if (start.book is None) == (resume is None) or (start.book is None) == bool(vary):
        raise usage("name a BOOK and what to --vary, or a sweep to go on with by --resume")
    place = resume or start.out
    with lab_errors(place, "sweep"):
        from tallystick.lab import tables
        from tallystick.lab.kept_sweeps import SweepFolder

        folder = SweepFolder(place) if place else None
        if resume is not None:
            plan, the_book, model = _again(SweepFolder(resume))
        else:
            plan, the_book, model = _begun(start, vary)
            if folder is not None:
                folder.begin(plan, the_book)
        with bar() as progress:
            found = tables.swept(
                plan.manifest,
                the_book,
                plan.axes,
                model,
                workers=start.where.workers,
                cluster=start.where.cluster,
                folder=folder,
                progress=progress,
            )
        written = tables.write_sweep(found, place) if place else []
        told = LabSweep([LabCell(cell.variant, cell.digest, cell.answer) for cell in found.cells], written)
        say(asked, told, lambda: _words(found, written))


def _begun(start: Start, vary: tuple[str, ...]) -> tuple[Plan, Book, Model]:
    """Plan of a new sweep, its book, and its model."""
    from tallystick.cli.labbing.books import book_named
    from tallystick.lab import sweeping
    from tallystick.lab.book import Book
    from tallystick.lab.bounds import at_bound
    from tallystick.lab.kept_sweeps import Plan

    axes = sweeping.axes_of(vary)
    named = book_named(start.book or "", atoms_by_name(start.prices), atoms_by_name(start.rates), start.markets)
    book, model = Book(at_bound(named.state, start.held)), start.choice.model(start.markets)
    for variant in sweeping.variants(axes):
        sweeping.varied(book, variant)
    manifest = start.size.manifest(book, model, start.held, start.markets, notes=named.notes)
    return Plan(manifest, axes), book, model


def _again(folder: SweepFolder) -> tuple[Plan, Book, Model]:
    """Plan of a sweep that was begun, its book, and its model."""
    from tallystick.lab.naming import model_of

    plan = folder.plan()
    return plan, folder.book(), model_of(plan.manifest.model, Path(plan.manifest.markets))


def _words(found: Sweep, written: list[str]) -> str:
    down, across = found.axes[0], found.axes[1] if len(found.axes) > 1 else None
    wide = len(across.values) if across else 1
    head = (down.name, *(f"{across.name}={value}" for value in across.values)) if across else (down.name, "liquidated")
    shares = [f"{cell.answer.each_liquidated.value or 0.0:.1%}" for cell in found.cells]
    rows = [(value, *shares[place * wide : (place + 1) * wide]) for place, value in enumerate(down.values)]
    told = found.manifest
    kind, owing = ("loans and accounts", f"; accounts: {told.accounts}") if told.accounts else ("loans", "")
    return (
        f"share of {kind} that is liquidated; loans: {told.loans}{owing}; paths: {told.paths} of {told.hours} hours\n\n"
        + aligned(head, rows, right=range(1, wide + 1))
        + (f"\nwritten: {', '.join(written)}" if written else "")
    )
