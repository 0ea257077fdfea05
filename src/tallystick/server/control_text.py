"""Amounts as control calls write them."""

from __future__ import annotations

from tallystick.engine.amounts import atoms_from_text
from tallystick.server.control_form import Wrong


def amount(text: str, name: str) -> int:
    """Atoms of plain decimal text. Raises Wrong 400."""
    try:
        return atoms_from_text(text)
    except ValueError as problem:
        raise Wrong(400, f"{name}: {problem}", "plain decimal text, such as 0.015") from None


def signed_amount(text: str, name: str) -> int:
    """The same with a minus allowed."""
    atoms = amount(text.removeprefix("-"), name)
    return -atoms if text.startswith("-") else atoms
