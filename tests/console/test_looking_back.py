"""Why, and look back: chains of events with their entries, rules and decisions, and the account as it was."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.console.place import Place


def seq_of(place: Place) -> int:
    found: int = place.control("state-hash")["seq"]
    return found


def slide(page: Page, label: str, seq: int) -> None:
    page.get_by_label(label, exact=True).last.fill(str(seq))


def test_a_debt_tells_why(place: Place) -> None:
    """alice owes 100 USDC from the start and borrows 50 more."""
    borrow = {"ccy": "USDC", "side": "borrow", "amt": "50"}
    place.as_user("alice", "/api/v5/account/spot-manual-borrow-repay", borrow)
    page = place.open(user="alice")
    page.get_by_role("button", name="Why does this account owe USDC?").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("borrowed 50 USDC, owes 150")
    expect(dialog).to_contain_text("borrowed 100 USDC, owes 100")
    expect(dialog.get_by_text("borrow 50 USDC by hand alice")).to_be_visible()
    expect(dialog.get_by_role("row", name=re.compile("^USDC owed"))).to_have_text("USDC owed10015050")
    expect(dialog).to_contain_text("docs/rules/borrowing.md#ways")
    expect(dialog).to_contain_text("docs/decisions/003-borrowing-and-auto-repay.md")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_rule_and_a_decision_open_from_the_console_itself(place: Place) -> None:
    page = place.open(user="alice")
    page.get_by_role("button", name="Why does this account owe USDC?").click()
    dialog = page.get_by_role("dialog")
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="docs/rules/borrowing.md#ways").click()
    rule = opened.value
    expect(rule.locator("h1")).to_have_text("Borrowing in the trading account")
    assert rule.url == f"{place.console.url}/manual/rules/borrowing#ways"
    expect(rule.locator("#ways")).to_be_in_viewport()
    rule.get_by_role("link", name="borrow in spot mode").first.click()
    expect(rule.locator("h1")).to_have_text("Sources")
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="What the record does not say about manual borrowing and auto repay").click()
    expect(opened.value.locator("h1")).to_contain_text("003")
    assert {host for host in place.hosts if host != place.console.url.removeprefix("http://")} == set()


def test_in_chinese_the_chain_its_rules_and_decisions_are_chinese(place: Place) -> None:
    page = place.open(user="alice", language="zh")
    page.get_by_role("button", name="为什么欠 USDC？").click()
    dialog = page.get_by_role("dialog")
    for text in (
        "借入 100 USDC，共欠 100",
        "由订单 · 每次成交时",
        "文档：现货模式借币、历史、账单。自定：012。",
        "自定",
    ):
        expect(dialog).to_contain_text(text)
    expect(dialog.get_by_role("link", name="关于手动借币和自动还币，公开资料没有说明什么")).to_be_visible()
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="docs/rules/borrowing.md#ways").click()
    rule = opened.value
    assert rule.url == f"{place.console.url}/manual/zh/rules/borrowing#ways"
    expect(rule.locator("h1")).to_have_text("交易账户中的借币")
    expect(rule.locator("#ways")).to_be_in_viewport()
    expect(rule.get_by_role("cell", name="由自动还币偿还")).to_be_visible()
    rule.get_by_role("link", name="英文原文").first.click()
    expect(rule.locator("h1")).to_have_text("Borrowing in the trading account")
    rule.get_by_role("link", name="此页规则的中文").click()
    expect(rule.locator("h1")).to_have_text("交易账户中的借币")
    rule.get_by_role("link", name="003", exact=True).first.click()
    expect(rule.get_by_text("（此页只有英文）")).to_be_visible()
    events = place.open("activity", user="alice", language="zh").get_by_role("group", name="事件")
    expect(events).to_contain_text("借入 100 USDC，共欠 100")


def test_a_liquidation_tells_the_price_that_made_it(place: Place) -> None:
    """10,000 USDT on 0.5 BTC: at 20,000 the collateral is worth as much as the debt, so the LTV is 1."""
    place.lend("bob")
    place.control("market/prices", {"prices": {"BTC-USDT": "20000"}})
    page = place.open("activity", user="bob")
    events = page.get_by_role("group", name="Events")
    events.get_by_role("button", name=re.compile("liquidat")).first.click()
    page.get_by_role("button", name=re.compile(r"^Why entry \d+\?")).click()
    about = page.get_by_role("region", name="The chosen row")
    expect(about.get_by_text("set prices: BTC-USDT 20000")).to_be_visible()
    expect(about).to_contain_text("price of BTC-USDT is set to 20000")
    expect(about.get_by_role("row", name=re.compile("^Index of BTC-USDT"))).to_contain_text("40,00020,000-20,000")
    expect(about.get_by_role("row", name=re.compile("^LTV of loan 1"))).to_contain_text("50.00 %")
    expect(about).to_contain_text("docs/rules/flexible-loans.md#thresholds")
    expect(about).to_contain_text("docs/decisions/011-when-loans-go-wrong.md")


def test_a_loan_tells_its_chain(place: Place) -> None:
    place.lend("bob")
    page = place.open(user="bob")
    page.get_by_role("button", name="Why is loan 1 as it is?").click()
    dialog = page.get_by_role("dialog")
    for text in ("loan: 0.5 BTC locked as collateral", "loan: 10000 USDT borrowed"):
        expect(dialog.get_by_role("table").first).to_contain_text(text)


def test_the_account_is_shown_as_it_was(place: Place) -> None:
    """bob gets 5 DOT, then 7 more."""
    seqs = []
    for amt in ("5", "7"):
        place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": amt})
        seqs.append(seq_of(place))
    digest = place.control("state-hash")
    page = place.open("past", user="bob")
    then = page.get_by_role("table", name="The account then")
    expect(then.get_by_role("row", name=re.compile("^DOT in trading"))).to_have_text("DOT in trading12")
    slide(page, "Entry", seqs[0])
    expect(then.get_by_role("row", name=re.compile("^DOT in trading"))).to_have_text("DOT in trading5")
    slide(page, "Compare with entry", seqs[1])
    difference = page.get_by_role("table", name="Differences").first
    expect(difference.get_by_role("row", name=re.compile("^DOT in trading"))).to_have_text("DOT in trading5127")
    slide(page, "Entry", seqs[0] - 1)
    expect(then.get_by_role("row", name=re.compile("^DOT in trading"))).to_have_count(0)
    assert place.control("state-hash") == digest


def test_it_begins_with_what_the_last_hour_changed(place: Place) -> None:
    """bob has 5 DOT for two hours when he gets 7 more: an hour ago he had 5."""
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "5"})
    place.control("clock/advance", {"by": "2h"})
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "7"})
    page = place.open("past", user="bob")
    difference = page.get_by_role("table", name="Differences").first
    expect(difference.get_by_role("row", name=re.compile("^DOT in trading"))).to_have_text("DOT in trading5127")


def test_without_an_hour_it_begins_with_what_changed_since_the_start(place: Place) -> None:
    """Everything happens at the instant of the start, so the newest entry is held against the one before."""
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "5"})
    page = place.open("past", user="bob")
    difference = page.get_by_role("table", name="Differences").first
    expect(difference.get_by_role("row", name=re.compile("^DOT in trading"))).to_have_text("DOT in trading–55")


def test_the_slider_goes_by_keys_and_explains_each_entry(place: Place) -> None:
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "5"})
    place.control("users/bob/balance", {"account": "trading", "ccy": "SOL", "amt": "3"})
    newest = seq_of(place)
    page = place.open("past", user="bob")
    why = page.get_by_role("region", name="Why this entry")
    expect(why).to_contain_text(f"Entry {newest} of")
    expect(why).to_contain_text("3 SOL put into trading by a control call")
    page.locator("#slider-then").focus()
    page.keyboard.press("ArrowLeft")
    expect(why).to_contain_text(f"Entry {newest - 1} of")
    expect(why).to_contain_text("5 DOT put into trading by a control call")
    page.get_by_role("button", name="Entry: one later", exact=True).click()
    expect(why).to_contain_text(f"Entry {newest} of")


def test_before_a_user_was_there_it_says_so(place: Place) -> None:
    place.control("users", {"name": "carol"})
    place.control("users/carol/keys", {"permissions": ["read"]})
    page = place.open("past", user="carol")
    expect(page.get_by_text("carol at 2026-12-01")).to_be_visible()
    slide(page, "Entry", 1)
    expect(page.get_by_role("status")).to_contain_text("there is no user 'carol'")
