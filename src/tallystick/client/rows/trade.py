"""Typed rows of trade.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, MaybeAmount, MaybeText, MaybeTime, Objects, Part, Text, Time
from tallystick.client.records import Record


class PlaceOrderRow(Record):
    """Row, or part of one, of `place_order`, `batch_orders`."""

    __slots__ = ()

    clOrdId = MaybeText()
    """Your own id for the order."""
    ordId = MaybeText()
    """Order or loan number."""
    tag = MaybeText()
    """Broker's tag."""
    ts = Time()
    """Time, Unix milliseconds."""
    sCode = Text()
    """Code of this item, 0 when it worked."""
    sMsg = MaybeText()
    """What went wrong with this item."""
    subCode = MaybeText()
    """Finer code of this item."""


class CancelOrderRow(Record):
    """Row, or part of one, of `cancel_order`, `cancel_batch_orders`."""

    __slots__ = ()

    clOrdId = MaybeText()
    """Your own id for the order."""
    ordId = MaybeText()
    """Order or loan number."""
    ts = Time()
    """Time, Unix milliseconds."""
    sCode = Text()
    """Code of this item, 0 when it worked."""
    sMsg = MaybeText()
    """What went wrong with this item."""


class LinkedAlgoOrder(Record):
    """Row, or part of one, of `get_order`, `orders_pending`, `orders_history` and others."""

    __slots__ = ()

    algoId = MaybeText()
    """Algo order number."""


class GetOrderRow(Record):
    """Row, or part of one, of `get_order`, `orders_pending`, `orders_history` and others."""

    __slots__ = ()

    accFillSz = Amount()
    """Filled so far, in base currency."""
    algoClOrdId = MaybeText()
    """Your own id for the algo order."""
    algoId = MaybeText()
    """Algo order number."""
    attachAlgoClOrdId = MaybeText()
    """Your own id for the attached order."""
    attachAlgoOrds = Objects()
    """Attached take-profit and stop-loss orders."""
    avgPx = MaybeAmount()
    """Average fill price."""
    cTime = Time()
    """When it was made, Unix milliseconds."""
    cancelSource = MaybeText()
    """Code of who or what cancelled it."""
    cancelSourceReason = MaybeText()
    """Why it was cancelled."""
    category = Text()
    """Normal, or made by the venue in a liquidation."""
    ccy = MaybeText()
    """Currency."""
    clOrdId = MaybeText()
    """Your own id for the order."""
    fee = Amount()
    """Fee; for an order negative when charged."""
    feeCcy = Text()
    """Currency of the fee."""
    fillPx = MaybeAmount()
    """Price of the last fill."""
    fillSz = Amount()
    """Size of the last fill."""
    fillTime = MaybeTime()
    """Time of the last fill, Unix milliseconds."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    instType = Text()
    """Kind of instrument."""
    isTpLimit = Choice[Literal["true", "false"]]()
    """Is a take-profit limit order."""
    lever = MaybeAmount()
    """Highest leverage."""
    linkedAlgoOrd = Part(LinkedAlgoOrder)
    """Algo order it belongs to."""
    ordId = Text()
    """Order or loan number."""
    ordType = Choice[
        Literal[
            "market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc", "mmp", "mmp_and_post_only", "elp", "rpi"
        ]
    ]()
    """Order type."""
    pnl = Amount()
    """Profit or loss, 0 on spot."""
    posSide = MaybeText()
    """Position side; spot orders leave it out."""
    px = MaybeAmount()
    """Price."""
    pxType = MaybeText()
    """Which kind of price, options only."""
    pxUsd = MaybeAmount()
    """Price in USD, options only."""
    pxVol = MaybeAmount()
    """Price as volatility, options only."""
    quickMgnType = MaybeText()
    """No longer used."""
    rebate = Amount()
    """Rebate paid to a maker."""
    rebateCcy = Text()
    """Currency of the rebate."""
    reduceOnly = Choice[Literal["true", "false"]]()
    """Only ever reduce a position."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    slOrdPx = MaybeAmount()
    """Stop-loss order price."""
    slTriggerPx = MaybeAmount()
    """Stop-loss trigger."""
    slTriggerPxType = MaybeText()
    """Price the stop-loss watches."""
    source = MaybeText()
    """Where the order came from."""
    state = Choice[Literal["live", "partially_filled", "filled", "canceled", "mmp_canceled"]]()
    """How it stands."""
    stpId = MaybeText()
    """No longer used."""
    stpMode = MaybeText()
    """What gives way when you meet yourself."""
    sz = Amount()
    """Size."""
    tag = MaybeText()
    """Broker's tag."""
    tdMode = Choice[Literal["cash", "cross", "isolated", "spot_isolated"]]()
    """Trade mode; Spot mode uses cash."""
    tgtCcy = MaybeText()
    """Unit of a market order's size."""
    tpOrdPx = MaybeAmount()
    """Take-profit order price."""
    tpTriggerPx = MaybeAmount()
    """Take-profit trigger."""
    tpTriggerPxType = MaybeText()
    """Price the take-profit watches."""
    tradeId = MaybeText()
    """Trade number."""
    tradeQuoteCcy = Text()
    """Quote currency to trade in."""
    outcome = MaybeText()
    """Event contracts only."""
    uTime = Time()
    """Last change, Unix milliseconds."""
