"""First lines of a venue that starts: they name commands as a newcomer's own shell finds them."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tallystick.cli import announcing

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("started", "found", "spelled"),
    [
        (".venv/bin/tally", None, ".venv/bin/tally"),
        ("/a folder/bin/tally", None, "'/a folder/bin/tally'"),
        (".venv/bin/tally", "/usr/bin/tally", "tally"),
        ("/lib/tallystick/__main__.py", None, "tally"),
    ],
)
def test_a_command_is_spelled_as_the_shell_finds_it(
    monkeypatch: pytest.MonkeyPatch, started: str, found: str | None, spelled: str
) -> None:
    """`make run` starts the program of a folder that no shell looks in."""
    monkeypatch.setattr(sys, "argv", [started])
    monkeypatch.setattr(shutil, "which", lambda name: found)
    assert announcing.spelled() == spelled


def test_make_run_installs_what_its_first_lines_speak_of() -> None:
    """A new venue tells of its console, and of python-okx, for which an environment made by Debian has no pip."""
    pinned = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-run.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"aiohttp", "markdown-it-py", "pip"} <= set(pinned)
