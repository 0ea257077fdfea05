"""Changes of the file of profiles: each is written whole, and no secret is printed."""

from __future__ import annotations

import fcntl
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from tallystick.cli.frame.accounts import ASK
from tallystick.cli.frame.failing import Failure, Form, Stop, usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked
from tallystick.cli.profile_text import CannotEdit, with_default, with_profile, without_profile
from tallystick.client import profiles
from tallystick.client.files import write_private
from tallystick.client.hosts import HOSTS, host_of

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
LETTERS_MAX: Final = 4_096
QUESTIONS: Final = {
    "api_key": Words("API key", "API Key"),
    "secret_key": Words("Secret key", "Secret Key"),
    "passphrase": Words("Passphrase", "passphrase"),
}
REMOVES: Final = Words("This removes the profile {name} with its keys.", "将删除配置 {name} 及其密钥。")


def keys() -> dict[str, str]:
    """The three parts of a key: asked for on a terminal, else lines of standard input. Raises Failure."""
    found = {}
    for entry, question in QUESTIONS.items():
        if sys.stdin.isatty():
            value = str(click.prompt(str(question), hide_input=True, default="", show_default=False, err=True))
        else:
            value = sys.stdin.readline(LETTERS_MAX).rstrip("\r\n")
        if not value:
            raise usage(f"{entry} is missing: give api_key, secret_key and passphrase, a line each, on standard input")
        found[entry] = value
    return found


def add(name: str, entries: Mapping[str, str], *, over: bool) -> None:
    """Add a profile. Raises Failure, HostRefused for an address that is none, ProfileError."""
    if not NAME.fullmatch(name):
        raise usage(f"{name[:70]!r} cannot name a profile: give 1 to 64 letters, digits, - and _")
    if name in (profiles.LOCAL, profiles.DEFAULT):
        raise usage(f"{name} is not to be named so: local is the venue of --data")
    host_of(entries["host"])
    with _changing() as change:
        if name in change.entries and not over:
            raise Stop(f"{change.path} has a profile {name}: take another name, or say --replace")
        change.to(lambda text: with_profile(text, name, entries))


def remove(asked: Asked, name: str) -> str:
    """Remove a profile, after asking for it. Returns the one that commands use now. Raises Failure, ProfileError."""
    with _changing() as change:
        if name not in change.entries:
            raise Stop(f"{change.path} has no profile {name}: there are {', '.join(sorted(change.entries)) or 'none'}")
        if not asked.yes:
            if asked.json is None:
                click.echo(str(REMOVES).format(name=name), err=True)
            if asked.json is not None or not click.confirm(str(ASK), default=False, err=True):
                raise Failure(
                    Form("not-confirmed", reason="Not confirmed; nothing was removed."),
                    hint="Say --yes to answer beforehand.",
                )
        change.to(lambda text: without_profile(text, name))
        if change.default == name:
            change.to(lambda text: with_default(text, None))
    return profiles.default_name()


def use(name: str) -> None:
    """Make a profile the default. Raises Failure for one that is not there, ProfileError."""
    with _changing() as change:
        if name not in (profiles.LOCAL, *HOSTS, *change.entries):
            known = ", ".join((profiles.LOCAL, *sorted(change.entries), *HOSTS))
            raise Stop(f"there is no profile {name[:70]}: there are {known}")
        change.to(lambda text: with_default(text, None if name == profiles.LOCAL else name))


class Change:
    """The file of profiles while it is changed by this process alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        there = path.exists()
        self.entries = profiles.read_entries(path) if there else {}
        self.default = profiles.default_name()
        self.text = path.read_text(encoding="utf-8") if there else ""

    def to(self, changed: Callable[[str], str]) -> None:
        """Write the changed text. Raises Stop."""
        try:
            self.text = changed(self.text)
            write_private(self.path, self.text)
        except CannotEdit as problem:
            raise Stop(f"{self.path} is left as it is, {problem}: change it in an editor") from None
        except OSError as problem:
            raise Stop(f"cannot write {self.path}: {problem.strerror}") from None


@contextmanager
def _changing() -> Iterator[Change]:
    """The file, with other changes kept out. Raises Stop while another one changes it, ProfileError."""
    path = profiles.place()
    folder = path.resolve().parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as problem:
        raise Stop(f"cannot write {path}: {problem.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield Change(path)
    except BlockingIOError:
        raise Stop(f"another command changes {path}: try again") from None
    finally:
        os.close(descriptor)
