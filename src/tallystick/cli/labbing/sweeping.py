"""`tally lab sweep`: one book varied along one axis or two, each variant on the same paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from tallystick.cli.columns import aligned
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.cli.labbing.errors import bar, lab_errors
from tallystick.cli.labbing.options import (
    CHOICE,
    PRICES,
    RATES,
    SIZE,
    WHERE,
    Choice,
    Size,
    Where,
    atoms_by_name,
)
from tallystick.cli.market_options import MARKETS
from tallystick.lab.forms import Answer
from tallystick.store import files

if TYPE_CHECKING:
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
    ltv 为每笔借款的贷款价值比。每个变体使用相同的随机数，因此只有变体不同。不包括交易账户。
    """,
)
@click.argument("book")
@option(
    "--vary",
    multiple=True,
    required=True,
    metavar="NAME=VALUE,VALUE,...",
    help="Vary price, collateral, debt (times these) or ltv (to these); once or twice.",
    zh="改变 price、collateral、debt（乘以这些数）或 ltv（设为这些数）；一次或两次。",
)
@CHOICE
@PRICES
@RATES
@SIZE
@WHERE
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write tables and a heat map into this folder.",
    zh="将表格和热图写入此目录。",
)
@MARKETS
@gathered(JSON, LANG)
def sweep(
    asked: Asked,
    book: str,
    vary: tuple[str, ...],
    choice: Choice,
    prices: tuple[str, ...],
    rates: tuple[str, ...],
    hold_rates: bool,
    size: Size,
    where: Where,
    out: Path | None,
    markets: Path,
) -> None:
    """Run variants of the loans of BOOK over the same price paths, and compare them.

    --vary is given once or twice: price, collateral and debt are times what they are (also price:BTC-USDT,
    collateral:BTC, debt:USDT), and ltv is that of each loan. The same draws serve every variant, so that only the
    variant differs. Trading accounts are left out.
    """
    with lab_errors(None):
        from tallystick.cli.labbing.books import book_named
        from tallystick.lab import sweeping, tables
        from tallystick.lab.book import Book

        axes = sweeping.axes_of(vary)
        the_book = Book(book_named(book, atoms_by_name(prices), atoms_by_name(rates), markets).state)
        model = choice.model(markets)
        manifest = size.manifest(the_book, model, hold_rates, markets)
        with bar() as progress:
            found = tables.swept(
                manifest, the_book, axes, model, workers=where.workers, cluster=where.cluster, progress=progress
            )
        written = []
        if out is not None:
            files.make_folder(out)
            written = tables.write_sweep(found, out)
        told = LabSweep([LabCell(cell.variant, cell.digest, cell.answer) for cell in found.cells], written)
        say(asked, told, lambda: _words(found, written))


def _words(found: Sweep, written: list[str]) -> str:
    down, across = found.axes[0], found.axes[1] if len(found.axes) > 1 else None
    wide = len(across.values) if across else 1
    head = (down.name, *(f"{across.name}={value}" for value in across.values)) if across else (down.name, "liquidated")
    shares = [f"{cell.answer.each_liquidated.value or 0.0:.1%}" for cell in found.cells]
    rows = [(value, *shares[place * wide : (place + 1) * wide]) for place, value in enumerate(down.values)]
    told = found.manifest
    return (
        f"share of loans that is liquidated; loans: {told.loans}; paths: {told.paths} of {told.hours} hours\n\n"
        + aligned(head, rows, right=range(1, wide + 1))
        + (f"\nwritten: {', '.join(written)}" if written else "")
    )
