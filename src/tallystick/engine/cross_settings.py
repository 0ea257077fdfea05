"""Settings of accounts outside Spot mode: auto-loan, and the choice of coins that count as collateral.

The mode itself, and which modes have which of them, is in `modes`. Source: trading-account-rest-api-set-auto-loan,
trading-account-rest-api-set-collateral-assets (documented); what each refusal means exactly is chosen
(decisions/057).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tallystick.engine import free_quota, ledger, margin, modes, spot_borrow
from tallystick.engine.commands import Command
from tallystick.engine.events import Event
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

ALWAYS_COLLATERAL: Final = ("USDT",)
"""Coins that cannot be taken out of the collateral (chosen: the public list is not printed)."""


class SetAutoLoan(Command, frozen=True, kw_only=True):
    """Let orders borrow what they lack, or not."""

    user_id: int
    enabled: bool


class ChooseCollateral(Command, frozen=True, kw_only=True):
    """Have coins count as collateral, or not. Without `ccys` all coins are meant."""

    user_id: int
    ccys: tuple[str, ...]
    enabled: bool


class AutoLoanSet(Event, frozen=True, kw_only=True):
    user_id: int
    enabled: bool


class CollateralChosen(Event, frozen=True, kw_only=True):
    """All coins that do not count as collateral of this account from now on."""

    user_id: int
    out: tuple[str, ...]


# ---- commands


def set_auto_loan(work: Work, command: SetAutoLoan) -> None:
    """Switch auto-loan. Debts do not stand in the way of switching it off.

    Rejects: UNKNOWN_USER, OTHER_MODE (Spot), ORDERS_BORROW (switching off with open orders that would borrow).
    Emits: AutoLoanSet, unless it is so already.
    """
    user = work.user(command.user_id)
    modes.require(user, MULTI_CURRENCY, PORTFOLIO)
    lacking = spot_borrow.promised(work.state, user)
    if not command.enabled and lacking:
        raise Rejected(Reject.ORDERS_BORROW).because(owed=" ".join(lacking))
    if command.enabled != user.auto_loan:
        work.emit(AutoLoanSet(user_id=command.user_id, enabled=command.enabled))


def choose_collateral(work: Work, command: ChooseCollateral) -> None:
    """Choose what counts as collateral. All coins together leave those as they are that cannot be taken out.

    Rejects, first that applies: UNKNOWN_USER, OTHER_MODE (all but multi-currency margin), then coin by coin
    UNKNOWN_CCY, then COIN_NOT_ELIGIBLE; taking coins out, each with all such coins: COLLATERAL_FIXED,
    COLLATERAL_BORROWED (owed), COLLATERAL_IN_ORDERS (an open order gives it), COLLATERAL_NEEDED (the others do not
    carry imr). Emits: CollateralChosen, unless it is so already.
    """
    user, state = work.user(command.user_id), work.state
    modes.require(user, MULTI_CURRENCY)
    currencies = state.parameters.currencies
    for ccy in command.ccys:
        ledger.require_ccy(state, ccy)
    if unfit := [ccy for ccy in command.ccys if not currencies[ccy].collateral]:
        raise _no(Reject.COIN_NOT_ELIGIBLE, unfit)
    named = named_coins(state, command.ccys, command.enabled)
    if command.enabled:
        out = tuple(ccy for ccy in user.no_collateral if ccy not in named)
    else:
        _require_dispensable(state, user, named)
        out = tuple(dict.fromkeys((*user.no_collateral, *named)))
    if out != user.no_collateral:
        work.emit(CollateralChosen(user_id=command.user_id, out=out))


def named_coins(state: State, ccys: tuple[str, ...], enabled: bool) -> tuple[str, ...]:
    """Coins that a choice is about: those named, or all that may be collateral and may be chosen."""
    if ccys:
        return ccys
    fixed = () if enabled else ALWAYS_COLLATERAL
    return tuple(c.ccy for c in state.parameters.currencies.values() if c.collateral and c.ccy not in fixed)


def _require_dispensable(state: State, user: User, ccys: tuple[str, ...]) -> None:
    if fixed := [ccy for ccy in ccys if ccy in ALWAYS_COLLATERAL]:
        raise _no(Reject.COLLATERAL_FIXED, fixed)
    if owed := [ccy for ccy in ccys if ledger.debt(state, user.user_id, ccy)]:
        raise _no(Reject.COLLATERAL_BORROWED, owed)
    if given := [ccy for ccy in ccys if ccy in user.frozen]:
        raise _no(Reject.COLLATERAL_IN_ORDERS, given)
    needed = margin.initial_margin(state, user.user_id)
    if needed:
        left = margin.adjusted_equity_without(state, user.user_id, (*user.no_collateral, *ccys))
        if left < needed:
            raise Rejected(Reject.COLLATERAL_NEEDED).because(equity_usd=left, needed_usd=needed)


def _no(reject: Reject, ccys: Sequence[str]) -> Rejected:
    return Rejected(reject, ccy=", ".join(ccys)).because(ccy=" ".join(ccys))


# ---- events


@applies(AutoLoanSet)
def _auto_loan_set(state: State, stamp: Stamp, event: AutoLoanSet) -> None:
    user = state.users[event.user_id]
    user.auto_loan = event.enabled
    free_quota.note(state, user)


@applies(CollateralChosen)
def _collateral_chosen(state: State, stamp: Stamp, event: CollateralChosen) -> None:
    state.users[event.user_id].no_collateral = event.out
