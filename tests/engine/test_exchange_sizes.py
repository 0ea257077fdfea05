"""Sizes of an automatic exchange at offers of several prices, and when none is made. The fee is 0.1 %."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine import auto_exchange
from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.engine.auto_exchange import ExchangeStarted
from tallystick.engine.core import Stamp
from tallystick.engine.cross_settings import SetAutoLoan
from tallystick.engine.events import OrderFilled, OrderPlaced
from tallystick.engine.parameters import Instrument, Parameters
from tallystick.engine.work import Work
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import all_of, of_kind
from tests.engine.test_auto_exchange import borrower, judged, set_number
from tests.engine.test_cross import account
from tests.engine.test_cross_settings import lend
from tests.engine.test_spot_borrow import order

OFFERS = [(atoms("10"), atoms("2")), (atoms("20"), atoms("3"))]
"""2 coins at 10, and 3 at 20."""


def pair(driver: Driver, name: str = "ETH-USDT") -> Instrument:
    return driver.state.parameters.instruments[name]


def sales(driver: Driver) -> list[tuple[str, str]]:
    return [(one.instrument, text(one.size)) for one in all_of(driver, OrderPlaced) if one.category == "twap"]


def owing(parameters: Parameters | None = None, **coins: str) -> Driver:
    """1.2 BTC are owed, of which 1 is free, with these coins, and auto-loan off; all is taken at the index."""
    prices = {"BTC-USDT": "60000", "ETH-USDT": "3000", "SOL-USDT": "150", "DOGE-USDT": "0.2"}
    driver = account(parameters, prices=prices)
    for ccy, amount in coins.items():
        driver.deposit(ccy, amount)
    for name in ("ETH-USDT", "SOL-USDT", "DOGE-USDT"):
        driver.book(name, [(prices[name], "9000000")], [])
    lend(driver, "BTC", "1.2")
    driver.do(SetAutoLoan(user_id=USER, enabled=False))
    return driver


# ---- sizes


@pytest.mark.parametrize(("size", "cost"), [("1", "10"), ("2", "20"), ("4", "60"), ("5", "80"), ("9", "80")])
def test_a_purchase_costs_what_each_offer_takes(size: str, cost: str) -> None:
    assert text(auto_exchange._cost(OFFERS, atoms(size))) == cost


@pytest.mark.parametrize(("budget", "size"), [("5", "0.5"), ("20", "2"), ("50", "3.5"), ("80", "5"), ("99", "5")])
def test_a_budget_buys_from_the_best_offer_on(budget: str, size: str) -> None:
    found = auto_exchange._affordable(OFFERS, pair(account()), atoms(budget))
    assert text(found) == size


def test_a_sale_nets_what_each_offer_brings_less_the_fee() -> None:
    """2 at 10 bring 20 and net 19.98, 2 more at 20 bring 40 and net 39.96."""
    state = account().state
    assert text(auto_exchange._net_of(state, OFFERS, atoms("2"))) == "19.98"
    assert text(auto_exchange._net_of(state, OFFERS, atoms("4"))) == "59.94"
    assert auto_exchange._net_of(state, [], atoms("4")) == 0


def test_a_sale_that_the_first_offer_just_takes_goes_no_further() -> None:
    driver = account()
    assert text(auto_exchange._netting(driver.state, OFFERS, pair(driver), atoms("19.98"))) == "2"
    assert text(auto_exchange._netting(driver.state, OFFERS, pair(driver), atoms("500"))) == "5", "all they take"


def test_a_sale_at_two_offers_is_at_most_a_lot_above_the_least() -> None:
    """49.95 are 19.98 of the first offer and 29.97 of the second, 1.5 at 20 less the fee."""
    driver = account()
    eth = pair(driver)
    found = auto_exchange._netting(driver.state, OFFERS, eth, atoms("49.95"))
    assert atoms("3.5") <= found <= atoms("3.5") + eth.lot


def test_a_sale_nets_all_that_is_wanted_to_the_atom() -> None:
    """1 ETH at 3,000 and one atom brings 3,000 and an atom, of which the fee, rounded up, leaves 2,997: one too few."""
    driver = account()
    offers, wanted = [(atoms("3000") + 1, atoms("9"))], atoms("2997") + 1
    found = auto_exchange._netting(driver.state, offers, pair(driver), wanted)
    assert auto_exchange._net_of(driver.state, offers, atoms("1")) == wanted - 1
    assert auto_exchange._net_of(driver.state, offers, found) >= wanted


def test_offers_are_those_of_others_up_to_one_percent_off_the_index() -> None:
    """BTC at 60,000: from 59,400 to 60,600. The account's own sale at 60,100 is none of them."""
    driver = account(BTC="1")
    driver.book(
        "BTC-USDT",
        [("59999", "1"), ("59400", "2"), ("59399.9", "4")],
        [("60000", "1"), ("60600", "2"), ("60600.1", "4")],
    )
    driver.do(order("sell", "0.5", "60100"))
    state, user, btc = driver.state, driver.state.users[USER], pair(driver, "BTC-USDT")

    def offers(*, buying: bool) -> list[tuple[str, str]]:
        found = auto_exchange._offers(state, user, btc, buying=buying)
        return [(text(price), text(size)) for price, size in found]

    assert offers(buying=True) == [("60000", "1"), ("60600", "2")]
    assert offers(buying=False) == [("59999", "1"), ("59400", "2")]
    state.markets["BTC-USDT"].index = 0
    assert (offers(buying=True), offers(buying=False)) == ([], []), "there is no price to hold them against"


# ---- exchanges


@pytest.mark.parametrize(("ago_ms", "count"), [(599_999, 0), (600_000, 1)])
def test_the_pause_between_two_exchanges_is_over_to_the_millisecond(ago_ms: int, count: int) -> None:
    driver = owing(replace(load_parameters(), exchange_every_ms=600_000), ETH="50")
    driver.state.users[USER].exchanged_at_ms = driver.at_ms - ago_ms
    judged(driver)
    assert len(all_of(driver, ExchangeStarted)) == count


def test_own_usdt_that_is_just_enough_spares_the_other_coins() -> None:
    """0.70070071 BTC cost 42,042.0426 USDT, and as much is there."""
    driver = owing(ETH="50", USDT="42042.0426")
    judged(driver)
    assert sales(driver) == [("BTC-USDT", "0.70070071")]


def test_a_purchase_of_the_least_order_is_made() -> None:
    """The target is the quota. 0.00000999 BTC are too much: 0.00001, the least order, nets as much after its fee."""
    driver = borrower("1.00000999")
    set_number(driver, "exchange_target", ONE)
    judged(driver)
    bought = [text(fill.size) for fill in all_of(driver, OrderFilled) if fill.instrument == "BTC-USDT"]
    assert bought == ["0.00001"]
    assert driver.debt("BTC") == "1"


def test_coins_are_sold_one_after_the_other_until_there_is_enough() -> None:
    """0.7 BTC cost 42,042.04 USDT. 5 ETH bring 15,000 at most, 100 SOL 15,000 and DOGE at 0.2 the rest.

    Of 42,042.0426 USDT the two net 14,985 each, so 12,072.0426 are left for DOGE.
    """
    driver = owing(ETH="5", SOL="100", DOGE="2000000")
    judged(driver)
    sold = {name: atoms(size) for name, size in sales(driver) if name != "BTC-USDT"}
    assert (sold["ETH-USDT"], sold["SOL-USDT"]) == (atoms("5"), atoms("100"))
    assert atoms("60420") < sold["DOGE-USDT"] < atoms("60422"), "12,072.0426 / 0.999 / 0.2 = 60,420.63"


def test_a_coin_that_nobody_takes_is_passed_over_without_an_order() -> None:
    """ETH has the better rate and no bids: SOL alone is sold."""
    driver = owing(ETH="5", SOL="2000")
    driver.book("ETH-USDT", [], [])
    judged(driver)
    assert {name for name, _ in sales(driver)} == {"SOL-USDT", "BTC-USDT"}


def test_a_debt_in_usdt_with_nothing_to_sell_leaves_no_trace() -> None:
    driver = account(BTC="1")
    lend(driver, "USDT", "30000")
    driver.do(SetAutoLoan(user_id=USER, enabled=False))
    driver.do(c.SetBook(instrument="BTC-USDT", bids=(), asks=()))
    events = judged(driver)
    assert (of_kind(events, ExchangeStarted), sales(driver)) == ([], [])


def test_of_two_debts_the_more_valuable_is_exchanged_first_whatever_its_name() -> None:
    """1.01 BTC are 60,600 USD, and 30 ETH 90,000."""
    driver = account(USDT="1000000")
    driver.book("ETH-USDT", [("2999.99", "1000")], [("3000", "1000")])
    lend(driver, "ETH", "30")
    lend(driver, "BTC", "1.01")
    driver.do(SetAutoLoan(user_id=USER, enabled=False))
    judged(driver)
    assert [event.ccy for event in all_of(driver, ExchangeStarted)] == ["ETH", "BTC"]


def test_an_account_whose_debts_are_not_exchanged_need_not_be_judged_again() -> None:
    driver = account(BTC="1")
    lend(driver, "ETH", "9")
    work = Work(driver.state, Stamp(driver.seq + 1, driver.at_ms))
    user = driver.state.users[USER]
    assert auto_exchange.review(work, user) is False
    driver.do(SetAutoLoan(user_id=USER, enabled=False))
    driver.do(c.Transfer(user_id=USER, ccy="ETH", amount=atoms("5"), source="funding", target="trading"))
    assert driver.debt("ETH") == "4", "5 are free"
    assert auto_exchange.review(work, user) is False
    assert work.events == []


def test_the_gauge_is_of_debts_alone() -> None:
    """SOL has no quota: owed it reads 5, and not owed 0."""
    driver = account(BTC="2")
    driver.price("SOL-USDT", "150")
    driver.do(SetAutoLoan(user_id=USER, enabled=False))
    user = driver.state.users[USER]
    assert auto_exchange.nearness(driver.state, user, "SOL") == 0
    driver.do(SetAutoLoan(user_id=USER, enabled=True))
    lend(driver, "SOL", "1")
    driver.do(SetAutoLoan(user_id=USER, enabled=False))
    assert auto_exchange.nearness(driver.state, user, "SOL") == 5
