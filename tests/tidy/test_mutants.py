"""Mutation run: lines of the page of survivors still stand in the code, and a draw comes to every function."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.mutants.__main__ import EXPLAINED, MODULES, PYTEST, TESTS, caught_in, changed_lines, explanations
from tests.mutants.draw import Mutant, draw
from tests.mutants.trials import attempt, became
from tests.properties.planting import source_of
from tests.tidy import files

KNOWN = sorted(explanations(EXPLAINED.read_text(encoding="utf-8")))


def test_the_page_is_read() -> None:
    assert len(KNOWN) == EXPLAINED.read_text(encoding="utf-8").count("```diff") > 10


@pytest.mark.parametrize("survivor", KNOWN, ids=lambda survivor: survivor.function)
def test_what_a_survivor_changes_is_still_there(survivor: object) -> None:
    assert isinstance(survivor, tuple)
    function, change = survivor
    taken = [line[1:] for line in change if line[0] == "-"]
    lines = [line.strip() for line in source_of(function).splitlines()]
    assert [line for line in taken if line not in lines] == [], "mend or drop its explanation"


MADE = [
    Mutant(
        name=f"{module}.x_{function}__mutmut_{number}",
        module=module,
        function=f"{module}.{function}",
        diff="",
        lines=(),
        span=(1, 2),
    )
    for module, function, count in (("repay", "long", 60), ("repay", "short", 2), ("fund", "holds", 9))
    for number in range(1, count + 1)
]


def test_a_draw_is_the_same_for_its_seed_and_another_for_another() -> None:
    assert draw(MADE, 1, None) == draw(MADE, 1, None) != draw(MADE, 2, None)
    assert sorted(draw(MADE, 1, None)) == sorted(MADE)


def test_a_draw_comes_to_every_function_before_it_goes_on() -> None:
    first = [mutant.function for mutant in draw(MADE, 1, None)[:3]]
    assert sorted(first) == ["fund.holds", "repay.long", "repay.short"]
    # A third of the run has seen a third of each: 20 of 60, 1 of 2, 3 of 9.
    third = [mutant.function for mutant in draw(MADE, 1, None)[:24]]
    assert [third.count(name) for name in ("repay.long", "repay.short", "fund.holds")] == [20, 1, 3]


def test_a_sample_is_of_each_module() -> None:
    assert [mutant.module for mutant in draw(MADE, 1, 4)].count("repay") == 4
    assert [mutant.module for mutant in draw(MADE, 1, 4)].count("fund") == 4
    assert [mutant.module for mutant in draw(MADE, 1, 10)].count("fund") == 9


def test_modules_of_the_money_core_are_there() -> None:
    assert [name for name in MODULES if not (files.PACKAGE / "engine" / f"{name}.py").is_file()] == []


def test_indentation_and_places_are_no_part_of_a_change() -> None:
    assert changed_lines("@@ -1,2 +1,2 @@\n def f():\n-    return a - b\n+    return a + b") == (
        "-return a - b",
        "+return a + b",
    )


def test_what_an_earlier_run_caught_is_taken_over_and_the_rest_tried_again(tmp_path: Path) -> None:
    """Of six mutants that change `a - b`: two were caught, one was caught when its lines were others."""
    mutants = [mutant._replace(diff="-return a - b\n+return a + b") for mutant in MADE[:6]]
    ends = ("killed", "timeout", "survived", "no tests", "crashed", "killed")
    lines = [
        json.dumps({"mutant": mutant.name, "change": changed_lines(mutant.diff), "became": end})
        for mutant, end in zip(mutants, ends, strict=True)
    ]
    lines[5] = lines[5].replace("a - b", "b - a")
    earlier = tmp_path / "earlier.jsonl"
    earlier.write_text("\n".join(lines), encoding="utf-8")
    assert list(caught_in(earlier, mutants)) == [mutants[0].name, mutants[1].name]
    assert caught_in(None, mutants) == {}


def test_the_run_leaves_out_the_plugins_that_the_suite_leaves_out() -> None:
    """The run sets `addopts` anew; a plugin that warns would end it before the first test."""
    settings = tomllib.loads((files.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    left_out = re.findall(r"-p (no:\w+)", settings["tool"]["pytest"]["ini_options"]["addopts"])
    assert left_out
    assert [plugin for plugin in left_out if plugin not in PYTEST] == []


def test_each_test_that_plants_a_bug_says_so_in_its_name() -> None:
    """The run leaves these out by their names: in its copy a function has its mutants beside it."""
    assert PYTEST[PYTEST.index("-k") + 1] == "not planted"
    tests = [
        (path.name, function)
        for folder in TESTS
        for path in sorted((files.ROOT / folder).glob("test_*.py"))
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_")
    ]
    plants = [(name, one.name) for name, one in tests if re.search(r"\bplant\(", ast.unparse(one))]
    assert len(plants) >= 2
    assert [where for where in plants if "planted" not in where[1]] == []


def test_a_mutant_that_no_test_reaches_is_told_as_such() -> None:
    assert attempt("none", [], 0) == 5


@pytest.mark.parametrize(
    ("status", "said"),
    [(0, "survived"), (1 << 8, "killed"), (5 << 8, "no tests"), (3 << 8, "crashed"), (27, "timeout"), (11, "crashed")],
)
def test_how_a_child_ended_says_what_became_of_the_mutant(status: int, said: str) -> None:
    assert became(status) == said
