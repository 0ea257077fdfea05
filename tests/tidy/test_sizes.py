"""A ratchet on size: files and functions stay short, and those that are not only get shorter."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from docs import cli_levers, client_levers, client_types
from tests.tidy import files

FILE_LINES = 400
FUNCTION_LINES = 50
TEST_FILE_LINES = 550
TEST_FUNCTION_LINES = 60
SLACK = 40
"""Lines that something may be shorter than listed, before the list has to say so."""

LONG: dict[str, int] = {
    "src/tallystick/cli/serve.py:serve": 80,
    "src/tallystick/contract/public.py": 480,
    "src/tallystick/engine/convert.py:trade_quote": 70,
    "src/tallystick/engine/events.py": 600,
    "src/tallystick/engine/orders.py": 560,
    "src/tallystick/engine/orders.py:match": 60,
    "src/tallystick/engine/orders.py:place_order": 70,
    "src/tallystick/engine/subaccounts.py:transfer_between": 60,
    "src/tallystick/server/protocol.py": 600,
    "src/tallystick/server/ws/protocol.py": 420,
    "tests/engine/test_convert.py:test_refusals_of_a_trade_in_their_order": 70,
    "tests/engine/test_levers.py": 630,
    "tests/engine/test_loan_risk.py": 580,
    "tests/engine/test_repay.py": 560,
    "tests/engine/test_worked_examples.py": 610,
    "tests/golden/test_documented_examples.py:test_the_convert_quote_trade_and_history_rows": 80,
    "tests/properties/oracle.py": 800,
    "tests/properties/run.py:submit": 70,
    "tests/properties/shadow.py": 890,
    "tests/properties/shadow.py:follow": 70,
    "tests/properties/workload.py": 770,
    "tests/server/test_order_lists.py:story": 80,
    "tests/server/test_order_lists.py:test_fills": 80,
    "tests/ws/test_private.py": 560,
    "tests/ws/test_public.py": 690,
}
"""Lines of each file, and of each function as file:function, that was longer when the rule began."""


MADE = "not edited by hand."
"""What a file says that a command makes: it is divided as its source is, and nobody reads it from end to end."""


def is_made(path: Path) -> bool:
    return MADE in (ast.get_docstring(files.tree_of(path)) or "")


def sizes() -> Iterator[tuple[str, int, int]]:
    """(name, lines, most) of every file and function that is written by hand."""
    for path in files.python_files():
        if is_made(path):
            continue
        name = path.relative_to(files.ROOT).as_posix()
        own = files.PACKAGE in path.parents
        yield name, (files.text_of(path) or "").count("\n"), FILE_LINES if own else TEST_FILE_LINES
        for node in ast.walk(files.tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{name}:{node.name}", lines, FUNCTION_LINES if own else TEST_FUNCTION_LINES


def faults(found: Mapping[str, tuple[int, int]], long: Mapping[str, int]) -> list[str]:
    """Complaints about what has grown, and about lines of the list that are no longer true."""
    grown = [
        f"{name} has {lines} lines, {long.get(name, most)} are the most: divide it by subject"
        for name, (lines, most) in found.items()
        if lines > long.get(name, most)
    ]
    stale = [
        f"{name} is listed with {lines} lines and has {found.get(name, (0, 0))[0]}: lower or remove its line in LONG"
        for name, lines in long.items()
        if name not in found or found[name][0] <= found[name][1] or found[name][0] < lines - SLACK
    ]
    return [*grown, *stale]


def test_nothing_grows_beyond_its_measure() -> None:
    found: dict[str, tuple[int, int]] = {}
    for name, lines, most in sizes():
        found[name] = max(found.get(name, (0, most)), (lines, most))
    assert faults(found, LONG) == []


@pytest.mark.parametrize(
    ("found", "long", "said"),
    [
        ({"a.py": (401, 400)}, {}, "a.py has 401 lines, 400 are the most"),
        ({"a.py:f": (60, 50)}, {"a.py:f": 59}, "a.py:f has 60 lines, 59 are the most"),
        ({"a.py": (450, 400)}, {"a.py": 500}, "a.py is listed with 500 lines and has 450"),
        ({"a.py": (390, 400)}, {"a.py": 420}, "a.py is listed with 420 lines and has 390"),
        ({}, {"gone.py": 500}, "gone.py is listed with 500 lines and has 0"),
    ],
)
def test_the_ratchet_can_fail(found: dict[str, tuple[int, int]], long: dict[str, int], said: str) -> None:
    (fault,) = faults(found, long)
    assert fault.startswith(said)


def test_made_files_are_those_that_commands_make() -> None:
    """A file is not let grow by saying that it is made."""
    made = {*client_types.fresh(), *client_levers.fresh(), *cli_levers.fresh()}
    assert {path for path in files.python_files() if is_made(path)} == made
