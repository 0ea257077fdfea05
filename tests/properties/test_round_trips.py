"""Closed round trips at unchanged prices never gain (L8, C5), at any size, however often repeated."""

from __future__ import annotations

import random

import pytest

from tallystick.engine import commands as c
from tallystick.engine.kinds import Side
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS

SIZES = ["0.0000000000000001", "0.0000000000000003", "0.00000001", "0.33333333", "0.7777777777777777"]


def account() -> Driver:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, USDT="50000", USDC="50000", BTC="1", ETH="10")
    for ccy in ("BTC", "ETH", "USDT"):
        driver.deposit(ccy, "5", account="funding")
    for pair, price in (("BTC-USDT", "60000.1"), ("ETH-USDT", "2999.99"), ("USDC-USDT", "0.9997")):
        driver.price(pair, price)
    return driver


def holdings(driver: Driver) -> dict[str, int]:
    """Coins less debts over both accounts and the vaults, per currency."""
    total: dict[str, int] = {}
    for account_name, amounts in driver.state.ledger.items():
        if account_name.partition(":")[0] in ("trading", "funding", "vault", "debt", "loan"):
            for ccy, amount in amounts.items():
                total[ccy] = total.get(ccy, 0) + amount
    return total


def require_no_gain(before: dict[str, int], driver: Driver) -> None:
    after = holdings(driver)
    gains = {ccy: amount - before.get(ccy, 0) for ccy, amount in after.items() if amount > before.get(ccy, 0)}
    assert gains == {}


@pytest.mark.parametrize("size", SIZES)
def test_borrow_and_repay(size: str) -> None:
    """A thousand times an ulp or more on top of the least amount: nothing is won and nothing is left."""
    driver = account()
    before = holdings(driver)
    amount = atoms("1") + atoms(size)
    for _ in range(100):
        driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=amount))
        driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=amount))
    assert holdings(driver) == before
    assert driver.debt("USDT") == "0"


@pytest.mark.parametrize("size", SIZES)
def test_pledge_and_redeem(size: str) -> None:
    driver = account()
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("1000"),
            collateral=(("BTC", atoms("0.1")),),
            client_order_id="a",
        )
    )
    before = holdings(driver)
    for _ in range(50):
        driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="ETH", amount=atoms(size)))
        driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=False, ccy="ETH", amount=atoms(size)))
    assert holdings(driver) == before


@pytest.mark.parametrize(("first", "second"), [("BTC", "USDT"), ("USDT", "BTC"), ("USDC", "USDT"), ("ETH", "BTC")])
def test_convert_there_and_back(first: str, second: str) -> None:
    """Whatever came out of the first trade goes back in the second; the first coin never grows."""
    dice = random.Random(f"{first}{second}")
    for _ in range(60):
        driver = account()
        before = holdings(driver)
        dollars = dice.randrange(3, 9_000)
        price = {"BTC": 60_000, "ETH": 3_000}.get(first, 1)
        size = (dollars * 10**18 // price + dice.randrange(10**12)) // 100 * 100
        got = convert(driver, first, second, "sell", size, first)
        convert(driver, first, second, "buy", got, second)
        require_no_gain(before, driver)


def convert(driver: Driver, base: str, quote: str, side: Side, size: int, ccy: str) -> int:
    """Quote size of a conversion carried out whole."""
    (given,) = driver.do(c.AskQuote(user_id=USER, base_ccy=base, quote_ccy=quote, side=side, size=size, size_ccy=ccy))
    driver.do(
        c.TradeQuote(
            user_id=USER, quote_id=given.quote_id, base_ccy=base, quote_ccy=quote, side=side, size=size, size_ccy=ccy
        )
    )
    traded: int = given.quote_size
    return traded


@pytest.mark.parametrize("size", ["0.00001", "0.00001001", "0.12345678", "0.5"])
def test_buy_and_sell_in_the_book(size: str) -> None:
    """Bought at the ask and sold at the bid, in lots: the fee and the spread are gone."""
    driver = account()
    driver.book("BTC-USDT", [("60000", "100")], [("60000.1", "100")])
    before = holdings(driver)
    for _ in range(20):
        driver.do(
            c.PlaceOrder(
                user_id=USER, instrument="BTC-USDT", side="buy", kind="ioc", size=atoms(size), price=atoms("60000.1")
            )
        )
        driver.do(
            c.PlaceOrder(
                user_id=USER, instrument="BTC-USDT", side="sell", kind="ioc", size=atoms(size), price=atoms("60000")
            )
        )
    require_no_gain(before, driver)


def test_a_loan_taken_and_repaid_within_the_hour_costs_and_gains_nothing() -> None:
    driver = account()
    before = holdings(driver)
    for number in range(30):
        driver.do(
            c.BorrowLoan(
                user_id=USER,
                loan_id=0,
                ccy="USDT",
                amount=atoms("123.4567890123456789"),
                collateral=(("BTC", atoms("0.01")),),
                client_order_id=f"b{number}",
            )
        )
        driver.do(
            c.RepayLoan(
                user_id=USER,
                loan_id=driver.state.last_loan_id,
                ccy="USDT",
                amount=atoms("1000"),
                client_order_id=f"r{number}",
            )
        )
    assert holdings(driver) == before
    assert driver.state.loans == {}


@pytest.mark.parametrize(
    "cycle", [("USDT", "BTC", "ETH"), ("USDC", "USDT", "BTC"), ("ETH", "USDC", "BTC"), ("BTC", "USDT", "USDC", "ETH")]
)
def test_no_cycle_of_quotes_gains(cycle: tuple[str, ...]) -> None:
    """C5: quotes all open at one instant, each selling what the one before it brings, end with less of the first."""
    for dollars in (10, 777, 9_000):
        driver = account()
        before = holdings(driver)
        price = {"BTC": 60_000, "ETH": 3_000}.get(cycle[0], 1)
        size = dollars * 10**18 // price // 10**10 * 10**10
        quotes = []
        for sold, bought in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            (given,) = driver.do(
                c.AskQuote(user_id=USER, base_ccy=sold, quote_ccy=bought, side="sell", size=size, size_ccy=sold)
            )
            quotes.append((given, sold, bought, size))
            size = given.quote_size
        for given, sold, bought, part in quotes:
            driver.do(
                c.TradeQuote(
                    user_id=USER,
                    quote_id=given.quote_id,
                    base_ccy=sold,
                    quote_ccy=bought,
                    side="sell",
                    size=part,
                    size_ccy=sold,
                )
            )
        require_no_gain(before, driver)
