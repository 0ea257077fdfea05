"""A bill for every cause, with its type and subType and numbers worked by hand. decisions/018."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from tallystick.contract import bill_types as contract
from tallystick.engine import commands as c
from tallystick.engine import core, transient
from tallystick.engine.events import BalanceAdjusted, DebtCovered, EasyConverted, LiquidationFeeTaken, QuoteTraded
from tallystick.engine.kinds import Account
from tallystick.engine.repay_at_once import RepaidAtOnce
from tallystick.views import bills as views
from tests.engine import test_convert, test_easy_convert, test_loan_risk, test_repay, test_spot_risk
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS, with_currency

Bill = tuple[str, str, str, str]


def bills(driver: Driver, table: str = "account_bills", user: int = USER) -> list[dict[str, Any]]:
    """Oldest first."""
    return [json.loads(row) for row in reversed(driver.table(table, user))]


def trading(driver: Driver, user: int = USER) -> list[Bill]:
    """(type/subType, currency, balChg, bal), oldest first."""
    found = bills(driver, user=user)
    return [(f"{row['type']}/{row['subType']}", row["ccy"], row["balChg"], row["bal"]) for row in found]


def funding(driver: Driver, user: int = USER) -> list[Bill]:
    """(type, currency, balChg, bal), oldest first."""
    return [(row["type"], row["ccy"], row["balChg"], row["bal"]) for row in bills(driver, "asset_bills", user)]


def buyer(**balances: str) -> Driver:
    """BTC at 60,000, offered and bid there; the index says 59,000."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, balances)
    driver.price("BTC-USDT", "59000")
    driver.book("BTC-USDT", [("59990", "5")], [("60000", "5")])
    return driver


def buy(driver: Driver, size: str) -> list[dict[str, Any]]:
    """The bills of a market order."""
    before = len(bills(driver))
    driver.do(
        c.PlaceOrder(
            user_id=USER,
            instrument="BTC-USDT",
            side="buy",
            kind="limit",
            size=atoms(size),
            price=atoms("60000"),
            size_in_quote=False,
            client_order_id="mine",
            tag="desk",
        )
    )
    return bills(driver)[before:]


# ---- between the accounts


def test_coins_from_outside_and_from_one_account_to_the_other() -> None:
    driver = Driver(NOON_MS + 1)
    driver.user(USER)
    driver.deposit("USDT", "100", account="funding")
    driver.deposit("USDT", "-5", account="funding")
    driver.do(
        c.Transfer(user_id=USER, ccy="USDT", amount=atoms("30"), source="funding", target="trading", client_id="first")
    )
    driver.do(
        c.Transfer(user_id=USER, ccy="USDT", amount=atoms("10"), source="trading", target="funding", client_id="")
    )
    driver.deposit("BTC", "2")
    driver.deposit("BTC", "-0.5")
    assert funding(driver) == [
        ("1", "USDT", "100", "100"),
        ("2", "USDT", "-5", "95"),
        ("131", "USDT", "-30", "65"),
        ("130", "USDT", "10", "75"),
    ]
    assert trading(driver) == [
        ("1/11", "USDT", "30", "30"),
        ("1/12", "USDT", "-10", "20"),
        ("1/11", "BTC", "2", "2"),
        ("1/12", "BTC", "-0.5", "1.5"),
    ]
    came, went, deposit, _ = bills(driver)
    names = ("from", "to", "notes", "sz")
    assert [came[name] for name in names] == ["6", "18", "From Funding Account", "30"]
    assert [went[name] for name in names] == ["18", "6", "To Funding Account", "-10"]
    assert [deposit[name] for name in names] == ["", "", "", "2"]
    assert [row["clientId"] for row in bills(driver, "asset_bills")] == ["", "", "first", ""]


def test_between_a_main_account_and_its_sub_accounts_each_side_has_its_own_type() -> None:
    """20 and 21 are the main account's, 22 and 23 a sub-account's; in the trading account it is a plain transfer."""
    main, sub, other = USER, 2, 3
    driver = Driver(NOON_MS + 1)
    driver.user(main)
    for sub_id in (sub, other):
        driver.do(c.CreateUser(user_id=sub_id, name=f"sub{sub_id}", master_id=main))
    driver.do(c.SetTransferOut(user_id=main, sub_ids=(sub,), allowed=True))
    driver.deposit("USDT", "100", account="funding")
    moves: tuple[tuple[int, int, int, str, Account, Account], ...] = (
        (main, main, sub, "60", "funding", "funding"),
        (main, sub, main, "20", "funding", "funding"),
        (sub, sub, main, "5", "funding", "trading"),
        (sub, sub, other, "15", "funding", "funding"),
        (main, main, other, "4", "trading", "trading"),
    )
    for asker, giver, receiver, amt, source, target in moves:
        name = f"by{asker}"
        driver.at_ms += 15 * 86_400_000
        driver.do(
            c.TransferBetween(
                user_id=asker,
                giver_id=giver,
                receiver_id=receiver,
                ccy="USDT",
                amount=atoms(amt),
                source=source,
                target=target,
                counterpart="",
                client_id=name,
            )
        )
    assert funding(driver)[1:] == [("20", "USDT", "-60", "40"), ("21", "USDT", "20", "60")]
    assert funding(driver, sub) == [
        ("23", "USDT", "60", "60"),
        ("22", "USDT", "-20", "40"),
        ("22", "USDT", "-5", "35"),
        ("22", "USDT", "-15", "20"),
    ]
    assert funding(driver, other) == [("23", "USDT", "15", "15")]
    assert trading(driver) == [("1/11", "USDT", "5", "5"), ("1/12", "USDT", "-4", "1")]
    assert trading(driver, other) == [("1/11", "USDT", "4", "4")]
    came, went = bills(driver)
    names = ("from", "to", "notes", "sz")
    assert [came[name] for name in names] == ["6", "18", "", "5"]
    assert [went[name] for name in names] == ["18", "18", "", "-4"]
    # Only who asked sees the id that was given.
    of_sub = bills(driver, "asset_bills", sub)
    assert [row["clientId"] for row in of_sub] == ["", "", "by2", "by2"]
    assert [row["clientId"] for row in bills(driver, "asset_bills")[1:]] == ["by1", "by1"]


# ---- trades


def test_a_trade_leaves_a_bill_for_each_coin_with_the_fee_where_it_was_taken() -> None:
    """0.5 BTC at 60,000 cost 30,000 USDT; the taker's 0.1 % of 0.5 BTC is 0.0005."""
    paid, got = buy(buyer(USDT="50000"), "0.5")
    assert (paid["type"], paid["subType"], paid["ccy"], paid["sz"], paid["fee"]) == ("2", "2", "USDT", "30000", "0")
    assert (paid["balChg"], paid["bal"]) == ("-30000", "20000")
    assert (got["type"], got["subType"], got["ccy"], got["sz"], got["fee"]) == ("2", "1", "BTC", "0.5", "-0.0005")
    assert (got["balChg"], got["bal"]) == ("0.4995", "0.4995")
    for row in (paid, got):
        assert (row["instType"], row["instId"], row["mgnMode"], row["execType"]) == ("SPOT", "BTC-USDT", "cash", "T")
        assert (row["px"], row["fillIdxPx"], row["tradeId"], row["fillTime"]) == ("60000", "59000", "1", row["ts"])
        assert (row["clOrdId"], row["tag"], row["pnl"], row["interest"]) == ("mine", "desk", "0", "0")
        assert row["ordId"].isdigit()
    assert int(got["billId"]) > int(paid["billId"])


def test_both_sides_of_a_trade_have_their_bills_and_the_maker_his_own_order() -> None:
    """The maker sells 0.5 BTC at 59,995: 29,997.5 USDT less 0.08 %, which is 23.998."""
    driver = buyer(USDT="50000")
    driver.user(2, BTC="1")
    driver.do(
        c.PlaceOrder(
            user_id=2,
            instrument="BTC-USDT",
            side="sell",
            kind="limit",
            size=atoms("0.5"),
            price=atoms("59995"),
            size_in_quote=False,
            client_order_id="theirs",
            tag="",
        )
    )
    buy(driver, "0.5")
    gave, got = bills(driver, user=2)[-2:]
    assert (gave["subType"], gave["ccy"], gave["balChg"], gave["clOrdId"]) == ("2", "BTC", "-0.5", "theirs")
    assert (got["subType"], got["ccy"], got["balChg"], got["fee"]) == ("1", "USDT", "29973.502", "-23.998")
    assert (got["execType"], got["tradeId"]) == ("M", bills(driver)[-1]["tradeId"])


def test_an_order_on_credit_first_borrows_and_then_trades() -> None:
    """30,000 USDT are needed and 10,000 there: 20,000 are borrowed, which leaves the equity as it is."""
    driver = buyer(USDT="10000", ETH="100")
    driver.price("ETH-USDT", "3000")
    borrowed, paid, _ = buy(driver, "0.5")
    assert (borrowed["type"], borrowed["subType"], borrowed["sz"]) == ("16", "307", "20000")
    assert (borrowed["balChg"], borrowed["bal"]) == ("0", "10000")
    assert (paid["balChg"], paid["bal"]) == ("-30000", "-20000")


# ---- debts


def test_borrowing_and_repaying_move_coins_and_debt_alike() -> None:
    driver = buyer(BTC="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("500")))
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.deposit("USDT", "-400")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.deposit("USDT", "50")
    assert [(*row, bill["sz"]) for row, bill in zip(trading(driver), bills(driver), strict=True)][1:] == [
        ("16/306", "USDT", "0", "0", "500"),
        ("22/308", "USDT", "0", "0", "100"),
        ("1/12", "USDT", "-400", "-400", "-400"),
        ("1/11", "USDT", "50", "-350", "50"),
        ("22/309", "USDT", "0", "-350", "50"),
    ]


def test_an_hour_of_interest_makes_the_equity_smaller() -> None:
    """50,000 USDT at 7.3 % a year: 0.4166666666666667 in the first hour, 0.4166701388888889 in the second."""
    driver = Driver(NOON_MS + 1, with_currency("USDT", rate_per_year=atoms("0.073")))
    driver.user(USER, BTC="2")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    driver.pass_to(NOON_MS + 2 * 3_600_000)
    assert trading(driver)[-2:] == [
        ("7/9", "USDT", "-0.4166666666666667", "-0.4166666666666667"),
        ("7/9", "USDT", "-0.4166701388888889", "-0.8333368055555556"),
    ]
    newest = bills(driver)[-1]
    assert (newest["interest"], newest["sz"]) == ("-0.4166701388888889", "0.4166701388888889")
    assert newest["ts"] == str(NOON_MS + 2 * 3_600_000)
    assert newest["billId"].startswith(newest["ts"])


def test_a_one_click_repay_is_of_its_own_type_and_its_legs_are_trades() -> None:
    """The partial example: 20 at hand, 0.01 ETH at 2,990 are 29.9 USDT, 29.751243 USDC, 29.721491757 net."""
    driver = test_repay.owing("100", have="20")
    driver.book("ETH-USDT", [("2990", "0.01")], [("3000", "1")])
    before = len(bills(driver))
    test_repay.run(driver, "USDC", "USDC", "ETH")
    assert [(*row, bill["sz"]) for row, bill in zip(trading(driver), bills(driver), strict=True)][before:] == [
        ("29/225", "USDC", "0", "-80", "20"),
        ("2/2", "ETH", "-0.01", "4.99", "0.01"),
        ("2/1", "USDT", "29.8701", "29.8701", "29.9"),
        ("2/2", "USDT", "-29.751243", "0.118857", "29.751243"),
        ("2/1", "USDC", "29.721491757", "-50.278508243", "29.751243"),
        ("29/225", "USDC", "0", "-50.278508243", "29.721491757"),
    ]


# ---- convert


def test_a_convert() -> None:
    """30 USDT at 2932.40104429 are 0.01023052 ETH, cut at 8 decimals."""
    driver = test_convert.trader()
    driver.do(test_convert.take(test_convert.ask(driver, "ETH", "USDT", "buy", "30", "USDT")))
    assert trading(driver)[-2:] == [("27/318", "ETH", "0.01023052", "1.01023052"), ("27/319", "USDT", "-30", "970")]


def test_small_balances_in_either_account() -> None:
    """6 ADA at 0.5 less 0.2 % are 2.994 USDT."""
    driver = test_easy_convert.holder(ADA="6")
    driver.do(test_easy_convert.convert("USDT", "ADA"))
    assert trading(driver)[-2:] == [("28/237", "ADA", "-6", "0"), ("28/236", "USDT", "2.994", "2.994")]
    driver = test_easy_convert.holder("funding", ADA="6")
    driver.do(test_easy_convert.convert("USDT", "ADA", account="funding"))
    assert funding(driver)[-2:] == [("273", "ADA", "-6", "0"), ("272", "USDT", "2.994", "2.994")]
    assert trading(driver) == []


# ---- when it goes wrong


def test_a_liquidation_down_to_the_fund() -> None:
    """All BTC is sold, the debt is repaid by force with 0.1 % of it as a fee, and the fund writes off the rest."""
    driver = test_spot_risk.example()
    before = len(bills(driver))
    test_spot_risk.fall(driver, "20000")
    found = bills(driver)[before:]
    kinds = [f"{row['type']}/{row['subType']}" for row in found]
    assert kinds[:4] == ["5/107", "5/106", "4/16", "5/111"]
    assert set(kinds) == {"5/107", "5/106", "4/16", "5/111", "10/108"}
    sold, raised, repaid, fee = found[:4]
    assert (sold["ccy"], raised["ccy"], sold["ordId"]) == ("BTC", "USDT", raised["ordId"])
    assert Fraction(raised["balChg"]) == Fraction(raised["sz"]) * Fraction(999, 1000)
    assert (repaid["ccy"], repaid["balChg"], fee["balChg"]) == ("USDT", "0", f"-{fee['sz']}")
    assert 0 <= Fraction(fee["sz"]) - Fraction(repaid["sz"]) / 1000 < Fraction(1, 10**18)
    covered = found[-1]
    assert (covered["type"], covered["ccy"], covered["balChg"]) == ("10", "USDT", covered["sz"])
    assert Fraction(covered["bal"]) == Fraction(driver.cash("USDT"))


def test_lenders_who_leave_force_a_sale_of_another_type() -> None:
    """18,000 USDT come back; of a forced repayment the documents show no order id."""
    driver = test_spot_risk.squeezed()
    before = len(bills(driver, user=2))
    driver.do(c.MovePool(ccy="USDT", delta=-atoms("40000")))
    found = bills(driver, user=2)[before:]
    kinds = [f"{row['type']}/{row['subType']}" for row in found]
    assert set(kinds) == {"4/115", "4/114", "4/16"}
    assert {row["ordId"] for row in found} == {""}
    assert found[-1]["sz"] == "18000"


def test_a_flexible_loan_moves_the_funding_account() -> None:
    driver = test_loan_risk.simple_discounts()
    loan_id = test_loan_risk.lend(driver, "USDT", "1000", BTC="0.1")
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("400"), client_order_id="pay"))
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=loan_id, add=False, ccy="BTC", amount=atoms("0.05")))
    assert funding(driver) == [
        ("1", "BTC", "0.1", "0.1"),
        ("212", "BTC", "-0.1", "0"),
        ("217", "USDT", "1000", "1000"),
        ("218", "USDT", "-400", "600"),
        ("215", "BTC", "0.05", "0.05"),
    ]
    assert trading(driver) == []


def test_what_a_forced_sale_of_collateral_leaves_is_released_collateral() -> None:
    """Trace (e): 12,012.0156 USDT gained and 12,012.015 spent; trace (f) leaves 0.0002244 USDT and 0.000000499 SOL."""
    driver = test_loan_risk.simple_discounts()
    test_loan_risk.lend(driver, "ETH", "10", BTC="1")
    stay = -(-atoms("6") * 100 // 95)
    driver.do(c.MovePool(ccy="ETH", delta=stay - driver.parameters.currencies["ETH"].pool))
    assert funding(driver)[-1] == ("215", "USDT", "0.0005604", "0.0005604")

    driver = test_loan_risk.simple_discounts()
    loan_id = test_loan_risk.lend(driver, "SOL", "1000", ETH="20", BTC="0.9", USDC="150000")
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="SOL", amount=atoms("500"), collateral_ccys=("ETH", "BTC")
        )
    )
    assert funding(driver)[-2:] == [
        ("215", "SOL", "0.000000499", "1000.000000499"),
        ("215", "USDT", "0.0002244", "0.0002244"),
    ]


def test_interest_of_a_loan_touches_neither_account() -> None:
    driver = test_loan_risk.simple_discounts()
    test_loan_risk.lend(driver, "USDT", "1000", BTC="0.1")
    before = funding(driver)
    driver.wait(3_600_000)
    assert driver.table("loan_interest")
    assert (funding(driver), trading(driver)) == (before, [])


# ---- numbers


def test_numbers_rise_within_a_millisecond_and_begin_with_the_time() -> None:
    driver = Driver(NOON_MS + 1)
    driver.user(USER)
    for _ in range(3):
        driver.deposit("USDT", "1")
    driver.do(c.Transfer(user_id=USER, ccy="USDT", amount=atoms("1"), source="trading", target="funding", client_id=""))
    numbers = [int(row["billId"]) for row in bills(driver)]
    first = (NOON_MS + 1) * 1_000_000 + 1_000
    assert numbers == [first, first + 1, first + 2, first + 3]
    assert [row["billId"] for row in bills(driver, "asset_bills")] == [str(first + 4)]
    driver.wait(1)
    driver.deposit("USDT", "1")
    assert bills(driver)[-1]["billId"] == str(first + 1_000_000)


def test_an_entry_forgets_what_the_one_before_has_moved() -> None:
    """Folding a long journal keeps the movements of one entry, not of all."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER)
    for _ in range(2):
        driver.deposit("USDT", "1")
    folded = core.new_state(driver.parameters, NOON_MS + 1)
    for stamp, _, events in driver.entries:
        core.fold(folded, stamp, events)
    assert len(transient.of(folded).postings) == 1
    assert core.state_hash(folded) == core.state_hash(driver.state)


def pairs_of(table: Mapping[str, Any]) -> list[Any]:
    """The lines of a table with one for every member of a closed set."""
    return list(table.values())


def test_every_kind_of_bill_is_in_the_list_of_kinds() -> None:
    """Where the direction alone tells, any event will do; a fee of a liquidation is only ever taken."""
    made = {("7", "9")}
    for kind, *details in pairs_of(views.TRADES):
        made |= {(kind, detail) for detail in details}
    made |= {*pairs_of(views.BORROWING), *pairs_of(views.REPAYING)}
    by_direction: tuple[Any, ...] = (BalanceAdjusted, QuoteTraded, EasyConverted, DebtCovered, RepaidAtOnce)
    any_event: Any = None
    for event, change in (*product(by_direction, (1, -1)), (LiquidationFeeTaken, -1)):
        words = views.ACCOUNT_WORDS[event](any_event, change)
        made.add((words["type"], words["subType"]))
    listed = [(row.type, detail.subType) for row in contract.KINDS for detail in row.subTypeDetails]
    assert listed == sorted(made, key=lambda pair: (int(pair[0]), int(pair[1])))
