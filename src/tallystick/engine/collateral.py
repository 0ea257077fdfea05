"""Collateral limit: a cap on the borrowing that one coin backs on the whole platform, and the sale of the excess.

    backed(user, coin) = debts of the user in USD x share of the coin in their discounted equity
    usage(coin)        = sum over all users / collateral_limit of the coin

    usage at 0.9 of the limit        colRes 1
    usage at the limit               colRes 2: the coin carries no new borrowing (`soundness.stays_sound`)
    usage beyond collateral_conversion x limit
                                     the users it backs most sell it through the book and repay, until the
                                     usage is back at the limit

A coin whose limit is 0 has none, and costs nothing to look after. Levels are fixed with every review, after
a price, an hour or a changed number, and hold until the next one. The ratio of an account stays what it is.
Source: colRes and colBorrAutoConversion of trading-account-rest-api-get-balance (documented,
docs/rules/liquidation.md#collateral-limit); what counts as backed, the steps and the target are chosen
(decisions/024).
"""

from __future__ import annotations

from typing import Final

from tallystick.engine import (
    borrow,
    discount,
    forced_sale,
    gauge,
    ledger,
    margin,
    open_orders,
    orders,
    prices,
    spot_borrow,
)
from tallystick.engine.amounts import ONE, mul_up
from tallystick.engine.events import CollateralJudged
from tallystick.engine.kinds import Gauge, Restriction
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

NEAR_LIMIT = ONE * 90 // 100
"""Share of the limit from which a coin is close to its limit (colRes 1)."""
FREE: Final = 0
CLOSE: Final = 1
RESTRICTED: Final = 2
STEPS_MAX = 1_000
"""Most sales of one coin in one command; the rest waits for the next review."""
LEAST_USD = ONE
"""Smallest sale, in USD."""
SALE: Final = "auto_conversion"


def review(work: Work) -> None:
    """Sell the excess over each coin's limit, then set the level of every coin with a limit.

    Emits: what `forced_sale` does, OrderClosed, CollateralJudged where a level changes.
    """
    state = work.state
    capped = state.parameters.capped
    if not capped and not state.collateral_levels:
        return
    levels: dict[str, tuple[Restriction, Gauge]] = dict.fromkeys(state.collateral_levels, (FREE, 0))
    for ccy in capped:
        if usage(state, ccy) >= state.parameters.collateral_conversion:
            _convert(work, ccy)
    for ccy in capped:
        used = usage(state, ccy)
        levels[ccy] = (restriction(used), gauge.reading(used * ONE // state.parameters.collateral_conversion))
    changed = tuple(
        (ccy, *level) for ccy, level in levels.items() if state.collateral_levels.get(ccy, (FREE, 0)) != level
    )
    if changed:
        work.emit(CollateralJudged(levels=changed))


def backed(state: State, user_id: int) -> dict[str, int]:
    """USD of a user's debts by the coin that backs them, rounded up; a coin without a price backs nothing.

    Coins with a positive equity share the debts by their discounted values.
    """
    owed, values, total = _standing(state, user_id)
    return {ccy: -(-owed * value // total) for ccy, value in values.items() if value and owed}


def _standing(state: State, user_id: int) -> tuple[int, dict[str, int], int]:
    """Debts of a user, discounted value by coin, and the sum of these values, in USD; no values without a debt."""
    owed = margin.debt_usd(state, user_id)
    equity = ledger.equity(state, user_id) if owed else {}
    out = state.users[user_id].uncounted
    values = {ccy: discount.usd_value(state, ccy, amount, out) for ccy, amount in equity.items() if amount > 0}
    return owed, values, sum(values.values())


def _backers(state: State, ccy: str) -> dict[int, int]:
    """User -> USD of their debts that this coin backs, if any."""
    found = {user_id: backed(state, user_id).get(ccy, 0) for user_id in state.users}
    return {user_id: value for user_id, value in found.items() if value}


def usage(state: State, ccy: str) -> int:
    """Ratio of the debts that a coin backs to its limit, per 10**18, cut; only for coins with a limit."""
    return sum(_backers(state, ccy).values()) * ONE // state.parameters.currencies[ccy].collateral_limit


def restriction(used: int) -> Restriction:
    """colRes of a usage."""
    return RESTRICTED if used >= ONE else CLOSE if used >= NEAR_LIMIT else FREE


# ---- conversion


def _convert(work: Work, ccy: str) -> None:
    """Let users sell the coin, no more than the excess: the user it backs most goes first, then the older user."""
    state = work.state
    shares = _backers(state, ccy)
    excess = sum(shares.values()) - state.parameters.currencies[ccy].collateral_limit
    for _ in range(STEPS_MAX):
        if excess <= 0 or not shares:
            return
        user_id = min(shares, key=lambda number: (-shares[number], number))
        before = shares.pop(user_id)
        user = state.users[user_id]
        _free_coins(work, user, ccy)
        # An earlier sale may have filled their orders, and cancelling orders may have repaid some of the debt.
        stands = backed(state, user_id).get(ccy, 0)
        excess -= before - stands
        if stands and excess > 0 and _repay_some(work, user, ccy, min(excess, stands)):
            after = backed(state, user_id).get(ccy, 0)
            excess -= stands - after
            if after:
                shares[user_id] = after


def _needed(state: State, user: User, ccy: str, debt_ccy: str, excess: int) -> int:
    """USD of one debt to repay so that a coin backs about `excess` less for this user, at least `LEAST_USD`.

    Of `owed` the coin backs owed x value / total. Repaying x leaves on it, in the order `forced_sale.pay` takes:

        (owed - x) value / total                        out of the coin that is owed, whose equity stays
        (owed - x) value / (total - x)                  out of the transit coin
        (owed - x) (value - x) / (total - x)            out of the coin itself, whose curve lies above its tangent:
                                                        that is followed, a little too little rather than too much
    """
    owed, values, total = _standing(state, user.user_id)
    value, transit = values[ccy], state.parameters.transit_ccy
    left = max(0, owed * value // total - excess)
    own = prices.usd_value(state, debt_ccy, ledger.available(state, user, debt_ccy))
    paid = min(own, excess * total // value, owed)
    owed -= paid
    if paid == own and debt_ccy != transit and ccy != transit:
        own = min(values.get(transit, 0), prices.usd_value(state, transit, ledger.available(state, user, transit)))
        more = min(own, (owed * value - left * total) // (value - left) if left < value else owed)
        paid, owed, total = paid + more, owed - more, total - more
    rest = owed * value // total - left
    if rest > 0:
        paid += rest * total * total // (value * total + owed * (total - value))
    return max(LEAST_USD, paid)


def _free_coins(work: Work, user: User, ccy: str) -> None:
    """Cancel the user's open orders that hold the coin, oldest first. Emits: OrderClosed, Repaid."""
    state = work.state
    gains = borrow.before_gains(state, user)
    for order in tuple(open_orders.of(state).of_user(user.user_id)):
        if order.held_ccy == ccy:
            orders.close(work, order.order_id, orders.CANCELED, spot_borrow.CAP)
    borrow.repay_gains(work, user, gains)


def _repay_some(work: Work, user: User, ccy: str, excess: int) -> bool:
    """Repay so much that the coin backs about `excess` less. Returns whether anything was repaid or sold.

    The most valuable debt comes first, then the next one that the coin can pay. A sale may bring less than the least
    purchase of the owed coin costs. Then nothing is repaid, but the coin that was sold backs less; how much less is
    computed again before the next sale.
    """
    state = work.state
    terms = forced_sale.Terms(SALE, 0, ccy)
    owed = ledger.debts(state, user.user_id)
    values = {coin: mul_up(amount, prices.usd_index(state, coin)) for coin, amount in owed.items()}
    for coin in sorted(values, key=lambda name: (-values[name], name)):
        if values[coin]:
            usd = _needed(state, user, ccy, coin, excess)
            amount = usd * ONE // prices.usd_index(state, coin)
            had = ledger.available(state, user, ccy)
            if forced_sale.pay(work, user, coin, amount, terms) or ledger.available(state, user, ccy) < had:
                return True
    return False


# ---- events


@applies(CollateralJudged)
def _judged(state: State, stamp: Stamp, event: CollateralJudged) -> None:
    for ccy, level, risk in event.levels:
        if level or risk:
            state.collateral_levels[ccy] = (level, risk)
        else:
            state.collateral_levels.pop(ccy, None)
