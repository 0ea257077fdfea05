"""The frame of the command line: languages, fields of --json, the form of errors, exit codes."""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from tallystick import cli
from tallystick.cli.answer_schema import OF_ROWS, document
from tallystick.cli.frame import failing
from tallystick.cli.frame.commands import Option, Spoken, with_fields
from tallystick.cli.frame.failing import Failure, Form
from tallystick.cli.frame.language import Count, Words
from tallystick.cli.main import COMMANDS, main
from tallystick.client import errors
from tests.cli.account import run

CHINESE = "一"


def every(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands with their paths, groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*path, name), found
        if isinstance(found, click.Group):
            yield from every(found, (*path, name))


ALL = dict(every(main))
PUBLISHED = document()["commands"]
WITHOUT_JSON = {
    ("serve",): "it has --log json",
    ("console",): "what it answers is a page",
    ("mcp",): "what it prints is the protocol, which is JSON",
}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_of_a_command_is_there_in_both_languages(path: tuple[str, ...]) -> None:
    command = ALL[path]
    assert isinstance(command, Spoken)
    assert command.help, path
    assert any(letter >= CHINESE for letter in command.zh), path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert isinstance(parameter, Option), (path, parameter.name)
            assert parameter.help, (path, parameter.name)
            assert any(letter >= CHINESE for letter in parameter.zh), (path, parameter.name)


@pytest.mark.parametrize("path", [path for path, command in ALL.items() if not isinstance(command, click.Group)])
def test_a_command_has_json_with_a_published_schema(path: tuple[str, ...]) -> None:
    own = {opt for parameter in ALL[path].params for opt in parameter.opts}
    assert ("--json" in own) != (path in WITHOUT_JSON)
    name = " ".join(("tally", path[0], "NAME") if path[0] in OF_ROWS else ("tally", *path))
    assert (name in PUBLISHED) == (path not in (("mcp",), ("console",)))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_its_own_first_sentence_in_chinese_too(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    if isinstance(command, Spoken):
        assert command.zh.split("\n\n")[0].replace("\n", " ").strip() == COMMANDS[name].zh


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["--help"], {}, "Usage: "),
        (["--help", "--lang", "zh"], {}, "用法："),
        (["--help", "--lang=zh"], {}, "用法："),
        (["--lang", "zh", "debts", "--help"], {}, "显示欠款"),
        (["--help"], {"LANG": "zh_CN.UTF-8"}, "用法："),
        (["--help"], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "Usage: "),
        (["--help", "--lang", "en"], {"LANG": "zh_CN.UTF-8"}, "Usage: "),
        (["repay", "--help"], {"LANG": "zh_CN"}, "以这些币一键还债"),
    ],
)
def test_help_speaks_the_language_that_is_asked_for(words: list[str], env: dict[str, str], said: str) -> None:
    done = run(*words, env=env)
    assert done.code == 0
    assert said in done.out


FIELDS = ("spot", "loans", "margin")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["--json"], ["--json="]),
        (["--json", "spot,loans"], ["--json=spot,loans"]),
        (["--json", "spot"], ["--json=spot"]),
        (["--json=spot"], ["--json=spot"]),
        (["--json", "USDC"], ["--json=", "USDC"]),
        (["--json", "spot,USDC"], ["--json=", "spot,USDC"]),
        (["--json", "--yes"], ["--json=", "--yes"]),
        (["USDC", "--json", "--using", "spot"], ["USDC", "--json=", "--using", "spot"]),
        (["--", "--json"], ["--", "--json"]),
        (["--json", "--json", "spot"], ["--json=", "--json=spot"]),
    ],
)
def test_a_word_after_json_belongs_to_it_if_it_names_fields(given: list[str], read: list[str]) -> None:
    assert list(with_fields(given, FIELDS)) == read


def test_no_argument_of_a_command_can_be_taken_for_its_fields() -> None:
    """A coin or an amount is never the name of a field, and no choice is."""
    for path, command in ALL.items():
        assert isinstance(command, Spoken)
        choices = {
            choice
            for parameter in command.params
            if isinstance(parameter, click.Argument) and isinstance(parameter.type, click.Choice)
            for choice in parameter.type.choices
        }
        assert not choices & set(command.fields), path
        assert all(not field.isupper() and not field[:1].isdigit() for field in command.fields), path


@pytest.mark.parametrize(
    ("words", "code", "category", "reason"),
    [
        (["nosuch"], 2, "usage", "No such command 'nosuch'"),
        (["debts", "--nonsense"], 2, "usage", "No such option"),
        (["debts", "--json=spott"], 2, "usage", "--json has no field spott: there are uid, now"),
        (["borrow", "USDC"], 2, "usage", "Missing argument 'AMT'"),
        (["auto-repay", "perhaps"], 2, "usage", "'perhaps' is not one of 'on', 'off'"),
        (["repay"], 2, "usage", "name the coin that is owed, or say --resume"),
        (["repay", "USDC", "--using", "A", "--amt", "1"], 2, "usage", "give one of them"),
        (["repay", "USDC", "--resume"], 2, "usage", "leave the rest out"),
        (["repay", "USDC", "--wait", "0"], 2, "usage", "0 is not in the range"),
        (["loans", "borrow", "USDC", "1", "--collateral", "BTC"], 2, "usage", "write it as BTC=0.1,ETH=2"),
        (["call", "nosuch"], 2, "usage", "No such command 'nosuch'"),
        (["call", "ticker"], 2, "usage", "Missing option '--instId'"),
        (["call", "loan_borrow", "--loanData", "{", "--clOrdId", "a"], 2, "usage", "--loanData is no JSON"),
        (["call", "loan_borrow", "--loanData", '{"amt": 1.5}', "--clOrdId", "a"], 2, "usage", "not exact"),
        (["call", "batch_orders", "--items", "{}"], 2, "usage", "no JSON list of objects"),
        (["history", "loan_history", "--since", "yesterday"], 2, "usage", "'yesterday' is no time"),
        (["history", "loan_history", "--rows", "0"], 2, "usage", "0 is not in the range"),
        (["debts", "--profile", "nobody"], 1, "profile", "profiles.toml is not there"),
        (["debts", "--data", "/nowhere"], 1, "profile", "/nowhere/connection.json is not there"),
        (["debts", "--profile", "main", "--user", "bob"], 2, "usage", "--user names a user of the local venue"),
        (["keys", "--data", "/nowhere"], 1, "failed", "there is no /nowhere/connection.json"),
        (["verify", "--data", "/proc/nowhere"], 1, "failed", ""),
    ],
)
def test_every_error_has_the_form(words: list[str], code: int, category: str, reason: str) -> None:
    asked = words if any(word.startswith("--json") for word in words) else [*words, "--json"]
    done = run(*asked)
    assert (done.code, done.err) == (code, "")
    assert "hint" not in done.json or done.json["hint"]
    assert list(done.error) == ["category", "code", "reason", "retryable", "outcome", "resume"]
    assert done.error["category"] == category
    assert reason in done.error["reason"]
    assert done.error["outcome"] == "none"


@pytest.mark.parametrize(
    ("error", "category", "outcome", "exit_code"),
    [
        (errors.NotSent("x"), "not-sent", "none", 1),
        (errors.NoAnswer("x"), "no-answer", "none", 1),
        (errors.BadAnswer("x"), "bad-answer", "none", 1),
        (errors.Refused("x", code="51008"), "refused", "none", 1),
        (errors.RateLimited("x"), "rate-limit", "none", 1),
        (errors.KeyRefused("x"), "key", "none", 1),
        (errors.BadParameter("x"), "parameter", "none", 1),
        (errors.AlreadyDone("x", outcome="done"), "already-done", "done", 1),
        (errors.AlreadyDone("x", outcome="unknown"), "already-done", "unknown", 10),
        (errors.LeverRefused("x", status=400), "refused", "none", 1),
        (errors.OutcomeUnknown("x"), "unknown", "unknown", 10),
        (errors.UnreadableOutcome("x"), "unknown", "unknown", 10),
        (errors.IntentOpen("x"), "intent-open", "none", 1),
        (errors.Unprovable("x"), "incomplete", "none", 1),
        (errors.ProfileError("x"), "profile", "none", 1),
        (errors.HostRefused("x"), "host", "none", 1),
        (ZeroDivisionError("x"), "bug", "none", 1),
        (PermissionError(13, "Permission denied", "/a"), "failed", "none", 1),
    ],
)
def test_every_exception_has_its_category(error: Exception, category: str, outcome: str, exit_code: int) -> None:
    failure = failing.failure_of(error)
    assert (failure.form.category, failure.form.outcome, failure.exit_code) == (category, outcome, exit_code)


def test_every_exception_of_the_client_is_known() -> None:
    """A new one would be told as failed, which says nothing."""
    found = {cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, errors.ClientError)}
    for cls in found - {errors.ClientError}:
        made = cls("x", status=1) if cls is errors.LeverRefused else cls("x")
        assert failing.failure_of(made).form.category != "failed", cls


def test_a_fault_of_the_program_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tallystick.cli import keys

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(keys.keys, "callback", broken)
    done = run("keys", "--json")
    assert (done.code, done.error["category"]) == (1, "bug")
    assert done.error["reason"] == "ZeroDivisionError: planted"
    assert "tally: ZeroDivisionError: planted; This is a fault of the program." in run("keys").err


def test_what_is_known_beside_an_error_stands_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    failure = Failure(Form("partly-done", reason="a rest is owed", outcome="done"), found={"left": "1"})
    assert failing.tell(failure, as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["left"] == "1"


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_bad_input_of_every_command_has_the_form(path: tuple[str, ...]) -> None:
    done = run(*path, "--nonsense", "--json")
    assert (done.code, done.err) == (2, "")
    assert (done.error["category"], done.error["outcome"]) == ("usage", "none")
    assert "--nonsense" in done.error["reason"]


@pytest.mark.parametrize(("number", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_200, "1,200 rows")])
def test_a_number_has_its_word_in_the_singular_for_one_alone(number: int, said: str) -> None:
    assert f"{Count(number):row}" == said
    assert f"{Count(number)}" == said.removesuffix("s").removesuffix(" row")


PLURAL = re.compile(r"\{\w+\} (?!is\b|has\b)[a-z]+s\b")
"""A number that stands before a plural whatever it is, such as "{rows} rows"; not a name that is or has something."""


def english_of(value: object) -> Iterator[str]:
    """English of the words in a value of a module."""
    if isinstance(value, Words):
        yield value.en
    elif isinstance(value, dict | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from english_of(one)


def test_no_sentence_has_one_rows() -> None:
    assert PLURAL.search("{rows} rows of {pages} pages: nothing is missing.")
    modules = [import_module(one.name) for one in pkgutil.walk_packages(cli.__path__, f"{cli.__name__}.")]
    sentences = [en for module in modules for value in vars(module).values() for en in english_of(value)]
    assert len(sentences) > 200
    assert {words for en in sentences for words in PLURAL.findall(en)} == set()
