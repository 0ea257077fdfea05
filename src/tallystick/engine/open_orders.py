"""Whose orders are open, and how many: a companion that follows from `State.orders` and is in no encoding.

Asked at every order, so nobody looks through the orders of everybody.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from tallystick.engine.state import Order, State


class OpenOrders:
    """Open orders by user, oldest first, and their number by user and instrument."""

    __slots__ = ("_counts", "_orders")

    def __init__(self, orders: Collection[Order]) -> None:
        self._orders: dict[int, dict[int, Order]] = {}
        self._counts: dict[tuple[int, str], int] = {}
        for order in orders:
            self.add(order)

    def add(self, order: Order) -> None:
        self._orders.setdefault(order.user_id, {})[order.order_id] = order
        place = (order.user_id, order.instrument)
        self._counts[place] = self._counts.get(place, 0) + 1

    def remove(self, order: Order) -> None:
        own = self._orders[order.user_id]
        del own[order.order_id]
        if not own:
            del self._orders[order.user_id]
        place = (order.user_id, order.instrument)
        self._counts[place] -= 1
        if not self._counts[place]:
            del self._counts[place]

    def of_user(self, user_id: int) -> Collection[Order]:
        """The user's open orders, oldest first; a view that changes with them."""
        return self._orders.get(user_id, {}).values()

    def count(self, user_id: int, instrument: str) -> int:
        """How many of the user's orders for an instrument are open."""
        return self._counts.get((user_id, instrument), 0)


def of(state: State) -> OpenOrders:
    """The companion of a state, made where there is none yet."""
    found = state.__dict__.get("open_orders")
    if found is None:
        found = state.__dict__["open_orders"] = OpenOrders(state.orders.values())
    return cast(OpenOrders, found)
