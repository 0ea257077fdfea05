"""The table of the page on control calls, in both languages, made from their declarations.

`python -m docs.control` writes it anew.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from docs.tables import table
from tallystick.contract.core import Doc
from tallystick.server.control.endpoints import ENDPOINTS
from tallystick.server.control.form import PREFIX, ControlEndpoint

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "docs" / "control-calls.md", ROOT / "docs" / "control-calls.zh-CN.md")
MADE = re.compile(r"(<!-- made: control calls -->\n).*?(<!-- end -->)", re.DOTALL)
NAMES = {"users": "carol", "faults": "1", "snapshots": "before", "scenarios": "crash"}
"""First part of a path -> a name that stands for `*` in it."""


def fresh(page: Path) -> str:
    """The text of the page with the table of today's calls."""
    chinese = page.name.endswith(".zh-CN.md")
    return MADE.sub(lambda found: f"{found[1]}{calls(chinese)}\n{found[2]}", page.read_text(encoding="utf-8"))


def calls(chinese: bool) -> str:
    """A line for each path: its methods, bodies or queries as samples, and what the last method does."""
    rows = []
    for path, endpoints in groupby(ENDPOINTS, key=lambda endpoint: endpoint.path):
        found = list(endpoints)
        rows.append((_call(path, found, chinese), _about(found, chinese)))
    return table(("调用", "请求体") if chinese else ("call", "body"), rows)


def _call(path: str, endpoints: list[ControlEndpoint], chinese: bool) -> str:
    query = "".join(f"?{sample}" for one in endpoints if one.method == "GET" for sample in one.samples)
    *others, last = [one.method for one in endpoints]
    methods = "".join(f"`{method}`{'、' if chinese else ', '}" for method in others)
    return f"{methods}`{last} {PREFIX}{named(path)}{query}`"


def named(path: str) -> str:
    """The path of a call with a name in it."""
    return path.replace("*", NAMES[path.partition("/")[0]]) if "*" in path else path


def _about(endpoints: list[ControlEndpoint], chinese: bool) -> str:
    last = endpoints[-1]
    samples = [f"`{sample}`" for sample in last.samples if last.method == "POST"]
    words = _said(last.words, chinese)
    if not samples:
        return words
    return f"{'、'.join(samples)}：{words}" if chinese else f"{', '.join(samples)}: {words[0].lower()}{words[1:]}"


def _said(words: Doc, chinese: bool) -> str:
    return words.zh if chinese else words.en


def main() -> None:
    for page in PAGES:
        text = fresh(page)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            print(f"rewrote {page.name}")


if __name__ == "__main__":
    main()
