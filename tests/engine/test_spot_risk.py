"""The ladder of a trading account in trouble, and lenders who leave (docs/rules/liquidation.md, decisions/012)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, gauge, ledger, margin, rates
from tallystick.engine.amounts import ONE
from tallystick.engine.events import (
    DebtCovered,
    LiquidationEnded,
    LiquidationFeeTaken,
    LiquidationStarted,
    OrderClosed,
    OrderPlaced,
    Repaid,
    RepayEnded,
    SpotWarned,
)
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, of_kind, with_currency, with_tiers

OTHER = 2


def example(parameters: Parameters | None = None) -> Driver:
    """1.999 BTC at 60,000, 50,000 USDT owed and spent; mgnRatio 64.32, by tiers that ask 3 % 43.57."""
    driver = Driver(NOON_MS + 1, parameters)
    driver.user(USER, BTC="1.999")
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    driver.price("USDC-USDT", "1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    driver.deposit("USDT", "-50000")
    return driver


def spend(driver: Driver, ccy: str, amount: str) -> None:
    """Take coins away past every check of margin."""
    ledger.post(driver.state, ccy, (f"trading:{USER}", -atoms(amount)), ("outside", atoms(amount)))
    ledger.spend_exempt(driver.state.users[USER], ccy, atoms(amount))


def fall(driver: Driver, price: str, instrument: str = "BTC-USDT") -> list[Any]:
    return driver.do(c.SetPrices(prices=((instrument, atoms(price)),)))


def names(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


def forced(events: list[Any]) -> list[tuple[str, str, str]]:
    return [(e.instrument, e.side, e.category) for e in of_kind(events, OrderPlaced)]


# ---- warning


def test_the_worked_price_of_the_warning() -> None:
    """The ratio reaches 3 at 27,896.60 by tiers that ask 3 %."""
    driver = example(with_tiers("USDT", "3500000"))
    assert names(fall(driver, "27896.7")) == ["PriceHeld"]
    (warned,) = of_kind(fall(driver, "27896.5"), SpotWarned)
    assert text(warned.ratio).startswith("2.99987")


def test_the_price_of_the_warning_by_the_packaged_tiers() -> None:
    """2 % and the fee: 50,000 x (1 + 3 x 0.021) / 1.95902 = 27,130.91. At 27,130.8: 3,149.779816 / 1,050."""
    driver = example()
    assert names(fall(driver, "27131")) == ["PriceHeld"]
    (warned,) = of_kind(fall(driver, "27130.8"), SpotWarned)
    assert text(warned.ratio).startswith("2.999790")


def with_a_sale_far_above() -> Driver:
    """0.5 of the BTC on offer at 100,000: a gain that does not count, and a fee of 50 that does."""
    driver = example()
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.5"), price=atoms("100000")
        )
    )
    return driver


def test_the_fee_of_an_open_order_warns_earlier() -> None:
    """50,000 x (1 + 3 x 0.021) + 50 = 53,200, / 1.95902 = 27,156.44."""
    driver = with_a_sale_far_above()
    assert of_kind(fall(driver, "27157"), SpotWarned) == []
    assert len(of_kind(fall(driver, "27156"), SpotWarned)) == 1


def test_the_fee_of_an_open_order_liquidates_earlier() -> None:
    """51,050 + 50 = 51,100, / 1.95902 = 26,084.47; 26,058.95 without it."""
    driver = with_a_sale_far_above()
    assert of_kind(fall(driver, "26085"), LiquidationStarted) == []
    assert len(of_kind(fall(driver, "26084"), LiquidationStarted)) == 1


def test_a_warning_comes_at_most_once_an_hour() -> None:
    driver = example()
    fall(driver, "27000")
    fall(driver, "26900")
    assert len(all_of(driver, SpotWarned)) == 1
    driver.wait(HOUR_MS - 1)
    assert len(all_of(driver, SpotWarned)) == 1
    driver.wait(1)
    fall(driver, "26950")
    assert len(all_of(driver, SpotWarned)) == 2


# ---- liquidation


@pytest.mark.parametrize(("off", "liquidated"), [(-1, True), (0, True), (1, False)])
def test_liquidation_at_one_to_the_last_digit(off: int, liquidated: bool) -> None:
    """3.1 % of a debt of 1,000 asks 31 (mmr 3 %, fee 0.1 %): at 31 USD of adjEq it is due, an atom over not."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, USDT="1031")
    driver.price("USDC-USDT", "1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("1000")))
    spend(driver, "USDC", "1000")
    ledger.post(driver.state, "USDT", (f"trading:{USER}", off), ("outside", -off))
    assert (margin.adjusted_equity(driver.state, USER), margin.needed_margin(driver.state, USER)) == (
        atoms("31") + off,
        atoms("31"),
    )
    events = fall(driver, "50000")
    assert bool(of_kind(events, LiquidationStarted)) is liquidated


def test_the_worked_price_of_the_liquidation() -> None:
    """At 26,314.18 the ratio is 1 by tiers that ask 3 %."""
    begins_between(example(with_tiers("USDT", "3500000")), "26314.3", "26314.1")


def test_the_price_of_the_liquidation_by_the_packaged_tiers() -> None:
    """2 % and the fee: 50,000 x 1.021 / 1.95902 = 26,058.95."""
    begins_between(example(), "26059", "26058.9")


def begins_between(driver: Driver, above: str, below: str) -> None:
    """Above nothing is sold, below a fifth of the debt, which lifts the ratio over 1.2."""
    assert of_kind(fall(driver, above), LiquidationStarted) == []
    events = fall(driver, below)
    assert names(events)[:2] == ["PriceHeld", "LiquidationStarted"]
    assert names(events)[-1] == "LiquidationEnded"
    assert forced(events) == [("BTC-USDT", "sell", "full_liquidation")]
    (repaid,) = of_kind(events, Repaid)
    assert (repaid.kind, text(repaid.amount), text(repaid.debt_after)) == ("forced_repay", "10000", "40000")
    assert [(fee.ccy, text(fee.amount)) for fee in of_kind(events, LiquidationFeeTaken)] == [("USDT", "10")]
    ratio = margin.margin_ratio(driver.state, USER)
    assert ratio is not None
    assert ratio > atoms("1.2")
    assert not driver.state.users[USER].liquidating
    assert b'"type":"auto_repay"' in driver.table("spot_borrow_repay")[0]


def test_forced_orders_stay_within_a_hundredth_of_the_index() -> None:
    driver = example()
    events = fall(driver, "26000")
    for placed in of_kind(events, OrderPlaced):
        assert (placed.kind, placed.beyond) == ("ioc", 0)
        assert text(placed.price) == "25740"


def test_every_order_goes_and_a_running_repay_ends() -> None:
    """O11: the run ends where it stands; a second account is left alone."""
    driver = example()
    driver.user(OTHER, USDT="100000")
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.1"), price=atoms("90000")
        )
    )
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("10000")
        )
    )
    driver.do(
        c.PlaceOrder(
            user_id=OTHER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("10000")
        )
    )
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDT", repay_ccys=("BTC",)))
    events = fall(driver, "26000")
    assert [event.cause for event in of_kind(events, OrderClosed)][:2] == ["risk", "risk"]
    assert len(of_kind(events, RepayEnded)) == 1
    assert [order.user_id for order in driver.state.orders.values()] == [OTHER]
    driver.wait(60_000)
    assert driver.state.runs == {}


def test_the_same_coin_then_usdt_then_the_best_discount() -> None:
    """USDC is owed: first USDC, then USDT, then USDC's equals by rate: BTC (0.98) before DOGE (0.9)."""
    driver = Driver(NOON_MS + 1, replace(load_parameters(), spot_liquidation_slice=ONE))
    driver.user(USER, BTC="0.01", DOGE="2000", USDT="100", USDC="50")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    driver.price("DOGE-USDT", "1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("2000")))
    spend(driver, "USDC", "2000")
    fall(driver, "0.45", "DOGE-USDT")
    fall(driver, "0.42", "DOGE-USDT")
    fall(driver, "0.4", "DOGE-USDT")
    # adjEq 588 + 720 + 100 + 50 - 2,000 is under any margin
    events = [event for _, _, found in driver.entries for event in found]
    assert [(row[0], row[1]) for row in forced(events)][:4] == [
        ("USDC-USDT", "buy"),
        ("BTC-USDT", "sell"),
        ("USDC-USDT", "buy"),
        ("DOGE-USDT", "sell"),
    ]
    assert text(of_kind(events, Repaid)[0].amount) == "49.950049950049950049"  # 50 / 1.001, the rest is the fee


def test_what_is_left_when_everything_is_sold_is_paid_by_the_fund() -> None:
    driver = example()
    before = driver.state.ledger["insurance"]["USDT"]
    events = fall(driver, "20000")
    (covered,) = of_kind(events, DebtCovered)
    assert driver.debt("USDT") == "0"
    assert atoms(driver.cash("BTC")) < atoms("0.00001")
    fees = sum(event.amount for event in of_kind(events, LiquidationFeeTaken))
    assert driver.state.ledger["insurance"]["USDT"] == before + fees - covered.amount
    assert (covered.own, covered.insurance, covered.bad_debt) == (covered.amount, 0, 0)
    assert b'"accBorrowed":"0"' in driver.table("spot_borrow_repay")[0]


def test_nobody_keeps_coins_because_a_lot_is_too_large() -> None:
    """40 DOT are owed where 100 are the least order. At 7.4 they are 296 USDT, of the 300 that are there: the fund gets
    those and pays, and is none the poorer; the user keeps 4."""
    parameters = load_parameters()
    pair = replace(parameters.instruments["DOT-USDT"], lot=atoms("100"), min_size=atoms("100"))
    driver = Driver(NOON_MS + 1, replace(parameters, instruments={**parameters.instruments, "DOT-USDT": pair}))
    driver.user(USER, USDT="300")
    driver.price("DOT-USDT", "5")
    driver.do(c.ManualBorrow(user_id=USER, ccy="DOT", amount=atoms("40")))
    spend(driver, "DOT", "40")
    before = driver.state.ledger["insurance"]["USDT"]
    (covered,) = of_kind(fall(driver, "7.4", "DOT-USDT"), DebtCovered)
    assert (text(covered.amount), text(covered.insurance), covered.bad_debt) == ("40", "296", 0)
    assert (driver.debt("DOT"), driver.cash("USDT")) == ("0", "4")
    assert driver.state.ledger["insurance"]["USDT"] == before


def test_what_the_fund_lacks_is_bad_debt() -> None:
    driver = Driver(NOON_MS + 1, replace(load_parameters(), insurance_fund=atoms("10")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("50000")))
    spend(driver, "USDC", "50000")
    events = fall(driver, "20000")
    (covered,) = of_kind(events, DebtCovered)
    given = of_kind(events, LiquidationFeeTaken)[-1]
    assert given.ccy == "USDT"
    assert 0 < given.amount < atoms("1.01")  # less than an order of 1 USDC
    assert covered.insurance == atoms("10") + given.amount
    assert covered.bad_debt > 0
    assert driver.state.ledger["bad_debt"]["USDT"] == -covered.bad_debt
    assert "USDT" not in driver.state.ledger["insurance"]


def test_an_account_the_book_cannot_pay_out_stays_frozen_until_it_can() -> None:
    """No bid within 1 %: nothing is sold, nothing is covered, and the account is closed for all but paying in."""
    driver = example()
    driver.book("BTC-USDT", [("20000", "10")], [("30000", "10")])
    events = fall(driver, "26000")
    assert of_kind(events, Repaid) == []
    assert driver.state.users[USER].liquidating
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.1"), price=atoms("30000")
    )
    for command in (
        order,
        c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=1),
        c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1")),
        c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.1"), source="trading", target="funding"),
        c.RepayDebt(user_id=USER, debt_ccy="USDT", repay_ccys=("BTC",)),
        c.SetLeverage(user_id=USER, ccy="USDT", leverage=atoms("5")),
        c.TradeQuote(
            user_id=USER, quote_id="x", base_ccy="BTC", quote_ccy="USDT", side="sell", size=atoms("0.1"), size_ccy="BTC"
        ),
        c.EasyConvert(user_id=USER, account="trading", source_ccys=("BTC",), target_ccy="USDT"),
    ):
        assert driver.refuse(command) is Reject.IN_LIQUIDATION
    assert driver.state.users[USER].liquidating
    driver.deposit("USDT", "100")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("50")))
    driver.book("BTC-USDT", [("25990", "10")], [("26010", "10")])
    events = fall(driver, "25999")
    assert of_kind(events, LiquidationEnded)
    driver.do(order)


def test_a_frozen_account_that_recovers_by_itself_is_let_go() -> None:
    driver = example()
    driver.book("BTC-USDT", [("20000", "10")], [("30000", "10")])
    fall(driver, "26000")
    assert names(fall(driver, "40000"))[-1] == "LiquidationEnded"
    assert driver.debt("USDT") == "50000"


def test_nobody_is_judged_without_a_price() -> None:
    """F13: a coin of the account has lost its price; the account waits for the next one."""
    driver = example()
    driver.do(c.MoveMarket(instruments=("SOL-USDT",), prices=(atoms("100"),)))
    driver.deposit("SOL", "1")
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=1000),))
    )
    driver.wait(1001)
    assert names(fall(driver, "20000")) == ["PriceHeld"]
    assert of_kind(fall(driver, "100", "SOL-USDT"), LiquidationStarted)


def test_the_lowest_ratio_goes_first() -> None:
    driver = example()
    driver.user(OTHER, BTC="1.99")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("50000")))
    driver.deposit("USDT", "-50000", OTHER)
    started = of_kind(fall(driver, "26000"), LiquidationStarted)
    assert [event.user_id for event in started] == [OTHER, USER]


def test_a_liquidation_ends_also_where_each_slice_costs_more_than_it_helps() -> None:
    """USDC owed, USDT at hand: every purchase loses the bound and the fees, and still it stops."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, USDT="51000")
    driver.price("USDC-USDT", "1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("50000")))
    spend(driver, "USDC", "50000")
    driver.book("USDC-USDT", [("0.999", "1000000")], [("1.0099", "1000000")])
    events = fall(driver, "1.003", "USDC-USDT")
    assert of_kind(events, LiquidationStarted)
    assert driver.debt("USDC") == "0" or not driver.state.users[USER].liquidating
    assert len(of_kind(events, OrderPlaced)) <= 8


# ---- orders that would borrow


def test_orders_that_would_borrow_are_cancelled_under_the_initial_margin() -> None:
    """adjEq < imr, ratio still above 1: the order that needs credit goes, the covered one stays."""
    driver = example()
    driver.deposit("USDT", "100")
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms("10000")
        )
    )
    borrowing = driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("10000")
        )
    )[0]
    covered = driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.1"), price=atoms("90000")
        )
    )[0]
    events = fall(driver, "33900")
    assert [(event.order_id, event.cause) for event in of_kind(events, OrderClosed)] == [(borrowing.order_id, "risk")]
    assert covered.order_id in driver.state.orders
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1"))) is Reject.MARGIN_INSUFFICIENT


def test_orders_that_would_borrow_stay_at_exactly_the_initial_margin() -> None:
    """0.98 x 40,000 - 29,400 = 9,800, a third of the debt. Fees are left out; the order at 30,000 would gain."""
    driver = Driver(NOON_MS + 1, replace(load_parameters(), taker_fee=0, maker_fee=0))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("29400")))
    spend(driver, "USDT", "29400")
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.001"), price=atoms("30000")
        )
    )
    assert names(fall(driver, "40000")) == ["PriceHeld"]
    (closed,) = of_kind(fall(driver, "39999.9"), OrderClosed)
    assert closed.cause == "risk"


def test_orders_that_would_borrow_are_cancelled_before_they_could_be_liquidated() -> None:
    """Without a debt: adjEq under what the possible borrowing asks."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("10"), price=atoms("12000")
        )
    )
    assert driver.state.orders
    # 10 at 12,000 may borrow 120,000 and ask 40,000, and their fee is 120: 41,000 x 0.98 carries it, 40,900 does not
    assert of_kind(fall(driver, "41000"), OrderClosed) == []
    (gone,) = of_kind(fall(driver, "40900"), OrderClosed)
    assert gone.cause == "risk"


# ---- lenders


@pytest.mark.parametrize(
    ("usage", "level"),
    [("0", 0), ("0.8999", 0), ("0.9", 1), ("0.93", 2), ("0.95", 3), ("0.97", 4), ("0.9999", 4), ("1", 5), ("1.5", 5)],
)
def test_the_gauge(usage: str, level: int) -> None:
    assert gauge.reading(atoms(usage)) == level


def squeezed() -> Driver:
    """A pool of 100,000 USDT: 30,000 and 20,000 lent in Spot mode, 25,000 as a loan of the second user."""
    driver = Driver(NOON_MS + 1, with_currency("USDT", pool=atoms("100000")))
    for user, debt in ((USER, "30000"), (OTHER, "20000")):
        driver.user(user, BTC="2")
        driver.price("BTC-USDT", "60000")
        driver.do(c.ManualBorrow(user_id=user, ccy="USDT", amount=atoms(debt)))
        driver.deposit("USDT", f"-{debt}", user)
    driver.deposit("BTC", "2", OTHER, "funding")
    driver.do(
        c.BorrowLoan(
            user_id=OTHER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("25000"),
            collateral=(("BTC", atoms("2")),),
            client_order_id="a",
        )
    )
    return driver


def test_lenders_who_leave_are_paid_by_the_largest_borrower_spot_debt_first() -> None:
    """40,000 of 100,000 are asked back, 25,000 are there: 60,000 remain, 57,000 may be lent, 18,000 come back.
    The second user owes 45,000 in all; his spot debt of 20,000 gives all of it, at the taker's fee and no other."""
    driver = squeezed()
    events = driver.do(c.MovePool(ccy="USDT", delta=-atoms("40000")))
    repaid = of_kind(events, Repaid)
    assert [(e.user_id, e.kind, text(e.amount)) for e in repaid] == [(OTHER, "forced_repay", "18000")]
    assert forced(events) == [("BTC-USDT", "sell", "twap")]
    assert of_kind(events, LiquidationFeeTaken) == []
    assert driver.state.redemptions == {}
    assert text(rates.usage(driver.state, "USDT")) == "0.95"
    assert driver.debt("USDT", USER) == "30000"


def test_after_the_spot_debt_come_the_loans_and_then_the_next_borrower() -> None:
    """90,000 asked back: 10,000 remain, 9,500 may be lent. 65,500 come back, 45,000 of them from the second user."""
    driver = squeezed()
    driver.do(c.MovePool(ccy="USDT", delta=-atoms("90000")))
    assert driver.debt("USDT", OTHER) == "0"
    assert driver.state.loans == {}
    assert driver.debt("USDT", USER) == "9500"


def test_lenders_who_could_not_be_paid_are_paid_when_the_book_allows() -> None:
    driver = squeezed()
    driver.book("BTC-USDT", [("50000", "10")], [("70000", "10")])
    driver.do(c.MovePool(ccy="USDT", delta=-atoms("90000")))
    assert driver.state.loans == {}
    assert text(driver.state.redemptions["USDT"]) == "40000"  # 65,000 less the loan, which needs no book
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1"))) is Reject.POOL_EXHAUSTED
    driver.book("BTC-USDT", [("59990", "10")], [("60010", "10")])
    fall(driver, "59999")
    assert driver.state.redemptions == {}


def test_orders_that_would_borrow_the_coin_are_cancelled() -> None:
    driver = squeezed()
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms("10000")
        )
    )
    (gone,) = [
        e for e in of_kind(driver.do(c.MovePool(ccy="USDT", delta=-atoms("40000"))), OrderClosed) if e.kind == "limit"
    ]
    assert gone.cause == "cap"


# ---- always


def test_replay_of_a_crash_gives_the_same_state() -> None:
    driver = squeezed()
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("50000")
        )
    )
    for price in ("40000", "30000", "16000", "15500", "15000", "9000", "5000"):
        fall(driver, price)
        driver.wait(HOUR_MS)
    assert all_of(driver, LiquidationStarted)
    again = core.new_state(driver.parameters, NOON_MS + 1)
    for stamp, _, events in driver.entries:
        core.fold(again, stamp, events)
    assert core.state_hash(again) == core.state_hash(driver.state)
