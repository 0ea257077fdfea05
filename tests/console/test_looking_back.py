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
    expect(dialog).to_contain_text("manual_borrow 50 USDC, owes 150")
    expect(dialog).to_contain_text("manual_borrow 100 USDC, owes 100")
    expect(dialog).to_contain_text("ManualBorrow")
    expect(dialog.get_by_role("row", name=re.compile("^USDC owed"))).to_have_text("USDC owed10015050")
    expect(dialog).to_contain_text("docs/rules/borrowing.md#ways")
    expect(dialog).to_contain_text("docs/decisions/003-borrowing-and-auto-repay.md")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_liquidation_tells_the_price_that_made_it(place: Place) -> None:
    """10,000 USDT on 0.5 BTC: at 20,000 the collateral is worth as much as the debt, so the LTV is 1."""
    place.lend("bob")
    place.control("market/prices", {"prices": {"BTC-USDT": "20000"}})
    page = place.open("activity", user="bob")
    events = page.get_by_role("group", name="Events")
    events.get_by_role("button", name=re.compile("liquidat")).first.click()
    page.get_by_role("button", name=re.compile(r"^Why entry \d+\?")).click()
    about = page.get_by_role("region", name="The chosen row")
    expect(about).to_contain_text("SetPrices")
    expect(about).to_contain_text("BTC-USDT at 20000")
    expect(about.get_by_role("row", name=re.compile("^Index of BTC-USDT"))).to_contain_text("40,00020,000-20,000")
    expect(about.get_by_role("row", name=re.compile("^LTV of loan 1"))).to_contain_text("50.00 %")
    expect(about).to_contain_text("docs/rules/flexible-loans.md#thresholds")
    expect(about).to_contain_text("docs/decisions/011-when-loans-go-wrong.md")


def test_a_loan_tells_its_chain(place: Place) -> None:
    place.lend("bob")
    page = place.open(user="bob")
    page.get_by_role("button", name="Why is loan 1 as it is?").click()
    dialog = page.get_by_role("dialog")
    for text in ("collateral_locked -0.5 BTC", "borrowed 10000 USDT"):
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
    difference = page.get_by_role("table", name="Differences").first
    expect(difference.get_by_role("row", name=re.compile("^DOT in trading"))).to_have_text("DOT in trading5127")
    slide(page, "Entry", seqs[0] - 1)
    expect(then.get_by_role("row", name=re.compile("^DOT in trading"))).to_have_count(0)
    assert place.control("state-hash") == digest


def test_the_slider_goes_by_keys_and_explains_each_entry(place: Place) -> None:
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "5"})
    place.control("users/bob/balance", {"account": "trading", "ccy": "SOL", "amt": "3"})
    newest = seq_of(place)
    page = place.open("past", user="bob")
    why = page.get_by_role("region", name="Why this entry")
    expect(why).to_contain_text(f"Entry {newest} of")
    expect(why).to_contain_text("trading 3 SOL by a control call")
    page.locator("#slider-then").focus()
    page.keyboard.press("ArrowLeft")
    expect(why).to_contain_text(f"Entry {newest - 1} of")
    expect(why).to_contain_text("trading 5 DOT by a control call")
    page.get_by_role("button", name="Entry: one later", exact=True).click()
    expect(why).to_contain_text(f"Entry {newest} of")


def test_before_a_user_was_there_it_says_so(place: Place) -> None:
    place.control("users", {"name": "carol"})
    place.control("users/carol/keys", {"permissions": ["read"]})
    page = place.open("past", user="carol")
    expect(page.get_by_text("carol at 2026-12-01")).to_be_visible()
    slide(page, "Entry", 1)
    expect(page.get_by_role("status")).to_contain_text("there is no user 'carol'")
