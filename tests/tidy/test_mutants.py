"""The page of survivors: each line it explains still stands in the code."""

from __future__ import annotations

import pytest

from tests.mutants.__main__ import EXPLAINED, explanations
from tests.properties.planting import source_of

KNOWN = sorted(explanations(EXPLAINED.read_text(encoding="utf-8")))


def test_the_page_is_read() -> None:
    assert len(KNOWN) == EXPLAINED.read_text(encoding="utf-8").count("```diff") > 10


@pytest.mark.parametrize("survivor", KNOWN, ids=lambda survivor: survivor.function)
def test_what_a_survivor_changes_is_still_there(survivor: object) -> None:
    assert isinstance(survivor, tuple)
    function, change = survivor
    taken = [line[1:] for line in change if line[0] == "-"]
    lines = [line.strip() for line in source_of(function).splitlines()]
    assert [line for line in taken if line not in lines] == [], "mend or drop its explanation"
