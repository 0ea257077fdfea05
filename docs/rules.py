"""Rules that events follow, in the words of docs/rules, and their pages: `data/rules.json` and `data/pages.json`.

By the first control calls explain an entry, the second are what the console opens. `python -m docs.rules` makes both
anew. A rule begins at an anchor and ends with its source, in italics; its Chinese stands in docs/rules/chinese.json,
beside the Chinese titles of pages. A page of rules has a Chinese one beside it, zh/rules/NAME, of all that is there in
Chinese.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Final

from tallystick.server.control.explanations import EXPLAINED

RULES: Final = Path(__file__).resolve().parent / "rules"
CHINESE: Final = RULES / "chinese.json"
DECISIONS: Final = RULES.parent / "decisions"
DATA: Final = Path(__file__).resolve().parents[1] / "src" / "tallystick" / "data"
FILE: Final = DATA / "rules.json"
PAGES: Final = DATA / "pages.json"
SOURCE: Final = re.compile(r"^(.*?)\s*\*((?:Documented|Observed|Inferred|Chosen)\b[^\n]*)\*$", re.DOTALL | re.MULTILINE)
DECIDED: Final = re.compile(r"(?<!\d)\d{3}(?!\d)")
ANCHOR: Final = re.compile(r'<a id="([^"]+)"></a>')
CELL: Final = " · "


def rule(place: str) -> dict[str, str]:
    """Place, words and source of a rule, without markup; a row of a table is a line.

    Raises LookupError: there is none, or it names no source.
    """
    page, _, anchor = place.partition("#")
    text = (RULES / page).read_text(encoding="utf-8")
    _, found, rest = text.partition(f'<a id="{anchor}"></a>')
    sourced = SOURCE.match(re.split(r"^#|<a id=", rest, maxsplit=1, flags=re.MULTILINE)[0]) if found else None
    if sourced is None:
        raise LookupError(f"docs/rules/{place} is no rule with a source")
    lines = [plain(line) for line in sourced[1].splitlines()]
    return {"place": place, "words": "\n".join(line for line in lines if line), "source": plain(sourced[2])}


def plain(line: str) -> str:
    """A line without links, bold type, code marks and fences; the cells of a row stand behind each other."""
    if line.startswith(("```", "|--")):
        return ""
    cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    without = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", CELL.join(cells))
    return " ".join(re.sub(r"\*+|`", "", without).split())


def in_both(place: str, chinese: dict[str, dict[str, str]]) -> dict[str, str]:
    """A rule with its words and source in Chinese. Raises LookupError: there is no Chinese, or it is of other words."""
    found, own = rule(place), chinese.get(place)
    if own is None or own["of"] != digest(found):
        raise LookupError(f"{CHINESE.name} has no Chinese of {place} as it stands: write it, of {digest(found)}")
    return {**found, "words_zh": own["words"], "source_zh": own["source"]}


def digest(found: dict[str, str]) -> str:
    """Digest of the English of a rule, by which a translation that was left behind is seen."""
    return hashlib.sha256(f"{found['words']}\n{found['source']}".encode()).hexdigest()[:12]


def made() -> str:
    """Text of the rules, one a line."""
    places = sorted({place for each in EXPLAINED.values() for place in each.rules})
    chinese = json.loads(CHINESE.read_text(encoding="utf-8"))
    lines = (json.dumps(in_both(place, chinese), ensure_ascii=False) for place in places)
    return "[\n" + ",\n".join(f" {line}" for line in lines) + "\n]\n"


def chinese_page(page: str, chinese: dict[str, dict[str, str]]) -> str:
    """Page of rules in Chinese: its title, and every rule of it that has Chinese, in its order.

    Raises LookupError: there is no title in Chinese, or a translation is of other words.
    """
    text = (RULES / page).read_text(encoding="utf-8")
    title, own = {"words": text.partition("\n")[0].removeprefix("# "), "source": ""}, chinese.get(page)
    if own is None or own["of"] != digest(title):
        raise LookupError(f"{CHINESE.name} has no Chinese of the title of {page}: write it, of {digest(title)}")
    parts = [f"# {own['words']}", f"这里是有中文的规则，[整页](../../rules/{page})是英文。"]
    for anchor in ANCHOR.findall(text):
        place = f"{page}#{anchor}"
        if place in chinese:
            found = in_both(place, chinese)
            original = f"[英文原文](../../rules/{place})"
            parts.append(f'<a id="{anchor}"></a>')
            parts.append(markdown_of(found["words_zh"]))
            parts.append(f"*{with_decisions(found['source_zh'])}* {original}")
    return "\n\n".join(parts) + "\n"


def markdown_of(words: str) -> str:
    """Words of a rule as markdown: lines that have cells are a table, and each other line is a paragraph."""
    parts: list[str] = []
    for line in map(literal, words.splitlines()):
        if CELL not in line:
            parts.append(line)
            continue
        row = f"| {line.replace(CELL, ' | ')} |"
        if parts and parts[-1].startswith("|"):
            parts[-1] += f"\n{row}"
        else:
            parts.append(f"{row}\n{'|---' * (line.count(CELL) + 1)}|")
    return "\n\n".join(parts)


def literal(line: str) -> str:
    """A line that markdown shows as it stands."""
    return re.sub(r"([\\`*_<>#|\[\]])", r"\\\1", line)


def with_decisions(source: str) -> str:
    """Source of a rule, with its decisions as links."""
    before, chosen, numbers = source.partition("自定")
    return literal(before) + chosen + DECIDED.sub(lambda found: link_to(found[0]), numbers)


def link_to(number: str) -> str:
    """Link to a decision by its number."""
    path = next(DECISIONS.glob(f"{number}-*.md"))
    return f"[{number}](../../decisions/{path.name})"


def made_pages() -> str:
    """Text of the pages: rules in both languages and their sources, and the decisions behind rules and events."""
    places = {place for each in EXPLAINED.values() for place in each.rules}
    numbers = {number for each in EXPLAINED.values() for number in each.decisions}
    numbers.update(
        number for place in places for number in DECIDED.findall(rule(place)["source"].partition("Chosen")[2])
    )
    paths = {RULES / place.partition("#")[0] for place in places} | {RULES / "sources.md"}
    paths.update(path for number in numbers for path in DECISIONS.glob(f"{number}-*.md"))
    pages = {f"{path.parent.name}/{path.stem}": path.read_text(encoding="utf-8") for path in sorted(paths)}
    chinese = json.loads(CHINESE.read_text(encoding="utf-8"))
    for page in sorted({place.partition("#")[0] for place in places}):
        pages[f"zh/rules/{page.removesuffix('.md')}"] = chinese_page(page, chinese)
    lines = (f" {json.dumps(name)}: {json.dumps(text, ensure_ascii=False)}" for name, text in pages.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    for file, text in ((FILE, made()), (PAGES, made_pages())):
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"rewrote {file.name}")


if __name__ == "__main__":
    main()
