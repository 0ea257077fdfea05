"""Repainting: what moves is brought up to date in place, so the keyboard keeps its place while numbers change."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.console.place import Place

REACHED = "main :is(a, button, input, select, summary, [tabindex='0'])"
MARK = f"""() => {{
  const found = [...document.querySelectorAll("{REACHED}")];
  for (const [place, node] of found.entries()) node.marked = place + 1;
  return found.length;
}}"""
GONE = f"""(count) => {{
  const left = new Set([...document.querySelectorAll("{REACHED}")].map(({{ marked }}) => marked));
  return Array.from({{ length: count }}, (_, place) => place + 1).filter((mark) => !left.has(mark));
}}"""
TREE = """async ([before, after, focused]) => {
  const { el, repaint } = await import("/page/dom.js");
  const row = (key) => el("p", { "data-key": key }, el("button", {}, key));
  const node = el("div");
  document.body.append(node);
  repaint(node, before.map(row));
  node.querySelector(`[data-key=${focused}] button`).focus();
  repaint(node, after.map(row));
  return [[...node.children].map((child) => child.textContent), document.activeElement.textContent];
}"""


def cells(page: Page, table: str, name: str, place: int = 0) -> Callable[[str], None]:
    """Wait until the cell at this place in the row of this name has this text, and no more."""
    row = page.get_by_role("table", name=table).get_by_role("row", name=re.compile(f"^{name}"))
    return lambda text: expect(row.get_by_role("cell").nth(place)).to_have_text(text)


@pytest.mark.parametrize("view", ["account", "market", "venue"])
def test_a_repaint_leaves_everything_that_can_have_the_focus(place: Place, view: str) -> None:
    """A control that is replaced loses the focus, so none may be replaced. The pool of DOT begins with 3,000,000."""
    place.lend("alice")
    page = place.open(view, user="alice")
    table, name = {
        "account": ("Balances", "DOT"),
        "market": ("Prices", "BTC-USDT"),
        "venue": ("Lenders and rates", "DOT"),
    }[view]
    place.control("users/alice/balance", {"account": "trading", "ccy": "DOT", "amt": "3"})
    shows = cells(page, table, name, 4 if view == "venue" else 0)
    shows({"account": "3", "market": "40,000", "venue": "3,000,000"}[view])
    for summary in page.get_by_text("Show the call").all():
        summary.click()
    count = page.evaluate(MARK)
    assert count > 20
    place.control("market/prices", {"prices": {"BTC-USDT": "39000"}})
    place.control("users/alice/balance", {"account": "trading", "ccy": "DOT", "amt": "4"})
    place.control("pools", {"ccy": "DOT", "amt": "1234567"})
    shows({"account": "7", "market": "39,000", "venue": "4,234,567"}[view])
    assert page.evaluate(GONE, count) == []


def test_the_focus_stays_while_the_account_is_repainted(place: Place) -> None:
    page = place.open(user="alice")
    shows = cells(page, "Balances", "DOT")
    for number, name in enumerate(("Balances", "Debts in Spot mode"), start=1):
        region = page.get_by_role("group", name=name)
        region.focus()
        place.control("users/alice/balance", {"account": "trading", "ccy": "DOT", "amt": "1"})
        shows(str(number))
        expect(region).to_be_focused()
        page.keyboard.press("Tab")
        expect(region).not_to_be_focused()


def test_the_focus_is_not_handed_to_another_coin(place: Place) -> None:
    """alice's debt of USDC is gone while its button has the focus: Enter may not repay USDT instead."""
    page = place.open(user="alice")
    page.get_by_role("button", name="Repay USDC").focus()
    place.control("users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "200"})
    place.as_user("alice", "/api/v5/account/spot-manual-borrow-repay", {"ccy": "USDC", "side": "repay", "amt": "100"})
    expect(page.get_by_role("button", name="Repay USDC")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Tab")
    focused = "document.querySelector('main').contains(document.activeElement)"
    assert page.evaluate(focused), "the keyboard goes on from here, not from the top"


def test_a_list_that_grows_keeps_the_row_with_the_focus(place: Place) -> None:
    page = place.open("activity", user="bob")
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "12"})
    event = page.get_by_role("group", name="Events").get_by_role("button", name=re.compile("12 DOT put into trading"))
    event.focus()
    event.evaluate("node => { node.marked = true; }")
    for number in range(3):
        place.control("users/bob/balance", {"account": "trading", "ccy": "SOL", "amt": str(number + 1)})
    expect(page.get_by_role("group", name="Events")).to_contain_text("3 SOL put into trading")
    assert page.evaluate("document.activeElement.marked") is True


@pytest.mark.parametrize(
    ("before", "after", "focused"),
    [
        ("abc", "abc", "b"),
        ("abc", "bc", "b"),
        ("abc", "xbyc", "b"),
        ("abc", "cba", "a"),
        ("abcd", "dbx", "b"),
        ("aab", "aab", "b"),
        ("ab", "aabb", "a"),
    ],
)
def test_rows_come_go_and_change_places_under_the_focus(place: Place, before: str, after: str, focused: str) -> None:
    page = place.open()
    rows, active = page.evaluate(TREE, [list(before), list(after), focused])
    assert rows == list(after)
    assert active == focused
