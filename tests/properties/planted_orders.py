"""Planted bugs of orders: matching, amending, cancelling, and what catches each."""

from __future__ import annotations

from tests.engine import test_amend, test_auto_repay, test_orders
from tests.properties import directed
from tests.properties.planting import Bug

ORDERS = (
    Bug(
        "an order repays once, whatever its fills",
        "orders.match",
        "        if repays:\n            borrow.auto_repay",
        "        if repays and left is None:\n            borrow.auto_repay",
        test_auto_repay.test_each_fill_of_an_order_repays_by_itself,
    ),
    Bug(
        "a cancellation frees nothing for it",
        "orders.cancel_order",
        "borrow.auto_repay(work, user, held_ccy)",
        "pass",
        test_auto_repay.test_a_cancelled_order_frees_coins_that_repay,
    ),
    # ---- orders
    Bug("fee forgotten", "orders._amounts", "fee = mul_up(", "fee = 0 * mul_up(", ("L7",)),
    Bug("hold not given back", "orders.close", "order.held,", "0,", ("L4",)),
    Bug(
        "later orders first",
        "order_events._sort_key",
        "return (price, order.number",
        "return (price, -order.number",
        test_orders.test_better_prices_first_then_earlier_orders,
    ),
    Bug("a limit not kept", "orders._best_offer", "if not resting or beyond(price):", "if not resting:", ("O5",)),
    Bug("own orders met", "orders._best_offer", "if maker.user_id == taker.user_id:", "if False:", ("O5", "L3")),
    Bug(
        "own orders count for fill-or-kill",
        "orders._fillable_at_once",
        ", without=command.user_id",
        "",
        test_orders.test_fok_does_not_count_own_orders,
    ),
    Bug(
        "crossed at the house's price",
        "orders.fill_crossed",
        "_fill(work, order, instrument, price, size, maker=True, other=0",
        "_fill(work, order, instrument, house[0][0], size, maker=True, other=0",
        ("O5", "L4"),
    ),
    Bug(
        "a larger order keeps its place",
        "amend.amend_order",
        "change.price != order.price or change.size > order.size",
        "change.price != order.price",
        lambda: test_amend.test_only_a_smaller_order_keeps_its_place("1.1", "0", "other"),
    ),
    Bug(
        "an order changed for nothing",
        "amend._change_of",
        "if left and (more > 0 or moved):",
        "if False:",
        test_amend.test_refusals_in_their_order,
    ),
    Bug("the old hold is kept beside the new", "amend._change_of", ") + order.held)", "))", ("L4", "B6", "B7")),
    Bug(
        "changed and not matched",
        "amend.amend_order",
        "elif requeued:",
        "elif False:",
        test_amend.test_a_price_that_others_offer_is_matched_at_once,
    ),
    Bug(
        "one order too many",
        "orders._require_place",
        ">= parameters.orders_max:",
        "> parameters.orders_max:",
        directed.no_place_for_an_order,
    ),
    Bug(
        "one order too many for an instrument",
        "orders._require_place",
        ">= parameters.orders_max_per_instrument:",
        "> parameters.orders_max_per_instrument:",
        test_orders.test_so_many_open_orders_and_no_more,
    ),
    Bug(
        "orders that ended stay counted",
        "open_orders.OpenOrders.remove",
        "self._counts[place] -= 1",
        "pass",
        test_orders.test_so_many_open_orders_and_no_more,
    ),
    Bug("given up and kept", "amend._give_up", "orders.close(", "(lambda *given: None)(", ("O4",)),
    Bug("a timer spares tags", "cancel_timer.go_off", 'if tag in ("", order.tag):', "if tag == order.tag:", ("O4",)),
    Bug("a timer goes off again", "cancel_timer._set", "timers.pop(event.tag, None)", "pass", ("O4", "I1")),
    Bug(
        "both shall give way and one does",
        "orders._best_offer",
        "in (CANCEL_TAKER, CANCEL_BOTH)",
        "in (CANCEL_TAKER,)",
        lambda: test_amend.test_who_gives_way_where_a_user_meets_himself("cancel_both", ["0.3"], ["maker", "taker"]),
    ),
    Bug(
        "a market sale is cut off the lot",
        "orders._within_balance",
        "cut(ledger.available(state, user, ccy), unit)",
        "ledger.available(state, user, ccy)",
        test_amend.test_a_market_sale_sized_in_quote_is_cut_to_whole_lots,
    ),
    Bug("more spent than held", "order_events._filled", "(trading, -spent)", "(trading, -spent - 1)", ("L1",)),
)
