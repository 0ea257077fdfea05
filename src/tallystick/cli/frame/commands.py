"""Commands, groups and options with help in two languages. They are click's, with a `zh` beside each English text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, Final, TypeVar

import click
from click.shell_completion import CompletionItem

from tallystick.cli.frame.language import CHINESE, Words, language

F = TypeVar("F", bound=Callable[..., Any])

JSON: Final = "--json"
USAGE: Final = Words("Usage: ", "用法：")
OPTIONS: Final = Words("Options", "选项")
COMMANDS: Final = Words("Commands", "命令")
HELP: Final = Words("Show this message and exit.", "显示本说明并退出。")
VERSION: Final = Words("Show the version and exit.", "显示版本并退出。")
DEFAULT: Final = Words("default: ", "默认：")
REQUIRED: Final = Words("required", "必填")
WIDTH_ZH: Final = 56
"""Letters of a line of help in Chinese: most of them take two columns."""


class Option(click.Option):
    """Option of a command. `zh` is its help in Chinese."""

    def __init__(self, *declarations: Any, zh: str = "", **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self.zh = zh

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None or language() != CHINESE:
            return record
        said = record[1].replace(self.help or "\0", self.zh or self.help or "", 1)
        return record[0], said.replace("[default: ", f"[{DEFAULT}").replace("required]", f"{REQUIRED}]")


class Spoken(click.Command):
    """Command whose help is printed in the language of the command line. `zh` is its help in Chinese.

    `answer` is the record that --json prints: its fields can be asked for, and its schema is published. `closing`
    stands below the options.
    """

    def __init__(
        self,
        *arguments: Any,
        zh: str = "",
        answer: type | None = None,
        closing: Words | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.zh = zh
        self.answer = answer
        self.closing = closing

    @property
    def answers(self) -> tuple[type, ...]:
        """Records that --json prints: of a write also that of its dry run."""
        found = (self.answer,) if self.answer is not None else ()
        if any(parameter.name == "dry_run" for parameter in self.params):
            from tallystick.cli.predicting.records import Expected

            found = (*found, Expected)
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that --json prints."""
        names = (name for answer in self.answers for name in getattr(answer, "__struct_encode_fields__", ()))
        return tuple(dict.fromkeys(names))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # The fields of some answers take their time to load: they are looked up for a word that may name some.
        if JSON in args and any(JSON in option.opts for option in self.params):
            args = list(with_fields(args, self.fields))
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), str(USAGE))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if language() == CHINESE:
            formatter.width = min(formatter.width, WIDTH_ZH)
        super().format_help(ctx, formatter)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        text = self.zh if language() == CHINESE and self.zh else self.help
        if text:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(inspect.cleandoc(text))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        closing = self.closing or self.epilog
        if closing:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(str(closing))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and not isinstance(parameter, click.Argument):
                own = {"--help": HELP, "--version": VERSION}.get(parameter.opts[-1])
                records.append((record[0], str(own)) if own else record)
        if records:
            with formatter.section(str(OPTIONS)):
                formatter.write_dl(records)


class Command(Spoken):
    """Command in two languages."""


class Group(Spoken, click.Group):
    """Group of commands in two languages."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave what stands behind the name of a command to that command: its --json has fields of its own."""
        names = set(self.list_commands(ctx))
        own = next((number for number, word in enumerate(args) if word in names), len(args))
        if any(JSON in option.opts for option in self.params):
            args = [*with_fields(args[:own], self.fields), *args[own:]]
        return click.Group.parse_args(self, ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        Spoken.format_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(str(COMMANDS)):
            formatter.write_dl([(name, self.line_of(ctx, name)) for name in self.list_commands(ctx)])

    def line_of(self, ctx: click.Context, name: str) -> str:
        """First sentence of a command's help."""
        found = self.get_command(ctx, name)
        chinese = getattr(found, "zh", "") if language() == CHINESE else ""
        return first_sentence(chinese or (found.help if found else "") or "")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands with their lines, and options of the group; no command is made for its name."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        items = [CompletionItem(name, help=self.line_of(ctx, name)) for name in names]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def spoken(
        self, name: str | None = None, *, zh: str, **attributes: Any
    ) -> Callable[[Callable[..., Any]], click.Command]:
        """Decorate a function as a command of this group, with help in both languages."""

        def decorate(function: Callable[..., Any]) -> click.Command:
            found = command(name, zh=zh, **attributes)(function)
            self.add_command(found)
            return found

        return decorate


class LazyGroup(Group):
    """Group that loads a command when it is called. `lines` has each command's line of help in both languages.

    The command NAME is `NAME` of the module `tallystick.cli.NAME`, with underscores for dashes. For those in `makers`
    it is what the function `group` of the module named there makes of the name.
    """

    def __init__(
        self,
        *arguments: Any,
        lines: dict[str, Words] | None = None,
        makers: dict[str, str] | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.lines = lines or {}
        self.makers = makers or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lines:
            return None
        if cmd_name in self.makers:
            made: click.Command = import_module(self.makers[cmd_name]).group(cmd_name)
            return made
        name = cmd_name.replace("-", "_")
        found: click.Command = getattr(import_module(f"tallystick.cli.{name}"), name)
        return found

    def line_of(self, ctx: click.Context, name: str) -> str:
        return str(self.lines[name])


def first_sentence(text: str) -> str:
    """First paragraph of a help text in one line."""
    return " ".join(text.split("\n\n")[0].split())


def command(name: str | None = None, *, zh: str, **attributes: Any) -> Callable[[Callable[..., Any]], Command]:
    """Decorate a function as a command. Its docstring is the help in English, `zh` the one in Chinese."""
    return click.command(name, cls=Command, zh=zh, **attributes)


def group(name: str | None = None, *, zh: str, **attributes: Any) -> Callable[[Callable[..., Any]], Group]:
    """Decorate a function as a group of commands."""
    return click.group(name, cls=Group, zh=zh, **attributes)


def option(*declarations: str, help: str, zh: str, **attributes: Any) -> Callable[[F], F]:
    """Decorate a command with an option that has help in both languages."""
    return click.option(*declarations, cls=Option, help=help, zh=zh, **attributes)


def with_fields(args: Sequence[str], fields: Sequence[str]) -> Iterator[str]:
    """Arguments in which --json has its fields, perhaps none, behind an equals sign.

    A word after --json belongs to it if it names nothing but fields of the answer, separated by commas.
    """
    rest = iter(args)
    for word in rest:
        if word == "--":
            yield word
            yield from rest
        elif word == JSON:
            following = next(rest, None)
            if following is not None and fields and set(following.split(",")) <= set(fields):
                yield f"{JSON}={following}"
            else:
                yield f"{JSON}="
                if following is not None:
                    yield from with_fields([following, *rest], fields)
        else:
            yield word
