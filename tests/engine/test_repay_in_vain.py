"""One-click repay sells nothing that repays nothing: what is known beforehand, and what is asked for when less is owed.

BTC at 60,000, so its bound is 59,699.9; USDC-USDT at 1, least order 1 USDC; ETH at 3,000, least order 0.001; the fee
is 0.1 %.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine.events import OrderFilled
from tallystick.engine.rejects import Reject, Rejected
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS, all_of
from tests.engine.test_repay_routes import only_in_usdc

BOOKS = (
    ("BTC-USDT", "60000", "60000.1"),
    ("ETH-USDT", "3000", "3000.01"),
    ("DOT-USDT", "5", "5.001"),
    ("USDC-USDT", "1", "1.0001"),
    ("LTC-USDC", "50", "50.01"),
)
"""(pair, price and bid, ask)."""
FIRST_LEG_MS = 474
NEXT_LEG_MS = 3113


def owing(ccy: str, debt: str, *, have: str = "0", **coins: str) -> Driver:
    """A debt whose coins are gone but for `have` of them, and coins to pay it from; deep books at the references."""
    driver = Driver(NOON_MS + 1, only_in_usdc())
    driver.user(USER, coins)
    for pair, bid, ask_price in BOOKS:
        driver.price(pair, bid)
        driver.book(pair, [(bid, "100000")], [(ask_price, "100000")])
    driver.deposit("BTC", "1")
    driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms("10")))
    driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=atoms("90")))
    if atoms(debt) > atoms("10"):
        driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(debt) - atoms("10")))
    elif debt != "10":
        driver.do(c.ManualRepay(user_id=USER, ccy=ccy, amount=atoms("10") - atoms(debt)))
    driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=atoms(have) - atoms(driver.cash(ccy))))
    assert driver.debt(ccy) == debt
    return driver


def ask(driver: Driver, debt_ccy: str, *coins: str) -> None:
    driver.do(c.RepayDebt(user_id=USER, debt_ccy=debt_ccy, repay_ccys=coins))


def refusal(driver: Driver, debt_ccy: str, *coins: str) -> tuple[Reject, str]:
    """The reason, and the least amount that is named."""
    command = c.RepayDebt(user_id=USER, debt_ccy=debt_ccy, repay_ccys=coins)
    driver.refuse(command)
    with pytest.raises(Rejected) as caught:
        core.handle(driver.state, core.Stamp(driver.seq + 1, driver.at_ms), command)
    return caught.value.reject, caught.value.details.get("min", "")


def ended(driver: Driver) -> dict[str, Any]:
    driver.wait(60_000)
    assert driver.state.runs == {}
    found: dict[str, Any] = json.loads(driver.table("one_click_repay")[0])
    return found


def legs(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """(pair, side, size, filled size), oldest first."""
    return [(leg["instId"], leg["side"], leg["sz"], leg["fillSz"]) for leg in reversed(found["ordIdInfo"])]


# ---- known at the request


def test_a_debt_below_the_least_order_is_refused_and_nothing_is_sold() -> None:
    """0.9 / 0.999 = 0.900901 USDC, and 1 is the least order: as often as it is asked."""
    driver = owing("USDC", "0.9", ETH="1")
    assert refusal(driver, "USDC", "ETH") == (Reject.BELOW_MIN_REPAYMENT, "1 USDC")
    for _ in range(3):
        assert refusal(driver, "USDC", "BTC") == (Reject.BELOW_MIN_REPAYMENT, "1 USDC")
        driver.wait(10_000)
    assert (driver.cash("BTC"), driver.cash("USDT"), driver.debt("USDC")) == ("1", "0", "0.9")


@pytest.mark.parametrize(
    ("debt", "accepted"),
    [("0.9989989999999999", False), ("0.998999", False), ("0.9990000000000001", True), ("0.999", True), ("1", True)],
)
def test_the_least_debt_that_can_be_bought(debt: str, accepted: bool) -> None:
    """0.999 / 0.999 = 1. Below, up to the lot of 0.000001, it is 0.999999 and less; 0.998999 / 0.999 = 0.99999899..."""
    driver = owing("USDC", debt)
    if not accepted:
        assert refusal(driver, "USDC", "BTC") == (Reject.BELOW_MIN_REPAYMENT, "1 USDC")
        return
    ask(driver, "USDC", "BTC")
    assert ended(driver)["status"] == "filled"


def test_usdt_are_not_spent_in_vain_either() -> None:
    driver = owing("USDC", "0.9", USDT="50")
    assert refusal(driver, "USDC", "USDT") == (Reject.BELOW_MIN_REPAYMENT, "1 USDC")


def test_the_same_coin_pays_what_it_can_and_the_rest_is_left() -> None:
    driver = owing("USDC", "1.2", have="0.3")
    ask(driver, "USDC", "USDC", "BTC")
    assert driver.state.runs == {}
    found = ended(driver)
    assert (found["status"], found["fillDebtSz"], found["ordIdInfo"]) == ("filled", "0.3", [])
    assert (driver.debt("USDC"), driver.cash("BTC")) == ("0.9", "1")


def test_a_sale_below_the_least_order_of_its_pair_is_no_help() -> None:
    """2.002003 USDT are 0.00067 ETH, and 0.001 is the least order; of BTC 0.00003353, and 0.00001 is the least."""
    driver = owing("USDC", "2", ETH="1")
    assert refusal(driver, "USDC", "ETH") == (Reject.BELOW_MIN_REPAYMENT, "0.001 ETH")
    ask(driver, "USDC", "ETH", "BTC")
    found = ended(driver)
    assert [leg[:2] for leg in legs(found)] == [("BTC-USDT", "sell"), ("USDC-USDT", "buy")]
    assert driver.cash("ETH") == "1"


def test_coins_too_few_for_the_least_purchase_are_not_sold() -> None:
    """2 USDC bring 2 USDT: 2 / 3,015 = 0.00066 ETH of at least 0.001. 4 USDC bring 0.0013."""
    driver = owing("ETH", "1", USDC="2")
    assert refusal(driver, "ETH", "USDC") == (Reject.BELOW_MIN_REPAYMENT, "0.001 ETH")
    driver.deposit("USDC", "2")
    ask(driver, "ETH", "USDC")
    assert legs(ended(driver)) == [
        ("USDC-USDT", "sell", "4", "4"),
        ("ETH-USDT", "buy", "0.0013266998341625", "0.001326"),
    ]


def test_two_coins_can_reach_together_what_neither_does_alone() -> None:
    """2 USDC and 2 USDT: 4 / 3,015."""
    driver = owing("ETH", "1", USDC="2", USDT="2")
    assert refusal(driver, "ETH", "USDT") == (Reject.BELOW_MIN_REPAYMENT, "0.001 ETH")
    ask(driver, "ETH", "USDC", "USDT")
    assert ended(driver)["status"] == "filled"


def test_a_debt_in_usdt_needs_a_sale_and_no_purchase() -> None:
    """0.5 / 0.999 / 59,699.9 = 0.0000084 BTC of at least 0.00001; 0.9 ask for 0.0000151."""
    assert refusal(owing("USDT", "0.5"), "USDT", "BTC") == (Reject.BELOW_MIN_REPAYMENT, "0.00001 BTC")
    driver = owing("USDT", "0.9")
    ask(driver, "USDT", "BTC")
    assert (ended(driver)["fillDebtSz"], driver.debt("USDT")) == ("0.9", "0")


def test_a_second_hop_below_its_least_order_is_known_too() -> None:
    """0.15 DOT: N 0.150151, T 0.750755. 0.0152 LTC can be sold for 0.76 USDC, but not these for USDT: 1 is the least.
    0.0000126 BTC can be sold; the LTC are left alone then."""
    driver = owing("DOT", "0.15", LTC="10")
    assert refusal(driver, "DOT", "LTC") == (Reject.BELOW_MIN_REPAYMENT, "1 USDC")
    ask(driver, "DOT", "LTC", "BTC")
    assert [leg[0] for leg in legs(ended(driver))] == ["BTC-USDT", "DOT-USDT"]
    assert (driver.cash("LTC"), driver.cash("USDC")) == ("10", "0")


# ---- known at a leg


def test_a_book_a_tick_lower_is_seen_before_the_sale() -> None:
    """T is 1: 0.00001675 BTC bring 1.005 at 60,000 and buy exactly 1. At 59,999.9 they bring too little for that."""
    driver = owing("USDC", "0.999")
    driver.book("BTC-USDT", [("59999.9", "5")], [("60000", "5")])
    ask(driver, "USDC", "BTC")
    found = ended(driver)
    assert (found["status"], found["ordIdInfo"]) == ("failed", [])
    assert (driver.cash("BTC"), driver.cash("USDT"), driver.debt("USDC")) == ("1", "0", "0.999")


@pytest.mark.parametrize(("shown", "sold"), [("0.00001675", False), ("0.00001676", True)])
def test_a_book_that_takes_too_little_is_offered_nothing(shown: str, sold: bool) -> None:
    """100 are owed. 0.00001675 x 59,999 = 1.00498325 buy 0.99998... USDC; 0.00001676 buy 1.00058..."""
    driver = owing("USDC", "100")
    driver.book("BTC-USDT", [("59999", shown)], [("60000", "5")])
    ask(driver, "USDC", "BTC")
    found = ended(driver)
    assert found["status"] == ("filled" if sold else "failed")
    assert len(found["ordIdInfo"]) == (2 if sold else 0)
    assert (driver.cash("BTC") == "1") is not sold


def test_a_book_that_takes_nothing_is_met_by_a_leg_that_ends_canceled() -> None:
    driver = owing("USDC", "100")
    driver.book("BTC-USDT", [], [("60000", "5")])
    ask(driver, "USDC", "BTC")
    assert legs(ended(driver)) == [("BTC-USDT", "sell", "0.0016767214182938", "0")]


def repay(driver: Driver, amount: str) -> None:
    driver.deposit("USDC", amount)
    driver.do(c.ManualRepay(user_id=USER, ccy="USDC", amount=atoms(amount)))


def test_a_debt_that_fell_below_the_least_order_before_the_first_leg() -> None:
    driver = owing("USDC", "100")
    ask(driver, "USDC", "BTC")
    repay(driver, "99.1")
    found = ended(driver)
    assert (found["status"], found["ordIdInfo"], driver.debt("USDC")) == ("failed", [], "0.9")
    assert all_of(driver, OrderFilled) == []


def test_a_debt_that_fell_below_it_between_two_sales() -> None:
    """The first coin raises 30; 70 are repaid and then 29.5: for the 0.5 that are left nothing more is sold."""
    driver = owing("USDC", "100", ETH="0.01")
    ask(driver, "USDC", "ETH", "BTC")
    driver.wait(FIRST_LEG_MS)
    repay(driver, "99.5")
    assert [leg[0] for leg in legs(ended(driver))] == ["ETH-USDT"]
    assert driver.cash("BTC") == "1"


# ---- the lesser of what remains and what is owed then


def test_less_is_sold_when_less_is_owed_by_then() -> None:
    """40 of 100 repaid before the first leg: N = 60 / 0.999 up to the lot = 60.060061, / 59,699.9 = 0.001006..."""
    driver = owing("USDC", "100")
    ask(driver, "USDC", "BTC")
    repay(driver, "40")
    found = ended(driver)
    assert legs(found) == [
        ("BTC-USDT", "sell", "0.0010060328576765", "0.00100603"),
        ("USDC-USDT", "buy", "60.060061", "60.060061"),
    ]
    # 0.00100603 x 60,000 / 1.005 = 60.0614... would be more than N
    assert (found["fillDebtSz"], driver.debt("USDC")) == ("60", "0")


def test_less_is_bought_when_less_is_owed_by_then() -> None:
    """40 of 100 repaid between the legs: 100.6 USDT are raised, and of them N = 60.060061 bought, not 100.100101."""
    driver = owing("USDC", "100")
    ask(driver, "USDC", "BTC")
    driver.wait(FIRST_LEG_MS)
    repay(driver, "40")
    found = ended(driver)
    assert legs(found) == [
        ("BTC-USDT", "sell", "0.0016767214182938", "0.00167672"),
        ("USDC-USDT", "buy", "60.060061", "60.060061"),
    ]
    assert (found["fillDebtSz"], driver.debt("USDC"), driver.cash("USDC")) == ("60", "0", "0.000000939")
    # 100.6032 less 0.1006032 of fee less 60.060061 x 1.0001
    assert driver.cash("USDT") == "40.4365297939"


def test_the_second_hop_sells_no_more_than_is_owed_by_then() -> None:
    """10 DOT owed, 6 repaid between the hops: N 4.004005, T 20.020025, / 0.9949 = 20.1226... USDC of the 50.5695798."""
    driver = owing("DOT", "10", LTC="10")
    ask(driver, "DOT", "LTC")
    driver.wait(FIRST_LEG_MS)
    driver.deposit("DOT", "6")
    driver.do(c.ManualRepay(user_id=USER, ccy="DOT", amount=atoms("6")))
    found = ended(driver)
    assert legs(found)[1:] == [
        ("USDC-USDT", "sell", "20.1226505176399638", "20.12265"),
        ("DOT-USDT", "buy", "4.004005", "4.004005"),
    ]
    assert (driver.debt("DOT"), driver.cash("USDC")) == ("0", "30.4469298")


def test_own_usdt_join_for_what_is_owed_by_then() -> None:
    driver = owing("USDC", "100", USDT="500")
    ask(driver, "USDC", "USDT")
    repay(driver, "40")
    assert legs(ended(driver)) == [("USDC-USDT", "buy", "60.060061", "60.060061")]
    assert driver.cash("USDT") == "439.9339329939"


def test_a_bid_at_the_very_bound_is_counted_among_the_proceeds() -> None:
    """100 are owed, so 0.00167672 BTC are sold: 0.00001 for 0.6 USDT, all the rest at 59,699.9, the bound."""
    driver = owing("USDC", "100")
    driver.book("BTC-USDT", [("60000", "0.00001"), ("59699.9", "5")], [("60000.1", "5")])
    ask(driver, "USDC", "BTC")
    assert [leg[:2] for leg in legs(ended(driver))] == [("BTC-USDT", "sell"), ("USDC-USDT", "buy")]


def test_the_fee_of_the_first_hop_is_missing_in_the_second() -> None:
    """0.02001 LTC bring 1.0005 USDC, after the fee 0.9994995: less than the 1 that can be sold on."""
    driver = owing("DOT", "10", LTC="0.02001")
    assert refusal(driver, "DOT", "LTC") == (Reject.BELOW_MIN_REPAYMENT, "1 USDC")


def test_no_coin_joins_once_the_target_is_met_exactly() -> None:
    """0.000999 / 0.999 = 0.001 ETH, 3 USDT at the reference, and 3 USDC bring just that. These buy 3 / 3,015 at worst,
    less than the least order, and the USDT listed behind them are not asked."""
    driver = owing("ETH", "0.000999", USDC="3", USDT="2")
    assert refusal(driver, "ETH", "USDC", "USDT") == (Reject.BELOW_MIN_REPAYMENT, "0.001 ETH")
