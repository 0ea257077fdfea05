"""Where each worked number of the rule book is tested: by section, as printed there, and the tests that drive it.

A number counts as tested when it stands literally in the source of one of the named functions (with the
commas and trailing zeros of print taken away).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.engine import (
    test_auto_repay,
    test_borrow,
    test_convert,
    test_flexible_loan,
    test_loan_risk,
    test_margin,
    test_repay,
    test_spot_borrow,
    test_spot_rates,
    test_spot_risk,
)
from tests.engine import test_worked_examples as worked
from tests.golden import test_documented_examples as golden


class Worked(NamedTuple):
    section: str
    printed: str
    """Every number of the example, separated by blanks."""
    by: tuple[Callable[..., Any], ...]


WORKED = [
    Worked("1.3", "1.999 0 50000 -50000", (worked.test_1_3_the_balances_of_the_purchase,)),
    Worked("1.3", "10000 60000 1.999 50000", (test_spot_borrow.test_the_worked_purchase,)),
    Worked(
        "2.2",
        "58,000 29,000 9,666.67 0.5 61,000 58,800 30,500 10,166.67 1,100",
        (worked.test_2_2_a_resting_order_that_may_borrow,),
    ),
    Worked("2.2", "166,415.09 0.02", (worked.test_2_2_the_largest_order_on_one_bitcoin,)),
    Worked("2.2", "166,415.09 58,800", (test_spot_borrow.test_the_worked_largest_order,)),
    Worked("2.2", "176,400", (worked.test_2_2_and_without_spending, test_borrow.test_one_bitcoin_carries_176400_usdt)),
    Worked("2.3", "100.3 500 60 40.3", (worked.test_2_3_a_repayment_larger_than_what_is_there,)),
    Worked("2.4", "152,623.6", (worked.test_2_4_the_largest_loan_of_the_purchase,)),
    Worked("2.4", "67,541.2 16,666.67 152,623.6 500,000 50,000 450,000", (test_margin.test_the_worked_maximum_loan,)),
    Worked("2.4", "500,000 10 450,000", (worked.test_2_4_quotas_of_the_documented_sample,)),
    Worked("2.4", "3,500,000", (test_spot_rates.test_the_cap_of_each_leverage,)),
    Worked("2.5", "58800 5785500 96.425 22 21.555 0.97977", (worked.test_2_5_discounted_equity,)),
    Worked("2.5", "21.555 96.425", (test_margin.test_tiers_are_marginal,)),
    Worked(
        "2.5", "67,541.20 16,666.67 1,500 67,541.2 1,550 43.57", (worked.test_2_5_margin_and_ratio_of_the_purchase,)
    ),
    Worked("2.5", "27,896.60 26,314.18", (test_margin.test_the_worked_prices_of_warning_and_liquidation,)),
    Worked("2.5", "27,896.60", (test_spot_risk.test_the_worked_price_of_the_warning,)),
    Worked("2.5", "26,314.18", (test_spot_risk.test_the_worked_price_of_the_liquidation,)),
    Worked("2.7", "0.90 0.93 0.95 0.97 1", (test_spot_risk.test_the_gauge,)),
    Worked("3.1", "0.5 0.0433 0.8 0.0633 0.9 0.07 0.95 0.37 1 0.67", (test_spot_rates.test_the_worked_curve,)),
    Worked(
        "3.2",
        "97 0.000098 0.0003960833333334 100 0.0004083333333334 0.0000040833333333",
        (worked.test_3_2_the_documented_rows_of_interest,),
    ),
    Worked("3.2", "1455 1457", (worked.test_3_2_opened_1455_and_closed_1457_costs_nothing,)),
    Worked("3.2", "1500", (worked.test_3_2_open_at_1500_costs_one_full_hour,)),
    Worked(
        "3.2",
        "50,000 0.4166666666666667 0.4166701388888889 24 50,010.0009583919007116",
        (test_borrow.test_a_day_compounds_hour_by_hour,),
    ),
    Worked("4", "6764.802661157592 0", (worked.test_4_the_documented_row_of_auto_repay,)),
    Worked(
        "4",
        "50,000.4166666666666667 0.5 61,000 30469.5 19530.9166666666666667 0",
        (test_auto_repay.worked_example, test_auto_repay.test_the_worked_example),
    ),
    Worked("4", "30,469.5 50000.4166666666666667", (test_auto_repay.test_the_worked_example_with_the_switch_off,)),
    Worked(
        "5.1",
        "9.080071 9.134094711 9.088651 0.036309616289",
        (golden.test_what_the_documented_run_leaves_behind,),
    ),
    Worked("5.1", "0.00006964 100", (golden.test_both_rows_of_the_one_click_history,)),
    Worked(
        "5.1",
        "100 80.080081 3,000 2,985 0.02682749 0.01 2,990 29.7512437810945274 29.751243 49.721491757 50.278508243",
        (worked.test_5_1_the_bounds_and_sizes_of_the_partial_example,),
    ),
    Worked("5.1", "29.9 29.721491757 20", (test_repay.test_the_partial_example,)),
    Worked(
        "6.2",
        "1.00 0.7142 0.8852 0.9852 0.9926 0.98 0.7000 0.8655 0.9655 0.9827 0.95 0.6785 0.8359 0.9359 0.9679 "
        "0.90 0.6428 0.7866 0.8866 0.9433 0.85 0.6071 0.7374 0.8374 0.9187 0.80 0.5714 0.6881 0.7881 0.8940 "
        "0.70 0.5000 0.5896 0.6896 0.8448",
        (worked.test_6_2_each_line_of_the_table,),
    ),
    Worked("6.2", "0.90 0.93 0.95", (worked.test_6_2_e_mode,)),
    Worked("6.2", "1,000 0.03 0.9655 34,524.43", (worked.test_6_2_the_price_of_the_warning,)),
    Worked("6.2", "0.01113 0.01113356", (worked.test_6_2_the_max_loan_sample_prices_usdt_above_one,)),
    Worked("6.4", "0.86599309 0.41 0.00004054", (worked.test_6_4_the_documented_hour_of_a_loan,)),
    Worked("6.4", "0.86599309 0.41 0.00004054", (test_flexible_loan.test_golden_interest_of_an_hour,)),
    Worked("6.4", "17316594851045086", (golden.test_the_loan_history_row,)),
    Worked("6.8", "-0.001", (golden.test_the_loan_history_row,)),
    Worked("6.9 a", "1,800 0.5555 0.01000000 0.01000010", (worked.test_6_9_a_rows_of_interest,)),
    Worked("6.9 a", "1,260", (test_flexible_loan.test_the_largest_loan_succeeds_and_an_ulp_more_does_not,)),
    Worked(
        "6.9 a",
        "-0.03 1000 1000.01 1000.0200001 -1000.0200001 0.03",
        (test_flexible_loan.test_trace_a_borrow_interest_repay,),
    ),
    Worked("6.9 b", "0.2 2,400 0.4166 952 0.3238 0.01619047 0.02", (worked.test_6_9_b_what_can_be_redeemed,)),
    Worked("6.9 b", "-0.2 0.01 0.02", (test_flexible_loan.test_trace_b_collateral_there_and_back,)),
    Worked(
        "6.9 c",
        "10,000 0.2 51,786.64 51,700 0.96711 -0.09868551 -5000.00004966 4,999.99995034 0.10131449 0.95457 102.0408",
        (worked.test_6_9_c_the_half_as_printed,),
    ),
    Worked(
        "6.9 d",
        "1,500 0.03 51,700 1,551 -0.03 -1500 31.02 1,519.98 19.98 49,500 1,485 1,455.30 44.70",
        (worked.test_6_9_d_fee_and_rest_as_printed,),
    ),
    Worked(
        "6.9 e",
        "10 1 4 -0.20040066 12,012.0156 12,012.015 4.000000995 5.999999005",
        (test_loan_risk.test_forced_repayment_as_worked,),
    ),
    Worked(
        "6.9 f",
        "1,000 500 20 -20 59940 -59940 399.2004 -0.25250376 15135.0753744 -15135.07515 100.799600499 -500 0.0002244",
        (test_loan_risk.test_repay_with_collateral_as_worked,),
    ),
    Worked("7", "30 2932.40104429 0.01023052 12 0.00409220", (test_convert.test_the_worked_quote_and_its_parts,)),
    Worked("7", "10,000 10,001 12", (worked.test_7_a_quote_is_late_by_a_millisecond,)),
    Worked("7", "2932.401044 2932.40104429 1646188520000", (golden.test_the_convert_quote_trade_and_history_rows,)),
]

IN_BOLD = (
    "166,415.09 176,400 152,623.6 67,541.20 43.57 27,896.60 26,314.18 50,010.0009583919007116 19.98 44.70 0.01023052"
)
"""What the book prints in bold letters: its results."""


def plain(printed: str) -> str:
    """A number without the commas and trailing zeros of print."""
    number = printed.replace(",", "").replace("_", "")
    return number.rstrip("0").rstrip(".") if "." in number else number


def numbers_of(function: Callable[..., Any]) -> set[str]:
    """Every number in the source of a function, its table of cases and its name."""
    found = re.findall(r"-?\d[\d,_]*(?:\.\d+)?", inspect.getsource(function))
    return {plain(number.rstrip(",_")) for number in found}


@pytest.mark.parametrize("row", WORKED, ids=lambda row: f"{row.section} {row.printed[:40]}")
def test_the_printed_numbers_stand_in_the_tests(row: Worked) -> None:
    found = set().union(*(numbers_of(function) for function in row.by))
    assert [number for number in row.printed.split() if plain(number) not in found] == []


def test_every_result_is_listed() -> None:
    listed = {plain(number) for row in WORKED for number in row.printed.split()}
    assert [number for number in IN_BOLD.split() if plain(number) not in listed] == []


def test_every_section_with_an_example_is_listed() -> None:
    listed = {row.section for row in WORKED}
    sections = ("1.3", "2.2", "2.3", "2.4", "2.5", "2.7", "3.1", "3.2", "4", "5.1", "6.2", "6.4", "6.8", "7")
    assert {*sections, *(f"6.9 {trace}" for trace in "abcdef")} == listed
