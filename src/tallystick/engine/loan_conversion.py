"""Repayment of a flexible loan with its collateral: sell it for the transition coin, buy the loan coin, repay.

The web page offers this; the API only shows its rows. Each listed coin, the most valuable first, gives as much as
is still needed: `sell_collateral` and `buy_transition_coin`, then `sell_transition_coin` and
`buy_borrowed_coin`, and at the end one `repaid`. Collateral in the transition coin skips the first
hop, a loan in it the second. Sales are at the index price, each hop pays the taker fee, and coins
left over go to the funding account.
Source: docs/rules/flexible-loans.md#repay-with-collateral (mapping chosen: decisions/011).
"""

from __future__ import annotations

from tallystick.engine import borrow, ledger, loan_risk, prices, refusals
from tallystick.engine import flexible_loan as loans
from tallystick.engine.amounts import ONE, lift, mul_down, mul_up
from tallystick.engine.commands import RepayLoanWithCollateral
from tallystick.engine.events import LoanConverted
from tallystick.engine.loan_liquidation import SALE_UNIT
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Loan, State
from tallystick.engine.work import Stamp, Work, applies


def repay_with_collateral(work: Work, command: RepayLoanWithCollateral) -> None:
    """Repay `amount` of one loan coin, at most what is owed.

    Rejects: UNKNOWN_USER, UNKNOWN_LOAN, UNKNOWN_CCY, NOT_LOAN_CCY, AMOUNT_TOO_FINE (of less than all that is owed),
    TOO_MANY_COINS (over 5), NOT_IN_COLLATERAL, NO_PRICE, COLLATERAL_TOO_LITTLE (all listed coins together do not
    suffice, or what stays would be covered worse than before and worse than a new loan).
    Emits: LoanMoved, LoanConverted, LoanClosed when nothing is owed any more.
    """
    work.user(command.user_id)
    state = work.state
    loan = loans.find(state, command.user_id, command.loan_id)
    ledger.require_ccy(state, command.ccy)
    owed = ledger.loan_debts(state, loan).get(command.ccy, 0)
    if owed == 0:
        raise refusals.not_owed(state, loan, command.ccy)
    amount = min(command.amount, owed)
    if amount < owed:
        borrow.require_decimals(state, command.ccy, amount)
    if len(command.collateral_ccys) > state.parameters.loan_repay_coins_max:
        raise refusals.too_many_coins(command.collateral_ccys, state.parameters.loan_repay_coins_max)
    if not command.collateral_ccys or any(ccy not in loan.collateral for ccy in command.collateral_ccys):
        listed, known = " ".join(command.collateral_ccys), " ".join(loan.collateral)
        raise Rejected(Reject.NOT_IN_COLLATERAL).because(ccy=listed, known=known)
    if loan_risk.exact_ltv(state, loan) is None:
        coins = (*ledger.loan_debts(state, loan), *loan.collateral)
        ccy = next(ccy for ccy in coins if prices.usd_index(state, ccy) <= 0)
        raise Rejected(Reject.NO_PRICE, ccy=ccy).because(ccy=ccy)
    hops = plan(state, loan, command.ccy, amount, command.collateral_ccys)
    _require_covered(state, loan, command.ccy, amount, hops)
    for hop in hops:
        _carry_out(work, loan, command.ccy, hop)
    loans.move(work, loan, loans.REPAID, command.ccy, -amount, source="transit")
    _return_rest(work, loan)
    loans.close_if_repaid(work, loan)


Hop = tuple[str, int, int, int, int, int]
"""Hops of a coin: (coin, sold, transition coin gained net, its fee, transition coin spent, loan coin bought gross)."""


def dearest_first(state: State, loan: Loan, coins: tuple[str, ...]) -> list[str]:
    """Listed coins, each once, by the value pledged, largest first; coins of equal value in the order listed."""
    return sorted(dict.fromkeys(coins), key=lambda ccy: -prices.usd_value(state, ccy, loan.collateral[ccy]))


def plan(state: State, loan: Loan, loan_ccy: str, amount: int, coins: tuple[str, ...]) -> list[Hop]:
    """Hops of each listed coin that gives something. Rejects: COLLATERAL_TOO_LITTLE."""
    parameters = state.parameters
    transit, fee = parameters.transit_ccy, parameters.taker_fee
    transit_index = prices.usd_index(state, transit)
    lot = loan_risk.lot_of(state, loan_ccy)
    price = -(-prices.usd_index(state, loan_ccy) * ONE // transit_index)
    hops: list[Hop] = []
    missing = amount
    for ccy in dearest_first(state, loan, coins):
        if missing <= 0:
            break
        wanted = missing if loan_ccy == transit else lift(-(-missing * ONE // (ONE - fee)), lot)
        needed = wanted if loan_ccy == transit else mul_up(wanted, price)
        sold, net, hop_fee = _sale(state, loan, ccy, needed)
        if sold == 0:
            continue
        if loan_ccy == transit:
            hops.append((ccy, sold, net, hop_fee, 0, 0))
            missing -= net
            continue
        bought = min(wanted, net * ONE // price // lot * lot)
        if bought <= 0:
            continue
        hops.append((ccy, sold, net, hop_fee, mul_up(bought, price), bought))
        missing -= bought - mul_up(bought, fee)
    if missing > 0:
        no = Rejected(Reject.COLLATERAL_TOO_LITTLE, min_atoms=str(missing), ccy=loan_ccy)
        raise no.because(ccy=loan_ccy, asked=amount, missing=missing)
    return hops


def _require_covered(state: State, loan: Loan, loan_ccy: str, amount: int, hops: list[Hop]) -> None:
    """Require that the rest of the loan stays covered. Rejects: COLLATERAL_TOO_LITTLE.

    Sales are in whole units, so a small one can take more collateral than it repays.
    """
    debts = ledger.loan_debts(state, loan)
    debts[loan_ccy] -= amount
    collateral = dict(loan.collateral)
    for ccy, sold, *_ in hops:
        collateral[ccy] -= sold
    left = Loan(
        loan.loan_id,
        loan.user_id,
        loans.held(debts),
        loans.held(collateral),
        e_mode=loan.e_mode,
        charged_ms=state.hour_ms,
    )
    if not left.booked or loans.within_initial_ltv(state, left.booked, left.collateral, e_mode=loan.e_mode):
        return
    before, after = loan_risk.exact_ltv(state, loan), loan_risk.exact_ltv(state, left)
    if before is None or after is None or after > before:
        no = Rejected(Reject.COLLATERAL_TOO_LITTLE, min_atoms=str(debts[loan_ccy]), ccy=loan_ccy)
        raise no.because("worse", ccy=loan_ccy, asked=amount, left=debts[loan_ccy])


def _sale(state: State, loan: Loan, ccy: str, needed: int) -> tuple[int, int, int]:
    """One sale: (collateral sold, transition coin gained net, fee); no fee if the collateral is the transition coin.

    A coin that never had a price is not sold.
    """
    parameters = state.parameters
    if ccy == parameters.transit_ccy:
        sold = min(loan.collateral[ccy], needed)
        return sold, sold, 0
    price = prices.usd_index(state, ccy) * ONE // prices.usd_index(state, parameters.transit_ccy)
    if price <= 0:
        return 0, 0, 0
    fee = parameters.taker_fee
    sold = min(loan.collateral[ccy], lift(-(-needed * ONE * ONE // ((ONE - fee) * price)), SALE_UNIT))
    gross = mul_down(sold, price)
    taken = mul_up(gross, fee)
    return sold, gross - taken, taken


def _carry_out(work: Work, loan: Loan, loan_ccy: str, hop: Hop) -> None:
    ccy, sold, net, hop_fee, spent, bought = hop
    parameters = work.state.parameters
    transit = parameters.transit_ccy
    loans.move(work, loan, loans.SELL_COLLATERAL, ccy, -sold)
    loans.move(work, loan, loans.BUY_TRANSITION_COIN, transit, net)
    if hop_fee:
        work.emit(LoanConverted(user_id=loan.user_id, loan_id=loan.loan_id, ccy=transit, fee=hop_fee, returned=0))
    if loan_ccy == transit:
        return
    taken = mul_up(bought, parameters.taker_fee)
    loans.move(work, loan, loans.SELL_TRANSITION_COIN, transit, -spent)
    loans.move(work, loan, loans.BUY_BORROWED_COIN, loan_ccy, bought - taken)
    if taken:
        work.emit(LoanConverted(user_id=loan.user_id, loan_id=loan.loan_id, ccy=loan_ccy, fee=taken, returned=0))


def _return_rest(work: Work, loan: Loan) -> None:
    for ccy, rest in sorted(work.state.ledger.get(f"transit:{loan.loan_id}", {}).items()):
        work.emit(LoanConverted(user_id=loan.user_id, loan_id=loan.loan_id, ccy=ccy, fee=0, returned=rest))


@applies(LoanConverted)
def _converted(state: State, stamp: Stamp, event: LoanConverted) -> None:
    ledger.post(state, event.ccy, ("market", -event.fee), ("fee", event.fee))
    ledger.post(
        state, event.ccy, (f"transit:{event.loan_id}", -event.returned), (f"funding:{event.user_id}", event.returned)
    )
