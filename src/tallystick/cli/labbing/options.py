"""Options of `tally lab run` that choose a model, prices and rates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tallystick.cli.frame.commands import option
from tallystick.cli.frame.failing import usage
from tallystick.cli.market_options import MARKETS
from tallystick.engine.amounts import atoms_from_text
from tallystick.venue.markets import DEFAULT

if TYPE_CHECKING:
    from tallystick.lab.book import Book
    from tallystick.lab.bounds import Rates
    from tallystick.lab.forms import Manifest
    from tallystick.lab.models import Model
    from tallystick.lab.running import Kind


class Choice(NamedTuple):
    """Choice of a model with its settings."""

    kind: str
    market: str
    length: int
    start: int
    volatility: float
    fit: bool
    shock: tuple[str, ...]
    fall: str
    file: str

    def model(self, markets: Path) -> Model:
        """Make the model. Raises BadModel."""
        from tallystick.lab.fitting import fitted_to
        from tallystick.lab.models import Shock, Walk
        from tallystick.lab.naming import market_named, model_of

        if self.kind == "walk" and self.fit:
            return fitted_to(market_named(self.market, markets))
        if self.kind == "walk":
            return Walk(usual=self.volatility)
        if self.kind == "file":
            return model_of({"model": "file", "file": self.file}, markets)
        if self.kind == "shock":
            atoms_by_name(self.shock)
            return Shock(dict(text.split("=", 1) for text in self.shock), fall=self.fall)
        settings = {"length": str(self.length)} if self.kind == "blocks" else {"start": str(self.start)}
        return model_of({"model": self.kind, "market": self.market, **settings}, markets)


_OPTIONS = (
    option(
        "--model",
        "kind",
        type=click.Choice(["blocks", "walk", "window", "shock", "file"]),
        default="blocks",
        show_default=True,
        help="Make paths by this model.",
        zh="生成路径的模型。",
    ),
    option(
        "--market",
        default=DEFAULT,
        show_default=True,
        metavar="NAME",
        help="Take recorded hours from this market (blocks, window).",
        zh="录制的小时取自此行情（blocks、window）。",
    ),
    option(
        "--length",
        type=click.IntRange(1, 10_000),
        default=24,
        show_default=True,
        help="Hours of one block (blocks).",
        zh="每块的小时数（blocks）。",
    ),
    option(
        "--start",
        type=click.IntRange(0, 1_000_000),
        default=0,
        show_default=True,
        help="Begin at this hour of the market (window).",
        zh="从行情的此小时开始（window）。",
    ),
    option(
        "--volatility",
        type=click.FloatRange(0, 20),
        default=0.8,
        show_default=True,
        help="Volatility a year of coins that are not stable (walk).",
        zh="非稳定币的年波动率（walk）。",
    ),
    option(
        "--fit",
        is_flag=True,
        help="Take volatilities, correlation and jumps from the hours of --market (walk).",
        zh="波动率、相关性和跳跃取自 --market 的小时数据（walk）。",
    ),
    option(
        "--shock",
        multiple=True,
        metavar="PAIR=PRICE",
        help="Move this pair to this price within an hour (shock).",
        zh="一小时内将此交易对移至此价格（shock）。",
    ),
    option(
        "--fall",
        default="0",
        metavar="SHARE",
        help="Let all coins that are not stable fall by this share within an hour (shock).",
        zh="一小时内非稳定币全部下跌此比例（shock）。",
    ),
    option(
        "--file",
        default="",
        metavar="CSV",
        help="Take the paths of this file: columns path, step and a price for each pair (file).",
        zh="取此文件中的路径：列 path、step 和每个交易对的价格（file）。",
    ),
)


class Size(NamedTuple):
    """Size of a run: its paths, the days of each, prices an hour, and the seed."""

    paths: int
    days: int
    points: str
    seed: int

    def manifest(
        self,
        book: Book,
        model: Model,
        rates: Rates,
        markets: Path,
        *,
        kind: Kind | None = None,
        notes: tuple[str, ...] = (),
    ) -> Manifest:
        """Manifest of a run of this size. Raises Coupled, BadModel, ValueError."""
        from tallystick.lab import running

        return running.begin(
            book,
            model,
            paths=min(self.paths, model.limit or self.paths),
            seed=self.seed,
            hours=self.days * 24,
            points=int(self.points),
            rates=rates,
            markets=markets,
            kind=kind or running.WHOLE,
            notes=notes,
        )


class Where(NamedTuple):
    """Place where paths are done: so many processes here, or a cluster."""

    workers: int
    cluster: str


_SIZES = (
    option(
        "--paths",
        type=click.IntRange(1, 1_000_000),
        default=1_000,
        show_default=True,
        help="Run this many paths.",
        zh="路径数量。",
    ),
    option(
        "--days",
        type=click.IntRange(1, 366),
        default=30,
        show_default=True,
        help="Follow each path for this many days.",
        zh="每条路径的天数。",
    ),
    option(
        "--points",
        type=click.Choice(["1", "4"]),
        default="1",
        show_default=True,
        help="Move prices this many times an hour.",
        zh="每小时价格变动的次数。",
    ),
    option(
        "--seed",
        type=click.IntRange(0, 2**63 - 1),
        default=0,
        show_default=True,
        help="Draw the paths from this seed.",
        zh="路径使用的种子。",
    ),
)
_PLACES = (
    option(
        "--workers",
        type=click.IntRange(1, 256),
        default=1,
        show_default=True,
        help="Use this many processes; the answers do not depend on it.",
        zh="使用的进程数；答案与之无关。",
    ),
    option(
        "--cluster",
        default="",
        metavar="WHERE",
        help="Use the Dask cluster at tcp://HOST:PORT or tls://HOST:PORT, or begin one here: local:2.",
        zh="使用 tcp://HOST:PORT 或 tls://HOST:PORT 处的 Dask 集群，或在本机启动一个：local:2。",
    ),
)


def _together(kind: type[Any], name: str, options: Iterable[Callable[..., Any]]) -> Callable[..., Callable[..., None]]:
    """Decorator with these options; the command takes them together as `name`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def called(**given: Any) -> None:
            chosen = kind(**{field: given.pop(field) for field in kind._fields})
            command(**{name: chosen}, **given)

        made: Callable[..., None] = called
        for option_of in reversed(tuple(options)):
            made = option_of(made)
        return made

    return decorate


CHOICE = _together(Choice, "choice", _OPTIONS)
"""Options of the model."""
SIZE = _together(Size, "size", _SIZES)
"""Options of the size of a run."""
WHERE = _together(Where, "where", _PLACES)
"""Options of the place where paths are done."""
PRICES = option(
    "--price",
    "prices",
    multiple=True,
    metavar="PAIR=PRICE",
    help="Price of a pair at the beginning, for a book from a list.",
    zh="列表形式的借款在开始时的交易对价格。",
)


def RATES(command: Callable[..., None]) -> Callable[..., None]:
    """Options of rates: --rate sets one, --rates says what holds where the venue's would move."""
    rate = option(
        "--rate",
        "rates",
        multiple=True,
        metavar="COIN=SHARE",
        help="Rate a year of a coin, such as USDT=0.07, from the next hour on.",
        zh="币种的年利率，如 USDT=0.07，从下一小时起生效。",
    )
    held = option(
        "--rates",
        "held",
        type=click.Choice(["venue", "first-hour", "least", "most"]),
        default="venue",
        show_default=True,
        help="Rates that usage would move: least and most bound first liquidations; first-hour is no bound.",
        zh="会随使用率变化的利率：least 和 most 给出首次强平的界限；first-hour 不是界限。",
    )

    return rate(held(command))


def atoms_by_name(told: Iterable[str]) -> dict[str, int]:
    """Amounts by name from texts NAME=AMOUNT. Raises Failure: one is of another form."""
    found = {}
    for text in told:
        name, _, amount = text.partition("=")
        try:
            found[name] = atoms_from_text(amount)
        except ValueError:
            raise usage(f"write NAME=AMOUNT, such as BTC-USDT=43000.1 or USDT=0.07, and not {text[:60]!r}") from None
    return found


class Start(NamedTuple):
    """Everything that begins a run or a sweep: its book, model, size and place, and where it is kept."""

    book: str | None
    choice: Choice
    prices: tuple[str, ...]
    rates: tuple[str, ...]
    held: Rates
    size: Size
    where: Where
    out: Path | None
    markets: Path


START = _together(
    Start,
    "start",
    (
        click.argument("book", required=False),
        CHOICE,
        PRICES,
        RATES,
        SIZE,
        WHERE,
        option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="Keep what is done in this new folder, with tables and a picture.",
            zh="将已完成的部分保存在此新目录中，包括表格和图。",
        ),
        MARKETS,
    ),
)
"""Options that begin a run or a sweep."""
