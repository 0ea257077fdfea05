"""Interest of one hour: the formulas alone, and the record of one charge.

Interest joins the debt at every full hour: every answer about a debt includes the interest of all passed hours
(`accrual`). Interest is booked later, hour by hour with the rate of each (`charging`; chosen: decisions/016).
Source: observed. Spot interest: seven consecutive hours of a real account (BTC, 7 July 2022, shown in ccxt's pull
requests 14265 and 14653) and the samples of interest-accrued; of loans the sample of their interest-accrued.
"""

from __future__ import annotations

from msgspec import Struct

from tallystick.engine.amounts import ONE, lift, unit_of

HOUR_MS = 3_600_000
HOURS_PER_YEAR = 8760
SPOT_UNIT = unit_of(16)
"""Unit of spot interest, which is rounded up at 16 decimals."""
LOAN_UNIT = unit_of(8)
"""Unit of interest of flexible loans, which is rounded up at 8 decimals."""


class Charge(Struct, frozen=True):
    """Interest of the hour that ended at `hour_ms` on `debt_before`; `rate_per_year` was in force in it.

    `number` tells the rows of one user and hour apart: the reference of a loan's row, the place of a spot debt among
    the user's. `loan_id` is 0 and `cash` (the coins in the trading account at that hour) is told for a spot debt only.
    """

    user_id: int
    loan_id: int
    number: int
    ccy: str
    debt_before: int
    interest: int
    rate_per_year: int
    hour_ms: int
    cash: int
    booked_ms: int = 0
    """Time of booking of interest that was put off; 0 of any other, whose rows do not depend on it."""
    cross: bool = False
    """True in multi-currency and portfolio margin, whose rows name the cross margin."""
    free: int = 0
    """Part of the debt within its interest-free quota, which costs nothing."""


def spot_hour(debt: int, rate_per_year: int) -> int:
    """Interest of one full hour, rounded up at 16 decimals from the unrounded rate (observed).

    97 USDT at 0.000098 a day (0.03577 a year) cost 0.0003960833333334.
    """
    return lift(-(-debt * rate_per_year // (HOURS_PER_YEAR * ONE)), SPOT_UNIT)


def loan_hour(debt: int, rate_per_year: int) -> int:
    """Interest of one full hour, rounded up at 8 decimals: 0.86599309 at 0.41 a year costs 0.00004054."""
    return lift(-(-debt * rate_per_year // (HOURS_PER_YEAR * ONE)), LOAN_UNIT)


def loan_hours(debt: int, rate_per_year: int, hours: int) -> list[int]:
    """Debts of a loan after each of `hours` full hours at one rate: each adds its `loan_hour`, here in one loop."""
    found = []
    yearly = HOURS_PER_YEAR * ONE * LOAN_UNIT
    for _ in range(hours):
        debt -= -debt * rate_per_year // yearly * LOAN_UNIT
        found.append(debt)
    return found


def spot_hours(debt: int, rate_per_year: int, hours: int) -> list[int]:
    """Spot debts after each of `hours` full hours at one rate: each adds its `spot_hour`, here in one loop."""
    found = []
    yearly = HOURS_PER_YEAR * ONE * SPOT_UNIT
    for _ in range(hours):
        debt -= -debt * rate_per_year // yearly * SPOT_UNIT
        found.append(debt)
    return found


def pool_hour(lent: int, rate_per_year: int) -> int:
    """Growth of a pool's claims in one hour on all it has lent, cut; without the rounding of each single debt."""
    return lent * rate_per_year // (HOURS_PER_YEAR * ONE)
