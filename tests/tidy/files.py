"""Which files the rules look at: what git tracks or would track, else everything outside of made folders."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tallystick"
MADE = {
    ".git",
    ".venv",
    "node_modules",
    "build",
    "dist",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}


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


def _made(name: str) -> bool:
    return name in MADE or name.startswith(".venv-")


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
