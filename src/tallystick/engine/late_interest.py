"""Interest that a fault has booked late: worked out at its hour as ever, told and booked some minutes after it.

It is put off before the hour passes. Until it is booked nobody is told of it. Then its row is that of its hour, and
its bill that of the booking.
A repayment in between leaves the interest as it was, so that a debt that was paid in full comes back by it.
Source: chosen (decisions/039).
"""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import accrual, charging, faults, ledger
from tallystick.engine.fault_events import InterestBooked, InterestPutOff
from tallystick.engine.interest import Charge
from tallystick.engine.state import LateInterest, State
from tallystick.engine.work import Stamp, Work, applies


def put_off(work: Work, hour_ms: int) -> None:
    """Put off the interest of the hour that ends, for users whose faults say so. Emits: FaultMet, InterestPutOff."""
    state = work.state
    rules = (fault.rule for fault in state.faults.values())
    for user_id in dict.fromkeys(rule.user_id for rule in rules if rule.kind == "interest-late"):
        late = faults.fires(work, "interest-late", user_id) if ledger.debts(state, user_id) else None
        if late is not None:
            work.emit(InterestPutOff(user_id=user_id, hour_ms=hour_ms, until_ms=hour_ms + late.ms))


def due_at_ms(state: State) -> int | None:
    """Time at which the first interest that was put off is booked."""
    if not state.late_interest:
        return None
    return min(late.until_ms for late in state.late_interest.values())


def book_next(work: Work) -> None:
    """Book the interest that is due first; at one time that of the user who came first. Emits: InterestBooked."""
    waiting = work.state.late_interest
    user_id = min(waiting, key=lambda user_id: (waiting[user_id].until_ms, user_id))
    ccys = tuple(charge.ccy for charge in waiting[user_id].charges)
    work.emit(InterestBooked(user_id=user_id, ccys=ccys))


# ---- events


@applies(InterestPutOff)
def _put_off(state: State, stamp: Stamp, event: InterestPutOff) -> None:
    user = state.users[event.user_id]
    charges = accrual.charges_until(state, user, event.hour_ms)
    state.late_interest[event.user_id] = LateInterest(event.until_ms, charges)
    user.charged_ms = event.hour_ms


@applies(InterestBooked)
def _booked(state: State, stamp: Stamp, event: InterestBooked) -> None:
    late = state.late_interest.pop(event.user_id)
    charges = [_now(state, late.until_ms, charge) for charge in late.charges]
    for ccy in charging.book(state, f"debt:{event.user_id}", charges):
        ledger.touch(state.users[event.user_id], ccy, stamp.at_ms)


def _now(state: State, until_ms: int, charge: Charge) -> Charge:
    """A charge as it is booked now: its bill has the balance of today, and `cash` is such that it comes out so.

    Its time is the one it was put off to, also where a clock that jumps books several hours at one instant.
    """
    held, owed = (ledger.balance(state, f"{name}:{charge.user_id}", charge.ccy) for name in ("trading", "debt"))
    return replace(charge, cash=held + owed + charge.debt_before, booked_ms=until_ms)
