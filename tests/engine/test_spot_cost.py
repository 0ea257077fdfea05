"""What coins were bought for: the documented worked example, the chosen edges, and random trades beside fractions."""

from __future__ import annotations

import random
from fractions import Fraction

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, spot_cost
from tallystick.engine.amounts import ONE
from tallystick.engine.kinds import Side
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, lose_price
from tests.engine.test_repay_routes import only_in_usdc

OTHER = 2


def floor(maker_fee: str = "0", taker_fee: str = "0") -> Driver:
    """Two traders and no house; without fees, as in the documented example."""
    driver = Driver(NOON_MS + 1)
    fees = {"maker_fee": maker_fee, "taker_fee": taker_fee}
    driver.do(
        c.ChangeParameters(
            settings=tuple(
                c.Setting(table="constants", row="", field=name, value=atoms(fee)) for name, fee in fees.items()
            )
        )
    )
    for user in (USER, OTHER):
        driver.user(user, ETH="100", USDT="1000000", borrow=False)
    driver.price("ETH-USDT", "3000")
    driver.book("ETH-USDT", [], [])
    return driver


def trade(driver: Driver, side: Side, size: str, price: str) -> None:
    """USER takes what OTHER has put into the book."""
    away: Side = "sell" if side == "buy" else "buy"
    driver.do(
        c.PlaceOrder(
            user_id=OTHER, instrument="ETH-USDT", side=away, kind="limit", size=atoms(size), price=atoms(price)
        )
    )
    driver.do(
        c.PlaceOrder(user_id=USER, instrument="ETH-USDT", side=side, kind="ioc", size=atoms(size), price=atoms(price))
    )


def shown(driver: Driver, ccy: str = "ETH") -> list[str] | None:
    found = spot_cost.gain(driver.state, driver.state.users[USER], ccy)
    return None if found is None else ["" if number is None else text(number) for number in found]


def test_the_documented_example() -> None:
    """Three days: buy 2 at 3,000; sell 1 at 3,500; buy 1 at 4,000. The help centre prints costs, gains and ratios."""
    driver = floor()
    trade(driver, "buy", "2", "3000")
    driver.price("ETH-USDT", "3500")
    assert shown(driver) == ["2", "3000", "3000", "1000", "0.166666666666666666", "1000", "0.166666666666666666"]
    trade(driver, "sell", "1", "3500")
    driver.price("ETH-USDT", "4000")
    # (2 x 3,000 - 1 x 3,500) / 1 = 2,500; 4,000 - 2,500 = 1,500, which is 60 % of 2,500.
    assert shown(driver) == ["1", "3000", "2500", "1000", "0.333333333333333333", "1500", "0.6"]
    trade(driver, "buy", "1", "4000")
    driver.price("ETH-USDT", "4500")
    # Average (3,000 + 4,000) / 2; cumulative (10,000 - 3,500) / 2; 2 x 4,500 - 6,500 = 2,500, of 6,500 38.46 %.
    assert shown(driver) == ["2", "3500", "3250", "2000", "0.285714285714285714", "2500", "0.384615384615384615"]


def test_all_that_was_sold_counts_and_not_the_last_sale_alone() -> None:
    """9,000 paid for 3; sold are 3,100 and 3,200, so 2,700 are left on one that is worth 3,200."""
    driver = floor()
    trade(driver, "buy", "3", "3000")
    trade(driver, "sell", "1", "3100")
    trade(driver, "sell", "1", "3200")
    ratios = ("0.066666666666666666", "0.185185185185185185")
    assert shown(driver) == ["1", "3000", "2700", "200", ratios[0], "500", ratios[1]]


def test_what_was_not_bought_has_no_cost() -> None:
    """The deposited 100 ETH have none, nor has the coin that was paid with; selling them gives none."""
    driver = floor()
    assert shown(driver) is None
    trade(driver, "sell", "1", "3000")
    assert shown(driver) is None
    trade(driver, "buy", "1", "3000")
    assert (shown(driver) or [""])[0] == "1"
    assert shown(driver, "USDT") is None


def test_a_cost_ends_when_as_much_is_sold_and_begins_anew() -> None:
    driver = floor()
    trade(driver, "buy", "1", "3000")
    trade(driver, "sell", "5", "3100")
    assert shown(driver) is None
    trade(driver, "buy", "1", "3200")
    driver.price("ETH-USDT", "3200")
    assert shown(driver) == ["1", "3200", "3200", "0", "0", "0", "0"]


def test_the_last_price_is_that_of_the_last_trade_and_without_a_price_there_is_no_gain() -> None:
    """1 at 3,500, while the index says 3,000."""
    driver = floor()
    trade(driver, "buy", "1", "3500")
    assert shown(driver) == ["1", "3500", "3500", "0", "0", "0", "0"]
    lose_price(driver, "ETH-USDT")
    assert shown(driver) is None


def test_a_coin_that_is_traded_for_usdc_alone_has_a_gain_too() -> None:
    """2 LTC bought at 50 USDC, worth 1 USD each; at 60 they have gained 20."""
    driver = Driver(NOON_MS + 1, replace(only_in_usdc(), taker_fee=0))
    driver.user(USER, USDC="1000")
    driver.price("USDC-USDT", "1")
    driver.price("LTC-USDC", "50")
    driver.book("LTC-USDC", [], [("50", "10")])
    driver.do(
        c.PlaceOrder(user_id=USER, instrument="LTC-USDC", side="buy", kind="ioc", size=atoms("2"), price=atoms("50"))
    )
    driver.price("LTC-USDC", "60")
    assert shown(driver, "LTC") == ["2", "50", "50", "20", "0.2", "20", "0.2"]


def test_coins_bought_for_a_coin_without_a_price_have_no_cost() -> None:
    """USDC have no price when 2 LTC are bought for 100 of them, and 1 USD afterwards."""
    driver = Driver(NOON_MS + 1, replace(only_in_usdc(), taker_fee=0))
    driver.user(USER, USDC="1000")
    driver.price("LTC-USDC", "50")
    driver.book("LTC-USDC", [], [("50", "10")])
    driver.do(
        c.PlaceOrder(user_id=USER, instrument="LTC-USDC", side="buy", kind="ioc", size=atoms("2"), price=atoms("50"))
    )
    assert driver.cash("LTC") == "2"
    driver.price("USDC-USDT", "1")
    assert shown(driver, "LTC") is None


def test_a_gain_larger_than_what_was_paid_has_no_ratio() -> None:
    """2 bought at 3,000, 1 sold at 6,000: nothing is paid any more; 6,000 - 0 is gained and has nothing to stand to."""
    driver = floor()
    trade(driver, "buy", "2", "3000")
    trade(driver, "sell", "1", "6000")
    driver.price("ETH-USDT", "6000")
    assert shown(driver) == ["1", "3000", "0", "3000", "1", "6000", ""]


def test_the_fee_is_not_in_the_price_and_its_coins_were_not_bought() -> None:
    """1 ETH at 3,000 with 0.1 % fee brings 0.999 ETH, for 3,000 each; selling them at 3,000 leaves nothing."""
    driver = floor(taker_fee="0.001")
    trade(driver, "buy", "1", "3000")
    assert shown(driver) == ["0.999", "3000", "3000", "0", "0", "0", "0"]
    trade(driver, "sell", "0.999", "3000")
    assert shown(driver) is None


def test_coins_that_come_or_go_otherwise_change_nothing() -> None:
    driver = floor()
    trade(driver, "buy", "2", "3000")
    before = shown(driver)
    driver.deposit("ETH", "7")
    driver.do(c.Transfer(user_id=USER, ccy="ETH", amount=atoms("50"), source="trading", target="funding"))
    assert shown(driver) == before


def test_prices_are_in_dollars_whatever_the_quote_coin_is_worth() -> None:
    """USDT at 0.9: 3,000 USDT are 2,700 USD; back at 1, the coin is worth 300 USD more than was paid."""
    driver = floor()
    driver.do(c.SetPrices(prices=(("USDT-USD", atoms("0.9")),)))
    trade(driver, "buy", "1", "3000")
    assert (shown(driver) or [])[1:4] == ["2700", "2700", "0"]
    driver.do(c.SetPrices(prices=(("USDT-USD", atoms("1")),)))
    assert (shown(driver) or [])[1:4] == ["2700", "2700", "300"]


def test_it_is_part_of_the_state() -> None:
    driver = floor()
    trade(driver, "buy", "2", "3000")
    before = shown(driver)
    driver.state = core.decode_state(core.encode_state(driver.state))
    assert shown(driver) == before


def test_random_trades_beside_fractions() -> None:
    """The average is off by less than an atom a purchase, since each cuts once; the sums by less than one a trade."""
    dice = random.Random(5)
    for _ in range(20):
        driver = floor(taker_fee="0.00123")
        left = average = paid = Fraction(0)
        steps = 0
        for _ in range(25):
            side: Side = dice.choice(("buy", "buy", "sell"))
            size, price = Fraction(dice.randrange(1_000, 10**6), 10**6), Fraction(dice.randrange(200_000, 500_000), 100)
            trade(driver, side, text(int(size * ONE)), text(int(price * ONE)))
            steps += 1
            if side == "buy":
                # The fee is rounded up to the atom.
                came = size - Fraction(-(-int(size * ONE) * 123 // 100_000), ONE)
                average = (average * left + price * came) / (left + came)
                left, paid = left + came, paid + came * price
            elif left:
                left, paid = left - size, paid - size * price
            if left <= 0:
                left = average = paid = Fraction(0)
                steps = 0
            cost = driver.state.users[USER].costs.get("ETH")
            if cost is None:
                assert left == 0
                continue
            assert cost.amount == left * ONE
            assert 0 <= average * ONE - cost.average < steps
            assert abs(paid * ONE - (cost.bought - cost.sold)) < steps
