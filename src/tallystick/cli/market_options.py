"""Options that name a market, and files of one's own for a new venue."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from tallystick.cli.frame.commands import option
from tallystick.venue import imported, markets
from tallystick.venue.boot import Opened, open_venue
from tallystick.venue.clock import Mode
from tallystick.venue.listings import text_of_file
from tallystick.venue.own import Own
from tallystick.venue.recovery import Recovering
from tallystick.venue.settings import BadValue

MARKETS = option(
    "--markets",
    type=click.Path(path_type=Path, file_okay=False),
    default=imported.FOLDER,
    envvar="TALLY_MARKETS",
    show_default=True,
    help="Keep imported markets in this folder.",
    zh="将导入的行情保存在此目录中。",
)


class Beginning(NamedTuple):
    """Beginning of a venue: a market, the folder of imported ones, and texts of one's own."""

    market: str
    markets: Path
    own: Own

    def venue_in(
        self,
        folder: Path | None,
        *,
        mode: Mode | None,
        speed: int | None,
        at_ms: int | None,
        catch_up: bool,
        users: bool,
        address: str | None,
        progress: Recovering,
    ) -> Opened:
        """Open or make the data folder. Raises as `boot.open_venue`."""
        return open_venue(
            folder,
            self.market,
            markets=self.markets,
            own=self.own,
            mode=mode,
            speed=speed,
            at_ms=at_ms,
            catch_up=catch_up,
            users=users,
            address=address,
            progress=progress,
        )


def _completed(ctx: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """Markets a shell can complete `text` to."""
    folder = Path(ctx.params.get("markets") or imported.FOLDER)
    known = [markets.DEFAULT, markets.BY_HAND, *imported.names(folder)]
    return [name for name in known if name.startswith(text)]


def _text(ctx: click.Context, parameter: click.Parameter, path: Path | None) -> str:
    """Text of a file that an option names; "" without one."""
    if path is None:
        return ""
    try:
        return text_of_file(path)
    except BadValue as problem:
        raise click.BadParameter(str(problem)) from None


_MARKET = option(
    "--market",
    metavar="NAME",
    default=markets.DEFAULT,
    show_default=True,
    shell_complete=_completed,
    help="Take prices from this market: a random walk (walk:SEED, walk:SEED:calm, walk:SEED:crash) or an imported one; "
    f"or set them {markets.BY_HAND}.",
    zh="价格取自此行情：随机游走（walk:SEED、walk:SEED:calm、walk:SEED:crash）或导入的行情；"
    f"或手动设定（{markets.BY_HAND}）。",
)
_FILE = click.Path(path_type=Path, dir_okay=False)
_NUMBERS = option(
    "--parameters",
    "numbers",
    metavar="FILE",
    type=_FILE,
    callback=_text,
    help="Begin a new venue with these numbers, coins, pairs and prices (TOML).",
    zh="新平台以这些数值、币种、交易对和价格开始（TOML）。",
)
_ACCOUNT = option(
    "--balances",
    "account",
    metavar="FILE",
    type=_FILE,
    callback=_text,
    help="Begin a new venue with this answer of account/balance as alice's account.",
    zh="新平台以此 account/balance 应答作为 alice 的账户。",
)


def BEGINNING(command: Callable[..., None]) -> Callable[..., None]:
    """Options of what a new venue begins with; the command takes them together as `beginning`."""

    @functools.wraps(command)
    def called(*, market: str, markets: Path, numbers: str, account: str, **others: Any) -> None:
        command(beginning=Beginning(market, markets, Own(numbers, account)), **others)

    return _MARKET(MARKETS(_NUMBERS(_ACCOUNT(called))))
