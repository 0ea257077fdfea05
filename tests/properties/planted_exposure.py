"""Bugs in what is kept of open orders: sums that are not brought up to date, and answers that are taken for sure."""

from __future__ import annotations

from tests.engine import test_exposure, test_margin, test_orders
from tests.properties.planting import Bug

EXPOSED = [
    Bug(
        "what was filled would lose once more",
        "open_orders.OpenOrders.change",
        "exposure.put(state, order)",
        "pass",
        ("F2",),
    ),
    Bug(
        "an order that ended would still lose",
        "open_orders.OpenOrders.remove",
        "self._exposures[order.user_id].remove(order.order_id)",
        "pass",
        ("F2",),
    ),
    Bug(
        "a client id is not taken",
        "open_orders.OpenOrders.with_client_id",
        "self._by_client_id.get((user_id, client_order_id))",
        "None",
        test_orders.test_a_client_id_is_free_again_when_its_order_ended,
    ),
    Bug(
        "the fees of yesterday",
        "open_orders.OpenOrders.exposure",
        "found is None or found.fee != highest_fee(state)",
        "found is None",
        test_exposure.test_another_fee_counts_for_orders_that_are_open,
    ),
    Bug(
        "an order that would gain has no fee",
        "exposure.Exposure.put",
        "self._fees.get(fill.fee_ccy, 0) + fill.fee",
        "self._fees.get(fill.fee_ccy, 0)",
        ("F2",),
    ),
    Bug(
        "the fee of an order that ended",
        "exposure.Exposure.remove",
        "self._forget_fee(order_id)",
        "pass",
        ("F2",),
    ),
    Bug(
        "a new order is taken without its fee",
        "margin.worth",
        "fees += values.usd_value(order.fee_ccy, -order.fee)",
        "pass",
        test_margin.test_an_order_is_not_taken_on_the_gain_it_would_make,
    ),
    Bug(
        "an order answers for all of its ratio",
        "exposure.Piece.fill_at_once",
        "all(gaining == losing for",
        "all(gaining <= losing for",
        test_exposure.test_fills_carry_an_equity_over_the_end_of_a_slice,
    ),
    Bug(
        "the order that is judged loses twice",
        "exposure.Piece.fill_once",
        "if place >= losing:",
        "if False:",
        test_exposure.test_an_order_that_is_judged_anew_does_not_stand_in_its_own_way,
    ),
]
