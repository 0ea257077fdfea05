"""Control calls as commands, made from their declarations into the tree.

`python -m docs.cli_levers` writes `cli/levers/declared.py` anew. The command line knows the declarations by this file
alone, so that help and completion load no server. A test shows that it is current.
"""

from __future__ import annotations

import types
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Raw

from docs.client_levers import Call, bare, calls
from docs.client_types import ROOT, formatted
from tallystick.cli.levers.forms import Form
from tallystick.contract import by_name
from tallystick.contract.channels import by_name as channels
from tallystick.contract.core import Doc
from tallystick.contract.kinds import Kind
from tallystick.server.control.form import ControlEndpoint, Spelling
from tallystick.server.faults.happenings import CATALOGUE

PLACE: Final = ROOT / "src" / "tallystick" / "cli" / "levers" / "declared.py"
HEAD: Final = '''"""Levers of the command line.

Made by `python -m docs.cli_levers` from the control calls; not edited by hand.
"""

from __future__ import annotations

from tallystick.cli.frame.language import Words
from tallystick.cli.levers.forms import Lever, Parameter

'''
KNOWN: Final = {
    "fault": tuple(kind.name for kind in CATALOGUE),
    "on": (*by_name, *channels, "login", "ws", "*"),
}
"""Names that a shell completes without asking the venue, by field."""
SOURCES: Final = {
    "instId": "instruments",
    "prices": "instruments",
    "ccy": "coins",
    "collateral": "coins",
    "user": "users",
    "master": "users",
}
"""Names of the served venue that a shell completes, by field."""
PATHS: Final = {"users": "users", "snapshots": "snapshots", "faults": "rules", "scenarios": "scenarios"}
"""The same for the name in a path, by its first part."""


def levers_file() -> str:
    """Text of the made file: levers by group, in the order of their declaration."""
    found: dict[str, list[str]] = {}
    for call in calls():
        spelling = call.endpoint.spelling
        if spelling is not None:
            found.setdefault(spelling.words.partition(" ")[0], []).append(_lever(call, spelling))
    shown = [text for texts in found.values() for text in texts]
    return HEAD + "LEVERS: tuple[Lever, ...] = (\n" + ",\n".join(shown) + ",\n)\n"


def _lever(call: Call, spelling: Spelling) -> str:
    endpoint = call.endpoint
    group, _, command = spelling.words.partition(" ")
    parts = {
        "group": repr(group),
        "command": repr(command),
        "words": _words(endpoint.words),
        "call": repr(f"{call.group}.{call.method}" if call.group else call.method),
        "moves": repr(endpoint.method != "GET"),
        "name": "None" if spelling.name is None else _words(spelling.name),
        "parameters": _tuple(parameters(endpoint, spelling)),
        "fields": repr(tuple(field.encode_name for field in msgspec.structs.fields(endpoint.answer))),
    }
    if spelling.document is not None:
        parts["document"] = _words(spelling.document)
    if spelling.name is not None:
        parts["names"] = repr(PATHS[endpoint.path.partition("/")[0]])
    return f"Lever({', '.join(f'{name}={part}' for name, part in parts.items())})"


def _tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if parts else ''})"


def _words(words: Doc) -> str:
    return f"Words({_text(words.en)}, {_text(words.zh)})"


def _text(text: str) -> str:
    """A text in parts that fit into lines; Chinese letters take two columns."""
    parts, width = [""], 0
    for letter in text:
        width += 1 if letter.isascii() else 2
        parts[-1] += letter
        if width > 70 and letter in " ，。；":
            parts.append("")
            width = 0
    return " ".join(repr(part) for part in parts if part)


def parameters(endpoint: ControlEndpoint, spelling: Spelling) -> list[str]:
    """Parameters of a command: its arguments in their order, then its options as declared."""
    sent = endpoint.query if endpoint.method == "GET" else endpoint.body
    hints = get_type_hints(sent, include_extras=True)
    infos = {info.name: info for info in msgspec.structs.fields(sent)}
    order = [*spelling.arguments, *(name for name in infos if name not in spelling.arguments)]
    if spelling.document is not None:
        return [_in_document(name, infos[name].required) for name in order]
    return [_parameter(name, hints[name], infos[name].required, name in spelling.arguments) for name in order]


def _in_document(name: str, required: bool) -> str:
    """A field of a document, which the help does not describe one by one."""
    return f"Parameter({name!r}, 'json', Words('', ''), {required!r})"


def _parameter(name: str, hint: Any, required: bool, argument: bool) -> str:
    kind, choices = form_of(hint)
    words = doc_of(hint)
    parts = [repr(name), repr(kind), _words(words), repr(required)]
    if argument:
        parts.append("argument=True")
    if required and bare(hint)[2]:
        parts.append("nullable=True")
    if choices:
        parts.append(f"choices={choices!r}")
    if name in KNOWN:
        parts.append(f"known={KNOWN[name]!r}")
    if name in SOURCES and kind in ("text", "list", "pairs"):
        parts.append(f"source={SOURCES[name]!r}")
    return f"Parameter({', '.join(parts)})"


def doc_of(hint: Any) -> Doc:
    """Words of a field. Raises TypeError for one without: the help would say nothing."""
    found = next((mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Doc)), None)
    if found is None:
        raise TypeError(f"a field of a control call has no words: {hint}")
    return found


def form_of(hint: Any) -> tuple[Form, tuple[str, ...]]:
    """Form of a field's value on the command line, and its choices."""
    hint, kind, _ = bare(hint)
    if get_origin(hint) in (Union, types.UnionType, Annotated):
        raise TypeError(f"no form for {hint!r}")
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "text", arguments
    if origin is list and get_origin(arguments[0]) is tuple:
        return "levels", ()
    if origin is list or (origin is tuple and arguments[1:] == (Ellipsis,)):
        return "list", form_of(arguments[0])[1]
    if origin is dict:
        inner = get_origin(arguments[1])
        return ("rows" if inner is dict else "cells" if arguments[1] is Any else "pairs"), ()
    if kind is Kind.AMOUNT or hint is Decimal:
        return "amount", ()
    plain: dict[Any, Form] = {str: "text", int: "whole", bool: "flag", Raw: "json"}
    return plain[hint], ()


def fresh() -> dict[Path, str]:
    """Text of the made file, as it would be written now."""
    return formatted({PLACE: levers_file()})


def main() -> None:
    for path, text in fresh().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"rewrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
