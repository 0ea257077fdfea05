"""A stranger's story, told by the page alone: a debt on credit, a fall, a warning, a repayment, a liquidation and why.

By hand, at 40,000 with what alice is seeded with (1 BTC, 5 ETH, 2,500 USDT): 3 BTC on credit cost about 120,000 USDT.
A fall of 30 per cent to 28,000 costs 4 BTC x 12,000 = 48,000 of the 59,500 USD she is worth, which leaves about 11,500
USD for 118,000 owed; a ratio of 3 asks for more. A fall by another 8 per cent takes 9,000 of it, and liquidates. 4 BTC
at 28,000 pay 112,000 USDT and 5 ETH at 3,000 the rest.
"""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.console.place import Place


def send(page: Page, opens: str, form: str, verb: str) -> None:
    """Open a form over the page, send it as it stands, and close it."""
    page.get_by_role("button", name=opens, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("form", name=form)).to_be_visible()
    dialog.get_by_role("button", name=verb, exact=True).click()
    expect(dialog.locator(".said.good")).to_be_visible()
    page.keyboard.press("Escape")


def test_debt_fall_warning_repayment(place: Place) -> None:
    page = place.open(user="alice")
    debts = page.get_by_role("table", name="Debts in Spot mode")
    expect(debts.get_by_role("row", name=re.compile("^USDT"))).to_contain_text("500")
    send(page, "Buy 3 BTC on credit", "Buy or sell", "Send the order")
    expect(debts.get_by_role("row", name=re.compile("^USDT"))).to_contain_text("118,")
    send(page, "Let BTC fall by 30 %", "Crash", "Crash")
    warned = page.locator("[data-stat='margin ratio'].warned")
    expect(warned).to_be_visible()
    told = page.get_by_role("table", name="Warnings and liquidations")
    expect(told.get_by_role("row").nth(1)).to_contain_text("warning at margin ratio 2.")
    send(page, "Repay USDT", "One-click repay", "One-click repay")
    place.control("clock/advance", {"by": "1m"})
    expect(debts.get_by_role("row", name=re.compile("^USDT"))).to_have_count(0)
    expect(warned).to_have_count(0)


def test_debt_fall_liquidation_and_why_in_chinese(place: Place) -> None:
    page = place.open(user="alice", language="zh")
    send(page, "借币买入 3 BTC", "买卖", "下单")
    send(page, "让 BTC 下跌 30 %", "暴跌", "暴跌")
    told = page.get_by_role("table", name="预警与强平")
    expect(told.get_by_role("row").nth(1)).to_contain_text("预警，保证金率 2.")
    page.get_by_role("button", name="让 BTC 下跌 30 %").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("跌幅（%）").fill("8")
    expect(dialog.get_by_label("交易对").locator("option")).not_to_have_count(1)
    dialog.get_by_role("button", name="暴跌", exact=True).click()
    page.keyboard.press("Escape")
    begins = told.get_by_role("row", name=re.compile("强平开始"))
    begins.get_by_role("button").click()
    why = page.get_by_role("dialog")
    expect(why).to_contain_text("BTC-USDT 的价格设为 257")
    expect(why).to_contain_text("强平过程。账户被冻结")
    expect(why.get_by_role("link", name="订单如何借币，交易账户出现风险时会怎样？")).to_be_visible()


def test_who_shuts_the_first_steps_has_them_shut(place: Place) -> None:
    page = place.open(user="alice")
    buy = page.get_by_role("button", name="Buy 3 BTC on credit")
    expect(buy).to_be_visible()
    page.get_by_text("First steps").click()
    expect(buy).to_be_hidden()
    page.wait_for_function("localStorage.getItem('tallystick.steps') === 'closed'")
    page.reload()
    expect(page.get_by_role("table", name="Balances")).to_be_visible()
    expect(page.get_by_role("button", name="Buy 3 BTC on credit")).to_be_hidden()
    page.get_by_text("First steps").click()
    page.wait_for_function("localStorage.getItem('tallystick.steps') === ''")
