"""Trial of an order: a state apart with everything that the order can touch, so that it can be placed without effect.

It has the account with its family, everybody whose orders rest in the same book, and all open orders of these. Flexible
loans, runs, quotes, timers and faults are not in it: no order of the account changes them, and nothing of them may
happen twice.
"""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Final

from msgspec.structs import replace

from tallystick.engine import account_group, open_orders, transient
from tallystick.engine.order_events import RESTING, into_book
from tallystick.engine.single import small
from tallystick.engine.state import Market, State

VENUE_ACCOUNTS: Final = ("pool", "owed", "fee", "insurance", "bad_debt", "market", "desk", "outside")
"""Accounts of the ledger that belong to no user and no loan."""
USER_ACCOUNTS: Final = ("trading", "funding", "debt")


def apart(state: State, user_id: int, instrument: str) -> State:
    """State of its own in which an order of this user for this instrument can be tried."""
    book = state.books.get(instrument)
    places = [] if book is None else [*book.bids, *book.asks]
    family = account_group.members(state, user_id)
    involved = dict.fromkeys((*family, *(state.orders[order_id].user_id for _, _, order_id in places)))
    accounts = [*VENUE_ACCOUNTS, *(f"{kind}:{one}" for one in involved for kind in USER_ACCOUNTS)]
    listed = open_orders.of(state)
    orders = sorted((order for one in involved for order in listed.of_user(one)), key=lambda order: order.number)
    found = replace(
        state,
        users={one: deepcopy(state.users[one]) for one in involved},
        ledger={name: small(state.ledger[name]) for name in accounts if name in state.ledger},
        # All of them: where trades move the index, the review of an order may sell coins in any book.
        markets={name: _apart(market) for name, market in state.markets.items()},
        orders={order.order_id: copy(order) for order in orders},
        books={},
        cancel_timers={},
        runs={},
        loans={},
        loan_requests={},
        quotes={},
        redemptions=dict(state.redemptions),
        lent=dict(state.lent),
        faults={},
        late_interest={},
        collateral_levels=dict(state.collateral_levels),
    )
    for order in found.orders.values():
        if order.kind in RESTING:
            into_book(found, order)
    transient.of(found).charged_since_ms = transient.of(state).charged_since_ms
    return found


def _apart(market: Market) -> Market:
    """Copy of a market that shares no list or dictionary with it."""
    return replace(
        market,
        held_points=list(market.held_points),
        bids=list(market.bids),
        asks=list(market.asks),
        taken_bids=dict(market.taken_bids),
        taken_asks=dict(market.taken_asks),
    )
