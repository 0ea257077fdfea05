"""One-click repay: pays one debt from a list of coins, first coin first, through the transit currency.

A run is a small machine; its table of states is `TRANSITIONS`, which draws the diagram in the guide.
`filled` means that something was repaid, `failed` that nothing was. `repay_sizes` says how large a leg is, and
whether any leg can repay something.
Source: documented (order-book-trading-trade-post-trade-one-click-repay-new); the steps between the two documented
rows are chosen (decisions/006).
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from tallystick.engine import borrow, discount, ledger, orders, refusals, repay_faults, repay_sizes, soundness
from tallystick.engine.amounts import ONE, cut, mul_down
from tallystick.engine.commands import RepayDebt
from tallystick.engine.events import RepayAdvanced, RepayEnded, RepayLeg, RepayRecord, RepayStarted
from tallystick.engine.kinds import RunStatus, Side
from tallystick.engine.parameters import Instrument
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.repay_sizes import Task, pair_of, purchase_bound, sale_bound, sale_pair, transit_pair
from tallystick.engine.state import RepayRun, State, User
from tallystick.engine.work import Stamp, Work, applies

RUNNING: Final = "running"
FILLED: Final = "filled"
FAILED: Final = "failed"

SAME_COIN = "the same coin pays all, or all that can be paid"
REQUESTED = "other coins are listed, and can pay what is left"
SOLD = "sell the next listed coin for USDT, or for USDC, and the USDC for USDT"
BOUGHT = "buy the debt coin with the USDT raised"
DONE = "nothing to sell or buy is left, or the debt is gone"
TRANSITIONS: tuple[tuple[str, str, str], ...] = (
    ("", SAME_COIN, FILLED),
    ("", REQUESTED, RUNNING),
    (RUNNING, SOLD, RUNNING),
    (RUNNING, BOUGHT, FILLED),
    (RUNNING, BOUGHT, FAILED),
    (RUNNING, DONE, FILLED),
    (RUNNING, DONE, FAILED),
)
"""States of a run: (status before, cause, status after); "" is the request. Tests reach each of them, and no other."""


def repay_debt(work: Work, command: RepayDebt) -> None:
    """Start repaying one debt; later legs arrive as ticks.

    Rejects, first that applies: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_CCY (debt coin, then the list), NO_DEBT,
    DEBT_NOT_BORROWABLE, TOO_MANY_COINS, DEBT_COIN_NOT_FIRST (when it has a balance), COIN_IS_DUST (another coin worth
    under 1 USD), then coin by coin COIN_NOT_COLLATERAL and COIN_UNSUPPORTED (no pair to sell it in; at last the debt
    coin, if it must be bought and there is no pair or price for that), BELOW_MIN_REPAYMENT (all together, or no least
    order is reached and the same coin pays nothing), RUN_IN_PROGRESS, REPAY_OFF.
    Emits: RepayStarted, Repaid (same coin), RepayEnded when nothing is left to do.
    """
    user = work.active_user(command.user_id)
    state = work.state
    for ccy in (command.debt_ccy, *command.repay_ccys):
        ledger.require_ccy(state, ccy)
    debt = ledger.debt(state, command.user_id, command.debt_ccy)
    if debt == 0:
        owed = ",".join(ledger.debts(state, command.user_id))
        raise Rejected(Reject.NO_DEBT).because(ccy=command.debt_ccy, owed=owed)
    if not state.parameters.currencies[command.debt_ccy].borrowable:
        raise Rejected(Reject.DEBT_NOT_BORROWABLE).because(ccy=command.debt_ccy)
    _require_usable_list(state, user, command, debt)
    own = ledger.available(state, user, command.debt_ccy) if command.debt_ccy in command.repay_ccys else 0
    direct = min(own, debt)
    others = tuple(ccy for ccy in command.repay_ccys if ccy != command.debt_ccy)
    rest = Task(command.debt_ccy, others, debt - direct)
    unreached = repay_sizes.least_unreached(state, user, rest, by_book=False) if rest.owed and others else ""
    if unreached and not direct:
        raise Rejected(Reject.BELOW_MIN_REPAYMENT, min=unreached).because("order", least=unreached)
    if command.user_id in state.runs:
        raise refusals.run_in_progress(state.runs[command.user_id])
    if not state.parameters.repay_enabled:
        raise Rejected(Reject.REPAY_OFF).because()
    record = RepayRecord(
        run_id=work.stamp.seq,
        user_id=command.user_id,
        debt_ccy=command.debt_ccy,
        repay_ccys=command.repay_ccys,
        requested_at_ms=work.stamp.at_ms,
        status=RUNNING,
        repaid=direct,
        legs=(),
    )
    first_step_at_ms = work.stamp.at_ms + state.parameters.repay_first_delay_ms
    work.emit(RepayStarted(record=record, debt=debt, remaining=debt - direct, next_step_at_ms=first_step_at_ms))
    if direct:
        borrow.repay(work, user, command.debt_ccy, direct, borrow.ONE_CLICK_REPAY)
    if not rest.owed or not others or unreached:
        _end(work, state.runs[command.user_id])


def _require_usable_list(state: State, user: User, command: RepayDebt, debt: int) -> None:
    parameters = state.parameters
    if len(command.repay_ccys) > parameters.repay_coins_max:
        raise refusals.too_many_coins(command.repay_ccys, parameters.repay_coins_max)
    if (own := ledger.available(state, user, command.debt_ccy)) > 0 and command.repay_ccys[0] != command.debt_ccy:
        no = Rejected(Reject.DEBT_COIN_NOT_FIRST, debtCcy=command.debt_ccy)
        raise no.because(ccy=command.debt_ccy, free=own, listed=" ".join(command.repay_ccys))
    others = [ccy for ccy in command.repay_ccys if ccy != command.debt_ccy]
    usable = {ccy: borrow.usable(state, user, ccy) for ccy in command.repay_ccys}
    if any(usable[ccy][1] < parameters.repay_min_usd for ccy in others):
        ccy = next(ccy for ccy in others if usable[ccy][1] < parameters.repay_min_usd)
        no, (free, worth) = Rejected(Reject.COIN_IS_DUST), usable[ccy]
        raise no.because(ccy=ccy, free=free, worth_usd=worth, least_usd=parameters.repay_min_usd)
    for ccy in others:
        if not discount.counts(state, user, ccy):
            raise Rejected(Reject.COIN_NOT_COLLATERAL).because(ccy=ccy)
        if ccy != parameters.transit_ccy and sale_pair(state, ccy) is None:
            raise Rejected(Reject.COIN_UNSUPPORTED, ccy=ccy).because(ccy=ccy, other=parameters.transit_ccy)
    pays_all = usable.get(command.debt_ccy, (0, 0))[0] >= debt
    if others and not pays_all and command.debt_ccy != parameters.transit_ccy:
        pair = transit_pair(state, command.debt_ccy)
        if pair is None or purchase_bound(state, pair) <= 0:
            no = Rejected(Reject.COIN_UNSUPPORTED, ccy=command.debt_ccy)
            raise no.because("buy", ccy=command.debt_ccy, other=parameters.transit_ccy)
    if (worth := sum(value for _, value in usable.values())) < parameters.repay_min_usd and not pays_all:
        no = Rejected(Reject.BELOW_MIN_REPAYMENT, min_atoms=str(parameters.repay_min_usd))
        raise no.because(worth_usd=worth, least_usd=parameters.repay_min_usd)


# ---- the steps


def due_at_ms(state: State) -> int | None:
    """Time at which the next step of a run is due."""
    if not state.runs:
        return None
    return min((run.next_step_at_ms for run in state.runs.values() if not run.held_by), default=None)


def step_next(work: Work) -> None:
    """Do one leg of the run whose step is due first; at one instant the older user goes first.

    Auto repay takes the coins that the step brought in or freed beyond what the run repaid.
    """
    waiting = (run for run in work.state.runs.values() if not run.held_by)
    run = min(waiting, key=lambda run: (run.next_step_at_ms, run.user_id))
    cut_short = repay_faults.end(work, run)
    if not cut_short and repay_faults.hold_up(work, run):
        return
    user = work.state.users[run.user_id]
    parameters = work.state.parameters
    coins = dict.fromkeys((parameters.transit_ccy, run.debt_ccy, parameters.bridge_ccy))
    before = {ccy: borrow.unreserved(work.state, user, ccy) for ccy in coins}
    if cut_short:
        _end(work, run)
    else:
        _step(work, user, run)
    for ccy in coins:
        if borrow.unreserved(work.state, user, ccy) > before[ccy]:
            borrow.auto_repay(work, user, ccy)


def _step(work: Work, user: User, run: RepayRun) -> None:
    """Pass over coins that can give nothing. End the run when it is complete, or can repay nothing more."""
    state = work.state
    if ledger.debt(state, run.user_id, run.debt_ccy) == 0:
        _end(work, run)
        return
    if repay_sizes.least_unreached(state, user, _task(state, run), by_book=True):
        _end(work, run)
        return
    if run.bridged and _sell_on(work, user, run):
        return
    while run.next_coin < len(run.repay_ccys) and repay_sizes.target(state, _task(state, run)) > 0:
        ccy = run.repay_ccys[run.next_coin]
        if ccy == run.debt_ccy:
            _pass_over(work, run)
        elif ccy == state.parameters.transit_ccy:
            _use_transit(work, user, run)
        elif _sell(work, user, run, ccy):
            return
    if run.debt_ccy != state.parameters.transit_ccy and run.raised_quote > 0:
        _buy(work, user, run)
    _end(work, run)


def _task(state: State, run: RepayRun) -> Task:
    """Task left to do now: the rest of the request, or the debt if that is less."""
    owed = min(run.remaining, ledger.debt(state, run.user_id, run.debt_ccy))
    coins = tuple(run.repay_ccys[run.next_coin :])
    return Task(run.debt_ccy, coins, owed, run.raised_quote, run.raised_net, run.bridged)


def _sell(work: Work, user: User, run: RepayRun, ccy: str) -> bool:
    """Sell a listed coin for the transit coin, or for the bridge coin. False if the coin was passed over."""
    state = work.state
    pair, task = sale_pair(state, ccy), _task(state, run)
    price = sale_bound(state, pair) if pair else 0
    size = repay_sizes.sale_size(state, user, task, ccy, pair) if pair else 0
    in_vain = repay_sizes.after_sale(state, user, task, ccy, by_book=True)[1]
    if pair is None or in_vain or not _may_sell(state, user, pair, price, size):
        _pass_over(work, run)
        return False
    leg, gross, net = _leg(work, user, pair, "sell", price, size, cut(size, pair.lot))
    if pair.quote_ccy in (run.debt_ccy, state.parameters.transit_ccy):
        _take_in(work, user, run, pair, leg, gross, net)
    else:
        _advance(work, run, (run.raised_quote, run.raised_net), leg, bridged=net)
    return True


def _sell_on(work: Work, user: User, run: RepayRun) -> bool:
    """Sell the bridge coins of the first hop for the transit coin. False if that is impossible."""
    state = work.state
    pair = pair_of(state, state.parameters.bridge_ccy)
    size = repay_sizes.onward_size(state, user, _task(state, run), pair)
    if not _may_sell(state, user, pair, sale_bound(state, pair), size):
        _pass_over(work, run)
        return False
    leg, gross, net = _leg(work, user, pair, "sell", sale_bound(state, pair), size, cut(size, pair.lot))
    _take_in(work, user, run, pair, leg, gross, net)
    return True


def _may_sell(state: State, user: User, pair: Instrument, price: int, size: int) -> bool:
    """Test whether that size can be ordered, and would leave the account sound."""
    if cut(size, pair.lot) < pair.min_size:
        return False
    proceeds = mul_down(mul_down(size, price), ONE - state.parameters.taker_fee)
    return soundness.stays_sound(state, user.user_id, {pair.base_ccy: -size, pair.quote_ccy: proceeds})


def _take_in(work: Work, user: User, run: RepayRun, pair: Instrument, leg: RepayLeg, gross: int, net: int) -> None:
    """Add the proceeds of a sale to the budget of the buy, or repay at once if they are in the debt coin."""
    state = work.state
    if pair.quote_ccy != run.debt_ccy:
        _advance(work, run, (run.raised_quote + gross, run.raised_net + net), leg)
        return
    direct = min(net, run.remaining, ledger.debt(state, user.user_id, run.debt_ccy))
    _advance(work, run, (run.raised_quote, run.raised_net), leg, direct)
    if direct:
        borrow.repay(work, user, run.debt_ccy, direct, borrow.ONE_CLICK_REPAY)


def _use_transit(work: Work, user: User, run: RepayRun) -> None:
    """Add own transit coins to the budget of the buy, since the transit coin itself is listed."""
    state = work.state
    own = ledger.available(state, user, state.parameters.transit_ccy) - run.raised_net
    added = repay_sizes.own_transit(state, _task(state, run), pair_of(state, run.debt_ccy), own)
    _advance(work, run, (run.raised_quote + added, run.raised_net + added), None)


def _buy(work: Work, user: User, run: RepayRun) -> None:
    """Buy the debt coin with the coins raised, and repay with the net."""
    state = work.state
    pair = pair_of(state, run.debt_ccy)
    size = repay_sizes.purchase_size(state, _task(state, run), pair)
    budget = min(ledger.available(state, user, pair.quote_ccy), run.raised_net)
    if size <= 0 or budget <= 0:
        return
    leg, _, net = _leg(work, user, pair, "buy", purchase_bound(state, pair), size, budget)
    direct = min(net, run.remaining, ledger.debt(state, user.user_id, run.debt_ccy))
    _advance(work, run, (0, 0), leg, direct)
    if direct:
        borrow.repay(work, user, run.debt_ccy, direct, borrow.ONE_CLICK_REPAY)


def _leg(
    work: Work, user: User, pair: Instrument, side: Side, price: int, size: int, held: int
) -> tuple[RepayLeg, int, int]:
    """Place one order of the run in the ordinary book. Returns (leg, gross quote, net received)."""
    lag_ms = work.state.parameters.repay_order_id_lag_ms
    most = repay_faults.most_filled(work, work.state.runs[user.user_id], cut(size, pair.lot))
    order = orders.take(work, user, pair, side=side, price=price, size=size, held=held, id_lag_ms=lag_ms, base_max=most)
    filled = order.filled_size == cut(size, pair.lot)
    received = order.filled_size if side == "buy" else order.filled_quote
    leg = RepayLeg(
        order_id=order.order_id,
        instrument=pair.instrument,
        side=side,
        price=price,
        size=size,
        fill_price=order.last_price,
        fill_size=order.filled_size,
        state=orders.FILLED if filled else orders.CANCELED,
        placed_at_ms=order.placed_at_ms,
    )
    return leg, order.filled_quote, received - order.fee


def _record(run: RepayRun, status: RunStatus) -> RepayRecord:
    return RepayRecord(
        run_id=run.run_id,
        user_id=run.user_id,
        debt_ccy=run.debt_ccy,
        repay_ccys=tuple(run.repay_ccys),
        requested_at_ms=run.requested_at_ms,
        status=status,
        repaid=run.repaid,
        legs=tuple(run.legs),
    )


def _pass_over(work: Work, run: RepayRun) -> None:
    _advance(work, run, (run.raised_quote, run.raised_net), None)


def _advance(
    work: Work, run: RepayRun, raised: tuple[int, int], leg: RepayLeg | None, repaid: int = 0, bridged: int = 0
) -> None:
    """Note a step. `raised` is the transit currency gained, gross and net. The coin stays while coins are `bridged`."""
    record = _record(run, RUNNING)
    if leg is not None:
        record = replace(record, legs=(*record.legs, leg), repaid=record.repaid + repaid)
    next_coin = run.next_coin if bridged else min(run.next_coin + 1, len(run.repay_ccys))
    next_step_at_ms = work.stamp.at_ms + (work.state.parameters.repay_leg_delay_ms if leg else 0)
    gross, net = raised
    work.emit(
        RepayAdvanced(
            record=record,
            next_coin=next_coin,
            raised_quote=gross,
            raised_net=net,
            next_step_at_ms=next_step_at_ms,
            bridged=bridged,
        )
    )


def stop(work: Work, user: User) -> None:
    """End the run of this user at once, since a liquidation begins (chosen: decisions/012). Emits: RepayEnded."""
    run = work.state.runs.get(user.user_id)
    if run is not None:
        _end(work, run)


def _end(work: Work, run: RepayRun) -> None:
    work.emit(RepayEnded(record=_record(run, FILLED if run.repaid > 0 else FAILED)))


# ---- events


@applies(RepayStarted)
def _started(state: State, stamp: Stamp, event: RepayStarted) -> None:
    record = event.record
    state.runs[record.user_id] = RepayRun(
        run_id=record.run_id,
        user_id=record.user_id,
        debt_ccy=record.debt_ccy,
        repay_ccys=list(record.repay_ccys),
        requested_at_ms=record.requested_at_ms,
        debt=event.debt,
        remaining=event.remaining,
        repaid=record.repaid,
        next_coin=0,
        raised_quote=0,
        raised_net=0,
        next_step_at_ms=event.next_step_at_ms,
    )


@applies(RepayAdvanced)
def _advanced(state: State, stamp: Stamp, event: RepayAdvanced) -> None:
    run = state.runs[event.record.user_id]
    run.remaining -= event.record.repaid - run.repaid
    run.repaid = event.record.repaid
    run.legs = list(event.record.legs)
    run.next_coin = event.next_coin
    run.raised_quote = event.raised_quote
    run.raised_net = event.raised_net
    run.next_step_at_ms = event.next_step_at_ms
    run.bridged = event.bridged


@applies(RepayEnded)
def _ended(state: State, stamp: Stamp, event: RepayEnded) -> None:
    del state.runs[event.record.user_id]
