"""Typed rows of asset.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, Flag, MaybeAmount, MaybeText, MaybeTime, Text, Whole
from tallystick.client.records import Record


class AssetCurrenciesRow(Record):
    """Row, or part of one, of `asset_currencies`."""

    __slots__ = ()

    burningFeeRate = MaybeAmount()
    """Share burnt on the chain."""
    canDep = Flag()
    """Can be deposited."""
    canInternal = Flag()
    """Can be sent within the exchange."""
    canWd = Flag()
    """Can be withdrawn."""
    ccy = Text()
    """Currency."""
    chain = Text()
    """Currency and network."""
    ctAddr = MaybeText()
    """Contract on the chain."""
    depEstOpenTime = MaybeTime()
    """When deposits open again."""
    depQuotaFixed = MaybeAmount()
    """Deposit quota."""
    depQuoteDailyLayer2 = MaybeAmount()
    """Daily deposit quota on layer two."""
    fee = Amount()
    """Fee; for an order negative when charged."""
    logoLink = MaybeText()
    """Picture of the logo."""
    mainNet = Flag()
    """Is the main network."""
    maxFee = Amount()
    """No longer used, see fee."""
    maxFeeForCtAddr = MaybeAmount()
    """No longer used, see fee."""
    maxWd = Amount()
    """Largest withdrawal."""
    minDep = Amount()
    """Smallest deposit."""
    minDepArrivalConfirm = Whole()
    """Confirmations until a deposit arrives."""
    minFee = Amount()
    """No longer used, see fee."""
    minFeeForCtAddr = MaybeAmount()
    """No longer used, see fee."""
    minInternal = Amount()
    """Smallest internal transfer."""
    minWd = Amount()
    """Smallest withdrawal."""
    minWdUnlockConfirm = Whole()
    """Confirmations until it can be withdrawn again."""
    name = Text()
    """Name."""
    needTag = Flag()
    """Address needs a tag."""
    usedDepQuotaFixed = MaybeAmount()
    """Deposit quota used."""
    usedWdQuota = Amount()
    """Withdrawal quota used."""
    wdEstOpenTime = MaybeTime()
    """When withdrawals open again."""
    wdQuota = Amount()
    """Withdrawal quota of a day, USD."""
    wdTickSz = Amount()
    """Digits after the point."""


class AssetBalancesRow(Record):
    """Row, or part of one, of `asset_balances`, `subaccount_funding`."""

    __slots__ = ()

    availBal = Amount()
    """Free balance."""
    bal = Amount()
    """Balance."""
    ccy = Text()
    """Currency."""
    frozenBal = Amount()
    """Frozen balance."""


class TransferRow(Record):
    """Row, or part of one, of `transfer`."""

    __slots__ = ()

    transId = Text()
    """Transfer number."""
    ccy = Text()
    """Currency."""
    clientId = MaybeText()
    """Your own id for the transfer."""
    from_ = Choice[Literal["6", "18"]]("from")
    """Account it leaves, 6 funding or 18 trading."""
    amt = Amount()
    """Amount."""
    to = Choice[Literal["6", "18"]]()
    """Account it enters, 6 funding or 18 trading."""


class TransferStateRow(Record):
    """Row, or part of one, of `transfer_state`."""

    __slots__ = ()

    amt = Amount()
    """Amount."""
    ccy = Text()
    """Currency."""
    clientId = MaybeText()
    """Your own id for the transfer."""
    from_ = Choice[Literal["6", "18"]]("from")
    """Account it leaves, 6 funding or 18 trading."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    state = Choice[Literal["success", "pending", "failed"]]()
    """How it stands."""
    subAcct = MaybeText()
    """Name of the sub-account."""
    to = Choice[Literal["6", "18"]]()
    """Account it enters, 6 funding or 18 trading."""
    toInstId = MaybeText()
    """Of an older API, not looked at."""
    transId = Text()
    """Transfer number."""
    type = Choice[Literal["0", "1", "2", "3", "4"]]()
    """0 within the account, 1 main to sub, 2 sub to main, 3 sub to main with a sub-account's key, 4 sub to sub."""
