"""One-click repay of a coin that has no pair with USDT: sold for USDC, and that for USDT (decisions/006).

LTC has a pair with USDC only, at 50; the fee is 0.1 %, a bound the largest tick below 0.5 % off.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import prices
from tallystick.engine.events import RepayEnded
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, all_of, of_kind

Leg = tuple[str, str, str, str, str]


def only_in_usdc(parameters: Parameters | None = None) -> Parameters:
    parameters = parameters or load_parameters()
    pairs = {name: row for name, row in parameters.instruments.items() if name != "LTC-USDT"}
    bridged = replace(parameters.instruments["LTC-USDT"], instrument="LTC-USDC", quote_ccy="USDC")
    return replace(parameters, instruments={**pairs, "LTC-USDC": bridged})


def owing(debt_ccy: str, debt: str) -> Driver:
    """10 LTC, of which each is bid at 50 USDC; 1 BTC; a debt that is spent."""
    driver = Driver(NOON_MS + 1, only_in_usdc())
    driver.user(USER, LTC="10", BTC="1")
    for pair, price in (("USDC-USDT", "1"), ("LTC-USDC", "50"), ("DOT-USDT", "5"), ("BTC-USDT", "60000")):
        driver.price(pair, price)
    driver.book("LTC-USDC", [("50", "100")], [("50.01", "100")])
    driver.book("USDC-USDT", [("1", "100000")], [("1.0001", "100000")])
    driver.book("DOT-USDT", [("4.99", "1000")], [("5", "1000")])
    driver.do(c.ManualBorrow(user_id=USER, ccy=debt_ccy, amount=atoms(debt)))
    driver.deposit(debt_ccy, f"-{debt}")
    return driver


def run(driver: Driver, debt_ccy: str, *coins: str) -> dict[str, Any]:
    driver.do(c.RepayDebt(user_id=USER, debt_ccy=debt_ccy, repay_ccys=coins))
    driver.wait(60_000)
    assert driver.state.runs == {}
    found: dict[str, Any] = json.loads(driver.table("one_click_repay")[0])
    return found


def legs(found: dict[str, Any]) -> list[Leg]:
    """(pair, side, size, filled size, state), oldest first."""
    return [
        (leg["instId"], leg["side"], leg["sz"], leg["fillSz"], leg["state"]) for leg in reversed(found["ordIdInfo"])
    ]


def test_the_index_comes_by_way_of_usdc() -> None:
    driver = owing("USDT", "100")
    driver.price("USDC-USDT", "0.998")
    assert text(prices.usd_index(driver.state, "LTC")) == "49.9"
    assert prices.usd_index(driver.state, "SOL") == 0


def test_a_debt_in_usdt_is_repaid_by_the_second_sale() -> None:
    """100 / 0.999 at 0.9949, again / 0.999, at 49.74: 2.0248... LTC. 2.024807 at 50 are 101.24035, 101.13910965 net;
    of these 100.1001... / 0.9949 = 100.6132... are sold on, in lots 100.613227 at 1, 100.512613773 net: 100 repay."""
    driver = owing("USDT", "100")
    found = run(driver, "USDT", "LTC")
    assert legs(found) == [
        ("LTC-USDC", "sell", "2.0248078307632011", "2.024807", "filled"),
        ("USDC-USDT", "sell", "100.6132275606594634", "100.613227", "filled"),
    ]
    assert [leg["px"] for leg in found["ordIdInfo"]] == ["0.9949", "49.74"]
    assert (found["status"], found["fillDebtSz"], driver.debt("USDT")) == ("filled", "100", "0")
    assert (driver.cash("LTC"), driver.cash("USDC"), driver.cash("USDT")) == ("7.975193", "0.52588265", "0.512613773")


def test_a_debt_in_usdc_is_repaid_by_the_first_sale() -> None:
    """N = 100.100101 at 49.74 are 2.0124668... LTC; 2.012466 at 50 bring 100.5226767 net."""
    driver = owing("USDC", "100")
    found = run(driver, "USDC", "LTC")
    assert legs(found) == [("LTC-USDC", "sell", "2.0124668476075593", "2.012466", "filled")]
    assert (found["fillDebtSz"], driver.debt("USDC"), driver.cash("USDC")) == ("100", "0", "0.5226767")
    assert driver.cash("USDT") == "0"


def test_two_sales_and_a_purchase() -> None:
    """10 DOT: N 10.010011, T 50.050055. 1.012404 LTC bring 50.5695798 USDC, of which T / 0.9949 are sold on."""
    driver = owing("DOT", "10")
    asked_ms = driver.at_ms
    found = run(driver, "DOT", "LTC")
    assert legs(found) == [
        ("LTC-USDC", "sell", "1.0124040155083478", "1.012404", "filled"),
        ("USDC-USDT", "sell", "50.3066187556538346", "50.306618", "filled"),
        ("DOT-USDT", "buy", "10.010011", "10.010011", "filled"),
    ]
    assert (found["fillDebtSz"], driver.debt("DOT"), driver.cash("DOT")) == ("10", "0", "0.000000989")
    assert [int(leg["cTime"]) - asked_ms for leg in reversed(found["ordIdInfo"])] == [474, 474 + 3113, 474 + 2 * 3113]


def test_the_next_coin_follows_when_nobody_buys_the_first() -> None:
    driver = owing("DOT", "10")
    driver.book("LTC-USDC", [], [("50.01", "100")])
    found = run(driver, "DOT", "LTC", "BTC")
    assert [(leg[0], leg[4]) for leg in legs(found)] == [
        ("LTC-USDC", "canceled"),
        ("BTC-USDT", "filled"),
        ("DOT-USDT", "filled"),
    ]


def test_coins_that_could_not_be_sold_on_stay_and_the_next_coin_follows() -> None:
    driver = owing("DOT", "10")
    driver.book("USDC-USDT", [], [("1.0001", "100")])
    found = run(driver, "DOT", "LTC", "BTC")
    assert [(leg[0], leg[4]) for leg in legs(found)] == [
        ("LTC-USDC", "filled"),
        ("USDC-USDT", "canceled"),
        ("BTC-USDT", "filled"),
        ("DOT-USDT", "filled"),
    ]
    assert driver.cash("USDC") == "50.5695798"
    assert driver.debt("DOT") == "0"


def test_own_usdc_are_left_alone() -> None:
    driver = owing("DOT", "10")
    driver.deposit("USDC", "1000")
    run(driver, "DOT", "LTC")
    assert driver.cash("USDC") == "1000.2629618"  # 50.5695798 - 50.306618


def test_auto_repay_leaves_what_is_to_be_sold_on() -> None:
    """USDC are owed too: the 50.5695798 under way are not theirs, the 0.2629618 that are not sold on are."""
    driver = owing("DOT", "10")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("30")))
    driver.deposit("USDC", "-30")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("LTC",)))
    driver.wait(474)
    assert driver.debt("USDC") == "30"
    driver.wait(60_000)
    assert driver.debt("DOT") == "0"
    assert driver.debt("USDC") == "29.7370382"


@pytest.mark.parametrize("coins", [("LTC",), ("LTC", "BTC")])
def test_a_debt_that_is_gone_between_the_hops_ends_the_run(coins: tuple[str, ...]) -> None:
    driver = owing("DOT", "10")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=coins))
    driver.wait(474)
    driver.deposit("DOT", "10")
    driver.do(c.ManualRepay(user_id=USER, ccy="DOT", amount=atoms("10")))
    driver.wait(3113)
    (ended,) = all_of(driver, RepayEnded)
    assert (ended.record.status, len(ended.record.legs)) == ("failed", 1)
    assert driver.cash("USDC") == "50.5695798"
    assert of_kind(driver.entries[-1][2], RepayEnded)


def test_what_is_left_in_the_bridge_coin_below_its_least_order_is_passed_over() -> None:
    """LTC is sold for USDC to pay 100 USDT. Before these are sold on, 99.3 come in and pay: for the 0.7 left no 1 USDC
    may be ordered, but 0.00001174 BTC at 59,700: 0.7 / 0.999 / 59,699.9 = 0.000011737... of which 0.00001173 fill."""
    driver = owing("USDT", "100")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDT", repay_ccys=("LTC", "BTC")))
    driver.wait(1_000)
    assert [leg.instrument for leg in driver.state.runs[USER].legs] == ["LTC-USDC"]
    driver.deposit("USDT", "99.3")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("99.3")))
    driver.wait(60_000)
    found = json.loads(driver.table("one_click_repay")[0])
    assert [leg[0] for leg in legs(found)] == ["LTC-USDC", "BTC-USDT"]
    assert legs(found)[1][3] == "0.00001173"


def test_bridge_coins_at_their_least_price_have_no_bound_to_sell_at() -> None:
    """The largest tick strictly below 0.5 % off one tick, 0.0001, is 0: no LTC are sold for coins that nobody buys."""
    driver = owing("DOT", "10")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("LTC",)))
    driver.price("USDC-USDT", "0.0001")
    driver.wait(60_000)
    (row,) = driver.table("one_click_repay")
    found = json.loads(row)
    assert (found["status"], legs(found), driver.cash("LTC")) == ("failed", [], "10")


def test_a_hop_that_brings_in_no_usdt_repays_none() -> None:
    """50 USDT of a manual borrow stay beside 100 of the user's own; LTC is sold for USDC, which are under way."""
    driver = owing("DOT", "10")
    driver.deposit("USDT", "100")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50")))
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("LTC",)))
    driver.wait(474)
    assert [leg.instrument for leg in driver.state.runs[USER].legs] == ["LTC-USDC"]
    assert driver.debt("USDT") == "50"


def test_a_coin_at_its_least_price_has_no_bound_to_be_sold_at() -> None:
    """11 BTC at 0.1 are 1.1 USDT, and the largest tick below 0.5 % off that is 0."""
    driver = owing("DOT", "10")
    driver.deposit("BTC", "10")
    driver.price("BTC-USDT", "0.1")
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("BTC",))) is Reject.BELOW_MIN_REPAYMENT
