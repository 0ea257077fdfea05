"""Control calls as typed methods of the client, made from their declarations into the tree.

`python -m docs.client_levers` writes `client/levers/answers.py`, `sync_calls.py` and `async_calls.py` anew. The client
knows the declarations by these files alone, so that it imports no server. A test shows that they are current.

A call's group is the first part of its path, its method the name of its handler without the group's own name:
`POST clock/advance` is `clock.advance`, `POST users` with the handler `create_user` is `users.create`. A path of one
part that nothing else begins with is a method of its own: `health()`.
"""

from __future__ import annotations

import keyword
import re
import types
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from docs.client_types import CLIENT, ROOT, formatted
from tallystick.contract.kinds import MAYBE_EMPTY, Kind
from tallystick.server.control.endpoints import ENDPOINTS
from tallystick.server.control.form import ControlEndpoint

LEVERS: Final = CLIENT / "levers"
HEAD: Final = (
    '"""{title}\n\nMade by `python -m docs.client_levers` from the control calls; not edited by hand.\n"""\n\n'
)
FUTURE: Final = "from __future__ import annotations\n\n"
FIELDS_MAX: Final = 7
"""Names of fields that a title may have."""
READERS: Final = {Kind.AMOUNT: "amount", Kind.ISO: "moment"}
TYPES: Final = {Kind.AMOUNT: "AmountLike", Kind.ISO: "datetime | str", Kind.DURATION: "timedelta | str"}


# ---- hints


def bare(hint: Any) -> tuple[Any, Kind | None, bool]:
    """A hint without its marks: the type, its kind, and True where None or nothing at all is possible."""
    kind: Kind | None = None
    maybe = False
    while True:
        if get_origin(hint) is Annotated:
            kind = next((mark for mark in hint.__metadata__ if isinstance(mark, Kind)), kind)
            maybe = maybe or MAYBE_EMPTY in hint.__metadata__
            hint = hint.__origin__
        elif get_origin(hint) in (Union, types.UnionType):
            inner = [part for part in get_args(hint) if part not in (type(None), msgspec.UnsetType)]
            if len(inner) == len(get_args(hint)) or len(inner) != 1:
                return hint, kind, maybe
            hint, maybe = inner[0], True
        else:
            return hint, kind, maybe


def reader(hint: Any) -> str:
    """The expression that reads an answer's value of this hint."""
    hint, kind, _ = bare(hint)
    if kind in READERS:
        return READERS[kind]
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return hint.__name__
    if origin in (list, tuple) and (origin is list or arguments[1:] == (Ellipsis,)):
        return f"listed({reader(arguments[0])})"
    if origin is tuple:
        first, second = arguments
        return f"paired({reader(first)}, {reader(second)})"
    if origin is dict:
        return f"mapped({reader(arguments[1])})"
    if origin is Literal:
        return "text"
    return {str: "text", int: "whole", bool: "flag", Decimal: "amount"}.get(hint, "anything")


def parameter(hint: Any) -> str:
    """Type of a parameter, without None."""
    hint, kind, _ = bare(hint)
    if kind in TYPES:
        return TYPES[kind]
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return "Mapping[str, object]"
    if origin in (list, tuple) and (origin is list or arguments[1:] == (Ellipsis,)):
        one = parameter(arguments[0])
        return f"list[{one}] | tuple[{one}, ...]"
    if origin is tuple:
        return f"tuple[{', '.join(parameter(part) for part in arguments)}]"
    if origin is dict:
        return f"Mapping[str, {parameter(arguments[1])}]"
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    return {str: "str", int: "int", bool: "bool", Decimal: "AmountLike"}.get(hint, "object")


# ---- answers


def records() -> list[type[Struct]]:
    """Records of all answers, parts before wholes; those of equal names are one record."""
    found: dict[type[Struct], None] = {}
    for endpoint in ENDPOINTS:
        for record in _inner(endpoint.answer):
            found[record] = None
    names = [record.__name__ for record in found]
    assert len(set(names)) == len(names), f"two answers of one name: {sorted(names)}"
    return list(found)


def _inner(record: type[Struct]) -> Iterator[type[Struct]]:
    for hint in get_type_hints(record, include_extras=True).values():
        for part in _structs(hint):
            yield from _inner(part)
    yield record


def _structs(hint: Any) -> Iterator[type[Struct]]:
    hint, _, _ = bare(hint)
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for part in get_args(hint):
        yield from _structs(part)


def answers_file() -> str:
    bodies = [_record(record) for record in records()]
    text = "\n\n\n".join(bodies)
    names = (
        "MaybeShaped",
        "Shaped",
        "amount",
        "anything",
        "flag",
        "listed",
        "mapped",
        "moment",
        "paired",
        "text",
        "whole",
    )
    taken = [name for name in names if re.search(rf"(?<![\w.]){name}[(),]", text)]
    head = HEAD.format(title="Answers of the control calls as typed records.") + FUTURE
    head += f"from tallystick.client.readers import {', '.join(taken)}\nfrom tallystick.client.records import Record\n"
    return head + "\n\n" + text + "\n"


def _record(record: type[Struct]) -> str:
    title = (record.__doc__ or "").strip().partition("\n")[0]
    if not title or title.startswith(f"{record.__name__}("):
        title = f"Answer with {_named(record.__struct_fields__)}."
    lines = [f"class {record.__name__}(Record):", f'    """{title}"""', "", "    __slots__ = ()", ""]
    hints = get_type_hints(record, include_extras=True)
    for info in msgspec.structs.fields(record):
        name, hint = info.encode_name, hints[info.name]
        attribute = f"{name}_" if keyword.iskeyword(name) else name
        renamed = f', "{name}"' if attribute != name else ""
        maker, default = "Shaped", ""
        if bare(hint)[2]:
            maker = "MaybeShaped"
        elif not info.required and record.__struct_config__.omit_defaults:
            default = f", default={info.default!r}"
        lines.append(f"    {attribute} = {maker}({reader(hint)}{renamed}{default})")
    return "\n".join(lines)


def _named(fields: tuple[str, ...]) -> str:
    """Names of fields in one line: where they are many, the first ones."""
    return ", ".join(fields) if len(fields) <= FIELDS_MAX else f"{', '.join(fields[:FIELDS_MAX])} and more"


# ---- calls


class Call(NamedTuple):
    """A control call with its group, "" for a method of its own, and the name of its method."""

    group: str
    method: str
    endpoint: ControlEndpoint


def calls() -> list[Call]:
    """All control calls, by group in the order of their declaration."""
    firsts = [endpoint.path.partition("/")[0] for endpoint in ENDPOINTS]
    found = []
    for endpoint, first in zip(ENDPOINTS, firsts, strict=True):
        name = first.replace("-", "_")
        if firsts.count(first) == 1 and endpoint.path == first:
            found.append(Call("", name, endpoint))
        else:
            found.append(Call(name, _method_name(name, endpoint), endpoint))
    methods = [(call.group, call.method) for call in found]
    assert len(set(methods)) == len(methods), f"two calls of one name: {methods}"
    return found


def _method_name(group: str, endpoint: ControlEndpoint) -> str:
    handler = endpoint.handler.__name__
    for own in (group, group.removesuffix("s")):
        if handler.endswith(f"_{own}"):
            name = handler.removesuffix(f"_{own}")
            return "all" if name == "list" else name
    return handler


def groups() -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in calls():
        found.setdefault(call.group, []).append(call)
    return found


def calls_file(asynchronous: bool) -> str:
    half = "Async" if asynchronous else ""
    bodies = []
    for group, members in groups().items():
        if group:
            title = f"Control calls of {group.replace('_', ' ')}{', awaited' if asynchronous else ''}."
            bodies.append(_class(f"{half}{_class_name(group)}", title, members, asynchronous))
    bodies.append(_class(f"{half}Calls", _TITLE, groups().get("", []), asynchronous, list(filter(None, groups()))))
    text = "\n\n\n".join(bodies)
    head = HEAD.format(title=f"Control calls as typed methods{', awaited' if asynchronous else ''}.") + FUTURE
    for module, names in (
        ("collections.abc", ("Mapping",)),
        ("datetime", ("datetime", "timedelta")),
        ("typing", ("Literal",)),
    ):
        taken = [name for name in names if re.search(rf"\b{name}\b", text)]
        head += f"from {module} import {', '.join(taken)}\n" if taken else ""
    head += "from tallystick.client.kinds import AmountLike\n"
    head += "from tallystick.client.levers import answers\n"
    head += f"from tallystick.client.levers.connection import {half}Connection, exact, given\n"
    return head + "\n\n" + text + "\n"


_TITLE: Final = "All control calls: those of a subject in a group, the others here."


def _class_name(group: str) -> str:
    return "".join(part.capitalize() for part in group.split("_"))


def _class(name: str, title: str, members: list[Call], asynchronous: bool, inside: list[str] | None = None) -> str:
    half = "Async" if asynchronous else ""
    lines = [
        f"class {name}:",
        f'    """{title}"""',
        "",
        f"    def __init__(self, connection: {half}Connection) -> None:",
        "        self._connection = connection",
        *(f"        self.{group} = {half}{_class_name(group)}(connection)" for group in inside or []),
    ]
    return "\n".join(lines) + "\n\n" + "\n\n".join(_call(member, asynchronous) for member in members)


def _call(call: Call, asynchronous: bool) -> str:
    endpoint = call.endpoint
    sent = endpoint.query if endpoint.method == "GET" else endpoint.body
    hints = get_type_hints(sent, include_extras=True)
    infos = sorted(msgspec.structs.fields(sent), key=lambda info: not info.required)
    parameters, always, where_given = [], [], []
    for info in infos:
        hint = hints[info.name]
        shown = parameter(hint)
        value = f"exact({info.name})" if "AmountLike" in shown else info.name
        if info.required:
            parameters.append(f"{info.name}: {shown}{' | None' if bare(hint)[2] else ''}")
            always.append(f'"{info.encode_name}": {value}')
        else:
            parameters.append(f"{info.name}: {shown} | None = None")
            where_given.append(f'"{info.encode_name}": {value}')
    star = "*, " if parameters else ""
    optional = "given({" + ", ".join(where_given) + "})" if where_given else ""
    named = "name: str | int, " if "*" in endpoint.path else ""
    arguments = f"self, {named}{star}{', '.join(parameters)}".removesuffix(", ")
    fields = (
        optional if optional and not always else "{" + ", ".join([*always, *(["**" + optional] * bool(optional))]) + "}"
    )
    parts = ["name" if part == "*" else f'"{part}"' for part in endpoint.path.split("/")]
    path = ", ".join(parts) + ("," if len(parts) == 1 else "")
    result = f"answers.{endpoint.answer.__name__}"
    begin, wait = ("async def", "await ") if asynchronous else ("def", "")
    verb = endpoint.method.lower()
    return (
        f"    {begin} {call.method}({arguments}) -> {result}:\n"
        f'        """{_about(endpoint)}"""\n'
        f"        return {wait}self._connection.{verb}(({path}), {fields}, {result})"
    )


def _about(endpoint: ControlEndpoint) -> str:
    text = endpoint.words.en.replace("`", "`")
    whole = text if text.endswith(".") else f"{text}."
    if len(whole) <= 100:
        return whole
    lines, line = [], ""
    for word in whole.split():
        if len(line) + len(word) > 105:
            lines.append(line.rstrip())
            line = ""
        line += word + " "
    return "\n        ".join([*lines, line.rstrip()]) + "\n        "


# ---- files


def fresh() -> dict[Path, str]:
    """Text of every made file, as it would be written now."""
    found = {
        LEVERS / "answers.py": answers_file(),
        LEVERS / "sync_calls.py": calls_file(asynchronous=False),
        LEVERS / "async_calls.py": calls_file(asynchronous=True),
    }
    return formatted(found)


def main() -> None:
    for path, text in fresh().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"rewrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
