"""Answers of commands: JSON with the fields that were asked for, or words and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tallystick.cli.frame.options import Asked


def say(asked: Asked, found: object, words: Callable[[], str]) -> None:
    """Print an answer: as JSON where it is asked for, else in the words that are made then."""
    click.echo(as_json(found, asked.json) if asked.json is not None else words())


def as_json(found: object, fields: tuple[str, ...] = ()) -> str:
    """JSON of an answer, or of these fields of it."""
    import msgspec

    plain: Any = msgspec.to_builtins(found)
    if fields and isinstance(plain, dict):
        plain = {name: plain[name] for name in fields if name in plain}
    return msgspec.json.format(msgspec.json.encode(plain)).decode()
