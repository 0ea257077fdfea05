"""Which files the rules look at: what git tracks or would track, else everything outside of made folders."""

from __future__ import annotations

import ast
import functools
import subprocess
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tallystick"


@functools.cache
def project_files() -> tuple[Path, ...]:
    try:
        listing = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        paths = [ROOT / name for name in listing.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if not any(map(_made, path.relative_to(ROOT).parts))]
    return tuple(sorted(path for path in set(paths) if path.is_file()))


@functools.cache
def _made(name: str) -> bool:
    """Test whether git would not track what has this name: as `.gitignore` says, which an unpacked package has too."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    patterns = [line.strip("/").rpartition("/")[2] for line in lines if line and not line.startswith("#")]
    return any(fnmatch(name, pattern) for pattern in [".git", *patterns])


def python_files() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".py"]


def package_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """First folder below the package, or its command `__main__`; "" for the package's own module."""
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if room == "__init__" else room


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def text_of(path: Path) -> str | None:
    """None for what is not text (archives, images)."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
