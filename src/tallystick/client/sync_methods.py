"""Every endpoint of the contract as a method, of the sync half.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick.client.methods.account import Account
from tallystick.client.methods.account_limits import AccountLimits
from tallystick.client.methods.account_modes import AccountModes
from tallystick.client.methods.amend import Amend
from tallystick.client.methods.asset import Asset
from tallystick.client.methods.bill_types import BillTypes
from tallystick.client.methods.bills import Bills
from tallystick.client.methods.borrow import Borrow
from tallystick.client.methods.candles import Candles
from tallystick.client.methods.convert import Convert
from tallystick.client.methods.data_files import DataFiles
from tallystick.client.methods.deposits import Deposits
from tallystick.client.methods.easy_convert import EasyConvert
from tallystick.client.methods.flexible_loan import FlexibleLoan
from tallystick.client.methods.index import Index
from tallystick.client.methods.market import Market
from tallystick.client.methods.orders import Orders
from tallystick.client.methods.positions import Positions
from tallystick.client.methods.public import Public
from tallystick.client.methods.repay import Repay
from tallystick.client.methods.savings import Savings
from tallystick.client.methods.subaccounts import Subaccounts
from tallystick.client.methods.trade import Trade
from tallystick.client.methods.trade_modes import TradeModes
from tallystick.client.methods.trades import Trades


class SyncMethods(
    Trade,
    Amend,
    TradeModes,
    Orders,
    Repay,
    Account,
    AccountLimits,
    AccountModes,
    Positions,
    Borrow,
    Asset,
    Deposits,
    Bills,
    BillTypes,
    Subaccounts,
    Convert,
    EasyConvert,
    FlexibleLoan,
    Savings,
    Market,
    Candles,
    Index,
    Trades,
    Public,
    DataFiles,
):
    """Every endpoint of the contract."""
