"""Plants a bug into the engine for one test: a line of a function's source is changed and compiled anew.

The text to change must stand there exactly once, so a bug that no longer fits the code fails its
test instead of planting nothing.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

HOLDERS = ("tallystick.engine", "tallystick.views", "tests.engine")


class Bug(NamedTuple):
    """`caught_by`: identifiers that random runs must report, or a test or a directed run that must fail."""

    name: str
    function: str
    """Module and name, in the engine unless it begins with views."""
    old: str
    new: str
    caught_by: tuple[str, ...] | Callable[[], object]


def plant(monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    """Replace `old` by `new` in the source of a function ("repay.bound", "watch.Watch.due"), everywhere it is known."""
    where, _, attribute = name.rpartition(".")
    where, _, owner = where.partition(".") if where.partition(".")[2][:1].isupper() else (where, "", "")
    module = sys.modules[f"tallystick.{where}" if where.startswith("views.") else f"tallystick.engine.{where}"]
    holder: Any = getattr(module, owner) if owner else module
    function: Callable[..., Any] = getattr(holder, attribute)
    source = textwrap.dedent(inspect.getsource(function))
    source = source[source.index("def ") :]
    assert source.count(old) == 1, f"{function.__qualname__} has {old!r} {source.count(old)} times"
    namespace: dict[str, Any] = {}
    code = compile(
        f"from __future__ import annotations\n{source.replace(old, new)}", f"<planted in {module.__name__}>", "exec"
    )
    exec(code, module.__dict__, namespace)
    if owner:
        monkeypatch.setattr(holder, attribute, namespace[function.__name__])
    else:
        swap(monkeypatch, function, namespace[function.__name__])


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
