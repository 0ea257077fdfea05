"""Planted bugs of one-click repay, and what catches each."""

from __future__ import annotations

from tests.engine import test_repay, test_repay_in_vain, test_repay_routes
from tests.properties import directed, edges
from tests.properties.planting import Bug

ONE_CLICK = (
    Bug(
        "bound not strict",
        "repay_sizes.bound",
        "cut(-(-exact // ONE) - 1, tick)",
        "cut(exact // ONE, tick)",
        edges.bound,
    ),
    Bug(
        "bound not strict, in runs",
        "repay_sizes.bound",
        "cut(-(-exact // ONE) - 1, tick)",
        "cut(exact // ONE, tick)",
        ("O7",),
    ),
    Bug(
        "sold in vain, as often as asked",
        "repay.repay_debt",
        "if unreached and not direct:",
        "if False:",
        directed.too_little_to_buy,
    ),
    Bug(
        "sold in vain, when it was known at the leg",
        "repay._step",
        "if repay_sizes.least_unreached(state, user, _task(state, run), by_book=True):",
        "if False:",
        directed.repaid_below_the_least_order,
    ),
    Bug(
        "sold in vain for the bridge coin",
        "repay._sell",
        "or in_vain or",
        "or",
        test_repay_in_vain.test_a_second_hop_below_its_least_order_is_known_too,
    ),
    Bug(
        "a leg asks for what was owed at the request",
        "repay._task",
        "min(run.remaining, ledger.debt(state, run.user_id, run.debt_ccy))",
        "run.remaining",
        directed.repaid_between_the_legs,
    ),
    Bug(
        "a sale aims at the debt and not at the target",
        "repay_sizes.target",
        "needed(state, pair, task.owed)",
        "task.owed",
        ("O7",),
    ),
    Bug(
        "what is sold is left out of the soundness check",
        "repay._may_sell",
        "{pair.base_ccy: -size, pair.quote_ccy: proceeds}",
        "{pair.quote_ccy: proceeds}",
        lambda: test_repay.test_a_coin_that_is_owed_itself_is_sold_only_as_far_as_the_margin_allows(
            "100133.93", [], "failed"
        ),
    ),
    Bug(
        "what a sale brings is left out of the soundness check",
        "repay._may_sell",
        "{pair.base_ccy: -size, pair.quote_ccy: proceeds}",
        "{pair.base_ccy: -size}",
        test_repay.test_an_account_in_trouble_can_still_repay_with_one_click,
    ),
    Bug(
        "a sale counts in the soundness check without its fee",
        "repay._may_sell",
        "ONE - state.parameters.taker_fee",
        "ONE",
        lambda: test_repay.test_a_coin_that_is_owed_itself_is_sold_only_as_far_as_the_margin_allows(
            "100133.93", [], "failed"
        ),
    ),
    Bug("second run allowed", "repay.repay_debt", "if command.user_id in state.runs:", "if False:", ("O8",)),
    Bug(
        "a leg overpays a debt that shrank",
        "repay._buy",
        "min(net, run.remaining, ledger.debt(state, user.user_id, run.debt_ccy))",
        "min(net, run.remaining)",
        test_repay.test_a_debt_partly_repaid_meanwhile_is_never_overpaid,
    ),
    Bug(
        "a purchase spends other coins",
        "repay._buy",
        "min(ledger.available(state, user, pair.quote_ccy), run.raised_net)",
        "ledger.available(state, user, pair.quote_ccy)",
        ("O7",),
    ),
    Bug(
        "coins in another order",
        "repay._sell",
        "pair, task = sale_pair(state, ccy)",
        "ccy = 'ETH'; pair, task = sale_pair(state, ccy)",
        ("O6",),
    ),
    Bug(
        "the fee is counted as repaid",
        "repay._leg",
        "received - order.fee",
        "received",
        ("O3", "O2", "B3", "O7", "L3"),
    ),
    Bug("an empty run is called filled", "repay._end", "FILLED if run.repaid > 0 else FAILED", "FILLED", ("O1",)),
    Bug("a leg rests", "orders.take", 'kind="ioc"', 'kind="limit"', ("O4", "O7")),
    Bug(
        "sold on at once the whole balance",
        "repay_sizes.onward_size",
        "return min(_at_bound(state, pair, target(state, task)), at_hand)",
        "return ledger.available(state, user, pair.base_ccy)",
        test_repay_routes.test_own_usdc_are_left_alone,
    ),
    Bug(
        "what is sold on is not set aside",
        "borrow.unreserved",
        "state.parameters.bridge_ccy: run.bridged",
        "state.parameters.bridge_ccy: 0",
        test_repay_routes.test_auto_repay_leaves_what_is_to_be_sold_on,
    ),
    Bug(
        "one click though switched off",
        "repay.repay_debt",
        "if not state.parameters.repay_enabled:",
        "if False:",
        directed.repay_switched_off,
    ),
)
