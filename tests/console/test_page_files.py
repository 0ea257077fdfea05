"""The files of the page: calls that are made from the declarations are current, and everything comes from here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import console_calls, console_shots
from tests.tidy import files

PAGE = files.PACKAGE / "console" / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))
LINES_MAX = 400


def test_the_calls_are_made_from_their_declarations() -> None:
    assert console_calls.PLACE.read_text(encoding="utf-8") == console_calls.fresh(), "make docs writes it anew"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_what_it_is_and_fits_a_sitting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// ")
    assert text.count("\n") <= LINES_MAX


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_elements_of_text(path: Path) -> None:
    assert offences(path.read_text(encoding="utf-8")) == []


def offences(text: str) -> list[str]:
    """Ways to read a text as markup or as a program, and addresses of other hosts."""
    found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
    return found + [url for url in re.findall(r"https?://[^\"'\s]+", text) if url != "http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("text", ["node.innerHTML = text", "eval(text)", 'import "https://example.com/a.js"'])
def test_the_rule_can_fail(text: str) -> None:
    assert len(offences(text)) == 1


def test_every_view_has_its_pictures() -> None:
    """They are taken by `make docs`."""
    names = {
        console_shots.name_of(view, language, size)
        for view in console_shots.VIEWS
        for language in console_shots.LANGUAGES
        for size in console_shots.SIZES
    }
    assert {path.name for path in console_shots.PICTURES.glob("*.png")} == names
    begun = re.search(r"const VIEWS = \{ (.*) \};", (PAGE / "main.js").read_text(encoding="utf-8"))
    assert begun is not None
    assert begun[1].split(", ") == list(console_shots.VIEWS)
