"""Faults of orders: one that waits in the book is cancelled by the system as soon as it has been placed.

Source: chosen (decisions/039).
"""

from __future__ import annotations

from typing import Final

from tallystick.engine import borrow, faults, orders
from tallystick.engine.commands import Command, PlaceOrder
from tallystick.engine.events import OrderPlaced
from tallystick.engine.work import Work

SYSTEM: Final = "system"
"""Cause of cancellation for an order that a fault has cancelled."""


def cancel_placed(work: Work, command: Command) -> None:
    """Cancel what waits of the order just placed, if a fault says so. Emits: FaultMet, OrderClosed, Repaid."""
    placed = work.events[0] if type(command) is PlaceOrder else None
    if not isinstance(placed, OrderPlaced) or placed.order_id not in work.state.orders:
        return
    if faults.fires(work, "order-canceled", placed.user_id):
        order = work.state.orders[placed.order_id]
        held_ccy, freed = order.held_ccy, order.held
        orders.close(work, order.order_id, orders.CANCELED, SYSTEM)
        if freed:
            borrow.auto_repay(work, work.state.users[placed.user_id], held_ccy)
