"""Conditions: each thing that couples loans is a sentence of its own, and a book without any is taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tallystick.engine.amounts import ONE
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import LoanRequest, State
from tallystick.lab.book import Book
from tallystick.lab.conditions import Coupled, require
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
        (asked, "1 loan requests are not settled"),
        (lambda state: setattr(state.markets["BTC-USDT"], "index", 1), "BTC, which has no price"),
    ],
)
def test_each_tie_is_named(change: Callable[[State], None], said: str) -> None:
    with pytest.raises(Coupled, match=said):
        require(changed(change))


def test_rates_that_are_held_are_no_tie() -> None:
    require(changed(without_a_rate), rates_held=True)
