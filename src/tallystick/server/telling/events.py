"""Words of every event, by its type: one table, for the control calls, the terminal, the scenarios and the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tallystick.contract.core import Doc
from tallystick.engine import auto_exchange, cross_settings, listing, modes, repay_at_once
from tallystick.engine import events as e
from tallystick.engine import fault_events as f
from tallystick.engine.interest import Charge
from tallystick.engine.journaled import AnyEvent
from tallystick.server.telling import accounts, debts, market, trades

TOLD: Final[dict[type, Callable[..., Doc]]] = {
    # ---- accounts
    e.UserCreated: accounts.user_created,
    modes.ModesOpened: accounts.modes_opened,
    modes.ObstaclesSet: accounts.obstacles_set,
    modes.ModeSwitched: accounts.mode_switched,
    cross_settings.AutoLoanSet: accounts.auto_loan_set,
    cross_settings.CollateralChosen: accounts.collateral_chosen,
    e.LevelSet: accounts.level_set,
    e.TransferOutSet: accounts.transfer_out_set,
    e.KeysNoted: accounts.keys_noted,
    e.BalanceAdjusted: accounts.balance_adjusted,
    e.SpotBorrowSwitched: accounts.spot_borrow_switched,
    e.AutoRepaySwitched: accounts.auto_repay_switched,
    e.LeverageSet: accounts.leverage_set,
    e.Transferred: accounts.transferred,
    e.TransferredBetween: accounts.transferred_between,
    # ---- the market and lenders
    e.MarketMoved: market.market_moved,
    e.PriceHeld: market.price_held,
    e.BookHeld: market.book_held,
    e.MarketReleased: market.market_released,
    e.PricesExpired: market.prices_expired,
    e.ParametersChanged: market.parameters_changed,
    listing.CoinsListed: market.coins_listed,
    e.RatesFixed: market.rates_fixed,
    e.BidsSet: market.bids_set,
    e.FundMoved: market.fund_moved,
    e.PoolMoved: market.pool_moved,
    e.CollateralJudged: market.collateral_judged,
    e.HourPassed: market.hour_passed,
    # ---- faults
    f.FaultInjected: market.fault_injected,
    f.FaultsCleared: market.faults_cleared,
    f.FaultMet: market.fault_met,
    f.CommandRefused: market.command_refused,
    f.RepayHeld: market.repay_held,
    f.InterestPutOff: market.interest_put_off,
    f.InterestBooked: market.interest_booked,
    f.QuoteCutShort: trades.quote_cut_short,
    f.EasyConvertFailed: trades.easy_convert_failed,
    # ---- orders, converts and one-click repays
    e.OrderPlaced: trades.order_placed,
    e.OrderAmended: trades.order_amended,
    e.AmendFailed: trades.amend_failed,
    e.CancelTimerSet: trades.cancel_timer_set,
    e.OrderFilled: trades.order_filled,
    e.OrderClosed: trades.order_closed,
    e.RepayStarted: trades.repay_started,
    e.RepayAdvanced: trades.repay_moved,
    e.RepayEnded: trades.repay_moved,
    repay_at_once.RepaidAtOnce: trades.repaid_at_once,
    e.QuoteGiven: trades.quote_given,
    e.QuoteTraded: trades.quote_traded,
    e.QuotesExpired: trades.quotes_expired,
    e.EasyConverted: trades.easy_converted,
    # ---- debts and loans
    e.Borrowed: debts.borrowed,
    e.Repaid: debts.repaid,
    Charge: debts.charge,
    auto_exchange.ExchangeStarted: debts.exchange_started,
    e.SpotWarned: debts.spot_warned,
    e.LiquidationStarted: debts.liquidation_started,
    e.LiquidationEnded: debts.liquidation_ended,
    e.LiquidationFeeTaken: debts.liquidation_fee_taken,
    e.DebtCovered: debts.debt_covered,
    e.LoanOpened: debts.loan_opened,
    e.LoanMoved: debts.loan_moved,
    e.LoanSettled: debts.loan_settled,
    e.LoanConverted: debts.loan_converted,
    e.LoanWarned: debts.loan_warned,
    e.LoanClosed: debts.loan_closed,
    e.LoanRequestAccepted: debts.loan_request_accepted,
    e.LoanRequestDone: debts.loan_request_done,
}

UNSEEN: Final = (e.MarketMoved, e.HourPassed, e.KeysNoted, e.RatesFixed)
"""Events that happen to nobody in particular: they are told only to somebody who asks for everything."""
STORY: Final = (
    e.LoanMoved,
    e.LoanWarned,
    Charge,
    e.Borrowed,
    e.Repaid,
    e.OrderFilled,
    e.SpotWarned,
    e.LiquidationStarted,
    e.LiquidationEnded,
    e.DebtCovered,
    e.ParametersChanged,
)
"""Events that the timeline of a scenario tells."""


def words_of(event: AnyEvent | Charge) -> Doc:
    """A line for an event, in both languages."""
    return TOLD[type(event)](event)
