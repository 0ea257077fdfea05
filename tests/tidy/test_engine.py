"""What the engine may not do because another machine would do it otherwise: walk over a set, ask the world (E6)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.tidy import files

ASKS_THE_WORLD = {"open", "input", "hash", "id", "print", "exec", "eval", "__import__"}
"""Built-in functions whose answer depends on the process, or that reach out of it."""
SETS = {"set", "frozenset"}
ORDERED_BY = {"sorted", "sum", "min", "max", "len", "any", "all"}
"""What makes the order of a set not matter."""


def is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr | ast.Sub | ast.BitXor):
        return any(is_set(side) or is_keys(side) for side in (node.left, node.right))
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in SETS


def is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "keys"


def faults(tree: ast.Module) -> list[str]:
    """Loops and sequences made from a set, and calls that ask the world."""
    found, harmless = [], set[ast.AST]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ORDERED_BY | SETS:
            harmless |= {inner for argument in node.args for inner in (argument, *_clauses(argument))}
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension) and is_set(node.iter) and node not in harmless:
            found.append(f"line {node.iter.lineno}: walks over a set, whose order is not the same everywhere")
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", "")
            if name in ASKS_THE_WORLD:
                found.append(f"line {node.lineno}: {name}()")
            if name in ("list", "tuple", "next", "iter", "enumerate") and node.args and is_set(node.args[0]):
                found.append(f"line {node.lineno}: a sequence made from a set")
    return found


def _clauses(node: ast.expr) -> list[ast.AST]:
    return list(node.generators) if isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp) else []


@pytest.mark.parametrize(
    "path",
    [path for path in files.package_files() if files.room_of(path) == "engine"],
    ids=lambda path: path.name,
)
def test_the_engine_reaches_for_nothing(path: Path) -> None:
    assert faults(files.tree_of(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "for x in {1, 2}: f(x)",
        "for x in set(y): f(x)",
        "z = [f(x) for x in {a for a in y}]",
        "z = list(a.keys() | b.keys())",
        "for x in a.keys() & b.keys(): f(x)",
        "z = {x: 1 for x in frozenset(y)}",
        "open('x')",
        "z = hash(x)",
    ],
)
def test_the_rule_can_fail(source: str) -> None:
    assert len(faults(ast.parse(source))) == 1


def test_sets_whose_order_does_not_matter_pass() -> None:
    passing = "for x in sorted({1, 2}): f(x)\nz = any(x for x in {1, 2})\ny = {1} == {2}\nw = sum({3})"
    assert faults(ast.parse(passing)) == []
