"""Faults of one-click repays: a run that is held up or ends early, a leg that fills in part or not at all.

Legs count from 1. A run that a fault has held up before a leg is not asked again before the same one.
Source: chosen (decisions/039).
"""

from __future__ import annotations

from tallystick.engine import faults
from tallystick.engine.amounts import mul_down
from tallystick.engine.fault_events import RepayHeld
from tallystick.engine.state import RepayRun, State
from tallystick.engine.work import Stamp, Work, applies


def _next_leg(run: RepayRun) -> int:
    return len(run.legs) + 1


def end(work: Work, run: RepayRun) -> bool:
    """Test whether a fault ends a run after the leg it did last. Emits: FaultMet."""
    leg = _next_leg(run)
    if leg == 1 or run.held_leg == leg:
        return False
    return faults.fires(work, "repay-ends-early", run.user_id, leg=leg - 1) is not None


def hold_up(work: Work, run: RepayRun) -> bool:
    """Hold a run up before its next leg, if a fault says so. Emits: FaultMet, RepayHeld."""
    leg = _next_leg(run)
    if run.held_leg == leg:
        return False
    stays = faults.fires(work, "repay-stays-running", run.user_id, leg=leg)
    if stays is not None:
        work.emit(RepayHeld(user_id=run.user_id, leg=leg, held_by=stays.fault_id, until_ms=0))
        return True
    late = faults.fires(work, "repay-leg-late", run.user_id, leg=leg)
    if late is not None:
        until_ms = work.stamp.at_ms + late.ms
        work.emit(RepayHeld(user_id=run.user_id, leg=leg, held_by=0, until_ms=until_ms))
    return late is not None


def most_filled(work: Work, run: RepayRun, size: int) -> int | None:
    """Most of this size that the leg may fill; None is all of it. Emits: FaultMet."""
    leg = _next_leg(run)
    if faults.fires(work, "repay-leg-canceled", run.user_id, leg=leg):
        return 0
    part = faults.fires(work, "repay-leg-partly-filled", run.user_id, leg=leg)
    return None if part is None else mul_down(size, part.share)


# ---- events


@applies(RepayHeld)
def _held(state: State, stamp: Stamp, event: RepayHeld) -> None:
    run = state.runs[event.user_id]
    run.held_leg, run.held_by = event.leg, event.held_by
    if event.until_ms:
        run.next_step_at_ms = event.until_ms
