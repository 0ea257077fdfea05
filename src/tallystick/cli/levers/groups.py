"""Groups of levers: `tally clock`, `tally prices` and the others, made from what is declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click

from tallystick.cli.frame.commands import Command, Group, Option, option
from tallystick.cli.frame.failing import usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import DATA, JSON, LANG, Asked, gathered
from tallystick.cli.levers.declared import LEVERS
from tallystick.cli.levers.forms import REPEATED, Lever, Parameter
from tallystick.cli.levers.names import GROUPS

ARGUMENTS: Final = Words("Arguments", "参数")
SIGNED: Final = ("amount", "pairs")
NEGATIVE: Final = re.compile(r"-[0-9.].*")
SWITCH: Final = ("on", "off")
NULL: Final = "null"
PATH: Final = "name_in_path"
DOCUMENT: Final = "document"
REQUEST: Final = ("method", "path", "body")
"""Fields of a request, which --dry-run prints."""
OWN: Final = "of_lever_"
"""Prefix of the parameters in Python: shared options have names such as user and account too."""


DRY_RUN: Final = option(
    "--dry-run",
    is_flag=True,
    help="Send nothing; show the request.",
    zh="不发送任何内容；显示请求。",
)
SHOWS: Final = gathered(DATA, JSON, LANG)
MOVES: Final = gathered(DATA, DRY_RUN, JSON, LANG)


class LeverCommand(Command):
    """Command of one lever. Its arguments have lines of help too, and amounts may have a minus."""

    def __init__(self, lever: Lever, **attributes: Any) -> None:
        super().__init__(lever.command, zh=lever.words.zh, help=lever.words.en, **attributes)
        self.lever = lever
        self.ignore_unknown_options = any(one.form in SIGNED and one.argument for one in lever.parameters)

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.lever.fields, *REQUEST) if self.lever.moves else self.lever.fields

    @property
    def answers(self) -> tuple[type, ...]:
        from tallystick.cli.levers.answers import records_of

        return records_of(self.lever)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lines = [(_metavar("name"), str(self.lever.name))] if self.lever.name else []
        lines += [(_metavar(one.name), str(_words(one))) for one in self.lever.parameters if one.argument]
        lines += [("FILE", str(self.lever.document))] if self.lever.document else []
        if lines:
            with formatter.section(str(ARGUMENTS)):
                formatter.write_dl(lines)
        super().format_options(ctx, formatter)


def group(name: str) -> Group:
    """The group of a name."""
    words = GROUPS[name]
    commands = [_command(lever) for lever in LEVERS if lever.group == name]
    return Group(name, zh=words.zh, help=words.en, commands={each.name or "": each for each in commands})


def _command(lever: Lever) -> LeverCommand:
    def run(asked: Asked, **values: Any) -> None:
        from tallystick.cli.levers.calling import pull

        name = values.pop(PATH, None)
        if lever.document:
            from tallystick.cli.levers.documents import fields_of

            pull(asked, lever, name, fields_of(lever, values[DOCUMENT]))
        else:
            pull(asked, lever, name, given(lever, values))

    made = LeverCommand(lever, callback=(MOVES if lever.moves else SHOWS)(run))
    shared = list(getattr(made.callback, "__click_params__", ()))
    own: list[click.Parameter] = [_parameter(one) for one in lever.parameters]
    if lever.document:
        own = [click.Argument([DOCUMENT], metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))]
    kind = Known((), lever.names)
    named = [click.Argument([PATH], metavar=_metavar("name"), type=kind, callback=_no_option)] if lever.name else []
    made.params = [*named, *own, *reversed(shared)]
    return made


def _metavar(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).upper().replace("_AT", "").replace("_", "-")


def _words(parameter: Parameter) -> str:
    return str(parameter.words)


# ---- parameters of click


def _parameter(one: Parameter) -> click.Parameter:
    shape: dict[str, Any] = {"type": _type(one), "required": one.required and one.form not in REPEATED}
    if one.argument:
        many = one.form in ("list", "pairs")
        shown = _metavar(one.name) if one.form != "pairs" else "INSTRUMENT PRICE"
        metavar = f"{shown}..." if many else shown if one.required else f"[{shown}]"
        found = click.Argument(
            [one.name],
            nargs=-1 if many else 1,
            metavar=metavar,
            callback=_no_option,
            **shape | {"required": one.required},
        )
        # click's names of arguments are lower case.
        found.name = OWN + one.name
        return found
    name = "--" + one.name.removesuffix("_at").replace("_", "-")
    nargs = {"levels": 2, "cells": 2, "rows": 3}.get(one.form, 1)
    repeated = one.form in REPEATED
    return Option([name, OWN + one.name], nargs=nargs, multiple=repeated, help=one.words.en, zh=one.words.zh, **shape)


def _type(one: Parameter) -> Any:
    if one.form == "flag":
        return click.Choice(SWITCH)
    if one.choices:
        return click.Choice(one.choices)
    if one.known or one.source:
        return Known(one.known, one.source)
    return click.INT if one.form == "whole" else click.STRING


class Known(click.types.StringParamType):
    """A text, with words that a shell completes: some of its own, and names of the venue that is served."""

    name = "text"

    def __init__(self, words: tuple[str, ...], source: str = "") -> None:
        self.words = words
        self.source = source

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from tallystick.cli.frame.completing import names_of

        words = (*self.words, *names_of(self.source, ctx)) if self.source else self.words
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def _no_option(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Refuse an unknown option that stands where an argument is expected: a minus begins amounts too."""
    for word in value if isinstance(value, tuple) else (value,):
        if isinstance(word, str) and word.startswith("-") and not NEGATIVE.fullmatch(word):
            raise click.NoSuchOption(word, ctx=ctx)
    return value


# ---- values


def given(lever: Lever, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a call from what stood on the command line; those that were not given are left to the venue."""
    found: dict[str, Any] = {}
    for one in lever.parameters:
        value = values[OWN + one.name]
        if value is None or (value == () and not one.required):
            continue
        found[one.name] = None if one.nullable and value == NULL else _READERS.get(one.form, _same)(value)
    return found


def _same(value: Any) -> Any:
    return value


def _switched(value: str) -> bool:
    return value == SWITCH[0]


def _pairs(words: tuple[str, ...]) -> dict[str, str]:
    if len(words) % 2:
        raise usage(f"{words[-1]} has no value: give names and values in turn")
    return dict(zip(words[::2], words[1::2], strict=True))


def _cells(pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {name: _cell(text) for name, text in pairs}


def _rows(triples: tuple[tuple[str, str, str], ...]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row, name, text in triples:
        found.setdefault(row, {})[name] = _cell(text)
    return found


def _cell(text: str) -> Any:
    """A value of a parameter: true, false and lists are JSON, anything else is text."""
    return _json(text) if text in ("true", "false") or text.startswith("[") else text


def _json(text: str) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise usage(f"{text[:40]!r} is not JSON") from None


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "flag": _switched,
    "list": list,
    "pairs": _pairs,
    "levels": list,
    "cells": _cells,
    "rows": _rows,
    "json": _json,
}
