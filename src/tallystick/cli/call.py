"""`tally call NAME`: every endpoint of the contract, with its fields as options."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import Command, Group, Option
from tallystick.cli.frame.completing import coins, instruments
from tallystick.cli.frame.failing import usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, reads, writes
from tallystick.cli.predicting.records import Expected
from tallystick.client.moving import moves
from tallystick.contract.core import Endpoint
from tallystick.contract.endpoints import by_name
from tallystick.contract.fields import Field, fields
from tallystick.contract.words import words

ITEMS: Final = "items"
ROW: Final = Words("row", "行")
REQUEST_ALONE: Final = Words("Nothing was sent; what it would do is not worked out.", "未发送任何内容；未推算结果。")
NO_ROWS: Final = Words("The answer has no rows.", "应答没有数据。")
LEGEND: Final = ("Read permission.", "读取权限。"), ("Trade permission.", "交易权限。"), ("Public.", "公开。")
NAMES: Final = {"instId": instruments, "ccy": coins}
"""Fields whose values a shell completes from the venue that is served."""
OWN: Final = frozenset({"json", "data", "profile", "user", "live", "account", "yes", "dry_run", "lang"})
"""Names of the shared options; a field of such a name has the prefix field-."""


class Calls(Group):
    """Group of one command for each endpoint, made from the contract."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        endpoint = by_name.get(cmd_name)
        return command_of(endpoint) if endpoint else None

    def line_of(self, ctx: click.Context, name: str) -> str:
        title = by_name[name].title
        return str(Words(title.en, title.zh))


@click.group(
    cls=Calls,
    zh="""按名称调用 API 的任一接口，字段即选项。

    写操作会先询问；--dry-run 只显示请求。
    """,
)
def call() -> None:
    """Call any endpoint of the API by its name, with its fields as options.

    A call that moves something asks first; --dry-run shows the request alone.
    """


def command_of(endpoint: Endpoint) -> Command:
    """The command of an endpoint: help and options from its declaration."""

    def run(asked: Asked, **values: Any) -> None:
        found = _items(values[ITEMS]) if endpoint.batch_max else _given(endpoint, values)
        carry_out(asked, endpoint, found)

    shared = writes if moves(endpoint) else reads
    run.__doc__ = endpoint.title.en
    decorated: Callable[..., Any] = run
    for option in reversed(options_of(endpoint)):
        decorated = option(decorated)
    return click.command(
        endpoint.name,
        cls=Command,
        zh=f"{endpoint.title.zh}\n\n{_legend(endpoint)[1]} {endpoint.method} {endpoint.path}",
        help=f"{endpoint.title.en}\n\n{_legend(endpoint)[0]} {endpoint.method} {endpoint.path}",
        answer=endpoint.answer,
    )(shared(decorated))


def _legend(endpoint: Endpoint) -> tuple[str, str]:
    if endpoint.permission is None:
        return LEGEND[2]
    return LEGEND[0] if endpoint.permission.value == "read_only" else LEGEND[1]


def options_of(endpoint: Endpoint) -> list[Callable[[Callable[..., Any]], Callable[..., Any]]]:
    if endpoint.batch_max:
        items = click.option(
            f"--{ITEMS}",
            ITEMS,
            cls=Option,
            required=True,
            metavar="JSON",
            help=f"The requests as a JSON list, at most {endpoint.batch_max}.",
            zh=f"请求的 JSON 列表，最多 {endpoint.batch_max} 个。",
        )
        return [items]
    return [_option(field) for field in fields(endpoint.request) if not field.refused]


def _option(field: Field) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    said = words(field)
    kind: Any = click.Choice(field.choices) if field.choices and not field.many else None
    if field.flag:
        kind = click.Choice(("true", "false"))
    form = "JSON" if field.record else "A,B" if field.many else None
    name = field.name.lower()
    return click.option(
        f"--field-{field.name}" if name in OWN else f"--{field.name}",
        f"_{field.name}",
        cls=Option,
        type=kind,
        required=field.required,
        metavar=form,
        shell_complete=NAMES.get(field.name),
        help=said.en,
        zh=said.zh,
    )


def _given(endpoint: Endpoint, values: Mapping[str, Any]) -> dict[str, object]:
    """Fields of a request as they are sent, from texts of the command line."""
    found: dict[str, object] = {}
    for field in fields(endpoint.request):
        text = values.get(f"_{field.name}")
        if text is not None:
            found[field.name] = _value(field, text)
    return found


def _value(field: Field, text: str) -> object:
    if field.record:
        return _json(f"--{field.name}", text)
    if field.many:
        return [part for part in text.split(",") if part]
    return text == "true" if field.flag else text


def _items(text: str) -> list[Mapping[str, object]]:
    found = _json(f"--{ITEMS}", text)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise usage(f"--{ITEMS} is no JSON list of objects")
    return found


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text, parse_float=_no_float, parse_constant=_no_float)
    except ValueError as problem:
        raise usage(f'{name} is no JSON ({problem}); amounts are text, such as "1.5"') from None


def _no_float(text: str) -> object:
    raise ValueError(f"{text} is a number with a point, which is not exact")


def carry_out(asked: Asked, endpoint: Endpoint, values: Mapping[str, object] | list[Mapping[str, object]]) -> None:
    """Send a call and print its rows. One that moves something is shown and asked for first."""
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.frame.accounts import client_of, confirm
    from tallystick.cli.frame.requests import request_of, send, told

    request = request_of(endpoint, values)
    if asked.dry_run:
        found = Expected(request=request, exact=False, notes=[str(REQUEST_ALONE)])
        say(asked, found, lambda: f"{told(request)}\n\n{REQUEST_ALONE}")
        return
    with client_of(asked) as client:
        if moves(endpoint):
            confirm(asked, client, told(request), look="")
        rows = send(client, endpoint, values)
    say_rows(asked, rows)


def say_rows(asked: Asked, rows: list[Any]) -> None:
    """Print rows: as a JSON list, perhaps of some fields, or each as lines of name and value."""
    if asked.json:
        rows = [{name: row[name] for name in asked.json if name in row} for row in rows]
    say(asked, rows, lambda: in_words(rows))


def in_words(rows: list[Any]) -> str:
    parts = []
    for number, row in enumerate(rows, start=1):
        pairs = row.items() if isinstance(row, dict) else enumerate(row)
        width = max((len(str(name)) for name, _ in pairs), default=0)
        head = [f"{ROW} {number}"] if len(rows) > 1 else []
        parts.append("\n".join([*head, *(f"{name!s:{width}}  {_text(value)}" for name, value in pairs)]))
    return "\n\n".join(parts) or str(NO_ROWS)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
