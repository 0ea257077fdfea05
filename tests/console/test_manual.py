"""Manual of the console: packaged pages of rules and decisions, whose links lead to what can be read."""

from __future__ import annotations

import re

import pytest

from docs import rules as made
from tallystick.console import manual
from tallystick.server.control.explanations import EXPLAINED, decided_by, rules

HREF = re.compile(r'href="([^"]*)"')


def html(name: str) -> str:
    found = manual.page(name)
    assert found is not None, name
    return found.decode("utf-8")


def test_the_pages_are_those_of_the_documents() -> None:
    assert made.PAGES.read_text(encoding="utf-8") == made.made_pages(), "make docs writes it anew"


@pytest.mark.parametrize("place", rules())
def test_every_rule_that_is_named_can_be_opened(place: str) -> None:
    page, _, anchor = place.partition(".md#")
    assert f'id="{anchor}"' in html(f"rules/{page}")


def test_every_decision_that_is_named_can_be_opened_and_has_a_chinese_title() -> None:
    for one in decided_by(EXPLAINED):
        assert "What would change our mind" in html(f"decisions/{one.page}") or "<h1>" in html(f"decisions/{one.page}")
        assert re.search(r"[\u4e00-\u9fff]", one.title_zh), one.page


@pytest.mark.parametrize("name", manual.pages())
def test_every_link_leads_to_a_page_that_is_there(name: str) -> None:
    for href in HREF.findall(html(name).partition("<main")[2]):
        if href.startswith("https://"):
            continue
        path, _, anchor = href.partition("#")
        target = html(path.removeprefix("/manual/")) if path else html(name)
        assert not anchor or f'id="{anchor}"' in target, href


def test_a_link_to_what_the_package_lacks_is_its_text_alone() -> None:
    assert "bench/README" not in html("rules/interest")
    assert manual._target("../../bench/README.md", "rules/interest") == ""
    assert manual._target("interest.md#charge", "rules/margin") == "/manual/rules/interest#charge"
    assert manual._target("../decisions/012-spot-risk.md", "rules/margin") == "/manual/decisions/012-spot-risk"


def test_there_is_no_other_page() -> None:
    assert manual.page("rules/../../parameters") is None
    assert manual.page("rules/nothing") is None
