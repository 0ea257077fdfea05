"""`tally lab`: many price paths over one book of loans. The lab itself (the extra `lab`) is loaded when it is run."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from tallystick.cli.columns import aligned
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.failing import Stop, usage
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.cli.labbing.errors import bar, lab_errors
from tallystick.cli.labbing.options import CHOICE, PRICES, RATES, SIZE, WHERE, Choice, Size, Where, atoms_by_name
from tallystick.cli.labbing.sweeping import sweep
from tallystick.cli.market_options import MARKETS
from tallystick.lab.forms import Answer, Figure, Manifest
from tallystick.store import files

if TYPE_CHECKING:
    from tallystick.lab.running import Run


class LabRun(Struct, frozen=True):
    """Run that is complete: what decided it, its answers, and the files that tell them."""

    manifest: Manifest
    answers: list[Answer]
    files: list[str]


class PathRow(Struct, frozen=True):
    """One thing that happens to a loan or an account on a path, the other of which is 0; amounts are decimal text."""

    loan: int
    account: int
    at_ms: int
    what: str
    ccy: str
    amount: str


class LabPath(Struct, frozen=True):
    """One path of a run: the rows of its loans and accounts, and whether the real engine has the same ones."""

    path: int
    rows: list[PathRow]
    same_as_engine: bool


class LabCollateral(Struct, frozen=True, kw_only=True):
    """Amount of a coin, as decimal text, that is enough for a loan; the present one; P(liquidation) of each."""

    loan: int
    ccy: str
    enough: str
    liquidated: Figure
    present: str
    liquidated_at_present: Figure


@group(zh="实验室：让一组借款走过许多条价格路径，并按平台自己的规则判定。")
def lab() -> None:
    """Lab: run a book of loans over many price paths, decided by the venue's own rules."""


@lab.spoken(
    answer=LabRun,
    zh="""让 BOOK 的借款走过许多条价格路径，并输出带区间的答案。

    BOOK 是平台的数据目录、场景（名称或 .toml 路径，取其人群）、借款的 CSV，或已保存的 loan-info 应答（.json）。
    借款之间相互影响时会拒绝，并说明原因。按 Ctrl-C 时，使用 --out 的已完成路径会保留，--resume 继续其余部分。
    """,
)
@click.argument("book", required=False)
@CHOICE
@PRICES
@RATES
@SIZE
@WHERE
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the run in this new folder, with tables and a picture.",
    zh="将运行保存在此新目录中，包括表格和图。",
)
@option(
    "--resume",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Do what is left of the run in this folder.",
    zh="继续此目录中未完成的运行。",
)
@option(
    "--parquet",
    is_flag=True,
    help="Write the tables as Parquet too; needs DuckDB.",
    zh="同时写出 Parquet 表格；需要 DuckDB。",
)
@MARKETS
@gathered(JSON, LANG)
def run(
    asked: Asked,
    book: str | None,
    choice: Choice,
    prices: tuple[str, ...],
    rates: tuple[str, ...],
    hold_rates: bool,
    size: Size,
    where: Where,
    out: Path | None,
    resume: Path | None,
    parquet: bool,
    markets: Path,
) -> None:
    """Run the loans of BOOK over many price paths and print answers, each with its interval.

    BOOK is a venue's data folder, a scenario (a name, or a path ending in .toml: its crowd), a CSV of loans, or a
    saved answer of loan-info (.json). A book whose loans depend on one another is refused, with the reason. Ctrl-C
    keeps the paths that are done where --out is given, and --resume does the rest.
    """
    if (book is None) == (resume is None):
        raise usage("name a BOOK, or a run to go on with by --resume")
    with lab_errors(resume or out):
        from tallystick.cli.labbing.books import book_named
        from tallystick.lab import running
        from tallystick.lab.book import Book

        if resume is not None:
            folder: running.Folder | None = running.Folder(resume)
            with bar() as progress:
                done = running.Folder(resume).resume(where.workers, progress, where.cluster)
        else:
            the_book = Book(book_named(book or "", atoms_by_name(prices), atoms_by_name(rates), markets).state)
            model, folder = choice.model(markets), running.Folder(out) if out else None
            manifest = size.manifest(the_book, model, hold_rates, markets)
            if folder is not None:
                folder.begin(manifest, the_book)
            with bar() as progress:
                done = running.carry_out(
                    manifest,
                    the_book,
                    model,
                    workers=where.workers,
                    cluster=where.cluster,
                    folder=folder,
                    progress=progress,
                )
        _tell(asked, done, folder.place if folder else None, parquet=parquet)


lab.add_command(sweep)


@lab.spoken(answer=LabRun, zh="重新读取目录 DIR 中的运行，核对其摘要，并输出答案。")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@gathered(JSON, LANG)
def show(asked: Asked, folder: Path) -> None:
    """Read the run in DIR again, check its digest, and print its answers."""
    with lab_errors(None):
        from tallystick.lab import running

        _tell(asked, running.Folder(folder).read(), None, parquet=False)


@lab.spoken("path", answer=LabPath, zh="输出运行 DIR 的路径 N 上每笔借款和账户发生的事，并与真实引擎比较。")
@click.argument("number", metavar="N", type=click.IntRange(0, 999_999))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@option(
    "--scenario",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the path as a scenario here, for `tally scenario run` and the test kit.",
    zh="将此路径写成场景，供 `tally scenario run` 和测试工具使用。",
)
@gathered(JSON, LANG)
def one_path(asked: Asked, number: int, folder: Path, target: Path | None) -> None:
    """Print the rows of all loans and accounts on path N of the run in DIR, and compare them with the real engine's."""
    with lab_errors(None):
        from tallystick.engine.amounts import text_from_atoms
        from tallystick.lab import running
        from tallystick.lab.replaying import replayed

        again = replayed(running.Folder(folder), number, told=target is not None)
        if target is not None:
            files.write_whole(target, again.scenario.encode(), 0o644)
        rows = [(loan, 0, row) for loan, rows in again.rows.items() for row in rows]
        rows += [(0, account, row) for account, rows in again.accounts.items() for row in rows]
        told = [
            PathRow(loan, account, row.at_ms, row.what, row.ccy, text_from_atoms(row.amount))
            for loan, account, row in rows
        ]
        found = LabPath(number, told, again.same)
        say(asked, found, lambda: _path_words(found))
        if not again.same:
            raise Stop("the real engine has other rows on this path: please report it, with the folder")


@lab.spoken(
    answer=LabCollateral, zh="找出借款 LOAN 需要多少 CCY，才能在运行 DIR 中只在很小比例的路径上被强平；该数量经过试算。"
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.argument("loan", type=int)
@click.argument("ccy")
@option(
    "--share",
    default="0.01",
    show_default=True,
    metavar="P",
    help="Let the loan be liquidated on at most this share of the paths.",
    zh="最多允许在此比例的路径上被强平。",
)
@gathered(JSON, LANG)
def collateral(asked: Asked, folder: Path, loan: int, ccy: str, share: str) -> None:
    """Find how much CCY the loan LOAN needs to be liquidated on few paths of the run in DIR; the amount was tried."""
    wanted = atoms_by_name([f"share={share}"])["share"]
    with lab_errors(None):
        from tallystick.engine.amounts import ONE, text_from_atoms
        from tallystick.lab import answers, replaying, running

        kept = running.Folder(folder)
        sized, paths = replaying.sized(kept, loan, ccy, Fraction(wanted, ONE)), kept.manifest().paths
        found = LabCollateral(
            loan=loan,
            ccy=ccy,
            enough=text_from_atoms(sized.enough),
            liquidated=answers.share(sized.liquidated, paths),
            present=text_from_atoms(sized.present),
            liquidated_at_present=answers.share(sized.liquidated_at_present, paths),
        )
        say(asked, found, lambda: _collateral_words(found))


def _tell(asked: Asked, done: Run, folder: Path | None, *, parquet: bool) -> None:
    from tallystick.lab import tables

    answers = tables.answers_of(done)
    written = tables.write(done, answers, folder, parquet=parquet) if folder else []
    found = LabRun(done.manifest, answers, written)
    say(asked, found, lambda: _words(found))


def _words(found: LabRun) -> str:
    told = found.manifest
    model = " ".join(f"{name}={value}" for name, value in told.model.items())
    owing = f"; accounts: {told.accounts}" if told.accounts else ""
    head = (
        f"loans: {told.loans}{owing}; paths: {told.paths} of {told.hours} hours; prices an hour: {told.points}
"
        f"{model}, seed {told.seed}; rates {told.rates}\n"
        f"loan-hours: {told.loan_hours:,}; judged one by one: {told.looked:,}; by the engine: {told.decided:,}\n"
    )
    with_accounts = told.accounts > 0
    columns = (
        "",
        "loans",
        *(("accounts",) if with_accounts else ()),
        "P(margin call)",
        "P(liquidation)",
        "hours to it",
        "loss if liquidated",
        "worst 5 %",
        "fund pays",
    )
    rows = [
        (
            answer.name or answer.scope,
            str(answer.loans),
            *((str(answer.accounts),) if with_accounts else ()),
            _share(answer.called),
            _share(answer.liquidated),
            _number(answer.hours_to_liquidation, 0),
            _number(answer.loss, 2),
            _number(answer.shortfall, 2),
            _number(answer.fund_pays, 2),
        )
        for answer in found.answers
        if answer.scope not in ("loan", "account")
    ]
    table = aligned(columns, rows, right=range(1, len(columns)))
    tail = f"\nlines {told.digest[:16]}" + (f"; written: {', '.join(found.files)}" if found.files else "")
    return f"{head}\n{table}{tail}"


def _share(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "-"
    return f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _number(figure: Figure, decimals: int) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:,.{decimals}f}"
    return f"{figure.value:,.{decimals}f} ({figure.low:,.{decimals}f} to {figure.high:,.{decimals}f})"


def _path_words(found: LabPath) -> str:
    accounts = any(row.account for row in found.rows)
    rows = [(_who(row, accounts=accounts), str(row.at_ms), row.what, row.ccy, row.amount) for row in found.rows]
    table = aligned(("" if accounts else "loan", "time (ms)", "what", "coin", "amount"), rows)
    same = "the real engine has the same rows" if found.same_as_engine else "THE REAL ENGINE HAS OTHER ROWS"
    return f"{table}\n{len(rows)} rows on path {found.path}; {same}"


def _who(row: PathRow, *, accounts: bool) -> str:
    """Loan or account of a row; the kind is told where there are both."""
    if not accounts:
        return str(row.loan)
    return f"account {row.account}" if row.account else f"loan {row.loan}"


def _collateral_words(found: LabCollateral) -> str:
    return (
        f"loan {found.loan} pledges {found.present} {found.ccy}: liquidated on {_share(found.liquidated_at_present)}\n"
        f"with {found.enough} {found.ccy}: liquidated on {_share(found.liquidated)}"
    )
