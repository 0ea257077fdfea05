"""Options that many commands share, handed to a command as one record.

@command(zh="...", answer=Debts)
@reads
def debts(asked: Asked) -> None: ...
"""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import click
from click.core import ParameterSource

from tallystick.cli.frame import completing
from tallystick.cli.frame.commands import option
from tallystick.cli.frame.failing import act_for, usage
from tallystick.cli.frame.language import LANGUAGES

Fields: TypeAlias = tuple[str, ...]
Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]

PROFILE_VARIABLE: Final = "TALLY_PROFILE"
LOCAL: Final = "local"


class Asked(NamedTuple):
    """Values of the shared options. `json` is None without --json, and () with all fields."""

    json: Fields | None = None
    data: Path = Path(".tally")
    profile: str = LOCAL
    user: str = ""
    live: bool = False
    account: str = ""
    yes: bool = False
    dry_run: bool = False


def _fields(ctx: click.Context, parameter: click.Parameter, text: str | None) -> Fields | None:
    if text is None:
        return None
    asked = tuple(name.strip() for name in text.split(",") if name.strip())
    known = getattr(ctx.command, "fields", ())
    unknown = [name for name in asked if known and name not in known]
    if unknown:
        raise usage(f"--json has no field {', '.join(unknown)}: there are {', '.join(known)}")
    return asked


def _nothing(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """The language was read before help could be printed."""


DATA: Final = option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=".tally",
    envvar="TALLY_DATA",
    show_default=True,
    help="Use the venue of this data folder.",
    zh="使用保存在此目录中的平台。",
)
JSON: Final = option(
    "--json",
    metavar="[FIELDS]",
    callback=_fields,
    help="Print JSON: all of it, or these fields, separated by commas.",
    zh="输出 JSON：全部，或以逗号分隔的这些字段。",
)
LANG: Final = option(
    "--lang",
    type=click.Choice(LANGUAGES),
    callback=_nothing,
    expose_value=False,
    help="Use this language; the default is that of the environment (LANG).",
    zh="使用此语言；未指定时以环境变量 LANG 为准。",
)
PROFILE: Final = option(
    "--profile",
    default="",
    envvar=PROFILE_VARIABLE,
    shell_complete=completing.profiles,
    help="Take host and keys from this profile; without it from that of tally profile use, else local, the venue of "
    "--data.",
    zh="从此配置取得主机和密钥；未指定时为 tally profile use 选用的配置，否则为 local，即 --data 中的平台。",
)
USER: Final = option(
    "--user",
    default="",
    metavar="NAME",
    shell_complete=completing.venue_users,
    help="Act as this user of the local venue; the default is the first user.",
    zh="以本地平台的该用户操作；未指定时为第一个用户。",
)
LIVE: Final = option(
    "--live",
    is_flag=True,
    help="Allow this write on a live account. You confirm host and account.",
    zh="允许对真实账户执行此操作。会要求确认主机和账户。",
)
ACCOUNT: Final = option(
    "--account",
    default="",
    metavar="HOST/UID",
    help="Confirm host and account of a live write in advance, for scripts.",
    zh="无人应答时，在此确认真实操作的主机和账户。",
)
YES: Final = option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.", zh="不询问，直接执行。")
DRY_RUN: Final = option(
    "--dry-run",
    is_flag=True,
    help="Send nothing that changes anything; show the request and what to expect.",
    zh="不发送任何写操作；显示请求及预期结果。",
)


def naming(asked: Asked, usual: str = LOCAL) -> str:
    """Options that name the account of a command, "" for the first user of the venue in .tally.

    `usual` is the profile of commands that name none.
    """
    given = (
        ("--profile", asked.profile if asked.profile != usual else ""),
        ("--user", asked.user),
        ("--data", str(asked.data) if asked.profile == LOCAL and asked.data != Asked().data else ""),
    )
    return " ".join(f"{name} {shlex.quote(value)}" for name, value in given if value)


def for_profile(asked: Asked) -> tuple[Asked, str]:
    """Options with the profile that they mean, and the profile of commands that name none.

    Where no profile is named it is local with --data or --user, else the one of `tally profile use`. Raises
    ProfileError where that one cannot be read.
    """
    if asked.profile == LOCAL or asked.user or _is_given("data"):
        meant = asked.profile or LOCAL
        return asked._replace(profile=meant), _default_or_local()
    usual = _default()
    return asked._replace(profile=asked.profile or usual), usual


def _default() -> str:
    # The file of profiles is read only where its default may count.
    from tallystick.client.profiles import default_name

    return default_name()


def _default_or_local() -> str:
    """The default; local where it cannot be read, since it does not decide anything."""
    from tallystick.client.errors import ProfileError

    try:
        return _default()
    except ProfileError:
        return LOCAL


def _is_given(option: str) -> bool:
    """True for an option that stands on the command line."""
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def gathered(*options: Decorator) -> Decorator:
    """Decorator that gives a command these options as one `Asked`, its first argument."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(**values: Any) -> Any:
            has_profile = "profile" in values
            asked = Asked(**{name: values.pop(name) for name in Asked._fields if name in values})
            if has_profile:
                asked, usual = for_profile(asked)
                act_for(naming(asked, usual))
            return function(asked, **values)

        found: Callable[..., Any] = call
        for each in reversed(options):
            found = each(found)
        return found

    return decorate


of_venue: Final = gathered(DATA, JSON, LANG)
"""Options of a command to the venue of a data folder."""
reads: Final = gathered(PROFILE, USER, DATA, JSON, LANG)
"""Options of a command that reads an account."""
writes: Final = gathered(PROFILE, USER, DATA, LIVE, ACCOUNT, YES, DRY_RUN, JSON, LANG)
"""Options of a command that moves something in an account."""
