"""The page on how the venue differs holds to the declarations: numbers, levers, confidence, decisions, options."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from docs.differs import DIFFERENCES, Difference

from docs import differs
from tallystick.cli.main import main
from tallystick.venue.fidelity import SOURCES, decisions


def test_there_are_twenty() -> None:
    assert len({one.en[0] for one in DIFFERENCES}) == len(DIFFERENCES) == 20


@pytest.mark.parametrize("page", differs.PAGES, ids=lambda page: page.name)
def test_a_page_reads_as_made(page: Path) -> None:
    assert differs.fresh(page) == page.read_text(encoding="utf-8"), "make docs writes it anew"
    assert differs.rows(page.name.endswith(".zh-CN.md")).count("\n") == len(DIFFERENCES) + 1


def test_every_source_has_words() -> None:
    assert list(differs.CONFIDENCE) == list(SOURCES)


@pytest.mark.parametrize("one", DIFFERENCES, ids=lambda one: one.en[0])
def test_a_lever_moves_what_the_row_names(one: Difference) -> None:
    assert bool(one.numbers) != bool(one.lever), "a row has numbers, or else a lever in words"
    for number in differs.numbers_of(one):
        assert not number.fixed, f"{number.name} cannot be changed: {number.fixed}"
    if one.lever:
        assert option_or_command(one.lever)


@pytest.mark.parametrize("one", [one for one in DIFFERENCES if one.numbers], ids=lambda one: one.en[0])
def test_the_decision_of_a_row_names_its_levers(one: Difference) -> None:
    (page,) = (row for row in decisions() if row.page.startswith(one.page))
    general = {re.sub(r"^(currencies|instruments)\.[^.]+\.", r"\1.*.", name) for name in one.numbers}
    assert general <= set(page.settings)


def option_or_command(words: str) -> bool:
    """Whether the words are a command, or one of its options."""
    context = click.Context(main)
    found: click.Command | None = main
    for word in words.split()[1:]:
        if word.startswith("--"):
            return found is not None and any(word in parameter.opts for parameter in found.params)
        if not isinstance(found, click.Group):
            return False
        found = found.get_command(context, word)
    return found is not None


def test_a_lever_that_is_not_there_is_seen() -> None:
    assert option_or_command("tally serve --surface")
    assert not option_or_command("tally serve --surfaces")
    assert not option_or_command("tally price set")
    with pytest.raises(KeyError):
        differs.numbers_of(Difference(("", ""), ("", ""), "006", ("constants.repay_bounds",)))
