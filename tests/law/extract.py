"""Facts of one endpoint document, in both its languages: names, numbers, enumerations, examples. No sentences.

Run as a script with the folder of the documents to write `facts.json` anew:

    python tests/law/extract.py ../shared/seeds

A document is a head (source, anchor), the English half and the Chinese half; each half has the same
sections, told apart here by their headings.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FACTS = HERE / "facts.json"

HEADINGS = {
    "en": {
        "limit": "#### Rate Limit:",
        "rule": "#### Rate limit rule:",
        "permission": "#### Permission:",
        "request": "> Request Example",
        "parameters": "#### Request Parameters",
        "answer": "> Response Example",
        "fields": "#### Response Parameters",
    },
    "zh": {
        "limit": "#### 限速：",
        "rule": "#### 限速规则：",
        "permission": "#### 权限：",
        "request": "> 请求示例",
        "parameters": "#### 请求参数",
        "answer": "> 返回结果",
        "fields": "#### 返回参数",
    },
}
WORDS = {
    "Yes": True,
    "是": True,
    "No": False,
    "否": False,
    "Read": "read_only",
    "读取": "read_only",
    "Trade": "trade",
    "交易": "trade",
    "User ID": "user_id",
}


def documents_folder() -> Path | None:
    """Where the documents are: TALLYSTICK_SEEDS, or `shared/seeds` beside the project. None when they are not."""
    named = os.environ.get("TALLYSTICK_SEEDS")
    folder = Path(named) if named else HERE.parents[2] / "shared" / "seeds"
    return folder if folder.is_dir() and any(folder.glob("*.txt")) else None


def extract_folder(folder: Path) -> dict[str, Any]:
    found = [extract(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.txt"))]
    return {facts["anchor"]: facts for facts in sorted(found, key=lambda facts: str(facts["anchor"]))}


def extract(document: str) -> dict[str, Any]:
    _, head, body = re.split(r"^---$", document, maxsplit=2, flags=re.MULTILINE)
    english, chinese = re.split(r"^---$", body, maxsplit=1, flags=re.MULTILINE)
    anchor = re.search(r"^anchor_id: (\S+)$", head, re.MULTILINE)
    assert anchor, "a document names its anchor"
    return {"anchor": anchor[1], "en": _half(english, "en"), "zh": _half(chinese, "zh")}


def _half(text: str, language: str) -> dict[str, Any]:
    heading = HEADINGS[language]
    route = re.search(r"^`(GET|POST) (/\S+)`$", text, re.MULTILINE)
    assert route, "a document states method and path"
    opening = text[: text.index(heading["limit"])]
    request = _between(text, heading["request"], heading["parameters"])
    parameters = _table(_between(text, heading["parameters"], heading["answer"]))
    retention = re.search(r"past (\d+) days|近(\d+)天", opening)
    return {
        "method": route[1],
        "path": route[2],
        "limit": _limit(_line(text, heading["limit"])),
        "per": WORDS[_line(text, heading["rule"])],
        "permission": WORDS[_line(text, heading["permission"])] if heading["permission"] in text else None,
        "spot_only": bool(re.search(r"`(?:SPOT mode|Spot mode|现货模式)`", opening)),
        "needs_spot_borrow": "enabled borrowing" in opening or "已开通借币" in opening,
        "retention_days": int(retention[1] or retention[2]) if retention else None,
        "parameters": [_parameter(row) for row in parameters],
        "page": _page({row[0]: row[-1] for row in parameters}),
        "request": _request(request),
        "snippet": _snippet(request),
        "answer": json.loads(_between(text, heading["answer"], heading["fields"])),
        "fields": [_field(row) for row in _table(text[text.index(heading["fields"]) :])],
    }


def _line(text: str, heading: str) -> str:
    start = text.index(heading) + len(heading)
    return text[start : text.index("\n", start)].strip()


def _between(text: str, start: str, end: str) -> str:
    begin = text.index(start) + len(start)
    return text[begin : text.index(end, begin)]


def _limit(words: str) -> dict[str, int]:
    found = re.fullmatch(r"(\d+) requests? per (?:(\d+) )?seconds?|(\d+)次/(\d+)?s", words)
    assert found, words
    return {"requests": int(found[1] or found[3]), "period_ms": int(found[2] or found[4] or 1) * 1000}


def _table(section: str) -> list[list[str]]:
    """Rows of the section's table without its head; lines that follow a row belong to its last cell."""
    lines = section.split("\n")
    rule = next(index for index, line in enumerate(lines) if line.startswith("---|"))
    rows: list[list[str]] = []
    for line in lines[rule + 1 :]:
        cells = [cell.strip() for cell in line.split(" | ")]
        if len(cells) > 1:
            rows.append(cells)
        elif line.strip() and rows:
            rows[-1][-1] += "\n" + line.strip()
    return rows


def _values(description: str) -> list[str]:
    """Enumerated values: code words on lines that begin with one, or with a word and a colon before it."""
    found: list[str] = []
    for line in description.split("\n"):
        if re.match(r"(?:\w{1,3}[:：])?`", line):
            found += re.findall(r"`(\w+)`", line)
    return found


def _parameter(row: list[str]) -> dict[str, Any]:
    name, kind, required, description = row
    length = re.search(r"up to (\d+) characters|1-(\d+)位", description)
    return {
        "name": name,
        "type": kind,
        "required": WORDS[required],
        "values": _values(description),
        "length_max": int(length[1] or length[2]) if length else None,
    }


def _field(row: list[str]) -> dict[str, Any]:
    name, kind, description = row
    return {
        "name": name.removeprefix("> "),
        "depth": int(name.startswith("> ")),
        "type": kind,
        "values": _values(description),
    }


def _page(described: dict[str, str]) -> dict[str, Any] | None:
    if "after" not in described:
        return None
    inclusive = {_inclusive(described[name]) for name in ("after", "before")}
    cursors = {word for name in ("after", "before") for word in re.findall(r"`([A-Za-z]\w*)`", described[name])}
    limit = described["limit"].replace("`", "")
    most = re.search(r"(?:maximum is |最大为)(\d+)", limit)
    default = re.search(r"(?:default is |默认为?)(\d+)", limit)
    assert most, described
    assert default, described
    assert len(inclusive) == 1, described
    assert len(cursors) <= 1, described
    return {
        "cursor": next(iter(cursors), None),
        "inclusive": inclusive.pop(),
        "max": int(most[1]),
        "default": int(default[1]),
    }


def _inclusive(description: str) -> bool | None:
    """What a cursor's description says about its own row; None where it says nothing."""
    if re.search(r"not include|不包含", description):
        return False
    return True if re.search(r"included|包含", description) else None


def _request(section: str) -> dict[str, Any]:
    line = re.search(r"^\s*(GET|POST) (\S+)", section, re.MULTILINE)
    assert line, section
    if line[1] == "GET":
        return {"target": line[2]}
    body, _ = json.JSONDecoder().raw_decode(section[section.index("{") :])
    return {"body": body}


def _snippet(section: str) -> dict[str, Any] | None:
    """The python-okx call of the example: class, arguments it is made with, method, arguments."""
    code = re.search(r"^    (?:import|from) .*", section, re.MULTILINE | re.DOTALL)
    if not code:
        return None
    tree = ast.parse(textwrap.dedent(code[0]))
    constants = {node.targets[0].id: node.value.value for node in tree.body if _is_constant(node)}  # type: ignore[attr-defined]
    module = next(node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    calls = [node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
    made, called = (_call(call, constants) for call in calls)
    prefix = f"{module.module}." if isinstance(module, ast.ImportFrom) else ""
    return {"module": prefix + module.names[0].name, "made": made, "called": called}


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)


def _call(call: ast.Call, constants: dict[str, Any]) -> dict[str, Any]:
    assert isinstance(call.func, ast.Attribute)

    def value(node: ast.expr) -> Any:
        return constants[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)

    return {
        "name": call.func.attr,
        "args": [value(node) for node in call.args],
        "kwargs": {str(word.arg): value(word.value) for word in call.keywords},
    }


if __name__ == "__main__":
    FACTS.write_text(
        json.dumps(extract_folder(Path(sys.argv[1])), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
