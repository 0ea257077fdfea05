"""Conditions under which the loans of a book are independent of one another, so that the lab is exact.

Each one that does not hold is a sentence: what couples the loans, by name, and what to change. Source: chosen
(decisions/058).
"""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.engine.amounts import ONE
from tallystick.engine.prices import lost, usd_index
from tallystick.engine.state import State
from tallystick.lab.book import Book

LEAST_PRICE = ONE // 10**6


class Coupled(ValueError):
    """Error for a book whose loans are not independent. Its text has one sentence for each reason."""


def require(book: Book, *, rates_held: bool = False) -> None:
    """Require that every condition holds. With `rates_held` the rates are taken as fixed. Raises Coupled."""
    found = [*reasons(book.state), *([] if rates_held else _moving_rates(book))]
    if found:
        raise Coupled(" ".join(found))


def reasons(state: State) -> Iterator[str]:
    """Yield what couples the loans of a state, but for rates."""
    parameters = state.parameters
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
        yield f"{len(state.loan_requests)} loan requests are not settled yet: let a second pass."
    if state.faults:
        yield f"{len(state.faults)} faults are in force: clear them."
    yield from _unpriced(state)


def _moving_rates(book: Book) -> Iterator[str]:
    for ccy in book.yearly:
        if book.parameters.currencies[ccy].rate_per_year:
            continue
        by = "lenders' bids and " if book.state.bids.get(ccy) else ""
        yield (
            f"The rate of {ccy} follows from {by}how much of it is lent out, so a liquidation changes what others pay: "
            f"set currencies.{ccy}.rate_per_year, or ask for the rates of the first hour."
        )


def _unpriced(state: State) -> Iterator[str]:
    coins = {ccy for loan in state.loans.values() for ccy in (*loan.collateral, *state_debts(state, loan.loan_id))}
    for ccy in sorted(coins):
        if usd_index(state, ccy) < LEAST_PRICE or lost(state, ccy):
            yield f"A loan holds {ccy}, which has no price of a millionth of a dollar or more: set its price."


def state_debts(state: State, loan_id: int) -> tuple[str, ...]:
    """Coins that a loan owes."""
    return tuple(state.ledger.get(f"loan:{loan_id}", {}))
