"""`tally api`: the API as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from msgspec import Struct

import tallystick
from tallystick.cli.frame.answers import as_json, say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.contract.core import SURFACES
from tallystick.contract.openapi import document


class Written(Struct, frozen=True):
    """Document that was written to a file, with the number of its operations."""

    output: str
    operations: int


@group(zh="以数据形式输出 API：OpenAPI 和 JSON Schema。")
def api() -> None:
    """Print the API as data: OpenAPI and JSON Schema."""


@api.spoken(
    zh="""输出所有接口的 OpenAPI 3.1 文档。

    运行中的平台在 /tally/openapi.json 提供同样的内容，控制接口的文档在 /tally/v1/openapi.json。
    """
)
@option(
    "--surface",
    type=click.Choice(SURFACES),
    default=SURFACES[0],
    show_default=True,
    help="Print the API as it stood then.",
    zh="输出当时的 API。",
)
@option(
    "--server-url",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="Write this address into the document.",
    zh="写入文档的地址。",
)
@option(
    "--control",
    is_flag=True,
    help="Print the control calls under /tally/v1/ instead.",
    zh="改为输出 /tally/v1/ 下的控制接口。",
)
@option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Write to this file; without it to standard output.",
    zh="写入此文件；未指定时写到标准输出。",
)
@gathered(JSON, LANG)
def openapi(asked: Asked, surface: str, server_url: str, control: bool, output: Path | None) -> None:
    """Print the OpenAPI 3.1 document of every endpoint.

    A running venue serves the same at /tally/openapi.json, and that of the control calls at /tally/v1/openapi.json.
    """
    version = tallystick.__version__
    if control:
        # The server takes its time to load.
        from tallystick.server.control import openapi as calls

        found = calls.document(server_url=server_url, version=version)
    else:
        found = document(surface, server_url=server_url, version=version)
    if output is None:
        click.echo(as_json(found, asked.json or ()))
        return
    text = as_json(found)
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as problem:
        raise Stop(f"cannot write {output}: {problem.strerror}") from None
    written = Written(str(output), sum(len(methods) for methods in found["paths"].values()))
    of = "control calls" if control else f"operations of surface {surface}"
    say(asked, written, lambda: f"{written.output}: {written.operations} {of}")


@api.spoken(
    zh="""输出各命令 --json 的 JSON Schema，以及错误的形式。

    serve（--log json）和 tail 的 Schema 针对每一行。call 和 history 输出数据行，其字段见 tally api openapi。
    """
)
@gathered(JSON, LANG)
def schema(asked: Asked) -> None:
    """Print the JSON Schema of what every command prints with --json, and of its errors.

    Of serve (--log json) and tail it is the schema of each line.

    call and history print a list of rows; their fields are those of the endpoint in tally api openapi.
    """
    from tallystick.cli.answer_schema import document as answers

    found: dict[str, Any] = answers()
    click.echo(as_json(found, asked.json or ()))
