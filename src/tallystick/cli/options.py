"""Options that commands of a data folder share."""

from __future__ import annotations

from pathlib import Path

import click

from tallystick.cli.frame.commands import option

STORE = option(
    "--store",
    "address",
    metavar="URL",
    envvar="TALLY_STORE",
    help="Take the venue that is kept in this PostgreSQL database, such as postgresql://user@host/name, and not one in "
    "a folder. Others on this machine can read a command line: a password goes into TALLY_STORE or ~/.pgpass.",
    zh="使用保存在此 PostgreSQL 数据库中的平台，如 postgresql://user@host/name，而不是目录中的平台。本机其他用户能看到命令行："
    "密码请放在 TALLY_STORE 或 ~/.pgpass 中。",
)

KEPT_IN = option(
    "--data",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=".tally",
    envvar="TALLY_DATA",
    show_default=True,
    help="Keep the venue in this folder.",
    zh="将平台保存在此目录中。",
)


def moment(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """A time a venue can be at, as Unix ms."""
    if text is None:
        return None
    # The control calls take their time to load, and most commands are given no time.
    from tallystick.server.control.form import Wrong
    from tallystick.server.control.text import moment_ms
    from tallystick.venue import clock

    try:
        return clock.required(moment_ms(text))
    except Wrong as wrong:
        raise click.BadParameter(f"{wrong.message}: give {wrong.hint}") from None
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None
