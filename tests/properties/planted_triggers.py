"""Bugs planted into what says who is judged again after a price or an hour."""

from __future__ import annotations

from tests.engine import test_far_loans, test_price_band, test_triggers
from tests.properties import edges
from tests.properties.planting import Bug

WATCHED = [
    Bug(
        "the index of triggers forgets that debts grow",
        "triggers.Triggers._ratio",
        "self._grown.get(owed, ONE) if grows else ONE",
        "ONE",
        edges.watched_like_everybody,
    ),
    Bug(
        "the index of triggers forgets that spot debts grow",
        "triggers._set_off",
        "mul_up(amount, ONE + headroom)",
        "amount * 99 // 100",
        edges.watched_like_everybody,
    ),
    Bug(
        "the index of triggers hears of nobody",
        "triggers.Triggers._hear",
        "self._fired.update(heard.named)",
        "pass",
        edges.watched_like_everybody,
    ),
    Bug(
        "the index of triggers looks at one pledged coin only",
        "triggers.Triggers.arm",
        "for coin in pledged:",
        "for coin in list(pledged)[:1]:",
        edges.watched_like_everybody,
    ),
    Bug(
        "the index of triggers takes the line for farther than it is",
        "triggers.Triggers.arm",
        "over // under * against // value",
        "over // under * against * 11 // (value * 10)",
        edges.watched_like_everybody,
    ),
    Bug(
        "prices may move farther than their bands",
        "price_band.Bounds.keep_below",
        "isqrt(room * FINE * FINE // used)",
        "room * FINE // used",
        test_price_band.test_the_nearest_line_of_a_coin_counts,
    ),
    Bug(
        "a band outlives those who are armed within it",
        "triggers.Triggers.arm",
        "self._band = None",
        "pass",
        test_price_band.test_who_is_lent_to_within_a_band_is_watched_all_the_same,
    ),
    Bug(
        "a band outlives its hour",
        "triggers.Triggers.anybody",
        "hour_passed or self._band is None",
        "self._band is None",
        test_price_band.test_interest_alone_brings_a_loan_to_its_line,
    ),
    Bug(
        "the index of triggers does not see all prices fall together",
        "triggers.Triggers.arm",
        "(-fallen, mark, key)",
        "(0, mark, key)",
        test_triggers.test_all_prices_falling_together_are_noticed,
    ),
    Bug(
        "without warnings nobody has a trigger",
        "spot_risk.review",
        "max(parameters.spot_warning_ratio, parameters.spot_liquidation_ratio)",
        "parameters.spot_warning_ratio",
        test_triggers.test_without_warnings_liquidations_still_come,
    ),
    Bug(
        "the index of triggers takes collateral at its full value",
        "loan_risk._arm",
        "- gap - LINE_CUT",
        "- gap + ONE // 20",
        edges.watched_like_everybody,
    ),
    Bug(
        "the index of triggers forgets the margin",
        "spot_risk._arm",
        "ONE + mul_up(ratio, rate)",
        "ONE",
        edges.watched_like_everybody,
    ),
    Bug(
        "the index of triggers forgets to warn again",
        "loan_risk.review",
        "loan_liquidation, 0, again_ms=loan.warned_at_ms + every_ms)",
        "loan_liquidation, 0)",
        edges.watched_like_everybody,
    ),
    Bug(
        "an account with open orders sees no prices",
        "triggers.Triggers.anybody",
        "index != self._indices[ccy] or",
        "False or",
        edges.watched_like_everybody,
    ),
    Bug(
        "an account with open orders sees no hours",
        "triggers.Triggers.anybody",
        " or state.hour_ms != self._seen[1]",
        "",
        test_triggers.test_an_account_with_open_orders_is_judged_for_its_own_coins,
    ),
    Bug(
        "coins of open orders are overlooked",
        "spot_risk._arm",
        ", *exposed)",
        ")",
        test_triggers.test_an_account_with_open_orders_is_judged_for_its_own_coins,
    ),
    Bug(
        "loans that share triggers forget the interest since their last charge",
        "far_loans.Owing.__missing__",
        "grown * max(0,",
        "ONE * max(0,",
        test_far_loans.test_interest_since_the_last_charge_counts,
    ),
    Bug(
        "all of a coin counts as its first tier does",
        "far_loans.sort_out",
        "and amount <= most",
        "",
        test_far_loans.test_more_of_a_coin_than_its_first_tier_is_judged_at_once,
    ),
    Bug(
        "a group has no trigger for its second coin",
        "triggers.Triggers.sort_loans",
        "for coin in group.pledged:",
        "for coin in group.pledged[:1]:",
        test_far_loans.test_each_pledged_coin_has_the_group_judged,
    ),
    Bug(
        "a group is taken for as well covered as the best of its loans",
        "far_loans.sort_out",
        "spare >> fine << fine",
        "(spare >> fine) + 1 << fine",
        test_far_loans.test_a_loan_is_judged_when_its_group_may_be_at_the_line_and_not_before,
    ),
    Bug(
        "triggers of old parameters go on",
        "triggers.Triggers._hear",
        "self.unsorted.update((LOAN, USER))",
        "pass",
        test_far_loans.test_new_parameters_are_heard_by_loans_that_had_triggers,
    ),
    Bug(
        "a warning has its loan judged at every price",
        "loan_risk.review",
        "transient.of(state).named.pop(transient.key_of(transient.LOAN, loan_id), None)",
        "pass",
        test_far_loans.test_a_loan_that_was_warned_waits_for_its_liquidation_or_the_next_warning,
    ),
]
