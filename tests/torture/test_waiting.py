"""The last of all: what has become of connections that hung, and of clients that never read, while the others ran."""

from __future__ import annotations

import pytest

from tests.torture.hostile import CONNECTIONS
from tests.torture.served import answers, until
from tests.torture.waiting import CUT_OFF, Waiting

pytestmark = pytest.mark.torture

GROWTH_MAX = 64 * 1024 * 1024


@pytest.fixture
def over(waiting: Waiting) -> Waiting:
    waiting.wait()
    return waiting


def test_every_state_of_a_connection_ends(over: Waiting) -> None:
    print(*(f"{one.state.name}: {one.ended_s:.1f} s" for one in over.held), sep="\n")
    assert [one.state.name for one in over.held if not one.ended_s] == []
    until(lambda: over.hanging.handles() <= over.handles + 2, 60, "all handles are let go")
    assert answers(over.hanging)
    assert "Traceback" not in over.hanging.log(), over.hanging.log()
    assert over.hanging.stop() == 0


def test_whoever_takes_nothing_is_cut_off(over: Waiting) -> None:
    told = {kind: attack.told() for kind, attack in over.attacks.items()}
    print(*told.values(), sep="\n")
    assert {kind: len(told[kind]["ended_s"]) for kind in CUT_OFF} == dict.fromkeys(CUT_OFF, CONNECTIONS)
    assert over.most_memory - over.memory < GROWTH_MAX
    assert answers(over.unread)
    assert "Traceback" not in over.unread.log(), over.unread.log()
    assert over.unread.stop() == 0


def test_the_planted_bug_is_seen(over: Waiting) -> None:
    """With that for stalled, and a socket that is read on, the same client is not cut off while all others are."""
    assert over.planted_attack.told()["ended_s"] == []
