"""Typed rows of trade modes.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, MaybeAmount, MaybeText, MaybeWhole, Parts, Text, Time, Whole
from tallystick.client.records import Record


class AccountRateLimitRow(Record):
    """Row, or part of one, of `account_rate_limit`."""

    __slots__ = ()

    accRateLimit = Whole()
    """Derivatives orders in two seconds."""
    fillRatio = MaybeAmount()
    """Volume over orders sent; empty below its fee tier."""
    mainFillRatio = MaybeAmount()
    """The same of the main account with its sub-accounts."""
    nextAccRateLimit = MaybeWhole()
    """Limit from tomorrow on."""
    ts = Time()
    """Time, Unix milliseconds."""


class OrderPrecheckRow(Record):
    """Row, or part of one, of `order_precheck`."""

    __slots__ = ()

    adjEq = Amount()
    """Equity in USD, discounted, less losses and fees of open orders."""
    adjEqChg = Amount()
    """Change of the equity, USD."""
    availBal = Amount()
    """Free balance."""
    availBalChg = Amount()
    """Change of the free balance."""
    imr = Amount()
    """Initial margin."""
    imrChg = Amount()
    """Change of the initial margin, USD."""
    liab = Amount()
    """Debt, a positive number."""
    liabChg = Amount()
    """Change of the debt."""
    liabChgCcy = MaybeText()
    """Currency of that change."""
    liqPx = Amount()
    """Price that would liquidate."""
    liqPxDiff = Amount()
    """Liquidation price less mark price."""
    liqPxDiffRatio = Amount()
    """The same as a ratio."""
    mgnRatio = Amount()
    """Margin level, empty when nothing is at risk."""
    mgnRatioChg = Amount()
    """Change of the margin level."""
    mmr = Amount()
    """Maintenance margin."""
    mmrChg = Amount()
    """Change of the maintenance margin, USD."""
    posBal = MaybeAmount()
    """Position after it, 0 on spot."""
    posBalChg = MaybeAmount()
    """Change of the position, 0 on spot."""
    type = MaybeText()
    """Unit of posBal, isolated margin only."""


class ClosePositionRow(Record):
    """Row, or part of one, of `close_position`."""

    __slots__ = ()

    clOrdId = MaybeText()
    """Your own id for the order."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    posSide = Text()
    """Position side; spot orders leave it out."""
    tag = MaybeText()
    """Broker's tag."""


class AlgoOrderRow(Record):
    """Row, or part of one, of `orders_algo_pending`, `orders_algo_history`, `get_algo_order`."""

    __slots__ = ()

    algoId = Text()
    """Algo order number."""
    algoClOrdId = Text()
    """Your own id for the algo order."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    instType = Text()
    """Kind of instrument."""
    ordType = Choice[
        Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"]
    ]()
    """Order type."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    sz = Amount()
    """Size."""
    state = Text()
    """How it stands."""
    cTime = Time()
    """When it was made, Unix milliseconds."""


class DebtV1(Record):
    """Row, or part of one, of `one_click_repay_currency_list`."""

    __slots__ = ()

    debtAmt = Amount()
    """Amount owed, interest included."""
    debtCcy = Text()
    """Currency owed."""


class RepayerV1(Record):
    """Row, or part of one, of `one_click_repay_currency_list`."""

    __slots__ = ()

    repayAmt = Amount()
    """Amount that can be used."""
    repayCcy = Text()
    """Currency that can be used."""


class RepayListV1Row(Record):
    """Row, or part of one, of `one_click_repay_currency_list`."""

    __slots__ = ()

    debtData = Parts(DebtV1)
    """What is owed."""
    debtType = Choice[Literal["cross", "isolated"]]()
    """Debts of cross or isolated margin."""
    repayData = Parts(RepayerV1)
    """What it can be paid with."""


class RepayV1Row(Record):
    """Row, or part of one, of `one_click_repay`, `one_click_repay_history`."""

    __slots__ = ()

    debtCcy = Text()
    """Currency owed."""
    fillDebtSz = Amount()
    """Amount of the owed currency obtained."""
    fillRepaySz = Amount()
    """Amount paid."""
    repayCcy = Text()
    """Currency that can be used."""
    status = Choice[Literal["running", "filled", "failed"]]()
    """How the repay stands."""
    uTime = Time()
    """Last change, Unix milliseconds."""
