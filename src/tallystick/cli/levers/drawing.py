"""Answers of levers as words and tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from tallystick.cli.columns import aligned
from tallystick.cli.frame.language import CHINESE, Words, language
from tallystick.cli.levers.forms import Lever
from tallystick.cli.levers.labels import label

Answer = Mapping[str, Any]

NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
NOTHING: Final = "-"
YES: Final = Words("yes", "是")
NO: Final = Words("no", "否")

SAID: Final[dict[str, Words]] = {
    "clock show": Words("{now}, {mode}, speed {speed}", "{now}，{mode}，速度 {speed}"),
    "clock set": Words("{now}, {mode}, speed {speed}", "{now}，{mode}，速度 {speed}"),
    "clock advance": Words("{now}, {mode}, speed {speed}", "{now}，{mode}，速度 {speed}"),
    "prices release": Words("{instId} is back with the market", "{instId} 已恢复由行情决定"),
    "book set": Words("set the book of {instId}", "已设定 {instId} 的报价"),
    "users add": Words("made {name}, uid {uid}", "已创建 {name}，uid {uid}"),
    "users level": Words("{name} has level {level}", "{name} 的等级为 {level}"),
    "users balance": Words("added {amt} {ccy} to the {account} account", "已向 {account} 账户存入 {amt} {ccy}"),
    "rates set": Words("{ccy}: {apr} from the next hour on", "{ccy}：{apr}，下一整点起生效"),
    "faults add": Words("rule {id}: {fault} on {on}", "规则 {id}：{on} 上的 {fault}"),
    "faults remove": Words("took rule {name} away", "已删除规则 {name}"),
    "faults clear": Words("took all rules away", "已删除全部规则"),
    "snapshot save": Words("saved {name}: {at}, entry {seq}", "已保存 {name}：{at}，条目 {seq}"),
    "snapshot restore": Words(
        "restored {name}: {now}, generation {generation}", "已恢复 {name}：{now}，第 {generation} 代"
    ),
    "snapshot delete": Words("deleted {name}", "已删除 {name}"),
    "venue reset": Words("reset: {now}, generation {generation}", "已重置：{now}，第 {generation} 代"),
}
"""Sentence of a lever by its command, from what was asked for and what was answered."""

EMPTY: Final[dict[str, Words]] = {
    "faults list": Words("there are no rules", "没有规则"),
    "snapshot list": Words("no snapshot has been saved", "没有保存快照"),
}
"""Sentence where a list is empty."""


def drawn(lever: Lever, answer: Answer, asked: Answer) -> str:
    """The answer of a lever as it is printed."""
    command = f"{lever.group} {lever.command}"
    if command in SAID:
        return str(SAID[command]).format_map({**asked, **answer})
    found = DRAWERS[command](answer) if command in DRAWERS else "\n".join(plain(answer))
    return found or str(EMPTY.get(command, NOTHING))


def plain(answer: Answer) -> Iterator[str]:
    """Lines of any answer: names with their values, and a table for each list of objects."""
    single = [(label(name), cell(value)) for name, value in answer.items() if not is_rows(value)]
    if single:
        yield aligned(("", ""), single).partition("\n")[2]
    for value in answer.values():
        if is_rows(value) and value:
            yield table(value)


def heads(*names: str) -> list[str]:
    return [label(name) for name in names]


def is_rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def table(rows: list[Mapping[str, Any]]) -> str:
    """A table with a column for each field that a row has; numbers are flush right."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[cell(row.get(name)) for name in names] for row in rows]
    right = [n for n in range(len(names)) if all(NUMBER.fullmatch(row[n]) or row[n] == NOTHING for row in cells)]
    return aligned([label(name) for name in names], cells, right)


def cell(value: object) -> str:
    """A value in one line."""
    if value is None or value == "" or value == [] or value == {}:
        return NOTHING
    if isinstance(value, bool):
        return str(YES if value else NO)
    if isinstance(value, list):
        return " ".join(cell(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{label(name)} {cell(item)}" for name, item in value.items())
    return str(value)


# ---- answers with a form of their own


def parameters(answer: Answer) -> str:
    """Path, value and source of each parameter, and which were changed."""
    rows = []
    for part in ("instruments", "currencies"):
        for row, shown in answer[part].items():
            rows += [(f"{part}.{row}.{name}", *_of(one)) for name, one in shown.items()]
    rows += [(f"constants.{name}", *_of(one)) for name, one in answer["constants"].items()]
    return aligned(heads("parameter", "value", "source", "changed"), rows)


def _of(shown: Answer) -> tuple[str, str, str]:
    return cell(shown["value"]), cell(shown["source"]), cell(shown["changed"])


def changed(answer: Answer) -> str:
    return aligned(heads("parameter", "value"), [(name, cell(value)) for name, value in answer["changed"].items()])


def prices(answer: Answer) -> str:
    return aligned(
        heads("instrument", "price"), [(name, cell(px)) for name, px in answer["prices"].items()], right=(1,)
    )


def kinds(answer: Answer) -> str:
    """The catalogue of faults: what the client sees, and what is true afterwards."""
    own = "zh" if language() == CHINESE else "en"
    rows = [(one["name"], one["place"], one["words"][own], one["sees"][own]) for one in answer["kinds"]]
    return aligned([*heads("fault", "of", "afterwards"), str(SEES)], rows)


def request(answer: Answer) -> str:
    """An answer of the API as it came."""
    import msgspec

    return f"HTTP {answer['status']}\n{msgspec.json.format(msgspec.json.encode(answer['answer'])).decode()}"


def entries(answer: Answer) -> str:
    """Entries of the journal, each with its command and the number of its events."""
    rows = [
        (cell(one["seq"]), cell(one["at_ms"]), cell(one["command"])[:80], cell(len(one["events"])), one["hash"][:12])
        for one in answer["entries"]
    ]
    return aligned(heads("seq", "at_ms", "command", "events", "hash"), rows, right=(0, 1, 3)) if rows else ""


SEES: Final = Words("the client sees", "客户端看到的")
ALL: Final = Words("all", "全部")
FROM: Final = Words("from {nth}", "从第 {nth} 次起")
AT_MOST: Final = Words("at most {count}", "最多 {count} 次")
CONDITIONS: Final = ("user", "key", "method", "from", "until", "probability", "seed")
SHOWN: Final = ("ms", "answer", "code", "leg", "share")
"""Parameters of kinds that a list shows."""


def rules(answer: Answer) -> str:
    """The rules of faults."""
    rows = [
        (
            str(one["id"]),
            one["on"],
            one["fault"],
            words_of(one, CONDITIONS),
            times_of(one),
            str(one["matched"]),
            str(one["fired"]),
        )
        for one in answer["faults"]
    ]
    return (
        aligned(heads("rule", "on", "fault", "if", "when", "matched", "fired"), rows, right=(0, 5, 6)) if rows else ""
    )


def words_of(rule: Answer, names: Iterable[str]) -> str:
    return " ".join(f"{label(name)} {rule[name]}" for name in names if name in rule) or NOTHING


def times_of(rule: Answer) -> str:
    """Parts of a rule that say which are hit, and the parameters of its kind."""
    first = str(FROM).format(nth=rule["nth"]) if rule["nth"] > 1 else str(ALL)
    most = str(AT_MOST).format(count=rule["count"]) if "count" in rule else ""
    own = words_of(rule, SHOWN)
    return ", ".join(part for part in (first, most, "" if own == NOTHING else own) if part)


DRAWERS: Final[dict[str, Callable[[Answer], str]]] = {
    "parameters show": parameters,
    "parameters set": changed,
    "prices set": prices,
    "faults kinds": kinds,
    "faults list": rules,
    "users send": request,
    "venue journal": entries,
}
