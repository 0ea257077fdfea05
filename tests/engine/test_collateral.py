"""Collateral limits of the platform: who stands behind what, what restricts, what is sold. BTC counts 0.98."""

from __future__ import annotations

import pytest

from tallystick.engine import collateral, core, gauge, ledger, margin
from tallystick.engine import commands as c
from tallystick.engine.events import CollateralJudged, OrderClosed, OrderFilled, OrderPlaced, QuoteGiven, Repaid
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, of_kind, with_currency

OTHER = 2


def limit(driver: Driver, ccy: str, dollars: str) -> list[object]:
    """Set a limit while the venue runs, which also judges it."""
    return driver.do(
        c.ChangeParameters(
            settings=(c.Setting(table="currencies", row=ccy, field="collateral_limit", value=atoms(dollars)),)
        )
    )


def lend(driver: Driver, ccy: str, amount: str, user_id: int = USER) -> None:
    """Borrowed and spent: the coins leave past every check of margin."""
    driver.do(c.ManualBorrow(user_id=user_id, ccy=ccy, amount=atoms(amount)))
    ledger.post(driver.state, ccy, (f"trading:{user_id}", -atoms(amount)), ("outside", atoms(amount)))
    ledger.spend_exempt(driver.state.users[user_id], ccy, atoms(amount))


def levels(driver: Driver) -> dict[str, tuple[int, int]]:
    return dict(driver.state.collateral_levels)


def example(debt: str = "50000") -> Driver:
    """1 BTC at 60,000 and a debt in USDT that is spent: BTC stands behind all of it."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    lend(driver, "USDT", debt)
    return driver


def mixed(debt: str = "40000") -> Driver:
    """1 BTC (counts 58,800) and 60,000 USDT behind a spent debt in USDC.

    BTC backs 58,800 / 118,800 of it: 19,797.98 of 40,000. Its limit of 19,000 is passed by 4.2 %.
    """
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1", USDT="60000")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    lend(driver, "USDC", debt)
    limit(driver, "BTC", "19000" if debt == "40000" else "24000")
    return driver


# ---- what stands behind a debt


def test_one_coin_backs_the_whole_debt() -> None:
    driver = example()
    assert {ccy: text(value) for ccy, value in collateral.backed(driver.state, USER).items()} == {"BTC": "50000"}


def test_coins_share_the_debt_by_their_discounted_values() -> None:
    """58,800 and 60,000 behind 40,000: 19,797.9797... and 20,202.0202..., each rounded up."""
    driver = mixed()
    shares = {ccy: text(value) for ccy, value in collateral.backed(driver.state, USER).items()}
    assert shares == {"BTC": "19797.979797979797979798", "USDT": "20202.020202020202020203"}


def test_nothing_is_backed_without_a_debt() -> None:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    assert collateral.backed(driver.state, USER) == {}


# ---- levels


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        ("50000.000000000000000001", None),
        ("50000", (1, 0)),
        ("45000.000000000000000001", (1, 1)),
        ("45000", (2, 1)),
        ("42000", (2, 4)),  # 1.0714 of the limit, 0.974 of the way
    ],
)
def test_the_level_of_a_coin(most: str, expected: tuple[int, int] | None) -> None:
    """A debt of 45,000: 0.9 of a limit of 50,000, and exactly one of 45,000."""
    driver = example("45000")
    limit(driver, "BTC", most)
    assert levels(driver).get("BTC") == expected


@pytest.mark.parametrize(
    ("share", "level"), [("0.8999", 0), ("0.9", 1), ("0.93", 2), ("0.95", 3), ("0.97", 4), ("0.9999", 4), ("1", 5)]
)
def test_the_gauge(share: str, level: int) -> None:
    assert gauge.reading(atoms(share)) == level


def test_levels_follow_prices_and_hours_and_are_said_once() -> None:
    """Owed is USDC: when it rises by a tenth, 45,000 become 49,500."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    lend(driver, "USDC", "40000")
    limit(driver, "BTC", "42000")
    assert levels(driver) == {"BTC": (1, 0)}
    driver.price("USDC-USDT", "1.05")
    assert levels(driver) == {"BTC": (2, 1)}
    driver.price("BTC-USDT", "60001")
    driver.price("USDC-USDT", "0.9")
    assert levels(driver) == {}
    assert [event.levels for event in all_of(driver, CollateralJudged)] == [
        (("BTC", 1, 0),),
        (("BTC", 2, 1),),
        (("BTC", 0, 0),),
    ]
    limit(driver, "BTC", "36000.4")
    assert levels(driver) == {"BTC": (1, 1)}
    driver.wait(HOUR_MS)  # an hour at 1 % and more: over 0.04 on 36,000
    driver.wait(9 * HOUR_MS)
    assert levels(driver) == {"BTC": (2, 1)}


def test_a_limit_that_is_lifted_is_forgotten() -> None:
    driver = example("45000")
    limit(driver, "BTC", "45000")
    limit(driver, "BTC", "0")
    assert levels(driver) == {}


# ---- a restricted coin


def test_it_stays_in_the_ratio_and_carries_no_new_borrowing() -> None:
    """Free are 60,000 - 40,000 less 13,333.33 of margin, three times: 20,000 instead of 196,400."""
    driver = mixed()
    assert levels(driver)["BTC"][0] == collateral.RESTRICTED
    state = driver.state
    assert text(margin.adjusted_equity(state, USER)) == "78800"
    assert text(margin.free_equity(state, USER)) == "20000"
    assert text(margin.max_manual_borrow(state, USER, "USDT")) == "20000"
    assert (
        driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("20000.0000000000000001")))
        is Reject.MARGIN_INSUFFICIENT
    )
    ratio = margin.margin_ratio(state, USER)
    limit(driver, "BTC", "0")
    assert margin.margin_ratio(driver.state, USER) == ratio
    assert text(margin.max_manual_borrow(driver.state, USER, "USDT")) == "196400"


def test_an_order_with_own_coins_is_refused_where_the_rest_is_not_enough() -> None:
    """6,666.67 may go: 0.11 BTC at 60,000 cost 6,600, 0.12 cost 7,200."""
    driver = mixed()
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.12"), price=atoms("60000")
    )
    assert driver.refuse(order) is Reject.ORDER_COLLATERAL_RESTRICTED
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.11"), price=atoms("60000")
        )
    )


def test_an_order_that_would_borrow_is_refused_with_its_own_reason() -> None:
    """1.5 BTC need 30,000 more; 8 BTC would be too much with every coin."""
    driver = mixed()
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("1.5"), price=atoms("60000")
    )
    assert driver.refuse(order) is Reject.ORDER_BORROW_RESTRICTED
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("8"), price=atoms("60000")
    )
    assert driver.refuse(order) is Reject.MARGIN_INSUFFICIENT
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("80"), price=atoms("60000")
    )
    assert driver.refuse(order) is Reject.ORDER_ABOVE_QUOTA
    limit(driver, "BTC", "0")
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("1.5"), price=atoms("60000")
        )
    )


def test_coins_leave_only_as_far_as_the_rest_carries_the_margin() -> None:
    driver = mixed()
    leave = c.Transfer(user_id=USER, ccy="USDT", amount=atoms("6666.7"), source="trading", target="funding")
    assert driver.refuse(leave) is Reject.MARGIN_INSUFFICIENT
    driver.do(c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.1"), source="trading", target="funding"))


def test_where_the_rest_does_not_carry_it_already_nothing_may_lower_the_equity() -> None:
    """60,000 - 50,000 is under 16,666.67: selling the restricted coin helps, taking it away does not."""
    driver = mixed("50000")
    assert levels(driver)["BTC"][0] == collateral.RESTRICTED
    leave = c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.01"), source="trading", target="funding")
    assert driver.refuse(leave) is Reject.MARGIN_INSUFFICIENT
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="ioc", size=atoms("0.1"), price=atoms("59500")
        )
    )
    assert all_of(driver, OrderFilled)


def test_who_owes_nothing_trades_as_before() -> None:
    driver = mixed()
    driver.user(OTHER, USDT="60000")
    driver.do(
        c.PlaceOrder(
            user_id=OTHER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.9"), price=atoms("60000")
        )
    )
    driver.do(c.Transfer(user_id=OTHER, ccy="USDT", amount=atoms("1000"), source="trading", target="funding"))


# ---- the sale


def test_what_goes_beyond_is_sold_and_repaid_down_to_the_limit() -> None:
    """50,000 behind a limit of 40,000 is 1.25 of it: 10,000 are repaid, at the taker's fee and no other."""
    driver = example()
    fund = driver.state.ledger["insurance"]["USDT"]
    events = limit(driver, "BTC", "40000")
    assert [(e.instrument, e.side, e.category) for e in of_kind(events, OrderPlaced)] == [
        ("BTC-USDT", "sell", "auto_conversion")
    ]
    assert [(e.kind, text(e.amount), text(e.debt_after)) for e in of_kind(events, Repaid)] == [
        ("forced_repay", "10000", "40000")
    ]
    assert driver.state.ledger["insurance"]["USDT"] == fund
    assert levels(driver) == {"BTC": (2, 1)}


@pytest.mark.parametrize(("most", "sold"), [("45454.545454545454545454", True), ("45454.545454545454545455", False)])
def test_the_sale_begins_at_a_tenth_beyond(most: str, sold: bool) -> None:
    """50,000 over 1.1 is 45,454.54..."""
    driver = example()
    events = limit(driver, "BTC", most)
    assert bool(of_kind(events, Repaid)) is sold


def test_whom_the_coin_backs_most_goes_first() -> None:
    driver = example("30000")
    driver.user(OTHER, BTC="1")
    lend(driver, "USDT", "50000", OTHER)
    limit(driver, "BTC", "60000")
    assert (driver.debt("USDT", USER), driver.debt("USDT", OTHER)) == ("30000", "30000")
    limit(driver, "BTC", "10000")
    assert (driver.debt("USDT", USER), driver.debt("USDT", OTHER)) == ("0", "10000")


def test_only_the_coin_itself_is_sold() -> None:
    """ETH backs as much as BTC and has no limit: it stays."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1", ETH="20")
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    lend(driver, "USDT", "50000")
    events = limit(driver, "BTC", "20000")
    assert {e.instrument for e in of_kind(events, OrderPlaced)} == {"BTC-USDT"}
    assert driver.cash("ETH") == "20"
    assert collateral.usage(driver.state, "BTC") <= 10**18
    assert collateral.usage(driver.state, "BTC") > 10**18 * 99 // 100


def test_orders_that_hold_the_coin_are_taken_off_the_book() -> None:
    driver = example()
    held = driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("1"), price=atoms("90000")
        )
    )[0]
    events = limit(driver, "BTC", "40000")
    assert next((e.order_id, e.cause) for e in of_kind(events, OrderClosed)) == (held.order_id, "cap")
    assert driver.debt("USDT") == "40000"


def test_without_buyers_it_waits_for_the_next_price() -> None:
    driver = example()
    driver.book("BTC-USDT", [("50000", "10")], [("70000", "10")])
    limit(driver, "BTC", "40000")
    assert levels(driver) == {"BTC": (2, 5)}
    assert driver.debt("USDT") == "50000"
    driver.book("BTC-USDT", [("59990", "10")], [("60010", "10")])
    driver.price("BTC-USDT", "60000")
    assert driver.debt("USDT") == "40000"
    assert levels(driver) == {"BTC": (2, 1)}


def test_a_limit_from_the_start_and_a_replay() -> None:
    driver = Driver(NOON_MS + 1, with_currency("BTC", collateral_limit=atoms("30000")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40000")))
    driver.deposit("USDT", "-40000")
    driver.wait(HOUR_MS)
    assert all_of(driver, Repaid)
    again = core.new_state(driver.parameters, NOON_MS + 1)
    for stamp, _, events in driver.entries:
        core.fold(again, stamp, events)
    assert core.state_hash(again) == core.state_hash(driver.state)


def test_a_debt_its_own_coins_pay_needs_one_repayment() -> None:
    """BTC and ETH, 58,800 each, share 50,000 USDT that lie there: to take 5,000 off BTC 10,000 go, nothing is sold."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1", ETH="20")
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    events = limit(driver, "BTC", "20000")
    assert of_kind(events, OrderPlaced) == []
    assert [(e.kind, text(e.amount), text(e.debt_after)) for e in of_kind(events, Repaid)] == [
        ("forced_repay", "10000", "40000")
    ]
    assert levels(driver) == {"BTC": (2, 1)}


def test_a_debt_that_usdt_can_pay_needs_no_sale() -> None:
    """(40,000 - x) 58,800 / (118,800 - x) = 15,000 at x = 570,000,000 / 43,800 = 13,013.70 USDC, bought for USDT."""
    driver = mixed()
    events = limit(driver, "BTC", "15000")
    assert {(e.instrument, e.side) for e in of_kind(events, OrderPlaced)} == {("USDC-USDT", "buy")}
    assert len(of_kind(events, OrderPlaced)) <= 3
    assert driver.cash("BTC") == "1"
    assert driver.debt("USDC").startswith("2698")
    assert 10**18 * 999 // 1000 < collateral.usage(driver.state, "BTC") <= 10**18


def test_a_sale_may_free_somebody_else_of_his_debt() -> None:
    """The first one's BTC are bought of the second, whose 20,000 USDT auto repay then pays: nothing of his stands on
    ETH any more when his turn comes."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, ETH="20")
    driver.user(OTHER, ETH="10", BTC="0.5")
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    lend(driver, "BTC", "0.8")
    lend(driver, "USDT", "20000", OTHER)
    driver.do(c.SetAutoRepay(user_id=OTHER, enabled=True))
    driver.do(
        c.PlaceOrder(
            user_id=OTHER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.4"), price=atoms("60000.5")
        )
    )
    limit(driver, "ETH", "5000")
    assert (driver.debt("BTC"), driver.debt("USDT", OTHER)) == ("0", "0")
    assert (driver.cash("ETH", OTHER), levels(driver)) == ("10", {})


def test_a_sale_that_cannot_buy_what_is_owed_is_still_a_sale() -> None:
    """0.1 ETH counts 294 and backs 189.47 of 3,600 owed, another's 0.05 back his 100. Sold, the first brings 299.7, and
    no purchase of USDC is below 1,000: nothing is repaid and no ETH is left to weigh against the debt in BTC, but the
    limit of 100 is kept, and the other one keeps his coins."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, ETH="0.1", BTC="0.1")
    driver.user(OTHER, ETH="0.05")
    for instrument, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("USDC-USDT", "1")):
        driver.price(instrument, price)
    driver.do(
        c.ChangeParameters(
            settings=(c.Setting(table="instruments", row="USDC-USDT", field="min_size", value=atoms("1000")),)
        )
    )
    lend(driver, "USDC", "3000")
    lend(driver, "BTC", "0.01")
    lend(driver, "USDT", "100", OTHER)
    events = limit(driver, "ETH", "100")
    assert {(e.instrument, e.side, text(e.size)) for e in of_kind(events, OrderPlaced)} == {("ETH-USDT", "sell", "0.1")}
    assert (of_kind(events, Repaid), driver.cash("ETH"), driver.cash("ETH", OTHER)) == ([], "0", "0.05")
    assert (driver.debt("USDC"), driver.debt("BTC"), levels(driver)) == ("3000", "0.01", {"ETH": (2, 1)})


def test_coins_that_carry_are_not_changed_for_more_of_the_restricted_one() -> None:
    """100 DOT at 5 count 450. The 499 USD of BTC they bring count 489, but those carry nothing."""
    driver = example()
    driver.price("DOT-USDT", "5")
    driver.deposit("DOT", "1000")
    limit(driver, "BTC", "40000")
    assert margin.restricted(driver.state) == {"BTC"}
    quote = c.AskQuote(user_id=USER, base_ccy="BTC", quote_ccy="DOT", side="buy", size=atoms("100"), size_ccy="DOT")
    (given,) = of_kind(driver.do(quote), QuoteGiven)
    trade = c.TradeQuote(
        user_id=USER,
        quote_id=given.quote_id,
        base_ccy="BTC",
        quote_ccy="DOT",
        side="buy",
        size=atoms("100"),
        size_ccy="DOT",
        client_trade_id="",
    )
    assert driver.refuse(trade) is Reject.MARGIN_INSUFFICIENT
    limit(driver, "BTC", "0")
    driver.do(trade)
    assert driver.cash("DOT") == "900"
