"""Reasons of refusals: what decided them, in words of our own and both languages, and the levers that change it.

A reason is found by its name: that of the engine's refusal or of a server's finding, else the code; a slash begins a
variant, and `*/variant` is for all names. Numbers come from where the refusal was decided and are not computed again.
"""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.account import ACCOUNT
from tallystick.contract.reasons.control import CONTROL
from tallystick.contract.reasons.convert import CONVERT
from tallystick.contract.reasons.form import ReasonText
from tallystick.contract.reasons.loans import LOANS
from tallystick.contract.reasons.modes import MODES
from tallystick.contract.reasons.orders import ORDERS
from tallystick.contract.reasons.request import REQUEST
from tallystick.contract.reasons.views import VIEWS

__all__ = ["REASONS", "ReasonText", "reason_text"]

REASONS: Final[dict[str, ReasonText]] = {
    **REQUEST,
    **VIEWS,
    **CONTROL,
    **ACCOUNT,
    **MODES,
    **LOANS,
    **ORDERS,
    **CONVERT,
}


def reason_text(name: str) -> ReasonText | None:
    """Reason of this name; for a variant without one of its own, that of the variant."""
    found = REASONS.get(name)
    if found is None and "/" in name:
        found = REASONS.get("*/" + name.partition("/")[2])
    return found
