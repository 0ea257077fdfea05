"""The trading account: balances as Spot mode shows them, and the settings."""

from __future__ import annotations

from typing import Any

from tallystick.contract import account as contract
from tallystick.engine import ledger, margin, prices
from tallystick.engine.amounts import div_down
from tallystick.engine.state import State, User
from tallystick.views.core import Caller, QueryView, View, amount


def balance(state: State, request: contract.Balance, caller: Caller) -> tuple[contract.BalanceRow]:
    """One object. A currency whose cash and equity are both 0 is left out; what other modes show is "".

    With borrowing off, currency fields of debt are "0" and the account's margin fields "" (chosen: S2).
    """
    user = state.users[caller.user_id]
    equity = ledger.equity(state, caller.user_id)
    adjusted = margin.adjusted_equity(state, caller.user_id) if user.borrow_enabled else 0
    free = margin.free_usd(state, caller.user_id) if user.borrow_enabled else 0
    details = tuple(
        _detail(state, user, ccy, own, free)
        for ccy, own in equity.items()
        if (not request.ccy or ccy in request.ccy) and (own or ledger.cash(state, user.user_id, ccy))
    )
    total = sum(_signed_value(state, ccy, own) for ccy, own in equity.items())
    frozen_usd = sum(prices.usd_value(state, ccy, held) for ccy, held in user.frozen.items())
    row = contract.BalanceRow(
        details=details, totalEq=amount(total), uTime=str(caller.at_ms), ordFroz=amount(frozen_usd)
    )
    if not user.borrow_enabled:
        return (row,)
    ratio = margin.margin_ratio(state, caller.user_id)
    debt_usd = amount(margin.debt_usd(state, caller.user_id))
    return (
        contract.BalanceRow(
            details=details,
            totalEq=row.totalEq,
            uTime=row.uTime,
            ordFroz=row.ordFroz,
            adjEq=amount(adjusted),
            borrowFroz="0",
            imr=amount(margin.initial_margin(state, caller.user_id)),
            mmr=amount(margin.maintenance_margin(state, caller.user_id)),
            mgnRatio="" if ratio is None else amount(ratio),
            notionalUsd=debt_usd,
            notionalUsdForBorrow=debt_usd,
        ),
    )


def _signed_value(state: State, ccy: str, own: int) -> int:
    return prices.usd_value(state, ccy, own) if own >= 0 else -prices.usd_value(state, ccy, -own)


def _detail(state: State, user: User, ccy: str, own: int, free: int) -> contract.BalanceDetail:
    frozen = amount(user.frozen.get(ccy, 0))
    owed = amount(ledger.debt(state, user.user_id, ccy))
    return contract.BalanceDetail(
        availBal=amount(ledger.available(state, user, ccy)),
        cashBal=amount(ledger.cash(state, user.user_id, ccy)),
        ccy=ccy,
        crossLiab=owed,
        disEq=amount(margin.discounted_usd(state, ccy, own)) if user.borrow_enabled else "0",
        eq=amount(own),
        eqUsd=amount(_signed_value(state, ccy, own)),
        frozenBal=frozen,
        interest="0",
        liab=owed,
        maxLoan=amount(_max_loan(state, user, ccy, free)) if user.borrow_enabled else "0",
        ordFrozen=frozen,
        uTime=str(user.changed_at_ms.get(ccy, 0)),
    )


def _max_loan(state: State, user: User, ccy: str, free: int) -> int:
    """As `margin.max_loan`, from the free margin that is the same for every currency."""
    index = prices.usd_index(state, ccy)
    if index <= 0 or not state.parameters.currencies[ccy].borrowable:
        return 0
    return min(
        margin.borrow_limit_left(state, user.user_id, ccy),
        ledger.balance(state, "pool", ccy),
        div_down(free, index),
    )


def config(state: State, request: Any, caller: Caller) -> tuple[contract.ConfigRow]:
    user = state.users[caller.user_id]
    return (
        contract.ConfigRow(
            enableSpotBorrow=user.borrow_enabled,
            ip=",".join(caller.ips),
            label=caller.label,
            mainUid=str(user.user_id),
            perm=",".join(caller.permissions),
            spotBorrowAutoRepay=user.auto_repay,
            uid=str(user.user_id),
        ),
    )


VIEWS: dict[str, View] = {"balance": QueryView(balance), "config": QueryView(config)}
