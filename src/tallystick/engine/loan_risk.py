"""Risk of flexible loans: warning and liquidation when prices fall, forced repayment when lenders leave.

Loans are judged after every price and every hour of interest, by the index alone (only loans that may have reached
a line, see `triggers`). `loan_judging` says where a loan stands, `loan_liquidation` what a liquidation does to it.
A warning comes at most once a day. Liquidations go by the highest LTV, then the older loan.
Source: docs/rules/flexible-loans.md#liquidation (types documented, rules chosen: decisions/011).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from tallystick.engine import (
    discount,
    far_loans,
    forced_sale,
    ledger,
    loan_judging,
    loan_liquidation,
    prices,
    spot_borrow,
    transient,
    triggers,
)
from tallystick.engine import flexible_loan as loans
from tallystick.engine.amounts import ONE, lift, mul_down, mul_up
from tallystick.engine.commands import MovePool
from tallystick.engine.events import LoanClosed, LoanSettled, LoanWarned, PoolMoved
from tallystick.engine.interest import LOAN_UNIT
from tallystick.engine.loan_judging import LINE_CUT
from tallystick.engine.loan_liquidation import SALE_UNIT, Act, Moved, Settled
from tallystick.engine.prices import Quotes
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Loan, State
from tallystick.engine.work import Stamp, Work, applies

FORCED = forced_sale.Terms(forced_sale.FORCED_REPAYMENT, 0)
"""Forced repayment costs the taker's fee only (chosen: decisions/011)."""

HEALTHY = "below the margin call"
CALLED = "at or above the margin call"
CLOSED = "closed"
TRANSITIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("", ("borrowed",), HEALTHY),
    (HEALTHY, ("price", "interest", "parameters"), CALLED),
    (
        CALLED,
        ("price", "parameters", "repaid", "collateral_locked", "partial_liquidation", "forced_repayment_buy"),
        HEALTHY,
    ),
    (HEALTHY, ("partial_liquidation",), CALLED),
    (HEALTHY, ("repaid", "forced_liquidation", "partial_liquidation", "forced_repayment_buy"), CLOSED),
    (CALLED, ("repaid", "forced_liquidation", "partial_liquidation", "forced_repayment_buy"), CLOSED),
)
"""States of a loan: (state before, any of these causes, state after); "" is none yet.

A cause is a row of the history, or one of the words price, interest, parameters if no row is written. No loan stays
at or above its liquidation LTV: it is liquidated in the same entry. The table draws the diagram in the guide.
"""


def review(work: Work) -> None:
    """Warn and liquidate loans as present prices demand. Emits: LoanWarned, LoanMoved, LoanSettled, LoanClosed."""
    state = work.state
    parameters = state.parameters
    quotes = prices.quotes(state)
    armed = triggers.of(state)
    if transient.LOAN in armed.unsorted:
        far_loans.sort_out(state, armed)
    due = []
    for loan_id in armed.due(state, work.stamp.at_ms, transient.LOAN):
        loan = state.loans.get(loan_id)
        if loan is None:
            armed.disarm(transient.LOAN, loan_id)
            continue
        debts = ledger.loan_debts(state, loan)
        verdict, ltv, lines = loan_judging.standing(parameters, quotes, debts, loan.collateral, e_mode=loan.e_mode)
        if ltv is None:
            armed.arm_always(transient.LOAN, loan_id)
        elif verdict == loan_judging.SAFE:
            divisor, gap = parameters.loan_liquidation, parameters.loan_margin_call_gap
            if lines.margin_call == lines.initial:
                divisor, gap = parameters.loan_initial, 0
            _arm(state, quotes, loan, divisor, gap)
        elif verdict == loan_judging.DUE:
            armed.arm_always(transient.LOAN, loan_id)
            due.append((-ltv, loan_id))
        else:
            every_ms = parameters.loan_warning_every_ms
            if loan.warned_at_ms == 0 or work.stamp.at_ms >= loan.warned_at_ms + every_ms:
                work.emit(LoanWarned(user_id=loan.user_id, loan_id=loan_id, ltv=ltv))
            _arm(state, quotes, loan, parameters.loan_liquidation, 0, again_ms=loan.warned_at_ms + every_ms)
            # Its warning changes nothing of where it stands, so it is not to be judged again for being named.
            transient.of(state).named.pop(transient.key_of(transient.LOAN, loan_id), None)
    for _, loan_id in sorted(due):
        _liquidate(work, quotes, state.loans[loan_id])


def _arm(state: State, quotes: Quotes, loan: Loan, divisor: int, gap: int, *, again_ms: int = 0) -> None:
    """Arm a trigger at a loan's next line: D / divisor - gap, cut to 4 decimals, with D the weighted discount.

    The debt reaches the line when it reaches the sum of value x (discount / divisor - gap), which grows with every
    price of the collateral. The margin call is the higher of two such lines; a trigger at either misses no loan. In
    E-Mode the lines are fixed: the margin call, and for a loan that is warned `again_ms` the liquidation.
    """
    parameters = state.parameters
    curves = discount.curves(parameters)
    pledged = {}
    for ccy, amount in loan.collateral.items():
        if loan.e_mode:
            share = parameters.loan_e_mode_liquidation if again_ms else parameters.loan_e_mode_margin_call
        else:
            counted = curves[ccy].counted(amount)
            share = counted * ONE * ONE // (amount * divisor) - gap - LINE_CUT
        if share <= 0:
            triggers.of(state).arm_always(transient.LOAN, loan.loan_id)
            return
        pledged[ccy] = amount * share // ONE
    weights = triggers.Weights(triggers.with_roundings(ledger.loan_debts(state, loan), LOAN_UNIT), pledged)
    triggers.of(state).arm(state, transient.LOAN, loan.loan_id, weights, again_ms, quotes=quotes)


def exact_ltv(state: State, loan: Loan) -> int | None:
    """LTV of a loan at the present prices, see `loan_judging.exact_ltv`."""
    return loan_judging.exact_ltv(prices.quotes(state), ledger.loan_debts(state, loan), loan.collateral)


def _liquidate(work: Work, quotes: Quotes, loan: Loan) -> None:
    """Carry out the acts of a liquidation as events."""
    state = work.state
    debts = ledger.loan_debts(state, loan)
    done = loan_liquidation.liquidation(state.parameters, quotes, debts, loan.collateral, e_mode=loan.e_mode)
    _carry_out(work, loan, done.acts)
    if done.closed:
        work.emit(LoanClosed(user_id=loan.user_id, loan_id=loan.loan_id))


def _carry_out(work: Work, loan: Loan, acts: Iterable[Act]) -> None:
    for act in acts:
        match act:
            case Moved(kind, ccy, amount):
                loans.move(work, loan, kind, ccy, amount)
            case Settled(amount):
                _settle(work, loan, amount)
            case never:
                assert_never(never)


def _settle(work: Work, loan: Loan, amount: int) -> None:
    """Settle fee, surplus or shortfall in the transit currency. A shortfall beyond the fund becomes bad debt."""
    state = work.state
    ccy = state.parameters.transit_ccy
    fund = ledger.balance(state, "insurance", ccy)
    insurance = max(amount, -fund)
    work.emit(
        LoanSettled(
            user_id=loan.user_id,
            loan_id=loan.loan_id,
            ccy=ccy,
            fee=0,
            insurance=insurance,
            bad_debt=amount - insurance,
            returned=0,
        )
    )


# ---- lenders


def move_pool(work: Work, command: MovePool) -> None:
    """Deposit lenders' coins or ask them back. They wait for coins lent out, and the largest debts are repaid by force.

    Rejects: UNKNOWN_CCY, WOULD_BE_NEGATIVE (more asked back than deposited). Emits: PoolMoved, and for
    forced repayment LoanMoved, LoanSettled, LoanClosed.
    """
    state = work.state
    ledger.require_ccy(state, command.ccy)
    waiting = state.redemptions.get(command.ccy, 0)
    in_cash = ledger.balance(state, "pool", command.ccy)
    if command.delta >= 0:
        work.emit(PoolMoved(ccy=command.ccy, delta=command.delta, redemption=waiting))
    else:
        if -command.delta > (free := in_cash + ledger.owed(state, command.ccy) - waiting):
            no = Rejected(Reject.WOULD_BE_NEGATIVE, ccy=command.ccy)
            raise no.because("pool", ccy=command.ccy, free=free, asked=-command.delta)
        paid = min(in_cash, -command.delta)
        work.emit(PoolMoved(ccy=command.ccy, delta=-paid, redemption=waiting - command.delta - paid))
    force_repayment(work, command.ccy)


def serve_redemptions(work: Work, ccy: str) -> None:
    """Pay returned coins to the lenders who wait. Emits: PoolMoved."""
    waiting = work.state.redemptions.get(ccy, 0)
    paid = min(waiting, ledger.balance(work.state, "pool", ccy))
    if paid:
        work.emit(PoolMoved(ccy=ccy, delta=-paid, redemption=waiting - paid))


def force_repayment(work: Work, ccy: str) -> None:
    """Reduce debts while lenders wait for coins, until 95 % of the deposits are lent.

    Orders that would borrow the coin are cancelled. Users who owe most of it, in trading account and loans together,
    come first. Each user's spot debt is paid before their loans, and the largest loan first.
    """
    state = work.state
    serve_redemptions(work, ccy)
    waiting = state.redemptions.get(ccy, 0)
    if waiting == 0:
        return
    for user in state.users.values():
        if ccy in spot_borrow.promised(state, user):
            forced_sale.cancel_promises(work, user, {ccy: 0}, spot_borrow.CAP)
    owed = ledger.owed(state, ccy)
    deposits = owed + ledger.balance(state, "pool", ccy) - waiting
    excess = owed - mul_down(deposits, state.parameters.forced_repayment_usage)
    for user_id in _largest_borrowers(state, ccy):
        if excess <= 0:
            break
        excess -= forced_sale.pay(work, state.users[user_id], ccy, excess, FORCED)
        owed_by = {loan.loan_id: ledger.loan_debts(state, loan).get(ccy, 0) for loan in loans.loans_of(state, user_id)}
        for loan_id in sorted(filter(owed_by.get, owed_by), key=lambda loan_id: (-owed_by[loan_id], loan_id)):
            if excess <= 0:
                break
            loan, before = state.loans[loan_id], owed_by[loan_id]
            _force_one(work, loan, ccy, min(excess, before))
            excess -= before - ledger.loan_debts(state, loan).get(ccy, 0)
    serve_redemptions(work, ccy)


def _largest_borrowers(state: State, ccy: str) -> list[int]:
    """Users who owe `ccy`, the largest debt first, then the older user."""
    owed: dict[int, int] = {}
    for user_id in state.users:
        debt = ledger.debt(state, user_id, ccy)
        if debt:
            owed[user_id] = debt
    for loan in state.loans.values():
        debt = ledger.loan_debts(state, loan).get(ccy, 0)
        if debt:
            owed[loan.user_id] = owed.get(loan.user_id, 0) + debt
    return sorted(owed, key=lambda user_id: (-owed[user_id], user_id))


def _force_one(work: Work, loan: Loan, ccy: str, amount: int) -> None:
    """Sell collateral and buy the loan coin, both at the index and with the taker fee; the debt falls by the net.

    Coins bought beyond the debt, because a lot is larger, and unspent coins of the sale go to the user.
    """
    state = work.state
    if exact_ltv(state, loan) is None:
        return
    fee = state.parameters.taker_fee
    transit = state.parameters.transit_ccy
    lot = lot_of(state, ccy)
    wanted = lift(-(-amount * ONE // (ONE - fee)), lot)
    price = -(-prices.usd_index(state, ccy) * ONE // prices.usd_index(state, transit))
    needed = mul_up(wanted, price)
    sold, gross, net = _hop(state, loan, sorted(loan.collateral), needed)
    bought = min(wanted, net * ONE // price // lot * lot)
    debt_falls = min(ledger.loan_debts(state, loan)[ccy], bought - mul_up(bought, fee))
    if debt_falls <= 0:
        return
    for coin, size in sold.items():
        loans.move(work, loan, loans.FORCED_REPAYMENT_SELL, coin, -size)
    loans.move(work, loan, loans.FORCED_REPAYMENT_BUY, ccy, debt_falls)
    taken = mul_up(bought, fee)
    work.emit(
        LoanSettled(
            user_id=loan.user_id,
            loan_id=loan.loan_id,
            ccy=ccy,
            fee=taken,
            insurance=0,
            bad_debt=0,
            returned=bought - taken - debt_falls,
        )
    )
    work.emit(
        LoanSettled(
            user_id=loan.user_id,
            loan_id=loan.loan_id,
            ccy=transit,
            fee=gross - net,
            insurance=0,
            bad_debt=0,
            returned=net - mul_up(bought, price),
        )
    )
    if ledger.loan_debts(state, loan) and not loan.collateral:
        left = ledger.loan_debts(state, loan)
        _carry_out(work, loan, loan_liquidation.write_off(state.parameters, prices.quotes(state), left))
    loans.close_if_repaid(work, loan)


def _hop(state: State, loan: Loan, coins: list[str], needed: int) -> tuple[dict[str, int], int, int]:
    """Coins sold, gross and net of fee in the transit currency: the most valuable first, no more than needed."""
    fee = state.parameters.taker_fee
    transit_index = prices.usd_index(state, state.parameters.transit_ccy)
    sold: dict[str, int] = {}
    gross = net = 0
    for ccy in sorted(coins, key=lambda coin: (-prices.usd_value(state, coin, loan.collateral[coin]), coin)):
        if net >= needed:
            break
        price = prices.usd_index(state, ccy) * ONE // transit_index
        if price <= 0:
            break
        amount = min(loan.collateral[ccy], lift(-(-(needed - net) * ONE * ONE // ((ONE - fee) * price)), SALE_UNIT))
        proceeds = mul_down(amount, price)
        sold[ccy] = amount
        gross += proceeds
        net += proceeds - mul_up(proceeds, fee)
    return sold, gross, net


def lot_of(state: State, ccy: str) -> int:
    """Lot of the coin's pair with the transit currency, in atoms."""
    pair = state.parameters.instruments.get(f"{ccy}-{state.parameters.transit_ccy}")
    return pair.lot if pair else SALE_UNIT


# ---- events


@applies(LoanWarned)
def _warned(state: State, stamp: Stamp, event: LoanWarned) -> None:
    state.loans[event.loan_id].warned_at_ms = stamp.at_ms


@applies(LoanSettled)
def _settled(state: State, stamp: Stamp, event: LoanSettled) -> None:
    total = event.fee + event.insurance + event.bad_debt + event.returned
    ledger.post(
        state,
        event.ccy,
        ("market", -total),
        ("fee", event.fee),
        ("insurance", event.insurance),
        ("bad_debt", event.bad_debt),
        (f"funding:{event.user_id}", event.returned),
    )


@applies(PoolMoved)
def _pool_moved(state: State, stamp: Stamp, event: PoolMoved) -> None:
    ledger.post(state, event.ccy, ("pool", event.delta), ("outside", -event.delta))
    if event.redemption:
        state.redemptions[event.ccy] = event.redemption
    else:
        state.redemptions.pop(event.ccy, None)
