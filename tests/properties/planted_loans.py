"""Bugs planted into flexible loans: what is lent, pledged, asked for and seized."""

from __future__ import annotations

from tests.engine import test_flexible_loan, test_loan_requests, test_loan_risk, test_loan_standing
from tests.properties import edges
from tests.properties.planting import Bug

LENT = [
    Bug(
        "redeem limit off by an ulp",
        "flexible_loan.adjust_collateral",
        "locked - command.amount}",
        "locked - command.amount + 100}",
        edges.redeem,
    ),
    Bug(
        "redeem limit off, in runs",
        "flexible_loan.adjust_collateral",
        "locked - command.amount}",
        "locked}",
        ("F12", "F2"),
    ),
    Bug(
        "own coin pledged",
        "flexible_loan.require_pledgeable",
        "if ccy in debts:",
        "if False:",
        ("F8", "F12", "F6", "F7"),
    ),
    Bug(
        "a closed loan keeps collateral",
        "flexible_loan.close_if_repaid",
        "for ccy, locked in sorted(loan.collateral.items()):",
        "for ccy, locked in sorted(loan.collateral.items())[1:]:",
        ("F6", "F9"),
    ),
    Bug("one number for two rows", "numbers.next_ref_id", "state.last_ref_id + 1)", "0)", ("F10",)),
    Bug(
        "a request taken twice",
        "loan_requests._require_fresh",
        "> work.stamp.at_ms",
        "> work.stamp.at_ms + 10**9",
        test_flexible_loan.test_a_client_id_is_taken_for_sixty_seconds_and_free_after,
    ),
    Bug(
        "a repayment of coins that are gone",
        "loan_requests._require_repayable",
        "raise Rejected(Reject.FUNDING_INSUFFICIENT, ccy=request.ccy)",
        "pass",
        test_loan_requests.test_a_repayment_whose_coins_are_gone_is_dropped,
    ),
    Bug(
        "a client id forgotten a second early",
        "loan_requests._done",
        "request.asked_at_ms + ",
        "request.asked_at_ms - 1_000 + ",
        test_loan_requests.test_a_client_id_is_under_way_until_its_request_is_settled_and_used_for_a_minute_from_acceptance,
    ),
    Bug(
        "a shorter delay overtakes",
        "loan_requests._take",
        "max(settles_at_ms, last.settles_at_ms) if last else settles_at_ms",
        "settles_at_ms",
        test_loan_requests.test_requests_keep_their_order_when_the_delay_is_shortened,
    ),
    Bug(
        "a request settled out of turn",
        "loan_requests.settle_next",
        "next(iter(work.state.loan_requests.values()))",
        "next(reversed(work.state.loan_requests.values()))",
        ("F16",),
    ),
    Bug(
        "collateral used as funds",
        "flexible_loan._lock",
        "(vault, -event.amount)",
        "('outside', -event.amount)",
        ("F7",),
    ),
    Bug(
        "nobody is liquidated",
        "loan_risk.is_due",
        "at_line = ltv >= loans",
        "at_line = ltv >= 10 * loans",
        test_loan_risk.test_full_liquidation_as_worked,
    ),
    Bug(
        "a line cut to nothing liquidates",
        "loan_risk.is_due",
        "return at_line and not could",
        "return at_line or not could",
        test_loan_risk.test_collateral_far_beyond_its_tiers_is_no_reason_to_liquidate,
    ),
    Bug(
        "a margin call below the initial LTV",
        "flexible_loan.thresholds",
        "max(initial, liquidation",
        "max(0, liquidation",
        edges.deep_haircut,
    ),
    Bug(
        "a loan at its initial LTV is warned",
        "loan_risk.review",
        "ltv < margin_call or could_be_taken(state, loan)",
        "ltv < margin_call",
        test_loan_risk.test_a_loan_within_its_initial_ltv_is_never_warned,
    ),
    Bug(
        "the watch knows no line of E-Mode without a gap",
        "loan_risk._keep",
        "loan_e_mode_liquidation if again_ms",
        "loan_e_mode_liquidation if gap == 0",
        test_loan_risk.test_without_a_gap_a_loan_in_e_mode_is_still_warned,
    ),
    Bug(
        "collateral in the order of the list",
        "loan_conversion.dearest_first",
        "-prices.usd_value(state, ccy, loan.collateral[ccy])",
        "0",
        test_loan_risk.test_the_dearest_collateral_is_sold_first,
    ),
    Bug("a coarse ratio", "flexible_loan.plain_standing", "value, LTV_DECIMALS)", "value, 2)", ("F1",)),
    Bug(
        "the LTV over the market value beside an adjusted one",
        "flexible_loan.adjusted_standing",
        "ratio_half_up(loan_usd(state, loan), counted, LTV_DECIMALS),",
        "plain.ltv,",
        ("F1",),
    ),
    Bug(
        "a liquidation LTV with the discount in it",
        "flexible_loan.adjusted_standing",
        "ratio_cut(ONE, state.parameters.loan_liquidation, LTV_DECIMALS),",
        "plain.liquidation,",
        ("F1",),
    ),
    Bug(
        "a margin call of the other form",
        "flexible_loan.adjusted_standing",
        "ratio_cut(plain.margin_call * plain.collateral_usd, counted * ONE, LTV_DECIMALS),",
        "plain.margin_call,",
        ("F1",),
    ),
    Bug(
        "a discount in E-Mode",
        "flexible_loan.adjusted_standing",
        "if loan.e_mode:",
        "if False:",
        test_loan_standing.test_in_e_mode_the_whole_value_counts,
    ),
]
