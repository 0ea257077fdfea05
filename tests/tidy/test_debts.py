"""There is one way to ask for a debt: `ledger`. What is booked is the business of those who book it."""

from __future__ import annotations

import ast

import pytest

from tests.tidy import files

BOOKKEEPERS = {
    "engine/accrual.py",
    "engine/charging.py",
    "engine/checks.py",
    "engine/core.py",
    "engine/far_loans.py",
    "engine/flexible_loan.py",
    "engine/ledger.py",
    "engine/loan_conversion.py",
}
"""Where `Loan.booked` may be read. `core` makes it small when a state is read, `far_loans` reckons what is due since as
a bound, and `loan_conversion` reads it of a loan it has just made up."""


def reads_booked(tree: ast.AST) -> list[int]:
    """Lines that take what is booked of a loan."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "booked"]


def test_nobody_takes_what_is_booked_for_what_is_owed() -> None:
    source = files.ROOT / "src" / "tallystick"
    found = {path.relative_to(source).as_posix() for path in source.rglob("*.py") if reads_booked(files.tree_of(path))}
    assert found == BOOKKEEPERS, "ask `ledger.loan_debts`"


@pytest.mark.parametrize(("text", "lines"), [("loan.booked['BTC']", [1]), ("ledger.loan_debts(state, loan)", [])])
def test_the_rule_can_fail(text: str, lines: list[int]) -> None:
    assert reads_booked(ast.parse(text)) == lines
