"""Auto repay: its switch, its triggers, its sweep and what it leaves alone (docs/rules/auto-repay.md)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tallystick.engine import commands as c
from tallystick.engine.events import AutoRepaySwitched, Repaid
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, available, repaid, with_currency


def indebted(*, spent: bool = True, switch: bool = True) -> Driver:
    """1 BTC, 100 USDT owed; `spent`: gone again; `switch`: auto repay is on."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    if spent:
        driver.deposit("USDT", "-100")
    if switch:
        driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    return driver


def worked_example(*, switch: bool) -> Driver:
    """50,000 USDT owed for one hour at 7.3 %, then 0.5 BTC sold at 61,000 with 0.1 % fee."""
    driver = Driver(NOON_MS + 1, with_currency("USDT", rate_per_year=atoms("0.073")))
    driver.user(USER, BTC="2")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    driver.deposit("USDT", "-50000")
    driver.pass_to(NOON_MS + HOUR_MS)
    assert driver.debt("USDT") == "50000.4166666666666667"
    if switch:
        driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.book("BTC-USDT", [("61000", "1")], [("61001", "1")])
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.5"), price=atoms("61000")
        )
    )
    return driver


def test_the_worked_example() -> None:
    driver = worked_example(switch=True)
    assert repaid(driver.entries[-1][2]) == [("USDT", "auto_repay", "30469.5", "19530.9166666666666667")]
    assert available(driver, "USDT") == "0"
    assert driver.debt("USDT") == "19530.9166666666666667"


def test_the_worked_example_with_the_switch_off() -> None:
    driver = worked_example(switch=False)
    assert all_of(driver, Repaid) == []
    assert (available(driver, "USDT"), driver.debt("USDT")) == ("30469.5", "50000.4166666666666667")


# ---- the switch


def test_switching_needs_borrowing() -> None:
    driver = Driver(NOON_MS)
    assert driver.refuse(c.SetAutoRepay(user_id=USER, enabled=True)) is Reject.UNKNOWN_USER
    driver.user(USER, borrow=False)
    assert driver.refuse(c.SetAutoRepay(user_id=USER, enabled=True)) is Reject.BORROWING_NOT_ENABLED
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=True))
    assert driver.do(c.SetAutoRepay(user_id=USER, enabled=True)) == [AutoRepaySwitched(user_id=USER, enabled=True)]


def test_switching_on_sweeps_every_coin_in_debt_once() -> None:
    """USDT owed and half there, USDC owed and more than there, ETH owed and not there, DOT there and not owed."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1", DOT="7")
    for pair, price in (("BTC-USDT", "60000"), ("USDC-USDT", "1"), ("ETH-USDT", "3000"), ("DOT-USDT", "5")):
        driver.price(pair, price)
    for ccy, amount in (("USDT", "100"), ("USDC", "30"), ("ETH", "0.1")):
        driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(amount)))
        driver.deposit(ccy, f"-{amount}")
    driver.deposit("USDT", "50")
    driver.deposit("USDC", "40")
    events = driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    assert events[0] == AutoRepaySwitched(user_id=USER, enabled=True)
    assert repaid(events) == [("USDC", "auto_repay", "30", "0"), ("USDT", "auto_repay", "50", "50")]
    assert (driver.cash("USDC"), driver.cash("DOT"), driver.debt("ETH")) == ("10", "7", "0.1")


def test_setting_the_value_it_has_does_nothing_more() -> None:
    driver = indebted()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("20")))
    assert driver.do(c.SetAutoRepay(user_id=USER, enabled=True)) == [AutoRepaySwitched(user_id=USER, enabled=True)]
    assert driver.do(c.SetAutoRepay(user_id=USER, enabled=False)) == [AutoRepaySwitched(user_id=USER, enabled=False)]
    assert driver.do(c.SetAutoRepay(user_id=USER, enabled=False)) == [AutoRepaySwitched(user_id=USER, enabled=False)]


def test_switched_off_it_does_nothing_at_all() -> None:
    driver = indebted(switch=False)
    driver.deposit("USDT", "40")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=False))
    assert [event.kind for event in all_of(driver, Repaid)] == ["auto_repay"]
    driver.deposit("USDT", "40")
    assert len(all_of(driver, Repaid)) == 1
    assert (driver.debt("USDT"), driver.cash("USDT")) == ("60", "40")


def test_toggles_with_credits_between() -> None:
    """150 passes: 1 USDT in while off, swept when switched on. The first 100 clear the debt, the rest stays."""
    driver = indebted(switch=False)
    for _ in range(150):
        driver.deposit("USDT", "1")
        driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
        driver.do(c.SetAutoRepay(user_id=USER, enabled=False))
    assert (driver.debt("USDT"), driver.cash("USDT")) == ("0", "50")
    assert len(all_of(driver, Repaid)) == 100


# ---- triggers


def deposit(driver: Driver) -> list[object]:
    return driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("30")))


def transfer_in(driver: Driver) -> list[object]:
    driver.deposit("USDT", "30", account="funding")
    return driver.do(c.Transfer(user_id=USER, ccy="USDT", amount=atoms("30"), source="funding", target="trading"))


def convert_in(driver: Driver) -> list[object]:
    """0.0005 BTC for USDT at 60,000 less half a spread of 0.05 % is 59,970: 29.985 USDT."""
    (quote,) = driver.do(
        c.AskQuote(user_id=USER, base_ccy="BTC", quote_ccy="USDT", side="sell", size=atoms("0.0005"), size_ccy="BTC")
    )
    return driver.do(
        c.TradeQuote(
            user_id=USER,
            quote_id=quote.quote_id,
            base_ccy="BTC",
            quote_ccy="USDT",
            side="sell",
            size=atoms("0.0005"),
            size_ccy="BTC",
        )
    )


def taker_fill(driver: Driver) -> list[object]:
    """0.001 BTC at 60,000 less 0.1 %: 59.94 USDT."""
    driver.book("BTC-USDT", [("60000", "1")], [("60001", "1")])
    return driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="ioc", size=atoms("0.001"), price=atoms("60000")
        )
    )


def maker_fill(driver: Driver) -> list[object]:
    """0.001 BTC at 62,000 less the maker's 0.08 %: 61.9504 USDT."""
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.001"), price=atoms("62000")
        )
    )
    return driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("63000")),)))


def fill_by_another_user(driver: Driver) -> list[object]:
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.001"), price=atoms("60001")
        )
    )
    driver.user(2, USDT="100")
    driver.book("BTC-USDT", [("60000", "1")], [("60002", "1")])
    return driver.do(
        c.PlaceOrder(
            user_id=2, instrument="BTC-USDT", side="buy", kind="ioc", size=atoms("0.001"), price=atoms("60002")
        )
    )


@pytest.mark.parametrize(
    ("trigger", "amount", "left"),
    [
        (deposit, "30", "70"),
        (transfer_in, "30", "70"),
        (convert_in, "29.985", "70.015"),
        (taker_fill, "59.94", "40.06"),
        (maker_fill, "61.9504", "38.0496"),
        # 60.001 less 0.08 %
        (fill_by_another_user, "59.9529992", "40.0470008"),
    ],
)
def test_every_way_in_repays_at_once(trigger: Callable[[Driver], list[object]], amount: str, left: str) -> None:
    driver = indebted()
    assert repaid(trigger(driver)) == [("USDT", "auto_repay", amount, left)]
    assert driver.cash("USDT") == "0"


def crossed_by_house(driver: Driver) -> list[object]:
    return driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("58900")),)))


def met_by_a_sale(driver: Driver) -> list[object]:
    driver.user(2, BTC="1")
    driver.book("BTC-USDT", [("58000", "1")], [("60000", "1")])
    return driver.do(
        c.PlaceOrder(
            user_id=2, instrument="BTC-USDT", side="sell", kind="ioc", size=atoms("0.05"), price=atoms("59000")
        )
    )


@pytest.mark.parametrize("met", [crossed_by_house, met_by_a_sale])
def test_coins_that_a_resting_purchase_brings_in_repay(met: Callable[[Driver], list[object]]) -> None:
    """0.05 BTC less the maker's 0.08 % are 0.04996, of 0.1 owed."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, USDT="100000")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="BTC", amount=atoms("0.1")))
    driver.deposit("BTC", "-0.1")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.05"), price=atoms("59000")
        )
    )
    assert repaid(met(driver)) == [("BTC", "auto_repay", "0.04996", "0.05004")]


def test_a_cancelled_order_frees_coins_that_repay() -> None:
    """1,000 own USDT rest in an order while 200 are borrowed, spent, and the switch goes on."""
    driver = indebted(switch=False)
    driver.deposit("USDT", "1000")
    driver.do(
        c.PlaceOrder(
            user_id=USER,
            instrument="BTC-USDT",
            side="buy",
            kind="limit",
            size=atoms("0.02"),
            price=atoms("50000"),
            client_order_id="a1",
        )
    )
    assert driver.do(c.SetAutoRepay(user_id=USER, enabled=True)) == [AutoRepaySwitched(user_id=USER, enabled=True)]
    events = driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="a1"))
    assert repaid(events) == [("USDT", "auto_repay", "100", "0")]
    assert available(driver, "USDT") == "900"


def test_an_order_that_rests_repays_nothing() -> None:
    """Nothing comes in and nothing is freed, though own coins lie beside the borrowed ones."""
    driver = indebted()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("10")))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=False))
    driver.deposit("USDC", "5")
    driver.deposit("USDT", "5")
    driver.state.users[USER].auto_repay = True
    assert (
        repaid(
            driver.do(
                c.PlaceOrder(
                    user_id=USER, instrument="USDC-USDT", side="buy", kind="limit", size=atoms("2"), price=atoms("0.9")
                )
            )
        )
        == []
    )
    assert (
        repaid(
            driver.do(
                c.PlaceOrder(
                    user_id=USER,
                    instrument="USDC-USDT",
                    side="sell",
                    kind="post_only",
                    size=atoms("2"),
                    price=atoms("1.5"),
                )
            )
        )
        == []
    )
    driver.book("USDC-USDT", [], [])
    assert (
        repaid(
            driver.do(
                c.PlaceOrder(
                    user_id=USER, instrument="USDC-USDT", side="buy", kind="ioc", size=atoms("2"), price=atoms("0.9")
                )
            )
        )
        == []
    )


def test_what_goes_out_in_a_fill_repays_nothing() -> None:
    """5 own USDT lie beside 100 borrowed ones; buying for 10 takes from the borrowed, and the 5 stay."""
    driver = indebted(spent=False, switch=False)
    driver.deposit("USDT", "5")
    driver.state.users[USER].auto_repay = True
    driver.book("USDC-USDT", [("0.9999", "100")], [("1", "100")])
    assert (
        repaid(
            driver.do(
                c.PlaceOrder(
                    user_id=USER, instrument="USDC-USDT", side="buy", kind="ioc", size=atoms("10"), price=atoms("1")
                )
            )
        )
        == []
    )
    assert driver.cash("USDT") == "95"


def test_no_other_coin_is_touched() -> None:
    driver = indebted()
    driver.deposit("USDC", "1000")
    driver.deposit("BTC", "0.1")
    assert all_of(driver, Repaid) == []
    assert driver.debt("USDT") == "100"


def test_more_than_the_debt_comes_in() -> None:
    driver = indebted()
    assert repaid(driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("130")))) == [
        ("USDT", "auto_repay", "100", "0")
    ]
    assert driver.cash("USDT") == "30"


def test_a_deposit_to_funding_repays_nothing() -> None:
    driver = indebted()
    driver.deposit("USDT", "100", account="funding")
    assert all_of(driver, Repaid) == []


# ---- what it leaves alone


def test_a_fresh_manual_borrow_stays() -> None:
    driver = indebted()
    assert len(driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))) == 1
    assert (driver.cash("USDT"), driver.debt("USDT")) == ("40", "140")


def test_only_what_comes_in_beside_a_manual_borrow_repays() -> None:
    driver = indebted()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    assert repaid(driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("30")))) == [
        ("USDT", "auto_repay", "30", "110")
    ]
    assert driver.cash("USDT") == "40"


def test_borrowed_coins_are_spent_first() -> None:
    """40 borrowed; 25 spent leave 15 exempt; then 50 come in: 50 of 65 repay."""
    driver = indebted()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    driver.deposit("USDT", "-25")
    assert repaid(driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("50")))) == [
        ("USDT", "auto_repay", "50", "90")
    ]
    driver.deposit("USDT", "-15")
    assert repaid(driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("20")))) == [
        ("USDT", "auto_repay", "20", "70")
    ]
    assert driver.cash("USDT") == "0"


@pytest.mark.parametrize("way", ["order", "convert", "transfer"])
def test_every_way_out_counts_as_spending(way: str) -> None:
    """40 USDT borrowed with 100 own beside them; 40 go out; then a deposit of 1 repays all that is owed: 101 of 140."""
    driver = indebted()
    driver.do(c.SetAutoRepay(user_id=USER, enabled=False))
    driver.deposit("USDT", "200")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    if way == "order":
        driver.book("USDC-USDT", [("0.9999", "1000")], [("1", "1000")])
        driver.do(
            c.PlaceOrder(
                user_id=USER, instrument="USDC-USDT", side="buy", kind="ioc", size=atoms("40"), price=atoms("1")
            )
        )
    elif way == "convert":
        (quote,) = driver.do(
            c.AskQuote(user_id=USER, base_ccy="USDC", quote_ccy="USDT", side="buy", size=atoms("40"), size_ccy="USDT")
        )
        driver.do(
            c.TradeQuote(
                user_id=USER,
                quote_id=quote.quote_id,
                base_ccy="USDC",
                quote_ccy="USDT",
                side="buy",
                size=atoms("40"),
                size_ccy="USDT",
            )
        )
    else:
        driver.do(c.Transfer(user_id=USER, ccy="USDT", amount=atoms("40"), source="trading", target="funding"))
    assert driver.cash("USDT") == "200"
    assert repaid(driver.do(c.SetAutoRepay(user_id=USER, enabled=True))) == [("USDT", "auto_repay", "140", "0")]


def test_a_manual_repay_uses_up_the_exemption() -> None:
    driver = indebted()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("30")))
    driver.deposit("USDT", "50")
    # 110 owed; 10 + 50 at hand, of which 10 are borrowed
    assert (driver.debt("USDT"), driver.cash("USDT")) == ("60", "10")


def test_the_exemption_ends_with_the_debt() -> None:
    driver = indebted()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    driver.deposit("USDT", "1000")
    assert driver.debt("USDT") == "0"
    assert driver.state.users[USER].exempt == {}


def test_switching_on_sweeps_the_coins_of_an_earlier_manual_borrow_too() -> None:
    """Rule 4: what is available of a coin in debt repays, whatever it came from."""
    driver = indebted(spent=False, switch=False)
    driver.deposit("USDT", "25")
    assert repaid(driver.do(c.SetAutoRepay(user_id=USER, enabled=True))) == [("USDT", "auto_repay", "100", "0")]
    assert driver.cash("USDT") == "25"
    assert driver.state.users[USER].exempt == {}


def test_switching_on_when_it_is_on_leaves_a_manual_borrow_alone() -> None:
    driver = indebted()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    assert repaid(driver.do(c.SetAutoRepay(user_id=USER, enabled=True))) == []
    assert driver.cash("USDT") == "40"


def test_borrowed_coins_an_order_holds_are_not_swept_and_repay_when_they_come_free() -> None:
    driver = indebted(spent=False, switch=False)
    driver.do(
        c.PlaceOrder(
            user_id=USER,
            instrument="BTC-USDT",
            side="buy",
            kind="limit",
            size=atoms("0.001"),
            price=atoms("40000"),
            client_order_id="a1",
        )
    )
    assert repaid(driver.do(c.SetAutoRepay(user_id=USER, enabled=True))) == [("USDT", "auto_repay", "60", "40")]
    assert repaid(driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="a1"))) == [
        ("USDT", "auto_repay", "40", "0")
    ]


# ---- a fill repays at the fill


def test_each_fill_of_an_order_repays_by_itself() -> None:
    """0.0005 at 60,000 and 0.0005 at 59,990, each less 0.1 %: 29.97 and 29.965005, a row each."""
    driver = indebted()
    driver.book("BTC-USDT", [("60000", "0.0005"), ("59990", "1")], [("60001", "1")])
    events = driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.001"), price=atoms("59000")
        )
    )
    kinds = [type(event).__name__ for event in events]
    assert kinds == ["OrderPlaced", "OrderFilled", "Repaid", "OrderFilled", "OrderClosed", "Repaid"]
    assert repaid(events) == [
        ("USDT", "auto_repay", "29.97", "70.03"),
        ("USDT", "auto_repay", "29.965005", "40.064995"),
    ]
    assert len(driver.table("spot_borrow_repay")) == 3


def test_a_fill_after_the_debt_is_paid_repays_nothing() -> None:
    """0.002 bring 119.88, of which 100 were owed; 0.001 more at 59,990."""
    driver = indebted()
    driver.book("BTC-USDT", [("60000", "0.002"), ("59990", "1")], [("60001", "1")])
    events = driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="ioc", size=atoms("0.003"), price=atoms("59000")
        )
    )
    assert repaid(events) == [("USDT", "auto_repay", "100", "0")]
    assert driver.cash("USDT") == "79.81001"  # 19.88 + 59.93001


def test_an_amended_order_repays_fill_by_fill() -> None:
    driver = indebted()
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.001"), price=atoms("70000")
        )
    )
    driver.book("BTC-USDT", [("60000", "0.0005"), ("59990", "1")], [("70001", "1")])
    events = driver.do(
        c.AmendOrder(
            user_id=USER, instrument="BTC-USDT", order_id=next(iter(driver.state.orders)), price=atoms("59000")
        )
    )
    assert [row[2] for row in repaid(events)] == ["29.97", "29.965005"]


def test_an_own_order_that_is_met_frees_coins_that_repay_before_the_fill() -> None:
    """An own buy at 60,000 holds 60 USDT; the sale meets it, it is cancelled, and then 0.001 is sold at 59,990."""
    driver = indebted(switch=False)
    driver.deposit("USDT", "60")
    driver.book("BTC-USDT", [("59990", "1")], [("60001", "1")])
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.001"), price=atoms("60000")
        )
    )
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    events = driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="ioc", size=atoms("0.001"), price=atoms("59000")
        )
    )
    assert repaid(events) == [("USDT", "auto_repay", "60", "40"), ("USDT", "auto_repay", "40", "0")]


def test_switching_it_on_again_frees_no_coins_of_a_manual_borrow() -> None:
    """Only a switch from off to on frees them: of 30 USDT that come all repay, and the 100 stay."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.deposit("USDT", "30")
    assert (driver.cash("USDT"), driver.debt("USDT")) == ("100", "70")
