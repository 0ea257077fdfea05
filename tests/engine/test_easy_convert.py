"""Easy convert: small balances at the index less half the desk's spread: 0.2 % beyond the majors."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import easy_convert
from tallystick.engine.events import EasyConverted
from tallystick.engine.kinds import Account
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, of_kind, repaid


def holder(account: Account = "trading", **balances: str) -> Driver:
    """ADA at 0.5, OKB at 20, BTC at 40,000; the small balances are those of the documented list."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER)
    for pair, price in (("ADA-USDT", "0.5"), ("OKB-USDT", "20"), ("BTC-USDT", "40000"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    for ccy, amount in (balances or {"ADA": "6.580712708344864", "USDC": "2.9970000013055097"}).items():
        driver.deposit(ccy, amount, account=account)
    return driver


def convert(target: str, *sources: str, account: Account = "trading") -> c.EasyConvert:
    return c.EasyConvert(user_id=USER, account=account, source_ccys=sources, target_ccy=target)


def amounts(events: list[object]) -> list[tuple[str, str, str]]:
    return [
        (event.source_ccy, text(event.source_amount), text(event.target_amount))
        for event in of_kind(events, EasyConverted)
    ]


def test_the_documented_balances_are_cut_to_8_decimals() -> None:
    """6.5807127 x 0.5 / 20 x 0.998 and 2.997 / 20 x 0.998; the amounts given are those of the document."""
    driver = holder()
    assert amounts(driver.do(convert("OKB", "ADA", "USDC"))) == [
        ("ADA", "6.5807127", "0.164188781865"),
        ("USDC", "2.997", "0.1495503"),
    ]
    assert driver.cash("ADA") == "0.000000008344864"
    assert driver.cash("USDC") == "0.0000000013055097"
    assert driver.cash("OKB") == "0.313739081865"
    assert driver.refuse(convert("OKB", "ADA")) is Reject.NOTHING_AVAILABLE


def test_stable_coins_have_the_narrow_spread() -> None:
    driver = holder(USDC="2.5")
    # 2.5 x 0.9998
    assert amounts(driver.do(convert("USDT", "USDC"))) == [("USDC", "2.5", "2.4995")]


def test_what_comes_out_is_cut_at_16_decimals() -> None:
    driver = holder(USDC="1.00000001")
    # 1.00000001 / 40000 x 0.9995 = 0.000024987500249875
    assert amounts(driver.do(convert("BTC", "USDC"))) == [("USDC", "1.00000001", "0.0000249875002498")]


def test_from_the_funding_account() -> None:
    driver = holder("funding", ADA="4")
    assert driver.refuse(convert("USDT", "ADA")) is Reject.NOTHING_AVAILABLE
    driver.do(convert("USDT", "ADA", account="funding"))
    assert (driver.funding("ADA"), driver.funding("USDT"), driver.cash("USDT")) == ("0", "1.996", "0")


@pytest.mark.parametrize(
    ("balance", "refusal"), [("19.99999999", None), ("20", Reject.NOT_DUST), ("19.9999999999", None)]
)
def test_ten_dollars_are_not_small(balance: str, refusal: Reject | None) -> None:
    driver = holder(ADA=balance)
    if refusal is None:
        driver.do(convert("USDT", "ADA"))
    else:
        assert driver.refuse(convert("USDT", "ADA")) is refusal


def test_what_an_order_holds_counts_and_stays() -> None:
    driver = holder(ADA="19", BTC="1")
    sell = c.PlaceOrder(
        user_id=USER, instrument="ADA-USDT", side="sell", kind="limit", size=atoms("15"), price=atoms("0.9")
    )
    driver.do(sell)
    assert amounts(driver.do(convert("USDT", "ADA")))[0][1] == "4"
    driver.deposit("ADA", "5")
    # 20 ADA now, though only 5 of them free.
    assert driver.refuse(convert("USDT", "ADA")) is Reject.NOT_DUST


def test_refusals_in_their_order() -> None:
    driver = holder(ADA="4", USDC="1", BTC="1")
    for command, reason in (
        (convert("NOPE", "A", "B", "C", "D", "E", "F"), Reject.TOO_MANY_COINS),
        (convert("NOPE", "ADA"), Reject.UNKNOWN_CCY),
        (convert("DOT", "NOPE"), Reject.UNKNOWN_CCY),
        (convert("DOT", "ADA"), Reject.CCY_NOT_CONVERTIBLE),
        (convert("BTC", "ADA", "BTC"), Reject.CCY_NOT_CONVERTIBLE),
        (convert("USDT", "DOT", "BTC"), Reject.CONVERT_UNAVAILABLE),
        (convert("USDT", "ADA", "OKB"), Reject.NOTHING_AVAILABLE),
        (convert("USDT", "ADA", "BTC"), Reject.NOT_DUST),
    ):
        assert driver.refuse(command) is reason
    assert (
        driver.refuse(c.EasyConvert(user_id=9, account="trading", source_ccys=("ADA",), target_ccy="USDT"))
        is Reject.UNKNOWN_USER
    )


def test_a_result_of_nothing_is_refused() -> None:
    driver = holder(ADA="0.00000001")
    driver.price("ADA-USDT", "0.000001")
    # 10^-8 x 10^-6 / 40000 is far below 10^-16 BTC.
    assert driver.refuse(convert("BTC", "ADA")) is Reject.RESULT_TOO_SMALL


def test_an_account_in_debt_cannot_lower_what_secures_it() -> None:
    """29 USDT owed need 29 / 3 = 9.667 USD. 9.9 USDC count 98 %, which is 9.702; as OKB they would count 90 %."""
    driver = holder(USDC="9.9")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("29")))
    assert driver.refuse(convert("OKB", "USDC")) is Reject.MARGIN_INSUFFICIENT
    driver.deposit("BTC", "0.001")
    driver.do(convert("OKB", "USDC"))


def test_coins_that_come_in_repay_a_debt_of_theirs() -> None:
    driver = holder(ADA="4", BTC="0.1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("5")))
    driver.deposit("USDT", "-5")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    events = driver.do(convert("USDT", "ADA"))
    assert repaid(events) == [("USDT", "auto_repay", "1.996", "3.004")]
    assert driver.cash("USDT") == "0"


def test_the_same_coins_in_funding_repay_nothing() -> None:
    driver = holder("funding", ADA="4")
    driver.deposit("BTC", "0.1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("5")))
    driver.deposit("USDT", "-5")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    assert repaid(driver.do(convert("USDT", "ADA", account="funding"))) == []
    assert driver.funding("USDT") == "1.996"


def test_coins_of_a_manual_borrow_that_are_converted_are_no_longer_kept_back() -> None:
    """2 USDC borrowed by hand become BTC; of 3 USDC that come then 2 repay them."""
    driver = holder(BTC="1")
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=True))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("2")))
    driver.do(convert("BTC", "USDC"))
    assert (driver.cash("USDC"), driver.debt("USDC")) == ("0", "2")
    driver.deposit("USDC", "3")
    assert (driver.cash("USDC"), driver.debt("USDC")) == ("1", "0")


def test_a_coin_without_a_price_brings_nothing() -> None:
    driver = holder()
    assert easy_convert.proceeds(driver.state, "DOT", "USDT", atoms("1")) == 0
    assert easy_convert.proceeds(driver.state, "USDC", "DOT", atoms("1")) == 0
