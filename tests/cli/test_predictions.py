"""A dry run says what the write then does, to the last digit, in random states of an account."""

from __future__ import annotations

import pytest

from tallystick.cli.predicting import course
from tests.cli.predictions import states
from tests.torture.form import scaled

SURFACES = ("2026-01", "2026-08")


@pytest.mark.parametrize("surface", SURFACES)
def test_the_prediction_is_what_happens(surface: str) -> None:
    tried = states(surface, range(1), 25)
    assert tried.wrong == []
    assert tried.judged >= 15
    assert tried.done >= 5


@pytest.mark.long
@pytest.mark.parametrize(("surface", "seeds"), [("2026-01", scaled(24, 72)), ("2026-08", scaled(17, 50))])
def test_the_prediction_is_what_happens_in_many_states(surface: str, seeds: int) -> None:
    """With TORTURE=long ten thousand are judged, and in a third of them the write is carried out."""
    tried = states(surface, range(1_000, 1_000 + seeds), 100)
    print(f"{surface}: {tried.judged} judged, {tried.done} carried out")
    assert tried.wrong == []
    assert tried.judged >= scaled(1_600, 5_000)
    assert tried.done >= scaled(450, 1_500)


def test_a_prediction_that_is_wrong_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: legs are left out, as if the request were the end of the run."""
    monkeypatch.setattr(course, "_let_pass", lambda *_: None)
    assert states("2026-01", range(1), 25).wrong
