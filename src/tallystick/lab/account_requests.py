"""Commands by which users come to hold and owe what the accounts of a book do.

Each begins with its coins and with one of a *spare* coin, which no account of the book has and whose price is so high
that every debt is granted. Spot mode borrows by hand, other modes by a transfer that may borrow, and what is borrowed
leaves. Then the spare coin counts nothing as collateral for a moment, and goes. No other price is moved meanwhile, so
nobody is judged but at the first prices of the book.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine.amounts import ONE, text_from_atoms
from tallystick.engine.cross_settings import ChooseCollateral, SetAutoLoan
from tallystick.engine.kinds import SPOT
from tallystick.engine.margin_tiers import tier_cap
from tallystick.engine.modes import SwitchMode
from tallystick.engine.parameters import CURRENCIES, LEVERAGE_LEAST
from tallystick.engine.rejects import Rejected
from tallystick.engine.work import Stamp
from tallystick.lab.book import Account, Book
from tallystick.lab.jobs import LabFailed

SPARE_PRICE: Final = 10**9 * ONE
"""Price of the spare coin: one of it carries every debt that the quotas allow."""


class Opened(NamedTuple):
    """Command of one user, or of the venue (`account` is None)."""

    account: Account | None
    command: c.Command


def spare_of(book: Book) -> str:
    """Coin that no account of the book has and no price of theirs depends on, the last of the venue's.

    Raises LabFailed: there is none.
    """
    parameters = book.parameters
    theirs = {ccy for account in book.accounts for ccy in (*account.held, *account.debts)}
    needed = {pair for ccy in theirs for pair in book.chains.get(ccy, ())}
    for ccy, currency in reversed(parameters.currencies.items()):
        pair = spare_pair(book, ccy)
        if currency.collateral and ccy not in theirs and pair in parameters.instruments and pair not in needed:
            return ccy
    raise LabFailed("the accounts of the book have every coin that counts as collateral: one is needed to open them by")


def spare_pair(book: Book, ccy: str) -> str:
    """Pair that prices the spare coin."""
    return f"{ccy}-{book.parameters.transit_ccy}"


def opening(book: Book, spare: str) -> Iterator[Opened]:
    """Yield the commands that follow when users, coins and prices are there, all within the first hour."""
    for account in book.accounts:
        yield from (Opened(account, command) for command in _borrowing(book, account))
    yield Opened(None, _counts(spare, counted=False))
    for account in book.accounts:
        gone = c.AdjustBalance(user_id=account.user.user_id, account="trading", ccy=spare, delta=-ONE)
        yield Opened(account, gone)
    yield Opened(None, _counts(spare, counted=True))
    yield Opened(None, c.SetPrices(prices=tuple(zip(book.pairs, book.first, strict=True))))
    for account in book.accounts:
        user = account.user
        if user.cross and not user.auto_loan:
            yield Opened(account, SetAutoLoan(user_id=user.user_id, enabled=False))
        if not user.cross and user.auto_repay:
            yield Opened(account, c.SetAutoRepay(user_id=user.user_id, enabled=True))


def _borrowing(book: Book, account: Account) -> Iterator[c.Command]:
    """Yield the commands by which an account owes, at the least leverage where a tier of the usual one is too small."""
    user, parameters = account.user, book.parameters
    user_id = user.user_id
    if user.cross:
        yield SwitchMode(user_id=user_id, mode=user.mode)
    if user.uncounted:
        yield ChooseCollateral(user_id=user_id, ccys=user.uncounted, enabled=False)
    for ccy, debt in account.debts.items():
        if debt > tier_cap(parameters.currencies[ccy], parameters.leverage):
            yield c.SetLeverage(user_id=user_id, ccy=ccy, leverage=LEVERAGE_LEAST)
        if user.cross:
            yield c.Transfer(user_id=user_id, ccy=ccy, amount=debt, source="trading", target="funding", may_borrow=True)
            yield c.AdjustBalance(user_id=user_id, account="funding", ccy=ccy, delta=-debt)
        else:
            yield c.ManualBorrow(user_id=user_id, ccy=ccy, amount=debt)
            yield c.AdjustBalance(user_id=user_id, account="trading", ccy=ccy, delta=-debt)


def _counts(ccy: str, *, counted: bool) -> c.Command:
    setting = c.Setting(table=CURRENCIES, row=ccy, field="collateral", value=counted)
    return c.ChangeParameters(settings=(setting,))


# ---- whether it can be done


def require(book: Book, spare: str) -> None:
    """Require that the commands are granted, and that the accounts are then those of the book. Raises LabFailed."""
    state = core.new_state(book.parameters, book.hour_ms)
    for account, command in (*_beginning(book, spare), *opening(book, spare)):
        try:
            core.handle(state, Stamp(state.seq + 1, book.hour_ms), command)
        except Rejected as refused:
            name = f"account {account.user.user_id}" if account else "the book"
            told = refused.reject.name.lower().replace("_", " ")
            raise LabFailed(f"{name} cannot be opened by requests: {_words(command)} is refused ({told})") from None
    found = {account.user.user_id: account for account in Book(state).accounts}
    for account in book.accounts:
        brought = found[account.user.user_id]
        if (brought.held, brought.debts) != (account.held, account.debts):
            raise LabFailed(f"account {account.user.user_id} cannot be opened by requests: they lead to other balances")


def _beginning(book: Book, spare: str) -> Iterator[Opened]:
    """Yield what stands in a scenario before its steps: prices, and users with their coins."""
    first = dict(zip(book.pairs, book.first, strict=True)) | {spare_pair(book, spare): SPARE_PRICE}
    yield Opened(None, c.SetPrices(prices=tuple(first.items())))
    for account in book.accounts:
        user = account.user
        modes = () if user.mode == SPOT else (user.mode,)
        yield Opened(account, c.CreateUser(user_id=user.user_id, name=str(user.user_id), modes=modes))
        if user.mode == SPOT:
            yield Opened(account, c.SwitchSpotBorrow(user_id=user.user_id, enabled=True))
        for ccy, amount in (*account.held.items(), (spare, ONE)):
            held = c.AdjustBalance(user_id=user.user_id, account="trading", ccy=ccy, delta=amount)
            yield Opened(account, held)


def _words(command: c.Command) -> str:
    match command:
        case c.ManualBorrow() | c.Transfer():
            return f"borrowing {text_from_atoms(command.amount)} {command.ccy}"
        case ChooseCollateral():
            return f"taking {' '.join(command.ccys)} out of the collateral"
        case c.SetLeverage():
            return f"leverage {text_from_atoms(command.leverage)} of {command.ccy}"
        case c.AdjustBalance():
            return f"moving {text_from_atoms(abs(command.delta))} {command.ccy}"
    return type(command).__name__
