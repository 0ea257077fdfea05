"""Typed rows of deposits.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, Flag, MaybeAmount, MaybeText, Part, Text, Time, Whole
from tallystick.client.records import Record


class ValuationDetails(Record):
    """Row, or part of one, of `asset_valuation`."""

    __slots__ = ()

    classic = MaybeAmount()
    """No longer filled."""
    earn = Amount()
    """Value in earning products."""
    funding = Amount()
    """Value in the funding account."""
    trading = Amount()
    """Value in the trading account, debts taken off."""


class AssetValuationRow(Record):
    """Row, or part of one, of `asset_valuation`."""

    __slots__ = ()

    details = Part(ValuationDetails)
    """One entry per currency."""
    totalBal = Amount()
    """Value in all."""
    ts = Time()
    """Time, Unix milliseconds."""


class NonTradableAssetsRow(Record):
    """Row, or part of one, of `non_tradable_assets`."""

    __slots__ = ()

    bal = Amount()
    """Balance."""
    burningFeeRate = MaybeAmount()
    """Share burnt on the chain."""
    canWd = Flag()
    """Can be withdrawn."""
    ccy = Text()
    """Currency."""
    chain = Text()
    """Currency and network."""
    ctAddr = Text()
    """Contract on the chain."""
    fee = Amount()
    """Fee; for an order negative when charged."""
    feeCcy = Text()
    """Currency of the fee."""
    logoLink = MaybeText()
    """Picture of the logo."""
    minWd = Amount()
    """Smallest withdrawal."""
    name = MaybeText()
    """Name."""
    needTag = Flag()
    """Address needs a tag."""
    wdAll = Flag()
    """Must be withdrawn whole."""
    wdTickSz = Amount()
    """Digits after the point."""


class DepositAddressRow(Record):
    """Row, or part of one, of `deposit_address`."""

    __slots__ = ()

    chain = Text()
    """Currency and network."""
    ctAddr = MaybeText()
    """Contract on the chain."""
    ccy = Text()
    """Currency."""
    to = Choice[Literal["6", "18"]]()
    """Account it enters, 6 funding or 18 trading."""
    addr = Text()
    """Address."""
    verifiedName = MaybeText()
    """Verified name."""
    selected = Flag()
    """Whether it is the chosen one."""


class DepositHistoryRow(Record):
    """Row, or part of one, of `deposit_history`."""

    __slots__ = ()

    actualDepBlkConfirm = Whole()
    """Confirmations so far."""
    amt = Amount()
    """Amount."""
    areaCodeFrom = MaybeText()
    """Area code of the account it left."""
    ccy = Text()
    """Currency."""
    chain = Text()
    """Currency and network."""
    depId = Text()
    """Deposit number."""
    from_ = MaybeText("from")
    """Account it came from."""
    fromWdId = MaybeText()
    """Withdrawal it came from."""
    state = Text()
    """How it stands."""
    to = Text()
    """Address it came to."""
    ts = Time()
    """Time, Unix milliseconds."""
    txId = Text()
    """Hash of the transaction."""


class WithdrawalRow(Record):
    """Row, or part of one, of `withdrawal`."""

    __slots__ = ()

    amt = Amount()
    """Amount."""
    wdId = Text()
    """Withdrawal number."""
    ccy = Text()
    """Currency."""
    clientId = MaybeText()
    """Your own id for the transfer."""
    chain = Text()
    """Currency and network."""


class CancelWithdrawalRow(Record):
    """Row, or part of one, of `cancel_withdrawal`."""

    __slots__ = ()

    wdId = Text()
    """Withdrawal number."""


class WithdrawalHistoryRow(Record):
    """Row, or part of one, of `withdrawal_history`."""

    __slots__ = ()

    note = MaybeText()
    """Note."""
    chain = Text()
    """Currency and network."""
    fee = Amount()
    """Fee; for an order negative when charged."""
    feeCcy = Text()
    """Currency of the fee."""
    ccy = Text()
    """Currency."""
    clientId = MaybeText()
    """Your own id for the transfer."""
    toAddrType = Text()
    """Kind of the address."""
    amt = Amount()
    """Amount."""
    txId = Text()
    """Hash of the transaction."""
    from_ = Text("from")
    """Account it left."""
    areaCodeFrom = Text()
    """Area code of the account it left."""
    to = Text()
    """Address it went to."""
    areaCodeTo = MaybeText()
    """Area code of the account it entered."""
    state = Text()
    """How it stands."""
    ts = Time()
    """Time, Unix milliseconds."""
    nonTradableAsset = Flag()
    """Whether it cannot be traded."""
    wdId = Text()
    """Withdrawal number."""


class DepositStatusRow(Record):
    """Row, or part of one, of `deposit_status`."""

    __slots__ = ()

    wdId = Text()
    """Withdrawal number."""
    txId = Text()
    """Hash of the transaction."""
    state = Text()
    """How it stands."""
    estCompleteTime = Text()
    """When it should be done."""


class ExchangeListRow(Record):
    """Row, or part of one, of `exchange_list`."""

    __slots__ = ()

    exchId = Text()
    """Exchange."""
    exchName = Text()
    """Name of the exchange."""
