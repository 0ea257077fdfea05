"""Errors of the command line: one form, and exit codes that say what became of the request.

    1   it failed, and nothing happened, or something happened that is not what was asked for
    2   the command line is wrong
    3   an archive lacks nothing that is known of, but something in it cannot be proven
    4   unproven rows of an archive fall out of the exchange's retention within a day
    10  the outcome is unknown: look before you ask again
    11  a repay still runs, because the venue's clock stands still

With --json the form is printed on standard output (`serve` has --log json), else a sentence on standard error. Commands
that print a line of JSON for each thing print it in one line too. Nothing escapes as a traceback; with TALLY_TRACEBACK
set a fault of the program prints one on standard error too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import click

FAILED: Final = 1
MISUSED: Final = 2
UNPROVEN: Final = 3
SOON: Final = 4
UNKNOWN: Final = 10
STANDS_STILL: Final = 11

Effect: TypeAlias = Literal["none", "done", "unknown"]
Category: TypeAlias = Literal[
    "usage",
    "profile",
    "host",
    "read-only",
    "not-confirmed",
    "not-sent",
    "no-answer",
    "bad-answer",
    "parameter",
    "refused",
    "key",
    "rate-limit",
    "already-done",
    "intent-open",
    "incomplete",
    "not-done",
    "partly-done",
    "running",
    "unknown",
    "warning",
    "failed",
    "interrupted",
    "bug",
]
LOG: Final = ("--log", "json")
LINES: Final = frozenset({"serve", "tail"})
"""Commands whose JSON is an object a line."""
RESUME: Final = "tally repay --resume"
"""Command that says what became of a request without a known outcome."""
_account: ContextVar[str] = ContextVar("account", default="")
_under_way: ContextVar[str | None] = ContextVar("under_way", default=None)


def act_for(options: str) -> None:
    """Note the options that name the account of the command that runs."""
    _account.set(options)


def for_account(command: str) -> str:
    """A command with the options that name the account of the one that runs."""
    return f"{command} {_account.get()}".rstrip()


def under_way(look: str | None) -> None:
    """Note that a write may be sent from now on, and the command that says what became of it; None: nothing is."""
    _under_way.set(None if look is None else for_account(look) if look else "")


def is_under_way() -> bool:
    return _under_way.get() is not None


class Form(NamedTuple):
    """Form of an error. `retryable`: the same command may work later. `outcome`: the effect of what was asked.

    `resume` is the command that goes on, "" where there is nothing to go on with.
    """

    category: Category
    code: str = ""
    reason: str = ""
    retryable: bool = False
    outcome: Effect = "none"
    resume: str = ""


class Failure(click.ClickException):
    """An error that has its form. `hint` says what to do next; `found` is what is known beside the error.

    With --json both stand beside the form.
    """

    def __init__(
        self, form: Form, *, hint: str = "", exit_code: int = FAILED, found: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(form.reason)
        self.form = form
        self.hint = hint
        self.__dict__["exit_code"] = exit_code
        self.found = found or {}

    def format_message(self) -> str:
        if not self.hint:
            return self.message
        return f"{self.message}{'' if self.message.endswith(('.', '!', '?', '。')) else ';'} {self.hint}"

    def show(self, file: object = None) -> None:
        click.echo(f"tally: {self.format_message()}", err=True)


class Stop(Failure):
    """A command of this machine that cannot be carried out; it ends with 1."""

    def __init__(self, message: str) -> None:
        super().__init__(Form("failed", reason=message))


def usage(reason: str) -> Failure:
    """A command line that is wrong."""
    return Failure(Form("usage", reason=reason), exit_code=MISUSED)


def wants_json(words: Sequence[str]) -> bool:
    """True for a command line with --json or --log json, also for one that cannot be read."""
    own = list(words[: words.index("--")] if "--" in words else words)
    logged = "=".join(LOG) in own or LOG in pairwise(own)
    return logged or any(word == "--json" or word.startswith("--json=") for word in own)


def tell(error: BaseException, *, as_json: bool, in_one_line: bool = False) -> int:
    """Print an error in its form. Returns the exit code. Raises what is not to be caught."""
    failure = failure_of(error)
    if failure.form.category == "bug" and os.environ.get("TALLY_TRACEBACK"):
        sys.excepthook(type(error), error, error.__traceback__)
    try:
        _print(error, failure, as_json=as_json, in_one_line=in_one_line)
    except OSError as problem:
        return unprinted(problem)
    return failure.exit_code


def unprinted(problem: OSError | None = None) -> int:
    """Say on standard error that standard output takes nothing. Returns the exit code: 10 where a write was sent."""
    if problem is not None or is_under_way():
        why = f": {problem.strerror}" if problem else ""
        with suppress(OSError):
            after_sending(f"standard output cannot be written{why}", "failed").show()
    with suppress(OSError, ValueError):
        # What is left in the buffer must not fail again at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UNKNOWN if is_under_way() else FAILED


def after_sending(reason: str, category: Category) -> Failure:
    """An end that nobody asked for: after a write was sent its outcome is unknown, and it says where to look."""
    look = _under_way.get()
    if look is None:
        return Failure(Form(category, reason=reason))
    form = Form(category, reason=f"{reason} (the request may have been carried out)", outcome="unknown", resume=look)
    return Failure(form, hint=f"Look with: {look}" if look else "Look before you repeat it.", exit_code=UNKNOWN)


def _print(error: BaseException, failure: Failure, *, as_json: bool, in_one_line: bool) -> None:
    if as_json:
        import json

        hint = {"hint": failure.hint} if failure.hint else {}
        told = {"error": failure.form._asdict(), **hint, **failure.found}
        click.echo(json.dumps(told, ensure_ascii=False, indent=None if in_one_line else 2))
    elif isinstance(error, click.ClickException):
        error.show()
    else:
        failure.show()


def failure_of(error: BaseException) -> Failure:
    """The failure that an exception of any kind means."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, click.ClickException):
        return usage(error.format_message()) if error.exit_code == MISUSED else Stop(error.format_message())
    if isinstance(error, click.exceptions.Abort):
        return after_sending("Aborted!", "interrupted")
    if "tallystick.client.errors" in sys.modules:
        from tallystick.client.errors import ClientError

        if isinstance(error, ClientError):
            return of_client(error)
    if isinstance(error, OSError):
        return after_sending(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "), "failed")
    if not isinstance(error, Exception):
        raise error
    bug = after_sending(f"{type(error).__name__}: {error}", "bug")
    bug.hint = f"{bug.hint} This is a fault of the program. TALLY_TRACEBACK=1 shows where.".strip()
    return bug


def of_client(error: Any) -> Failure:
    """The failure that an exception of the client means: its kind, code, texts and effect."""
    from tallystick.client import errors

    kinds: tuple[tuple[type, Category], ...] = (
        (errors.OutcomeUnknown, "unknown"),
        (errors.IntentOpen, "intent-open"),
        (errors.NotSent, "not-sent"),
        (errors.NoAnswer, "no-answer"),
        (errors.BadAnswer, "bad-answer"),
        (errors.RateLimited, "rate-limit"),
        (errors.KeyRefused, "key"),
        (errors.BadParameter, "parameter"),
        (errors.AlreadyDone, "already-done"),
        (errors.Refused, "refused"),
        (errors.Unprovable, "incomplete"),
        (errors.ProfileError, "profile"),
        (errors.HostRefused, "host"),
    )
    found = (category for kind, category in kinds if isinstance(error, kind))
    category: Category = next(found, "failed")
    unknown = error.outcome == "unknown"
    resume = for_account(RESUME) if category == "intent-open" else ""
    form = Form(
        category,
        code=error.code,
        reason=reason_of(error),
        retryable=error.retry,
        outcome=error.outcome,
        resume=resume,
    )
    return Failure(form, hint=error.hint, exit_code=UNKNOWN if unknown else FAILED)


def reason_of(error: Any) -> str:
    """Text of a client's exception with its endpoint, in the language of the command line."""
    from tallystick.cli.frame.language import CHINESE, language

    text = error.text_zh if language() == CHINESE else error.text
    return ": ".join(part for part in (error.endpoint, f"{error.code} {text}".strip()) if part)
