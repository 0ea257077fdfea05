"""Interest charged when somebody looks is the same, to the last atom and row, as interest charged at every hour."""

from __future__ import annotations

import pytest
from msgspec.json import encode

from tallystick.engine import core, derived, ledger
from tallystick.views.rows import rows_of, rows_of_charges
from tests.properties.run import Run
from tests.properties.test_replay import run_of


def replay(run: Run, *, eagerly: bool) -> tuple[list[bytes], str, dict[tuple[str, int, int, int], bytes], int]:
    """(events of each entry, hash at the end, rows, charges made by nobody's asking) of the same commands again."""
    first = core.Stamp(0, run.started_at_ms)
    state = core.new_state(run.parameters, first.at_ms)
    said, rows, late = [], {}, 0
    for stamp, command, _ in run.entries:
        events = core.handle(state, stamp, command)
        if eagerly:
            ledger.settle_all(state)
        charges = derived.of(state).take_charges()
        late += sum(charge.hour_ms < state.hour_ms for charge in charges)
        for row in (*rows_of(stamp, events, state), *rows_of_charges(charges)):
            rows[row.table, row.user_id, row.key, row.id] = row.body
        said.append(encode(events))
    ledger.settle_all(state)
    for row in rows_of_charges(derived.of(state).take_charges()):
        rows[row.table, row.user_id, row.key, row.id] = row.body
    return said, core.state_hash(state), rows, late


@pytest.mark.parametrize("seed", range(6))
def test_lazy_equals_eager(seed: int) -> None:
    run = run_of(seed)
    eager, lazy = replay(run, eagerly=True), replay(run, eagerly=False)
    assert lazy[:3] == eager[:3]
    assert eager[3] == 0


def test_some_interest_is_charged_late() -> None:
    """Else the test above compares nothing."""
    assert sum(replay(run_of(seed), eagerly=False)[3] for seed in range(6)) > 10
