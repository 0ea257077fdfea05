"""`tally scenario`: list the packaged scenarios, tell the story of one, or play it."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from tallystick.cli.columns import aligned
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.failing import Failure, Form, Stop
from tallystick.cli.frame.language import CHINESE, Count, Words
from tallystick.cli.frame.language import language as spoken
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.cli.market_options import MARKETS
from tallystick.cli.scenario_tables import write_tables
from tallystick.server import serve as services
from tallystick.testing import scenario as language
from tallystick.testing import synopsis, wording
from tallystick.testing.runner import Moment, Played, Player
from tallystick.venue import boot
from tallystick.venue.connection import Connection
from tallystick.venue.sequencer import VenueHalted

LINES_MAX = 200


class Named(Struct, frozen=True):
    """Packaged scenario."""

    name: str
    title: str
    title_zh: str


class Scenarios(Struct, frozen=True):
    """Packaged scenarios by name."""

    scenarios: list[Named]


class Story(Struct, frozen=True):
    """Story of a scenario before it is played: a line for each thing that is there, happens or must hold.

    The lines of the JSON are English in either language.
    """

    name: str
    title: str
    title_zh: str
    about: str
    about_zh: str
    lines: list[str]
    file: str


class Play(Struct, frozen=True):
    """One playing. `faults` is empty where everything holds that must; `summary` counts what came of it."""

    title: str
    title_zh: str
    timeline: list[Moment]
    held: list[str]
    faults: list[str]
    summary: dict[str, str]
    entries: int
    state_hash: str


class Plays(Struct, frozen=True):
    """Playings of a scenario, one for each variant. `serves` is how the venue that is left standing is reached."""

    plays: list[Play]
    serves: Connection | None = None


def _beginning_with(ctx: click.Context, argument: click.Parameter, text: str) -> list[str]:
    """The packaged scenarios a shell can complete `text` to."""
    return [name for name in language.names() if name.startswith(text)]


NAME = click.argument("name", shell_complete=_beginning_with)


@group(zh="带有价格、用户和预期结局的场景：运行并查看经过。")
def scenario() -> None:
    """Scenarios with prices, users and expected results: play them and see what happens."""


@scenario.spoken("list", answer=Scenarios, zh="列出内置的场景。")
@gathered(JSON, LANG)
def list_scenarios(asked: Asked) -> None:
    """Name the packaged scenarios."""
    stories = {name: language.load(name) for name in language.names()}
    found = [Named(name, told.title, told.title_zh) for name, told in stories.items()]
    say(asked, Scenarios(found), lambda: "\n".join(f"{one.name:26} {one.title}  {one.title_zh}" for one in found))
    if asked.json is None:
        hint = Words(
            "`tally scenario show NAME` shows one, `tally scenario run NAME` plays it.",
            "`tally scenario show NAME` 显示某个场景的内容，`tally scenario run NAME` 运行它。",
        )
        click.echo(hint, err=True)


@scenario.spoken(
    answer=Story, zh="显示场景 NAME 的内容（内置，或以 .toml 结尾的路径）：用户、何时发生何事、必须得出什么结果。"
)
@NAME
@gathered(JSON, LANG)
def show(asked: Asked, name: str) -> None:
    """Show the scenario NAME (packaged, or a path ending in .toml): who, what happens when, what must come of it."""
    try:
        told = language.load(name)
    except language.BadScenario as problem:
        raise Stop(str(problem)) from None
    found = Story(
        name=name,
        title=told.title,
        title_zh=told.title_zh,
        about=told.about.strip(),
        about_zh=told.about_zh.strip(),
        lines=list(synopsis.lines(told)),
        file=language.place(name),
    )
    say(asked, found, lambda: _told(found, synopsis.lines(told, chinese=spoken() == CHINESE)))


def _told(story: Story, lines: Iterable[str]) -> str:
    return "\n".join(
        (
            f"{story.title}  {story.title_zh}\n{_about(story.about, story.about_zh)}\n",
            *lines,
            str(Words(f"\nThe file: {story.file}", f"\n文件：{story.file}")),
            str(
                Words(
                    f"Play it: tally scenario run {story.name}; with --serve it is left standing for your own client.",
                    f"运行：tally scenario run {story.name}；加上 --serve，平台保持运行，供你自己的客户端使用。",
                )
            ),
        )
    )


def _about(english: str, chinese: str) -> str:
    """Synopsis of a scenario, in the language of the command where there is one in it."""
    return (chinese if spoken() == CHINESE else "") or english


def _found(line: str) -> str:
    """Findings of a playing, in the language of the command; a fault of one's own story stays as it is."""
    return (wording.chinese(line) if spoken() == CHINESE else None) or line


@scenario.spoken(
    answer=Plays,
    zh="""在全新的平台上全速运行 NAME（内置，或以 .toml 结尾的路径），并输出时间线。

    有多个变体的场景逐一运行，最后比较结果。必须成立的条件不成立时以 1 退出。时间线的各行始终为英文。使用 --serve
    时，最后一个平台保持运行，时钟停在场景结尾，每个用户有一个密钥。
    """,
)
@NAME
@option(
    "--variant",
    default="",
    help="Play only this one of the scenario's variants.",
    zh="只运行场景的这一个变体。",
)
@option(
    "--all",
    "everything",
    is_flag=True,
    help=f"Print the whole timeline, not only {LINES_MAX} lines of it.",
    zh=f"输出完整的时间线，而不只是 {LINES_MAX} 行。",
)
@option(
    "--serve",
    "standing",
    is_flag=True,
    help="Keep the venue running for your own client until Ctrl-C.",
    zh="保持平台运行，供你自己的客户端使用，直到 Ctrl-C。",
)
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Listen on this port, with --serve.",
    zh="使用 --serve 时监听的端口。",
)
@option(
    "--seed",
    type=click.IntRange(0, 10**15),
    metavar="N",
    help="Draw crowds and walks from this seed.",
    zh="人群和随机游走使用的种子。",
)
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write what happened to each loan, each liquidation and each hour here, as CSV, JSON and SVG.",
    zh="将每笔借款、每次强平和每个小时发生的事写入此目录（CSV、JSON 和 SVG）。",
)
@MARKETS
@gathered(JSON, LANG)
def run(
    asked: Asked,
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
    when something that must hold does not. The lines of the timeline are English in either language. With --serve
    the venue of the last one stays, its clock frozen at the end of the story, with a key for each of its people;
    with --json its address and keys are in the answer.
    """
    try:
        stories = language.plays(language.load(name), variant)
        if seed is not None:
            stories = [language.reseeded(told, seed) for told in stories]
        players = [Player.alone(told, markets=markets) for told in stories]
        stage = Stage(asked, everything, out)
        for player in players[:-1] if standing else players:
            stage.report(player, asyncio.run(_play_and_stop(player)))
            if len(players) > 1:
                stage.print("")
        if standing:
            _stand(players[-1], port, stage)
        else:
            stage.end()
    except (language.BadScenario, services.CannotServe, VenueHalted, OSError) as problem:
        raise Stop(str(problem)) from None


class Stage:
    """Playings of one command: told as they end, or all together as JSON."""

    def __init__(self, asked: Asked, everything: bool, out: Path | None) -> None:
        self.asked = asked
        self.everything = everything
        self.out = out
        self.plays: list[Play] = []

    def print(self, text: str) -> None:
        """Print a line for people."""
        if self.asked.json is None:
            click.echo(text)

    def report(self, player: Player, played: Played) -> None:
        """Tell a playing, and write its tables. Raises Failure where something does not hold."""
        if self.out is not None:
            write_tables(self.out, player, played)
        told = player.scenario
        self.plays.append(
            Play(
                title=told.title,
                title_zh=told.title_zh,
                timeline=played.timeline,
                held=played.held,
                faults=played.faults,
                summary=played.summary,
                entries=played.seq,
                state_hash=played.state_hash,
            )
        )
        if self.asked.json is None:
            _report(told, played, everything=self.everything)
        if played.faults:
            count = Count(len(played.faults))
            words = Words("not as the scenario says: {count:thing}", "有 {count} 处与场景所说不符")
            reason = str(words).format(count=count)
            raise Failure(Form("failed", reason=reason), found=msgspec.to_builtins(Plays(self.plays)))

    def end(self) -> None:
        """Tell all playings together."""
        if self.asked.json is not None:
            say(self.asked, Plays(self.plays), str)
        elif len(self.plays) > 1:
            click.echo(_side_by_side({one.title.rpartition(": ")[2]: one.summary for one in self.plays}))


def _side_by_side(outcomes: dict[str, dict[str, str]]) -> str:
    """One line for everything that is counted, one column for each variant."""
    first = next(iter(outcomes.values()))
    rows = [(_found(what), *(outcome.get(what, "") for outcome in outcomes.values())) for what in first]
    return aligned(("", *outcomes), rows, right=range(1, 1 + len(outcomes)))


def _report(told: language.Scenario, played: Played, *, everything: bool) -> None:
    title = Words(told.title, told.title_zh)
    click.echo(f"{title}\n{_about(told.about.strip(), told.about_zh.strip())}\n")
    _timeline(played, everything=everything)
    click.echo("")
    for line in played.held:
        click.echo(f"{Words('holds: ', '成立：')}{_found(line)}")
    for fault in played.faults:
        click.echo(f"{Words('FAULT: ', '不成立：')}{_found(fault)}", err=True)
    state = played.state_hash[:16]
    click.echo(Words(f"\n{played.seq} journal entries, state {state}", f"\n日志共 {played.seq} 条，状态 {state}"))


def _stand(player: Player, port: int, stage: Stage) -> None:
    settings = services.Settings(port=port, limits="off")
    listener = services.bind(settings.host, port)

    async def before() -> Connection:
        stage.report(player, await _play(player))
        return player.connection

    def announce(connection: Connection) -> None:
        if stage.asked.json is not None:
            say(stage.asked, Plays(stage.plays, connection), str)
            return
        base = connection.url.replace("http", "ws", 1)
        streams = f"{base}/ws/v5/public"
        click.echo(
            Words(
                f"\nServing {connection.url}; streams are at {streams}, /private and /business.",
                f"\n平台地址 {connection.url}；推送地址 {streams}、/private 和 /business。",
            )
        )
        click.echo(f"{Words('Control token: ', '控制令牌：')}{connection.control_token}\n")
        keys = [(user.name, user.keys[0]) for user in connection.users]
        rows = [(name, key.api_key, key.secret_key, key.passphrase) for name, key in keys]
        user = str(Words("user", "用户"))
        click.echo(aligned((user, "api key", "secret key", "passphrase"), rows))
        click.echo(Words("Ctrl-C stops it; nothing of it is kept.", "Ctrl-C 停止平台，不保留任何内容。"))

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
    with click.progressbar(length=1_000, label=str(Words("playing", "运行")), file=sys.stderr) as bar:

        def progress(share: float) -> None:
            bar.update(int(share * 1_000) - bar.pos)

        return await player.play(progress)


def _timeline(played: Played, *, everything: bool) -> None:
    lines = played.timeline
    left_out = 0 if everything else max(0, len(lines) - LINES_MAX)
    shown = lines if not left_out else [*lines[: LINES_MAX // 2], *lines[-LINES_MAX // 2 :]]
    for number, moment in enumerate(shown):
        if left_out and number == LINES_MAX // 2:
            words = f"... {left_out} lines left out; --all shows them ...", f"…… 省略 {left_out} 行，用 --all 显示 ……"
            click.echo(f"  {Words(*words)}")
        at = dt.datetime.fromtimestamp(moment.at_ms // 1000, dt.UTC)
        click.echo(f"{at:%Y-%m-%d %H:%M:%S}  {moment.who:12} {moment.what}")
