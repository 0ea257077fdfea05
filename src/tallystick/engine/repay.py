"""One-click repay: pay one debt from a list of coins, first coin first, through the transit currency.

A run is a small machine; its table of states is `TRANSITIONS`, which draws the diagram in the guide.
`filled` means that something was repaid, `failed` that nothing was (chosen: O7). Sizes and bounds
reproduce the documented example to the last digit: a bound is the largest tick strictly below
reference x (1 -+ 0.5 %); a sell has the size target / bound, a buy the size gross proceeds /
(reference x 1.005), both rounded half up at 16 decimals, while fills obey the lot.
Source: documented (order-book-trading-trade-post-trade-one-click-repay-new), credit-rules 5.1.
"""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import borrow, ledger, margin, orders, prices
from tallystick.engine.amounts import ONE, cut, lift, mul_down, mul_up, ratio_half_up
from tallystick.engine.commands import RepayDebt
from tallystick.engine.events import OrderPlaced, RepayAdvanced, RepayEnded, RepayLeg, RepayRecord, RepayStarted
from tallystick.engine.parameters import Instrument
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import RepayRun, State, User
from tallystick.engine.turn import Stamp, Turn, applies

RAW_SIZE_DECIMALS = 16
RUNNING = "running"
FILLED = "filled"
FAILED = "failed"

SAME_COIN = "the same coin pays all, or is the only one listed"
REQUESTED = "other coins are listed, and something is left to pay"
SOLD = "sell the next listed coin for USDT"
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
"""(status before, what happens, status after); "" is the request. Each is reached, and no other, in the tests."""


def repay_debt(turn: Turn, command: RepayDebt) -> None:
    """Start repaying one debt; later legs arrive as ticks.

    Rejects, first that applies: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_CCY (debt coin, then the list), RUN_IN_PROGRESS,
    NO_DEBT, TOO_MANY_COINS, DEBT_COIN_NOT_FIRST (when it has a balance), COIN_NOT_COLLATERAL,
    COIN_IS_DUST (another coin worth under 1 USD), BELOW_MIN_REPAYMENT (all together).
    Emits: RepayStarted, Repaid (same coin), RepayEnded when nothing is left to do.
    """
    user = turn.active_user(command.user_id)
    state = turn.state
    for ccy in (command.debt_ccy, *command.repay_ccys):
        ledger.require_ccy(state, ccy)
    if command.user_id in state.runs:
        raise Rejected(Reject.RUN_IN_PROGRESS)
    debt = ledger.debt(state, command.user_id, command.debt_ccy)
    if debt == 0:
        raise Rejected(Reject.NO_DEBT)
    _require_usable_list(state, user, command, debt)
    own = ledger.available(state, user, command.debt_ccy) if command.debt_ccy in command.repay_ccys else 0
    direct = min(own, debt)
    record = RepayRecord(
        turn.stamp.seq, command.user_id, command.debt_ccy, command.repay_ccys, turn.stamp.at_ms, RUNNING, 0, ()
    )
    first_step_at_ms = turn.stamp.at_ms + state.parameters.repay_first_delay_ms
    turn.emit(RepayStarted(replace(record, repaid=direct), debt, debt - direct, first_step_at_ms))
    if direct:
        borrow.repay(turn, user, command.debt_ccy, direct, borrow.ONE_CLICK_REPAY)
    if direct == debt or all(ccy == command.debt_ccy for ccy in command.repay_ccys):
        _end(turn, state.runs[command.user_id])


def _require_usable_list(state: State, user: User, command: RepayDebt, debt: int) -> None:
    parameters = state.parameters
    if len(command.repay_ccys) > parameters.repay_coins_max:
        raise Rejected(Reject.TOO_MANY_COINS, max=str(parameters.repay_coins_max))
    if ledger.available(state, user, command.debt_ccy) > 0 and command.repay_ccys[0] != command.debt_ccy:
        raise Rejected(Reject.DEBT_COIN_NOT_FIRST, debtCcy=command.debt_ccy)
    total_usd = 0
    pays_all = False
    for ccy in command.repay_ccys:
        amount, value = borrow.usable(state, user, ccy)
        total_usd += value
        if ccy == command.debt_ccy:
            pays_all = amount >= debt
            continue
        if not parameters.currencies[ccy].collateral:
            raise Rejected(Reject.COIN_NOT_COLLATERAL)
        if value < parameters.repay_min_usd:
            raise Rejected(Reject.COIN_IS_DUST)
    if total_usd < parameters.repay_min_usd and not pays_all:
        raise Rejected(Reject.BELOW_MIN_REPAYMENT, min_atoms=str(parameters.repay_min_usd))


# ---- the steps


def due_run(state: State) -> RepayRun | None:
    """The run whose next step comes first (then by user)."""
    return min(state.runs.values(), key=lambda run: (run.next_step_at_ms, run.user_id), default=None)


def step(turn: Turn, run: RepayRun) -> None:
    """Do one leg of a run. Auto repay takes what the step brought in or set free beyond what the run repaid."""
    user = turn.state.users[run.user_id]
    coins = dict.fromkeys((turn.state.parameters.transit_ccy, run.debt_ccy))
    before = {ccy: borrow.unreserved(turn.state, user, ccy) for ccy in coins}
    _step(turn, user, run)
    for ccy in coins:
        if borrow.unreserved(turn.state, user, ccy) > before[ccy]:
            borrow.auto_repay(turn, user, ccy)


def _step(turn: Turn, user: User, run: RepayRun) -> None:
    """Pass over coins that can give nothing; end the run when nothing is left to do."""
    if ledger.debt(turn.state, run.user_id, run.debt_ccy) == 0:
        _end(turn, run)
        return
    while run.next_coin < len(run.repay_ccys) and run.remaining > 0 and _target_left(turn.state, run) > 0:
        ccy = run.repay_ccys[run.next_coin]
        if ccy == run.debt_ccy:
            _pass_over(turn, run)
        elif ccy == turn.state.parameters.transit_ccy:
            _use_transit(turn, user, run)
        elif _sell(turn, user, run, ccy):
            return
    if run.debt_ccy != turn.state.parameters.transit_ccy and run.raised_quote > 0 and run.remaining > 0:
        _buy(turn, user, run)
    _end(turn, run)


def _target_left(state: State, run: RepayRun) -> int:
    """Transit currency still to raise, in atoms: the debt grossed up for the fee, to the lot, at the reference."""
    if run.debt_ccy == state.parameters.transit_ccy:
        return _gross_up(state, run.remaining)
    pair = _pair(state, run.debt_ccy)
    needed = lift(_gross_up(state, run.remaining), pair.lot)
    return mul_up(needed, prices.reference(state.markets[pair.instrument])) - run.raised_quote


def _gross_up(state: State, amount: int) -> int:
    return -(-amount * ONE // (ONE - state.parameters.taker_fee))


def _pair(state: State, ccy: str) -> Instrument:
    return state.parameters.instruments[f"{ccy}-{state.parameters.transit_ccy}"]


def bound(reference: int, rate: int, tick: int) -> int:
    """The largest tick strictly below reference x rate: 1 x 1.005 gives 1.0049, 83273.1 x 0.995 gives 82856.7."""
    exact = reference * rate
    return cut(-(-exact // ONE) - 1, tick)


def _sell(turn: Turn, user: User, run: RepayRun, ccy: str) -> bool:
    """Sell a listed coin for the transit currency; False when the coin was passed over."""
    state = turn.state
    pair = _pair(state, ccy)
    market = state.markets.get(pair.instrument)
    reference = prices.reference(market) if market else 0
    price = bound(reference, ONE - state.parameters.repay_bound, pair.tick) if reference else 0
    at_hand = ledger.available(state, user, ccy)
    size = min(ratio_half_up(_target_left(state, run), price, RAW_SIZE_DECIMALS), at_hand) if price > 0 else 0
    if cut(size, pair.lot) < pair.min_size or not margin.stays_sound(
        state,
        user.user_id,
        {ccy: -size, pair.quote_ccy: mul_down(mul_down(size, price), ONE - state.parameters.taker_fee)},
    ):
        _pass_over(turn, run)
        return False
    leg, gross, net = _trade(turn, user, pair, "sell", price, size, None)
    direct = 0
    raised = (run.raised_quote + gross, run.raised_net + net)
    if run.debt_ccy == state.parameters.transit_ccy:
        direct = min(net, run.remaining, ledger.debt(state, user.user_id, run.debt_ccy))
        raised = (0, 0)
    _advance(turn, run, raised, leg, direct)
    if direct:
        borrow.repay(turn, user, run.debt_ccy, direct, borrow.ONE_CLICK_REPAY)
    return True


def _use_transit(turn: Turn, user: User, run: RepayRun) -> None:
    """The transit currency itself is listed: take own coins of it into the budget of the buy."""
    state = turn.state
    pair = _pair(state, run.debt_ccy)
    own = max(0, ledger.available(state, user, state.parameters.transit_ccy) - run.raised_net)
    needed = lift(_gross_up(state, run.remaining), pair.lot)
    at_worst = mul_up(
        mul_up(needed, prices.reference(state.markets[pair.instrument])), ONE + state.parameters.repay_bound
    )
    added = max(0, min(own, at_worst - run.raised_quote))
    _advance(turn, run, (run.raised_quote + added, run.raised_net + added), None)


def _buy(turn: Turn, user: User, run: RepayRun) -> None:
    """Buy the debt coin with what was raised and repay with the net of it."""
    state = turn.state
    pair = _pair(state, run.debt_ccy)
    reference = prices.reference(state.markets[pair.instrument])
    rate = ONE + state.parameters.repay_bound
    price = bound(reference, rate, pair.tick)
    needed = lift(_gross_up(state, run.remaining), pair.lot)
    size = min(needed, ratio_half_up(run.raised_quote * ONE, reference * rate, RAW_SIZE_DECIMALS))
    budget = min(ledger.available(state, user, pair.quote_ccy), run.raised_net)
    # Below one tick there is no price within the bound, and an order at price 0 would have no limit at all.
    if price <= 0 or cut(size, pair.lot) < pair.min_size or budget <= 0:
        return
    leg, _, net = _trade(turn, user, pair, "buy", price, size, budget)
    direct = min(net, run.remaining, ledger.debt(state, user.user_id, run.debt_ccy))
    _advance(turn, run, (0, 0), leg, direct)
    if direct:
        borrow.repay(turn, user, run.debt_ccy, direct, borrow.ONE_CLICK_REPAY)


def _trade(
    turn: Turn, user: User, pair: Instrument, side: str, price: int, size: int, budget: int | None
) -> tuple[RepayLeg, int, int]:
    """One immediate-or-cancel leg in the ordinary book. Returns (leg, gross quote, net received)."""
    state = turn.state
    placed_at_ms = turn.stamp.at_ms
    order_id = orders.next_order_id(state, placed_at_ms + state.parameters.repay_order_id_lag_ms, user.user_id)
    held_ccy, held = (pair.base_ccy, cut(size, pair.lot)) if side == "sell" else (pair.quote_ccy, budget or 0)
    turn.emit(
        OrderPlaced(
            order_id,
            user.user_id,
            pair.instrument,
            side,
            "ioc",
            price,
            size,
            False,
            held_ccy,
            held,
            "",
            "",
            placed_at_ms,
        )
    )
    order = state.orders[order_id]
    orders.match(turn, order_id, budget)
    if order_id in state.orders:
        orders.close(turn, order_id, orders.CANCELED, orders.REST)
    filled = order.filled_size == cut(size, pair.lot)
    received = order.filled_size if side == "buy" else order.filled_quote
    leg = RepayLeg(
        order_id,
        pair.instrument,
        side,
        price,
        size,
        order.last_price,
        order.filled_size,
        orders.FILLED if filled else orders.CANCELED,
        placed_at_ms,
    )
    return leg, order.filled_quote, received - order.fee


def _record(run: RepayRun, status: str) -> RepayRecord:
    return RepayRecord(
        run.run_id,
        run.user_id,
        run.debt_ccy,
        tuple(run.repay_ccys),
        run.requested_at_ms,
        status,
        run.repaid,
        tuple(run.legs),
    )


def _pass_over(turn: Turn, run: RepayRun) -> None:
    _advance(turn, run, (run.raised_quote, run.raised_net), None)


def _advance(turn: Turn, run: RepayRun, raised: tuple[int, int], leg: RepayLeg | None, repaid: int = 0) -> None:
    """`raised` is the transit currency gained so far, gross and net of fees."""
    record = _record(run, RUNNING)
    if leg is not None:
        record = replace(record, legs=(*record.legs, leg), repaid=record.repaid + repaid)
    next_coin = min(run.next_coin + 1, len(run.repay_ccys))
    next_step_at_ms = turn.stamp.at_ms + (turn.state.parameters.repay_leg_delay_ms if leg else 0)
    turn.emit(RepayAdvanced(record, next_coin, *raised, next_step_at_ms))


def stop(turn: Turn, user: User) -> None:
    """A liquidation begins: the run of this user ends where it stands (chosen: O19). Emits: RepayEnded."""
    run = turn.state.runs.get(user.user_id)
    if run is not None:
        _end(turn, run)


def _end(turn: Turn, run: RepayRun) -> None:
    turn.emit(RepayEnded(_record(run, FILLED if run.repaid > 0 else FAILED)))


# ---- events


@applies(RepayStarted)
def _started(state: State, stamp: Stamp, event: RepayStarted) -> None:
    record = event.record
    state.runs[record.user_id] = RepayRun(
        record.run_id,
        record.user_id,
        record.debt_ccy,
        list(record.repay_ccys),
        record.requested_at_ms,
        event.debt,
        event.remaining,
        record.repaid,
        0,
        0,
        0,
        event.next_step_at_ms,
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


@applies(RepayEnded)
def _ended(state: State, stamp: Stamp, event: RepayEnded) -> None:
    del state.runs[event.record.user_id]
