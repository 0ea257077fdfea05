"""Risk of trading accounts when prices fall: orders are cancelled, then a warning, liquidation, the fund.

Accounts are judged after every price and every hour, by the index alone (only accounts that may have reached a line,
see `triggers`). An account is not judged while a coin that it owes or that counts as its collateral has no price.

    auto-loan off, a debt above its quota             the debt is bought back to half of it (`auto_exchange`)
    adjEq < imr, or adjEq < mmr + fee + borrowFroz    orders that would borrow are cancelled
    mgnRatio <= 3                                     a warning, at most once an hour
    mgnRatio <= 1                                     liquidation

A liquidation freezes the account, ends its one-click run, cancels all its orders and pays its debts by
force (`forced_sale`), a fifth of a debt at a time and the most valuable debt first, until mgnRatio > 1.2
or nothing is owed. If the book has nothing within the bound the account stays frozen and the next
price or hour goes on. The insurance fund pays debts left when nothing is left to sell; a shortfall
of the fund is bad debt. The lowest ratio goes first, then the older user.
Source: docs/rules/liquidation.md#ladder (thresholds documented, the rest chosen: decisions/012).
"""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.engine import (
    auto_exchange,
    borrow,
    discount,
    forced_sale,
    ledger,
    margin,
    open_orders,
    orders,
    prices,
    repay,
    spot_borrow,
    spot_judging,
    transient,
    triggers,
)
from tallystick.engine.amounts import ONE, div_down, mul_up
from tallystick.engine.events import DebtCovered, LiquidationEnded, LiquidationFeeTaken, LiquidationStarted, SpotWarned
from tallystick.engine.forced_sale import Terms
from tallystick.engine.interest import SPOT_UNIT
from tallystick.engine.margin_tiers import tier_of
from tallystick.engine.prices import Quotes
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

STEPS_MAX = 1_000
"""Most forced payments of one account in one command; the rest waits for the next price."""


HEADROOMS = (ONE // 100, ONE // 10_000)
"""Growth of a debt allowed before the account is judged again: the first value that keeps it below its line."""

FREE = "without a debt"
SOUND = "above the warning ratio"
WARNED = "at or below the warning ratio"
FROZEN = "frozen: being liquidated"
TRANSITIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("", ("opened",), FREE),
    (FREE, ("borrowed", "interest"), SOUND),
    (FREE, ("borrowed",), WARNED),
    (SOUND, ("price", "interest", "parameters", "borrowed", "order", "coins"), WARNED),
    (WARNED, ("price", "parameters", "repaid", "order", "coins"), SOUND),
    (SOUND, ("repaid",), FREE),
    (WARNED, ("repaid",), FREE),
    (WARNED, ("liquidation begins",), FROZEN),
    (FROZEN, ("liquidation ends",), WARNED),
    (FROZEN, ("liquidation ends",), SOUND),
    (FROZEN, ("liquidation ends",), FREE),
)
"""States of a trading account: (state before, any of these causes, state after); "" is none yet.

A cause is one event: an order is placed, filled or closed; coins come or leave by transfer, deposit or trade of a
quote. Interest makes a debt where there is none only if a fault has put it off. A liquidation may begin and end in one
entry. The table draws the diagram in the guide.
"""


def review(work: Work) -> None:
    """Judge every account with a debt, present or possible, by the present prices, and act on the result.

    Emits: the events of `auto_exchange`, OrderClosed, SpotWarned, LiquidationStarted, RepayEnded, the events of
    `forced_sale`, DebtCovered, LiquidationEnded.
    """
    state = work.state
    parameters = state.parameters
    armed = triggers.of(state)
    quotes = prices.quotes(state)
    if transient.USER in armed.unsorted:
        armed.sort_users(_exposed(state))
    due = []
    for user_id in armed.due(state, work.stamp.at_ms, transient.USER):
        user = state.users[user_id]
        if not (user.liquidating or ledger.debts(state, user_id) or spot_borrow.promised(state, user)):
            armed.disarm(transient.USER, user_id)
            continue
        armed.arm_always(transient.USER, user_id)
        if not _priced(state, quotes, user):
            continue
        above_quota = auto_exchange.review(work, user)
        _cancel_what_margin_no_longer_carries(work, user)
        if user.cross and not user.liquidating and _due(state, user):
            _cancel_all(work, user)
        needed = margin.needed_margin(state, user_id)
        worth = margin.adjusted_equity(state, user_id)
        verdict = spot_judging.verdict_of(parameters, worth, needed)
        if user.liquidating or verdict == spot_judging.DUE:
            due.append((div_down(worth, needed) if needed else 0, user_id))
        elif verdict == spot_judging.CALLED:
            _warn(work, user, div_down(worth, needed))
            again_ms = user.warned_at_ms + parameters.spot_warning_every_ms
            if not above_quota:
                _arm(state, user, parameters.spot_liquidation_ratio, again_ms)
        elif not above_quota:
            _arm(state, user, max(parameters.spot_warning_ratio, parameters.spot_liquidation_ratio))
    for _, user_id in sorted(due):
        _liquidate(work, state.users[user_id])


def _exposed(state: State) -> Iterator[int]:
    """Users who may owe, now or by their open orders, or are being liquidated; the others are not to be judged."""
    ordering, balances = {order.user_id for order in state.orders.values()}, state.ledger
    for user_id, user in state.users.items():
        if user.liquidating or user_id in ordering or balances.get(f"debt:{user_id}"):
            yield user_id


def _arm(state: State, user: User, ratio: int, again_ms: int = 0) -> None:
    """Arm a trigger at an account's next line: worth = ratio x needed.

    An account with open orders is judged whenever the index of a coin of it or of them changes, and every time while it
    waits for a moment.

    A debt counts with its margin. Against it stands what each coin counts beside its debt: discounted, that falls by no
    more than the debt grows.
    """
    debts = ledger.debts(state, user.user_id)
    if user.frozen or user.promised or not debts:
        if not again_ms:
            exposed = open_orders.of(state).exposure(state, user.user_id).coins()
            coins = tuple(dict.fromkeys((*ledger.equity(state, user.user_id), *user.promised, *user.frozen, *exposed)))
            triggers.of(state).arm_with(state, transient.USER, user.user_id, coins)
        return
    currencies = state.parameters.currencies
    pledged = {}
    for ccy, equity in ledger.equity(state, user.user_id).items():
        counted = discount.counted(currencies[ccy], equity) if equity > 0 else equity
        if equity > 0 and ccy in user.uncounted:
            counted = 0
        pledged[ccy] = counted + debts.get(ccy, 0)
    for headroom in HEADROOMS:
        owed = {}
        for ccy, amount in triggers.with_roundings(debts, SPOT_UNIT).items():
            tier = tier_of(currencies[ccy], mul_up(amount, ONE + headroom))
            rate = tier.maintenance + state.parameters.taker_fee
            owed[ccy] = mul_up(amount, ONE + mul_up(ratio, rate))
        weights = triggers.Weights(owed, pledged)
        if triggers.of(state).arm(state, transient.USER, user.user_id, weights, again_ms, headroom=headroom):
            return


def _priced(state: State, quotes: Quotes, user: User) -> bool:
    """Test whether every coin owed has a price, and no coin that is held as collateral has lost its price (F13)."""
    owed = (*ledger.debts(state, user.user_id), *spot_borrow.promised(state, user))
    held = state.ledger.get(f"trading:{user.user_id}", {})
    return not spot_judging.is_unpriced(state.parameters, quotes, owed, held, user.uncounted)


def _cancel_what_margin_no_longer_carries(work: Work, user: User) -> None:
    state = work.state
    would_borrow = margin.potential(state, user)
    if not would_borrow:
        return
    worth = margin.adjusted_equity(state, user.user_id)
    if user.cross:
        owed = margin.owed_margin(state, ledger.debts(state, user.user_id), state.parameters.taker_fee)
        if worth < owed + margin.margin_of(state, would_borrow, ONE, user.leverage):
            forced_sale.cancel_promises(work, user, would_borrow, spot_borrow.RISK)
        return
    possible = margin.potential_margin(state, user)
    if worth < margin.initial_margin(state, user.user_id) or worth < (
        margin.needed_margin(state, user.user_id) + possible
    ):
        forced_sale.cancel_promises(work, user, would_borrow, spot_borrow.RISK)


def _warn(work: Work, user: User, ratio: int) -> None:
    every_ms = work.state.parameters.spot_warning_every_ms
    if user.warned_at_ms == 0 or work.stamp.at_ms >= user.warned_at_ms + every_ms:
        work.emit(SpotWarned(user_id=user.user_id, ratio=ratio))


def _cancel_all(work: Work, user: User) -> None:
    """Cancel every open order of an account, oldest first. Emits: OrderClosed, Repaid."""
    gains = borrow.before_gains(work.state, user)
    for order in tuple(open_orders.of(work.state).of_user(user.user_id)):
        orders.close(work, order.order_id, orders.CANCELED, spot_borrow.RISK)
    borrow.repay_gains(work, user, gains)


# ---- liquidation


def _liquidate(work: Work, user: User) -> None:
    state = work.state
    if not user.liquidating:
        if not _due(state, user):
            return  # a sale before this one moved the index or filled an order of the user
        work.emit(LiquidationStarted(user_id=user.user_id, ratio=margin.margin_ratio(state, user.user_id) or 0))
        repay.stop(work, user)
        _cancel_all(work, user)
    _pay_in_slices(work, user)
    if not _recovered(state, user):
        for ccy in ledger.debts(state, user.user_id):
            if not forced_sale.can_give(state, user, ccy):
                _cover(work, user, ccy)
    if _recovered(state, user):
        work.emit(LiquidationEnded(user_id=user.user_id))


def _due(state: State, user: User) -> bool:
    needed = margin.needed_margin(state, user.user_id)
    worth = margin.adjusted_equity(state, user.user_id)
    return spot_judging.verdict_of(state.parameters, worth, needed) == spot_judging.DUE


def _recovered(state: State, user: User) -> bool:
    needed = margin.needed_margin(state, user.user_id)
    worth = margin.adjusted_equity(state, user.user_id)
    return needed == 0 or worth * ONE > needed * state.parameters.spot_liquidation_target


def _pay_in_slices(work: Work, user: User) -> None:
    """Pay debts slice by slice, the most valuable first. A debt that cannot be paid now waits for the next price.

    A slice paid only in part is tried again: coins left over from a better price buy a little more.
    """
    state = work.state
    share = state.parameters.spot_liquidation_slice
    slices = {ccy: mul_up(amount, share) for ccy, amount in ledger.debts(state, user.user_id).items()}
    terms = Terms(forced_sale.LIQUIDATION, state.parameters.taker_fee)
    for _ in range(STEPS_MAX):
        if _recovered(state, user):
            return
        owed = {ccy: amount for ccy, amount in ledger.debts(state, user.user_id).items() if ccy in slices}
        if not owed:
            return
        ccy = min(owed, key=lambda coin: (-mul_up(owed[coin], prices.usd_index(state, coin)), coin))
        wanted = min(owed[ccy], slices[ccy])
        if forced_sale.pay(work, user, ccy, wanted, terms) == 0:
            del slices[ccy]


def _cover(work: Work, user: User, ccy: str) -> None:
    """Cover a debt that no coins are left to pay: the fund pays it, from its own coins of that currency first.

    Transit coins that are too few for an order go to the fund, up to the value of the debt: nobody keeps coins while
    others pay for them. Emits: LiquidationFeeTaken, DebtCovered.
    """
    state = work.state
    transit = state.parameters.transit_ccy
    amount = ledger.debt(state, user.user_id, ccy)
    if ccy != transit:
        value = -(-mul_up(amount, prices.usd_index(state, ccy)) * ONE // prices.usd_index(state, transit))
        given = min(value, ledger.available(state, user, transit))
        if given:
            work.emit(LiquidationFeeTaken(user_id=user.user_id, ccy=transit, amount=given))
    own = min(amount, ledger.balance(state, "insurance", ccy))
    rest = amount - own
    value = -(-mul_up(rest, prices.usd_index(state, ccy)) * ONE // prices.usd_index(state, transit))
    fund = ledger.balance(state, "insurance", transit) - (own if ccy == transit else 0)
    insurance = min(value, fund)
    work.emit(
        DebtCovered(
            user_id=user.user_id,
            ccy=ccy,
            amount=amount,
            own=own,
            transit_ccy=transit,
            insurance=insurance,
            bad_debt=value - insurance,
        )
    )


# ---- events


@applies(SpotWarned)
def _warned(state: State, stamp: Stamp, event: SpotWarned) -> None:
    state.users[event.user_id].warned_at_ms = stamp.at_ms


@applies(LiquidationStarted)
def _started(state: State, stamp: Stamp, event: LiquidationStarted) -> None:
    state.users[event.user_id].liquidating = True


@applies(LiquidationEnded)
def _ended(state: State, stamp: Stamp, event: LiquidationEnded) -> None:
    state.users[event.user_id].liquidating = False


@applies(DebtCovered)
def _covered(state: State, stamp: Stamp, event: DebtCovered) -> None:
    ledger.claim(state, event.ccy, f"debt:{event.user_id}", -event.amount)
    rest = event.amount - event.own
    ledger.post(state, event.ccy, ("insurance", -event.own), ("market", -rest), ("pool", event.amount))
    ledger.post(
        state,
        event.transit_ccy,
        ("insurance", -event.insurance),
        ("bad_debt", -event.bad_debt),
        ("market", event.insurance + event.bad_debt),
    )
    user = state.users[event.user_id]
    user.exempt.pop(event.ccy, None)
    ledger.touch(user, event.ccy, stamp.at_ms)
