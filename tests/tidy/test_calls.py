"""Arguments that are told apart by their place alone: at most five in a call, and none in what the journal holds.

Two integers that change places in a call with twelve of them pass every type checker, and a record that is stored
so is misread in silence ever after.
"""

from __future__ import annotations

import ast
import inspect

import msgspec
import pytest

from tallystick.engine import commands, events
from tests.tidy import files

POSITIONAL_MAX = 5
OFFENDERS = {
    "bench/peers/fastapi_app.py": 1,
    "bench/peers/flask_app.py": 1,
    "bench/peers/storage.py": 1,
    "src/tallystick/contract/account_modes.py": 13,
    "src/tallystick/contract/candles.py": 6,
    "src/tallystick/contract/channels.py": 3,
    "src/tallystick/contract/deposits.py": 9,
    "src/tallystick/contract/errors/account.py": 1,
    "src/tallystick/contract/errors/convert.py": 1,
    "src/tallystick/contract/errors/flexible_loans.py": 1,
    "src/tallystick/contract/errors/funding.py": 1,
    "src/tallystick/contract/errors/keys.py": 1,
    "src/tallystick/contract/errors/orders.py": 1,
    "src/tallystick/contract/errors/request.py": 1,
    "src/tallystick/contract/errors/sockets.py": 1,
    "src/tallystick/contract/public.py": 12,
    "src/tallystick/contract/trades.py": 7,
    "src/tallystick/engine/amend.py": 1,
    "src/tallystick/engine/exposure.py": 2,
    "src/tallystick/engine/loan_risk.py": 1,
    "src/tallystick/engine/margin.py": 2,
    "src/tallystick/engine/repay.py": 6,
    "src/tallystick/server/auth.py": 1,
    "src/tallystick/server/control/clock.py": 3,
    "src/tallystick/server/control/journal.py": 5,
    "src/tallystick/server/control/market.py": 3,
    "src/tallystick/server/control/parameters.py": 3,
    "src/tallystick/server/control/platform.py": 8,
    "src/tallystick/server/control/users.py": 7,
    "src/tallystick/server/pages.py": 1,
    "src/tallystick/server/serve.py": 1,
    "src/tallystick/server/ws/hub.py": 1,
    "src/tallystick/server/ws/sockets.py": 1,
    "src/tallystick/store/memory.py": 1,
    "src/tallystick/testing/runner.py": 1,
    "src/tallystick/venue/histories.py": 3,
    "src/tallystick/venue/recording.py": 2,
    "src/tallystick/venue/traded.py": 3,
    "src/tallystick/views/asset.py": 1,
    "src/tallystick/views/bills.py": 3,
    "src/tallystick/views/trade.py": 1,
    "src/tallystick/wire/decode.py": 1,
    "tests/cli/test_commands.py": 1,
    "tests/cli/test_stop.py": 1,
    "tests/conformance/test_ccxt.py": 1,
    "tests/conformance/test_python_okx.py": 7,
    "tests/conformance/test_refusals.py": 3,
    "tests/engine/test_bills.py": 1,
    "tests/engine/test_borrow.py": 1,
    "tests/engine/test_convert.py": 31,
    "tests/properties/edges.py": 1,
    "tests/properties/run.py": 1,
    "tests/properties/shadow.py": 2,
    "tests/properties/test_round_trips.py": 2,
    "tests/properties/workload.py": 1,
    "tests/server/test_pages.py": 2,
    "tests/store/test_suite.py": 4,
    "tests/torture/test_flipped_bits.py": 1,
    "tests/venue/test_verify.py": 1,
    "tests/wire/test_sign.py": 7,
    "tests/ws/test_operations.py": 1,
}
"""Calls with more, by file. A file may only leave this list or have fewer: name the arguments instead."""

RECORDS = [
    record
    for module in (commands, events)
    for record in vars(module).values()
    if inspect.isclass(record) and issubclass(record, msgspec.Struct) and record.__module__ == module.__name__
]


def long_calls(tree: ast.Module) -> list[int]:
    """Lines of calls with too many positional arguments; a function of this file that takes a list so is none."""
    lists = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.args.vararg}
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and len(node.args) > POSITIONAL_MAX
        and not (isinstance(node.func, ast.Name) and node.func.id in lists)
    )


def test_no_call_with_many_places_is_added() -> None:
    found = {
        path.relative_to(files.ROOT).as_posix(): lines
        for path in files.project_files()
        if path.suffix == ".py" and (lines := long_calls(files.tree_of(path)))
    }
    added = {name: lines for name, lines in found.items() if len(lines) > OFFENDERS.get(name, 0)}
    assert added == {}, "call by keyword where there are more than five arguments"
    fewer = {name: len(found.get(name, ())) for name, known in OFFENDERS.items() if len(found.get(name, ())) < known}
    assert fewer == {}, "well done: OFFENDERS is to say so (0: the line goes)"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_what_the_journal_holds_is_built_by_keyword(record: type[msgspec.Struct]) -> None:
    values = [None] * len(record.__struct_fields__)
    if values:
        with pytest.raises(TypeError, match="positional"):
            record(*values)
        record(**dict(zip(record.__struct_fields__, values, strict=True)))
    assert record.__struct_config__.array_like
    assert record.__struct_config__.frozen


def test_the_rule_of_calls_can_fail() -> None:
    assert long_calls(ast.parse("f(1, 2, 3, 4, 5, 6)\ng(1, 2, 3, 4, 5, sixth=6)")) == [1]
    assert long_calls(ast.parse("def f(*rows): ...\nf(1, 2, 3, 4, 5, 6)\na.f(1, 2, 3, 4, 5, 6)")) == [3]


@pytest.mark.parametrize("kw_only", [True, False])
def test_the_rule_of_records_can_fail(kw_only: bool) -> None:
    planted = msgspec.defstruct("Planted", [("a", int), ("b", int)], array_like=True, frozen=True, kw_only=kw_only)
    if kw_only:
        test_what_the_journal_holds_is_built_by_keyword(planted)
    else:
        with pytest.raises(pytest.fail.Exception):
            test_what_the_journal_holds_is_built_by_keyword(planted)
