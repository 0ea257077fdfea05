"""Conditions under which the loans and accounts of a book are independent, so that the lab is exact.

Each one that does not hold is a sentence: what couples them, by name, and what to change. Sales of accounts that are
liquidated under one price meet in one book; that is no condition, as the engine itself carries them out together.
Source: chosen (decisions/058).
"""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.engine import free_quota
from tallystick.engine.amounts import ONE
from tallystick.engine.prices import lost, usd_index
from tallystick.lab.book import Book

LEAST_PRICE = ONE // 10**6


class Coupled(ValueError):
    """Error for a book whose loans or accounts are not independent. Its text has one sentence for each reason."""


def require(book: Book, *, rates_held: bool = False) -> None:
    """Require that every condition holds. With `rates_held` the rates are taken as fixed. Raises Coupled."""
    found = [*reasons(book), *([] if rates_held else _moving_rates(book))]
    if found:
        raise Coupled(" ".join(found))


def reasons(book: Book) -> Iterator[str]:
    """Yield what couples the loans and accounts of a book, but for rates, and what the lab does not follow."""
    yield from couplings(book)
    for account in book.accounts:
        if free_quota.granted(account.user):
            yield (
                f"Account {account.user.user_id} has its auto-loan off, so debts have interest-free quotas and are "
                "exchanged above them, which only the engine hour by hour follows: play the book by tally lab world, "
                "or switch auto-loan on."
            )


def couplings(book: Book) -> Iterator[str]:
    """Yield what couples the loans and accounts of a book, but for rates."""
    state, parameters = book.state, book.parameters
    if parameters.index_own_share:
        yield (
            "Trades of the venue move the index (constants.index_own_share), so a forced sale of one account can "
            "bring another to its line: set it to 0."
        )
    if parameters.price_age_max_ms:
        yield (
            f"Prices expire after {parameters.price_age_max_ms} ms (constants.price_age_max_ms), and a loan without "
            "a price is not judged: set it to 0."
        )
    for ccy in state.redemptions:
        yield f"Lenders wait for {ccy}, so debts in it are repaid by force, the largest first: deposit {ccy}."
    if state.loan_requests:
        yield f"Loan requests that are not settled yet: {len(state.loan_requests)}; let a second pass."
    if state.faults:
        yield f"Faults that are in force: {len(state.faults)}; clear them."
    if state.late_interest:
        yield "Interest that a fault has put off is not booked yet: let its time pass."
    yield from _of_accounts(book)
    yield from _unpriced(book)


def _of_accounts(book: Book) -> Iterator[str]:
    """Yield what couples trading accounts, or may make one owe."""
    state = book.state
    if state.orders and book.accounts:
        yield (
            f"Open orders, which a new price or the sale of a liquidated account may fill: {len(state.orders)}; "
            "cancel them."
        )
    elif any(user.promised or (user.cross and user.frozen) for user in state.users.values()):
        yield "Open orders may borrow when they fill, and the account would owe then: cancel them."
    if state.runs:
        yield f"One-click repays that are under way: {len(state.runs)}; let them end."
    if not book.accounts:
        return
    for ccy in state.parameters.capped:
        yield (
            f"The collateral limit of {ccy} counts the debts of all accounts, and whoever it backs most sells when it "
            f"is passed: set currencies.{ccy}.collateral_limit to 0."
        )
    for market in state.markets.values():
        if market.book_held:
            yield (
                f"The book of {market.instrument} is set by hand and does not come anew with a price, so each sale "
                "takes from all later ones: release it."
            )


def _moving_rates(book: Book) -> Iterator[str]:
    for ccy in book.yearly:
        if book.parameters.currencies[ccy].rate_per_year:
            continue
        by = "lenders' bids and " if book.state.bids.get(ccy) else ""
        yield (
            f"The rate of {ccy} follows from {by}how much of it is lent out, so a liquidation changes what others pay: "
            f"set currencies.{ccy}.rate_per_year, or ask for bounds by the least and the most rate."
        )


def _unpriced(book: Book) -> Iterator[str]:
    for ccy in book.coins:
        if usd_index(book.state, ccy) < LEAST_PRICE or lost(book.state, ccy):
            yield (
                f"A loan or an account holds or owes {ccy}, which has no price of a millionth of a dollar or more: "
                "set its price."
            )
