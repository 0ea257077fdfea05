"""Manual of the console: packaged pages of rules and decisions, whose links lead to what can be read."""

from __future__ import annotations

import re
from html import unescape

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
    assert f'id="{anchor}"' in html(f"zh/rules/{page}")


def test_a_chinese_page_has_all_words_of_its_rules_and_says_its_language() -> None:
    """Ladder as docs/rules/chinese.json has it: three lines of a table with two cells each."""
    page = html("zh/rules/liquidation")
    assert '<html lang="zh-CN">' in page
    assert "<td>mgnRatio 不高于 1</td>" in page
    assert "<td>强平</td>" in page
    assert '<html lang="en">' in html("rules/liquidation")
    shown = re.sub(r"<[^>]*>|\s", "", unescape(page))
    for place, rule in rules().items():
        if place.startswith("liquidation.md#"):
            for line in rule.words_zh.splitlines():
                for cell in line.split(made.CELL):
                    assert re.sub(r"\s", "", cell) in shown


@pytest.mark.parametrize("line", ["a_b * c", "1 < 2", "a|b", "# x", "[y]"])
def test_a_line_is_shown_as_it_stands(line: str) -> None:
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(made.markdown_of(line))
    assert unescape(re.sub(r"<[^>]*>", "", html)).strip() == line


def test_a_title_without_its_chinese_is_an_error() -> None:
    with pytest.raises(LookupError, match="no Chinese of the title"):
        made.chinese_page("liquidation.md", {"liquidation.md": {"of": "another", "words": "强平"}})


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
