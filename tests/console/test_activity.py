"""The feed: requests with their reasons, events as they happen, and lists of any length."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.cli.process import serving
from tests.console.place import Place, place_in
from tests.patience import PATIENCE_S

HOSTILE = "/api/v5/<img/src=x/onerror=alert(1)>"


def ask(place: Place, path: str) -> None:
    """A request of somebody without a key."""
    client = HTTPConnection(urlsplit(place.served.url).netloc, timeout=PATIENCE_S)
    client.request("GET", path)
    client.getresponse().read()
    client.close()


def test_a_refused_request_says_why(place: Place) -> None:
    page = place.open("activity", user="bob")
    order = {"ccy": "USDC", "side": "borrow", "amt": "1"}
    asked = {"method": "POST", "path": "/api/v5/account/spot-manual-borrow-repay", "body": order}
    assert place.control("users/bob/request", asked)["answer"]["code"] != "0"
    refused = page.get_by_role("group", name="Requests").get_by_role("button", name=re.compile("bob 594"))
    expect(refused).to_contain_text("POST spot_manual_borrow_repay")
    refused.click()
    about = page.get_by_role("region", name="The chosen row")
    expect(about).to_contain_text('POST users/bob/spot-borrow {"enabled": true}')
    expect(about.get_by_role("row", name=re.compile("^Operation"))).to_contain_text("spot_manual_borrow_repay")


def test_what_the_page_reads_itself_is_no_request_of_anybody(place: Place) -> None:
    before = place.control("requests?after=0&limit=2000")["newest"]
    page = place.open("account", user="alice")
    expect(page.get_by_role("table", name="Balances")).to_be_visible()
    seen = place.control(f"requests?after={before}&limit=2000")["requests"]
    assert [row["operation"] for row in seen] == []


def test_an_event_is_there_at_once_with_its_fields(place: Place) -> None:
    page = place.open("activity")
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "12.5"})
    told = re.compile("12.5 DOT put into trading by a control call")
    event = page.get_by_role("group", name="Events").get_by_role("button", name=told)
    event.click()
    about = page.get_by_role("region", name="The chosen row")
    expect(about).not_to_contain_text("BalanceAdjusted", use_inner_text=True)
    about.get_by_text("as the journal holds it").click()
    expect(about).to_contain_text("BalanceAdjusted", use_inner_text=True)
    expect(about.get_by_role("row", name=re.compile("^delta"))).to_contain_text("12.5")


def test_numbers_of_loans_keep_every_digit(place: Place) -> None:
    """They are beyond what a browser holds as a number."""
    place.lend("bob")
    page = place.open("activity", user="bob")
    event = page.get_by_role("group", name="Events").get_by_role("button", name=re.compile("is opened"))
    number = re.findall(r"loan (\d{15,})", event.inner_text())[0]
    event.click()
    about = page.get_by_role("region", name="The chosen row")
    about.get_by_text("as the journal holds it").click()
    field = about.get_by_role("row", name=re.compile("^loan_id"))
    expect(field).to_contain_text(number)


def test_hostile_text_is_text(place: Place) -> None:
    page = place.open("activity")
    opened: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    ask(place, HOSTILE)
    asked = page.get_by_role("group", name="Requests").get_by_role("button").first
    expect(asked).to_contain_text("<img/src=x/onerror=alert(1)>")
    asked.click()
    expect(page.get_by_role("region", name="The chosen row")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert opened == []


def test_hostile_text_in_every_field_is_text(place: Place) -> None:
    """The venue refuses each and tells what was sent; nothing of it becomes an element."""
    mark = "<img src=x onerror=alert(1)>"
    quote = {"baseCcy": "BTC", "quoteCcy": "USDT", "side": "sell", "rfqSz": "1", "rfqSzCcy": "BTC", "clQReqId": mark}
    order = {"instId": mark, "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "1"}
    named = order | {"instId": "BTC-USDT", "clOrdId": mark, "tag": mark}
    calls = {
        "users": {"name": mark},
        "users/alice/keys": {"permissions": ["read"], "label": mark},
        "snapshots": {"name": mark},
        "faults": {"on": mark, "fault": "drop-after-commit"},
        "market/price": {"instId": mark, "px": "1"},
        "parameters": {"constants": {mark: "1"}},
    }
    bodies = {
        "/api/v5/asset/convert/estimate-quote": quote | {mark: mark},
        "/api/v5/trade/order": order,
        "/api/v5/trade/cancel-order": named,
    }
    for path, body in calls.items():
        place.served.control("POST", path, body)
    for path, body in bodies.items():
        place.served.control("POST", "users/alice/request", {"method": "POST", "path": path, "body": body})
    page = place.open("activity", user="alice")
    rows = page.get_by_role("group", name="Requests").get_by_role("button")
    expect(rows.filter(has_text="convert_estimate_quote")).to_be_visible()
    about = page.get_by_role("region", name="The chosen row")
    told = []
    for row in rows.all()[: len(calls) + len(bodies)]:
        row.click()
        told.append(about.inner_text())
        assert page.locator("main img").count() == 0
    assert sum(mark in text for text in told) >= 3


def test_markup_and_scripts_do_not_run_even_where_somebody_slips(place: Place) -> None:
    """The browser itself refuses text that is read as markup, and scripts that stand in the page."""
    page = place.open("activity")
    said = page.evaluate("try { document.body.innerHTML = '<b>x</b>'; 'read' } catch (problem) { problem.name }")
    assert said == "TypeError"
    handler = "document.createElement('div').setAttribute('onclick', 'window.ran = 1')"
    said = page.evaluate(f"try {{ {handler}; 'set' }} catch (problem) {{ problem.name }}")
    assert said == "TypeError"
    place.forgive("Trusted(HTML|Script)")


def test_only_refused_and_only_of_the_user(place: Place) -> None:
    page = place.open("activity", user="bob")
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "1"})
    place.control("users/alice/balance", {"account": "trading", "ccy": "DOT", "amt": "2"})
    events = page.get_by_role("group", name="Events")
    expect(events.get_by_role("button", name=re.compile("2 DOT put"))).to_be_visible()
    page.get_by_label("only of this user").check()
    expect(events.get_by_role("button", name=re.compile("2 DOT put"))).to_have_count(0)
    expect(events.get_by_role("button", name=re.compile("1 DOT put"))).to_be_visible()
    page.get_by_label("only refused requests").check()
    expect(page.get_by_role("group", name="Requests")).to_contain_text("Nobody has asked the venue anything yet.")


MANY = """async () => {
  const { rolling } = await import("/page/rolling.js");
  const list = rolling("Many", { row: ({ n }) => `row ${n}`, key: ({ n }) => n, open: () => {}, nothing: "none" });
  document.querySelector("main").replaceChildren(list.node);
  list.show(Array.from({ length: 10000 }, (_, n) => ({ n })));
}"""


def many(place: Place) -> Page:
    page = place.open("activity")
    page.evaluate(MANY)
    expect(page.get_by_role("button", name="row 9999")).to_be_visible()
    return page


def test_ten_thousand_rows_scroll(place: Place) -> None:
    page = many(place)
    box = page.get_by_role("group", name="Many")
    for share in (0.25, 0.5, 0.75, 1):
        box.evaluate("(node, share) => { node.scrollTop = share * node.scrollHeight; }", share)
        expect(box.get_by_role("button").first).to_be_attached()
    expect(page.get_by_role("button", name="row 0", exact=True)).to_be_visible()
    assert box.get_by_role("listitem").count() < 60


def test_arrows_go_through_a_long_list(place: Place) -> None:
    page = many(place)
    page.get_by_role("button", name="row 9999").focus()
    for _ in range(40):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="row 9959")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="row 9960")).to_be_focused()


EVENTS = """async ([from, to]) => {
  const { state, take } = await import("/page/store.js");
  for (let at = from; at < to; at += 100) {
    const event = (_, n) => ({ seq: at + n, at_ms: at + n, kind: "Told", user: "bob", words: `event ${at + n}` });
    take({ clock: state.clock, events: Array.from({ length: 100 }, event) });
    if (at % 2000 === 0) await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return state.events.length;
}"""


def test_a_hundred_thousand_events_leave_no_more_than_twenty_thousand(place: Place) -> None:
    """Two hours at a dozen events a second: the page keeps 10,000, so its heap does not grow any more."""
    page = place.open("activity", user="bob")
    inside = page.context.new_cdp_session(page)

    def heap() -> float:
        inside.send("HeapProfiler.collectGarbage")
        return float(inside.send("Runtime.getHeapUsage")["usedSize"])

    assert page.evaluate(EVENTS, [0, 20_000]) == 10_000
    before = heap()
    assert page.evaluate(EVENTS, [20_000, 100_000]) == 10_000
    assert heap() < 1.15 * before
    expect(page.get_by_role("group", name="Events")).to_contain_text("event 99999")


def test_a_venue_that_stops_and_comes_back_is_told(browser: Browser, tmp_path: Path) -> None:
    with place_in(tmp_path / "data", browser) as place:
        page = place.open("account", user="alice")
        expect(page.get_by_role("table", name="Balances")).to_be_visible()
        port = str(urlsplit(place.served.url).port)
        place.served.stop()
        lost = page.get_by_role("alert").get_by_text("The venue does not answer")
        expect(lost).to_contain_text("Start it again")
        with serving(place.folder, "--frozen", "--port", port) as served:
            expect(lost).to_have_count(0)
            served.control("POST", "users/alice/balance", {"account": "trading", "ccy": "DOT", "amt": "12345.678"})
            expect(page.get_by_role("table", name="Balances")).to_contain_text("12,345.678")
        expect(lost).to_be_visible()
        place.console.process.kill()
        expect(page.get_by_role("alert").get_by_text("The console does not answer")).to_contain_text("its new code")


def test_a_venue_that_has_halted_says_what_to_do(place: Place) -> None:
    """It is there, and refuses every look with the cause."""
    page = place.open("account", user="alice")
    told = {"lost": "the venue has halted: disk full", "hint": "mend the named cause and start it", "answers": True}
    page.route(
        "**/feed", lambda route: route.fulfill(body=json.dumps(told) + "\n", content_type="application/x-ndjson")
    )
    page.reload()
    lost = page.get_by_role("alert").get_by_text("The venue is there but tells nothing now")
    expect(lost).to_contain_text("the venue has halted: disk full; mend the named cause and start it")
    page.unroute("**/feed")
    expect(lost).to_have_count(0)


@pytest.mark.parametrize("view", ["account", "market", "venue", "activity", "past"])
def test_every_view_opens_in_chinese_on_a_phone(place: Place, view: str) -> None:
    page = place.open(view, user="alice", language="zh", size={"width": 360, "height": 780})
    expect(page.locator("main h2").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    left = page.locator("main").inner_text()
    assert re.findall(r"\b(?:Done|Show|Repay|Borrow|Price|Coin)\b", left) == []
