"""README is short, says the same in both languages, and leads to every page that took over from it."""

from __future__ import annotations

import re

import pytest

from tests.tidy.files import ROOT

ENGLISH, CHINESE = "README.md", "README.zh-CN.md"
WORDS_MAX = 500
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)")
TOOK_OVER = ("docs/first-session", "docs/scope", "docs/control-calls", "docs/differs", "docs/install", "docs/images")


def prose(page: str) -> str:
    return FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))


def test_it_is_read_in_two_minutes() -> None:
    assert len(re.sub(r"\]\([^)]*\)", "]", prose(ENGLISH)).split()) <= WORDS_MAX


@pytest.mark.parametrize(("page", "ending"), [(ENGLISH, ".md"), (CHINESE, ".zh-CN.md")])
def test_it_leads_to_the_pages_of_its_language(page: str, ending: str) -> None:
    targets = LINK.findall(prose(page))
    assert [target for target in targets if not (ROOT / target).exists()] == []
    assert [name for name in TOOK_OVER if name + ending not in targets] == []


def test_both_languages_have_the_same_parts() -> None:
    for part in (r"^(#+) ", r"^    \S.*?(?=  +#|$)", r"^(- )", r"`([^`]+)`"):
        left, right = (re.findall(part, prose(page), re.MULTILINE) for page in (ENGLISH, CHINESE))
        assert sorted(left) == sorted(right), part


def test_what_differs_takes_five_lines() -> None:
    part = prose(ENGLISH).partition("## How it differs from the exchange")[2].partition("## ")[0]
    assert len(re.findall(r"^- ", part, re.MULTILINE)) == 5
