"""The pages on what we chose, their index, and the list the package carries are one and the same."""

from __future__ import annotations

import re

from tallystick.engine.parameters import LEVERS
from tallystick.venue.fidelity import decisions
from tests.tidy.files import ROOT

PAGES = ROOT / "docs" / "decisions"


def test_every_page_is_in_the_package_with_its_title() -> None:
    pages = {}
    for path in sorted(PAGES.glob("[0-9]*.md")):
        number, _, title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").partition(" ")
        assert path.stem.startswith(f"{number}-")
        pages[path.stem] = title
    assert {row.page: row.title for row in decisions()} == pages, "a page stands in src/tallystick/data/decisions.json"


def test_the_index_names_every_page_with_its_title() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d{3})\]\((\S+)\.md\) \| (.+) \|$", index, re.MULTILINE)
    assert [(row.page[:3], row.page, row.title) for row in decisions()] == rows


def test_the_settings_of_a_decision_are_levers() -> None:
    for row in decisions():
        for setting in row.settings:
            table, _, rest = setting.partition(".")
            lever = LEVERS[table][rest.removeprefix("*.")]
            assert not lever.fixed, f"{row.page} names {setting}, which cannot be changed"
