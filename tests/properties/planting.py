"""Plants a bug into the engine for one test: a line of a function's source is changed and compiled anew.

The text to change must stand there exactly once, so a bug that no longer fits the code fails its
test instead of planting nothing.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import pytest

HOLDERS = ("tallystick.engine", "tallystick.views", "tests.engine")


class Bug(NamedTuple):
    """`caught_by`: identifiers that random or directed runs must report, or a test or a directed run that must fail."""

    name: str
    function: str
    """Module and name, in the engine unless it begins with views."""
    old: str
    new: str
    caught_by: tuple[str, ...] | Callable[[], object]


def plant(monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    """Replace `old` by `new` in the source of a function ("repay.bound", "triggers.Triggers.due") everywhere."""
    place = place_of(name)
    source = source_of(name)
    assert source.count(old) == 1, f"{name} has {old!r} {source.count(old)} times"
    namespace: dict[str, Any] = {}
    module = place.module
    code = compile(
        f"from __future__ import annotations\n{source.replace(old, new)}", f"<planted in {module.__name__}>", "exec"
    )
    exec(code, module.__dict__, namespace)
    function = getattr(place.holder, place.attribute)
    if place.holder is module:
        swap(monkeypatch, function, namespace[function.__name__])
    else:
        monkeypatch.setattr(place.holder, place.attribute, namespace[function.__name__])


class Place(NamedTuple):
    """The module of a function, what holds it (the module or a class of it), and its name there."""

    module: ModuleType
    holder: Any
    attribute: str


def place_of(name: str) -> Place:
    where, _, attribute = name.rpartition(".")
    where, _, owner = where.partition(".") if where.partition(".")[2][:1].isupper() else (where, "", "")
    module = importlib.import_module(
        f"tallystick.{where}" if where.startswith("views.") else f"tallystick.engine.{where}"
    )
    return Place(module, getattr(module, owner) if owner else module, attribute)


def source_of(name: str) -> str:
    """The source of a function, from its `def` on."""
    place = place_of(name)
    source = textwrap.dedent(inspect.getsource(getattr(place.holder, place.attribute)))
    return source[source.index("def ") :]


def swap(monkeypatch: pytest.MonkeyPatch, old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Put `new` wherever a module of the engine, the views or their tests holds `old`, by name or in a table."""
    for name, module in list(sys.modules.items()):
        if not name.startswith(HOLDERS):
            continue
        for attribute, value in list(vars(module).items()):
            if value is old:
                monkeypatch.setattr(module, attribute, new)
            elif isinstance(value, dict) and not attribute.startswith("__"):
                for key in [key for key, held in value.items() if held is old]:
                    monkeypatch.setitem(value, key, new)
            elif isinstance(value, tuple):
                rows = tuple(_with(row, old, new) for row in value)
                if any(row is not before for row, before in zip(rows, value, strict=True)):
                    monkeypatch.setattr(module, attribute, rows)


def _with(row: Any, old: Any, new: Any) -> Any:
    """A row of a table such as `core.DUE` with `new` for `old`; the row itself where it does not hold `old`."""
    if isinstance(row, tuple) and hasattr(row, "_fields") and any(held is old for held in row):
        return type(row)(*(new if held is old else held for held in row))
    return row
