"""The trading account: balances with the fields of its mode, and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from tallystick.contract import account as contract
from tallystick.contract.core import Nothing
from tallystick.engine import (
    account_group,
    auto_exchange,
    collateral,
    discount,
    gauge,
    ledger,
    margin,
    modes,
    prices,
    rates,
    spot_cost,
)
from tallystick.engine.commands import SetLeverage
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO, SPOT, Gauge
from tallystick.engine.state import State, User
from tallystick.views import kinds
from tallystick.views.core import Caller, CommandView, QueryView, Refusal, View, amount, atoms


def balance(state: State, request: contract.Balance, caller: Caller) -> tuple[contract.BalanceRow]:
    """Balances, one object. Currencies without coins, equity and orders are left out; fields of other modes are "".

    In Spot mode with borrowing off, currency fields of debt are "0" and the account's margin fields "" (chosen:
    decisions/003).
    """
    user = state.users[caller.user_id]
    equity = _equity(state, user)
    known, cross = _standing(state, user), user.cross
    details = tuple(
        _detail(state, user, ccy, own, known)
        for ccy, own in equity.items()
        if (not request.ccy or ccy in request.ccy)
        and (own or ledger.cash(state, user.user_id, ccy) or (cross and user.frozen.get(ccy)))
    )
    total = sum(modes.signed_value(state, ccy, own) for ccy, own in equity.items())
    frozen_usd = sum(prices.usd_value(state, ccy, held) for ccy, held in user.frozen.items())
    fields = _margin_fields(state, user, known) if known.has_margin else {}
    if cross:
        fields |= _cross_fields(state, user)
    row = contract.BalanceRow(
        details=details, totalEq=amount(total), uTime=str(caller.at_ms), ordFroz=amount(frozen_usd)
    )
    return (replace(row, **fields) if fields else row,)


def detail_of(state: State, user_id: int, ccy: str) -> contract.BalanceDetail:
    """Balance of one currency, also where it is 0."""
    user = state.users[user_id]
    return _detail(state, user, ccy, _equity(state, user).get(ccy, 0), _standing(state, user))


def _equity(state: State, user: User) -> dict[str, int]:
    """Equity by currency; a cross account also has those that only its orders give."""
    equity = ledger.equity(state, user.user_id)
    if user.cross:
        equity.update({ccy: 0 for ccy in user.frozen if ccy not in equity})
    return equity


def _margin_fields(state: State, user: User, known: _Standing) -> dict[str, str]:
    """Margin of the account, in USD; the ratio is "" where nothing is or may be owed."""
    fields = {"adjEq": amount(known.adjusted), "borrowFroz": amount(sum(known.reserved.values()))}
    if not margin.borrowing(state, user):
        return fields | _NOTHING_OWED
    ratio = margin.margin_ratio(state, user.user_id, known.adjusted)
    owed = amount(margin.debt_usd(state, user.user_id))
    return fields | {
        "imr": amount(margin.initial_margin(state, user.user_id)),
        "mmr": amount(margin.maintenance_margin(state, user.user_id)),
        "mgnRatio": "" if ratio is None else amount(ratio),
        "notionalUsd": amount(margin.borrowing_usd(state, user)) if user.cross else owed,
        "notionalUsdForBorrow": owed,
        "notionalUsdForOption": "0",
    }


_NOTHING_OWED: Final = {
    **dict.fromkeys(("imr", "mmr", "notionalUsd", "notionalUsdForBorrow", "notionalUsdForOption"), "0"),
    "mgnRatio": "",
}


def _cross_fields(state: State, user: User) -> dict[str, str]:
    """Fields that multi-currency and portfolio margin have on top: there are no positions, so most are 0."""
    available = modes.figures(state, user, user.mode).available_equity
    nothing = ("isoEq", "notionalUsdForFutures", "notionalUsdForSwap", "upl")
    return {"availEq": amount(available or 0), **dict.fromkeys(nothing, "0")}


class _Standing(NamedTuple):
    """Adjusted equity, the part of it that can back further debt, and the margin that each coin reserves.

    An account of Spot mode with borrowing off has no margin, and 0 in their place.
    """

    has_margin: bool
    adjusted: int
    carrying: int
    reserved: dict[str, int]
    values: discount.Valuation


def _standing(state: State, user: User) -> _Standing:
    values = discount.valuation(state, user.uncounted)
    if not (user.cross or user.borrow_enabled):
        return _Standing(False, 0, 0, {}, values)
    adjusted = margin.adjusted_equity(state, user.user_id)
    carrying = margin.free_equity(state, user.user_id) if margin.restricted(state) else adjusted
    return _Standing(True, adjusted, carrying, margin.potential_margins(state, user), values)


def _detail(state: State, user: User, ccy: str, own: int, known: _Standing) -> contract.BalanceDetail:
    """Balance of one currency.

    `twap` is above 0 while the lending pool of a coin that is owed is nearly all lent out, or while a debt nears its
    interest-free quota with auto-loan off; `frpType` says which of them is nearer.
    `colBorrAutoConversion` is above 0 while debts of this user stand on a coin that may be sold for them.
    """
    frozen, available = amount(user.frozen.get(ccy, 0)), amount(ledger.available(state, user, ccy))
    debt = ledger.debt(state, user.user_id, ccy)
    owed = amount(debt)
    nearness, basis = _forced_repayment(state, user, ccy) if debt else (0, "0")
    restriction, conversion = state.collateral_levels.get(ccy, (collateral.FREE, 0))
    backing = own > 0 and bool(ledger.debts(state, user.user_id))
    counted = known.values.usd_value(ccy, own) if known.has_margin else 0
    shown = _gain(state, user, ccy)
    row = contract.BalanceDetail(
        availBal=available,
        borrowFroz=amount(known.reserved[ccy]) if ccy in known.reserved else "0",
        cashBal=amount(own if user.cross else ledger.cash(state, user.user_id, ccy)),
        ccy=ccy,
        crossLiab=owed,
        colRes=kinds.RESTRICTIONS[restriction],
        collateralRestrict=restriction == collateral.RESTRICTED,
        colBorrAutoConversion=kinds.GAUGE[conversion] if backing else "0",
        disEq=amount(counted),
        eq=amount(own),
        eqUsd=amount(modes.signed_value(state, ccy, own)),
        frozenBal=frozen,
        frpType=basis,
        interest="0",
        liab=owed,
        maxLoan=amount(margin.max_loan(state, user, ccy, known.carrying)) if known.has_margin else "0",
        ordFrozen=frozen,
        twap=kinds.GAUGE[nearness],
        uTime=str(ledger.changed_at_ms(state, user, ccy)),
        spotBal=shown.spotBal,
        openAvgPx=shown.openAvgPx,
        accAvgPx=shown.accAvgPx,
        spotUpl=shown.spotUpl,
        spotUplRatio=shown.spotUplRatio,
        totalPnl=shown.totalPnl,
        totalPnlRatio=shown.totalPnlRatio,
    )
    if user.mode == MULTI_CURRENCY:
        chosen = discount.counts(state, user, ccy)
        return replace(row, availEq=available, collateralEnabled=chosen, **_CROSS)
    return replace(row, availEq=available, **_CROSS, **_PORTFOLIO) if user.mode == PORTFOLIO else row


_CROSS: Final = {**dict.fromkeys(("isoEq", "isoLiab", "isoUpl", "upl", "uplLiab"), "0"), "spotIsoBal": ""}
"""Currency fields of multi-currency and portfolio margin alone: there are no positions and no losses of them."""
_PORTFOLIO: Final = dict.fromkeys(("spotInUseAmt", "clSpotInUseAmt", "maxSpotInUse"), "0")


def _forced_repayment(state: State, user: User, ccy: str) -> tuple[Gauge, Literal["0", "1", "2"]]:
    """Gauge of a forced repayment of a debt, and its basis: 1 the account's own quota, 2 the pool (also if equal)."""
    by_pool = gauge.reading(rates.usage(state, ccy))
    by_quota = auto_exchange.nearness(state, user, ccy)
    if by_quota > by_pool:
        return by_quota, "1"
    return by_pool, "2" if by_pool else "0"


class _Gain(NamedTuple):
    """Cost and profit of a coin bought by orders; all "" for one that was not."""

    spotBal: str = ""
    openAvgPx: str = ""
    accAvgPx: str = ""
    spotUpl: str = ""
    spotUplRatio: str = ""
    totalPnl: str = ""
    totalPnlRatio: str = ""


def _gain(state: State, user: User, ccy: str) -> _Gain:
    """Cost and profit of a coin as text; a ratio to zero is ""."""
    found = spot_cost.gain(state, user, ccy)
    if found is None:
        return _Gain()
    return _Gain(*("" if number is None else amount(number) for number in found))


def config(state: State, request: Nothing, caller: Caller) -> tuple[contract.ConfigRow]:
    """Settings of the account. A sub-account is a standard one (type 1) and has the level of its main account."""
    user = state.users[caller.user_id]
    return (
        contract.ConfigRow(
            acctLv=kinds.MODES[user.mode],
            autoLoan=user.mode != SPOT and user.auto_loan,
            enableSpotBorrow=user.borrow_enabled,
            ip=",".join(caller.ips),
            label=caller.label,
            type="1" if user.master_id else "0",
            level=account_group.level(state, caller.user_id),
            mainUid=str(user.master_id or user.user_id),
            perm=",".join(caller.permissions),
            spotBorrowAutoRepay=user.auto_repay,
            uid=str(user.user_id),
        ),
    )


def leverage_command(request: contract.SetLeverage, caller: Caller, state: State) -> SetLeverage:
    """Command to set the leverage of a currency in cross margin. Refused: `posSide` (51000), other targets (51010)."""
    if request.posSide is not None:
        raise Refusal("51000", param="posSide")
    if not request.ccy or request.instId or request.mgnMode != "cross":
        raise Refusal("51010")
    return SetLeverage(user_id=caller.user_id, ccy=request.ccy, leverage=atoms(request.lever))


def leverage_reply(
    request: contract.SetLeverage, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.SetLeverageRow]:
    return (contract.SetLeverageRow(lever=amount(atoms(request.lever)), mgnMode=request.mgnMode),)


def leverage_info(state: State, request: contract.LeverageInfo, caller: Caller) -> tuple[contract.LeverageInfoRow, ...]:
    """Leverage per currency, in the order asked. Refused: other than cross margin, or borrowing off (51010)."""
    user = state.users[caller.user_id]
    if request.instId or request.mgnMode != "cross":
        raise Refusal("51010")
    if not (user.borrow_enabled or user.cross):
        raise Refusal("51010").because("borrowing off", name=user.name)
    for ccy in request.ccy:
        ledger.require_ccy(state, ccy)
    return tuple(
        contract.LeverageInfoRow(ccy=ccy, mgnMode="cross", lever=amount(margin.leverage_of(state, user, ccy)))
        for ccy in request.ccy
    )


VIEWS: dict[str, View] = {
    "balance": QueryView(contract.Balance, balance),
    "config": QueryView(Nothing, config, steady=True),
    "set_leverage": CommandView(contract.SetLeverage, leverage_command, leverage_reply),
    "leverage_info": QueryView(contract.LeverageInfo, leverage_info),
}
