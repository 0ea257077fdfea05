"""Interest that is booked late is the same, to the last atom and row, as interest booked at every hour.

The same commands are played twice: as the venue does it, and with everybody charged after every entry. After each
entry what everybody owes is asked of both, and asking must leave no trace.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.json import encode

from tallystick.engine import charging, core, ledger, transient
from tallystick.engine.state import State
from tallystick.views.rows import rows_of, rows_of_charges
from tests.properties.run import Run
from tests.properties.test_replay import run_of

Rows = dict[tuple[str, int, int, int], bytes]


def owed_by_everybody(state: State) -> Any:
    """All that there is to ask about debts."""
    return (
        {user_id: ledger.debts(state, user_id) for user_id in state.users},
        {user_id: ledger.equity(state, user_id) for user_id in state.users},
        {(user_id, ccy): ledger.debt(state, user_id, ccy) for user_id in state.users for ccy in state.rates},
        {loan_id: ledger.loan_debts(state, loan) for loan_id, loan in state.loans.items()},
        {ccy: ledger.owed(state, ccy) for ccy in state.rates},
        {
            (user.user_id, ccy): ledger.changed_at_ms(state, user, ccy)
            for user in state.users.values()
            for ccy in state.rates
        },
    )


class Play:
    """One playing of a run's commands."""

    def __init__(self, run: Run) -> None:
        self.state = core.new_state(run.parameters, run.started_at_ms)
        self.rows: Rows = {}
        self.late = 0
        """Hours that were booked after they had passed."""

    def keep(self, rows: list[Any]) -> None:
        for row in rows:
            self.rows[row.table, row.user_id, row.key, row.id] = row.body

    def do(self, stamp: core.Stamp, command: Any, *, eagerly: bool) -> bytes:
        events = core.handle(self.state, stamp, command)
        if eagerly:
            charging.charge_all(self.state)
        charges = transient.of(self.state).charges
        self.late += sum(charge.hour_ms < self.state.hour_ms for charge in charges)
        self.keep(rows_of(stamp, events, self.state))
        return encode(events)


def replay_both(run: Run) -> tuple[Play, Play]:
    """(as it is, with everybody charged after every entry), compared after every entry and at the end."""
    lazy, eager = Play(run), Play(run)
    for place, (stamp, command, _) in enumerate(run.entries):
        assert lazy.do(stamp, command, eagerly=False) == eager.do(stamp, command, eagerly=True)
        if place % 3 == 0:
            before = core.encode_state(lazy.state)
            assert owed_by_everybody(lazy.state) == owed_by_everybody(eager.state), f"after {stamp}: {command}"
            assert core.encode_state(lazy.state) == before, "asking leaves no trace"
    assert core.state_hash(lazy.state) == core.state_hash(eager.state)
    lazy.keep(rows_of_charges(transient.of(charging.charged(lazy.state)).charges))
    assert lazy.rows == eager.rows
    return lazy, eager


@pytest.mark.parametrize("seed", range(6))
def test_late_equals_at_every_hour(seed: int) -> None:
    _, eager = replay_both(run_of(seed))
    assert eager.late == 0


def test_some_interest_is_booked_late() -> None:
    """Else the test above compares nothing."""
    assert sum(replay_both(run_of(seed))[0].late for seed in range(4)) > 10


def test_charging_idle_accounts_by_the_hour_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """With two hours instead of ten days, so that it comes up often."""
    monkeypatch.setattr(charging, "IDLE_HOURS", 2)
    replay_both(run_of(1))
