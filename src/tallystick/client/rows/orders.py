"""Typed rows of orders.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, MaybeAmount, MaybeText, Text, Time
from tallystick.client.records import Record


class FillRow(Record):
    """Row, or part of one, of `fills`, `fills_history`."""

    __slots__ = ()

    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    fillSz = Amount()
    """Size of this fill, in base currency."""
    fillPx = Amount()
    """Price of this fill."""
    fillPxVol = MaybeAmount()
    """Volatility of the trade's price, options only."""
    fillFwdPx = MaybeAmount()
    """Forward price at the trade, options only."""
    fee = Amount()
    """Fee; for an order negative when charged."""
    fillPnl = Amount()
    """Result of the fill, 0 on spot."""
    ordId = Text()
    """Order or loan number."""
    feeRate = Amount()
    """Rate of the fee, negative when charged."""
    instType = Text()
    """Kind of instrument."""
    fillPxUsd = MaybeAmount()
    """Price of the trade in USD, options only."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    clOrdId = MaybeText()
    """Your own id for the order."""
    posSide = Text()
    """Position side; spot orders leave it out."""
    billId = Text()
    """Bill number; begins with the time."""
    subType = Text()
    """Finer kind of bill."""
    fillMarkVol = MaybeAmount()
    """Mark volatility at the trade, options only."""
    tag = MaybeText()
    """Broker's tag."""
    fillTime = Time()
    """Time of this fill, Unix milliseconds."""
    execType = Choice[Literal["T", "M"]]()
    """T took from the book, M rested in it."""
    fillIdxPx = MaybeAmount()
    """Index price at the trade."""
    tradeId = Text()
    """Trade number."""
    fillMarkPx = MaybeAmount()
    """Mark price at the trade, derivatives only."""
    feeCcy = Text()
    """Currency of the fee."""
    ts = Time()
    """Time, Unix milliseconds."""
    tradeQuoteCcy = Text()
    """Quote currency to trade in."""
