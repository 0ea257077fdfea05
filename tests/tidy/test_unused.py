"""Functions and fields that nothing in the package uses are taken out: what only tests call belongs to the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import pytest

from tests.tidy import files
from tests.tidy.test_sizes import is_made

CALLED_BY_OTHERS = {
    # asyncio's protocols
    "connection_made", "connection_lost", "pause_writing", "resume_writing", "get_buffer", "buffer_updated",
    "eof_received", "data_received",
    # httptools
    "on_message_begin", "on_url", "on_header", "on_headers_complete", "on_body", "on_message_complete",
    # http.client and io
    "makefile", "readable", "readinto",
    # users of the client, and the methods that are made for it
    "from_profile", "_run", "plan_repay", "of_data", "hourly", "daily", "yearly",
    # tests of others and dry runs: a second venue
    "fork",
    # textual
    "compose", "on_mount",
    # click
    "format_commands", "format_epilog", "format_help_text", "format_usage", "get_command", "list_commands",
    "shell_complete", "show",
}  # fmt: skip
"""Methods that a library calls by their names."""
OFFERED = ("testing/plugin.py", "testing/kit/tally.py", "testing/kit/user.py", "testing/kit/report.py")
"""Files of hooks that pytest calls, and of what the fixture `tally` offers to the tests of others."""
READ_WHOLE = ("engine/state.py", "contract/core.py")
"""Files whose records are there to be read field by field."""


def used(trees: Iterable[ast.Module]) -> set[str]:
    """Names that are read, imported or said in a text; a name that is only assigned is not used."""
    found: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                found.add(node.id if isinstance(node, ast.Name) else node.attr)
            elif isinstance(node, ast.alias):
                found.add(node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def functions(tree: ast.Module) -> list[str]:
    """Functions and methods that stand in no table by a decorator with arguments, such as `applies(...)`."""
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("__")
        and not any(isinstance(mark, ast.Call) for mark in node.decorator_list)
        and node.name not in CALLED_BY_OTHERS
    ]


def fields(tree: ast.Module) -> list[str]:
    """Fields of records."""
    return [
        line.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    ]


@pytest.fixture(scope="module")
def read() -> set[str]:
    return used(files.tree_of(path) for path in files.package_files())


def test_every_function_is_used(read: set[str]) -> None:
    unused = {
        f"{path.relative_to(files.PACKAGE)}: {name}"
        for path in files.package_files()
        if path.relative_to(files.PACKAGE).as_posix() not in OFFERED and not is_made(path)
        for name in functions(files.tree_of(path))
        if name not in read
    }
    assert unused == set()


@pytest.mark.parametrize("name", READ_WHOLE)
def test_every_field_is_read(name: str, read: set[str]) -> None:
    assert [field for field in fields(files.tree_of(files.PACKAGE / name)) if field not in read] == []


def test_what_is_only_written_is_seen() -> None:
    """The two kinds of fields that stood here for months: one that was counted up, one that was set once."""
    record = ast.parse(
        "class Market(Struct):\n    book_number: int = 0\n    opened_at_ms: int = 0\n    index: int = 0\n"
    )
    code = ast.parse("market = Market(opened_at_ms=now)\nmarket.book_number += 1\nprint(market.index)\n")
    assert [field for field in fields(record) if field not in used([record, code])] == ["book_number", "opened_at_ms"]


def test_a_function_nobody_calls_is_seen() -> None:
    tree = ast.parse("@applies(Event)\ndef _event(): ...\ndef called(): ...\ndef alone(): ...\ncalled()\n")
    assert [name for name in functions(tree) if name not in used([tree])] == ["alone"]
