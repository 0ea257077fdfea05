"""Soundness: whether an account may trade, or give coins away, without coming below its margin.

No command makes an account unsound (F2), and one that helps an unsound account is not refused.
Source: docs/rules/borrowing.md#order-check; in multi-currency and portfolio margin decisions/057.
"""

from __future__ import annotations

from typing import NamedTuple

from tallystick.engine import ledger, margin, prices, transient
from tallystick.engine.amounts import ONE
from tallystick.engine.exposure import Fill
from tallystick.engine.state import State, User


def _blinds(state: State, user_id: int, ccy: str) -> bool:
    """Test whether an incoming coin is the first of its kind here, is collateral, and has lost its price."""
    counted = state.parameters.currencies[ccy].collateral and ccy not in state.users[user_id].uncounted
    held = ledger.cash(state, user_id, ccy) or ledger.debt(state, user_id, ccy)
    return counted and not held and prices.lost(state, ccy)


def stays_sound(
    state: State,
    user_id: int,
    changes: dict[str, int],
    needs: dict[str, int] | None = None,
    *,
    resting: Fill | None = None,
    without: int = 0,
    leave_out_restricted: bool = True,
) -> bool:
    """Test whether adjEq covers imr and borrowFroz after `changes`, or at least neither adjEq falls nor debts rise.

    Restricted coins do not count, unless `leave_out_restricted` is off; if the rest is too little, adjEq with them may
    not fall either. `needs` is what a new order takes from the available coins; without it the changes move them.
    `resting` is an order that may stay open: its loss and fee count, its gain does not. `without` is left out. True
    without a debt, present or possible. False while a coin that is or may be owed, or that came in, lacks a price
    (F13). A cross account is judged by `_cross_sound`.
    """
    (noted := transient.of(state)).weighed = None
    user = state.users[user_id]
    barred = margin.restricted(state) if leave_out_restricted else set()
    if user.cross:
        return _cross_sound(state, user, changes, _Order(needs, resting, without, frozenset(barred)))
    more, owed = margin.potential(state, user, changes if needs is None else needs), ledger.debts(state, user_id)
    gains = [ccy for ccy, delta in changes.items() if delta > 0]
    if (owed or more) and any(_blinds(state, user_id, ccy) for ccy in gains):
        return False
    if all(delta >= 0 for delta in changes.values()):
        return True
    if not margin.priced(state, (*more, *owed)):
        return False
    needed = margin.initial_margin(state, user_id, more)
    if needed == 0:
        return True
    worth = margin.worth(state, user_id, changes, without, barred=barred)
    if needs is not None:
        worth = min(worth, margin.worth(state, user_id, None, without, order=resting, barred=barred))
    noted.weighed = worth, needed
    if worth >= needed:
        return True
    before = margin.potential(state, user)
    if any(more[ccy] > before.get(ccy, 0) for ccy in more):
        return False
    present = margin.worth(state, user_id, None, 0, barred=barred)
    # An order that rests may cost its fee for long. Only an account that is already unsound may accept that for a gain.
    if resting is not None and present >= margin.initial_margin(state, user_id, before):
        return False
    if barred and margin.worth(state, user_id, changes, without, barred=barred) < margin.free_equity(state, user_id):
        return False
    return margin.adjusted_equity(state, user_id, changes, without) >= margin.adjusted_equity(state, user_id)


# ---- multi-currency and portfolio margin


class _Order(NamedTuple):
    """The order asked about, or none: see `stays_sound`."""

    needs: dict[str, int] | None
    resting: Fill | None
    without: int
    barred: frozenset[str]


def is_short(state: State, user: User) -> bool:
    """Test whether the adjusted equity of an account, without restricted coins, is already below its imr."""
    return margin.free_equity(state, user.user_id) < margin.initial_margin(state, user.user_id)


def _cross_sound(state: State, user: User, changes: dict[str, int], order: _Order) -> bool:
    """Test whether adjEq covers imr after `changes`, or an account below its imr comes no nearer to liquidation.

    Both sides are taken as they stand once the order has filled, and, if it may rest, while it is open. For an account
    that is already below its imr the order passes that raises no possible borrowing and lowers adjEq by no more than
    it lowers imr. True if nothing is or may be owed; False while a coin that is or may be owed has no price.
    """
    uid = user.user_id
    frozen = dict(user.frozen)
    if (old := state.orders.get(order.without)) is not None:
        frozen[old.held_ccy] -= old.held
    held = dict(user.frozen)
    for ccy, delta in (order.needs or {}).items():
        held[ccy] = held.get(ccy, 0) - delta
    filled, resting = _borrowing(state, user, frozen, changes), _borrowing(state, user, held, {})
    present = margin.borrowing(state, user)
    gains = [ccy for ccy, delta in changes.items() if delta > 0]
    if (filled or present) and any(_blinds(state, uid, ccy) for ccy in gains):
        return False
    if all(delta >= 0 for delta in changes.values()) or not (filled or present or (order.resting and resting)):
        return True
    if not margin.priced(state, (*filled, *resting, *present)):
        return False
    worth = margin.worth(state, uid, changes, order.without, barred=order.barred)
    weighed = worth, margin.margin_of(state, filled, ONE, user.leverage)
    pairs = [weighed]
    if order.resting is not None:
        worth_open = margin.worth(state, uid, None, order.without, order=order.resting, barred=order.barred)
        pairs.append((worth_open, margin.margin_of(state, resting, ONE, user.leverage)))
    noted = transient.of(state)
    noted.weighed = min(pairs, key=lambda pair: pair[0] - pair[1])
    if all(equity >= needed for equity, needed in pairs):
        return True
    now = margin.worth(state, uid, None, 0, barred=order.barred), margin.initial_margin(state, uid)
    if now[0] >= now[1] or any(resting[ccy] > present.get(ccy, 0) for ccy in resting):
        return False
    whole = margin.adjusted_equity(state, uid, changes, order.without) - margin.adjusted_equity(state, uid)
    return min(worth - now[0], whole) >= weighed[1] - now[1]


def _borrowing(state: State, user: User, frozen: dict[str, int], changes: dict[str, int]) -> dict[str, int]:
    """|min(0, equity - frozen)| of each coin after `changes`, with these coins frozen; amounts above 0."""
    equity = ledger.equity(state, user.user_id)
    found = {}
    for ccy in sorted({*equity, *frozen, *changes}):
        lacking = frozen.get(ccy, 0) - equity.get(ccy, 0) - changes.get(ccy, 0)
        if lacking > 0:
            found[ccy] = lacking
    return found
