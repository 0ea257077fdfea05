"""Every state that must be reached is: in random and directed runs by events and balances, or in a named test."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.properties import directed, sightings
from tests.properties.conftest import Told
from tests.properties.run import Run
from tests.properties.test_random_runs import REACH_SEEDS

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


@pytest.mark.parametrize("lead", [*directed.ALL, *directed.REFUSALS], ids=lambda lead: lead.__name__)
def test_a_directed_run_keeps_every_invariant(lead: Callable[[], Run], told: Callable[[int | str], Told]) -> None:
    assert told(lead.__name__).seen or lead in directed.REFUSALS


def test_every_state_is_reached_in_a_run(told: Callable[[int | str], Told]) -> None:
    seen: Counter[str] = Counter()
    for seed in REACH_SEEDS:
        seen += told(seed).seen
    for lead in directed.ALL:
        seen += told(lead.__name__).seen
    assert [state for state in sightings.IN_RUNS if not seen[state]] == []
    assert set(seen) <= set(sightings.IN_RUNS), "a name nobody asks for"


@pytest.mark.parametrize("state", sightings.IN_TESTS)
def test_the_named_test_is_there(state: str) -> None:
    path, _, name = sightings.IN_TESTS[state].partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_list_is_whole_and_says_each_state_once() -> None:
    names = [*sightings.IN_RUNS, *sightings.IN_TESTS, *sightings.NOT_BUILT]
    assert len(names) == len(set(names)) == 40


def test_states_are_seen_by_the_oracle_and_not_set_by_tests() -> None:
    """`see` is called where events are followed, with the name written out."""
    called: set[str] = set()
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "see"
            if named and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant):
                assert path.stem in ("shadow", "credit", "exchange", "run")
                called.add(str(node.args[0].value))
    assert called == set(sightings.IN_RUNS)
