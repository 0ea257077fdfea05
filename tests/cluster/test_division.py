"""A venue divided over several leaders says the same of everybody as one engine, to the last atom."""

from __future__ import annotations

import random

import pytest

from tests.cluster import division
from tests.cluster.division import Divided, Engine, newcomers, totals, wish

START_MS = 1_767_225_600_000
HOUR_MS = 3_600_000
USERS = 12


def both(parts: int, seed: int, rounds: int = 40) -> tuple[Divided, Engine]:
    """The same wishes at a divided venue and at one engine; between two hours all post arrives."""
    draw = random.Random(seed)
    divided, one = Divided(parts, START_MS, seed), Engine(division.POOL, START_MS)
    for user_id, command in newcomers(USERS):
        divided.do(START_MS, user_id, command)
        assert one.do(START_MS, command)
    for number in range(rounds):
        at_ms = START_MS + number * HOUR_MS // 2 + 1
        # One wish of each user at most: what the post brings in another order is of different users then.
        for user_id, command in {asked[0]: asked for asked in (wish(draw, USERS) for _ in range(6))}.values():
            divided.do(at_ms, user_id, command)
            accepted = one.do(at_ms, command)
            divided.deliver(at_ms)
            assert divided.outcomes[-1] == (command, accepted)
        assert divided.totals() == totals(one.state)
    return divided, one


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("parts", [2, 5])
def test_the_totals_agree_with_one_engine(parts: int, seed: int) -> None:
    divided, one = both(parts, seed)
    assert sum(accepted for _, accepted in divided.outcomes) > 30
    assert divided.post.sent["given"] > 10
    assert totals(one.state)["owed"] < 0 or totals(one.state)["pool"] < division.POOL


def test_coins_that_come_twice_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that does not look at the numbers of messages makes coins."""

    class Forgetful(set[int]):
        def __contains__(self, number: object) -> bool:
            return False

    begin = Divided.__init__

    def forgetful(divided: Divided, parts: int, at_ms: int, seed: int) -> None:
        begin(divided, parts, at_ms, seed)
        divided.heard = Forgetful()

    monkeypatch.setattr(Divided, "__init__", forgetful)
    with pytest.raises(AssertionError):
        both(2, 1)
