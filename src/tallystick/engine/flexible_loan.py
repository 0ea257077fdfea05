"""Flexible loans: coins lent against named collateral, both on the funding account.

    curLTV        = loan value / collateral value (undiscounted), at the index, never the last trade
    D             = collateral value after its discount tiers / collateral value
    initLTV       = D / 1.4        borrowing and redeeming stop here
    liqLTV        = D / 1.015
    marginCallLTV = liqLTV - 0.10, but never below initLTV

These decide. Since December 2025 the exchange shows ratios over the discounted value (`adjusted_standing`).
Every movement a user sees is one `LoanMoved` of one of twelve kinds, signed as the user sees it.
Source: financial-product-flexible-loan (documented), constants fitted to the documented sample
(chosen: decisions/004).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, assert_never

from tallystick.engine import borrow, faults, ledger, loan_judging, margin, numbers, prices, refusals
from tallystick.engine.amounts import ONE, cut, lift, ratio_cut, ratio_half_up, unit_of
from tallystick.engine.commands import AdjustCollateral
from tallystick.engine.events import LoanClosed, LoanMoved, LoanOpened
from tallystick.engine.kinds import LoanKind, PerLoanKind, RepaidFrom
from tallystick.engine.loan_judging import LTV_DECIMALS, Lines, collateral_usd, debts_usd, discounted_usd, lines_of
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.single import Amounts, put
from tallystick.engine.state import Loan, State
from tallystick.engine.work import Stamp, Work, applies

REDEEM_UNIT = unit_of(8)

BORROWED: Final = "borrowed"
REPAID: Final = "repaid"
COLLATERAL_LOCKED: Final = "collateral_locked"
COLLATERAL_RELEASED: Final = "collateral_released"
FORCED_REPAYMENT_BUY: Final = "forced_repayment_buy"
FORCED_REPAYMENT_SELL: Final = "forced_repayment_sell"
FORCED_LIQUIDATION: Final = "forced_liquidation"
PARTIAL_LIQUIDATION: Final = "partial_liquidation"
SELL_COLLATERAL: Final = "sell_collateral"
BUY_TRANSITION_COIN: Final = "buy_transition_coin"
SELL_TRANSITION_COIN: Final = "sell_transition_coin"
BUY_BORROWED_COIN: Final = "buy_borrowed_coin"


# ---- value and limits


def loan_usd(state: State, loan: Loan) -> int:
    """Value of a loan's debts in USD, rounded up."""
    return debts_usd(prices.quotes(state), ledger.loan_debts(state, loan))


class Standing(NamedTuple):
    """Figures shown for a loan: the value of its collateral in USD, and three ratios per 10**18, with 4 decimals."""

    collateral_usd: int
    ltv: int
    margin_call: int
    liquidation: int


def plain_standing(state: State, loan: Loan) -> Standing:
    """Standing by the market value of the collateral, all cut, and the deciding `thresholds`. LTV 0 without a price."""
    value = collateral_usd(prices.quotes(state), loan.collateral)
    _, margin_call, liquidation = thresholds(state, loan)
    ltv = ratio_cut(loan_usd(state, loan), value, LTV_DECIMALS) if value else 0
    return Standing(value, ltv, margin_call, liquidation)


def adjusted_standing(state: State, loan: Loan) -> Standing:
    """Standing by the adjusted value of the collateral, after its discounts. The same loans are warned or liquidated.

    The liquidation LTV is that of collateral without a discount, cut. The margin call is the deciding one divided by
    the share that counts, cut. The LTV is rounded half up. In E-Mode no discount decides, so the whole value counts.
    All are 0 if nothing counts. Source: announcement of 19 December 2025 (decisions/004); roundings chosen.
    """
    plain = plain_standing(state, loan)
    if loan.e_mode:
        ltv = ratio_half_up(loan_usd(state, loan), plain.collateral_usd, LTV_DECIMALS) if plain.collateral_usd else 0
        return plain._replace(ltv=ltv)
    counted = discounted_usd(state.parameters, prices.quotes(state), loan.collateral)
    if counted == 0:
        return Standing(0, 0, 0, 0)
    return Standing(
        counted,
        ratio_half_up(loan_usd(state, loan), counted, LTV_DECIMALS),
        ratio_cut(plain.margin_call * plain.collateral_usd, counted * ONE, LTV_DECIMALS),
        ratio_cut(ONE, state.parameters.loan_liquidation, LTV_DECIMALS),
    )


def thresholds(state: State, loan: Loan) -> Lines:
    """Lines of a loan at the present prices."""
    return lines_of(state.parameters, prices.quotes(state), loan.collateral, e_mode=loan.e_mode)


def within_initial_ltv(state: State, debts: Amounts, collateral: Amounts, *, e_mode: bool) -> bool:
    """Test at the present prices whether these debts may be owed on this collateral."""
    return loan_judging.within_initial_ltv(state.parameters, prices.quotes(state), debts, collateral, e_mode=e_mode)


def initial_cover(state: State, debts: dict[str, int], collateral: dict[str, int], *, e_mode: bool) -> tuple[int, int]:
    """Both sides of `within_initial_ltv` in USD at the present prices."""
    return loan_judging.initial_cover(state.parameters, prices.quotes(state), debts, collateral, e_mode=e_mode)


def max_loan(state: State, user_id: int, loan: Loan | None, ccy: str, added: dict[str, int]) -> int:
    """Most of `ccy` that could be borrowed now, with `added` collateral in thought; an exact maximum, in 10^-8 coins.

    Of a currency that has fewer decimals, a multiple of its last one.
    """
    currency = state.parameters.currencies[ccy]
    debts = ledger.loan_debts(state, loan) if loan else {}
    collateral = dict(loan.collateral) if loan else {}
    for coin, amount in added.items():
        collateral[coin] = collateral.get(coin, 0) + amount
    if not currency.loanable or ccy in collateral or not collateral:
        return 0
    e_mode = bool(loan and loan.e_mode)
    limit = min(remaining_quota(state, user_id, ccy), margin.lendable(state, ccy))

    def fits(amount: int) -> bool:
        return within_initial_ltv(state, {**debts, ccy: debts.get(ccy, 0) + amount}, collateral, e_mode=e_mode)

    return _largest(state, ccy, limit, fits)


def max_redeem(state: State, loan: Loan, ccy: str) -> int:
    """Most of a collateral coin that may be released: an exact maximum, in 10^-8 coins, or all of it.

    Of a currency that has fewer decimals, a multiple of its last one.
    """
    locked = cut(loan.collateral.get(ccy, 0), unit_of(state.parameters.currencies[ccy].decimals))
    debts = ledger.loan_debts(state, loan)

    def fits(amount: int) -> bool:
        left = {**loan.collateral, ccy: loan.collateral[ccy] - amount}
        return within_initial_ltv(state, debts, left, e_mode=loan.e_mode)

    return locked if locked and fits(locked) else _largest(state, ccy, locked, fits)


def remaining_quota(state: State, user_id: int, ccy: str) -> int:
    """Amount that the coin's cap still allows this user, over all their loans."""
    return max(0, state.parameters.currencies[ccy].loan_max - owed_by(state, user_id, ccy))


def _largest(state: State, ccy: str, limit: int, fits: Callable[[int], bool]) -> int:
    """Largest amount up to `limit` that fits and can be asked for, by bisection; 0 if none fits."""
    unit = max(REDEEM_UNIT, unit_of(state.parameters.currencies[ccy].decimals))
    low, high = 0, limit // unit
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle * unit):
            low = middle
        else:
            high = middle - 1
    return low * unit


def liquidation_price(state: State, loan: Loan) -> tuple[str, int] | None:
    """Price at which LTV reaches liqLTV: (instrument, price per 10**18); only for one collateral coin and one debt."""
    debts = ledger.loan_debts(state, loan)
    if len(debts) != 1 or len(loan.collateral) != 1:
        return None
    (debt_ccy, debt), (ccy, amount) = next(iter(debts.items())), next(iter(loan.collateral.items()))
    name = f"{ccy}-{debt_ccy}"
    instrument = state.parameters.instruments.get(name)
    liquidation = thresholds(state, loan)[2]
    if instrument is None or liquidation == 0:
        return None
    return name, lift(-(-debt * ONE * ONE // (amount * liquidation)), instrument.tick)


def oldest_loan(state: State, user_id: int) -> Loan | None:
    return next(iter(loans_of(state, user_id)), None)


def loans_of(state: State, user_id: int) -> list[Loan]:
    """Open loans of a user, in the order they were requested.

    That is the order of their numbers. A loan that settles later may be opened after a younger one.
    """
    return sorted((loan for loan in state.loans.values() if loan.user_id == user_id), key=lambda loan: loan.loan_id)


def find(state: State, user_id: int, loan_id: int) -> Loan:
    """Find a user's loan. Rejects: UNKNOWN_LOAN, also for a loan of another user."""
    loan = state.loans.get(loan_id)
    if loan is None or loan.user_id != user_id:
        raise refusals.unknown_loan(state, user_id, loan_id)
    return loan


# ---- commands


def close_if_repaid(work: Work, loan: Loan) -> None:
    """Release all collateral of a loan without a debt, and close the loan. Emits: LoanMoved, LoanClosed."""
    if ledger.loan_debts(work.state, loan):
        return
    for ccy, locked in sorted(loan.collateral.items()):
        move(work, loan, COLLATERAL_RELEASED, ccy, locked)
    work.emit(LoanClosed(user_id=loan.user_id, loan_id=loan.loan_id))


def require_e_mode_pairs(state: State, debts: dict[str, int], collateral: dict[str, int]) -> None:
    """Require that every collateral coin pairs with every loan coin in E-Mode. Rejects: NO_E_MODE_PAIR."""
    pairs = state.parameters.loan_e_mode_pairs
    if any((pledged, owed) not in pairs for pledged in collateral for owed in debts):
        known = " ".join(f"{pledged}/{owed}" for pledged, owed in pairs)
        raise Rejected(Reject.NO_E_MODE_PAIR).because(known=known)


def adjust_collateral(work: Work, command: AdjustCollateral) -> None:
    """Add collateral from, or release it to, the funding account.

    Rejects: UNKNOWN_USER, LOAN_WITHOUT_DEBT (no loan at all), UNKNOWN_LOAN, UNKNOWN_CCY, AMOUNT_TOO_FINE; adding:
    COLLATERAL_IS_LOAN_CCY, CCY_NOT_COLLATERAL, NO_E_MODE_PAIR, FUNDING_INSUFFICIENT, CCY_NOT_COLLATERAL (a coin new
    to the loan that has lost its price: the loan could not be judged any more); reducing: NOT_IN_COLLATERAL,
    ABOVE_REDEEMABLE (beyond the initial LTV, or more than is locked). Emits: LoanMoved, unless a fault has it dropped.
    """
    work.user(command.user_id)
    state = work.state
    loan = find(state, command.user_id, command.loan_id) if command.loan_id else oldest_loan(state, command.user_id)
    if loan is None:
        raise Rejected(Reject.LOAN_WITHOUT_DEBT).because()
    ledger.require_ccy(state, command.ccy)
    borrow.require_decimals(state, command.ccy, command.amount)
    debts = ledger.loan_debts(state, loan)
    if command.add:
        require_pledgeable(state, debts, command.ccy, command.amount)
        if loan.e_mode:
            require_e_mode_pairs(state, debts, {command.ccy: command.amount})
        if command.amount > (free := ledger.funding(state, command.user_id, command.ccy)):
            raise refusals.short_of(command.ccy, free, command.amount, "funding", state.users[command.user_id])
        if command.ccy not in loan.collateral and prices.lost(state, command.ccy):
            raise Rejected(Reject.CCY_NOT_COLLATERAL, ccy=command.ccy).because("unpriced", ccy=command.ccy)
        if not faults.fires(work, "collateral-not-adjusted", command.user_id):
            move(work, loan, COLLATERAL_LOCKED, command.ccy, -command.amount)
        return
    locked = loan.collateral.get(command.ccy, 0)
    if locked == 0:
        raise Rejected(Reject.NOT_IN_COLLATERAL).because(ccy=command.ccy, known=" ".join(loan.collateral))
    left = {**loan.collateral, command.ccy: locked - command.amount}
    if command.amount > locked or not within_initial_ltv(state, debts, left, e_mode=loan.e_mode):
        cover = initial_cover(state, debts, left, e_mode=loan.e_mode)
        raise refusals.not_redeemable(command.ccy, command.amount, locked, cover)
    if not faults.fires(work, "collateral-not-adjusted", command.user_id):
        move(work, loan, COLLATERAL_RELEASED, command.ccy, command.amount)


def require_loanable(state: State, ccy: str) -> None:
    """Require a coin that loans lend. Rejects: UNKNOWN_CCY, LOAN_CCY_NOT_BORROWABLE."""
    ledger.require_ccy(state, ccy)
    if not state.parameters.currencies[ccy].loanable:
        raise Rejected(Reject.LOAN_CCY_NOT_BORROWABLE, ccy=ccy).because(ccy=ccy)


def require_pledgeable(state: State, debts: dict[str, int], ccy: str, amount: int) -> None:
    """Require acceptable collateral.

    Rejects: UNKNOWN_CCY, COLLATERAL_IS_LOAN_CCY, CCY_NOT_COLLATERAL, AMOUNT_TOO_FINE.
    """
    ledger.require_ccy(state, ccy)
    if ccy in debts:
        raise Rejected(Reject.COLLATERAL_IS_LOAN_CCY).because(ccy=ccy)
    if not state.parameters.currencies[ccy].collateral:
        raise Rejected(Reject.CCY_NOT_COLLATERAL, ccy=ccy).because(ccy=ccy)
    borrow.require_decimals(state, ccy, amount)


def owed_by(state: State, user_id: int, ccy: str) -> int:
    """Debt of all open loans of a user in a coin."""
    return sum(ledger.loan_debts(state, loan).get(ccy, 0) for loan in loans_of(state, user_id))


def move(work: Work, loan: Loan, kind: LoanKind, ccy: str, amount: int, source: RepaidFrom = "funding") -> None:
    """Write one row of the history. Emits: LoanMoved."""
    ref_id = numbers.next_ref_id(work.state, work.stamp.at_ms, work.stamp.seq)
    work.emit(
        LoanMoved(
            user_id=loan.user_id, loan_id=loan.loan_id, ref_id=ref_id, kind=kind, ccy=ccy, amount=amount, source=source
        )
    )


# ---- events


@applies(LoanOpened)
def _opened(state: State, stamp: Stamp, event: LoanOpened) -> None:
    user = state.users[event.user_id]
    state.loans[event.loan_id] = Loan(
        event.loan_id,
        event.user_id,
        e_mode=event.e_mode,
        charged_ms=state.hour_ms,
        number=user.loans_opened,
    )
    user.loans_opened += 1
    state.last_loan_id = max(state.last_loan_id, event.loan_id)


def _funding(event: LoanMoved) -> str:
    return f"funding:{event.user_id}"


def _lock(state: State, loan: Loan, event: LoanMoved) -> None:
    vault, locked = f"vault:{event.loan_id}", -event.amount
    ledger.post(state, event.ccy, (_funding(event), event.amount), (vault, locked))
    loan.collateral = _changed(loan.collateral, event.ccy, locked)


def _paid_from(event: LoanMoved) -> str:
    match event.source:
        case "funding":
            return _funding(event)
        case "transit":
            return f"transit:{event.loan_id}"
        case never:
            assert_never(never)


def _lend(state: State, loan: Loan, event: LoanMoved) -> None:
    ledger.post(state, event.ccy, (_paid_from(event), event.amount), ("pool", -event.amount))
    ledger.claim(state, event.ccy, f"loan:{event.loan_id}", event.amount)
    loan.booked = _changed(loan.booked, event.ccy, event.amount)


def held(amounts: dict[str, int]) -> dict[str, int]:
    """Amounts by currency, without those that are 0."""
    return {ccy: amount for ccy, amount in amounts.items() if amount}


def _changed(amounts: Amounts, ccy: str, delta: int) -> Amounts:
    before = amounts.get(ccy)
    after = delta if before is None else before + delta
    if after < 0:
        raise ledger.InvariantViolation("F6", f"{ccy} of a loan would be {after} atoms")
    return put(amounts, ccy, after)


def _sell(state: State, loan: Loan, event: LoanMoved) -> None:
    """Move collateral to the market (the amount is negative)."""
    ledger.post(state, event.ccy, (f"vault:{event.loan_id}", event.amount), ("market", -event.amount))
    loan.collateral = _changed(loan.collateral, event.ccy, event.amount)


def _retire(state: State, loan: Loan, event: LoanMoved) -> None:
    """Pay the pool with bought loan coins. The debt falls, whatever the sign of the row."""
    amount = abs(event.amount)
    ledger.post(state, event.ccy, ("market", -amount), ("pool", amount))
    ledger.claim(state, event.ccy, f"loan:{event.loan_id}", -amount)
    loan.booked = _changed(loan.booked, event.ccy, -amount)


def _liquidate(state: State, loan: Loan, event: LoanMoved) -> None:
    """Move the collateral or the debt. Loan and collateral coins are disjoint, so the coin tells which."""
    (_sell if event.ccy in loan.collateral else _retire)(state, loan, event)


def _transit(state: State, loan: Loan, event: LoanMoved) -> None:
    """Move coins between the market and transit, on the way from collateral to loan coin."""
    ledger.post(state, event.ccy, (f"transit:{event.loan_id}", event.amount), ("market", -event.amount))


MOVES: PerLoanKind[Callable[[State, Loan, LoanMoved], None]] = {
    BORROWED: _lend,
    REPAID: _lend,
    COLLATERAL_LOCKED: _lock,
    COLLATERAL_RELEASED: _lock,
    FORCED_REPAYMENT_SELL: _sell,
    FORCED_REPAYMENT_BUY: _retire,
    PARTIAL_LIQUIDATION: _liquidate,
    FORCED_LIQUIDATION: _liquidate,
    SELL_COLLATERAL: _sell,
    BUY_TRANSITION_COIN: _transit,
    SELL_TRANSITION_COIN: _transit,
    BUY_BORROWED_COIN: _transit,
}
"""Movement of coins for each kind of row."""


@applies(LoanMoved)
def _moved(state: State, stamp: Stamp, event: LoanMoved) -> None:
    MOVES[event.kind](state, state.loans[event.loan_id], event)
    state.last_ref_id = event.ref_id


@applies(LoanClosed)
def _closed(state: State, stamp: Stamp, event: LoanClosed) -> None:
    loan = state.loans.pop(event.loan_id)
    if loan.booked or loan.collateral:
        raise ledger.InvariantViolation("F6", f"loan {event.loan_id} closed with something in it")
