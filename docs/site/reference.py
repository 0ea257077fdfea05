"""Reference pages of the site, made from the declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

import click
import msgspec

from docs import control, fault_kinds
from docs.tables import table
from tallystick.cli.frame import language
from tallystick.cli.main import main as tally
from tallystick.contract import ENDPOINTS
from tallystick.contract.channels import CHANNELS, Channel
from tallystick.contract.core import SURFACES, Doc, Endpoint, Limit
from tallystick.contract.errors import ERRORS
from tallystick.contract.fields import Field, fields
from tallystick.contract.surface import limits
from tallystick.contract.words import words
from tallystick.engine.parameters import CONSTANTS, CURRENCIES, INSTRUMENTS
from tallystick.venue.parameters import load_parameters, packaged_table
from tallystick.venue.settings import describe

FOLDER = "reference"
DEPTH_MAX = 4
"""Records within records that are listed."""


def pages(chinese: bool) -> dict[str, str]:
    """Every page: its file name in the folder, and its text. README.md lists the others."""
    made = {
        **endpoints(chinese),
        "channels.md": channels(chinese),
        "control-calls.md": control_calls(chinese),
        "levers.md": levers(chinese),
        **commands(chinese),
        "faults.md": faults(chinese),
        "errors.md": errors(chinese),
    }
    lines = [f"- [{text.splitlines()[0].removeprefix('# ')}]({name})" for name, text in made.items()]
    said = Doc(
        "Made from the declarations that the server, the client and the command line read themselves.",
        "由服务器、客户端和命令行自身读取的声明生成。",
    )
    title = Doc("Reference", "参考")
    return {"README.md": _page(_in(title, chinese), _in(said, chinese), "\n".join(lines)), **made}


# ---- endpoints and channels


def endpoints(chinese: bool) -> dict[str, str]:
    """A page for each section of endpoints: method, path, permission, limits, since, source, parameters, answer."""
    made = {}
    title = "接口" if chinese else "Endpoints"
    for section, found in groupby(sorted(ENDPOINTS, key=lambda one: one.section), key=lambda one: one.section):
        parts = [_endpoint(one, chinese) for one in found]
        made[f"endpoints-{section.replace('/', '-')}.md"] = _page(f"{title}: {section}", *parts)
    return made


def _endpoint(one: Endpoint, chinese: bool) -> str:
    public = "公开" if chinese else "public"
    facts = {
        Doc("Permission", "权限"): one.permission.value if one.permission else public,
        Doc("Rate limit", "限速"): ", ".join(map(_limit, limits(one, SURFACES[0]))) or "-",
        Doc("Since", "起始版本"): one.since,
        Doc("Source", "来源"): f"{one.source.kind}: `{one.source.where}`",
    }
    parts = [
        f"## {one.name}",
        f"`{one.method} {one.path}`",
        _in(one.title, chinese),
        "\n".join(f"- {_in(name, chinese)}: {value}" for name, value in facts.items()),
        _fields(one.request, "参数" if chinese else "parameter", chinese, asked=True),
        _fields(one.answer, "字段" if chinese else "field", chinese),
    ]
    return "\n\n".join(part for part in parts if part)


def _limit(limit: Limit) -> str:
    return f"{limit.requests} / {limit.period_ms / 1000:g} s / {limit.per}"


def _fields(record: type[msgspec.Struct], head: str, chinese: bool, *, asked: bool = False) -> str:
    rows = list(_rows(record, chinese, ""))
    if not rows:
        return ""
    meaning = "含义" if chinese else "meaning"
    if not asked:
        return table((head, meaning), ((name, said) for name, _, said in rows))
    return table((head, "必填" if chinese else "required", meaning), rows)


def _rows(record: type[msgspec.Struct], chinese: bool, before: str) -> Iterator[tuple[str, str, str]]:
    yes = "是" if chinese else "yes"
    for field in fields(record):
        name = f"{before}{field.name}"
        yield f"`{name}`", yes if field.required else "", _cell(_said(field, chinese))
        if field.record is not None and name.count(".") < DEPTH_MAX:
            yield from _rows(field.record, chinese, f"{name}.")


def _said(field: Field, chinese: bool) -> str:
    said = _in(words(field), chinese)
    return f"{said}: {', '.join(f'`{choice}`' for choice in field.choices)}" if field.choices else said


def channels(chinese: bool) -> str:
    """All channels: path, arguments, fields of an element."""
    return _page("推送频道" if chinese else "Channels", *(_channel(one, chinese) for one in CHANNELS))


def _channel(one: Channel, chinese: bool) -> str:
    login = Doc(" (login)", "（需登录）") if one.login else Doc("", "")
    parts = [
        f"## {one.name}",
        f"`/ws/v5/{one.path}`{_in(login, chinese)}",
        _in(one.title, chinese),
        _fields(one.arguments, "参数" if chinese else "argument", chinese, asked=True),
        _fields(one.row, "字段" if chinese else "field", chinese),
    ]
    return "\n\n".join(part for part in parts if part)


# ---- calls, levers, faults, codes


def control_calls(chinese: bool) -> str:
    """All control calls with a body of each."""
    return _page("控制调用" if chinese else "Control calls", control.calls(chinese))


def levers(chinese: bool) -> str:
    """All parameters: value, unit, range, source, meaning."""
    packaged = packaged_table()
    parts = describe(load_parameters(packaged), packaged)
    sections = (
        (CONSTANTS, parts.constants, ""),
        (CURRENCIES, next(iter(parts.currencies.values())), next(iter(parts.currencies))),
        (INSTRUMENTS, next(iter(parts.instruments.values())), next(iter(parts.instruments))),
    )
    head = ("name", "value", "unit", "range", "source", "meaning")
    made = []
    for name, cells, row in sections:
        rows = []
        for field, cell in cells.items():
            said = parts.meanings[name][field]
            between = (
                f"{cell.least} - {cell.most}" if cell.most else ("固定" if chinese else "fixed") * bool(cell.fixed)
            )
            about, unit = (said.about_zh, said.unit_zh) if chinese else (said.about, said.unit)
            rows.append((f"`{field}`", _cell(_value(cell.value)), unit, between, cell.source, _cell(about)))
        made.append(f"## {name}{f' ({row})' if row else ''}\n\n{table(head if not chinese else HEAD_ZH, rows)}")
    return _page("可调参数" if chinese else "Levers", *made)


HEAD_ZH = ("名称", "数值", "单位", "范围", "来源", "含义")


def _value(value: object) -> str:
    text = msgspec.json.encode(value).decode() if isinstance(value, list | tuple | dict) else str(value)
    return text if len(text) < 60 else f"{text[:56]} ..."


def faults(chinese: bool) -> str:
    """All kinds of faults."""
    return _page("故障" if chinese else "Faults", fault_kinds.in_chinese() if chinese else fault_kinds.in_english())


def errors(chinese: bool) -> str:
    """All codes with status and text."""
    head = ("错误码", "HTTP", "说明", "重试可能成功") if chinese else ("code", "HTTP", "text", "a retry may help")
    yes = "是" if chinese else "yes"
    rows = (
        (f"`{key}`", str(one.http_status), _cell(one.zh if chinese else one.en), yes if one.retry else "")
        for key, one in sorted(ERRORS.items())
    )
    return _page("错误码" if chinese else "Error codes", table(head, rows))


# ---- commands


def commands(chinese: bool) -> dict[str, str]:
    """A page for each command with its help as `--help` prints it, and that of its own commands."""
    before = language.language()
    language.use(language.CHINESE if chinese else language.ENGLISH)
    try:
        top = click.Context(tally, info_name="tally")
        return {f"command-{name}.md": _page(f"tally {name}", *_helps(one, top)) for name, one in _commands(tally, top)}
    finally:
        language.use(before)


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if found is not None and not found.hidden:
            yield name, found


def _helps(command: click.Command, above: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=above)
    again = UNSEARCHED if context.command_path.startswith("tally call ") else ""
    title = [] if above.parent is None else [f"## {context.command_path}{again}"]
    yield "\n\n".join([*title, f"```text\n{command.get_help(context).strip()}\n```"])
    if isinstance(command, click.Group):
        for _, found in _commands(command, context):
            yield from _helps(found, context)


UNSEARCHED = " { data-search-exclude }"
"""Mark of a heading that the search leaves out: it has the endpoint itself, and found each of them twice."""


# ---- text


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", *parts)) + "\n"


def _in(said: Doc, chinese: bool) -> str:
    return said.zh if chinese else said.en


def _cell(text: str) -> str:
    """Text that stays in its cell and is no markup."""
    return re.sub(r"([|<>*_\[\]])", r"\\\1", text.replace("\n", " ")) if "`" not in text else text.replace("|", "\\|")
