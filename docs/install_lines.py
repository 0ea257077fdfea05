"""Install lines of every page, as `data.install` has them. `python -m docs.install_lines` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from tallystick.data.install import install

ROOT = Path(__file__).resolve().parents[1]
LINE = re.compile(r"""pip install (["']?)(?:tallystick|\.)(?:\[([a-z,]+)\])?\1(?=[\s`,;)]|$)""", re.MULTILINE)


def pages() -> list[Path]:
    """The pages a user reads: README and docs."""
    return [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def fresh(text: str) -> str:
    """The text with each line that installs the package as it is today."""
    return LINE.sub(lambda found: install(*(found[2].split(",") if found[2] else ())), text)


def main() -> None:
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if fresh(text) != text:
            page.write_text(fresh(text), encoding="utf-8")
            print(f"rewrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
