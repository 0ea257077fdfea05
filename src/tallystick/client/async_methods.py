"""Every endpoint of the contract as a method, awaited.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick.client.methods.account import AsyncAccount
from tallystick.client.methods.account_limits import AsyncAccountLimits
from tallystick.client.methods.account_modes import AsyncAccountModes
from tallystick.client.methods.amend import AsyncAmend
from tallystick.client.methods.asset import AsyncAsset
from tallystick.client.methods.bill_types import AsyncBillTypes
from tallystick.client.methods.bills import AsyncBills
from tallystick.client.methods.borrow import AsyncBorrow
from tallystick.client.methods.candles import AsyncCandles
from tallystick.client.methods.convert import AsyncConvert
from tallystick.client.methods.data_files import AsyncDataFiles
from tallystick.client.methods.deposits import AsyncDeposits
from tallystick.client.methods.easy_convert import AsyncEasyConvert
from tallystick.client.methods.flexible_loan import AsyncFlexibleLoan
from tallystick.client.methods.index import AsyncIndex
from tallystick.client.methods.market import AsyncMarket
from tallystick.client.methods.orders import AsyncOrders
from tallystick.client.methods.positions import AsyncPositions
from tallystick.client.methods.public import AsyncPublic
from tallystick.client.methods.repay import AsyncRepay
from tallystick.client.methods.savings import AsyncSavings
from tallystick.client.methods.subaccounts import AsyncSubaccounts
from tallystick.client.methods.trade import AsyncTrade
from tallystick.client.methods.trade_modes import AsyncTradeModes
from tallystick.client.methods.trades import AsyncTrades


class AsyncMethods(
    AsyncTrade,
    AsyncAmend,
    AsyncTradeModes,
    AsyncOrders,
    AsyncRepay,
    AsyncAccount,
    AsyncAccountLimits,
    AsyncAccountModes,
    AsyncPositions,
    AsyncBorrow,
    AsyncAsset,
    AsyncDeposits,
    AsyncBills,
    AsyncBillTypes,
    AsyncSubaccounts,
    AsyncConvert,
    AsyncEasyConvert,
    AsyncFlexibleLoan,
    AsyncSavings,
    AsyncMarket,
    AsyncCandles,
    AsyncIndex,
    AsyncTrades,
    AsyncPublic,
    AsyncDataFiles,
):
    """Every endpoint of the contract."""
