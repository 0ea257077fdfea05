"""Seven consecutive hours of interest on a real account, given back digit for digit.

BTC, 7 July 2022, an hourly rate of 0.00000115, as users of ccxt showed them in pull requests 14265 and 14653 (there as
numbers, 6.1038473e-9 and so on; here as the exchange writes them). Each hour the interest is rounded up at 16 decimals
and joins the debt of the next.
"""

from __future__ import annotations

import json
from itertools import pairwise

from tallystick.engine import commands as c
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, spot_charges, with_currency

FIRST_HOUR_MS = 1_657_202_400_000
"""2022-07-07 14:00 UTC."""
ROWS = (
    # (hour, owed before, interest)
    (1_657_202_400_000, "0.0053076566226766", "0.0000000061038052"),
    (1_657_206_000_000, "0.0053076627264818", "0.0000000061038122"),
    (1_657_209_600_000, "0.005307668830294", "0.0000000061038192"),
    (1_657_213_200_000, "0.0053076749341132", "0.0000000061038262"),
    (1_657_216_800_000, "0.0053076810379394", "0.0000000061038332"),
    (1_657_220_400_000, "0.0053076871417726", "0.0000000061038403"),
    (1_657_224_000_000, "0.0053076932456129", "0.0000000061038473"),
)
RATE_PER_YEAR = "0.010074"
"""0.00000115 x 8,760."""


def owing() -> Driver:
    driver = Driver(FIRST_HOUR_MS - HOUR_MS // 2, with_currency("BTC", rate_per_year=atoms(RATE_PER_YEAR)))
    driver.user(USER, USDT="100000")
    driver.price("BTC-USDT", "20000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="BTC", amount=atoms(ROWS[0][1])))
    return driver


def test_seven_hours_of_a_real_account() -> None:
    driver = owing()
    driver.pass_to(ROWS[-1][0])
    charged = [(one.hour_ms, text(one.debt_before), text(one.interest)) for one in spot_charges(driver)]
    assert charged == list(ROWS)


def test_the_rows_as_the_history_shows_them() -> None:
    driver = owing()
    driver.pass_to(ROWS[-1][0])
    shown = [json.loads(row) for row in reversed(driver.table("spot_interest"))]
    names = ("ts", "liab", "interest", "interestRate", "ccy")
    assert [tuple(row[name] for name in names) for row in shown] == [
        (str(hour_ms), owed, interest, "0.00000115", "BTC") for hour_ms, owed, interest in ROWS
    ]


def test_each_row_owes_what_the_one_before_owed_and_cost() -> None:
    """The recording itself, so that a digit copied wrong is seen."""
    for (_, owed, interest), (_, after, _) in pairwise(ROWS):
        assert atoms(owed) + atoms(interest) == atoms(after)
