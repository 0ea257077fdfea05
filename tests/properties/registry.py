"""Every invariant that concerns the engine, by its identifier, and what checks it.

A check is the name of a function of this folder that runs after each command of every run (`invariants`, `figures`,
`bills`, the shadow and its parts), found in its source by `need(..., "L1", ...)`, or a test by its path.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

IN_RUNS = (
    *(f"L{number}" for number in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13)),
    *(f"B{number}" for number in range(1, 13)),
    *(f"I{number}" for number in (1, 2, 3, 4, 6)),
    *(f"O{number}" for number in range(1, 11)),
    *(f"F{number}" for number in range(1, 16)),
    *(f"C{number}" for number in range(1, 5)),
    "H1",
    "H8",
    "U1",
    "U2",
    "X1",
    "X2",
)
"""Checked after each command, or at the end, of random and directed runs."""

IN_TESTS: dict[str, tuple[str, ...]] = {
    "L8": (
        "tests/properties/test_round_trips.py::test_borrow_and_repay",
        "tests/properties/test_round_trips.py::test_pledge_and_redeem",
        "tests/properties/test_round_trips.py::test_convert_there_and_back",
        "tests/properties/test_round_trips.py::test_buy_and_sell_in_the_book",
    ),
    "B13": ("tests/engine/test_cross.py::test_what_comes_in_pays_though_an_order_holds_more",),
    "I5": (
        "tests/properties/test_replay.py::test_a_snapshot_and_the_tail_give_the_same_bytes",
        "tests/venue/test_recovery.py::test_every_missed_hour_is_charged_and_only_the_last_day_is_replayed",
    ),
    "C5": ("tests/properties/test_round_trips.py::test_no_cycle_of_quotes_gains",),
    "H2": ("tests/store/test_suite.py::test_a_walk_sees_what_was_there_when_it_began",),
    "H3": (
        "tests/wire/test_page.py::test_a_window_holds_what_the_rules_say",
        "tests/store/test_suite.py::test_pages_are_newest_first_with_both_ends_included",
    ),
    "H4": ("tests/store/test_suite.py::test_any_page_equals_a_brute_force_filter",),
    "H5": ("tests/server/test_pages.py::test_a_row_at_the_edge_of_its_time",),
    "H6": ("tests/server/test_pages.py::test_more_rows_at_one_instant_than_a_page_holds",),
    "H7": ("tests/venue/test_venue.py::test_a_query_sees_everything_due_before_it",),
    "E5": ("tests/properties/test_replay.py::test_another_process_comes_to_the_same",),
    "E6": (
        "tests/tidy/test_layers.py::test_imports_go_down",
        "tests/tidy/test_sources.py::test_clock_and_chance_stay_at_home",
        "tests/tidy/test_sources.py::test_no_floats_where_money_is",
        "tests/tidy/test_engine.py::test_the_engine_reaches_for_nothing",
    ),
}

ENGINE = (*IN_RUNS, *IN_TESTS)


@functools.cache
def asserted() -> dict[str, set[str]]:
    """Identifier -> the functions whose source names it in a check."""
    found: dict[str, set[str]] = {}
    for path in sorted(HERE.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("need", "Broken"):
                    for argument in node.args:
                        if isinstance(argument, ast.Constant) and type(argument.value) is str:
                            found.setdefault(argument.value, set()).add(f"{path.stem}.{function.name}")
    return found


def is_there(test: str) -> bool:
    """Whether a test stands where it is said to stand."""
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
