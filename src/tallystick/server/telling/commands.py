"""Words of every command, by its type: one table, for whoever asks why an entry of the journal came to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tallystick.contract.core import Doc
from tallystick.engine import commands as c
from tallystick.engine import cross_settings, listing, modes, repay_at_once
from tallystick.engine.journaled import AnyCommand
from tallystick.server.telling import asked_by_users as users
from tallystick.server.telling import asked_of_venue as venue

ASKED: Final[dict[type, Callable[..., Doc]]] = {
    # ---- what the venue is told
    c.Tick: venue.tick,
    c.CreateUser: venue.create_user,
    modes.OpenModes: venue.open_modes,
    modes.SetObstacles: venue.set_obstacles,
    c.SetLevel: venue.set_level,
    c.SetTransferOut: venue.set_transfer_out,
    c.NoteKeys: venue.note_keys,
    c.AdjustBalance: venue.adjust_balance,
    c.SwitchSpotBorrow: venue.switch_spot_borrow,
    c.MoveMarket: venue.move_market,
    c.SetPrices: venue.set_prices,
    c.SetBook: venue.set_book,
    c.ReleaseMarket: venue.release_market,
    c.MovePool: venue.move_pool,
    c.SetBids: venue.set_bids,
    c.MoveFund: venue.move_fund,
    c.InjectFault: venue.inject_fault,
    c.ClearFaults: venue.clear_faults,
    c.ChangeParameters: venue.change_parameters,
    listing.ListCoins: venue.list_coins,
    # ---- what users ask for
    modes.SwitchMode: users.switch_mode,
    cross_settings.SetAutoLoan: users.set_auto_loan,
    cross_settings.ChooseCollateral: users.choose_collateral,
    c.SetAutoRepay: users.set_auto_repay,
    c.SetLeverage: users.set_leverage,
    c.ManualBorrow: users.manual_borrow,
    c.ManualRepay: users.manual_repay,
    c.RepayDebt: users.repay_debt,
    repay_at_once.RepayAtOnce: users.repay_now,
    c.Transfer: users.transfer,
    c.TransferBetween: users.transfer_between,
    c.PlaceOrder: users.place_order,
    c.CancelOrder: users.cancel_order,
    c.AmendOrder: users.amend_order,
    c.SetCancelTimer: users.set_cancel_timer,
    c.BorrowLoan: users.borrow_loan,
    c.RepayLoan: users.repay_loan,
    c.RepayLoanWithCollateral: users.repay_loan_with_collateral,
    c.AdjustCollateral: users.adjust_collateral,
    c.AskQuote: users.ask_quote,
    c.TradeQuote: users.trade_quote,
    c.EasyConvert: users.easy_convert,
}


def asked_by(command: AnyCommand) -> Doc:
    """A line for a command, in both languages: what somebody asked for, and not yet what became of it."""
    return ASKED[type(command)](command)
