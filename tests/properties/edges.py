"""Single edges out of tests of the engine: where a planted bug must show, the rest of the test aside."""

from __future__ import annotations

from tallystick.engine.rejects import Reject
from tests.engine import (
    test_auction,
    test_borrow,
    test_charging,
    test_collateral,
    test_convert,
    test_flexible_loan,
    test_loan_risk,
    test_repay,
    test_spot_borrow,
    test_spot_rates,
    test_spot_risk,
    test_triggers,
)


def redeem() -> None:
    test_flexible_loan.test_the_largest_redeem_succeeds_and_the_next_does_not(
        "0.0161904761904761", "0.0161904761904762"
    )


def deep_haircut() -> None:
    test_loan_risk.test_no_margin_call_lies_below_the_initial_ltv("0.3", "0.2142", "0.2955")


def interest() -> None:
    test_borrow.test_golden_interest_in_a_run("97", "0.0003960833333334")


def due_interest() -> None:
    test_charging.test_an_hour_books_nothing_and_reading_books_nothing()


def quota() -> None:
    test_spot_borrow.test_each_limit_to_the_last_digit({"quota": 6000 * 10**18 - 1}, Reject.ORDER_ABOVE_QUOTA)


def curve() -> None:
    test_spot_rates.test_the_worked_curve("0.95", "0.37")


def liquidation() -> None:
    test_spot_risk.test_liquidation_at_one_to_the_last_digit(0, True)


def watched_like_everybody() -> None:
    for seed in range(1, 8):
        watched, plain = test_triggers.both(seed)
        assert watched == plain


def auction_step() -> None:
    test_auction.test_the_highest_accepted_bid_is_the_rate("300", "0.02")
    test_auction.test_the_highest_accepted_bid_is_the_rate("300.000000000000000001", "0.05")


def level() -> None:
    test_collateral.test_the_level_of_a_coin("45000", (2, 1))


def bound() -> None:
    test_repay.test_a_bound_is_the_largest_tick_strictly_below("1", "1.005", "0.0001", "1.0049")


def convert() -> None:
    test_convert.test_the_side_that_is_worked_out_is_rounded_against_the_user(
        "buy", "100", "USDT", "60030", "0.00166583", "100"
    )
