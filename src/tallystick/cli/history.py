"""`tally history NAME`: the rows of a history, newest first, over all its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import click

from tallystick.cli.call import OWN, say_rows
from tallystick.cli.frame.commands import Command, Group, Option, option
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, reads
from tallystick.contract.core import Endpoint
from tallystick.contract.endpoints import ENDPOINTS
from tallystick.contract.fields import Field, fields
from tallystick.contract.words import words

PAGING: Final = frozenset({"after", "before", "limit", "begin", "end"})
"""Parameters of paging, which the client sends by itself."""
MOST: Final = 1_000_000
BY_NAME: Final[Mapping[str, Endpoint]] = {one.name: one for one in ENDPOINTS if one.page is not None}


class Moment(click.ParamType[Any]):
    """A time: ISO 8601, or Unix milliseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime | int:
        if isinstance(value, datetime | int):
            return value
        if value.isascii() and value.isdigit():
            return int(value)
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time: give one such as 2026-01-20T09:00:00Z, or Unix ms", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


SINCE: Final = option("--since", type=Moment(), metavar="TIME", help="Rows from this time on.", zh="从此时间起的记录。")
UNTIL: Final = option("--until", type=Moment(), metavar="TIME", help="Rows before this time.", zh="此时间之前的记录。")
LIMIT: Final = option(
    "--rows",
    "most",
    type=click.IntRange(1, MOST),
    default=100,
    show_default=True,
    help="Print at most so many rows.",
    zh="最多输出的行数。",
)


class Histories(Group):
    """Group of one command for each history, made from the contract."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(BY_NAME)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        endpoint = BY_NAME.get(cmd_name)
        return command_of(endpoint) if endpoint else None

    def line_of(self, ctx: click.Context, name: str) -> str:
        title = BY_NAME[name].title
        return str(Words(title.en, title.zh))


@click.group(cls=Histories, zh="按名称列出历史记录，最新的在前，自动翻页。")
def history() -> None:
    """List a history by its name, newest first, over all its pages."""


def command_of(endpoint: Endpoint) -> Command:
    """The command of a history: its filters are options."""

    def run(asked: Asked, since: Any, until: Any, most: int, **values: Any) -> None:
        filters = {name.removeprefix("_"): value for name, value in values.items() if value is not None}
        # The client takes its time to load, and completion does without it.
        from tallystick.cli.frame.accounts import client_of
        from tallystick.cli.history_rows import read
        from tallystick.client.walk import Span

        with client_of(asked) as client:
            rows = read(client, endpoint, filters, Span(since, until), most)
        say_rows(asked, rows)

    decorated: Callable[..., Any] = run
    for each in reversed(filters_of(endpoint)):
        decorated = _option(each)(decorated)
    return click.command(
        endpoint.name,
        cls=Command,
        zh=f"{endpoint.title.zh}\n\nGET {endpoint.path}",
        help=f"{endpoint.title.en}\n\nGET {endpoint.path}",
        answer=endpoint.answer,
    )(reads(SINCE(UNTIL(LIMIT(decorated)))))


def filters_of(endpoint: Endpoint) -> list[Field]:
    return [field for field in fields(endpoint.request) if field.name not in PAGING and not field.refused]


def _option(field: Field) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    said = words(field)
    return click.option(
        f"--field-{field.name}" if field.name.lower() in OWN else f"--{field.name}",
        f"_{field.name}",
        cls=Option,
        type=click.Choice(field.choices) if field.choices else None,
        required=field.required,
        help=said.en,
        zh=said.zh,
    )
