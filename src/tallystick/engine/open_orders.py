"""Index of open orders by user, with counts and exposure; it follows from `State.orders`.

The index is never encoded. Every order asks it, so that no order scans the orders of everybody, or all of one user's.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from tallystick.engine.exposure import Exposure, highest_fee
from tallystick.engine.state import Order, State


class OpenOrders:
    """Open orders by user, oldest first, counts by user and instrument, and orders by client id."""

    __slots__ = ("_by_client_id", "_counts", "_exposures", "_orders")

    def __init__(self, orders: Collection[Order]) -> None:
        self._orders: dict[int, dict[int, Order]] = {}
        self._counts: dict[tuple[int, str], int] = {}
        self._by_client_id: dict[tuple[int, str], Order] = {}
        self._exposures: dict[int, Exposure] = {}
        """Exposure of each user whose orders were judged against their debts."""
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
        """Replace an order that was filled in part or amended."""
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
        """Open orders of the user, oldest first; a view that changes with them."""
        return self._orders.get(user_id, {}).values()

    def count(self, user_id: int, instrument: str) -> int:
        """Number of the user's open orders for an instrument."""
        return self._counts.get((user_id, instrument), 0)

    def with_client_id(self, user_id: int, client_order_id: str) -> Order | None:
        """Open order of the user with this client id, if any."""
        return self._by_client_id.get((user_id, client_order_id))

    def exposure(self, state: State, user_id: int) -> Exposure:
        """Exposure of the user: the changes if their open orders filled, at the present fees."""
        found = self._exposures.get(user_id)
        if found is None or found.fee != highest_fee(state):
            found = self._exposures[user_id] = Exposure(state, self.of_user(user_id))
        return found


def of(state: State) -> OpenOrders:
    """Index of a state, made if there is none yet."""
    found = state.__dict__.get("open_orders")
    if found is None:
        found = state.__dict__["open_orders"] = OpenOrders(state.orders.values())
    return cast(OpenOrders, found)
