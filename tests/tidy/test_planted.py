"""Each planted bug fits the code of today: what it replaces stands in its function exactly once."""

from __future__ import annotations

import pytest

from tests.properties import caught_in
from tests.properties.planting import source_of
from tests.properties.test_invariant_ids import PLANTED
from tests.properties.test_planted_bugs import BUGS

TEXTS = sorted({*((bug.function, bug.old) for bug in BUGS), *((bug.function, bug.old) for bug in PLANTED)})


@pytest.mark.parametrize("function", sorted({function for function, _ in TEXTS}))
def test_what_a_bug_replaces_is_there_once(function: str) -> None:
    """Otherwise a line was renamed or reflowed, and the bug is planted nowhere: mend its text as well."""
    source = source_of(function)
    olds = [old for name, old in TEXTS if name == function]
    assert {old: source.count(old) for old in olds} == dict.fromkeys(olds, 1)


def test_only_bugs_that_are_planted_have_a_run_that_is_tried_first() -> None:
    assert set(caught_in.known()) <= {*(bug.name for bug in BUGS), *(bug.identifier for bug in PLANTED)}
