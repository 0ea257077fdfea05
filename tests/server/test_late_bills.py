"""Bills of interest that a fault has put off."""

from __future__ import annotations

from tallystick.engine.interest import Charge
from tallystick.views.bills import interest_bill

HOUR_MS = 3_600_000


def charge_of(hour_ms: int, booked_ms: int) -> Charge:
    return Charge(
        user_id=1,
        loan_id=0,
        number=0,
        ccy="BTC",
        debt_before=10**18,
        interest=1,
        rate_per_year=0,
        hour_ms=hour_ms,
        cash=0,
        booked_ms=booked_ms,
    )


def test_two_hours_booked_at_one_time_have_bills_of_their_own() -> None:
    """A clock that jumps books what two hours put off at one instant; neither bill takes the place of the other."""
    hour_ms, booked_ms = 472_222 * HOUR_MS, 472_224 * HOUR_MS + 100_000
    first, second = (interest_bill(charge_of(at_ms, booked_ms)) for at_ms in (hour_ms, hour_ms + HOUR_MS))
    assert first.key < second.key
    assert {first.key // 10**6, second.key // 10**6} == {booked_ms}
