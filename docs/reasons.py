"""Table of refusals by code, in both languages, made from the words that the server tells."""

from __future__ import annotations

import re
from collections.abc import Iterable

from docs.tables import table
from tallystick.contract.reasons import REASONS
from tallystick.engine.rejects import Reject
from tallystick.server.ways import CODES as FINDINGS
from tallystick.views.errors import CODES

OF_A_CODE = re.compile(r"[0-9]{5}")
ITALIC = re.compile(r"\{([a-z_]+)\}")


def in_english() -> str:
    return table(("code", "cause", "lever"), _rows(chinese=False))


def in_chinese() -> str:
    return table(("错误码", "原因", "调整方法"), _rows(chinese=True))


def codes_of(name: str) -> list[str]:
    """Codes that a reason can stand behind; those of one variant of many reasons are named by it."""
    stem, _, variant = name.partition("/")
    if OF_A_CODE.fullmatch(stem):
        return [stem]
    if name in FINDINGS:
        return sorted({code for code in FINDINGS[name] if code})
    if stem == "*":
        return [f"({variant})"]
    found = next((CODES[reject] for reject in Reject if reject.name.lower() == stem), "")
    return [found.partition("/")[0]] if found else []


def _rows(*, chinese: bool) -> Iterable[tuple[str, ...]]:
    rows = []
    for name, text in REASONS.items():
        for code in codes_of(name):
            words = text.zh if chinese else text.en
            levers = (" 或 " if chinese else " or ").join(f"`{_plain(lever)}`" for lever in text.levers)
            rows.append((code, ITALIC.sub(r"*\1*", words), levers))
    return sorted(rows, key=lambda row: row[0])


def _plain(lever: str) -> str:
    return lever.replace("{{", "{").replace("}}", "}")
