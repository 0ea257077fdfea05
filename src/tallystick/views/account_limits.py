"""Largest amounts an account can trade, borrow and withdraw, as the engine would accept them."""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.contract import account_limits as contract
from tallystick.contract import market as market_contract
from tallystick.engine import account_group, headroom, ledger, open_orders, prices
from tallystick.engine.amounts import mul_down, mul_up
from tallystick.engine.kinds import PORTFOLIO
from tallystick.engine.parameters import LEVERAGE_LEAST, LEVERAGE_MOST, Instrument
from tallystick.engine.state import State
from tallystick.views import market, trade
from tallystick.views.candles import require
from tallystick.views.core import Caller, QueryView, Refusal, View, amount, atoms

FEE_GROUP = "1"


def _asked(
    state: State, request: contract.MaxSize | contract.MaxAvailSize, user_id: int
) -> Iterator[tuple[Instrument, int]]:
    """(instrument, last price) in the order asked.

    Refused, first that applies: a tdMode of another account mode (`trade.require_trade_mode`), an unknown instrument
    (51001), another quote currency than its own (51000).
    """
    trade.require_trade_mode(state.users[user_id], request.tdMode)
    for name in request.instId:
        instrument = require(state, name)
        if request.tradeQuoteCcy not in ("", instrument.quote_ccy):
            raise Refusal("51000", param="tradeQuoteCcy")
        found = state.markets.get(name)
        yield instrument, prices.reference(found) if found else 0


def max_size(state: State, request: contract.MaxSize, caller: Caller) -> tuple[contract.MaxSizeRow, ...]:
    """Largest limit orders at `px`, or the last price, borrowing included: buys in base, sales in quote currency."""
    user = state.users[caller.user_id]
    rows = []
    for instrument, last in _asked(state, request, caller.user_id):
        price = atoms(request.px) if request.px and len(request.instId) == 1 else last
        buy = headroom.order_size(state, user, instrument, "buy", price)
        sell = headroom.order_size(state, user, instrument, "sell", price)
        rows.append(
            contract.MaxSizeRow(instId=instrument.instrument, maxBuy=amount(buy), maxSell=amount(mul_down(sell, price)))
        )
    return tuple(rows)


def max_avail_size(
    state: State, request: contract.MaxAvailSize, caller: Caller
) -> tuple[contract.MaxAvailSizeRow, ...]:
    """Coins that can be spent: the free ones, or with borrowing those of the largest order at the last price."""
    user = state.users[caller.user_id]
    rows = []
    for instrument, last in _asked(state, request, caller.user_id):
        quote = ledger.available(state, user, instrument.quote_ccy)
        base = ledger.available(state, user, instrument.base_ccy)
        if user.may_borrow:
            quote = max(quote, mul_up(headroom.order_size(state, user, instrument, "buy", last), last))
            base = max(base, headroom.order_size(state, user, instrument, "sell", last))
        rows.append(
            contract.MaxAvailSizeRow(instId=instrument.instrument, availBuy=amount(quote), availSell=amount(base))
        )
    return tuple(rows)


def max_withdrawal(
    state: State, request: contract.MaxWithdrawal, caller: Caller
) -> tuple[contract.MaxWithdrawalRow, ...]:
    """Largest withdrawal of every currency with a balance, or of those asked for.

    `maxWd` is of own coins, `maxWdEx` the largest transfer with `loanTrans`: borrowed coins and those it would borrow.
    Nothing is offset by positions in portfolio margin, so its own two figures are the same again.

    Rejects: UNKNOWN_CCY.
    """
    user = state.users[caller.user_id]
    for ccy in request.ccy:
        ledger.require_ccy(state, ccy)
    equity = ledger.equity(state, caller.user_id)
    held = [ccy for ccy in equity if user.cross or ledger.cash(state, caller.user_id, ccy)]
    rows = []
    for ccy in request.ccy or held:
        own = amount(headroom.transfer_size(state, user, ccy))
        borrows = user.cross or user.borrow_enabled
        most = amount(headroom.transfer_size(state, user, ccy, may_borrow=True)) if borrows else own
        offset = (own, most) if user.mode == PORTFOLIO else ("", "")
        rows.append(
            contract.MaxWithdrawalRow(
                ccy=ccy, maxWd=own, maxWdEx=most, spotOffsetMaxWd=offset[0], spotOffsetMaxWdEx=offset[1]
            )
        )
    return tuple(rows)


def trade_fee(state: State, request: contract.TradeFee, caller: Caller) -> tuple[contract.TradeFeeRow, ...]:
    """Fee rates, one for all pairs; instrument types that do not exist here have no row.

    Refused: a group beside an instrument or a family (50024), an unknown instrument (51001).
    """
    other = "instId" if request.instId else "instFamily" if request.instFamily else ""
    if request.groupId and other:
        raise Refusal("50024", param="groupId", other=other)
    listed = request.instType in ("SPOT", "MARGIN")
    if request.instId and not (listed and request.instId in state.parameters.instruments):
        raise Refusal("51001")
    if not listed or request.groupId not in ("", FEE_GROUP):
        return ()
    maker, taker = (amount(-fee) for fee in (state.parameters.maker_fee, state.parameters.taker_fee))
    return (
        contract.TradeFeeRow(
            feeGroup=(contract.FeeGroup(groupId=FEE_GROUP, maker=maker, taker=taker),),
            instType=request.instType,
            level=account_group.level(state, caller.user_id),
            maker=maker,
            taker=taker,
            ts=str(caller.at_ms),
        ),
    )


def account_instruments(
    state: State, request: contract.AccountInstruments, caller: Caller
) -> tuple[contract.AccountInstrumentsRow, ...]:
    """Instruments, as `public/instruments` gives them, in the form of the account. Refusals are the same."""
    asked = market_contract.Instruments(
        instType=request.instType, uly=request.uly, instFamily=request.instFamily, instId=request.instId
    )
    return tuple(
        contract.AccountInstrumentsRow(
            baseCcy=row.baseCcy,
            instId=row.instId,
            instType=row.instType,
            lever=row.lever,
            listTime=row.listTime,
            lotSz=row.lotSz,
            maxIcebergSz=row.maxIcebergSz,
            maxLmtAmt=row.maxLmtAmt,
            maxLmtSz=row.maxLmtSz,
            maxMktAmt=row.maxMktAmt,
            maxMktSz=row.maxMktSz,
            maxStopSz=row.maxStopSz,
            maxTriggerSz=row.maxTriggerSz,
            maxTwapSz=row.maxTwapSz,
            minSz=row.minSz,
            quoteCcy=row.quoteCcy,
            tradeQuoteCcyList=row.tradeQuoteCcyList,
            tickSz=row.tickSz,
            instIdCode=row.instIdCode,
        )
        for row in market.instruments(state, asked, caller)
    )


def adjust_leverage(
    state: State, request: contract.AdjustLeverage, caller: Caller
) -> tuple[contract.AdjustLeverageRow]:
    """Largest loan and initial margin of a currency in cross margin, at the asked leverage.

    Refused, first that applies: positions and pairs, or borrowing off (51010); leverages beyond the range
    (59105, 59102). Rejects: UNKNOWN_CCY.
    """
    user = state.users[caller.user_id]
    spot = request.instType == "MARGIN" and request.mgnMode == "cross" and request.ccy and not request.instId
    if not spot or request.posSide is not None:
        raise Refusal("51010")
    if not (user.borrow_enabled or user.cross):
        raise Refusal("51010").because("borrowing off", name=user.name)
    ledger.require_ccy(state, request.ccy)
    leverage = atoms(request.lever)
    if leverage < LEVERAGE_LEAST:
        raise Refusal("59105", min=amount(LEVERAGE_LEAST))
    if leverage > LEVERAGE_MOST:
        raise Refusal("59102")
    loan, needed = headroom.loan_at_leverage(state, user, request.ccy, leverage)
    return (
        contract.AdjustLeverageRow(
            estMaxAmt=amount(loan),
            estMgn=amount(needed),
            existOrd=bool(open_orders.of(state).of_user(user.user_id)),
            maxLever=amount(LEVERAGE_MOST),
            minLever=amount(LEVERAGE_LEAST),
        ),
    )


VIEWS: dict[str, View] = {
    "max_size": QueryView(contract.MaxSize, max_size),
    "max_avail_size": QueryView(contract.MaxAvailSize, max_avail_size),
    "max_withdrawal": QueryView(contract.MaxWithdrawal, max_withdrawal),
    "trade_fee": QueryView(contract.TradeFee, trade_fee),
    "account_instruments": QueryView(contract.AccountInstruments, account_instruments, steady=True),
    "adjust_leverage": QueryView(contract.AdjustLeverage, adjust_leverage),
}
