"""Collateral value and margin. Worked numbers of docs/rules/margin.md and docs/rules/borrowing.md."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import discount, headroom, margin
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, with_currency, with_tiers

BTC_2024 = tuple((atoms(upper), atoms(rate)) for upper, rate in (
    ("20", "0.98"), ("25", "0.9775"), ("50", "0.9675"), ("100", "0.955")
))  # fmt: skip
"""Tiers fitted to a published figure: 100 BTC count as 96.425."""


THREE_PERCENT = with_tiers("USDT", "3500000")
"""Borrow tiers that ask 3 % of the first 3,500,000; the packaged ones ask 2 % of the first 100,000."""


def example(parameters: Parameters | None = None) -> Driver:
    """1.999 BTC at 60,000, 50,000 USDT owed and spent (docs/rules/accounts.md#worked-purchase)."""
    driver = Driver(NOON_MS + 1, parameters)
    driver.user(USER, BTC="1.999")
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    driver.deposit("USDT", "-50000")
    return driver


@pytest.mark.parametrize(
    ("parameters", "maintenance", "ratio"),
    [(THREE_PERCENT, "1500", "43.57496774193548387"), (None, "1000", "64.32495238095238095")],
)
def test_the_worked_account(parameters: Parameters | None, maintenance: str, ratio: str) -> None:
    """67,541.2 over 1,550 by tiers that ask 3 %, over 1,050 by the packaged ones (2 %); fee 50."""
    driver = example(parameters)
    state = driver.state
    assert text(margin.adjusted_equity(state, USER)) == "67541.2"
    assert text(margin.debt_usd(state, USER)) == "50000"
    assert text(margin.initial_margin(state, USER)) == "16666.666666666666666667"
    assert text(margin.maintenance_margin(state, USER)) == maintenance
    found = margin.margin_ratio(state, USER)
    assert found is not None
    assert text(found).startswith(ratio)


def test_the_worked_maximum_loan() -> None:
    """The least of quota 500,000 - 50,000, pool and (67,541.2 - 16,666.67) x 3 = 152,623.6; in BTC / 60,000, cut."""
    driver = example()
    user = driver.state.users[USER]
    assert text(margin.max_loan(driver.state, user, "USDT")) == "152623.6"
    # 2.54372666... BTC, under the quota of 10; borrowed as it is said, and one of the last decimal more is refused
    assert text(margin.max_loan(driver.state, user, "BTC")) == "2.5437266666666666"
    assert text(margin.borrow_limit_left(driver.state, USER, "USDT")) == "450000"
    assert (
        driver.refuse(c.ManualBorrow(user_id=USER, ccy="BTC", amount=atoms("2.5437266666666667")))
        is Reject.MARGIN_INSUFFICIENT
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="BTC", amount=atoms("2.5437266666666666")))


@pytest.mark.parametrize(
    ("parameters", "price", "above"),
    [(THREE_PERCENT, "27896.7", "3"), (THREE_PERCENT, "26314.3", "1"), (None, "27131", "3"), (None, "26059", "1")],
)
def test_the_worked_prices_of_warning_and_liquidation(parameters: Parameters | None, price: str, above: str) -> None:
    """The ratio is 3 at 27,896.60 and 1 at 26,314.18: a tick above it is over, a tick below under.

    With the packaged 2 %: 50,000 x (1 + 3 x 0.021) / 1.95902 = 27,130.91 and 50,000 x 1.021 / 1.95902 = 26,058.95.
    """
    driver = example(parameters)
    ratios = []
    for shown in (price, text(atoms(price) - atoms("0.2"))):
        driver.state.markets["BTC-USDT"].index = atoms(shown)  # set aside of the engine, which would act on it
        ratios.append(margin.margin_ratio(driver.state, USER))
    over, under = ratios
    assert over is not None
    assert under is not None
    assert under < atoms(above) < over


def test_no_debt_has_no_ratio() -> None:
    driver = Driver(NOON_MS)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    assert margin.margin_ratio(driver.state, USER) is None
    assert margin.initial_margin(driver.state, USER) == 0


@pytest.mark.parametrize(
    ("amount", "counted"),
    [
        ("0", "0"),
        ("1", "0.98"),
        ("20", "19.6"),
        ("22", "21.555"),  # 20 x 0.98 + 2 x 0.9775
        ("25", "24.4875"),
        ("100", "96.425"),
        ("150", "143.175"),  # 96.425 + 50 x 0.935
    ],
)
def test_tiers_are_marginal(amount: str, counted: str) -> None:
    currency = with_currency(
        "BTC", discount_tiers=BTC_2024, discount_step=atoms("0.02"), discount_step_size=atoms("50")
    ).currencies["BTC"]
    assert text(discount.counted(currency, atoms(amount))) == counted


def test_tiers_of_the_packaged_table() -> None:
    """20 at 0.98, 5 at 0.9775, 5 at 0.975, 20 at 0.97, then 0.005 less for each 20: 0.965, 0.96."""
    currency = load_parameters().currencies["BTC"]
    assert text(discount.counted(currency, atoms("22"))) == "21.555"
    assert text(discount.counted(currency, atoms("50"))) == "48.7625"
    assert text(discount.counted(currency, atoms("80"))) == "77.6625"  # + 20 x 0.965 + 10 x 0.96


def test_rates_end_at_zero_and_not_below() -> None:
    currency = with_currency(
        "BTC", discount_tiers=((atoms("1"), atoms("0.5")),), discount_step=atoms("0.3"), discount_step_size=atoms("1")
    ).currencies["BTC"]
    assert text(discount.counted(currency, atoms("100"))) == "0.7"


def test_a_coin_that_is_no_collateral_counts_nothing() -> None:
    currency = with_currency("BTC", collateral=False).currencies["BTC"]
    assert discount.counted(currency, atoms("5")) == 0


def test_a_debt_has_no_haircut() -> None:
    driver = example()
    assert text(discount.usd_value(driver.state, "BTC", -atoms("1"))) == "-60000"
    assert text(discount.usd_value(driver.state, "BTC", atoms("1"))) == "58800"


def test_the_usdt_index_scales_everything() -> None:
    driver = example()
    driver.price("USDT-USD", "0.99")
    assert text(margin.adjusted_equity(driver.state, USER)) == "66865.788"  # 67,541.2 x 0.99
    assert text(margin.debt_usd(driver.state, USER)) == "49500"


def test_leverage_sets_the_initial_margin() -> None:
    driver = Driver(NOON_MS + 1, replace(load_parameters(), leverage=atoms("5")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    assert text(margin.max_manual_borrow(driver.state, USER, "USDT")) == "294000"


# ---- open orders


def borrowed(own: str = "1") -> Driver:
    """BTC at 60,000 and USDT borrowed to spend."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC=own)
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    return driver


def test_a_resting_order_that_would_lose_lowers_adjusted_equity() -> None:
    """A buy of 0.5 BTC resting at 58,000 gains (29,000 for 29,400), so only its fee of 29 comes off; one of 0.5 at
    59,900 gives 29,950 for 29,400: 550 off, and a fee of 29.95."""
    driver = borrowed()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("60000")))
    assert text(margin.adjusted_equity(driver.state, USER)) == "58800"
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.5"), price=atoms("58000")
        )
    )
    assert text(margin.adjusted_equity(driver.state, USER)) == "58771"
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.5"), price=atoms("59900")
        )
    )
    assert text(margin.adjusted_equity(driver.state, USER)) == "58191.05"


def with_a_gain_in_sight() -> Driver:
    """1 BTC and 60,000 USDT, a debt of 1 ETH that is still there, and a buy of 0.5 BTC at 50,000."""
    driver = borrowed()
    driver.deposit("USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("1")))
    assert text(margin.adjusted_equity(driver.state, USER)) == "118800"
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.5"), price=atoms("50000")
        )
    )
    return driver


def test_an_order_that_would_gain_costs_its_fee() -> None:
    """58,800 + 60,000 less 0.1 % of 25,000; a sale of 0.1 at 70,000 costs 7 more. Both gone, nothing does."""
    driver = with_a_gain_in_sight()
    assert text(margin.adjusted_equity(driver.state, USER)) == "118775"
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.1"), price=atoms("70000")
        )
    )
    assert text(margin.adjusted_equity(driver.state, USER)) == "118768"
    assert text(margin.free_equity(driver.state, USER)) == "118768"
    for order_id in tuple(driver.state.orders):
        driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id))
    assert text(margin.adjusted_equity(driver.state, USER)) == "118800"


def test_a_fee_in_a_coin_below_its_peg_costs_less() -> None:
    """With USDT at 0.99 all of it is worth 0.99."""
    driver = with_a_gain_in_sight()
    driver.price("USDT-USD", "0.99")
    assert text(margin.adjusted_equity(driver.state, USER)) == "117587.25"


def test_the_fees_of_open_orders_are_not_lent_upon() -> None:
    """3 x (118,775 - 1,000) USDT; without the order 3 x 117,800."""
    driver = with_a_gain_in_sight()
    user = driver.state.users[USER]
    assert text(margin.max_loan(driver.state, user, "USDT")) == "353325"
    assert (
        driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("353325.0000000000000001")))
        is Reject.MARGIN_INSUFFICIENT
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("353325")))


def test_the_fees_of_open_orders_stay_in_the_account() -> None:
    """58,800 x left - 10 >= 10,000 of imr for 30,000 borrowed USDT; the order pays with these, its fee is 10."""
    driver = borrowed()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("30000")))
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.5"), price=atoms("20000")
        )
    )
    most = "0.8297619047619047"  # 1 - 10,010 / 58,800
    assert text(headroom.transfer_size(driver.state, driver.state.users[USER], "BTC")) == most
    leave = c.Transfer(user_id=USER, ccy="BTC", amount=atoms(most) + 100, source="trading", target="funding")
    assert driver.refuse(leave) is Reject.MARGIN_INSUFFICIENT
    driver.do(c.Transfer(user_id=USER, ccy="BTC", amount=atoms(most), source="trading", target="funding"))


def test_an_order_is_not_taken_on_the_gain_it_would_make() -> None:
    """133.33 USD are free. A buy of 2.66 BTC at 50,000 would gain much, and its fee is 133; one of 2.67 costs 133.5."""
    driver = close_to_the_edge()
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("2.67"), price=atoms("50000")
    )
    for kind in ("limit", "post_only"):
        assert driver.refuse(replace(order, kind=kind)) is Reject.MARGIN_INSUFFICIENT
    driver.do(replace(order, size=atoms("2.66")))
    assert margin.adjusted_equity(driver.state, USER) >= margin.initial_margin(driver.state, USER)
    amended = c.AmendOrder(
        user_id=USER, instrument="BTC-USDT", order_id=next(iter(driver.state.orders)), size=atoms("2.67")
    )
    assert driver.refuse(amended) is Reject.MARGIN_INSUFFICIENT


@pytest.mark.parametrize("kind", ["ioc", "fok", "market"])
def test_an_order_that_never_rests_has_no_fee_before_it_fills(kind: str) -> None:
    """An account close to the edge may sell: 0.5 BTC, 0.98 of which counted, for 0.999 of its price."""
    driver = close_to_the_edge()
    sale = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.5"), price=atoms("59990")
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("390")))
    assert driver.refuse(replace(sale, price=atoms("60001"))) is Reject.MARGIN_INSUFFICIENT
    driver.do(replace(sale, kind=kind, price=0 if kind == "market" else sale.price))
    # 58,800 / 2 + 29,995 less 29.995
    assert text(margin.adjusted_equity(driver.state, USER)) == "59365.005"


def test_who_is_unsound_may_offer_what_would_help() -> None:
    driver = close_to_the_edge()
    driver.price("BTC-USDT", "59000")
    assert margin.adjusted_equity(driver.state, USER) < margin.initial_margin(driver.state, USER)
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.5"), price=atoms("60000")
        )
    )


def test_the_largest_order_leaves_room_for_its_fee() -> None:
    """133.33... / (50,000 x 0.1 %) = 2.6666... BTC, to the lot."""
    driver = close_to_the_edge()
    user, pair = driver.state.users[USER], driver.parameters.instruments["BTC-USDT"]
    assert text(headroom.order_size(driver.state, user, pair, "buy", atoms("50000"))) == "2.66666666"


def close_to_the_edge() -> Driver:
    """176,000 USDT borrowed against 58,800: 133.33 USD of adjEq are free, 400 more could be borrowed."""
    driver = borrowed()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("176000")))
    driver.book("BTC-USDT", [("59990", "10")], [("60000", "10")])
    return driver


def test_an_order_is_judged_with_its_fee() -> None:
    """A buy of x USDT worth costs 0.02 x + 0.001 x of the 133.33: 6,349.2 USDT at most, not 6,666."""
    driver = close_to_the_edge()
    for size, allowed in (("0.10583", False), ("0.10582", True)):
        order = c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms(size), price=atoms("60000")
        )
        if allowed:
            driver.do(order)
            assert margin.adjusted_equity(driver.state, USER) >= margin.initial_margin(driver.state, USER)
        else:
            assert driver.refuse(order) is Reject.MARGIN_INSUFFICIENT


def test_open_orders_are_judged_together() -> None:
    """Each of two orders would be sound alone, both together not."""
    driver = close_to_the_edge()
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.08"), price=atoms("59999")
    )
    driver.do(order)
    assert driver.refuse(order) is Reject.MARGIN_INSUFFICIENT


def test_a_borrow_counts_the_open_orders() -> None:
    """With 0.05 BTC resting at 59,999 the free 400 shrink by 3 x 0.05 x (59,999 - 58,800 + 59.999): by 188.85."""
    driver = close_to_the_edge()
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.05"), price=atoms("59999")
        )
    )
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("211.16"))) is Reject.MARGIN_INSUFFICIENT
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("211.15")))


@pytest.mark.parametrize("in_quote", [True, False])
def test_a_market_order_is_judged_by_the_depth_it_meets(in_quote: bool) -> None:
    """0.001 BTC at 60,000, the rest at 90,000: a third of the money would be gone."""
    driver = close_to_the_edge()
    driver.book("BTC-USDT", [("59990", "10")], [("60000", "0.001"), ("90000", "10")])
    size = atoms("3000") if in_quote else atoms("0.03")
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="market", size=size, price=0, size_in_quote=in_quote
    )
    assert driver.refuse(order) is Reject.MARGIN_INSUFFICIENT
    driver.book("BTC-USDT", [("59990", "10")], [("60000", "1")])
    driver.do(order)
    assert margin.adjusted_equity(driver.state, USER) >= margin.initial_margin(driver.state, USER)


def test_a_market_sale_is_judged_by_the_depth_it_meets() -> None:
    driver = close_to_the_edge()
    driver.book("BTC-USDT", [("59990", "0.001"), ("30000", "10")], [("60000", "10")])
    sale = c.PlaceOrder(user_id=USER, instrument="BTC-USDT", side="sell", kind="market", size=atoms("0.1"), price=0)
    assert driver.refuse(sale) is Reject.MARGIN_INSUFFICIENT
    driver.book("BTC-USDT", [("59990", "10")], [("60000", "10")])
    driver.do(sale)


def test_coins_that_cover_a_debt_cannot_leave() -> None:
    """58,800 x a - 30,000 / 3 >= 0 with 30,000 USDT borrowed and moved out first: adjEq 58,800 - 30,000."""
    driver = borrowed()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("30000")))
    assert (
        driver.refuse(c.Transfer(user_id=USER, ccy="USDT", amount=100, source="trading", target="funding"))
        is Reject.FUNDING_INSUFFICIENT
    )
    # 10,000 of imr need 0.170068027... BTC
    assert driver.refuse(
        c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.82993198"), source="trading", target="funding")
    ) is (Reject.MARGIN_INSUFFICIENT)
    driver.do(c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.82993197"), source="trading", target="funding"))


def test_what_helps_an_unsound_account_is_not_refused() -> None:
    """BTC falls to 25,000: 24,500 + 30,000 - 50,000. Selling BTC above its haircut is allowed, buying is not."""
    driver = borrowed()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    driver.deposit("USDT", "-20000")
    driver.price("BTC-USDT", "25000")
    assert margin.adjusted_equity(driver.state, USER) < margin.initial_margin(driver.state, USER)
    driver.book("BTC-USDT", [("25000", "10")], [("25001", "10")])
    buy = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="ioc", size=atoms("0.01"), price=atoms("25001")
    )
    assert driver.refuse(buy) is Reject.MARGIN_INSUFFICIENT
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="ioc", size=atoms("0.01"), price=atoms("25000")
        )
    )
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1"))) is Reject.MARGIN_INSUFFICIENT


def test_who_may_not_borrow_and_what_may_not_be_borrowed_have_no_largest_loan() -> None:
    driver = Driver(NOON_MS + 1, with_currency("ETH", borrowable=False))
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000")):
        driver.price(pair, price)
    driver.user(1, BTC="1")
    driver.user(2, BTC="1", borrow=False)
    state = driver.state
    assert margin.max_loan(state, state.users[1], "USDT") > 0
    assert margin.max_loan(state, state.users[2], "USDT") == 0
    assert margin.max_loan(state, state.users[1], "ETH") == 0


def test_the_reserve_of_a_market_order_asks_for_margin() -> None:
    """0.0365 BTC count 2,146.2. 0.1 BTC at 60,000 ask for 6,000 / 3 = 2,000, with 5 % more 2,100; filled and its fee
    paid, 2,146.2 + 0.0999 x 58,800 - 6,000 = 2,020.32 are left."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="0.0365")
    driver.price("BTC-USDT", "60000")
    driver.book("BTC-USDT", [("59999.9", "100")], [("60000", "100")])
    size, limit = atoms("0.1"), atoms("60000")
    market = c.PlaceOrder(user_id=USER, instrument="BTC-USDT", side="buy", kind="market", size=size, price=0)
    assert driver.refuse(market) is Reject.MARGIN_INSUFFICIENT
    driver.do(c.PlaceOrder(user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=size, price=limit))
    assert driver.debt("USDT") == "6000"


def test_coins_that_an_order_on_credit_counts_on_do_not_leave() -> None:
    """2.9 BTC at 50,000, all promised; 20,000 USDT come later, so that 125,000 may be borrowed. At 50,500 without them
    145,000 / 3 = 48,333.33 of margin stand against 49,490 less 1,479 that the order would lose and 145 of fee."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("2.9"), price=atoms("50000")
    )
    driver.do(order)
    driver.deposit("USDT", "20000")
    driver.price("BTC-USDT", "50500")
    assert len(driver.state.orders) == 1
    out = c.Transfer(user_id=USER, ccy="USDT", amount=atoms("20000"), source="trading", target="funding")
    assert driver.refuse(out) is Reject.MARGIN_INSUFFICIENT
