"""The picture and the table of ARCHITECTURE.md, made from the imports of the package.

`python -m docs.architecture` writes them anew.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "tallystick"
PAGE = ROOT / "ARCHITECTURE.md"
MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

Imports = Mapping[str, frozenset[str]]
"""Package -> the packages whose modules it imports."""


def packages(folder: Path = PACKAGE) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/__init__.py"))


def imports(folder: Path = PACKAGE) -> Imports:
    """Imports between packages, from the source of every module."""
    names = {package.name for package in packages(folder)}
    found = {}
    for package in packages(folder):
        parts = [name.split(".") for path in package.rglob("*.py") for name in imported(path)]
        found[package.name] = frozenset(
            part[1] for part in parts if part[0] == "tallystick" and part[1:] and part[1] in names
        ) - {package.name}
    return found


def imported(path: Path) -> list[str]:
    """Dotted names a module imports, at its top or inside of functions, and packages whose files it opens by name."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "files":
            names += [str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)]
    return names


def levels(found: Imports) -> list[list[str]]:
    """Packages by height, highest first: each stands above all that it imports. Raises RecursionError on a circle."""

    def height(name: str) -> int:
        return 1 + max((height(below) for below in found[name]), default=0)

    heights = {name: height(name) for name in found}
    return [sorted(name for name in found if heights[name] == level) for level in sorted({*heights.values()})[::-1]]


def direct(found: Imports) -> list[tuple[str, str]]:
    """Imports that do not follow from others: those that go over a third package are left out."""

    def reached(name: str) -> set[str]:
        return {below for one in found[name] for below in (one, *reached(one))}

    return [
        (name, below)
        for name in sorted(found)
        for below in sorted(found[name])
        if not any(below in reached(other) for other in found[name])
    ]


def picture(found: Imports) -> str:
    """Mermaid's chart: a box for each package, an arrow for each direct import."""
    lines = ["```mermaid", "flowchart TD"]
    for number, level in enumerate(levels(found)):
        lines += [
            f'    subgraph l{number} [" "]',
            "        direction LR",
            *(f"        {name}" for name in level),
            "    end",
        ]
    return "\n".join([*lines, *(f"    {name} --> {below}" for name, below in direct(found)), "```"])


def table(found: Imports) -> str:
    """A line for each package: the first sentence of its docstring, and what it imports."""
    lines = ["| package | subject | imports |", "|---|---|---|"]
    for level in levels(found):
        lines += [f"| `{name}` | {subject(name)} | {', '.join(sorted(found[name])) or '-'} |" for name in level]
    return "\n".join(lines)


def subject(name: str) -> str:
    text = ast.get_docstring(ast.parse((PACKAGE / name / "__init__.py").read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


BLOCKS = {"picture": picture, "table": table}


def fresh(text: str, found: Imports) -> str:
    """The page with its made blocks as of these imports. Raises KeyError for a block that nobody makes."""
    return MADE.sub(lambda match: f"{match[1]}{BLOCKS[match[2]](found)}\n{match[3]}", text)


def main() -> None:
    PAGE.write_text(fresh(PAGE.read_text(encoding="utf-8"), imports()), encoding="utf-8")


if __name__ == "__main__":
    main()
