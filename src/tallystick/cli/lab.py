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
from tallystick.cli.labbing.options import START, Start, atoms_by_name
from tallystick.cli.labbing.sweeping import sweep
from tallystick.lab.forms import Answer, Figure, Manifest
from tallystick.store import files

if TYPE_CHECKING:
    from tallystick.lab.running import Kind, Run


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
    """Amount of a coin, as decimal text, that is enough for a loan or an account, the other of which is 0.

    Beside it are the present one, and P(liquidation) of each.
    """

    loan: int
    account: int
    ccy: str
    enough: str
    liquidated: Figure
    present: str
    liquidated_at_present: Figure


PARQUET = option(
    "--parquet",
    is_flag=True,
    help="Write the tables as Parquet too; needs DuckDB.",
    zh="同时写出 Parquet 表格；需要 DuckDB。",
)


@group(zh="实验室：让一组借款走过许多条价格路径，并按平台自己的规则判定。")
def lab() -> None:
    """Lab: run a book of loans over many price paths, decided by the venue's own rules."""


@lab.spoken(
    answer=LabRun,
    zh="""让 BOOK 的借款和欠款账户走过许多条价格路径，并输出带区间的答案。

    BOOK 是平台的数据目录、场景（名称或 .toml 路径，取其人群）、借款或账户的 CSV，或已保存的 loan-info 或
    account/balance 应答（.json）。它们之间相互影响时会拒绝，并说明原因。按 Ctrl-C 时，使用 --out 的已完成路径会
    保留，--resume 继续其余部分。
    """,
)
@START
@option(
    "--first-events",
    is_flag=True,
    help="Stop each loan and account at its first liquidation, which is faster and costs nothing.",
    zh="每笔借款和每个账户到第一次强平为止；更快，不计算代价。",
)
@option(
    "--alone",
    is_flag=True,
    help="Let each account that is liquidated have the house's quotes for itself.",
    zh="每个被强平的账户单独使用平台的报价。",
)
@option(
    "--resume",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Do what is left of the run in this folder.",
    zh="继续此目录中未完成的运行。",
)
@PARQUET
@gathered(JSON, LANG)
def run(asked: Asked, start: Start, first_events: bool, alone: bool, resume: Path | None, parquet: bool) -> None:
    """Run the loans and accounts of BOOK over many price paths and print answers, each with its interval.

    BOOK is a venue's data folder, a scenario (a name, or a path ending in .toml: its crowd), a CSV of loans or
    accounts, or a saved answer of loan-info or account/balance (.json). A book in which one depends on another is
    refused, with the reason. Ctrl-C keeps the paths that are done where --out is given, and --resume does the rest.
    """
    if (start.book is None) == (resume is None):
        raise usage("name a BOOK, or a run to go on with by --resume")
    with lab_errors(resume or start.out):
        from tallystick.lab import running

        if resume is None:
            done = _begun(start, running.Kind(first_events=first_events, alone=alone))
        else:
            with bar() as progress:
                done = running.Folder(resume).resume(start.where.workers, progress, start.where.cluster)
        _tell(asked, done, resume or start.out, workers=start.where.workers, parquet=parquet)


@lab.spoken(
    answer=LabRun,
    zh="""在每条路径上由真实引擎逐小时运行 BOOK 的整个状态：精确，也适用于相互影响的借款和账户，但慢得多。

    BOOK 和选项与 `tally lab run` 相同；`tally lab run --resume` 继续未完成的运行。
    """,
)
@START
@PARQUET
@gathered(JSON, LANG)
def world(asked: Asked, start: Start, parquet: bool) -> None:
    """Play the whole state of BOOK on each path, by the real engine hour by hour: slower, and exact whatever couples.

    BOOK and options are those of `tally lab run`, and `tally lab run --resume` goes on with a run that was ended.
    """
    if start.book is None:
        raise usage("name a BOOK")
    with lab_errors(start.out):
        from tallystick.lab.running import Kind

        done = _begun(start, Kind(engine=True))
        _tell(asked, done, start.out, workers=start.where.workers, parquet=parquet)


def _begun(start: Start, kind: Kind) -> Run:
    """Begin a run and carry it out."""
    from tallystick.cli.labbing.books import book_named
    from tallystick.lab import running
    from tallystick.lab.book import Book
    from tallystick.lab.bounds import at_bound

    named = book_named(start.book or "", atoms_by_name(start.prices), atoms_by_name(start.rates), start.markets)
    book, model = Book(at_bound(named.state, start.held)), start.choice.model(start.markets)
    manifest = start.size.manifest(book, model, start.held, start.markets, kind=kind, notes=named.notes)
    folder = running.Folder(start.out) if start.out else None
    if folder is not None:
        folder.begin(manifest, book)
    where = start.where
    with bar() as progress:
        return running.carry_out(
            manifest, book, model, workers=where.workers, cluster=where.cluster, folder=folder, progress=progress
        )


lab.add_command(sweep)


@lab.spoken(answer=LabRun, zh="重新读取目录 DIR 中的运行，核对其摘要，并输出答案。")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@gathered(JSON, LANG)
def show(asked: Asked, folder: Path) -> None:
    """Read the run in DIR again, check its digest, and print its answers."""
    with lab_errors(None):
        from tallystick.lab import running

        _tell(asked, running.Folder(folder).read())


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
            PathRow(
                loan=loan,
                account=account,
                at_ms=row.at_ms,
                what=row.what,
                ccy=row.ccy,
                amount=text_from_atoms(row.amount),
            )
            for loan, account, row in rows
        ]
        found = LabPath(number, told, again.same)
        say(asked, found, lambda: _path_words(found))
        if not again.same:
            raise Stop("the real engine has other rows on this path: please report it, with the folder")


@lab.spoken(
    answer=LabCollateral,
    zh="找出编号为 NUMBER 的借款（或账户）需要多少 CCY，才能在运行 DIR 中只在很小比例的路径上被强平；该数量经过试算。",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.argument("number", type=int)
@click.argument("ccy")
@option(
    "--share",
    default="0.01",
    show_default=True,
    metavar="P",
    help="Let it be liquidated on at most this share of the paths.",
    zh="最多允许在此比例的路径上被强平。",
)
@option(
    "--account",
    "of_account",
    is_flag=True,
    help="Take NUMBER as that of an account, and CCY as a coin that it holds.",
    zh="NUMBER 是账户的编号，CCY 是其持有的币种。",
)
@gathered(JSON, LANG)
def collateral(asked: Asked, folder: Path, number: int, ccy: str, share: str, of_account: bool) -> None:
    """Find how much CCY the loan or account NUMBER needs to be liquidated on few paths of the run in DIR.

    The amount was tried, and so was one unit less.
    """
    wanted = atoms_by_name([f"share={share}"])["share"]
    with lab_errors(None):
        from tallystick.engine.amounts import ONE, text_from_atoms
        from tallystick.lab import answers, replaying, running

        kept = running.Folder(folder)
        sized = replaying.sized(kept, number, ccy, Fraction(wanted, ONE), of_account=of_account)
        paths = kept.manifest().paths
        found = LabCollateral(
            loan=0 if of_account else number,
            account=number if of_account else 0,
            ccy=ccy,
            enough=text_from_atoms(sized.enough),
            liquidated=answers.share(sized.liquidated, paths),
            present=text_from_atoms(sized.present),
            liquidated_at_present=answers.share(sized.liquidated_at_present, paths),
        )
        say(asked, found, lambda: _collateral_words(found))


def _tell(asked: Asked, done: Run, folder: Path | None = None, *, workers: int = 1, parquet: bool = False) -> None:
    from tallystick.lab import running, tables

    if folder is None:
        found = LabRun(done.manifest, tables.answers_of(done), [])
    else:
        written = tables.write(done, running.Folder(folder), workers=workers, parquet=parquet)
        found = LabRun(done.manifest, written.answers, written.files)
    say(asked, found, lambda: _words(found))


def _words(found: LabRun) -> str:
    told = found.manifest
    model = " ".join(f"{name}={value}" for name, value in told.model.items())
    owing = f"; accounts: {told.accounts}" if told.accounts else ""
    head = (
        f"loans: {told.loans}{owing}; paths: {told.paths} of {told.hours} hours; prices an hour: {told.points}\n"
        f"{model}, seed {told.seed}; rates: {told.rates}{_kind_words(told)}\n"
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
    head += "".join(f"note: {note}\n" for note in told.notes)
    tail = f"\nlines {told.digest[:16]}" + (f"; written: {', '.join(found.files)}" if found.files else "")
    return f"{head}\n{table}{tail}"


def _kind_words(told: Manifest) -> str:
    """Kind of a run, where it is not the usual one."""
    kinds = {
        "; played by the engine hour by hour": told.by != "lab",
        "; first events only": told.follow != "lives",
        "; each account sells alone": told.sales != "together",
    }
    return "".join(words for words, applies in kinds.items() if applies)


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
    return f"{table}\nrows on path {found.path}: {len(rows)}; {same}"


def _who(row: PathRow, *, accounts: bool) -> str:
    """Loan or account of a row; the kind is told where there are both."""
    if not accounts:
        return str(row.loan)
    return f"account {row.account}" if row.account else f"loan {row.loan}"


def _collateral_words(found: LabCollateral) -> str:
    who = f"account {found.account} holds" if found.account else f"loan {found.loan} pledges"
    return (
        f"{who} {found.present} {found.ccy}: liquidated on {_share(found.liquidated_at_present)}\n"
        f"with {found.enough} {found.ccy}: liquidated on {_share(found.liquidated)}"
    )
