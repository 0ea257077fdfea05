"""`tally market`: the numbers of the exchange that the package brings, and markets of one's own."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from tallystick.cli.columns import aligned
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.language import CHINESE, language
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.cli.market_options import MARKETS
from tallystick.engine.parameters import CONSTANTS, CURRENCIES, INSTRUMENTS
from tallystick.venue import imported
from tallystick.venue.candle_lines import DAY_MS, MINUTE_MS
from tallystick.venue.imported import MarketList
from tallystick.venue.importing.market import CannotImport, Faulty, import_market
from tallystick.venue.parameters import load_parameters, packaged_table
from tallystick.venue.settings import Meaning, Parts, Shown, describe

CURRENCY_COLUMNS = ("rate_per_year", "quota", "pool", "min_borrow", "loan_max")
INSTRUMENT_COLUMNS = ("tick", "lot", "min_size", "depth_quote")


class Number(Struct, frozen=True):
    """Meaning of one number of a table: `least` and `most` are its range, `fixed` says why it cannot be changed."""

    table: str
    name: str
    about: str
    about_zh: str
    unit: str
    unit_zh: str
    least: str
    most: str
    fixed: str


class Numbers(Struct, frozen=True):
    """Meanings of all numbers."""

    numbers: list[Number]


class Markets(Struct, frozen=True):
    """Imported markets of a folder, with what each was made from."""

    folder: str
    markets: list[MarketList]


@group(zh="交易对、币种、手续费、延迟和自己的行情：平台的初始数值。")
def market() -> None:
    """Instruments, currencies, fees, delays, and prices of your own: what the venue starts with."""


@market.spoken(
    answer=Parts,
    zh="""显示内置的数值表：新平台的初始数值。

    数量以币计，利率为小数（0.073 即每年 7.3 %），延迟以毫秒计。来源说明数值的可信程度。运行中的平台可能已经改变：
    tally parameters show 显示，tally parameters set 修改。
    """,
)
@option(
    "--ccy",
    metavar="CCY",
    help="Show one currency in full, such as BTC: every number with its source.",
    zh="完整显示一种币，如 BTC：每个数值及其来源。",
)
@gathered(JSON, LANG)
def show(asked: Asked, ccy: str | None) -> None:
    """Show the packaged table: the numbers a new venue starts with.

    Amounts are in coins, rates are fractions (0.073 is 7.3 % a year), delays are milliseconds. The
    source says how far a number can be trusted: documented by the exchange, observed in one of its
    answers, or inferred by us.

    A running venue may stand elsewhere by now: `tally parameters show` has its numbers, `tally parameters set` changes
    them.
    """
    table = packaged_table()
    parts = describe(load_parameters(table), table)
    if ccy is None:
        say(asked, parts, lambda: overview(parts))
        return
    name = ccy.upper()
    if name not in parts.currencies:
        raise Stop(f"there is no currency {ccy[:40]}, there are {', '.join(parts.currencies)}")
    say(asked, of_currency(name, parts), lambda: in_full(name, parts))


def of_currency(ccy: str, parts: Parts) -> Parts:
    """Numbers of one currency and of its pairs."""
    pairs = {name: cells for name, cells in parts.instruments.items() if ccy in name.split("-")}
    meanings = {name: parts.meanings[name] for name in (INSTRUMENTS, CURRENCIES)}
    return Parts(instruments=pairs, currencies={ccy: parts.currencies[ccy]}, constants={}, meanings=meanings)


@market.spoken(answer=Numbers, zh="说明每个数值：含义、单位，以及平台运行时可以修改的范围。")
@gathered(JSON, LANG)
def numbers(asked: Asked) -> None:
    """Explain every number: what it is, its unit, and the range it can be changed in while the venue runs."""
    table = packaged_table()
    parts = describe(load_parameters(table), table)
    tables = {
        INSTRUMENTS: next(iter(parts.instruments.values())),
        CURRENCIES: next(iter(parts.currencies.values())),
        CONSTANTS: parts.constants,
    }
    found = [
        _number(name, field, cell, parts.meanings[name][field])
        for name, cells in tables.items()
        for field, cell in cells.items()
    ]
    say(asked, Numbers(found), lambda: "\n\n".join(_explained(name, found) for name in tables))


@market.spoken(
    "import",
    answer=MarketList,
    zh="""从 FILES 导入 K 线作为行情，用 tally serve --market NAME 播放。

    按内容识别文件：OKX 的月度 zip 和 REST 应答、Binance 的 K 线、ccxt 的 fetch_ohlcv、Kraken 的 OHLCVT、tardis.dev，
    压缩或不压缩。不作任何修补：有误之处给出文件和行，并且不写入行情。
    """,
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@option(
    "--name",
    required=True,
    help="Call the market so: small letters, digits, - and _.",
    zh="行情的名称：小写字母、数字、- 和 _。",
)
@option(
    "--instrument",
    default="",
    metavar="PAIR",
    help="Take all files for this pair, such as BTC-USDT.",
    zh="所有文件都属于此交易对，如 BTC-USDT。",
)
@option(
    "--keep-gaps",
    is_flag=True,
    help="Accept missing candles: the price stands still there.",
    zh="允许缺少 K 线：该处价格不变。",
)
@option(
    "--replace",
    "over",
    is_flag=True,
    help="Replace a market of the same name.",
    zh="替换同名的行情。",
)
@MARKETS
@gathered(JSON, LANG)
def import_candles(
    asked: Asked, files: tuple[Path, ...], name: str, instrument: str, keep_gaps: bool, over: bool, markets: Path
) -> None:
    """Import candles from FILES as a market, to be played with `tally serve --market NAME`.

    Files are recognised by content: OKX's monthly zip and REST answers, Binance's klines, ccxt's fetch_ohlcv, Kraken's
    OHLCVT, tardis.dev, plain or packed. Nothing is mended: what is wrong is named with its file and line, and then no
    market is written.
    """
    with click.progressbar(length=1, label="reading", file=sys.stderr) as bar:

        def progress(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        try:
            found = import_market(
                files, markets, name, instrument=instrument, keep_gaps=keep_gaps, over=over, progress=progress
            )
        except Faulty as faulty:
            raise Stop("\n".join(_complaints(faulty))) from None
        except CannotImport as problem:
            raise Stop(str(problem)) from None
    say(asked, found, lambda: _series_table(found))
    click.echo(f"\nPlay it: tally serve --market {name} --data .tally-{name}", err=True)


@market.spoken("list", answer=Markets, zh="列出已导入的行情及其来源。")
@MARKETS
@gathered(JSON, LANG)
def list_markets(asked: Asked, markets: Path) -> None:
    """List the imported markets, with what each was made from."""
    try:
        found = [imported.listed(markets, name) for name in imported.names(markets)]
    except imported.BadMarket as problem:
        raise Stop(str(problem)) from None
    if asked.json is None and not found:
        click.echo(f"There is none in {markets}; `tally market import FILE... --name NAME` makes one.", err=True)
        return
    say(asked, Markets(str(markets), found), lambda: "\n".join(map(_listed, found)))


def _listed(found: MarketList) -> str:
    head = f"{found.name}: from {day(found.first_day_ms)} on, whole days: {found.span_ms // DAY_MS}"
    return f"{head}\n{_series_table(found)}\n"


def _complaints(faulty: Faulty) -> Iterator[str]:
    yield f"nothing was imported; faults: {len(faulty.faults) + faulty.more}"
    yield from (f"  {fault}" for fault in faulty.faults)
    if faulty.more:
        yield f"  and {faulty.more} more"
    if all(fault.is_gap for fault in faulty.faults):
        yield "Only candles are missing. With --keep-gaps the price stands still there."


def _series_table(found: MarketList) -> str:
    rows = [
        (
            one.instrument,
            f"{one.step_ms // MINUTE_MS}m",
            str(one.rows),
            day(one.first_ms),
            day(one.last_ms),
            str(one.gaps),
            ", ".join(sorted({file.form for file in one.files})),
        )
        for one in found.series
    ]
    return aligned(("pair", "candles", "rows", "from", "to", "gaps", "read as"), rows, right=(2, 5))


def day(at_ms: int) -> str:
    return f"{dt.datetime.fromtimestamp(at_ms // 1_000, dt.UTC):%Y-%m-%d %H:%M}"


def _number(table: str, name: str, cell: Shown, said: Meaning) -> Number:
    return Number(
        table=table,
        name=name,
        about=said.about,
        about_zh=said.about_zh,
        unit=said.unit,
        unit_zh=said.unit_zh,
        least=cell.least,
        most=cell.most,
        fixed=cell.fixed,
    )


def _explained(table: str, found: list[Number]) -> str:
    chinese = language() == CHINESE
    rows = [
        (
            one.name,
            one.unit_zh if chinese else one.unit,
            f"{one.least} to {one.most}" if one.most else one.fixed and "fixed",
            one.about_zh if chinese else one.about,
        )
        for one in found
        if one.table == table
    ]
    return f"{table.title()}\n" + aligned(("name", "unit", "range", "meaning"), rows)


def overview(parts: Parts) -> str:
    return "\n\n".join(
        (
            "Currencies\n" + _rows("ccy", CURRENCY_COLUMNS, parts.currencies, ("discount_tiers",)),
            "Instruments\n" + _rows("instrument", INSTRUMENT_COLUMNS, parts.instruments),
            "Constants\n" + _list(parts.constants),
        )
    )


def in_full(ccy: str, parts: Parts) -> str:
    pairs = {name: cells for name, cells in parts.instruments.items() if ccy in name.split("-")}
    return "\n\n".join((f"{ccy}\n{_list(parts.currencies[ccy])}", *(f"{n}\n{_list(c)}" for n, c in pairs.items())))


def _rows(head: str, columns: tuple[str, ...], rows: dict[str, dict[str, Shown]], tiers: tuple[str, ...] = ()) -> str:
    """One line a row; of tiers the first. The source is that of most numbers in the line, then the others by name."""
    names = (*columns, *tiers)
    lines = [
        (
            name,
            *(words(cells[column].value) for column in columns),
            *(first(cells[column].value) for column in tiers),
            _kinds({column: cells[column].source for column in names}),
        )
        for name, cells in rows.items()
    ]
    return aligned((head, *names, "source"), lines, right=range(1, 1 + len(columns)))


def _kinds(sources: dict[str, str]) -> str:
    """The kind most of them have, and which have another: "observed; depth_quote inferred"."""
    kinds = list(sources.values())
    usual = max(kinds, key=kinds.count)
    others = [f"{column} {kind}" for column, kind in sources.items() if kind != usual]
    return "; ".join((usual, *([", ".join(others)] if others else [])))


def _list(cells: dict[str, Shown]) -> str:
    rows = [(name, words(cell.value), cell.source, cell.note) for name, cell in cells.items()]
    return aligned(("name", "value", "source", "note"), rows)


def words(value: Any) -> str:
    """A value in one line: tiers as bound:rate."""
    if isinstance(value, list):
        return " ".join(":".join(item) if isinstance(item, list) else str(item) for item in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def first(tiers: list[list[str]]) -> str:
    """The first tier, and how many there are."""
    return f"{':'.join(tiers[0])} ({len(tiers)} in all)"
