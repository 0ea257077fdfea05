"""Rules that events follow, in the words of docs/rules: `data/rules.json`, by which control calls explain an entry.

`python -m docs.rules` makes it anew. A rule begins at an anchor and ends with its source, in italics.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from tallystick.server.control.explanations import EXPLAINED

RULES: Final = Path(__file__).resolve().parent / "rules"
FILE: Final = Path(__file__).resolve().parents[1] / "src" / "tallystick" / "data" / "rules.json"
SOURCE: Final = re.compile(r"^(.*?)\s*\*((?:Documented|Observed|Inferred|Chosen)\b[^\n]*)\*$", re.DOTALL | re.MULTILINE)


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
    without = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " · ".join(cells))
    return " ".join(re.sub(r"\*+|`", "", without).split())


def made() -> str:
    """Text of the file, a rule a line."""
    places = sorted({place for each in EXPLAINED.values() for place in each.rules})
    return "[\n" + ",\n".join(" " + json.dumps(rule(place), ensure_ascii=False) for place in places) + "\n]\n"


def main() -> None:
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != made():
        FILE.write_text(made(), encoding="utf-8")
        print(f"rewrote {FILE.name}")


if __name__ == "__main__":
    main()
