"""Worked numbers of the rules and the tests that drive them: by page and anchor of docs/rules.

A number counts as tested when it stands literally in the source of one of the named functions, with the commas and
trailing zeros of print taken away; it must stand under its anchor too.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engine import (
    test_auto_exchange,
    test_auto_repay,
    test_borrow,
    test_convert,
    test_cross,
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

RULES = Path(__file__).parents[2] / "docs" / "rules"


class Worked(NamedTuple):
    rule: str
    """Page and anchor in docs/rules."""
    numbers: str
    """Every number of the example, separated by blanks."""
    by: tuple[Callable[..., Any], ...]


WORKED = [
    Worked(
        "account-modes.md#worked-frozen",
        "2 100,000 5 4 40,000",
        (test_cross.test_an_order_for_more_than_is_there_freezes_all_of_it,),
    ),
    Worked(
        "account-modes.md#worked-purchase",
        "1.999 -50,000 67541.2 16,666.67 1,000 64.3249 67.5412",
        (test_cross.test_the_purchase,),
    ),
    Worked(
        "account-modes.md#worked-hour",
        "0.0002 0.4166666666666667 -50010.0009583919007116 0.5 61,000 -19530.9166666666666667",
        (test_cross.test_interest_makes_the_hole_deeper_and_what_comes_in_fills_it,),
    ),
    Worked(
        "account-modes.md#worked-no-interest",
        "5 3,000 10 5,000 450",
        (test_cross.test_coins_that_an_order_would_borrow_cost_no_interest_and_need_margin,),
    ),
    Worked(
        "account-modes.md#worked-account",
        "100,000 200 110,000 1,445,000 120,000 10,000 5,785,500",
        (
            test_cross.published_account,
            test_cross.test_the_published_account,
            test_cross.test_an_order_for_more_than_the_balance_is_accepted_and_leaves_the_lack_as_debt,
            test_cross.test_hundred_bitcoin_count_by_their_tiers,
        ),
    ),
    Worked(
        "account-modes.md#worked-largest-order",
        "166,415.09",
        (test_cross.test_the_largest_purchase_on_one_bitcoin,),
    ),
    Worked(
        "account-modes.md#worked-exchange",
        "1.2 10,000 60,000 0.70070071 42,042.0426 14.028043 0.002271 0.49999999071",
        (
            test_auto_exchange.books,
            test_auto_exchange.borrower,
            test_auto_exchange.judged,
            test_auto_exchange.test_above_its_quota_a_debt_is_bought_back_to_half_of_it,
            test_auto_exchange.test_a_debt_of_its_quota_costs_nothing_and_stays,
        ),
    ),
    Worked("accounts.md#worked-purchase", "1.999 0 50000 -50000", (worked.test_the_balances_of_the_purchase,)),
    Worked("accounts.md#worked-purchase", "10000 60000 1.999 50000", (test_spot_borrow.test_the_worked_purchase,)),
    Worked(
        "borrowing.md#worked-resting-order",
        "58,000 29,000 9,666.67 0.5 61,000 58,800 30,500 10,166.67 1,100",
        (worked.test_a_resting_order_that_may_borrow,),
    ),
    Worked("borrowing.md#worked-largest-order", "166,415.09 0.02", (worked.test_the_largest_order_on_one_bitcoin,)),
    Worked("borrowing.md#worked-largest-order", "166,415.09 58,800", (test_spot_borrow.test_the_worked_largest_order,)),
    Worked(
        "borrowing.md#worked-largest-order",
        "176,400",
        (worked.test_the_largest_debt_without_spending, test_borrow.test_one_bitcoin_carries_176400_usdt),
    ),
    Worked("borrowing.md#worked-repay", "100.3 500 60 40.3", (worked.test_a_repayment_larger_than_what_is_there,)),
    Worked("borrowing.md#worked-max-loan", "152,623.6", (worked.test_the_largest_loan_of_the_purchase,)),
    Worked(
        "borrowing.md#worked-max-loan",
        "67,541.2 16,666.67 152,623.6 500,000 50,000 450,000",
        (test_margin.test_the_worked_maximum_loan,),
    ),
    Worked("borrowing.md#worked-max-loan", "500,000 10 450,000", (worked.test_quotas_of_the_documented_sample,)),
    Worked("borrowing.md#worked-tier-cap", "3,500,000", (test_spot_rates.test_the_cap_of_each_leverage,)),
    Worked("margin.md#worked-discount", "58800 5785500 96.425 22 21.555 0.97977", (worked.test_discounted_equity,)),
    Worked("margin.md#worked-discount", "21.555 96.425", (test_margin.test_tiers_are_marginal,)),
    Worked(
        "margin.md#worked-ratio",
        "67,541.20 16,666.67 1,500 67,541.2 1,550 43.57",
        (worked.test_margin_and_ratio_of_the_purchase,),
    ),
    Worked(
        "margin.md#worked-ratio",
        "27,896.60 26,314.18",
        (test_margin.test_the_worked_prices_of_warning_and_liquidation,),
    ),
    Worked("margin.md#worked-ratio", "27,896.60", (test_spot_risk.test_the_worked_price_of_the_warning,)),
    Worked("margin.md#worked-ratio", "26,314.18", (test_spot_risk.test_the_worked_price_of_the_liquidation,)),
    Worked("liquidation.md#gauge", "0.90 0.93 0.95 0.97 1", (test_spot_risk.test_the_gauge,)),
    Worked(
        "interest.md#worked-curve",
        "0.5 0.0433 0.8 0.0633 0.9 0.07 0.95 0.37 1 0.67",
        (test_spot_rates.test_the_worked_curve,),
    ),
    Worked(
        "interest.md#worked-rows",
        "97 0.000098 0.0003960833333334 100 0.0004083333333334 0.0000040833333333",
        (worked.test_the_documented_rows_of_interest,),
    ),
    Worked("interest.md#worked-whole-hours", "1455 1457", (worked.test_opened_1455_and_closed_1457_costs_nothing,)),
    Worked("interest.md#worked-whole-hours", "1500", (worked.test_open_at_1500_costs_one_full_hour,)),
    Worked(
        "interest.md#worked-day",
        "50,000 0.4166666666666667 0.4166701388888889 24 50,010.0009583919007116",
        (test_borrow.test_a_day_compounds_hour_by_hour,),
    ),
    Worked("auto-repay.md#rows", "6764.802661157592 0", (worked.test_the_documented_row_of_auto_repay,)),
    Worked(
        "auto-repay.md#worked",
        "50,000.4166666666666667 0.5 61,000 30469.5 19530.9166666666666667 0",
        (test_auto_repay.worked_example, test_auto_repay.test_the_worked_example),
    ),
    Worked(
        "auto-repay.md#worked",
        "30,469.5 50000.4166666666666667",
        (test_auto_repay.test_the_worked_example_with_the_switch_off,),
    ),
    Worked(
        "one-click-repay.md#worked-documented",
        "9.080071 9.134094711 9.088651 0.036309616289",
        (golden.test_what_the_documented_run_leaves_behind,),
    ),
    Worked("one-click-repay.md#worked-documented", "0.00006964 100", (golden.test_both_rows_of_the_one_click_history,)),
    Worked(
        "one-click-repay.md#worked-partial",
        "100 80.080081 3,000 2,985 2,984.99 0.02682758 0.01 2,990 29.7512437810945274 29.751243 49.721491757 "
        "50.278508243",
        (worked.test_the_bounds_and_sizes_of_the_partial_example,),
    ),
    Worked("one-click-repay.md#worked-partial", "29.9 29.721491757 20", (test_repay.test_the_partial_example,)),
    Worked(
        "flexible-loans.md#ltv-table",
        "1.00 0.7142 0.8852 0.9852 0.98 0.98 0.7000 0.8655 0.9655 0.98 0.95 0.6785 0.8359 0.9359 0.96795 "
        "0.90 0.6428 0.7866 0.8866 0.9433 0.85 0.6071 0.7374 0.8374 0.9187 0.80 0.5714 0.6881 0.7881 0.89405 "
        "0.70 0.5000 0.5896 0.6896 0.8448",
        (worked.test_each_line_of_the_table,),
    ),
    Worked("flexible-loans.md#e-mode", "0.90 0.93 0.95", (worked.test_e_mode,)),
    Worked(
        "flexible-loans.md#warning-price",
        "1,000 0.03 0.9655 34,524.43 34,524.5",
        (worked.test_the_price_of_the_warning,),
    ),
    Worked(
        "flexible-loans.md#max-loan", "0.01113 0.01113356", (worked.test_the_max_loan_sample_prices_usdt_above_one,)
    ),
    Worked("flexible-loans.md#interest", "0.86599309 0.41 0.00004054", (worked.test_the_documented_hour_of_a_loan,)),
    Worked(
        "flexible-loans.md#interest",
        "0.86599309 0.41 0.00004054",
        (test_flexible_loan.test_golden_interest_of_an_hour,),
    ),
    Worked("flexible-loans.md#ref-id", "17316594851045086", (golden.test_the_loan_history_row,)),
    Worked("flexible-loans.md#twelve-types", "-0.001", (golden.test_the_loan_history_row,)),
    Worked("flexible-loans.md#trace-a", "1,800 0.5555 0.01000000 0.01000010", (worked.test_trace_a_rows_of_interest,)),
    Worked(
        "flexible-loans.md#trace-a",
        "1,260",
        (test_flexible_loan.test_the_largest_loan_succeeds_and_an_ulp_more_does_not,),
    ),
    Worked(
        "flexible-loans.md#trace-a",
        "-0.03 1000 1000.01 1000.0200001 -1000.0200001 0.03",
        (test_flexible_loan.test_trace_a_borrow_interest_repay,),
    ),
    Worked(
        "flexible-loans.md#trace-b",
        "0.2 2,400 0.4166 952 0.3238 0.01619047 0.02",
        (worked.test_trace_b_what_can_be_redeemed,),
    ),
    Worked("flexible-loans.md#trace-b", "-0.2 0.01 0.02", (test_flexible_loan.test_trace_b_collateral_there_and_back,)),
    Worked(
        "flexible-loans.md#trace-c",
        "10,000 0.2 51,786.64 51,700 0.96711 -0.09868551 -5000.00004966 4,999.99995034 0.10131449 0.95457 102.0408",
        (worked.test_trace_c_the_half,),
    ),
    Worked(
        "flexible-loans.md#trace-d",
        "1,500 0.03 51,700 1,551 -0.03 -1500 31.02 1,519.98 19.98 49,500 1,485 1,455.30 44.70",
        (worked.test_trace_d_fee_and_rest,),
    ),
    Worked(
        "flexible-loans.md#trace-e",
        "10 1 4 -0.20040066 12,012.0156 12,012.015 4.000000995 5.999999005",
        (test_loan_risk.test_forced_repayment_as_worked,),
    ),
    Worked(
        "flexible-loans.md#trace-f",
        "1,000 500 20 -20 59940 -59940 399.2004 -0.25250376 15135.0753744 -15135.07515 100.799600499 -500 0.0002244",
        (test_loan_risk.test_repay_with_collateral_as_worked,),
    ),
    Worked(
        "convert.md#worked",
        "30 2932.40104429 0.01023052 12 0.00409220",
        (test_convert.test_the_worked_quote_and_its_parts,),
    ),
    Worked("convert.md#worked-end", "10,000 10,001 12", (worked.test_a_quote_is_late_by_a_millisecond,)),
    Worked(
        "convert.md#history",
        "2932.401044 2932.40104429 1646188520000",
        (golden.test_the_convert_quote_trade_and_history_rows,),
    ),
    Worked(
        "margin.md#worked-ratio",
        "67,541.2 1,000 50 1,050 64.32",
        (worked.test_margin_and_ratio_of_the_purchase_by_the_packaged_tiers, test_margin.test_the_worked_account),
    ),
    Worked(
        "margin.md#worked-ratio",
        "27,130.91 26,058.95",
        (test_margin.test_the_worked_prices_of_warning_and_liquidation,),
    ),
    Worked(
        "margin.md#worked-open-order",
        "118,800 118,775 90 93 1277.15",
        (worked.test_the_balance_counts_the_fees_of_open_orders_that_would_gain,),
    ),
    Worked(
        "numbers.md#quotas",
        "10 5000 0.00001 20 200 80000 0.0001 400 500000 500000000 1 1000000 200000 60000000 2000 600000 0.01 5000 "
        "300000000 20000 3000000 0.1 50000 300000 3000 50000000 10000",
        (worked.test_quotas_pools_and_least_amounts,),
    ),
    Worked(
        "numbers.md#constants",
        "0.001 0.0008 3 1 1.2 0.01 0.005 1.4 1.015 0.1 0.5 0.02 2000 0.95 0.06 0.9 0.6 3.65 0.0005 0.0002 0.002 20 10",
        (worked.test_constants,),
    ),
    Worked("numbers.md#constants", "5 60000 86400000 3600000 10000", (worked.test_counts,)),
]

RESULTS = (
    "166,415.09 176,400 152,623.6 67,541.20 43.57 27,896.60 26,314.18 50,010.0009583919007116 19.98 44.70 0.01023052"
)
"""Results of the examples: each must be listed."""


def plain(number: str) -> str:
    """A number without the commas and trailing zeros of print."""
    number = number.replace(",", "").replace("_", "")
    return number.rstrip("0").rstrip(".") if "." in number else number


def numbers_of(function: Callable[..., Any]) -> set[str]:
    """Numbers in the source of a function, its table of cases and its name."""
    found = re.findall(r"-?\d[\d,_]*(?:\.\d+)?", inspect.getsource(function))
    return {plain(number.rstrip(",_")) for number in found}


@functools.cache
def numbers_under(rule: str) -> frozenset[str]:
    """Numbers of a rule as its page prints it, down to the next anchor."""
    page, _, anchor = rule.partition("#")
    _, begins, text = (RULES / page).read_text(encoding="utf-8").partition(f'<a id="{anchor}"></a>')
    assert begins, f"no {rule} in docs/rules"
    text = text.partition('<a id="')[0]
    return frozenset(plain(number.rstrip(",.")) for number in re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?", text))


@pytest.mark.parametrize("row", WORKED, ids=lambda row: f"{row.rule} {row.numbers[:40]}")
def test_the_numbers_of_a_rule_stand_in_its_tests(row: Worked) -> None:
    found = set().union(*(numbers_of(function) for function in row.by))
    assert [number for number in row.numbers.split() if plain(number) not in found] == []


@pytest.mark.parametrize("row", WORKED, ids=lambda row: f"{row.rule} {row.numbers[:40]}")
def test_the_numbers_of_a_rule_stand_on_its_page(row: Worked) -> None:
    found = numbers_under(row.rule)
    assert [number for number in row.numbers.split() if plain(number) not in found] == []


def test_another_number_on_a_page_is_seen() -> None:
    assert {"43.57", "64.32"} <= numbers_under("margin.md#worked-ratio")
    assert "43.58" not in numbers_under("margin.md#worked-ratio")


def test_every_result_is_listed() -> None:
    listed = {plain(number) for row in WORKED for number in row.numbers.split()}
    assert [number for number in RESULTS.split() if plain(number) not in listed] == []


def test_every_worked_rule_is_listed() -> None:
    listed = {row.rule for row in WORKED}
    anchors = (
        f"{page.name}#{anchor}"
        for page in RULES.glob("*.md")
        for anchor in re.findall(r'<a id="((?:worked|trace)[a-z-]*)"', page.read_text(encoding="utf-8"))
    )
    assert sorted(set(anchors) - listed) == []
