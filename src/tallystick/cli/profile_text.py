"""Text of the file of profiles, changed without touching what else its owner wrote there."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from tallystick.client.profiles import DEFAULT

HEADER: Final = re.compile(r"\s*\[")
NOT_MINE: Final = re.compile(r"\s*(?:#.*)?$")
"""Comments and blank lines before a table belong to it."""


class CannotEdit(ValueError):
    """Error for a file that is written in a way this cannot change."""


def with_profile(text: str, name: str, entries: Mapping[str, str]) -> str:
    """The text with a profile more, or with this one in place of the one of its name. Raises CannotEdit."""
    before = _parsed(text)
    kept = without_profile(text, name) if name in before else text
    table = "\n".join([f"[{name}]", *(f"{entry} = {_quoted(value)}" for entry, value in entries.items())])
    head = kept.rstrip("\n")
    return _checked(f"{head}\n\n{table}\n" if head else f"{table}\n", {**before, name: dict(entries)})


def without_profile(text: str, name: str) -> str:
    """The text without a profile. Raises CannotEdit."""
    header = re.compile(rf"\s*\[\s*(?:{re.escape(name)}|\"{re.escape(name)}\"|'{re.escape(name)}')\s*\]\s*(?:#.*)?$")
    lines = text.splitlines()
    begin = next((number for number, line in enumerate(lines) if header.match(line)), None)
    if begin is None:
        raise CannotEdit(f"the profile {name} has no line [{name}] of its own")
    end = next((number for number in range(begin + 1, len(lines)) if HEADER.match(lines[number])), len(lines))
    while end > begin + 1 and end < len(lines) and NOT_MINE.match(lines[end - 1]):
        end -= 1
    kept = "\n".join([*lines[:begin], *lines[end:]]).strip("\n")
    left = {other: entry for other, entry in _parsed(text).items() if other != name}
    return _checked(f"{kept}\n" if kept else "", left)


def with_default(text: str, name: str | None) -> str:
    """The text with another default profile, or with none. Raises CannotEdit."""
    lines = [line for line in text.splitlines() if not re.match(rf"\s*{DEFAULT}\s*=", line)]
    left = {other: entry for other, entry in _parsed(text).items() if other != DEFAULT}
    if name is None:
        return _checked("\n".join(lines) + "\n", left)
    first = next((number for number, line in enumerate(lines) if HEADER.match(line)), len(lines))
    while first > 0 and NOT_MINE.match(lines[first - 1]):
        first -= 1
    said = [f"{DEFAULT} = {_quoted(name)}"]
    gap = [""] if first < len(lines) and lines[first].strip() else []
    return _checked("\n".join([*lines[:first], *said, *gap, *lines[first:]]) + "\n", {**left, DEFAULT: name})


def _parsed(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def _quoted(value: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON. Raises CannotEdit for a control character."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise CannotEdit("a value has a control character")
    return json.dumps(value, ensure_ascii=False)


def _checked(text: str, meant: Mapping[str, Any]) -> str:
    """The text, if it says what is meant. Raises CannotEdit."""
    try:
        if tomllib.loads(text) == meant:
            return text
    except tomllib.TOMLDecodeError:
        pass
    raise CannotEdit("its text has a form that cannot be changed here")
