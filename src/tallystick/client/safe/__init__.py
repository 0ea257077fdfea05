"""Safe repay: plans, writes its intent down, acts once, and reconciles until it can say what happened.

Its modules are loaded when they are asked for.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tallystick.client.safe import by_hand as by_hand
    from tallystick.client.safe import converting as converting
    from tallystick.client.safe import loans as loans
    from tallystick.client.safe import one_click as one_click
    from tallystick.client.safe import plans as plans
    from tallystick.client.safe import resuming as resuming

_LATE: Final = frozenset(["by_hand", "converting", "loans", "one_click", "plans", "resuming"])


def __getattr__(name: str) -> ModuleType:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
