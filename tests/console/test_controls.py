"""Controls of the page: each is one public call, which it shows, carries out and tells the outcome of."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.cli.process import ENVIRONMENT, tally
from tests.console.place import Place


def form(page: Page, name: str) -> Locator:
    return page.get_by_role("form", name=name, exact=True)


def do(control: Locator, button: str, **fields: str) -> Locator:
    """Fill in the fields by their labels, press the button, and return what is said then."""
    for label, value in fields.items():
        node = control.get_by_label(label.replace("_", " "), exact=True)
        if node.evaluate("node => node.tagName") == "SELECT":
            node.select_option(value)
        else:
            node.fill(value)
    control.get_by_role("button", name=button, exact=True).click()
    return control.locator(".said")


def row(page: Page, table: str, name: str) -> Locator:
    return page.get_by_role("table", name=table).get_by_role("row", name=re.compile(f"^{name}"))


def test_the_clock_is_advanced_run_and_frozen(place: Place) -> None:
    page = place.open("venue")
    clock = page.get_by_role("group", name="Clock of the venue")
    expect(do(form(page, "Advance"), "Advance", By="1d")).to_contain_text("Begun.")
    expect(clock).to_contain_text("2026-12-02 00:10:00 UTC")
    expect(do(form(page, "Let it run"), "Let it run", Times_as_fast_as_real_time="100")).to_contain_text("Done.")
    expect(clock).to_contain_text("running ×100")
    expect(do(form(page, "Freeze"), "Freeze")).to_contain_text("Done.")
    expect(clock).to_contain_text("frozen")


def test_a_long_advance_shows_how_far_it_is(place: Place) -> None:
    page = place.open("venue")
    do(form(page, "Advance"), "Advance", By="200d")
    expect(page.locator("#progress")).to_be_visible()
    expect(page.locator("#pace")).to_have_text(re.compile(r"advancing \d+ %"))
    do(form(page, "Freeze"), "Freeze")
    expect(page.locator("#progress")).to_be_hidden()


def test_a_price_is_set_and_crashes_by_a_percentage(place: Place) -> None:
    """35,000 less 30 per cent is 24,500; 3,000 less 33.35 per cent is 1,999.5."""
    page = place.open("market")
    expect(row(page, "Prices", "BTC-USDT").get_by_role("cell").first).to_have_text("40,000")
    expect(do(form(page, "Set a price"), "Set a price", Instrument="BTC-USDT", Price="35000")).to_contain_text("Done.")
    expect(row(page, "Prices", "BTC-USDT").get_by_role("cell").first).to_have_text("35,000")
    expect(do(form(page, "Crash"), "Crash", Instrument="BTC-USDT", Fall_in_per_cent="30")).to_contain_text(
        "Done: BTC-USDT 24,500."
    )
    expect(row(page, "Prices", "BTC-USDT").get_by_role("cell").first).to_have_text("24,500")
    do(form(page, "Crash"), "Crash", Instrument="ETH-USDT", Fall_in_per_cent="33.35")
    expect(row(page, "Prices", "ETH-USDT").get_by_role("cell").first).to_have_text("1,999.5")


def test_a_crash_of_all_leaves_stable_coins(place: Place) -> None:
    page = place.open("market")
    expect(row(page, "Prices", "USDC-USDT").get_by_role("cell").first).to_have_text("1")
    do(form(page, "Crash"), "Crash", Instrument="*", Fall_in_per_cent="50")
    expect(row(page, "Prices", "BTC-USDT").get_by_role("cell").first).to_have_text("20,000")
    expect(row(page, "Prices", "ETH-USDT").get_by_role("cell").first).to_have_text("1,500")
    expect(row(page, "Prices", "USDC-USDT").get_by_role("cell").first).to_have_text("1")


def test_a_fall_by_more_than_all_is_no_call(place: Place) -> None:
    page = place.open("market")
    expect(row(page, "Prices", "BTC-USDT")).to_be_visible()
    for share in ("0", "100", "-5", "much"):
        said = do(form(page, "Crash"), "Crash", Fall_in_per_cent=share)
        expect(said).to_have_text("Something is missing, or is no decimal number.")


def test_the_book_has_both_sides(place: Place) -> None:
    place.control("market/book", {"instId": "BTC-USDT", "bids": [["39990", "1"]], "asks": [["40010", "2"]]})
    page = place.open("market")
    rows = page.get_by_role("table", name="Order book").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("40,010")
    expect(rows.nth(2)).to_contain_text("39,990")


def test_a_user_is_made_with_key_and_coins(place: Place) -> None:
    page = place.open("venue")
    said = do(form(page, "Make a user"), "Make a user", Name="carol")
    expect(said).to_contain_text("carol is made, with UID ")
    expect(do(form(page, "Make a key"), "Make a key", User="carol")).to_contain_text("Key, secret and passphrase:")
    expect(do(form(page, "Give coins"), "Give coins", User="carol", Coin="SOL", Amount="7.5")).to_contain_text("Done.")
    page.get_by_role("link", name="Account").click()
    page.locator("header").get_by_label("User").select_option("carol")
    expect(row(page, "Balances", "SOL")).to_contain_text("7.5")


def test_what_is_borrowed_is_owed(place: Place) -> None:
    page = place.open(user="alice")
    said = do(form(page, "Borrow"), "Borrow", Coin="USDC", Amount="50")
    expect(said).to_contain_text("Borrowed 50 USDC.")
    expect(row(page, "Debts in Spot mode", "USDC").get_by_role("cell").first).to_have_text("150")
    said = do(form(page, "Repay with the same coin"), "Repay with the same coin", Coin="USDC", Amount="20")
    expect(said).to_contain_text("Repaid 20 USDC.")
    expect(row(page, "Debts in Spot mode", "USDC").get_by_role("cell").first).to_have_text("130")


def test_a_refusal_says_its_reason_and_lever(place: Place) -> None:
    """bob may not borrow in Spot mode."""
    page = place.open(user="bob")
    said = do(form(page, "Borrow"), "Borrow", Coin="USDC", Amount="50")
    expect(said).to_have_class(re.compile("bad"))
    expect(said).to_contain_text('POST users/bob/spot-borrow {"enabled": true}')


def test_one_click_repays_leg_by_leg(place: Place) -> None:
    """alice holds 10 USDC and owes 100: the rest is bought for BTC."""
    page = place.open(user="alice")
    page.get_by_role("button", name="Repay USDC").click()
    dialog = page.get_by_role("dialog", name="Repay USDC")
    expect(dialog.get_by_label("Pay with, in this order")).to_have_value("USDC,BTC,ETH")
    page.keyboard.press("Enter")
    expect(dialog.locator(".said")).to_contain_text("Accepted.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    run = page.locator("[data-repay]")
    expect(run).to_contain_text("USDC with USDC, BTC")
    expect(run).to_contain_text("under way")
    place.control("clock/advance", {"by": "1m"})
    expect(run).to_contain_text("over")
    legs = run.get_by_role("row")
    expect(legs.nth(1)).to_contain_text("BTC-USDT")
    expect(legs.nth(2)).to_contain_text("USDC-USDT")
    expect(row(page, "Debts in Spot mode", "USDC")).to_have_count(0)
    expect(row(page, "Debts in Spot mode", "USDT")).to_have_count(1)


def test_a_convert_is_a_quote_and_a_trade(place: Place) -> None:
    page = place.open(user="alice")
    expect(row(page, "Balances", "BTC")).to_be_visible()
    said = do(form(page, "Convert"), "Ask for a quote", Sell="BTC", Buy="USDT", Amount_to_sell="0.01")
    expect(said).to_contain_text("0.01 BTC for")
    expect(do(form(page, "Trade against this quote"), "Trade against this quote")).to_contain_text("Sold 0.01 BTC for")


def test_a_loan_is_taken_repaid_and_backed(place: Place) -> None:
    place.control("users/alice/balance", {"account": "funding", "ccy": "BTC", "amt": "1"})
    page = place.open(user="alice")
    name = "Borrow against collateral"
    said = do(form(page, name), name, Coin="USDT", Amount="8000", Collateral="BTC", Amount_of_collateral="0.4")
    expect(said).to_contain_text(re.compile(r"Loan \d+ is open\."))
    number = re.findall(r"Loan (\d+) is open", said.inner_text())[0]
    loan = page.locator("[data-loan]")
    expect(loan.locator("p.ltv")).to_contain_text("LTV 50.00 %")
    name = "Adjust collateral"
    expect(do(form(page, name), name, Direction="add", Coin="BTC", Amount="0.4")).to_contain_text("Done.")
    expect(loan.locator("p.ltv")).to_contain_text("LTV 25.00 %")
    name = "Repay a flexible loan"
    said = do(form(page, name), name, Number_of_the_loan=number, Coin="USDT", Amount="4000")
    expect(said).to_contain_text("Done.")
    expect(loan.locator("p.ltv")).to_contain_text("LTV 12.50 %")
    expect(loan.locator("polyline.curve")).to_have_count(1)


def test_a_rate_is_set(place: Place) -> None:
    page = place.open("venue")
    said = do(form(page, "Set a rate"), "Set a rate", Coin="USDT", Rate_a_year="0.073")
    expect(said).to_contain_text("Done.")
    rate = page.get_by_role("table", name="Lenders and rates").get_by_role("row", name=re.compile("^USDT"))
    expect(rate.get_by_role("cell").nth(1)).to_have_text("7.30 %")
    expect(rate).to_contain_text("hand")


def test_lenders_leave(place: Place) -> None:
    """alice owes 500 of the pool's USDT, which goes on to be lent."""
    pools = place.control("pools")["pools"]
    (pool,) = [each for each in pools if each["ccy"] == "USDT"]
    page = place.open("venue")
    do(form(page, "Move lenders' coins"), "Move lenders' coins", Coin="USDT", Amount=f"-{pool['free']}")
    rate = page.get_by_role("table", name="Lenders and rates").get_by_role("row", name=re.compile("^USDT"))
    expect(rate).to_contain_text("100.00 %")


def test_bids_of_lenders_set_the_rate(place: Place) -> None:
    """500 USDT are owed: the bid of 3 % covers them, so it is the rate."""
    page = place.open("venue")
    name = "Set the bids of lenders"
    said = do(form(page, name), name, Coin="USDT", Bids="1000000 0.03, 500000 0.08")
    expect(said).to_contain_text("Next hour: 3.00 %")
    rate = page.get_by_role("table", name="Lenders and rates").get_by_role("row", name=re.compile("^USDT"))
    expect(rate).to_contain_text("bids")
    assert do(form(page, name), name, Coin="USDT", Bids="many").inner_text().startswith("Something is missing")
    expect(do(form(page, name), name, Coin="USDT", Bids="")).to_contain_text("Next hour: 1.00 %")


def test_the_insurance_fund_is_emptied_and_lending_halts(place: Place) -> None:
    page = place.open("venue")
    name = "Move the insurance fund"
    amt = place.control("fund")["amt"]
    expect(do(form(page, name), name, Amount=f"-{amt}")).to_contain_text("The fund holds 0 USDT.")
    expect(row(page, "Insurance fund", "USDT")).to_contain_text("halted while the fund is empty")


def test_a_number_of_the_exchange_is_changed(place: Place) -> None:
    page = place.open("venue")
    name = "Change a number of the exchange"
    changing = form(page, name)
    expect(changing.locator("option[value='currencies.BTC.quota']")).to_have_count(1)
    assert changing.locator("option[value='instruments.BTC-USDT.lot']").count() == 0, "what is fixed is no suggestion"
    changing.get_by_label("Number").fill("currencies.BTC.quota")
    changing.get_by_label("Number").blur()
    expect(changing.get_by_label("Value")).to_have_value("10")
    expect(do(changing, "Change", Value="5")).to_contain_text("Done.")
    assert place.control("parameters")["currencies"]["BTC"]["quota"]["value"] == "5"


def test_a_level_is_set(place: Place) -> None:
    page = place.open("venue")
    expect(do(form(page, "Set a level"), "Set a level", User="bob", Level="VIP3")).to_contain_text("Done.")
    assert place.as_user("bob", "/api/v5/account/config")[0]["level"] == "VIP3"


def test_quotes_of_a_book_are_set(place: Place) -> None:
    page = place.open("market")
    name = "Set the order book"
    said = do(form(page, name), name, Instrument="BTC-USDT", Bids="39990 1, 39980 2", Asks="40010 3")
    expect(said).to_contain_text("Done.")
    expect(page.get_by_role("table", name="Order book").get_by_role("row")).to_have_count(4)


FILLED = {"Amount": "1", "Name": "x", "Price": "1", "Number": "constants.taker_fee", "Value": "0.002"}


@pytest.mark.parametrize(("view", "forms"), [("venue", 22), ("market", 4)])
def test_every_control_shows_its_call_three_times(place: Place, view: str, forms: int) -> None:
    page = place.open(view)
    if view == "venue":
        do(form(page, "Save a snapshot"), "Save a snapshot", Name="kept")
        expect(form(page, "Delete a snapshot").locator("option")).to_have_count(1)
        expect(form(page, "Play a scenario").locator("select").first.locator("option")).to_have_count(8)
    found = page.get_by_role("form").all()
    assert len(found) == forms
    for control in found:
        for label, value in FILLED.items():
            for field in control.get_by_label(label, exact=True).all():
                if field.evaluate("node => node.tagName === 'INPUT' && node.value === ''"):
                    field.fill(value)
        control.get_by_text("Show the call").click()
        expect(control.locator("[data-form=curl]")).to_be_visible()
        texts = {name: control.locator(f"[data-form={name}]").inner_text() for name in ("curl", "tally", "Python")}
        assert texts["curl"].startswith("curl "), control
        assert texts["tally"].startswith("tally ")
        assert "levers." in texts["Python"]
    if view == "venue":
        place.control("snapshots/kept", method="DELETE")


def test_a_fault_is_added_and_removed(place: Place) -> None:
    page = place.open("venue")
    adding = form(page, "Add a fault")
    expect(adding).to_contain_text("The connection ends without an answer")
    said = do(adding, "Add a fault", Fault="drop-after-commit", On="balance", Only_the_nth_time="2")
    expect(said).to_contain_text("Rule 1 is there.")
    rules = page.get_by_role("table", name="Faults")
    expect(rules.get_by_role("row").nth(1)).to_contain_text("drop-after-commit")
    page.get_by_role("button", name="Remove fault 1").click()
    expect(page.get_by_text("Nothing goes wrong on purpose.")).to_be_visible()


def test_a_fault_shows_its_parameters(place: Place) -> None:
    page = place.open("venue")
    adding = form(page, "Add a fault")
    expect(adding).to_contain_text("The connection ends without an answer")
    adding.get_by_label("Fault", exact=True).select_option("delay")
    expect(adding.get_by_label("ms", exact=True)).to_have_value("1000")
    said = do(adding, "Add a fault", On="balance", ms="250")
    expect(said).to_contain_text("is there.")
    (rule,) = place.control("faults")["faults"]
    assert (rule["fault"], rule["ms"]) == ("delay", 250)
    place.control("faults", method="DELETE")


def test_a_snapshot_brings_everything_back(place: Place) -> None:
    page = place.open("venue")
    do(form(page, "Save a snapshot"), "Save a snapshot", Name="before")
    expect(page.get_by_role("table", name="Snapshots")).to_contain_text("before")
    place.control("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": "77"})
    said = do(form(page, "Restore a snapshot"), "Restore a snapshot", Name="before")
    asked = page.get_by_role("dialog", name="Restore a snapshot")
    expect(asked.get_by_role("button", name="Cancel")).to_be_focused()
    asked.get_by_role("button", name="Restore a snapshot").click()
    expect(said).to_contain_text("Done.")
    found = place.as_user("bob", "/api/v5/account/balance?ccy=DOT")[0]["details"]
    assert [each["cashBal"] for each in found if each["ccy"] == "DOT"] in ([], ["0"])
    do(form(page, "Delete a snapshot"), "Delete a snapshot", Name="before")
    expect(page.get_by_text("No snapshot is saved.")).to_be_visible()


def test_what_cannot_be_undone_is_asked_first(place: Place) -> None:
    page = place.open("venue")
    generation = place.control("health")["generation"]
    do(form(page, "Reset the venue"), "Reset the venue")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert place.control("health")["generation"] == generation
    do(form(page, "Reset the venue"), "Reset the venue")
    page.get_by_role("dialog").get_by_role("button", name="Reset the venue").click()
    expect(form(page, "Reset the venue").locator(".said")).to_contain_text("Done.")
    assert place.control("health")["generation"] == generation + 1


def play(page: Page, name: str, pause: str) -> None:
    playing = form(page, "Play a scenario")
    expect(playing.get_by_label("Scenario").locator("option")).to_have_count(8)
    do(playing, "Play", Scenario=name, Before_each_step=pause)
    page.get_by_role("dialog").get_by_role("button", name="Play").click()


def test_a_scenario_is_played_and_watched(place: Place) -> None:
    page = place.open("venue")
    play(page, "first-loan", "0")
    region = page.get_by_role("region", name="Scenarios")
    expect(region).to_contain_text("ended as it should")
    expect(region).to_contain_text("every currency sums to zero over all accounts")
    region.get_by_role("link", name="Watch the account").click()
    expect(page.locator("h1")).to_have_text("alice")
    page.get_by_role("link", name="Activity").click()
    loan = page.get_by_role("group", name="Events").get_by_role("button", name=re.compile("is opened"))
    expect(loan).to_be_visible()


def test_a_scenario_is_stopped(place: Place) -> None:
    page = place.open("venue")
    play(page, "cascade", "3000")
    region = page.get_by_role("region", name="Scenarios")
    expect(region.locator(".chip")).to_have_text("running")
    play(page, "cascade", "0")
    expect(form(page, "Play a scenario").locator(".said")).to_contain_text("cascade is being played, at")
    do(form(page, "Stop the scenario"), "Stop the scenario")
    expect(region.locator(".chip")).to_have_text("stopped")


def test_a_scenario_of_another_market_says_what_it_needs(place: Place) -> None:
    page = place.open("venue")
    play(page, "crash", "0")
    playing = form(page, "Play a scenario")
    expect(playing).to_contain_text("It needs the market walk:2:crash")
    expect(playing.locator(".said")).to_contain_text("`tally serve --market walk:2:crash`")


def call_of(place: Place, page: Page, name: str) -> str:
    """The text of a call in one form, as its form of control shows it."""
    giving = form(page, "Give coins")
    giving.get_by_label("User").select_option("bob")
    giving.get_by_label("Coin").fill("DOT")
    giving.get_by_label("Amount").fill("0.125")
    if not giving.locator("details").evaluate("node => node.open"):
        giving.get_by_text("Show the call").click()
    text = giving.locator(f"[data-form={name}]").inner_text()
    assert place.served.connection["control_token"] not in page.content()
    return text


def run(text: str, place: Place, name: str) -> None:
    """Carry out what was copied."""
    if name == "tally":
        words = shlex.split(text)
        assert words[0] == "tally"
        assert tally(*words[1:]).returncode == 0
        return
    command = ["sh", "-c", text] if name == "curl" else [sys.executable, "-c", text]
    token = {"TALLY_CONTROL_TOKEN": place.served.connection["control_token"]}
    done = subprocess.run(
        command, env={**ENVIRONMENT, **token}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["curl", "tally", "Python"])
def test_a_control_is_one_call_that_others_can_make(place: Place, name: str) -> None:
    page = place.open("venue")
    text = call_of(place, page, name)
    run(text, place, name)
    (detail,) = place.as_user("bob", "/api/v5/account/balance?ccy=DOT")[0]["details"]
    assert detail["cashBal"] == "0.125"
    page.get_by_role("link", name="Activity").click()
    expect(page.locator(".rolling").first).to_contain_text("POST users/bob/balance")


def test_an_answer_that_is_lost_is_unknown(place: Place) -> None:
    """The call is carried out, and its answer never comes: the page says that nobody knows."""
    page = place.open("venue")
    giving = form(page, "Give coins")

    def lose(route: Route) -> None:
        # The page also reads, and what it reads is not lost.
        asked = route.request.post_data_json
        if not asked or asked["path"] != ["users", "bob", "balance"]:
            route.continue_()
            return
        route.fetch()
        route.abort()

    page.route("**/call", lose)
    said = do(giving, "Give coins", User="bob", Coin="DOT", Amount="1")
    expect(said).to_contain_text("Nobody knows whether this was carried out.")
    place.forgive("ERR_FAILED")
    (detail,) = place.as_user("bob", "/api/v5/account/balance?ccy=DOT")[0]["details"]
    assert detail["cashBal"] == "1"
