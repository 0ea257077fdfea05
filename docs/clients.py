"""The page of clients, in both languages: its tables are made from the story every client was told.

`python -m docs.clients` tells it again and writes the pages anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.clients.play import KINDS, Kind, Played, differences, expected, missing, played
from tests.conformance.clients.story import BY_ITSELF, STEPS

from docs.tables import table

HERE = Path(__file__).resolve().parent
PAGES = (HERE / "clients.md", HERE / "clients.zh-CN.md")
MADE = re.compile(r"(<!-- made: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
LISTED = re.compile(r"private(_|[A-Z])|(get|post)Private$")
"""Methods that stand for a path and nothing more."""
OWN, PATH, NONE, WRONG = "●", "○", "–", "✗"
WORDS = {
    "step": "步骤",
    "methods": "调用的方法",
    "amounts": "金额类型",
    "text": "文本",
    "numbers": "数字",
    "The venue's hints (`x-tally-lint`) name:": "平台的提示（`x-tally-lint`）会指出：",
}

Reports = Mapping[str, Played]


def fresh(page: Path, reports: Reports) -> str:
    """The text of the page with its tables as of this run. Raises KeyError for a block that nobody makes."""
    chinese = page.name.endswith(".zh-CN.md")

    def made(found: re.Match[str]) -> str:
        body = matrix(reports, chinese) if found[2] == "matrix" else methods(reports[found[2]], chinese)
        return f"{found[1]}{body}\n{found[3]}"

    return MADE.sub(made, page.read_text(encoding="utf-8"))


def matrix(reports: Reports, chinese: bool) -> str:
    """A line for each step, a column for each client."""
    head = (word("step", chinese), *(f"{kind.name}<br>{reports[kind.name].version}" for kind in KINDS))
    body = [
        (step.title_zh if chinese else step.title, *(mark(kind, reports[kind.name], step.name) for kind in KINDS))
        for step in STEPS
        if step.name != BY_ITSELF
    ]
    kept = (word("numbers" if has_numbers(reports[kind.name]) else "text", chinese) for kind in KINDS)
    return table(head, [*body, (word("amounts", chinese), *kept)])


def mark(kind: Kind, report: Played, name: str) -> str:
    done = report.steps.get(name)
    if done is None:
        return NONE if name in kind.lacks else WRONG
    (step,) = [step for step in STEPS if step.name == name]
    if "error" in done or any(differences(expected(kind, step), done["got"])):
        return WRONG
    return PATH if any(LISTED.match(method) for method in done["called"]) else OWN


def has_numbers(report: Played) -> bool:
    """Whether the client makes numbers of the amounts it has methods of its own for."""
    return _any_number(report.steps["deposit"]["got"])


def _any_number(value: Any) -> bool:
    return isinstance(value, Decimal) or (isinstance(value, dict) and any(map(_any_number, value.values())))


def methods(report: Played, chinese: bool) -> str:
    """What a client called for each step, and what the lint said of it."""
    body = [
        (step.title_zh if chinese else step.title, ", ".join(f"`{name}`" for name in report.steps[step.name]["called"]))
        for step in STEPS
        if step.name in report.steps and step.name != BY_ITSELF
    ]
    called = table((word("step", chinese), word("methods", chinese)), body)
    if not report.lint:
        return called
    return "\n".join(
        [called, "", word("The venue's hints (`x-tally-lint`) name:", chinese), "", "```text", *report.lint, "```"]
    )


def word(text: str, chinese: bool) -> str:
    return WORDS[text] if chinese else text


def main() -> None:
    for kind in KINDS:
        if absent := missing(kind):
            raise SystemExit(absent)
    reports = {kind.name: played(kind) for kind in KINDS}
    for page in PAGES:
        text = fresh(page, reports)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            print(f"rewrote {page.name}")


if __name__ == "__main__":
    main()
