"""Takes pictures of every view of the console, in both languages and widths, into the guide.

`python -m docs.console_shots` needs Chromium (apt-get install chromium fonts-wqy-zenhei). Pictures differ a little from
one version of the browser to the next, so no test compares them; one shows that each is there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.console.browser import browsing
from tests.console.place import NARROW, WIDE, Place, place_in

PICTURES = Path(__file__).resolve().parent / "guide" / "img" / "console"
VIEWS = ("account", "market", "venue", "activity", "past")
LANGUAGES = ("en", "zh")
SIZES = {"wide": WIDE, "narrow": NARROW}


def name_of(view: str, language: str, size: str) -> str:
    return f"{view}-{language}-{size}.png"


def tell_story(place: Place) -> None:
    """alice borrows, repays by one click and has a loan that comes near its lines; bob is refused."""
    place.control("users/alice/balance", {"account": "funding", "ccy": "BTC", "amt": "1"})
    place.lend("alice", "10000", "0.5")
    place.as_user("alice", "/api/v5/trade/one-click-repay-v2", {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]})
    place.control("clock/advance", {"by": "1m"})
    refused = {"ccy": "USDT", "side": "borrow", "amt": "5"}
    asked = {"method": "POST", "path": "/api/v5/account/spot-manual-borrow-repay", "body": refused}
    place.served.control("POST", "users/bob/request", asked)


def crash(place: Place) -> None:
    """The price falls in steps, so that the LTV over time is a line."""
    for px in ("37000", "34500", "29000", "30500", "25500", "23000"):
        place.control("market/prices", {"prices": {"BTC-USDT": px}})
        place.control("clock/advance", {"by": "1m"})
        yield_to(place)


def yield_to(place: Place) -> None:
    """Wait until the open page has drawn the price that was set last."""
    now = str(place.control("clock")["now"])[:19].replace("T", " ")
    for page in place.context.pages:
        expect(page.locator("#now")).to_contain_text(now)


def picture(page: Page, place: Place, view: str, language: str, size: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.get_by_label("Language").or_(page.get_by_label("语言")).select_option(language)
    page.goto(f"{place.console.url}/#{view}")
    if view == "account":
        expect(page.locator("p.ltv")).to_contain_text("86.95 %")
    if view == "activity":
        page.locator(".rolling").last.get_by_role("button").first.click()
    page.evaluate("scrollTo(0, 0)")
    expect(page.get_by_text("Reading …").or_(page.get_by_text("读取中……"))).to_have_count(0)
    expect(page.locator("main table").or_(page.locator("main .rolling")).first).to_be_visible()
    page.screenshot(path=PICTURES / name_of(view, language, size))


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        browsing() as browser,
        place_in(Path(folder) / "data", browser) as place,
    ):
        place.reset()
        tell_story(place)
        page = place.open("account", user="alice")
        page.get_by_label("Colours").select_option("light")
        page.get_by_text("First steps").click()
        expect(page.locator("[data-loan]")).to_be_visible()
        crash(place)
        expect(page.locator("polyline.curve")).to_be_visible()
        # 10,000 USDT on half a BTC at 23,000.
        expect(page.locator("p.ltv")).to_contain_text("LTV 86.95 %")
        for view in VIEWS:
            for language in LANGUAGES:
                for size in SIZES:
                    picture(page, place, view, language, size)
    print(f"took {len(VIEWS) * len(LANGUAGES) * len(SIZES)} pictures")


if __name__ == "__main__":
    main()
