"""Codes of a console: what its terminal prints and somebody types into the page."""

from __future__ import annotations

from typing import Final

from tallystick.venue.keys import random_material

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters of a code: none that is taken for another."""
CODE_LENGTH: Final = 8
"""Letters of a code: 31**8 codes."""


def new_code() -> str:
    """New code in two groups, such as k7qx-2m4p."""
    # Letters are drawn from 4 bytes each, so that none is noticeably likelier than another.
    drawn = random_material("code of a console", 4 * CODE_LENGTH)
    numbers = (int.from_bytes(drawn[place : place + 4], "big") for place in range(0, len(drawn), 4))
    letters = "".join(LETTERS[number % len(LETTERS)] for number in numbers)
    half = CODE_LENGTH // 2
    return f"{letters[:half]}-{letters[half:]}"
