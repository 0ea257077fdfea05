"""Pythons of this machine that the package could run on: `python -m release.pythons` prints them, one a line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = re.compile(r"python3(\.\d+)?")
PRINTS = """\
import sys
if sys.version_info >= (3, 11) and sys.version_info.releaselevel == "final" and sys.implementation.name == "cpython":
    print("%d.%d" % sys.version_info[:2], sys.executable)
"""
SECONDS_MAX = 30


def found() -> dict[str, str]:
    """Finished releases of CPython 3.11 and later, on the path or under pyenv: version to path, one of each."""
    pythons: dict[str, str] = {}
    for candidate in _candidates():
        try:
            done = subprocess.run(
                [candidate, "-c", PRINTS], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        version, _, path = done.stdout.strip().partition(" ")
        if path:
            pythons.setdefault(version, path)
    return dict(sorted(pythons.items(), key=lambda one: tuple(map(int, one[0].split(".")))))


def _candidates() -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob("versions/*/bin/python3"))
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if Path(folder).is_dir():
            yield from sorted(path for path in Path(folder).iterdir() if NAME.fullmatch(path.name))


def main() -> None:
    here = "{}.{}".format(*sys.version_info)
    for version, path in found().items():
        if version != here:
            print(version, path)


if __name__ == "__main__":
    main()
