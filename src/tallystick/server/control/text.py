"""Parsers of amounts, numbers, times and durations in control calls."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tallystick.engine.amounts import atoms_from_text
from tallystick.server.control.form import Wrong
from tallystick.server.moments import EPOCH, iso

__all__ = ["amount", "duration_ms", "iso", "moment_ms", "movement", "number", "signed_amount"]

DURATION_FORM = re.compile(r"([0-9]{1,9})(ms|s|m|h|d|w)")
UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def amount(text: str, name: str) -> int:
    """Atoms of plain decimal text. Raises Wrong 400."""
    try:
        return atoms_from_text(text)
    except ValueError as problem:
        raise Wrong(400, f"{name}: {problem}", "plain decimal text, such as 0.015") from None


def signed_amount(text: str, name: str) -> int:
    """Atoms of decimal text that may have a minus. Raises Wrong 400."""
    atoms = amount(text.removeprefix("-"), name)
    return -atoms if text.startswith("-") else atoms


def movement(text: str, name: str) -> int:
    """Signed atoms other than 0. Raises Wrong 400."""
    delta = signed_amount(text, name)
    if delta == 0:
        raise Wrong(400, f"{name}: nothing to move", "plus puts coins in, minus takes them out")
    return delta


def number(text: str, name: str) -> int:
    """Whole number of at most 18 digits. Raises Wrong 400."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Wrong(400, f"{name} must be a whole number")
    return int(text)


def duration_ms(text: str) -> int:
    """Milliseconds of a number with a unit. Raises Wrong 400."""
    match = DURATION_FORM.fullmatch(text)
    if match is None:
        raise Wrong(400, f"{text[:40]!r} is not a duration", "a number and ms, s, m, h, d or w, such as 90m")
    return int(match[1]) * UNIT_MS[match[2]]


def moment_ms(text: str) -> int:
    """Unix ms of an ISO time; without a zone it is UTC. Raises Wrong 400, also beyond the years 1 to 9999 there."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise Wrong(400, f"{text[:40]!r} is not a time", "ISO 8601, such as 2026-01-31T12:00:00Z") from None
