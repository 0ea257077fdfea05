"""One-click repay of multi-currency margin: debts paid at once against the convert desk, trading account first.

Worked by hand: the desk sells at the index and a half-spread of 0.0005, so ETH at 3,000 costs 3,001.5 USDT and BTC at
60,000 costs 60,030.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tallystick.engine import borrow, ledger, modes
from tallystick.engine import commands as c
from tallystick.engine.amounts import unit_of
from tallystick.engine.cross_settings import ChooseCollateral
from tallystick.engine.events import Repaid
from tallystick.engine.rejects import Reject
from tallystick.engine.repay_at_once import RepaidAtOnce, RepayAtOnce
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, of_kind, with_currency


def owing(trading: dict[str, str], debts: dict[str, str], funding: dict[str, str], mode: Any = 3) -> Driver:
    """An account in a mode that owes these coins, which it has borrowed by selling them for USDT that is gone."""
    driver = Driver(NOON_MS + 1)
    for pair, price in (("ETH-USDT", "3000"), ("BTC-USDT", "60000"), ("USDC-USDT", "1")):
        driver.price(pair, price)
        driver.book(pair, [(price, "100000")], [])
    driver.user(USER, SOL="1000")
    driver.price("SOL-USDT", "150")
    driver.do(modes.OpenModes(user_id=USER, modes=(3, 4)))
    driver.do(modes.SwitchMode(user_id=USER, mode=mode))
    for ccy, amount in debts.items():
        sell(driver, f"{ccy}-USDT", amount)
    if held := ledger.cash(driver.state, USER, "USDT"):
        driver.deposit("USDT", "-" + text(held))
    for account, coins in (("trading", trading), ("funding", funding)):
        for ccy, amount in coins.items():
            driver.deposit(ccy, amount, account=account)  # type: ignore[arg-type]
    return driver


def sell(driver: Driver, pair: str, size: str) -> None:
    order = c.PlaceOrder(user_id=USER, instrument=pair, side="sell", kind="market", size=atoms(size), price=0)
    driver.do(order)


def repay(driver: Driver, debts: tuple[str, ...], coin: str) -> list[Any]:
    return driver.do(RepayAtOnce(user_id=USER, debt_ccys=debts, repay_ccy=coin))


def told(events: list[Any]) -> list[tuple[str, str, str, str]]:
    """(debt coin, bought, paid, of that from funding) of each purchase."""
    return [
        (event.debt_ccy, text(event.debt_amount), text(event.repay_amount), text(event.from_funding))
        for event in of_kind(events, RepaidAtOnce)
    ]


def test_two_debts_until_trading_and_then_funding_are_used_up() -> None:
    """ETH: 0.4 x 3,001.5 = 1,200.6, so 200.6 from funding. BTC: 299.4 / 60,030 = 0.0049875 for 299.399625."""
    driver = owing({"USDT": "1000"}, {"ETH": "0.4", "BTC": "0.01"}, {"USDT": "500"})
    events = repay(driver, ("ETH", "BTC"), "USDT")
    assert told(events) == [("ETH", "0.4", "1200.6", "200.6"), ("BTC", "0.0049875", "299.399625", "299.399625")]
    assert [(event.ccy, text(event.amount)) for event in of_kind(events, Repaid)] == [
        ("ETH", "0.4"),
        ("BTC", "0.0049875"),
    ]
    assert (driver.debt("ETH"), driver.debt("BTC")) == ("0", "0.0050125")
    assert (driver.cash("USDT"), driver.funding("USDT")) == ("0", "0.000375")
    assert (driver.cash("ETH"), driver.cash("BTC")) == ("0", "0")


def test_a_debt_for_which_nothing_is_left_fails_and_moves_nothing() -> None:
    """0.4 ETH cost 1,200.6 USDT, all there is."""
    driver = owing({"USDT": "1200.6"}, {"ETH": "0.4", "BTC": "0.01"}, {})
    assert told(repay(driver, ("ETH", "BTC"), "USDT")) == [("ETH", "0.4", "1200.6", "0"), ("BTC", "0", "0", "0")]
    assert driver.debt("BTC") == "0.01"


def test_the_documented_row_of_a_usdc_debt_paid_in_eth() -> None:
    """6950.48654479 USDC at 1613.841 are 4.30679759950949309... ETH, cut at 16 decimals.

    The sample ends in ...4930: binary numbers are 1e-16 below, which is left as it is (decisions/057).
    """
    driver = owing({"ETH": "10", "USDC": "0.51345521"}, {"USDC": "6951"}, {})
    assert driver.debt("USDC") == "6950.48654479"
    spread = c.Setting(table="constants", row="", field="convert_half_spread", value=0)
    driver.do(c.ChangeParameters(settings=(spread,)))
    driver.price("ETH-USDT", "1613.841")
    assert told(repay(driver, ("USDC",), "ETH")) == [("USDC", "6950.48654479", "4.3067975995094931", "0")]
    assert abs(atoms("4.3067975995094931") - atoms("4.306797599509493")) == unit_of(16)


def test_less_than_a_hundred_millionth_stays_owed() -> None:
    driver = owing({"USDT": "5000"}, {"ETH": "0.4"}, {})
    driver.wait(3_600_000)
    owed = ledger.debt(driver.state, USER, "ETH")
    assert owed > atoms("0.4"), "an hour's interest"
    repay(driver, ("ETH",), "USDT")
    assert ledger.debt(driver.state, USER, "ETH") == owed % unit_of(8) > 0


def test_refusals_in_their_order() -> None:
    """Each request has the faults of all later ones too."""
    driver = owing({}, {"ETH": "0.4"}, {})
    off = c.Setting(table="constants", row="", field="repay_enabled", value=False)
    driver.do(c.ChangeParameters(settings=(off,)))
    spot = owing({}, {}, {}, mode=1)
    ask = RepayAtOnce(user_id=USER, debt_ccys=("NOPE",), repay_ccy="NOPE")
    assert spot.refuse(ask) is Reject.OTHER_MODE
    assert driver.refuse(ask) is Reject.UNKNOWN_CCY
    six = ("ETH", "BTC", "SOL", "USDC", "DOGE", "LTC")
    for debts, coin, reject in (
        (("ETH", "NOPE"), "USDT", Reject.UNKNOWN_CCY),
        (six, "ETH", Reject.TOO_MANY_COINS),
        (("ETH", "BTC"), "ETH", Reject.CCY_NOT_CONVERTIBLE),
        (("ETH", "DOGE"), "USDT", Reject.CCY_NOT_CONVERTIBLE),
        (("ETH", "BTC"), "USDT", Reject.NO_DEBT),
        (("ETH",), "USDT", Reject.NOTHING_AVAILABLE),
        (("ETH",), "SOL", Reject.REPAY_OFF),
    ):
        assert driver.refuse(RepayAtOnce(user_id=USER, debt_ccys=debts, repay_ccy=coin)) is reject, (debts, coin)


def test_a_coin_that_is_no_collateral_does_not_pay() -> None:
    driver = owing({"USDC": "100"}, {"ETH": "0.01"}, {})
    state = driver.state
    state.parameters = with_currency("USDC", state.parameters, collateral=False)
    assert driver.refuse(RepayAtOnce(user_id=USER, debt_ccys=("ETH",), repay_ccy="USDC")) is Reject.COIN_NOT_COLLATERAL


def test_a_debt_that_funding_pays_down_to_its_last_coin() -> None:
    """0.4 ETH cost 1,200.6 USDT: 1,000 of trading and all 200.6 of funding. Nothing is left for BTC."""
    driver = owing({"USDT": "1000"}, {"ETH": "0.4", "BTC": "0.01"}, {"USDT": "200.6"})
    events = repay(driver, ("ETH", "BTC"), "USDT")
    assert told(events) == [("ETH", "0.4", "1200.6", "200.6"), ("BTC", "0", "0", "0")]
    assert (driver.debt("ETH"), driver.debt("BTC")) == ("0", "0.01")
    assert (driver.cash("USDT"), driver.funding("USDT"), driver.cash("ETH")) == ("0", "0", "0")


def test_a_debt_that_funding_alone_could_pay_twice() -> None:
    """0.1 ETH cost 300.15 USDT, and 700 - 300.15 = 399.85 stay."""
    driver = owing({}, {"ETH": "0.1"}, {"USDT": "700"})
    assert told(repay(driver, ("ETH",), "USDT")) == [("ETH", "0.1", "300.15", "300.15")]
    assert (driver.debt("ETH"), driver.cash("ETH"), driver.funding("USDT")) == ("0", "0", "399.85")


@pytest.mark.parametrize(
    ("test", "found"),
    [
        (test_two_debts_until_trading_and_then_funding_are_used_up, ledger.InvariantViolation),
        (test_a_debt_that_funding_pays_down_to_its_last_coin, ledger.InvariantViolation),
        (test_a_debt_that_funding_alone_could_pay_twice, AssertionError),
    ],
)
def test_a_planted_second_payment_when_funding_ends_is_found(
    test: Callable[[], None], found: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted repayment buys again where coins of funding paid: below zero (L3), or as a second row."""

    def twice(work: Any, user: Any, ccy: str) -> None:
        honest(work, user, ccy)
        for last in of_kind(work.events, RepaidAtOnce)[-1:]:
            if last.from_funding:
                work.emit(last)
                honest(work, user, ccy)

    honest = borrow.auto_repay
    monkeypatch.setattr(borrow, "auto_repay", twice)
    with pytest.raises(found, match="L3" if found is ledger.InvariantViolation else "300.15"):
        test()


# ---- edges


def test_coins_that_are_just_enough_pay_the_whole_debt() -> None:
    """The documented row again, with 4.3067975995094931 ETH and no more: what they buy back would be 1e-8 less."""
    driver = owing({"ETH": "4.3067975995094931", "USDC": "0.51345521"}, {"USDC": "6951"}, {})
    spread = c.Setting(table="constants", row="", field="convert_half_spread", value=0)
    driver.do(c.ChangeParameters(settings=(spread,)))
    driver.price("ETH-USDT", "1613.841")
    assert told(repay(driver, ("USDC",), "ETH")) == [("USDC", "6950.48654479", "4.3067975995094931", "0")]


def test_of_two_coins_of_one_price_the_debt_is_priced() -> None:
    """USDC at 1 USDT: the half-spread of two stable coins is 0.0002, so 100 USDC cost 100.02 USDT."""
    driver = owing({"USDT": "5000"}, {"USDC": "100"}, {})
    assert told(repay(driver, ("USDC",), "USDT")) == [("USDC", "100", "100.02", "0")]


def test_a_grain_of_a_coin_pays_nothing_and_is_not_refused() -> None:
    """1e-8 USDT buys no 1e-8 ETH: the row has failed, and the grain stays."""
    driver = owing({"USDT": "0.00000001"}, {"ETH": "0.4"}, {})
    assert told(repay(driver, ("ETH",), "USDT")) == [("ETH", "0", "0", "0")]
    assert (driver.debt("ETH"), driver.cash("USDT")) == ("0.4", "0.00000001")


def test_a_repayment_dates_both_coins() -> None:
    driver = owing({"USDT": "5000"}, {"ETH": "0.4"}, {})
    driver.wait(1_000)
    repay(driver, ("ETH",), "USDT")
    user = driver.state.users[USER]
    assert [ledger.changed_at_ms(driver.state, user, ccy) for ccy in ("ETH", "USDT")] == [driver.at_ms] * 2


def test_a_refusal_names_its_coins_and_why() -> None:
    """Five debts are not too many: then the coin that pays, which has no price, is what is wrong."""
    driver = owing({}, {"ETH": "0.4", "BTC": "0.01"}, {})
    five = ("ETH", "BTC", "USDC", "SOL", "USDT")
    for debts, coin, reason, details, facts in (
        (("ETH", "BTC"), "ETH", "ccy_not_convertible/owed", {"ccy": "ETH"}, {"ccy": "ETH"}),
        (five, "DOGE", "ccy_not_convertible/unpriced", {"ccy": "DOGE"}, {"ccy": "DOGE"}),
        (("ETH", "DOGE"), "USDT", "ccy_not_convertible/unpriced", {"ccy": "DOGE"}, {"ccy": "DOGE"}),
        (("ETH", "SOL"), "USDT", "no_debt", {}, {"ccy": "SOL", "owed": "BTC,ETH"}),
        (("ETH",), "USDT", "nothing_available/both", {"ccy": "USDT"}, {"ccy": "USDT"}),
    ):
        no = driver.refusal(RepayAtOnce(user_id=USER, debt_ccys=debts, repay_ccy=coin))
        assert (no.reason, no.details, no.facts) == (reason, details, facts)


def test_in_portfolio_margin_it_is_the_same() -> None:
    driver = owing({"USDT": "5000"}, {"ETH": "0.4"}, {}, mode=4)
    assert told(repay(driver, ("ETH",), "USDT")) == [("ETH", "0.4", "1200.6", "0")]


def test_a_coin_taken_out_of_the_collateral_is_named() -> None:
    driver = owing({"USDC": "100"}, {"ETH": "0.01"}, {})
    driver.do(ChooseCollateral(user_id=USER, ccys=("USDC",), enabled=False))
    no = driver.refusal(RepayAtOnce(user_id=USER, debt_ccys=("ETH",), repay_ccy="USDC"))
    assert (no.reject, no.facts) == (Reject.COIN_NOT_COLLATERAL, {"ccy": "USDC"})


def test_coins_that_are_too_few_buy_what_they_pay_for() -> None:
    """1 ETH at 1,613.841, the dearer coin, buys 1,613.841 of the 6,951 USDC that are owed."""
    driver = owing({"ETH": "1"}, {"USDC": "6951"}, {})
    spread = c.Setting(table="constants", row="", field="convert_half_spread", value=0)
    driver.do(c.ChangeParameters(settings=(spread,)))
    driver.price("ETH-USDT", "1613.841")
    assert told(repay(driver, ("USDC",), "ETH")) == [("USDC", "1613.841", "1", "0")]


def test_the_other_side_is_the_convert_desk() -> None:
    """It takes 1,200.6 USDT, 200.6 of them from funding, and gives 0.4 ETH."""
    driver = owing({"USDT": "1000"}, {"ETH": "0.4"}, {"USDT": "500"})
    repay(driver, ("ETH",), "USDT")
    desk = driver.state.ledger["desk"]
    assert (desk["USDT"], desk["ETH"]) == (atoms("1200.6"), -atoms("0.4"))


def test_the_least_price_and_the_least_amount_are_not_none() -> None:
    driver = owing({}, {"ETH": "0.4"}, {})
    driver.price("DOGE-USDT", "0.000000000000000001")
    assert driver.refuse(RepayAtOnce(user_id=USER, debt_ccys=("ETH",), repay_ccy="DOGE")) is Reject.NOTHING_AVAILABLE
    ledger.post(driver.state, "USDT", (f"trading:{USER}", 1), ("outside", -1))
    assert told(repay(driver, ("ETH",), "USDT")) == [("ETH", "0", "0", "0")]
