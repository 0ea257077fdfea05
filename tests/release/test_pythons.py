"""Which Pythons of a machine the package is tried on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from release import pythons


def executable(folder: Path, name: str, said: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{said}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def test_the_path_and_pyenv_are_looked_at_and_one_of_each_version_is_taken(machine: Path) -> None:
    executable(machine / "bin", "python3", "echo 3.12 /bin/python3")
    executable(machine / "bin", "python3.13", "echo 3.13 /bin/python3.13")
    executable(machine / "pyenv" / "versions" / "3.12.1" / "bin", "python3", "echo 3.12 /pyenv/python3")
    assert pythons.found() == {"3.12": "/pyenv/python3", "3.13": "/bin/python3.13"}


@pytest.mark.parametrize(
    ("name", "said"), [("python3.10", "true"), ("python3.9", "exit 1"), ("python", "echo 3.12 /a")]
)
def test_what_is_too_old_broken_or_another_program_is_left_out(machine: Path, name: str, said: str) -> None:
    executable(machine / "bin", name, said)
    assert pythons.found() == {}


def test_versions_stand_in_their_order(machine: Path) -> None:
    for minor in (20, 9, 11):
        executable(machine / "bin", f"python3.{minor}", f"echo 3.{minor} /bin/python3.{minor}")
    assert list(pythons.found()) == ["3.9", "3.11", "3.20"]


def test_this_python_says_of_itself_what_is_looked_for(machine: Path) -> None:
    executable(machine / "bin", "python3", f'exec {sys.executable} "$@"')
    assert list(pythons.found()) == ["{}.{}".format(*sys.version_info)]
