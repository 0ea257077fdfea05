"""Stripping recorded answers of everything that is somebody's: shapes stay, values go.

A stripped recording gives the same differences as the one it was made of, and can be shown to others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from tallystick.cli.comparing.differences import known_path
from tallystick.cli.comparing.recordings import Recorded
from tallystick.cli.comparing.shapes import DECIMAL, DIGITS, WORD, Shape, declared, name
from tallystick.contract.endpoints import by_route
from tallystick.contract.errors import ERRORS

DEPTH_MAX: Final = 30
CODES: Final = frozenset(key.partition("/")[0] for key in ERRORS) | {"0", "1", "2"}


def stripped(recorded: Iterable[Recorded]) -> bytes:
    """Recorded answers as JSON lines without values; each different one once."""
    lines: dict[bytes, None] = {}
    for one in recorded:
        endpoint = by_route.get(one.path, {}).get(one.method)
        path = one.path if endpoint else known_path(one.path)
        answer = None if one.answer is None else _envelope(one.answer, endpoint.answer if endpoint else None)
        lines[msgspec.json.encode({"method": one.method, "path": path, "answer": answer})] = None
    return b"".join(line + b"\n" for line in lines)


def _envelope(answer: dict[str, Any], record: type[Struct] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in answer.items():
        if key == "code" and isinstance(value, str):
            found[key] = value if value in CODES else "1"
        elif key == "data" and record is not None:
            found[key] = _part(value, record, 0)
        else:
            found[name(key)] = _unknown(value, 0)
    return found


def _part(value: Any, record: type[Struct], depth: int) -> Any:
    """A declared object, or a list of them."""
    if depth > DEPTH_MAX:
        return None
    if isinstance(value, list) and record.__struct_config__.array_like:
        return _once(
            [
                [_unknown(item, depth) for item in row] if isinstance(row, list) else _unknown(row, depth)
                for row in value
            ]
        )
    if isinstance(value, list):
        return _once([_part(item, record, depth + 1) for item in value])
    if not isinstance(value, dict):
        return _unknown(value, depth)
    known = {shape.name: shape for shape in declared(record)}
    return {
        (key if key in known else name(key)): _declared(known[key], item, depth + 1)
        if key in known
        else _unknown(item, depth + 1)
        for key, item in value.items()
    }


def _declared(shape: Shape, value: Any, depth: int) -> Any:
    if shape.record is not None:
        return _part(value, shape.record, depth)
    if shape.choices and isinstance(value, str) and value:
        return value if WORD.fullmatch(value) or value in shape.choices else "?"
    return _unknown(value, depth)


def _unknown(value: Any, depth: int) -> Any:
    """A value without what it says: text of a number becomes "0", another text "x", a number 0."""
    if depth > DEPTH_MAX:
        return None
    if isinstance(value, dict):
        return {name(key): _unknown(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return _once([_unknown(item, depth + 1) for item in value])
    if isinstance(value, str):
        return "0" if DIGITS.fullmatch(value) else "0.0" if DECIMAL.fullmatch(value) else "x" if value else ""
    if isinstance(value, bool):
        return False
    return 0 if isinstance(value, int) else 0.5 if isinstance(value, float) else None


def _once(items: list[Any]) -> list[Any]:
    """Different items, each once."""
    return list({msgspec.json.encode(item): item for item in items}.values())
