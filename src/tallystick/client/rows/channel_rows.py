"""Typed rows of channel rows.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import (
    Amount,
    Choice,
    Flag,
    Levels,
    MaybeAmount,
    MaybeChoice,
    MaybePart,
    MaybeText,
    MaybeTime,
    Objects,
    Parts,
    Text,
    Time,
    Whole,
)
from tallystick.client.records import Record
from tallystick.client.rows.trade import LinkedAlgoOrder


class BestRow(Record):
    """Row, or part of one, of `channel bbo-tbt`."""

    __slots__ = ()

    asks = Levels()
    """Sell side, best first."""
    bids = Levels()
    """Buy side, best first."""
    ts = Time()
    """Time, Unix milliseconds."""
    seqId = Whole()
    """Sequence number of the book."""


class BookRow(Record):
    """Row, or part of one, of `channel books-l2-tbt`, `channel books50-l2-tbt`, `channel books`."""

    __slots__ = ()

    asks = Levels()
    """Sell side, best first."""
    bids = Levels()
    """Buy side, best first."""
    ts = Time()
    """Time, Unix milliseconds."""
    checksum = Whole()
    """CRC32 of the first 25 levels of both sides."""
    prevSeqId = Whole()
    """seqId of the message before this one."""
    seqId = Whole()
    """Sequence number of the book."""


class FiveRow(Record):
    """Row, or part of one, of `channel books5`."""

    __slots__ = ()

    asks = Levels()
    """Sell side, best first."""
    bids = Levels()
    """Buy side, best first."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    ts = Time()
    """Time, Unix milliseconds."""
    seqId = Whole()
    """Sequence number of the book."""


class TradeRow(Record):
    """Row, or part of one, of `channel trades`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    tradeId = Text()
    """Trade number."""
    px = Amount()
    """Price."""
    sz = Amount()
    """Size."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    ts = Time()
    """Time, Unix milliseconds."""
    count = Whole()
    """How many matches are in it."""
    source = Choice[Literal["0", "1"]]()
    """Where the order came from."""
    seqId = Whole()
    """Sequence number of the book."""


class StatusRow(Record):
    """Row, or part of one, of `channel status`."""

    __slots__ = ()

    begin = Time()
    """When it begins, Unix milliseconds."""
    end = Time()
    """When it ends, Unix milliseconds."""
    href = Text()
    """Where more is said."""
    preOpenBegin = Time()
    """When orders are taken again."""
    scheDesc = Text()
    """How it was put off."""
    serviceType = Text()
    """Which service."""
    state = Choice[Literal["scheduled", "ongoing", "pre_open", "completed", "canceled"]]()
    """How it stands."""
    system = Text()
    """Which system."""
    maintType = Text()
    """Kind of maintenance."""
    env = Text()
    """Live or demo."""
    title = Text()
    """What it is called."""
    ts = Time()
    """Time, Unix milliseconds."""


class AccountDetail(Record):
    """Row, or part of one, of `channel account`."""

    __slots__ = ()

    autoLendStatus = MaybeChoice[Literal["unsupported", "off", "pending", "active"]]()
    """State of automatic lending."""
    autoLendMtAmt = MaybeAmount()
    """Amount lent out."""
    availBal = Amount()
    """Free balance."""
    availEq = MaybeAmount()
    """Equity free to use."""
    borrowFroz = MaybeAmount()
    """Margin taken by possible borrowing, USD."""
    cashBal = Amount()
    """Balance."""
    ccy = Text()
    """Currency."""
    coinUsdPrice = Amount()
    """Price of one coin in USD."""
    crossLiab = MaybeAmount()
    """Debt in cross margin."""
    colRes = Choice[Literal["0", "1", "2"]]()
    """State of the platform's collateral cap."""
    collateralEnabled = Flag()
    """Counts as collateral."""
    collateralRestrict = Flag()
    """No longer used, see colRes."""
    colBorrAutoConversion = Text()
    """Risk of automatic conversion."""
    disEq = MaybeAmount()
    """Equity in USD after discount."""
    eq = Amount()
    """Equity of the currency."""
    eqUsd = Amount()
    """Equity in USD."""
    smtSyncEq = Amount()
    """Equity in smart sync copying."""
    spotCopyTradingEq = Amount()
    """Equity in spot copy trading."""
    fixedBal = Amount()
    """Locked by dip and peak orders."""
    frozenBal = Amount()
    """Frozen balance."""
    frpType = MaybeChoice[Literal["0", "1", "2"]]()
    """What a forced repayment would be based on."""
    imr = MaybeAmount()
    """Initial margin."""
    interest = MaybeAmount()
    """Interest accrued and not yet added to the debt."""
    isoEq = MaybeAmount()
    """Equity in isolated margin."""
    isoLiab = MaybeAmount()
    """Debt in isolated margin."""
    isoUpl = MaybeAmount()
    """Unrealised result in isolated margin."""
    liab = MaybeAmount()
    """Debt, a positive number."""
    maxLoan = MaybeAmount()
    """Most that could still be borrowed."""
    mgnRatio = MaybeAmount()
    """Margin level, empty when nothing is at risk."""
    mmr = MaybeAmount()
    """Maintenance margin."""
    notionalLever = MaybeAmount()
    """Leverage."""
    ordFrozen = Amount()
    """Frozen by open orders."""
    rewardBal = Amount()
    """Trial funds."""
    spotInUseAmt = MaybeAmount()
    """Spot in use as hedge."""
    clSpotInUseAmt = MaybeAmount()
    """Spot in use as hedge, set by you."""
    maxSpotInUseAmt = MaybeAmount()
    """Largest amount used as spot hedge, portfolio margin."""
    spotIsoBal = Amount()
    """Balance in isolated spot copying."""
    stgyEq = Amount()
    """Equity in strategies."""
    twap = MaybeChoice[Literal["0", "1", "2", "3", "4", "5"]]()
    """Risk level of a forced repayment, 0 to 5."""
    uTime = Time()
    """Last change, Unix milliseconds."""
    upl = MaybeAmount()
    """Unrealised result."""
    uplLiab = MaybeAmount()
    """Debt from unrealised losses."""
    spotBal = MaybeAmount()
    """Bought by orders and not sold again."""
    openAvgPx = MaybeAmount()
    """Average opening price."""
    accAvgPx = MaybeAmount()
    """Cumulative cost price: buys less sells, per coin that is left."""
    spotUpl = MaybeAmount()
    """Unrealised result on spot, at the average cost."""
    spotUplRatio = MaybeAmount()
    """The same as a ratio."""
    totalPnl = MaybeAmount()
    """Result on spot in all, at the cumulative cost."""
    totalPnlRatio = MaybeAmount()
    """The same as a ratio."""


class AccountRow(Record):
    """Row, or part of one, of `channel account`."""

    __slots__ = ()

    adjEq = MaybeAmount()
    """Equity in USD, discounted, less losses and fees of open orders."""
    availEq = MaybeAmount()
    """Equity free to use."""
    borrowFroz = MaybeAmount()
    """Margin taken by possible borrowing, USD."""
    delta = MaybeAmount()
    """Delta in USD."""
    deltaLever = MaybeAmount()
    """Delta over equity."""
    deltaNeutralStatus = MaybeChoice[Literal["0", "1", "2"]]()
    """State of the delta neutral strategy."""
    details = Parts(AccountDetail)
    """One entry per currency."""
    imr = MaybeAmount()
    """Initial margin."""
    isoEq = MaybeAmount()
    """Equity in isolated margin."""
    mgnRatio = MaybeAmount()
    """Margin level, empty when nothing is at risk."""
    mmr = MaybeAmount()
    """Maintenance margin."""
    notionalUsd = MaybeAmount()
    """Value at risk in USD."""
    notionalUsdForBorrow = MaybeAmount()
    """Value of the debts in USD."""
    notionalUsdForFutures = MaybeAmount()
    """Value of futures in USD."""
    notionalUsdForOption = MaybeAmount()
    """Value of options in USD."""
    notionalUsdForSwap = MaybeAmount()
    """Value of perpetuals in USD."""
    ordFroz = MaybeAmount()
    """Margin frozen by open orders, USD."""
    totalEq = Amount()
    """Equity of all currencies in USD."""
    uTime = Time()
    """Last change, Unix milliseconds."""
    upl = MaybeAmount()
    """Unrealised result."""


class CashRow(Record):
    """Row, or part of one, of `channel balance_and_position`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    cashBal = Amount()
    """Balance."""
    uTime = Time()
    """Last change, Unix milliseconds."""


class TradeReference(Record):
    """Row, or part of one, of `channel balance_and_position`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    tradeId = Text()
    """Trade number."""


class BalanceAndPositionRow(Record):
    """Row, or part of one, of `channel balance_and_position`."""

    __slots__ = ()

    pTime = Time()
    """When it was pushed, Unix milliseconds."""
    eventType = Choice[
        Literal[
            "snapshot",
            "delivered",
            "exercised",
            "transferred",
            "filled",
            "liquidation",
            "claw_back",
            "adl",
            "funding_fee",
            "adjust_margin",
            "set_leverage",
            "interest_deduction",
            "settlement",
        ]
    ]()
    """What changed the balance."""
    balData = Parts(CashRow)
    """Balances that changed."""
    posData = Objects()
    """Positions; Spot mode has none."""
    trades = Parts(TradeReference)
    """The fills behind it."""


class PositionRow(Record):
    """Row, or part of one, of `channel positions`, `channel liquidation-warning`."""

    __slots__ = ()


class OrdersRow(Record):
    """Row, or part of one, of `channel orders`."""

    __slots__ = ()

    accFillSz = MaybeAmount()
    """Filled so far, in base currency."""
    algoClOrdId = MaybeText()
    """Your own id for the algo order."""
    algoId = MaybeText()
    """Algo order number."""
    amendResult = MaybeText()
    """0 when an amendment worked, -1 when not."""
    amendSource = MaybeText()
    """Who amended, 1 is the user."""
    avgPx = MaybeAmount()
    """Average fill price."""
    cancelSource = MaybeText()
    """Code of who or what cancelled it."""
    category = MaybeText()
    """Normal, or made by the venue in a liquidation."""
    ccy = MaybeText()
    """Currency."""
    clOrdId = MaybeText()
    """Your own id for the order."""
    code = MaybeText()
    """Error code, 0 when all is well."""
    cTime = MaybeTime()
    """When it was made, Unix milliseconds."""
    execType = MaybeChoice[Literal["T", "M"]]()
    """T taker, M maker."""
    fee = MaybeAmount()
    """Fee; for an order negative when charged."""
    feeCcy = MaybeText()
    """Currency of the fee."""
    fillFee = MaybeAmount()
    """Fee of this fill, negative where charged."""
    fillFeeCcy = MaybeText()
    """Currency of that fee."""
    fillNotionalUsd = MaybeAmount()
    """Value of this fill in USD."""
    fillPx = MaybeAmount()
    """Price of the last fill."""
    fillSz = MaybeAmount()
    """Size of the last fill."""
    fillPnl = MaybeAmount()
    """Profit of this fill, positions only."""
    fillTime = MaybeTime()
    """Time of the last fill, Unix milliseconds."""
    fillPxVol = MaybeAmount()
    """Options only."""
    fillPxUsd = MaybeAmount()
    """Options only."""
    fillMarkVol = MaybeAmount()
    """Options only."""
    fillFwdPx = MaybeAmount()
    """Options only."""
    fillMarkPx = MaybeAmount()
    """Derivatives only."""
    fillIdxPx = MaybeAmount()
    """Index price at the fill."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    instType = MaybeText()
    """Kind of instrument."""
    lever = MaybeAmount()
    """Highest leverage."""
    msg = MaybeText()
    """Text of the error code."""
    notionalUsd = MaybeAmount()
    """Value of the order in USD."""
    ordId = MaybeText()
    """Order or loan number."""
    ordType = MaybeChoice[
        Literal[
            "market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc", "mmp", "mmp_and_post_only", "elp", "rpi"
        ]
    ]()
    """Order type."""
    pnl = MaybeAmount()
    """Profit or loss, 0 on spot."""
    posSide = MaybeText()
    """Position side; spot orders leave it out."""
    px = MaybeAmount()
    """Price."""
    pxUsd = MaybeAmount()
    """Price in USD, options only."""
    pxVol = MaybeAmount()
    """Price as volatility, options only."""
    pxType = MaybeText()
    """Which kind of price, options only."""
    quickMgnType = MaybeText()
    """No longer used."""
    rebate = MaybeAmount()
    """Rebate paid to a maker."""
    rebateCcy = MaybeText()
    """Currency of the rebate."""
    reduceOnly = MaybeChoice[Literal["true", "false"]]()
    """Only ever reduce a position."""
    reqId = MaybeText()
    """Your id of the amendment."""
    side = MaybeChoice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    attachAlgoClOrdId = MaybeText()
    """Your own id for the attached order."""
    slOrdPx = MaybeAmount()
    """Stop-loss order price."""
    slTriggerPx = MaybeAmount()
    """Stop-loss trigger."""
    slTriggerPxType = MaybeText()
    """Price the stop-loss watches."""
    source = MaybeText()
    """Where the order came from."""
    state = MaybeChoice[Literal["live", "partially_filled", "filled", "canceled", "mmp_canceled"]]()
    """How it stands."""
    stpId = MaybeText()
    """No longer used."""
    stpMode = MaybeText()
    """What gives way when you meet yourself."""
    sz = MaybeAmount()
    """Size."""
    tag = MaybeText()
    """Broker's tag."""
    tdMode = MaybeChoice[Literal["cash", "cross", "isolated", "spot_isolated"]]()
    """Trade mode; Spot mode uses cash."""
    tgtCcy = MaybeText()
    """Unit of a market order's size."""
    tpOrdPx = MaybeAmount()
    """Take-profit order price."""
    tpTriggerPx = MaybeAmount()
    """Take-profit trigger."""
    tpTriggerPxType = MaybeText()
    """Price the take-profit watches."""
    attachAlgoOrds = Objects()
    """Attached take-profit and stop-loss orders."""
    tradeId = MaybeText()
    """Trade number."""
    tradeQuoteCcy = MaybeText()
    """Quote currency to trade in."""
    outcome = MaybeText()
    """Event contracts only."""
    lastPx = MaybeAmount()
    """Last price of the instrument."""
    uTime = MaybeTime()
    """Last change, Unix milliseconds."""
    isTpLimit = MaybeChoice[Literal["true", "false"]]()
    """Is a take-profit limit order."""
    linkedAlgoOrd = MaybePart(LinkedAlgoOrder)
    """Algo order it belongs to."""


class FillsRow(Record):
    """Row, or part of one, of `channel fills`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    fillSz = Amount()
    """Size of the last fill."""
    fillPx = Amount()
    """Price of the last fill."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    ts = Time()
    """Time, Unix milliseconds."""
    ordId = Text()
    """Order or loan number."""
    clOrdId = MaybeText()
    """Your own id where it is a number, else 0."""
    tradeId = Text()
    """Trade number."""
    execType = Choice[Literal["T", "M"]]()
    """T taker, M maker."""
    count = Whole()
    """How many matches are in it."""


class SingleTradeRow(Record):
    """Row, or part of one, of `channel trades-all`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    tradeId = Text()
    """Trade number."""
    px = Amount()
    """Price."""
    sz = Amount()
    """Size."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    source = Choice[Literal["0", "1"]]()
    """Where the order came from."""
    ts = Time()
    """Time, Unix milliseconds."""
