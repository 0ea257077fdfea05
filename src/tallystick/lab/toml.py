"""Values in the TOML of a scenario."""

from __future__ import annotations

import json

from tallystick.engine.amounts import text_from_atoms


def amount_of(atoms: int) -> str:
    """Amount as a basic string."""
    return text_of(text_from_atoms(atoms))


def text_of(text: str) -> str:
    """Basic string of TOML, which escapes as JSON does."""
    return json.dumps(text, ensure_ascii=False)
