"""JSON Schema of what commands print with --json, made from the records that they print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, get_type_hints

import click
import msgspec

from tallystick.cli.frame import failing
from tallystick.cli.frame.commands import Spoken
from tallystick.cli.main import main

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PLACE: Final = "#/$defs/{name}"
OF_DOCUMENTS: Final = ("tally api openapi", "tally api schema")
"""Commands that print a document of a standard of its own."""
OF_QUERIES: Final = ("tally archive sql",)
"""Commands that print rows of the columns that were asked for."""
OF_ROWS: Final = ("call", "history")
"""Groups whose commands print a list of rows, one command for each endpoint."""
EXIT_CODES: Final = {
    str(failing.FAILED): "It failed, and nothing happened, or something that is not what was asked for.",
    str(failing.MISUSED): "The command line is wrong.",
    str(failing.UNPROVEN): "An archive lacks nothing that is known of, but something in it cannot be proven.",
    str(failing.SOON): "Unproven rows of an archive fall out of the exchange's retention within a day.",
    str(failing.UNKNOWN): "The outcome is unknown: look before you ask again.",
    str(failing.STANDS_STILL): "A repay still runs, because the clock of the venue stands still.",
}
ERROR: Final = msgspec.defstruct("Error", list(get_type_hints(failing.Form).items()))


def document() -> dict[str, Any]:
    """Schemas of all commands, of errors and of rows, and the exit codes."""
    answers = dict(printed(main))
    kinds = list(dict.fromkeys(kind for found in answers.values() for kind in found))
    schemas, components = msgspec.json.schema_components([*kinds, ERROR], ref_template=PLACE)
    of_kind = dict(zip([*kinds, ERROR], schemas, strict=True))
    rows = {"type": "array", "items": {"type": ["object", "array"]}}
    return {
        "$schema": DIALECT,
        "title": "Answers of tally --json",
        "commands": {
            **{path: _any(of_kind[kind] for kind in found) for path, found in answers.items()},
            **{path: {"type": "object"} for path in OF_DOCUMENTS},
            **{path: {"type": "array", "items": {"type": "object"}} for path in OF_QUERIES},
            **{f"tally {name} NAME": rows for name in OF_ROWS},
        },
        "error": {
            "type": "object",
            "properties": {"error": of_kind[ERROR], "hint": {"type": "string"}},
            "required": ["error"],
        },
        "exit_codes": EXIT_CODES,
        "$defs": components,
    }


def printed(group: click.Group, path: str = "tally") -> Iterator[tuple[str, tuple[type, ...]]]:
    """Commands with the records that they print, by their paths; those of rows aside."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if name in OF_ROWS:
            continue
        if isinstance(found, click.Group):
            yield from printed(found, f"{path} {name}")
        if isinstance(found, Spoken) and found.answers:
            yield f"{path} {name}", found.answers


def _any(schemas: Iterator[dict[str, Any]]) -> dict[str, Any]:
    found = list(schemas)
    return found[0] if len(found) == 1 else {"anyOf": found}
