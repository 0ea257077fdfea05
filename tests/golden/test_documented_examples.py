"""The golden run: from a stated account and book, the engine gives the documented example rows digit for digit.

Expected rows are the example answers of the five documents, written out here; nothing is computed
from our own output.
"""

from __future__ import annotations

import json

import msgspec

from tallystick.contract import by_name
from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.views import VIEWS, Caller, CommandView
from tests.engine.driver import USER, Driver, atoms
from tests.engine.history import NoHistory

ONE_CLICK_USER = (1 << 25) * 40_000 + 26_238_976
"""The low 25 bits of the documented order ids are 26238976 for both legs: we take them for the account's."""

FIRST_REQUEST_MS = 1_742_192_217_511
SECOND_REQUEST_MS = 1_742_194_481_852

LONG_ROW = {
    "debtCcy": "USDC",
    "fillDebtSz": "9.079631989",
    "ordIdInfo": [
        {
            "cTime": "1742194485439",
            "fillPx": "1",
            "fillSz": "9.088651",
            "instId": "USDC-USDT",
            "ordId": "2338478342062235648",
            "ordType": "ioc",
            "px": "1.0049",
            "side": "buy",
            "state": "filled",
            "sz": "9.0886514537313433",
        },
        {
            "cTime": "1742194482326",
            "fillPx": "83271.9",
            "fillSz": "0.00010969",
            "instId": "BTC-USDT",
            "ordId": "2338478237607288832",
            "ordType": "ioc",
            "px": "82856.7",
            "side": "sell",
            "state": "filled",
            "sz": "0.000109696512171",
        },
    ],
    "repayCcyList": ["USDC", "BTC"],
    "status": "filled",
    "ts": "1742194481852",
}
SHORT_ROW = {
    "debtCcy": "USDC",
    "fillDebtSz": "100",
    "ordIdInfo": [],
    "repayCcyList": ["USDC", "BTC"],
    "status": "filled",
    "ts": "1742192217511",
}


def one_click_account() -> Driver:
    """1 BTC, borrowing on; BTC last traded at 83273.1 with a bid of 83271.9, USDC at 1."""
    driver = Driver(FIRST_REQUEST_MS - 60_000)
    driver.user(ONE_CLICK_USER, BTC="1")
    driver.price("BTC-USDT", "83273.1")
    driver.price("USDC-USDT", "1")
    driver.book("BTC-USDT", [("83271.9", "2")], [("83273.1", "2")])
    driver.book("USDC-USDT", [("0.9999", "5000")], [("1", "5000")])
    return driver


def repay(driver: Driver) -> None:
    driver.do(c.RepayDebt(user_id=ONE_CLICK_USER, debt_ccy="USDC", repay_ccys=("USDC", "BTC")))


def test_both_rows_of_the_one_click_history() -> None:
    driver = one_click_account()
    driver.do(c.ManualBorrow(user_id=ONE_CLICK_USER, ccy="USDC", amount=atoms("100")))
    driver.pass_to(FIRST_REQUEST_MS)
    repay(driver)
    driver.do(c.ManualBorrow(user_id=ONE_CLICK_USER, ccy="USDC", amount=atoms("9.080071")))
    driver.deposit("USDC", "-9.08000136", ONE_CLICK_USER)
    driver.pass_to(SECOND_REQUEST_MS)
    repay(driver)
    running = json.loads(driver.table("one_click_repay", ONE_CLICK_USER)[0])
    assert (running["status"], running["ordIdInfo"], running["fillDebtSz"]) == ("running", [], "0.00006964")
    driver.wait(10_000)
    assert [json.loads(row) for row in driver.table("one_click_repay", ONE_CLICK_USER)] == [LONG_ROW, SHORT_ROW]
    # Key order too: the rows are the document's text without its white space.
    assert driver.table("one_click_repay", ONE_CLICK_USER)[0] == json.dumps(LONG_ROW, separators=(",", ":")).encode()


def test_what_the_documented_run_leaves_behind() -> None:
    """By hand: 0.00010969 x 83271.9 = 9.134094711, less 0.1 % fee, less 9.088651 spent, leaves 0.036309616289."""
    driver = one_click_account()
    driver.do(c.ManualBorrow(user_id=ONE_CLICK_USER, ccy="USDC", amount=atoms("9.080071")))
    driver.deposit("USDC", "-9.08000136", ONE_CLICK_USER)
    driver.pass_to(SECOND_REQUEST_MS)
    repay(driver)
    driver.wait(10_000)
    assert driver.cash("USDT", ONE_CLICK_USER) == "0.036309616289"
    assert driver.cash("BTC", ONE_CLICK_USER) == "0.99989031"
    assert driver.cash("USDC", ONE_CLICK_USER) == "0"
    assert driver.debt("USDC", ONE_CLICK_USER) == "0.000439011"


def test_the_answer_to_the_one_click_post() -> None:
    """The reply's time is 3 ms after the history's."""
    driver = one_click_account()
    driver.do(c.ManualBorrow(user_id=ONE_CLICK_USER, ccy="USDC", amount=atoms("100")))
    driver.pass_to(FIRST_REQUEST_MS)
    row = answer(driver, "one_click_repay_v2", {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}, ONE_CLICK_USER)
    assert row == [{"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"], "ts": "1742192217514"}]


def test_the_loan_history_row() -> None:
    """Command 5086 at 1731659485104: pledging 0.001 DOT more on a loan that is already there."""
    driver = Driver(1_731_659_400_000)
    driver.user(USER)
    driver.deposit("DOT", "10", account="funding")
    driver.price("DOT-USDT", "5")
    driver.price("USDC-USDT", "1")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDC",
            amount=atoms("1"),
            collateral=(("DOT", atoms("1")),),
            client_order_id="loan1",
        )
    )
    driver.pass_to(1_731_659_485_104)
    driver.seq = 5085
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="DOT", amount=atoms("0.001")))
    expected = (
        b'{"amt":"-0.001","ccy":"DOT","refId":"17316594851045086","ts":"1731659485000","type":"collateral_locked"}'
    )
    assert driver.table("loan_history")[0] == expected


def test_the_convert_quote_trade_and_history_rows() -> None:
    """30 USDT at 2932.40104429: 0.01023052 ETH. The quote is index 2930.9355765 plus half a spread of 0.05 %."""
    driver = Driver(1_646_188_510_000)
    driver.user(USER, USDT="30")
    driver.price("ETH-USDT", "2930.93557650")
    driver.pass_to(1_646_188_510_461)
    driver.seq = 2380
    quote = answer(
        driver,
        "convert_estimate_quote",
        {"baseCcy": "ETH", "quoteCcy": "USDT", "side": "buy", "rfqSz": "30", "rfqSzCcy": "USDT"},
    )
    assert quote == [
        {
            "baseCcy": "ETH",
            "baseSz": "0.01023052",
            "clQReqId": "",
            "cnvtPx": "2932.40104429",
            "origRfqSz": "30",
            "quoteCcy": "USDT",
            "quoteId": "quoterETH-USDT16461885104612381",
            "quoteSz": "30",
            "quoteTime": "1646188510461",
            "rfqSz": "30",
            "rfqSzCcy": "USDT",
            "side": "buy",
            "ttlMs": "10000",
        }
    ]
    driver.pass_to(1_646_188_520_338)
    driver.seq = 11_436
    trade = answer(
        driver,
        "convert_trade",
        {
            "quoteId": "quoterETH-USDT16461885104612381",
            "baseCcy": "ETH",
            "quoteCcy": "USDT",
            "side": "buy",
            "sz": "30",
            "szCcy": "USDT",
        },
    )
    assert trade == [
        {
            "baseCcy": "ETH",
            "clTReqId": "",
            "fillBaseSz": "0.01023052",
            "fillPx": "2932.40104429",
            "fillQuoteSz": "30",
            "instId": "ETH-USDT",
            "quoteCcy": "USDT",
            "quoteId": "quoterETH-USDT16461885104612381",
            "side": "buy",
            "state": "fullyFilled",
            "tradeId": "trader16461885203381437",
            "ts": "1646188520338",
        }
    ]
    assert json.loads(driver.table("convert")[0]) == {
        "clTReqId": "",
        "instId": "ETH-USDT",
        "side": "buy",
        "fillPx": "2932.401044",
        "baseCcy": "ETH",
        "quoteCcy": "USDT",
        "fillBaseSz": "0.01023052",
        "state": "fullyFilled",
        "tradeId": "trader16461885203381437",
        "fillQuoteSz": "30",
        "ts": "1646188520000",
    }


def test_the_auto_repay_answer() -> None:
    driver = Driver()
    driver.user(USER)
    assert answer(driver, "set_auto_repay", {"autoRepay": True}) == [{"autoRepay": True}]
    assert driver.state.users[USER].auto_repay


def answer(driver: Driver, endpoint: str, request: dict[str, object], user_id: int = USER) -> list[object]:
    """Send a request through the view and back, without bytes and network."""
    view = VIEWS[endpoint]
    assert isinstance(view, CommandView)
    record = msgspec.convert(request, by_name[endpoint].request)
    caller = Caller(user_id, driver.at_ms, NoHistory())
    events = driver.do(view.command(record, caller, driver.state))
    rows = view.reply(record, core.Stamp(driver.seq, driver.at_ms), events, driver.state)
    return [json.loads(msgspec.json.encode(row)) for row in rows]
