"""Everybody can use the page: with a keyboard alone, with a reader of the screen, in both colours and widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.console.axe import findings
from tests.console.place import NARROW, WIDE, Place

VIEWS = ("account", "market", "venue", "activity", "past")


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(place: Place, view: str) -> None:
    place.lend("bob")
    page = place.open(view, user="bob")
    settled(page, view)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for colours in ("light", "dark"):
            page.get_by_label("Colours").select_option(colours)
            assert findings(page) == [], (size, colours)
    page.get_by_label("Colours").select_option("system")


def settled(page: Page, view: str) -> None:
    """Wait until the view has what it shows."""
    shown = {
        "account": page.locator("[data-loan]"),
        "market": page.get_by_role("table", name="Order book"),
        "venue": page.get_by_role("table", name="Lenders and rates"),
        "past": page.get_by_role("table", name="The account then"),
        "activity": page.get_by_role("group", name="Events").get_by_role("button").first,
    }
    expect(shown[view]).to_be_visible()
    for summary in page.get_by_text("Show the call").all()[:2]:
        summary.click()


@pytest.mark.parametrize(
    "name", ["rules/flexible-loans", "zh/rules/flexible-loans", "rules/sources", "decisions/011-when-loans-go-wrong"]
)
def test_axe_finds_nothing_in_the_manual(place: Place, name: str) -> None:
    page = place.context.new_page()
    page.goto(f"{place.console.url}/manual/{name}")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for colours in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", colours)
            assert findings(page) == [], (size, colours)


def test_axe_finds_nothing_in_what_is_opened_over_the_page(place: Place) -> None:
    page = place.open(user="alice")
    page.get_by_role("button", name="Why does this account owe USDC?").click()
    expect(page.get_by_role("dialog")).to_contain_text("Decisions")
    for colours in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", colours)
        assert findings(page) == [], colours


def test_axe_finds_a_planted_fault(place: Place) -> None:
    page = place.open()
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any(found.startswith("label: ") for found in findings(page))


def test_axe_finds_nothing_where_the_code_is_asked_for(place: Place) -> None:
    page = place.context.browser.new_page() if place.context.browser else place.context.new_page()
    page.goto(place.console.url)
    expect(page.get_by_label("Code")).to_be_focused()
    assert findings(page) == []
    page.get_by_label("Code").fill("aaaa-aaaa")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(
        "this is not the code; it stands in the terminal, beside the address"
    )
    page.get_by_label("Code").fill(place.console.code)
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_be_visible()
    page.close()


def test_the_keyboard_reaches_everything_in_order(place: Place) -> None:
    page = place.open(user="alice")
    expect(page.get_by_role("table", name="Balances")).to_be_visible()
    reached: list[str] = []
    while not reached or reached[-1] != "action1-ccy":
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.id"))
        assert len(reached) < 40, reached
    assert reached[1:4] == ["user", "Language", "Colours"]
    assert reached.index("Debts in Spot mode") < reached.index("Balances")


def test_the_content_is_one_key_away(place: Place) -> None:
    page = place.open(user="alice")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_phone_has_all_tabs_and_no_page_wider_than_itself(place: Place, language: str) -> None:
    page = place.open(user="alice", language=language, size=NARROW)
    for view in VIEWS:
        page.locator(f"[data-view={view}]").click()
        expect(page.locator(f"[data-view={view}][aria-current=page]")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], view
        tabs = page.locator("nav a").evaluate_all("tabs => tabs.map(tab => tab.getBoundingClientRect().right)")
        assert max(tabs) <= NARROW["width"], view
