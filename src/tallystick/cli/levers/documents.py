"""Documents of levers: a file, or standard input, that has all fields of a call."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from tallystick.cli.frame.failing import Stop, usage
from tallystick.cli.levers.forms import Lever

STANDARD_INPUT: Final = Path("-")
BYTES_MAX: Final = 16 * 1024 * 1024


def fields_of(lever: Lever, path: Path) -> dict[str, Any]:
    """Fields of a call that a document has. Raises Stop and Failure: unreadable, too large, of another form."""
    text = _text(path)
    try:
        found: Any = tomllib.loads(text) if path.suffix == ".toml" else msgspec.json.decode(text)
    except (tomllib.TOMLDecodeError, msgspec.DecodeError, RecursionError) as problem:
        raise usage(f"{_named(path)} is no {'TOML' if path.suffix == '.toml' else 'JSON'}: {problem}") from None
    if not isinstance(found, dict):
        raise usage(f"{_named(path)} is no JSON object")
    missing = [one.name for one in lever.parameters if one.required and one.name not in found]
    if missing:
        raise usage(f"{_named(path)} lacks {', '.join(missing)}")
    known = {one.name for one in lever.parameters}
    if unknown := [name for name in found if name not in known]:
        raise usage(f"{_named(path)} has {', '.join(unknown)[:200]}: there are {', '.join(sorted(known))}")
    return found


def _text(path: Path) -> str:
    try:
        if path == STANDARD_INPUT:
            raw = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(BYTES_MAX + 1)
        if len(raw) > BYTES_MAX:
            raise Stop(f"{_named(path)} is larger than {BYTES_MAX} bytes")
        return raw.decode("utf-8")
    except OSError as problem:
        raise Stop(f"cannot read {path}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise usage(f"{_named(path)} is not text in UTF-8") from None


def _named(path: Path) -> str:
    return "standard input" if path == STANDARD_INPUT else str(path)
