"""Risk of flexible loans: warning and liquidation when prices fall, forced repayment when lenders leave.

Loans are judged after every price and every hour of interest, by the index alone (only loans that may have reached
a line, see `triggers`):

    LTV < marginCallLTV              nothing
    marginCallLTV <= LTV < liqLTV    a warning, at most once a day
    liqLTV <= LTV                    liquidation: partial while at least 2,000 USD are owed and LTV is below
                                     min((1 + liqLTV) / 2, 1 - fee), else full

A loan within its initial LTV is neither warned nor liquidated, wherever rounding has put the lines.

A partial step repays half of each loan coin from the most valuable collateral; a full one seizes all
of it. Both sell at the index and cost 2 % of what is sold, which goes to the insurance fund. Above
LTV 1 - fee a partial step would raise the LTV, so there it is always full. Highest LTV first, then
the older loan. Source: docs/rules/flexible-loans.md#liquidation (types documented, rules chosen: decisions/011).
"""

from __future__ import annotations

from tallystick.engine import discount, forced_sale, ledger, prices, spot_borrow, transient, triggers
from tallystick.engine import flexible_loan as loans
from tallystick.engine.amounts import ONE, lift, mul_down, mul_up, unit_of
from tallystick.engine.commands import MovePool
from tallystick.engine.events import LoanClosed, LoanSettled, LoanWarned, PoolMoved
from tallystick.engine.interest import LOAN_UNIT
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Loan, State
from tallystick.engine.work import Stamp, Work, applies

FORCED = forced_sale.Terms(forced_sale.FORCED_REPAYMENT, 0)
"""Forced repayment costs the taker's fee only (chosen: decisions/011)."""
SALE_UNIT = unit_of(8)
"""Unit of collateral sales: whole 10^-8 coins, rounded up, so that a sale is never too small."""

LINE_CUT = unit_of(loans.LTV_DECIMALS)
"""Most that cutting a line to its decimals takes off it."""

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
    armed = triggers.of(state)
    due = []
    for loan_id in armed.due(state, work.stamp.at_ms, transient.LOAN):
        loan = state.loans.get(loan_id)
        if loan is None:
            armed.disarm(transient.LOAN, loan_id)
            continue
        ltv = exact_ltv(state, loan)
        initial, margin_call, liquidation = loans.thresholds(state, loan)
        if ltv is None:
            armed.arm_always(transient.LOAN, loan_id)
        elif ltv < margin_call or could_be_taken(state, loan):
            divisor, gap = parameters.loan_liquidation, parameters.loan_margin_call_gap
            _arm(state, loan, *((parameters.loan_initial, 0) if margin_call == initial else (divisor, gap)))
        elif ltv >= liquidation:
            # As `is_due` says it, of a loan that is seen not to be within its initial LTV.
            armed.arm_always(transient.LOAN, loan_id)
            due.append((-ltv, loan_id))
        else:
            every_ms = parameters.loan_warning_every_ms
            if loan.warned_at_ms == 0 or work.stamp.at_ms >= loan.warned_at_ms + every_ms:
                work.emit(LoanWarned(user_id=loan.user_id, loan_id=loan_id, ltv=ltv))
            _arm(state, loan, parameters.loan_liquidation, 0, loan.warned_at_ms + every_ms)
    for _, loan_id in sorted(due):
        _liquidate(work, state.loans[loan_id])


def _arm(state: State, loan: Loan, divisor: int, gap: int, again_ms: int = 0) -> None:
    """Arm a trigger at a loan's next line: D / divisor - gap, cut to 4 decimals, with D the weighted discount.

    The debt reaches the line when it reaches the sum of value x (discount / divisor - gap), which grows with every
    price of the collateral. The margin call is the higher of two such lines; a trigger at either misses no loan. In
    E-Mode the lines are fixed: the margin call, and for a loan that is warned `again_ms` the liquidation.
    """
    parameters = state.parameters
    pledged = {}
    for ccy, amount in loan.collateral.items():
        if loan.e_mode:
            share = parameters.loan_e_mode_liquidation if again_ms else parameters.loan_e_mode_margin_call
        else:
            counted = discount.counted(parameters.currencies[ccy], amount)
            share = counted * ONE * ONE // (amount * divisor) - gap - LINE_CUT
        if share <= 0:
            triggers.of(state).arm_always(transient.LOAN, loan.loan_id)
            return
        pledged[ccy] = amount * share // ONE
    weights = triggers.Weights(triggers.with_roundings(ledger.loan_debts(state, loan), LOAN_UNIT), pledged)
    triggers.of(state).arm(state, transient.LOAN, loan.loan_id, weights, again_ms)


def exact_ltv(state: State, loan: Loan) -> int | None:
    """LTV: loan value over collateral value per 10**18, cut; None while a price is missing (F13: no loan is judged).

    Collateral that never had a price counts as 0, so that pledging some of it stops no liquidation.
    """
    debts = ledger.loan_debts(state, loan)
    if any(prices.usd_index(state, ccy) <= 0 for ccy in debts):
        return None
    if any(prices.lost(state, ccy) for ccy in loan.collateral):
        return None
    value = loans.collateral_usd(state, loan)
    owed = loans.debts_usd(state, debts)
    return owed * ONE // value if value else 2 * ONE


def could_be_taken(state: State, loan: Loan) -> bool:
    """Test whether a loan is within its initial LTV at present."""
    return loans.within_initial_ltv(state, ledger.loan_debts(state, loan), loan.collateral, e_mode=loan.e_mode)


def is_due(state: State, loan: Loan, ltv: int) -> bool:
    """Test whether a loan is to be liquidated: `ltv` at or above the liquidation LTV, and above the initial LTV.

    If collateral is so large that next to nothing of it counts, cutting to 4 decimals could leave a line below the
    initial LTV, or at 0.
    """
    at_line = ltv >= loans.thresholds(state, loan)[2]
    return at_line and not could_be_taken(state, loan)


def _liquidate(work: Work, loan: Loan) -> None:
    state = work.state
    fee = state.parameters.loan_liquidation_fee
    while loan.loan_id in state.loans:
        ltv = exact_ltv(state, loan)
        if ltv is None or not is_due(state, loan, ltv):
            return
        liquidation = loans.thresholds(state, loan)[2]
        small = loans.loan_usd(state, loan) < state.parameters.loan_small_usd
        if small or ltv >= min((ONE + liquidation) // 2, ONE - fee):
            _liquidate_fully(work, loan)
        else:
            _liquidate_half(work, loan)


def _liquidate_half(work: Work, loan: Loan) -> None:
    """Repay the close factor of each loan coin; surplus proceeds of the sale reduce the debt too."""
    state = work.state
    parameters = state.parameters
    owed = sorted(ledger.loan_debts(state, loan).items())
    wanted = {ccy: mul_up(debt, parameters.loan_close_factor) for ccy, debt in owed}
    wanted_usd = sum(mul_up(amount, prices.usd_index(state, ccy)) for ccy, amount in wanted.items())
    sold, gross_usd = _sales(state, loan, -(-wanted_usd * ONE // (ONE - parameters.loan_liquidation_fee)))
    fee_usd = mul_up(gross_usd, parameters.loan_liquidation_fee)
    repaid = _bought(state, loan, wanted, gross_usd - fee_usd)
    for ccy, amount in sold.items():
        loans.move(work, loan, loans.PARTIAL_LIQUIDATION, ccy, -amount)
    for ccy, amount in repaid.items():
        loans.move(work, loan, loans.PARTIAL_LIQUIDATION, ccy, -amount)
    _settle(work, loan, insurance_usd=fee_usd)
    if not ledger.loan_debts(state, loan) or loans.loan_usd(state, loan) < parameters.loan_dust_usd:
        _write_off(work, loan)
        loans.close_if_repaid(work, loan)
    elif not loan.collateral:
        _write_off(work, loan)
        work.emit(LoanClosed(user_id=loan.user_id, loan_id=loan.loan_id))


def _sales(state: State, loan: Loan, gross_usd: int) -> tuple[dict[str, int], int]:
    """Coins to sell and their value: the most valuable collateral first, until `gross_usd` is reached.

    Coins that never had a price come last, worth nothing, and are not sold.
    """
    sold: dict[str, int] = {}
    raised = 0
    by_value = sorted(loan.collateral, key=lambda ccy: (-prices.usd_value(state, ccy, loan.collateral[ccy]), ccy))
    for ccy in by_value:
        if raised >= gross_usd:
            break
        index = prices.usd_index(state, ccy)
        if index <= 0:
            break
        amount = min(loan.collateral[ccy], lift(-(-(gross_usd - raised) * ONE // index), SALE_UNIT))
        sold[ccy] = amount
        raised += mul_down(amount, index)
    return sold, raised


def _bought(state: State, loan: Loan, wanted: dict[str, int], net_usd: int) -> dict[str, int]:
    """Repayments from the net proceeds: `wanted` of each coin in turn; the rest repays the last one."""
    repaid: dict[str, int] = {}
    debts = ledger.loan_debts(state, loan)
    left = net_usd
    for place, (ccy, amount) in enumerate(wanted.items(), start=1):
        index = prices.usd_index(state, ccy)
        affordable = left * ONE // index
        target = min(debts[ccy], affordable if place == len(wanted) else min(amount, affordable))
        if target:
            repaid[ccy] = target
            left -= mul_up(target, index)
    return repaid


def _liquidate_fully(work: Work, loan: Loan) -> None:
    """Seize all collateral at the index and write off the debt.

    The fund takes its fee; then, in a posting of its own (F5), it takes the surplus or pays the shortfall.
    """
    state = work.state
    gross_usd = loans.collateral_usd(state, loan)
    owed_usd = loans.loan_usd(state, loan)
    for ccy, amount in sorted(loan.collateral.items()):
        loans.move(work, loan, loans.FORCED_LIQUIDATION, ccy, -amount)
    for ccy, amount in sorted(ledger.loan_debts(state, loan).items()):
        loans.move(work, loan, loans.FORCED_LIQUIDATION, ccy, -amount)
    fee_usd = mul_up(gross_usd, state.parameters.loan_liquidation_fee)
    if fee_usd:
        _settle(work, loan, insurance_usd=fee_usd)
    _settle(work, loan, insurance_usd=gross_usd - fee_usd - owed_usd)
    work.emit(LoanClosed(user_id=loan.user_id, loan_id=loan.loan_id))


def _write_off(work: Work, loan: Loan) -> None:
    """Let the fund pay the small rest of the debt, so that the loan can end."""
    owed_usd = loans.loan_usd(work.state, loan)
    for ccy, amount in sorted(ledger.loan_debts(work.state, loan).items()):
        loans.move(work, loan, loans.PARTIAL_LIQUIDATION, ccy, -amount)
    if owed_usd:
        _settle(work, loan, insurance_usd=-owed_usd)


def _settle(work: Work, loan: Loan, *, insurance_usd: int) -> None:
    """Settle fee, surplus or shortfall in the transit currency. A shortfall beyond the fund becomes bad debt."""
    state = work.state
    ccy = state.parameters.transit_ccy
    amount = insurance_usd * ONE // prices.usd_index(state, ccy)
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
        if ccy in user.promised:
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
        _write_off(work, loan)
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
