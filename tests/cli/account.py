"""A served venue with a data folder, and commands that are run against it in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from tallystick.cli.main import main
from tallystick.client import waiting
from tests.client import venue
from tests.server import harness


class Done(NamedTuple):
    """End of a command: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return self.json["error"]


class Terminal:
    """Commands of the user at one venue; `tally` runs one, and nothing that it waits for takes time."""

    def __init__(self, served: venue.Served, folder: Path) -> None:
        self.served = served
        self.folder = folder

    def tally(self, *words: str, answer: str = "") -> Done:
        """Run a command, given word by word or as one line."""
        line = words[0].split() if len(words) == 1 else words
        return run(*line, "--data", str(self.folder), answer=answer)

    def control(self, path: str, body: object = None) -> Any:
        return self.served.control(path, body)

    def reset(self) -> None:
        self.control("reset", {})


def run(*words: str, answer: str = "", env: dict[str, str] | None = None) -> Done:
    """Run a command; `answer` is what is typed when it asks."""
    done = CliRunner().invoke(main, list(words), input=answer, env=env)
    assert "Traceback" not in done.output
    return Done(done.exit_code, done.stdout, done.stderr)


@contextmanager
def terminal(folder: Path, **settings: Any) -> Iterator[Terminal]:
    """A venue with a frozen clock and the folder that names it."""
    with venue.served(**settings) as served, pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "sleep", lambda seconds: None)
        folder.mkdir(exist_ok=True)
        opened = served.world.opened.connection
        connection = replace(opened, url=served.url, surface="2026-01", control_token=harness.TOKEN)
        place = folder / "connection.json"
        place.write_bytes(msgspec.json.encode(connection))
        place.chmod(0o600)
        yield Terminal(served, folder)
