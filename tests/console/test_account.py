"""The page of an account: what is owed and held, and how near the lines are, in both languages and widths."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.console.place import NARROW, WIDE, Place


def test_alice_owes_what_she_was_seeded_with(place: Place) -> None:
    """alice owes 100 USDC and 500 USDT from the start on."""
    page = place.open(user="alice")
    debts = page.get_by_role("table", name="Debts in Spot mode")
    expect(debts.get_by_role("row", name=re.compile("USDC"))).to_contain_text("100")
    expect(debts.get_by_role("row", name=re.compile("USDT"))).to_contain_text("500")
    expect(page.locator("[data-stat=debt] .figure")).to_have_text("600")


def test_a_balance_that_changes_is_on_the_page(place: Place) -> None:
    page = place.open(user="bob")
    row = page.get_by_role("table", name="Balances").get_by_role("row", name=re.compile("^DOT"))
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "12345.678"})
    expect(row).to_contain_text("12,345.678")


def test_a_loan_stands_against_its_lines(place: Place) -> None:
    """0.5 BTC at 40,000 back 10,000 USDT: LTV 0.5. At 23,000 they are worth 11,500: LTV 0.8695, above the warning."""
    place.lend("bob")
    page = place.open(user="bob")
    loan = page.locator("[data-loan]")
    expect(loan).to_contain_text("10,000 USDT against 0.5 BTC")
    expect(loan.locator(".ltv")).to_contain_text("LTV 50.00 %")
    expect(loan.locator(".ltv")).to_contain_text("below the warning")
    place.control("market/prices", {"prices": {"BTC-USDT": "23000"}})
    expect(loan.locator(".ltv")).to_contain_text("LTV 86.95 %")
    expect(loan.locator(".ltv")).to_contain_text("margin call")


def test_a_loan_is_repaid_from_its_card(place: Place) -> None:
    """The form has all that is owed; without interest yet it closes the loan, and the collateral comes back."""
    place.lend("bob")
    page = place.open(user="bob")
    page.get_by_role("button", name="Repay loan 1").click()
    dialog = page.get_by_role("dialog", name="Repay loan 1")
    expect(dialog.get_by_label("Amount")).to_have_value("10000")
    page.keyboard.press("Enter")
    expect(dialog.locator(".said")).to_contain_text("Done.")
    page.keyboard.press("Escape")
    expect(page.get_by_text("bob has no flexible loan.")).to_be_visible()
    focused = "document.getElementById('view').contains(document.activeElement)"
    assert page.evaluate(focused), "the keyboard goes on from here"


def test_the_form_of_a_loan_has_the_number_of_the_newest_and_keeps_what_is_typed(place: Place) -> None:
    page = place.open(user="bob")
    form = page.get_by_role("form", name="Repay a flexible loan")
    number = form.get_by_label("Number of the loan")
    expect(number).to_have_value("")
    place.lend("bob")
    expect(number).to_have_value(re.compile(r"^\d{15,}$"))
    opened = number.input_value()
    form.get_by_label("Amount").fill("10000")
    form.get_by_role("button", name="Repay a flexible loan").click()
    expect(form.locator(".said")).to_contain_text("Done.")
    expect(number).to_have_value("")
    number.fill(opened[:6])
    place.lend("bob", number="loan2")
    expect(page.locator("[data-loan]")).to_be_visible()
    expect(form.locator("datalist option").first).to_be_attached()
    expect(number).to_have_value(opened[:6])


def test_a_warning_and_a_liquidation_stand_under_the_summary_with_their_reason(place: Place) -> None:
    """0.5 BTC back 10,000 USDT: at 23,000 (0.8695) it is warned, at 20,500 (0.9756) liquidated."""
    place.lend("bob")
    page = place.open(user="bob")
    told = page.get_by_role("table", name="Warnings and liquidations")
    expect(page.locator("[data-loan]")).to_be_visible()
    expect(told).to_have_count(0)
    expect(page.get_by_role("heading", name="Warnings and liquidations")).to_be_hidden()
    place.control("market/prices", {"prices": {"BTC-USDT": "23000"}})
    expect(told.get_by_role("row").nth(1)).to_contain_text("LTV")
    place.control("market/prices", {"prices": {"BTC-USDT": "20500"}})
    expect(told.get_by_role("row").nth(1)).to_contain_text("loan liquidated in part: ")
    told.get_by_role("button").first.click()
    why = page.get_by_role("dialog")
    expect(why).to_contain_text("SetPrices")
    expect(why).to_contain_text("a loan at or above liqLTV is liquidated, highest LTV first")
    expect(why).to_contain_text("docs/decisions/011-when-loans-go-wrong.md")


def test_the_lines_of_the_margin_ratio_are_those_in_force(place: Place) -> None:
    page = place.open(user="alice")
    below = page.locator("[data-stat='margin ratio'] .below")
    expect(below).to_have_text("warned at 3 or less, liquidated at 1 or less")
    place.control("parameters", {"constants": {"spot_warning_ratio": "2.5"}})
    expect(below).to_have_text("warned at 2.5 or less, liquidated at 1 or less")


def test_the_user_is_chosen_and_a_sub_account_stands_under_its_main_account(place: Place) -> None:
    page = place.open(user="alice")
    place.control("users", {"name": "alice-bot", "master": "alice"})
    place.control("users/alice-bot/keys", {"permissions": ["read", "trade"]})
    place.control("users/alice-bot/balance", {"account": "trading", "ccy": "SOL", "amt": "7"})
    picker = page.get_by_label("User")
    expect(picker.locator("option", has_text="alice / alice-bot")).to_have_count(1)
    picker.select_option("alice-bot")
    expect(page.locator("h1")).to_have_text("alice-bot")
    expect(page.get_by_role("table", name="Balances").get_by_role("row", name=re.compile("^SOL"))).to_contain_text("7")


def test_an_account_without_anything_says_so(place: Place) -> None:
    place.control("users", {"name": "carol"})
    place.control("users/carol/keys", {"permissions": ["read"]})
    page = place.open(user="carol")
    for text in ("carol owes nothing in Spot mode.", "carol has no flexible loan.", "carol has no coins."):
        expect(page.get_by_text(text)).to_be_visible()


def test_an_account_without_a_key_says_what_makes_one(place: Place) -> None:
    place.control("users", {"name": "dave"})
    page = place.open(user="dave")
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("the user has no API key")


def test_the_clock_of_the_venue_is_shown(place: Place) -> None:
    page = place.open()
    clock = page.get_by_role("group", name="Clock of the venue")
    expect(clock).to_contain_text("2026-12-01 00:10:00 UTC")
    expect(clock).to_contain_text("frozen")
    place.control("clock/advance", {"by": "50m"})
    expect(clock).to_contain_text("2026-12-01 01:00:00 UTC")
    place.control("clock", {"speed": 60, "mode": "real"})
    expect(clock).to_contain_text("running ×60")
    expect(clock).not_to_contain_text("01:00:00")
    place.control("clock", {"mode": "frozen", "speed": 1})


def test_interest_grows_with_the_hours(place: Place) -> None:
    """Nothing is owed beyond 100 USDC until an hour is full; then it is."""
    page = place.open(user="alice")
    row = page.get_by_role("table", name="Debts in Spot mode").get_by_role("row", name=re.compile("^USDC"))
    expect(row.get_by_role("cell").nth(0)).to_have_text("100")
    expect(page.locator("#countdown")).to_have_text("in 50:00")
    place.control("clock/advance", {"by": "1h"})
    expect(row.get_by_role("cell").nth(0)).not_to_have_text("100")


def test_interest_of_an_hour_says_why(place: Place) -> None:
    """100 USDC at 1 % a year: 100 x 0.01 / 8760, the rate from the pool, is about 0.000114 in the first hour."""
    page = place.open(user="alice")
    expect(page.get_by_text("alice has been charged no interest yet.")).to_be_visible()
    place.control("clock/advance", {"by": "1h"})
    charged = page.get_by_role("table", name="Interest charged").get_by_role("row", name=re.compile("^USDC"))
    expect(charged).to_contain_text("0.0001141")
    charged.get_by_role("button").click()
    why = page.get_by_role("dialog")
    expect(why).to_contain_text("100 USDC owed × 0.00000114")
    expect(why).to_contain_text("At the full hour (UTC) interest is what is owed at that instant x rate of the hour")
    expect(why).to_contain_text("Documented: interest calculation")
    expect(why).to_contain_text("docs/rules/interest.md#charge")
    expect(why).to_contain_text("docs/decisions/016-when-interest-is-booked.md")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "360"])
@pytest.mark.parametrize(("language", "heading"), [("en", "Balances"), ("zh", "余额")])
def test_both_languages_fit_both_widths(place: Place, size: dict[str, int], language: str, heading: str) -> None:
    place.lend("bob")
    page = place.open(user="bob", language=language, size=size)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.locator("[data-loan]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if language == "zh" else "en")


def test_the_language_changes_where_one_stands(place: Place) -> None:
    page = place.open(user="alice")
    page.get_by_label("Language").select_option("zh")
    expect(page.get_by_role("heading", name="现货负债")).to_be_visible()
    expect(page.get_by_role("heading", name="Debts in Spot mode")).to_have_count(0)
    expect(page.locator("#pace")).to_have_text("已冻结")


def test_every_text_is_there_in_both_languages(place: Place) -> None:
    page = place.open()
    texts = page.evaluate("import('/page/texts.js').then(({ WORDS }) => WORDS)")
    assert len(texts) > 40
    assert [key for key, both in texts.items() if len(both) != 2 or not all(both)] == []
    blanks = {key: [sorted(set(re.findall(r"\{\d\}", text))) for text in both] for key, both in texts.items()}
    assert [key for key, (en, zh) in blanks.items() if en != zh] == []


def test_light_and_dark(place: Place) -> None:
    page = place.open()
    colour = "getComputedStyle(document.body).backgroundColor"
    page.get_by_label("Colours").select_option("light")
    light = page.evaluate(colour)
    page.get_by_label("Colours").select_option("dark")
    assert page.evaluate(colour) != light
    page.get_by_label("Colours").select_option("system")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(colour) == light


def test_a_reset_is_followed(place: Place) -> None:
    place.lend("bob")
    page = place.open(user="bob")
    expect(page.locator("[data-loan]")).to_have_count(1)
    place.reset()
    expect(page.get_by_text("bob has no flexible loan.")).to_be_visible()


def test_nothing_comes_from_another_host(place: Place) -> None:
    page = place.open(user="alice")
    expect(page.get_by_role("table", name="Balances")).to_be_visible()
    assert place.hosts == {place.console.url.removeprefix("http://")}
