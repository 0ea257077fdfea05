"""Types of all journal entries: one union of every command, and one of every event."""

from __future__ import annotations

from typing import TypeAlias

from tallystick.engine import auto_exchange, cross_settings, listing, modes, repay_at_once
from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine import fault_events as f

AnyCommand: TypeAlias = (
    c.Tick
    | c.CreateUser
    | modes.OpenModes
    | modes.SetObstacles
    | modes.SwitchMode
    | cross_settings.SetAutoLoan
    | cross_settings.ChooseCollateral
    | c.SetLevel
    | c.SetTransferOut
    | c.NoteKeys
    | c.AdjustBalance
    | c.SwitchSpotBorrow
    | c.MoveMarket
    | c.SetPrices
    | c.SetBook
    | c.ReleaseMarket
    | c.MovePool
    | c.SetBids
    | c.MoveFund
    | c.InjectFault
    | c.ClearFaults
    | c.ChangeParameters
    | listing.ListCoins
    | c.SetAutoRepay
    | c.SetLeverage
    | c.ManualBorrow
    | c.ManualRepay
    | c.Transfer
    | c.TransferBetween
    | c.PlaceOrder
    | c.CancelOrder
    | c.AmendOrder
    | c.SetCancelTimer
    | c.RepayDebt
    | repay_at_once.RepayAtOnce
    | c.BorrowLoan
    | c.RepayLoan
    | c.RepayLoanWithCollateral
    | c.AdjustCollateral
    | c.AskQuote
    | c.TradeQuote
    | c.EasyConvert
)

AnyEvent: TypeAlias = (
    e.UserCreated
    | modes.ModesOpened
    | modes.ObstaclesSet
    | modes.ModeSwitched
    | cross_settings.AutoLoanSet
    | cross_settings.CollateralChosen
    | e.LevelSet
    | e.TransferOutSet
    | e.KeysNoted
    | e.BalanceAdjusted
    | e.SpotBorrowSwitched
    | e.AutoRepaySwitched
    | e.LeverageSet
    | e.Transferred
    | e.TransferredBetween
    | e.MarketMoved
    | e.PriceHeld
    | e.BookHeld
    | e.MarketReleased
    | e.PricesExpired
    | e.ParametersChanged
    | listing.CoinsListed
    | e.OrderPlaced
    | e.OrderAmended
    | e.AmendFailed
    | e.CancelTimerSet
    | e.OrderFilled
    | e.OrderClosed
    | e.Borrowed
    | e.Repaid
    | e.RatesFixed
    | e.BidsSet
    | e.FundMoved
    | f.FaultInjected
    | f.FaultsCleared
    | f.FaultMet
    | f.CommandRefused
    | f.RepayHeld
    | f.InterestPutOff
    | f.InterestBooked
    | f.QuoteCutShort
    | f.EasyConvertFailed
    | e.CollateralJudged
    | e.SpotWarned
    | auto_exchange.ExchangeStarted
    | e.LiquidationStarted
    | e.LiquidationEnded
    | e.LiquidationFeeTaken
    | e.DebtCovered
    | e.HourPassed
    | e.RepayStarted
    | e.RepayAdvanced
    | e.RepayEnded
    | repay_at_once.RepaidAtOnce
    | e.LoanOpened
    | e.LoanMoved
    | e.LoanSettled
    | e.LoanConverted
    | e.LoanWarned
    | e.PoolMoved
    | e.LoanClosed
    | e.LoanRequestAccepted
    | e.LoanRequestDone
    | e.QuoteGiven
    | e.QuoteTraded
    | e.QuotesExpired
    | e.EasyConverted
)
