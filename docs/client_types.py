"""Typed rows and methods of the client, made from the contract into the tree.

`python -m docs.client_types` writes `client/rows`, `client/params.py`, `client/methods`, `client/sync_methods.py` and
`client/async_methods.py` anew. Nobody edits these by hand, and a test shows that they are current.
"""

from __future__ import annotations

import functools
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Final, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

import tallystick.contract as contract
from tallystick.contract.channels import CHANNELS, Channel
from tallystick.contract.core import SURFACES, Endpoint
from tallystick.contract.fields import Field, fields
from tallystick.contract.kinds import ONE_ROW, Kind, kind
from tallystick.contract.words import words

ROOT: Final = Path(__file__).resolve().parents[1]
CLIENT: Final = ROOT / "src" / "tallystick" / "client"
HEAD: Final = '"""{title}\n\nMade by `python -m docs.client_types` from the contract; not edited by hand.\n"""\n\n'
CURSOR_FIELDS: Final = frozenset({"after", "before", "limit", "begin", "end"})
PINNED: Final = {("asset_bills_history", "pagingType"): "2", ("history_trades", "type"): "1"}
"""Parameters of histories that the client sets itself: of two kinds of cursor the one without ties."""
SAMPLES: Final = ROOT / "src" / "tallystick" / "contract" / "examples"
EMPTY: Final = frozenset(
    ["clOrdId", "clQReqId", "clTReqId", "clientId", "label", "note", "notes", "reqId", "sMsg", "subCode", "tag"]
)
"""Names of what a user may leave out, so that it is empty in the answer as well."""
OPEN: Final = frozenset(
    [
        "AccountInstrumentsRow",
        "InstrumentsRow",
        "OrdersRow",
        "PositionsHistoryRow",
        "PositionsRow",
        "SubaccountBalanceDetail",
        "SubaccountBalanceRow",
        "SwitchMargin",
    ]
)
"""Records whose fields depend on the kind of instrument or account, so that any of them may be empty."""
EMPTY_OF: Final = frozenset(
    [
        # of an item of a batch that was refused
        ("AmendOrderRow", "ordId"),
        ("CancelOrderRow", "ordId"),
        ("PlaceOrderRow", "ordId"),
        # no limit
        ("DiscountTier", "disCcyEq"),
        ("DiscountTier", "maxAmt"),
        ("PriceLimitRow", "buyLmt"),
        ("PriceLimitRow", "sellLmt"),
        ("SubaccountApikeyRow", "ip"),
        ("TransferStateRow", "subAcct"),
    ]
)
"""Fields that are "" in answers of the venue, though no sample shows it."""
SCALARS: Final = {
    Kind.TEXT: "Text",
    Kind.AMOUNT: "Amount",
    Kind.WHOLE: "Whole",
    Kind.TIME: "Time",
    Kind.HOURLY: "Hourly",
    Kind.DAILY: "Daily",
    Kind.YEARLY: "Yearly",
    Kind.OBJECTS: "Objects",
}


def modules() -> list[tuple[str, ModuleType]]:
    """Modules of the contract that declare endpoints, in the order of the documents."""
    names = dict.fromkeys(_module_of(endpoint) for endpoint in contract.ENDPOINTS)
    return [(name, importlib.import_module(f"tallystick.contract.{name}")) for name in names]


def _module_of(endpoint: Endpoint) -> str:
    """The module that an endpoint stands in: the one of its section."""
    return endpoint.section


def _home(record: type[Struct]) -> str:
    return record.__module__.rpartition(".")[2]


def _docstring(text: str) -> str:
    text = (text if text.endswith(".") else text + ".").replace('"', "'")
    return f'"""{text}\n        """' if "\n" in text else f'"""{text}"""'


# ---- rows


def row_files() -> dict[str, str]:
    """Text of every file of rows, by its name."""
    users = uses()
    homes: dict[str, list[type[Struct]]] = {}
    for record in users:
        if _is_list_of_text(record):
            continue
        homes.setdefault(_home(record), []).append(record)
    found = {f"{home}.py": _row_file(home, records, users) for home, records in sorted(homes.items())}
    return {"__init__.py": _rows_package(sorted(homes)), **found}


def _rows_package(homes: list[str]) -> str:
    """The package of rows: each module is loaded when it is first asked for."""
    text = HEAD.format(title="Typed rows of the answers, a module for each subject, loaded when it is asked for.")
    text += "from __future__ import annotations\n\nimport importlib\nfrom types import ModuleType\n"
    text += "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
    text += "".join(f"    from tallystick.client.rows import {home} as {home}\n" for home in homes)
    text += f"\n_MODULES = frozenset({homes!r})\n\n\n"
    text += "def __getattr__(name: str) -> ModuleType:\n    if name not in _MODULES:\n"
    text += '        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")\n'
    return text + '    return importlib.import_module(f"{__name__}.{name}")\n'


def uses() -> dict[type[Struct], list[str]]:
    """Every record of an answer or a message, parts before wholes, with the names of those it belongs to."""
    found: dict[type[Struct], list[str]] = {}
    for endpoint in contract.ENDPOINTS:
        for record in _inner(endpoint.answer):
            _add(found, record, endpoint.name)
    for channel in CHANNELS:
        for record in _inner(channel.row):
            _add(found, record, f"channel {channel.name}")
    return found


def _add(uses: dict[type[Struct], list[str]], record: type[Struct], name: str) -> None:
    names = uses.setdefault(record, [])
    if name not in names:
        names.append(name)


def _inner(record: type[Struct]) -> Iterator[type[Struct]]:
    for field in fields(record):
        if field.record is not None:
            yield from _inner(field.record)
    yield record


def _is_list_of_text(record: type[Struct]) -> bool:
    """True of rows that are lists without names for their places."""
    return record.__struct_config__.array_like and not fields(record)


def _row_file(home: str, records: list[type[Struct]], uses: dict[type[Struct], list[str]]) -> str:
    needed: set[str] = set()
    others: set[tuple[str, str]] = set()
    bodies = []
    for record in records:
        lines = [f"class {record.__name__}(Record):", f"    {_docstring(_of(uses[record]))}", "", "    __slots__ = ()"]
        if record.__struct_config__.array_like:
            places = ", ".join(repr(field.name) for field in fields(record))
            lines += [f"    places = ({places}{',' if places else ''})"]
        lines.append("")
        for field in fields(record):
            if field.refused:
                continue
            maker, imports = _reader(record, field)
            needed |= imports
            if field.record is not None and _home(field.record) != home:
                others.add((_home(field.record), field.record.__name__))
            ambiguous = "  # noqa: E741" if field.attribute in ("l", "O", "I") else ""
            lines += [f"    {field.attribute} = {maker}{ambiguous}", f"    {_docstring(words(field).en)}"]
        bodies.append("\n".join(lines))
    head = HEAD.format(title=f"Typed rows of {home.replace('_', ' ')}.") + "from __future__ import annotations\n\n"
    if any("Literal[" in body for body in bodies):
        head += "from typing import Literal\n\n"
    if needed:
        head += f"from tallystick.client.readers import {', '.join(sorted(needed))}\n"
    head += "from tallystick.client.records import Record\n"
    head += "".join(f"from tallystick.client.rows.{module} import {name}\n" for module, name in sorted(others))
    return head + "\n\n" + "\n\n\n".join(bodies) + "\n"


def _of(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"Row, or part of one, of {shown}{' and others' if len(names) > 3 else ''}."


def _reader(record: type[Struct], field: Field) -> tuple[str, set[str]]:
    """The expression that makes the field of a typed row, and the names it needs."""
    renamed = f'"{field.name}"' if field.name != field.attribute else ""
    maybe = "Maybe" if may_be_empty(record, field) else ""
    if field.record is not None:
        name = "Parts" if field.many else f"{maybe}Part"
        return f"{name}({', '.join(filter(None, (field.record.__name__, renamed)))})", {name}
    if field.flag:
        return f"{maybe}Flag({renamed})", {f"{maybe}Flag"}
    if field.choices:
        listed = ", ".join(f'"{choice}"' for choice in field.choices if choice)
        return f"{maybe}Choice[Literal[{listed}]]({renamed})", {f"{maybe}Choice"}
    if _is_levels(record, field):
        return f"Levels({renamed})", {"Levels"}
    name = SCALARS[kind(record, field.name)]
    if field.many:
        name = "Words" if name == "Text" else name
        if name not in ("Words", "Objects"):
            raise TypeError(f"no reader for a list of {name}: {record.__name__}.{field.name}")
        return f"{name}({renamed})", {name}
    return f"{maybe}{name}({renamed})", {f"{maybe}{name}"}


def may_be_empty(record: type[Struct], field: Field) -> bool:
    """True where a field may be "" or absent: in a sample, by its default, a choice, or a surface that lacks it."""
    if (record.__name__, field.name) in empty_in_samples() | EMPTY_OF:
        return True
    if field.name in EMPTY or record.__name__ in OPEN:
        return True
    hint = get_type_hints(record)[field.attribute]
    absent = msgspec.UnsetType in get_args(hint) or type(None) in get_args(hint)
    default = not field.required and field.default in ("", None)
    return absent or default or "" in field.choices or field.since > SURFACES[0]


@functools.cache
def empty_in_samples() -> frozenset[tuple[str, str]]:
    """(record, name) of every field that is "" in a documented sample."""
    found: set[tuple[str, str]] = set()
    for endpoint in contract.ENDPOINTS:
        sample = json.loads((SAMPLES / f"{endpoint.name}.json").read_text(encoding="utf-8"))
        data = sample["answer"].get("data", [])
        for row in data if isinstance(data, list) else [data]:
            _look(endpoint.answer, row, found)
    return frozenset(found)


def _look(record: type[Struct], row: object, found: set[tuple[str, str]]) -> None:
    if not isinstance(row, dict):
        return
    for field in fields(record):
        value = row.get(field.name)
        if value == "":
            found.add((record.__name__, field.name))
        elif field.record is not None:
            for part in value if isinstance(value, list) else [value]:
                _look(field.record, part, found)


def _is_levels(record: type[Struct], field: Field) -> bool:
    hint = get_type_hints(record)[field.attribute]
    return field.many is not None and get_origin(get_args(hint)[0]) is tuple


# ---- parameters


def parameter(field: Field) -> str:
    """Type of a parameter, without None."""
    one = _parameter(field)
    return f"list[{one}] | tuple[{one}, ...]" if field.many else one


def _parameter(field: Field) -> str:
    if field.record is not None:
        return field.record.__name__
    if field.flag:
        return "bool"
    if field.choices:
        return f"Literal[{', '.join(repr(choice) for choice in field.choices if choice)}]"
    grammar = field.grammar
    assert grammar is not None
    named = {"amount": "AmountLike", "time": "Moment", "id": "Number"}.get(grammar.name)
    return named or ("int" if grammar.integer else "str")


def is_history(endpoint: Endpoint) -> bool:
    """True of a list whose rows have the cursor; of the insurance fund their parts have it."""
    page = endpoint.page
    return page is not None and page.cursor in {field.name for field in fields(endpoint.answer)}


def sent_fields(endpoint: Endpoint) -> list[Field]:
    """Parameters of a method, in declared order; a history hides its cursors."""
    found = [field for field in fields(endpoint.request) if not field.refused]
    if not is_history(endpoint):
        return found
    return [field for field in found if field.name not in CURSOR_FIELDS and (endpoint.name, field.name) not in PINNED]


def params_file() -> str:
    """Typed dictionaries of the records inside requests, and of the items of batches."""
    found: dict[type[Struct], None] = {}
    for endpoint in contract.ENDPOINTS:
        for record in _inner(endpoint.request):
            if record is not endpoint.request or endpoint.batch_max:
                found[record] = None
    bodies = [_typed_dict(record) for record in found]
    text = "\n\n\n".join(bodies)
    head = (
        HEAD.format(title="Typed dictionaries of what requests have inside.") + "from __future__ import annotations\n\n"
    )
    names = ", ".join(name for name in ("Literal", "NotRequired", "TypedDict") if name in text)
    taken = ", ".join(name for name in ("AmountLike", "Moment", "Number") if name in text)
    return head + f"from typing import {names}\n\nfrom tallystick.client.kinds import {taken}\n\n\n" + text + "\n"


def _typed_dict(record: type[Struct]) -> str:
    shown = [field for field in fields(record) if not field.refused]
    assert all(field.name == field.attribute for field in shown)
    lines = [f"class {record.__name__}(TypedDict):", f'    """`{record.__name__}` of the contract."""', ""]
    for field in shown:
        hint = parameter(field)
        lines += [
            f"    {field.name}: {hint if field.required else f'NotRequired[{hint}]'}",
            f"    {_docstring(words(field).en)}",
        ]
    return "\n".join(lines)


# ---- methods


def method_files() -> dict[str, str]:
    """Text of every file of methods, by its name."""
    found = {f"{name}.py": _method_file(name, module) for name, module in modules()}
    return {"__init__.py": HEAD.format(title="Endpoints as typed methods, a module for each subject."), **found}


def class_name(module: str) -> str:
    return "".join(part.capitalize() for part in module.split("_"))


def _method_file(name: str, module: ModuleType) -> str:
    endpoints = [endpoint for endpoint in contract.ENDPOINTS if _module_of(endpoint) == name]
    halves = []
    for asynchronous in (False, True):
        half = "Async" if asynchronous else ""
        title = f"Endpoints of {name.replace('_', ' ')}{', awaited' if asynchronous else ''}."
        methods = [_method(module, endpoint, asynchronous) for endpoint in endpoints]
        halves.append(
            f"class {half}{class_name(name)}({half}Half):\n    {_docstring(title)}\n\n" + "\n\n".join(methods)
        )
    text = "\n\n\n".join(halves)
    return HEAD.format(title=f"Methods of {name.replace('_', ' ')}.") + _imports(name, text) + "\n\n" + text + "\n"


def _imports(name: str, text: str) -> str:
    lines = ["from __future__ import annotations\n"]
    typing = ["Literal"] if "Literal[" in text else []
    if typing:
        lines.append("from typing import Literal\n")
    taken = [part for part in ("AmountLike", "Moment", "Number") if part in text]
    halves = ["AsyncHalf", "Half"]
    makers = [part for part in ("many", "none", "one", "texts") if f"{part}(call(" in text]
    histories = "History(" in text
    inside = sorted(
        {
            record.__name__
            for endpoint in contract.ENDPOINTS
            if _module_of(endpoint) == name
            for record in _inner(endpoint.request)
            if record is not endpoint.request or endpoint.batch_max
        }
    )
    lines.append("from tallystick import contract\n")
    if "rows." in text:
        lines.append("from tallystick.client import rows\n")
    if makers:
        lines.append("from tallystick.client.flows import call\n")
    lines.append(f"from tallystick.client.halves import {', '.join([*halves, *makers])}\n")
    if histories:
        lines.append("from tallystick.client.history import AsyncHistory, History\n")
    if taken:
        lines.append(f"from tallystick.client.kinds import {', '.join(taken)}\n")
    if inside:
        lines.append(f"from tallystick.client.params import {', '.join(inside)}\n")
    if histories:
        lines.append("from tallystick.client.walk import Span\n")
    return "".join(lines)


def _method(module: ModuleType, endpoint: Endpoint, asynchronous: bool) -> str:
    constant = endpoint.name.upper()
    assert getattr(module, constant) is endpoint, f"{constant} is not {endpoint.name}"
    shown = sent_fields(endpoint)
    row = f"rows.{_home(endpoint.answer)}.{endpoint.answer.__name__}"
    if endpoint.batch_max:
        parameters = [f"items: list[{endpoint.request.__name__}]"]
        sent = "items"
    else:
        parameters = [
            f"{field.attribute}: {parameter(field)}" + ("" if field.required else " | None = None") for field in shown
        ]
        pinned = [f'"{field}": "{value}"' for (of, field), value in PINNED.items() if of == endpoint.name]
        sent = "{" + ", ".join([*(f'"{field.name}": {field.attribute}' for field in shown), *pinned]) + "}"
    if is_history(endpoint):
        return _history(endpoint, parameters, sent, row, asynchronous)
    maker, result = _result(endpoint, row)
    star = "*, " if parameters and not endpoint.batch_max else ""
    record = "" if maker in ("none", "texts") else f", {row}"
    flow = f"{maker}(call(self._session, contract.{_module_of(endpoint)}.{constant}, {sent}){record})"
    begin, wait = ("async def", "await ") if asynchronous else ("def", "")
    arguments = f"self{', ' if parameters else ''}{star}{', '.join(parameters)}"
    return (
        f"    {begin} {endpoint.name}({arguments}) -> {result}:\n"
        f"        {_docstring(_about(endpoint))}\n"
        f"        return {wait}self._run({flow})"
    )


def _result(endpoint: Endpoint, row: str) -> tuple[str, str]:
    if _is_list_of_text(endpoint.answer):
        return "texts", "list[list[str]]"
    if not fields(endpoint.answer):
        return "none", "None"
    return ("one", row) if endpoint.name in ONE_ROW or endpoint.bare else ("many", f"list[{row}]")


def _history(endpoint: Endpoint, parameters: list[str], sent: str, row: str, asynchronous: bool) -> str:
    half = "Async" if asynchronous else ""
    declared = f"contract.{_module_of(endpoint)}.{endpoint.name.upper()}"
    span = ["since: Moment | None = None", "until: Moment | None = None", "position: str | None = None"]
    return (
        f"    def {endpoint.name}(self, *, {', '.join([*parameters, *span])}) -> {half}History[{row}]:\n"
        f"        {_docstring(_about(endpoint))}\n"
        f"        span = Span(since, until, position)\n"
        f"        return {half}History(self, {declared}, {sent}, {row}, span)"
    )


def _about(endpoint: Endpoint) -> str:
    """Title, permission and pace of an endpoint in one line."""
    per = {"ip": "an address", "user_id": "a user", "main_id": "a main account"}
    limits = ", ".join(
        f"{limit.requests} in {limit.period_ms / 1000:g} s for "
        + per.get(limit.per, limit.per.replace("user_id+", "a user and ").replace("ip+", "an address and "))
        for limit in endpoint.limits
    )
    permission = endpoint.permission.name.capitalize() + " permission" if endpoint.permission else "Public"
    gap = " " if len(endpoint.title.en + permission + limits) < 90 else "\n\n        "
    return f"{endpoint.title.en}.{gap}{permission}; {limits}."


def channels_file() -> str:
    """A function for each channel, or for all bars of a kind of candles, that gives its subscription."""
    groups: dict[str, list[Channel]] = {}
    for channel in CHANNELS:
        name, candle, _ = channel.name.partition("candle")
        groups.setdefault(f"{name}candles" if candle else channel.name, []).append(channel)
    text = "\n\n\n".join(_channel(name, members) for name, members in groups.items())
    head = HEAD.format(title="Channels of streams as typed subscriptions.") + "from __future__ import annotations\n\n"
    head += "from typing import Literal\n\nfrom tallystick.client import rows\n"
    head += "from tallystick.client.stream.subscription import Subscription\n"
    return head + "from tallystick.contract.channels import by_name\n\n\n" + text + "\n"


def _channel(name: str, members: list[Channel]) -> str:
    first = members[0]
    shown = [field for field in fields(first.arguments) if not field.refused]
    parameters = [f"{field.name}: {parameter(field)}{'' if field.required else ' | None = None'}" for field in shown]
    title, looked_up = first.title.en, f'"{first.name}"'
    if len(members) > 1:
        beginning, _, bar = first.name.partition("candle")
        bars = [member.name.removeprefix(f"{beginning}candle") for member in members]
        parameters.append(f"bar: Literal[{', '.join(map(repr, bars))}]")
        title, looked_up = title.replace(f" of {bar}", ""), f'f"{beginning}candle{{bar}}"'
    row = f"rows.{_home(first.row)}.{first.row.__name__}"
    given = "{" + ", ".join(f'"{field.name}": {field.attribute}' for field in shown) + "}"
    star = "*, " if parameters else ""
    return (
        f"def {name.replace('-', '_')}({star}{', '.join(parameters)}) -> Subscription[{row}]:\n"
        f"    {_docstring(f'{title}. On the {first.path} path' + (', behind a login' if first.login else ''))}\n"
        f"    return Subscription(by_name[{looked_up}], {given}, {row})"
    )


def half_files() -> dict[str, str]:
    """The classes of all methods, for each half."""
    names = [name for name, _ in modules()]
    found = {}
    for half, file in (("", "sync_methods.py"), ("Async", "async_methods.py")):
        kind_of = "awaited" if half else "of the sync half"
        text = HEAD.format(title=f"Every endpoint of the contract as a method, {kind_of}.")
        text += "from __future__ import annotations\n\n"
        text += "".join(f"from tallystick.client.methods.{name} import {half}{class_name(name)}\n" for name in names)
        bases = ", ".join(f"{half}{class_name(name)}" for name in names)
        half_name = half or "Sync"
        text += f'\n\nclass {half_name}Methods({bases}):\n    """Every endpoint of the contract."""\n'
        found[file] = text
    return found


# ---- files


def fresh() -> dict[Path, str]:
    """Text of every made file, as it would be written now."""
    found = {CLIENT / "rows" / name: text for name, text in row_files().items()}
    found |= {CLIENT / "methods" / name: text for name, text in method_files().items()}
    found |= {CLIENT / name: text for name, text in half_files().items()}
    found[CLIENT / "params.py"] = params_file()
    found[CLIENT / "channels.py"] = channels_file()
    return formatted(found)


def formatted(texts: Mapping[Path, str]) -> dict[Path, str]:
    """The texts as `ruff` has them: imports sorted, lines folded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in texts.items():
            copy = folder / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
        for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
            ruff: list[str | Path] = [
                Path(sys.executable).with_name("ruff"),
                *command,
                "--config",
                ROOT / "pyproject.toml",
                folder,
            ]
            ran = subprocess.run(ruff, capture_output=True, text=True, cwd=ROOT)
            if ran.returncode:
                raise RuntimeError(ran.stderr + ran.stdout)
        return {path: (folder / path.relative_to(ROOT)).read_text(encoding="utf-8") for path in texts}


def stale(made: Collection[Path]) -> list[Path]:
    """Files that nothing makes any more, and that are to be removed."""
    return [path for folder in ("rows", "methods") for path in (CLIENT / folder).glob("*.py") if path not in made]


def main() -> None:
    made = fresh()
    for path, text in made.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"rewrote {path.relative_to(ROOT)}")
    for path in stale(made):
        path.unlink()
        print(f"removed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
