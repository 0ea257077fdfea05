"""`tally scenario`: list the packaged scenarios, tell the story of one, or play it."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from pathlib import Path

import click

from tallystick.cli.columns import aligned
from tallystick.cli.frame.commands import group
from tallystick.cli.frame.failing import Stop
from tallystick.cli.market_options import MARKETS
from tallystick.cli.scenario_tables import write_tables
from tallystick.server import serve as services
from tallystick.testing import scenario as language
from tallystick.testing import synopsis
from tallystick.testing.runner import Played, Player
from tallystick.venue import boot
from tallystick.venue.connection import Connection
from tallystick.venue.sequencer import VenueHalted

LINES_MAX = 200


def _beginning_with(ctx: click.Context, argument: click.Parameter, text: str) -> list[str]:
    """The packaged scenarios a shell can complete `text` to."""
    return [name for name in language.names() if name.startswith(text)]


NAME = click.argument("name", shell_complete=_beginning_with)


@group(zh="带有价格、人物和预期结局的情景：运行并查看经过。")
def scenario() -> None:
    """Stories with prices, people and an expected end: play them and see what happened."""


@scenario.spoken("list", zh="列出内置的情景。")
def list_scenarios() -> None:
    """Name the packaged scenarios."""
    for name in language.names():
        found = language.load(name)
        click.echo(f"{name:26} {found.title}  {found.title_zh}")
    click.echo("`tally scenario show NAME` tells the story of one, `tally scenario run NAME` plays it.", err=True)


@scenario.spoken(zh="讲述情景 NAME（内置，或以 .toml 结尾的路径）：人物、何时发生何事、必须得出什么结果。")
@NAME
def show(name: str) -> None:
    """Tell the story of NAME (packaged, or a path ending in .toml): who, what happens when, what must come of it."""
    try:
        told = language.load(name)
    except language.BadScenario as problem:
        raise Stop(str(problem)) from None
    click.echo(f"{told.title}  {told.title_zh}\n{told.about.strip()}\n")
    click.echo("\n".join(synopsis.lines(told)))
    click.echo(f"\nThe file: {language.place(name)}")
    click.echo(f"Play it: tally scenario run {name}; with --serve it is left standing for your own client.")


@scenario.spoken(
    zh="""在全新的平台上全速运行 NAME（内置，或以 .toml 结尾的路径），并输出时间线。

    有多个变体的情景逐一运行，最后比较结果。必须成立的条件不成立时以 1 退出。使用 --serve 时，最后一个平台保持运行，
    时钟停在故事结尾，每个人物有一个密钥。
    """
)
@NAME
@click.option("--variant", default="", help="Play only this one of the scenario's variants.")
@click.option("--all", "everything", is_flag=True, help=f"Print the whole timeline, not only {LINES_MAX} lines of it.")
@click.option("--serve", "standing", is_flag=True, help="Leave the venue standing for your own client until Ctrl-C.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Listen on this port, with --serve."
)
@click.option("--seed", type=click.IntRange(0, 10**15), metavar="N", help="Draw crowds and walks from this seed.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write what happened to each loan, each liquidation and each hour here, as CSV, JSON and SVG.",
)
@MARKETS
def run(
    name: str,
    variant: str,
    everything: bool,
    standing: bool,
    port: int,
    seed: int | None,
    out: Path | None,
    markets: Path,
) -> None:
    """Play NAME (packaged, or a path ending in .toml) on a fresh venue at full speed and print the timeline.

    A scenario with variants is played once for each, and what came of them is compared at the end. Ends with 1
    when something that must hold does not. With --serve the venue of the last one stays, its clock frozen at the
    end of the story, with a key for each of its people.
    """
    try:
        stories = language.plays(language.load(name), variant)
        if seed is not None:
            stories = [language.reseeded(told, seed) for told in stories]
        plays = [Player(told, markets=markets) for told in stories]
        told_apart: dict[str, dict[str, str]] = {}
        for player in plays[:-1] if standing else plays:
            played = asyncio.run(_play_and_stop(player))
            if out is not None:
                write_tables(out, player, played)
            _report(player.scenario, played, everything=everything)
            if len(plays) > 1:
                click.echo("")
            told_apart[player.scenario.title.rpartition(": ")[2]] = played.summary
        if standing:
            _stand(plays[-1], port, everything=everything)
        elif len(plays) > 1:
            click.echo(_side_by_side(told_apart))
    except (language.BadScenario, services.CannotServe, VenueHalted, OSError) as problem:
        raise Stop(str(problem)) from None


def _side_by_side(outcomes: dict[str, dict[str, str]]) -> str:
    """One line for everything that is counted, one column for each variant."""
    first = next(iter(outcomes.values()))
    rows = [(what, *(outcome.get(what, "") for outcome in outcomes.values())) for what in first]
    return aligned(("", *outcomes), rows, right=range(1, 1 + len(outcomes)))


def _report(told: language.Scenario, played: Played, *, everything: bool) -> None:
    click.echo(f"{told.title}\n{told.about.strip()}\n")
    _timeline(played, everything=everything)
    click.echo("")
    for line in played.held:
        click.echo(f"holds: {line}")
    for fault in played.faults:
        click.echo(f"FAULT: {fault}", err=True)
    click.echo(f"\n{played.seq} journal entries, state {played.state_hash[:16]}")
    if played.faults:
        raise Stop(f"{len(played.faults)} things are not as the scenario says")


def _stand(player: Player, port: int, *, everything: bool) -> None:
    settings = services.Settings(port=port, limits="off")
    listener = services.bind(settings.host, port)

    async def before() -> Connection:
        _report(player.scenario, await _play(player), everything=everything)
        return player.connection

    def announce(connection: Connection) -> None:
        base = connection.url.replace("http", "ws", 1)
        click.echo(f"\nServing {connection.url}; streams are at {base}/ws/v5/public, /private and /business.")
        click.echo(f"Control token: {connection.control_token}\n")
        keys = [(user.name, user.keys[0]) for user in connection.users]
        rows = [(name, key.api_key, key.secret_key, key.passphrase) for name, key in keys]
        click.echo(aligned(("user", "api key", "secret key", "passphrase"), rows))
        click.echo("Ctrl-C stops it; nothing of it is kept.")

    try:
        opened = boot.Opened(player.venue, player.store, player.connection, None)
        services.run(opened, listener, settings, announce, before)
    finally:
        listener.close()


async def _play_and_stop(player: Player) -> Played:
    await player.start()
    try:
        return await _play(player)
    finally:
        await player.stop()


async def _play(player: Player) -> Played:
    with click.progressbar(length=1_000, label="playing", file=sys.stderr) as bar:

        def progress(share: float) -> None:
            bar.update(int(share * 1_000) - bar.pos)

        return await player.play(progress)


def _timeline(played: Played, *, everything: bool) -> None:
    lines = played.timeline
    left_out = 0 if everything else max(0, len(lines) - LINES_MAX)
    shown = lines if not left_out else [*lines[: LINES_MAX // 2], *lines[-LINES_MAX // 2 :]]
    for number, moment in enumerate(shown):
        if left_out and number == LINES_MAX // 2:
            click.echo(f"  ... {left_out} lines left out; --all shows them ...")
        at = dt.datetime.fromtimestamp(moment.at_ms // 1000, dt.UTC)
        click.echo(f"{at:%Y-%m-%d %H:%M:%S}  {moment.who:12} {moment.what}")
