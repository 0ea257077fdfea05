"""One-click repay beyond the documented rows (those stand in tests/golden). Numbers by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine.events import Repaid
from tallystick.engine.rejects import Reject
from tallystick.engine.repay_sizes import bound
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, repaid, with_currency

FIRST_LEG_MS = 474
NEXT_LEG_MS = 3113
DEEP = [("1", "100000")]


def owing(
    debt: str = "100", ccy: str = "USDC", *, at_ms: int = NOON_MS + 1, have: str = "0", parameters: Any = None
) -> Driver:
    """5 ETH at 3,000, a debt, and `have` left of the coin owed. USDC-USDT shows 100,000 at 1 and at 0.9999."""
    driver = Driver(at_ms, parameters)
    driver.user(USER, ETH="5")
    for pair, price in (("ETH-USDT", "3000"), ("USDC-USDT", "1"), ("DOT-USDT", "5"), ("BTC-USDT", "60000")):
        driver.price(pair, price)
    driver.book("USDC-USDT", [("0.9999", "100000")], DEEP)
    driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(debt)))
    if debt != have:
        driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=atoms(have) - atoms(debt)))
    return driver


def run(driver: Driver, debt_ccy: str, *coins: str) -> dict[str, Any]:
    """Request, wait for the end, and the history row."""
    driver.do(c.RepayDebt(user_id=USER, debt_ccy=debt_ccy, repay_ccys=coins))
    driver.wait(60_000)
    assert driver.state.runs == {}
    return row(driver)


def row(driver: Driver) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(driver.table("one_click_repay")[0])
    return found


def legs(found: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """(pair, side, filled size, fill price, state), oldest first."""
    return [
        (leg["instId"], leg["side"], leg["fillSz"], leg["fillPx"], leg["state"]) for leg in reversed(found["ordIdInfo"])
    ]


# ---- worked runs


def test_the_partial_example() -> None:
    """100 owed, 20 at hand; of ETH only 0.01 at 2,990 is bid: 29.9 USDT, 29.751243 USDC, 29.721491757 after the fee."""
    driver = owing("100", have="20")
    driver.book("ETH-USDT", [("2990", "0.01")], [("3000", "1")])
    found = run(driver, "USDC", "USDC", "ETH")
    assert (found["status"], found["fillDebtSz"]) == ("filled", "49.721491757")
    assert legs(found) == [
        ("ETH-USDT", "sell", "0.01", "2990", "canceled"),
        ("USDC-USDT", "buy", "29.751243", "1", "filled"),
    ]
    buy, sell = found["ordIdInfo"]
    assert buy["sz"] == "29.7512437810945274"
    assert sell["sz"].startswith("0.026827")
    assert driver.debt("USDC") == "50.278508243"
    # 29.9 less 0.0299 of fee less 29.751243 spent
    assert (driver.cash("USDT"), driver.cash("ETH"), driver.cash("USDC")) == ("0.118857", "4.99", "0")
    assert [text(event.amount) for event in all_of(driver, Repaid)] == ["20", "29.721491757"]
    assert {event.kind for event in all_of(driver, Repaid)} == {"one_click_repay"}
    rows = [json.loads(row) for row in driver.table("spot_borrow_repay")]
    assert [(row["type"], row["amt"]) for row in rows[:2]] == [("manual_repay", "29.721491757"), ("manual_repay", "20")]


def test_two_coins_are_sold_before_the_one_buy() -> None:
    """Target 100.100101. ETH gives 29.9; 70.200101 / 4.974 = 14.1134099316445517 DOT, of which lots of 14.113409 fill
    at 4.99 for 70.42591091. (29.9 + 70.42591091) / 1.005 = 99.8267770248756219 to buy; net of 99.826777: 99.726950223.
    """
    driver = owing("100")
    driver.deposit("DOT", "50")
    driver.book("ETH-USDT", [("2990", "0.01")], [("3000", "1")])
    driver.book("DOT-USDT", [("4.99", "1000")], [("5", "1000")])
    found = run(driver, "USDC", "ETH", "DOT")
    assert legs(found) == [
        ("ETH-USDT", "sell", "0.01", "2990", "canceled"),
        ("DOT-USDT", "sell", "14.113409", "4.99", "filled"),
        ("USDC-USDT", "buy", "99.826777", "1", "filled"),
    ]
    assert [leg["sz"] for leg in found["ordIdInfo"]] == [
        "99.8267770248756219",
        "14.1134099316445517",
        "0.0335344845376366",
    ]
    assert found["fillDebtSz"] == "99.726950223"
    assert driver.debt("USDC") == "0.273049777"


def test_a_later_coin_is_left_alone_when_the_earlier_ones_suffice() -> None:
    driver = owing("100")
    driver.deposit("DOT", "50")
    driver.book("ETH-USDT", [("2999", "10")], [("3000", "10")])
    found = run(driver, "USDC", "ETH", "DOT")
    assert [leg[0] for leg in legs(found)] == ["ETH-USDT", "USDC-USDT"]
    assert driver.cash("DOT") == "50"


def test_legs_keep_the_documented_pace() -> None:
    driver = owing("100")
    driver.book("ETH-USDT", [("2999", "10")], [("3000", "10")])
    asked_ms = driver.at_ms
    found = run(driver, "USDC", "ETH")
    times = [int(leg["cTime"]) - asked_ms for leg in reversed(found["ordIdInfo"])]
    assert times == [FIRST_LEG_MS, FIRST_LEG_MS + NEXT_LEG_MS]
    assert int(found["ts"]) == asked_ms


def test_the_transit_coin_itself_pays_without_a_sale() -> None:
    """N = 100 / 0.999 up to the lot = 100.100101 USDC at 1; net 100.000000899, of which 100 were owed."""
    driver = owing("100")
    driver.deposit("USDT", "200")
    found = run(driver, "USDC", "USDT")
    assert legs(found) == [("USDC-USDT", "buy", "100.100101", "1", "filled")]
    assert (found["fillDebtSz"], driver.debt("USDC")) == ("100", "0")
    assert (driver.cash("USDT"), driver.cash("USDC")) == ("99.899899", "0.000000899")


def test_a_debt_in_the_transit_coin_is_repaid_by_the_sale_itself() -> None:
    """1,000 / 0.999 = 1,001.001...002 at 59,699.9 are 0.0167672140322011 BTC; 0.01676721 at 60,000 bring 1,006.0326,
    net 1,005.0265674: 1,000 repay and 5.0265674 stay."""
    driver = owing("1000", "USDT")
    driver.deposit("BTC", "1")
    driver.book("BTC-USDT", [("60000", "5")], [("60001", "5")])
    found = run(driver, "USDT", "BTC")
    assert legs(found) == [("BTC-USDT", "sell", "0.01676721", "60000", "filled")]
    assert found["ordIdInfo"][0]["sz"] == "0.0167672140322011"
    assert found["ordIdInfo"][0]["px"] == "59699.9"
    assert (found["fillDebtSz"], driver.debt("USDT"), driver.cash("USDT")) == ("1000", "0", "5.0265674")


def test_the_coin_itself_pays_all_without_an_order() -> None:
    driver = owing("100", have="100")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("USDC", "ETH")))
    assert driver.state.runs == {}
    assert row(driver) == {
        "debtCcy": "USDC",
        "fillDebtSz": "100",
        "ordIdInfo": [],
        "repayCcyList": ["USDC", "ETH"],
        "status": "filled",
        "ts": str(driver.at_ms),
    }


def test_the_coin_itself_alone_pays_what_it_can() -> None:
    driver = owing("100", have="40")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("USDC",)))
    assert (row(driver)["status"], row(driver)["fillDebtSz"], driver.debt("USDC")) == ("filled", "40", "60")


def test_a_coin_with_less_than_an_order_to_give_is_passed_over() -> None:
    """100.100101 / 59,699.9 are 0.0016767 BTC; with a least size of 0.01 BTC the next coin pays."""
    parameters = load_parameters()
    coarse = replace(parameters.instruments["BTC-USDT"], min_size=atoms("0.01"))
    parameters = replace(parameters, instruments={**parameters.instruments, "BTC-USDT": coarse})
    driver = owing("100", parameters=parameters)
    driver.deposit("BTC", "0.5")
    found = run(driver, "USDC", "BTC", "ETH")
    assert [leg[0] for leg in legs(found)] == ["ETH-USDT", "USDC-USDT"]
    assert driver.cash("BTC") == "0.5"


# ---- failure


def test_nothing_filled_is_failed() -> None:
    driver = owing("100")
    driver.book("ETH-USDT", [], [("3000", "1")])
    found = run(driver, "USDC", "ETH")
    assert (found["status"], found["fillDebtSz"]) == ("failed", "0")
    assert legs(found) == [("ETH-USDT", "sell", "0", "", "canceled")]
    assert (driver.cash("ETH"), driver.debt("USDC")) == ("5", "100")


def test_a_sale_without_a_purchase_is_failed_and_keeps_the_proceeds() -> None:
    """No USDC on offer: 0.033534 ETH bring 100.602 USDT, which stay the user's."""
    driver = owing("100")
    driver.book("ETH-USDT", [("3000", "10")], [("3001", "1")])
    driver.book("USDC-USDT", [("0.9999", "1")], [])
    found = run(driver, "USDC", "ETH")
    assert (found["status"], found["fillDebtSz"]) == ("failed", "0")
    assert legs(found) == [
        ("ETH-USDT", "sell", "0.033534", "3000", "filled"),
        ("USDC-USDT", "buy", "0", "", "canceled"),
    ]
    # 0.033534 x 3000 = 100.602, fee 0.100602
    assert (driver.cash("USDT"), driver.debt("USDC")) == ("100.501398", "100")


def test_coins_gone_by_the_time_of_the_leg_fail_the_run() -> None:
    driver = owing("100")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.deposit("USDC", "100000")  # keeps the account sound while the ETH leave
    driver.do(c.Transfer(user_id=USER, ccy="ETH", amount=atoms("5"), source="trading", target="funding"))
    driver.wait(10_000)
    found = row(driver)
    assert (found["status"], found["ordIdInfo"], driver.debt("USDC")) == ("failed", [], "100")


# ---- bounds


@pytest.mark.parametrize(
    ("reference", "rate", "tick", "expected"),
    [
        ("1", "1.005", "0.0001", "1.0049"),
        ("83273.1", "0.995", "0.1", "82856.7"),
        ("3000", "0.995", "0.01", "2984.99"),
        ("3000.01", "0.995", "0.01", "2985"),
        ("0.999", "1.005", "0.0001", "1.0039"),
    ],
)
def test_a_bound_is_the_largest_tick_strictly_below(reference: str, rate: str, tick: str, expected: str) -> None:
    assert text(bound(atoms(reference), atoms(rate), atoms(tick))) == expected


@pytest.mark.parametrize(("bid", "sold"), [("2984.99", "0.0335344845376366"), ("2984.98", "0")])
def test_a_sale_at_its_bound_fills_and_a_tick_below_does_not(bid: str, sold: str) -> None:
    driver = owing("100")
    driver.book("ETH-USDT", [(bid, "10")], [("3000", "10")])
    found = run(driver, "USDC", "ETH")
    assert legs(found)[0][2] == sold[:8] if sold != "0" else legs(found) == [("ETH-USDT", "sell", "0", "", "canceled")]


@pytest.mark.parametrize(("ask", "status"), [("1.0049", "filled"), ("1.005", "failed")])
def test_a_purchase_at_its_bound_fills_and_a_tick_above_does_not(ask: str, status: str) -> None:
    driver = owing("100")
    driver.deposit("USDT", "200")
    driver.book("USDC-USDT", [("0.9999", "100000")], [(ask, "100000")])
    found = run(driver, "USDC", "USDT")
    assert found["status"] == status
    assert legs(found)[0][3] == (ask if status == "filled" else "")


def test_the_purchase_spends_only_what_the_sale_brought_after_its_fee() -> None:
    """29.9 USDT gross are 29.8701 net. At 1.0049 they buy 29.72445 USDC, not 29.751243, though other USDT lie there."""
    driver = owing("80")
    driver.deposit("USDT", "500")
    driver.book("ETH-USDT", [("2990", "0.01")], [("3000", "1")])
    driver.book("USDC-USDT", [("0.9999", "1000")], [("1.0049", "1000")])
    found = run(driver, "USDC", "ETH")
    assert legs(found)[1] == ("USDC-USDT", "buy", "29.72445", "1.0049", "canceled")
    # 29.72445 x 1.0049 = 29.869999805 of 29.8701 spent
    assert driver.cash("USDT") == "500.000000195"
    assert found["fillDebtSz"] == "29.69472555"


def test_legs_take_from_the_house_what_others_then_miss() -> None:
    driver = owing("100")
    driver.user(2, ETH="1")
    driver.book("ETH-USDT", [("2999", "0.04"), ("2990", "0.5")], [("3000", "1")])
    run(driver, "USDC", "ETH")
    taken = driver.state.markets["ETH-USDT"].taken_bids
    assert taken == {str(atoms("2999")): atoms("0.033534")}
    driver.do(
        c.PlaceOrder(user_id=2, instrument="ETH-USDT", side="sell", kind="ioc", size=atoms("0.01"), price=atoms("2990"))
    )
    # 0.006466 x 2,999 + 0.003534 x 2,990 = 19.391534 + 10.56666, less 0.1 %
    assert driver.cash("USDT", 2) == "29.928235806"


# ---- between the legs


def test_interest_between_two_legs_remains() -> None:
    """The hour strikes after the sale. 100 at 1 % cost 0.0001141552511416; the target was fixed at the request."""
    driver = owing("100", at_ms=NOON_MS + HOUR_MS - 1000)
    driver.book("ETH-USDT", [("2999", "10")], [("3000", "10")])
    found = run(driver, "USDC", "ETH")
    assert [leg[4] for leg in legs(found)] == ["filled", "filled"]
    # 0.033534 x 2,999 = 100.568466; / 1.005 = 100.06812537 USDC, to the lot 100.068125, less 0.1 %
    assert found["fillDebtSz"] == "99.968056875"
    assert driver.debt("USDC") == "0.0320572802511416"


def test_a_debt_that_is_gone_ends_the_run_where_it_stands() -> None:
    driver = owing("100")
    driver.book("ETH-USDT", [("2999", "10")], [("3000", "10")])
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(FIRST_LEG_MS)
    proceeds = driver.cash("USDT")
    driver.deposit("USDC", "150")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDC", amount=atoms("150")))
    driver.wait(NEXT_LEG_MS)
    found = row(driver)
    assert (found["status"], found["fillDebtSz"], len(found["ordIdInfo"])) == ("failed", "0", 1)
    assert (driver.cash("USDT"), driver.cash("USDC")) == (proceeds, "50")


def test_a_debt_partly_repaid_meanwhile_is_never_overpaid() -> None:
    driver = owing("100")
    driver.book("ETH-USDT", [("3000", "10")], [("3001", "10")])
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(FIRST_LEG_MS)
    driver.deposit("USDC", "70")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDC", amount=atoms("70")))
    driver.wait(NEXT_LEG_MS)
    assert (row(driver)["fillDebtSz"], driver.debt("USDC")) == ("30", "0")
    # 30 / 0.999 = 30.03003003..., to the lot
    assert legs(row(driver))[1] == ("USDC-USDT", "buy", "30.030031", "1", "filled")
    assert driver.cash("USDC") == "0.000000969"


def test_auto_repay_switched_on_between_the_legs_leaves_the_raised_coins() -> None:
    """USDT are owed too. What the run raised is kept for it; what is left at the end repays."""
    driver = owing("100")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    driver.deposit("USDT", "-40")
    driver.book("ETH-USDT", [("3000", "10")], [("3001", "10")])
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(FIRST_LEG_MS)
    assert driver.cash("USDT") == "100.501398"
    assert repaid(driver.do(c.SetAutoRepay(user_id=USER, enabled=True))) == []
    assert repaid(driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("5")))) == [
        ("USDT", "auto_repay", "5", "35")
    ]
    driver.wait(NEXT_LEG_MS)
    # 100.602 / 1.005 = 100.1014925..., and N is 100.100101: 100.501398 - 100.100101 = 0.401297 are left
    assert repaid(driver.entries[-1][2]) == [
        ("USDC", "one_click_repay", "100", "0"),
        ("USDT", "auto_repay", "0.401297", "34.598703"),
    ]
    assert driver.cash("USDC") == "0.000000899"


def test_a_run_that_moves_nothing_lets_idle_coins_lie() -> None:
    """5 own USDT lie beside borrowed ones; a run in USDC that its own coin pays frees nothing of them."""
    driver = owing("100", have="100")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    driver.deposit("USDT", "5")
    driver.state.users[USER].auto_repay = True
    assert repaid(driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("USDC", "ETH")))) == [
        ("USDC", "one_click_repay", "100", "0")
    ]
    assert driver.cash("USDT") == "45"


def test_a_leg_that_meets_an_own_order_frees_its_coins_to_auto_repay() -> None:
    driver = owing("100")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("60")))
    driver.deposit("USDT", "-60")
    driver.deposit("USDT", "29.9")
    driver.book("ETH-USDT", [("2980", "10")], [("3005", "10")])
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="ETH-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms("2990")
        )
    )
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(FIRST_LEG_MS)
    assert driver.state.orders == {}
    assert repaid(driver.entries[-1][2]) == [("USDT", "auto_repay", "29.9", "30.1")]


def test_an_account_in_trouble_can_still_repay_with_one_click() -> None:
    """5 ETH fall to 22: adjusted equity 107.8 - 100 is under 33.3 of imr; selling ETH helps, so it is allowed."""
    driver = owing("100")
    driver.price("ETH-USDT", "22")
    driver.book("ETH-USDT", [("22", "100")], [("22.01", "100")])
    found = run(driver, "USDC", "ETH")
    assert found["status"] == "filled"
    assert float(driver.debt("USDC")) < 1


@pytest.mark.parametrize(
    ("usdt", "sold", "status"),
    [("100133.93", [], "failed"), ("100133.94", ["BTC-USDT", "USDC-USDT"], "filled")],
)
def test_a_coin_that_is_owed_itself_is_sold_only_as_far_as_the_margin_allows(
    usdt: str, sold: list[str], status: str
) -> None:
    """1 BTC lies there, 2 are owed, and 100 USDC. What is sold of the BTC is owed all the same, at its full value.

    The margin is (120,000 + 100) / 3 = 40,033.3333... The equity is the USDT less 60,000 less 100, so that 100,133.3333
    USDT just carry it. The sale for 100.100101 USDT asks for 100.100101 / 59,699.9 = 0.0016767214316942 BTC. They are
    worth 100.6032859 and bring, at the bound and after the fee, 100.0000009: the equity falls by 0.603285. With
    0.596667 to spare it is not made; with 0.606667 it is.
    """
    driver = Driver(NOON_MS + 1)
    driver.user(USER, USDT="200000")
    for pair, price in (("USDC-USDT", "1"), ("BTC-USDT", "60000")):
        driver.price(pair, price)
    driver.book("USDC-USDT", [("0.9999", "100000")], DEEP)
    driver.book("BTC-USDT", [("60000", "5")], [("60001", "5")])
    for ccy, owed, spent in (("BTC", "2", "1"), ("USDC", "100", "100")):
        driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(owed)))
        driver.deposit(ccy, f"-{spent}")
    driver.deposit("USDT", text(atoms(usdt) - atoms("200000")))
    found = run(driver, "USDC", "BTC")
    assert ([leg[0] for leg in legs(found)], found["status"]) == (sold, status)
    assert driver.debt("BTC") == "2"


# ---- refusals


def test_a_second_run_is_refused_and_changes_nothing() -> None:
    driver = owing("100")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",))) is Reject.RUN_IN_PROGRESS
    driver.wait(60_000)
    assert row(driver)["status"] == "filled"
    assert len(driver.table("one_click_repay")) == 1


def test_refusals_in_their_order() -> None:
    """Everything is wrong at once; each line mends one thing and meets the next refusal."""
    parameters = with_currency("LTC", collateral=False)
    pairs = {name: row for name, row in parameters.instruments.items() if name != "DOT-USDT"}
    bridged = replace(parameters.instruments["DOT-USDT"], instrument="DOT-USDC", quote_ccy="USDC")
    parameters = replace(parameters, instruments={**pairs, "DOT-USDC": bridged}, repay_enabled=False)
    driver = Driver(NOON_MS + 1, parameters)
    six = ("LTC", "BTC", "SOL", "OKB", "ADA", "DOT")
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="NONE", repay_ccys=six)) is Reject.UNKNOWN_USER
    driver.user(USER, BTC="1", LTC="0.001")
    for pair, price in (("BTC-USDT", "60000"), ("USDC-USDT", "1"), ("DOT-USDC", "5"), ("LTC-USDT", "60")):
        driver.price(pair, price)
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="NONE", repay_ccys=six)) is Reject.UNKNOWN_CCY
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=(*six[:5], "NONE"))) is Reject.UNKNOWN_CCY
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=six)) is Reject.NO_DEBT
    driver.do(c.ManualBorrow(user_id=USER, ccy="DOT", amount=atoms("100")))
    set_number(driver, "currencies", "DOT", "borrowable", False)
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=six)) is Reject.DEBT_NOT_BORROWABLE
    set_number(driver, "currencies", "DOT", "borrowable", True)
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=six)) is Reject.TOO_MANY_COINS
    assert (
        driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("LTC", "BTC", "DOT")))
        is Reject.DEBT_COIN_NOT_FIRST
    )
    assert (
        driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT", "LTC", "BTC")))
        is Reject.COIN_IS_DUST
    )
    driver.deposit("LTC", "1")
    assert (
        driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT", "LTC", "BTC")))
        is Reject.COIN_NOT_COLLATERAL
    )
    # DOT can be had for USDC only: where the coins at hand do not do, nothing else repays it
    driver.deposit("DOT", "-99.9")
    assert (
        driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT", "BTC"))) is Reject.COIN_UNSUPPORTED
    )
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT",))) is Reject.BELOW_MIN_REPAYMENT
    driver.deposit("DOT", "0.1")
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT",))) is Reject.REPAY_OFF
    set_number(driver, "constants", "", "repay_enabled", True)
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT",)))
    assert driver.debt("DOT") == "99.8"


def set_number(driver: Driver, table: str, row: str, field: str, value: c.SettingValue) -> None:
    driver.do(c.ChangeParameters(settings=(c.Setting(table=table, row=row, field=field, value=value),)))


def test_a_coin_nobody_can_sell_is_not_supported() -> None:
    """Without a pair it has no price either and counts as dust, so the minimum is off here."""
    parameters = load_parameters()
    pairs = {name: row for name, row in parameters.instruments.items() if name != "SOL-USDT"}
    driver = owing("100", parameters=replace(parameters, instruments=pairs, repay_min_usd=0))
    driver.deposit("SOL", "1")
    assert (
        driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("SOL", "ETH"))) is Reject.COIN_UNSUPPORTED
    )


def test_a_run_in_progress_is_said_when_all_else_is_well() -> None:
    driver = owing("100")
    driver.do(c.ManualBorrow(user_id=USER, ccy="DOT", amount=atoms("10")))
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="BTC", repay_ccys=("ETH",))) is Reject.NO_DEBT
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT", "ETH"))) is Reject.RUN_IN_PROGRESS
    set_number(driver, "constants", "", "repay_enabled", False)
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT", "ETH"))) is Reject.RUN_IN_PROGRESS
    driver.wait(60_000)
    assert row(driver)["status"] == "filled"  # what is under way goes on
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT", "ETH"))) is Reject.REPAY_OFF


def test_a_debt_under_the_minimum_can_be_paid_by_its_own_coin() -> None:
    driver = owing("1")
    driver.deposit("USDC", "0.6")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDC", amount=atoms("0.6")))
    driver.deposit("USDC", "0.4")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("USDC",)))
    assert driver.debt("USDC") == "0"


def test_the_debt_coin_may_stand_anywhere_when_it_has_no_balance() -> None:
    driver = owing("100")
    found = run(driver, "USDC", "ETH", "USDC")
    assert found["status"] == "filled"


def test_five_coins_are_allowed() -> None:
    driver = owing("100", parameters=replace(load_parameters(), repay_min_usd=0))
    found = run(driver, "USDC", "USDC", "ETH", "DOT", "BTC", "USDT")
    assert found["status"] == "filled"


def test_a_debt_coin_below_one_tick_is_not_bought_without_a_limit() -> None:
    """DOGE at a tenth of its tick: no price lies within the bound, so it cannot be bought, whatever the book asks."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, ETH="5")
    driver.price("ETH-USDT", "3000")
    driver.price("DOGE-USDT", "0.1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="DOGE", amount=atoms("1000")))
    driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="DOGE", delta=-atoms("1000")))
    driver.deposit("USDT", "1000")
    driver.price("DOGE-USDT", "0.0000001")
    assert driver.refuse(c.RepayDebt(user_id=USER, debt_ccy="DOGE", repay_ccys=("USDT",))) is Reject.COIN_UNSUPPORTED
    driver.deposit("DOGE", "10")
    driver.price("DOGE-USDT", "0.1")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="DOGE", repay_ccys=("DOGE", "USDT")))
    driver.price("DOGE-USDT", "0.0000001")
    driver.wait(60_000)
    assert (driver.cash("USDT"), row(driver)["status"], row(driver)["ordIdInfo"]) == ("1000", "filled", [])


def test_a_debt_coin_whose_price_is_lost_between_the_legs_is_not_bought() -> None:
    """Below one tick there is no last trade either; when the price then grows old nothing is left to reckon with."""
    driver = owing("100")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(FIRST_LEG_MS)
    driver.price("USDC-USDT", "0.00000001")
    driver.do(c.ReleaseMarket(instrument="USDC-USDT"))
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=1_000),))
    )
    driver.wait(NEXT_LEG_MS)
    found = row(driver)
    assert (found["status"], found["fillDebtSz"]) == ("failed", "0")
    assert [leg["instId"] for leg in found["ordIdInfo"]] == ["ETH-USDT"]
    assert driver.debt("USDC") == "100"
