"""Imports go down only, and packages on one line do not know each other (ARCHITECTURE.md)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.tidy import files

LINES: tuple[frozenset[str], ...] = (
    frozenset({"__main__"}),
    frozenset({"cli"}),
    frozenset({"testing"}),
    frozenset({"cluster", "console"}),
    frozenset({"archive", "lab", "server"}),
    frozenset({"client", "venue"}),
    frozenset({"wire", "views"}),
    frozenset({"contract", "engine", "store"}),
    frozenset({"data"}),
)
HEIGHT = {room: len(LINES) - number for number, line in enumerate(LINES) for room in line} | {"": 0}

LIBRARIES: dict[str, set[str]] = {
    "": set(),
    "__main__": set(),
    "data": set(),
    "contract": {"msgspec"},
    "engine": {"msgspec"},
    "wire": {"msgspec"},
    "views": {"msgspec"},
    "store": {"msgspec", "apsw", "asyncpg"},
    "venue": {"msgspec"},
    "client": {"msgspec", "aiohttp", "httptools", "websockets", "yarl"},
    "server": {"msgspec", "httptools", "uvloop", "websockets", "trustme"},
    "archive": {"msgspec", "apsw", "duckdb"},
    "lab": {"msgspec", "numpy", "duckdb", "distributed", "matplotlib", "numba"},
    "cluster": {"msgspec", "aiohttp", "asyncpg", "yarl"},
    "console": {"msgspec", "aiohttp", "markdown_it"},
    "testing": {"msgspec", "pytest"},
    "cli": {"msgspec", "click", "rich", "textual", "anyio", "mcp", "mcp_types"},
}

# What would make the engine depend on anything but its commands.
OUTSIDE_WORLD = {
    "asyncio", "datetime", "io", "locale", "os", "pathlib", "random", "secrets", "shutil", "socket",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip


def imported(tree: ast.Module) -> list[str]:
    """Dotted names of all modules imported, at the top or inside of functions."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that the layers can be read"
            module = node.module or ""
            names += [f"{module}.{alias.name}" for alias in node.names] if module == "tallystick" else [module]
    return names


def faults(room: str, tree: ast.Module) -> list[str]:
    found = []
    for name in imported(tree):
        top, _, rest = name.partition(".")
        if top == "tallystick":
            target = rest.partition(".")[0]
            target = target if target in HEIGHT else ""
            if (room, target) == ("", "client"):
                continue  # `from tallystick import Client` loads the client when it is asked for
            if target != room and HEIGHT[target] >= HEIGHT[room]:
                found.append(f"{room} imports {name}: imports go down only")
        elif top in sys.stdlib_module_names:
            if room in ("engine", "contract") and top in OUTSIDE_WORLD:
                found.append(f"{room} imports {name}: it knows neither clock, disk nor network")
        elif top not in LIBRARIES[room]:
            found.append(f"{room} imports {name}: this room needs only {sorted(LIBRARIES[room]) or 'the package'}")
    return found


@pytest.mark.parametrize("path", files.package_files(), ids=lambda path: str(path.relative_to(files.PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    room = files.room_of(path)
    assert room in HEIGHT, f"{room} has no place in LINES: draw it into ARCHITECTURE.md too"
    assert faults(room, files.tree_of(path)) == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("engine", "from tallystick.venue import clock"),
        ("engine", "from tallystick.contract import core"),
        ("engine", "import tallystick.views"),
        ("engine", "def f():\n    import time"),
        ("engine", "import apsw"),
        ("wire", "from tallystick.views import borrow"),
        ("views", "from tallystick import wire"),
        ("store", "from tallystick.engine import core"),
        ("server", "from tallystick.cli import main"),
        ("engine", "from tallystick.lab import screen"),
        ("venue", "import numpy"),
        ("client", "from tallystick.venue import clock"),
        ("client", "from tallystick.server import limits"),
        ("contract", "import uvloop"),
    ],
)
def test_the_check_sees_an_import_upwards_or_sideways(room: str, source: str) -> None:
    assert len(faults(room, ast.parse(source))) == 1


def test_the_check_lets_imports_down_pass() -> None:
    assert (
        faults("server", ast.parse("import tallystick\nfrom tallystick.engine.core import State\nimport uvloop")) == []
    )
