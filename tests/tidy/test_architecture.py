"""ARCHITECTURE.md, CONTRIBUTING.md and the glossary name files and functions that are there; the picture is fresh."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import architecture
from tests.tidy import files
from tests.tidy.test_layers import LINES

PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md")
QUOTED = re.compile(r"`([^`\n]+)`")
NAMED = re.compile(r"((?:[\w-]+/)+[\w.-]*|[\w-]+\.toml)(?:: ([A-Za-z_][\w.]*))?")
PATTERN = re.compile(r"SUBJECT|NAME|\*|^/")
"""Not a file but a form of its name, or a path of the API."""


def named(text: str) -> Iterator[tuple[str, str]]:
    """(path, name in it) of everything in back quotes that is a path; the name may be empty."""
    for quoted in QUOTED.findall(re.sub(r"^    [^\n]*$|^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)):
        found = NAMED.fullmatch(quoted.partition("#")[0])
        if found and not PATTERN.search(quoted):
            yield found[1], found[2] or ""


def fault(path: str, name: str) -> str:
    """Fault of a path and a name in it; "" where both are there."""
    place = next((place for place in (files.PACKAGE / path, files.ROOT / path) if place.exists()), None)
    if place is None:
        return f"there is no {path}"
    if name and not defined(place, name):
        return f"there is no {name} in {path}"
    return ""


def defined(path: Path, name: str) -> bool:
    """Test whether a module defines a function, class or constant, or a class of it a member."""
    body: list[ast.stmt] = files.tree_of(path).body
    for part in name.split("."):
        found = next((node for node in body if part in names_of(node)), None)
        if found is None:
            return False
        body = getattr(found, "body", [])
    return True


def names_of(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page: str) -> None:
    """Otherwise something was renamed or moved: name it on the page as it is now."""
    found = list(named((files.ROOT / page).read_text(encoding="utf-8")))
    assert len(found) > 20
    assert [fault(path, name) for path, name in found if fault(path, name)] == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("see `engine/ledger.py: post`, `engine/work.py: Work.emit`, `engine/core.py: HANDLERS`, `data/`", 0),
        ("see `engine/ledgers.py: post`", 1),
        ("see `engine/ledger.py: posted`", 1),
        ("see `engine/work.py: Work.emitted`", 1),
        ("see `docs/nothing.md`", 1),
    ],
)
def test_a_name_of_nothing_is_seen(text: str, faults: int) -> None:
    assert len([1 for path, name in named(text) if fault(path, name)]) == faults


def test_the_picture_is_of_todays_imports() -> None:
    text = architecture.PAGE.read_text(encoding="utf-8")
    assert architecture.fresh(text, architecture.imports()) == text, "python -m docs.architecture draws it anew"


def test_another_import_is_another_picture() -> None:
    found = dict(architecture.imports())
    found["store"] = frozenset({"data"})
    text = architecture.PAGE.read_text(encoding="utf-8")
    assert architecture.fresh(text, found) != text


def test_every_package_has_its_place_in_the_layers() -> None:
    assert set(architecture.imports()) <= {package for line in LINES for package in line}
