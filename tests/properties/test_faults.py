"""Every kind of injected fault happens in directed runs under the shadow, and planted bugs of each family are seen."""

from __future__ import annotations

import functools
from collections import Counter
from typing import get_args

import pytest

from tallystick.engine import faults
from tallystick.engine.kinds import FaultKind
from tests.properties import directed, directed_faults
from tests.properties.faulty import KINDS
from tests.properties.oracle import Broken
from tests.properties.planting import Bug, plant
from tests.properties.run import Run
from tests.properties.workload import played

BUGS = (
    Bug("nobody counts", "faults._was_met", "fault.met += 1", "fault.met += 0", directed_faults.converts),
    Bug("it fires once more", "faults._is_done", "<= fault.fired", "< fault.fired", directed.a_refused_trade),
    Bug("two fire at once", "faults.meeting", "not taken and _wants", "_wants", directed.a_refused_trade),
    Bug(
        "everybody's come first", "faults.meeting", "for own in (True, False)", "for own in (False, True)",
        directed.a_refused_trade,
    ),
    Bug("from the next one on", "faults._wants", "number >= rule.nth", "number > rule.nth", directed_faults.refused),
    Bug("a refused command is done", "faults.refuse", "return True", "return False", directed_faults.refused),
    Bug("refused ones count alone", "faults.let_pass", "work.emit(event)", "pass", directed_faults.refused),
    Bug(
        "it ends with the fault", "repay_faults.end", "is not None", "is None", directed_faults.ends_early
    ),
    Bug(
        "late by a second more", "repay_faults.hold_up", "work.stamp.at_ms + late.ms", "work.stamp.at_ms + late.ms + 1",
        directed_faults.leg_late,
    ),
    Bug("not let go", "faults._cleared", "run.held_by = 0", "pass", directed_faults.stays_running),
    Bug("asked again", "repay_faults.hold_up", "run.held_leg == leg", "False", directed_faults.leg_late),
    Bug("a canceled leg fills", "repay_faults.most_filled", "return 0", "return None", directed_faults.leg_canceled),
    Bug(
        "a leg fills more", "repay_faults.most_filled", "mul_down(size, part.share)", "size",
        directed_faults.leg_partly_filled,
    ),
    Bug("a millisecond longer", "convert._let_expire_early", "short.ms - 1", "short.ms", directed_faults.converts),
    Bug("not cut", "convert._cut_short", "event.expires_at_ms", "event.expires_at_ms + 1", directed_faults.converts),
    Bug("converted anyway", "easy_convert.easy_convert", "        return\n    for event", "    for event",
        directed_faults.converts),
    Bug(
        "repaid anyway", "borrow.auto_repay", "user.cross or not faults.fires", "True or not faults.fires",
        directed_faults.auto_repay_stalls,
    ),
    Bug("booked in time", "late_interest.put_off", "hour_ms + late.ms", "hour_ms", directed_faults.interest_late),
    Bug(
        "charged at once all the same", "late_interest._put_off", "user.charged_ms = event.hour_ms", "pass",
        directed_faults.interest_late,
    ),
    Bug(
        "lost where it was repaid", "late_interest._booked", "for charge in late.charges",
        "for charge in late.charges if ledger.debts(state, event.user_id).get(charge.ccy)",
        directed_faults.paid_before_it_was_booked,
    ),
    Bug(
        "borrowing is switched off", "borrow.switch_spot_borrow", " or command.user_id in work.state.late_interest", "",
        directed_faults.paid_before_it_was_booked,
    ),
    Bug(
        "the order stays", "order_faults.cancel_placed", "orders.close(work, order.order_id, orders.CANCELED, SYSTEM)",
        "pass", directed_faults.orders_and_collateral,
    ),
    Bug(
        "the collateral moves", "flexible_loan.adjust_collateral", "locked, cover)\n    if not",
        "locked, cover)\n    if True or not",
        directed_faults.orders_and_collateral,
    ),
    Bug("settled in time", "loan_requests._take", "delay_ms += late.ms", "pass", directed_faults.loans),
    Bug(
        "settled all the same", "loan_requests.settle_next",
        'if faults.fires(work, "loan-dropped", request.user_id, what=request.kind):',
        "if False:",
        directed_faults.loans,
    ),
)  # fmt: skip


@pytest.mark.parametrize("play", directed_faults.ALL, ids=lambda play: str(play.__name__))
def test_a_directed_run(play: functools.partial[Run]) -> None:
    play().finish()


def test_every_kind_fires_in_them() -> None:
    seen: Counter[str] = Counter()
    for play in (*directed_faults.ALL, directed.a_refused_trade):
        seen += play().shadow.fired_ever
    kinds = get_args(FaultKind)
    assert [kind for kind in kinds if not seen[kind]] == []
    assert set(kinds) == set(KINDS) == set(faults.KINDS)


def test_random_runs_inject_faults_of_many_kinds() -> None:
    """Every fourth run does; here are three of them."""
    seen: Counter[str] = Counter()
    for seed in (3, 7, 11):
        seen += played(seed).shadow.fired_ever
    assert len(seen) >= 8


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_seen(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, bug.function, bug.old, bug.new)
    play = bug.caught_by
    assert not isinstance(play, tuple)
    with pytest.raises((Broken, AssertionError)):
        play().finish()  # type: ignore[attr-defined]
