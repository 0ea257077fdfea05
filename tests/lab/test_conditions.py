"""Conditions: each thing that couples loans is a sentence of its own, and a book without any is taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tallystick.engine import core
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import AdjustBalance, PlaceOrder
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import LateInterest, LoanRequest, State
from tallystick.engine.work import Stamp
from tallystick.lab.book import Book
from tallystick.lab.conditions import Coupled, require
from tests.lab.account_worlds import account_world
from tests.lab.test_account_worlds import by_the_engine, by_the_lab
from tests.lab.worlds import world


def changed(change: Callable[[State], None]) -> Book:
    state = world(1, hours_most=130).book.state
    change(state)
    return Book(state)


def numbers(**values: int) -> Callable[[State], None]:
    def change(state: State) -> None:
        state.parameters = replace(state.parameters, **values)

    return change


def without_a_rate(state: State) -> None:
    parameters: Parameters = state.parameters
    coins = {ccy: replace(row, rate_per_year=0) for ccy, row in parameters.currencies.items()}
    state.parameters = replace(parameters, currencies=coins)


def asked(state: State) -> None:
    state.loan_requests[1] = LoanRequest(
        number=1, user_id=1, kind="borrow", client_order_id="x", loan_id=1, ccy="USDT", amount=ONE
    )


def test_a_book_without_ties_is_taken() -> None:
    require(world(1, hours_most=130).book)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (numbers(index_own_share=ONE // 2), "constants.index_own_share"),
        (numbers(price_age_max_ms=1), "constants.price_age_max_ms"),
        (lambda state: state.redemptions.update(USDT=ONE), "Lenders wait for USDT"),
        (without_a_rate, r"set currencies\.\w+\.rate_per_year"),
        (asked, "Loan requests that are not settled yet: 1;"),
        (lambda state: setattr(state.markets["BTC-USDT"], "index", 1), "BTC, which has no price"),
    ],
)
def test_each_tie_is_named(change: Callable[[State], None], said: str) -> None:
    with pytest.raises(Coupled, match=said):
        require(changed(change))


def of_accounts(change: Callable[[State], None]) -> Book:
    state = account_world(1, hours_most=130).book.state
    change(state)
    return Book(state)


def without_auto_loan(state: State) -> None:
    user = next(user for user in state.users.values() if user.cross)
    user.auto_loan = False


def ordered(state: State) -> None:
    user_id = next(iter(state.users))
    coins = AdjustBalance(user_id=user_id, account="trading", ccy="USDT", delta=100 * ONE)
    core.handle(state, Stamp(state.seq + 1, state.at_ms), coins)
    order = PlaceOrder(
        user_id=user_id,
        instrument="BTC-USDT",
        side="buy",
        kind="limit",
        price=10_000 * ONE,
        size=ONE // 1_000,
    )
    core.handle(state, Stamp(state.seq + 1, state.at_ms), order)


def limited(state: State) -> None:
    coins = state.parameters.currencies
    capped = {**coins, "BTC": replace(coins["BTC"], collateral_limit=10**6 * ONE)}
    state.parameters = replace(state.parameters, currencies=capped)


def test_accounts_without_ties_are_taken() -> None:
    require(account_world(1, hours_most=130).book)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (ordered, "Open orders, which a new price or the sale of a liquidated account may fill: 1;"),
        (limited, r"set currencies\.BTC\.collateral_limit to 0"),
        (lambda state: setattr(state.markets["BTC-USDT"], "book_held", True), "BTC-USDT is set by hand"),
        (lambda state: state.late_interest.update({1: LateInterest(until_ms=1, charges=[])}), "is not booked yet"),
    ],
)
def test_each_tie_of_accounts_is_named(change: Callable[[State], None], said: str) -> None:
    with pytest.raises(Coupled, match=said):
        require(of_accounts(change))


def test_accounts_with_interest_free_quotas_are_refused() -> None:
    """Their debts cost nothing up to a quota and are exchanged above it, so that the lab would have other rows."""
    made = account_world(1, hours_most=130)
    without_auto_loan(made.book.state)
    book = Book(made.book.state)
    with pytest.raises(Coupled, match="has its auto-loan off"):
        require(book)
    changed_world = made._replace(book=book)
    assert by_the_lab(changed_world) != by_the_engine(changed_world)


def test_rates_that_are_held_are_no_tie() -> None:
    require(changed(without_a_rate), rates_held=True)
