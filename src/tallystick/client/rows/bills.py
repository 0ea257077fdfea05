"""Typed rows of bills.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, MaybeAmount, MaybeChoice, MaybeText, MaybeTime, MaybeYearly, Text, Time
from tallystick.client.records import Record


class AccountBillsRow(Record):
    """Row, or part of one, of `account_bills`, `account_bills_archive`."""

    __slots__ = ()

    bal = Amount()
    """Equity of the currency after it."""
    balChg = Amount()
    """Change of the equity."""
    billId = Text()
    """Bill number; begins with the time."""
    ccy = Text()
    """Currency."""
    clOrdId = MaybeText()
    """Your own id for the order."""
    earnAmt = MaybeAmount()
    """Of automatic earning, which does not exist here."""
    earnApr = MaybeYearly()
    """Of automatic earning, which does not exist here."""
    execType = MaybeChoice[Literal["T", "M"]]()
    """T took from the book, M rested in it."""
    fee = MaybeAmount()
    """Fee, negative when charged."""
    fillFwdPx = MaybeAmount()
    """Forward price at the trade, options only."""
    fillIdxPx = MaybeAmount()
    """Index price at the trade."""
    fillMarkPx = MaybeAmount()
    """Mark price at the trade, derivatives only."""
    fillMarkVol = MaybeAmount()
    """Mark volatility at the trade, options only."""
    fillPxUsd = MaybeAmount()
    """Price of the trade in USD, options only."""
    fillPxVol = MaybeAmount()
    """Volatility of the trade's price, options only."""
    fillTime = MaybeTime()
    """Time of the last fill, Unix milliseconds."""
    from_ = MaybeChoice[Literal["6", "18"]]("from")
    """Of a transfer: where from."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    instType = MaybeText()
    """Kind of instrument."""
    interest = MaybeAmount()
    """Interest, negative when charged."""
    mgnMode = MaybeChoice[Literal["isolated", "cross", "cash"]]()
    """Margin mode."""
    notes = MaybeText()
    """Of a transfer: where it goes."""
    ordId = MaybeText()
    """Order or loan number."""
    pnl = MaybeAmount()
    """Profit or loss, 0 on spot."""
    posBal = MaybeAmount()
    """Position after it, 0 on spot."""
    posBalChg = MaybeAmount()
    """Change of the position, 0 on spot."""
    px = MaybeAmount()
    """Price of the trade."""
    subType = Text()
    """Finer kind of bill."""
    sz = MaybeAmount()
    """Amount of the currency that moved, before fees."""
    tag = MaybeText()
    """Broker's tag."""
    to = MaybeChoice[Literal["6", "18"]]()
    """Of a transfer: where to."""
    tradeId = MaybeText()
    """Trade number."""
    ts = Time()
    """Time, Unix milliseconds."""
    type = Text()
    """Kind of bill."""


class AssetBillsRow(Record):
    """Row, or part of one, of `asset_bills`, `asset_bills_history`."""

    __slots__ = ()

    billId = Text()
    """Bill number; begins with the time."""
    ccy = Text()
    """Currency."""
    clientId = MaybeText()
    """Your own id for the transfer."""
    balChg = Amount()
    """Change of the balance."""
    bal = Amount()
    """Balance of the currency after it."""
    type = Text()
    """Kind of bill."""
    ts = Time()
    """Time, Unix milliseconds."""
    notes = MaybeText()
    """Of a transfer: where it goes."""
