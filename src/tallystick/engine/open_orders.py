"""Whose orders are open, how many, and what they would change: a companion that follows from `State.orders`.

In no encoding. Asked at every order, so nobody looks through the orders of everybody, or through all of one user's.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from tallystick.engine.exposure import Exposure, highest_fee
from tallystick.engine.state import Order, State


class OpenOrders:
    """Open orders by user, oldest first, their number by user and instrument, and whom a client id belongs to."""

    __slots__ = ("_by_client_id", "_counts", "_exposures", "_orders")

    def __init__(self, orders: Collection[Order]) -> None:
        self._orders: dict[int, dict[int, Order]] = {}
        self._counts: dict[tuple[int, str], int] = {}
        self._by_client_id: dict[tuple[int, str], Order] = {}
        self._exposures: dict[int, Exposure] = {}
        """Of users whose orders have been weighed against what they owe."""
        for order in orders:
            self._list(order)

    def add(self, state: State, order: Order) -> None:
        self._list(order)
        self.change(state, order)

    def _list(self, order: Order) -> None:
        self._orders.setdefault(order.user_id, {})[order.order_id] = order
        place = (order.user_id, order.instrument)
        self._counts[place] = self._counts.get(place, 0) + 1
        if order.client_order_id:
            self._by_client_id[order.user_id, order.client_order_id] = order

    def change(self, state: State, order: Order) -> None:
        """The order is another one now: filled in part, or amended."""
        exposure = self._exposures.get(order.user_id)
        if exposure is not None:
            exposure.put(state, order)

    def remove(self, order: Order) -> None:
        own = self._orders[order.user_id]
        del own[order.order_id]
        if not own:
            del self._orders[order.user_id]
            self._exposures.pop(order.user_id, None)
        elif order.user_id in self._exposures:
            self._exposures[order.user_id].remove(order.order_id)
        place = (order.user_id, order.instrument)
        self._counts[place] -= 1
        if not self._counts[place]:
            del self._counts[place]
        if order.client_order_id:
            del self._by_client_id[order.user_id, order.client_order_id]

    def of_user(self, user_id: int) -> Collection[Order]:
        """The user's open orders, oldest first; a view that changes with them."""
        return self._orders.get(user_id, {}).values()

    def count(self, user_id: int, instrument: str) -> int:
        """How many of the user's orders for an instrument are open."""
        return self._counts.get((user_id, instrument), 0)

    def with_client_id(self, user_id: int, client_order_id: str) -> Order | None:
        """The user's open order with this client id; none without one."""
        return self._by_client_id.get((user_id, client_order_id))

    def exposure(self, state: State, user_id: int) -> Exposure:
        """What the user's open orders would change if they filled, at the fees of now."""
        found = self._exposures.get(user_id)
        if found is None or found.fee != highest_fee(state):
            found = self._exposures[user_id] = Exposure(state, self.of_user(user_id))
        return found


def of(state: State) -> OpenOrders:
    """The companion of a state, made where there is none yet."""
    found = state.__dict__.get("open_orders")
    if found is None:
        found = state.__dict__["open_orders"] = OpenOrders(state.orders.values())
    return cast(OpenOrders, found)
