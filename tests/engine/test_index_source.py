"""The venue's own trades in the index: how much, until when, and whom the moved index judges. Decisions/015."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, ledger, prices, risk
from tallystick.engine.events import LiquidationEnded, LiquidationStarted, LoanMoved, OrderFilled
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import Driver, atoms, text
from tests.engine.setups import NOON_MS, of_kind

BTC, ETH = "BTC-USDT", "ETH-USDT"
A, B, C, D, TRADER = 1, 2, 3, 4, 9
Levels = list[tuple[str, str]]


def venue(share: str) -> Driver:
    """BTC at 70,000, ETH at 3,000; TRADER has coins and no debt."""
    driver = Driver(NOON_MS, replace(load_parameters(), index_own_share=atoms(share)))
    driver.price(BTC, "70000")
    driver.price(ETH, "3000")
    driver.user(TRADER, BTC="100", USDT="1000000")
    return driver


def sell(driver: Driver, size: str, instrument: str = BTC) -> list[Any]:
    return driver.do(
        c.PlaceOrder(
            user_id=TRADER,
            instrument=instrument,
            side="sell",
            kind="market",
            size=atoms(size),
            price=0,
            size_in_quote=False,
        )
    )


def index(driver: Driver, instrument: str = BTC) -> str:
    return text(driver.state.markets[instrument].index)


def owing(driver: Driver, user_id: int, debt: str, ccy: str = "USDT", **coins: str) -> None:
    """An account with coins, and a debt whose coins are gone past every check of margin."""
    driver.user(user_id, coins)
    driver.do(c.AdjustBalance(user_id=user_id, account="trading", ccy="ETH", delta=atoms("1000")))
    driver.do(c.ManualBorrow(user_id=user_id, ccy=ccy, amount=atoms(debt)))
    for coin, amount in (("ETH", "1000"), (ccy, debt)):
        ledger.post(driver.state, coin, (f"trading:{user_id}", -atoms(amount)), ("outside", atoms(amount)))
        ledger.spend_exempt(driver.state.users[user_id], coin, atoms(amount))


def begun(events: list[Any]) -> list[int]:
    return [event.user_id for event in of_kind(events, LiquidationStarted)]


# ---- the number


@pytest.mark.parametrize(
    ("share", "after"),
    [("0", "70000"), ("0.25", "69700"), ("1", "68800"), ("0.000000000000000001", "69999.9999999999999988")],
)
def test_the_last_trade_has_its_share(share: str, after: str) -> None:
    """Recorded 70,000, sold at 68,800: 70,000 - 1,200 x share."""
    driver = venue(share)
    driver.book(BTC, [("68800", "1")], [])
    sell(driver, "0.5")
    assert index(driver) == after
    assert text(prices.usd_index(driver.state, "BTC")) == after


def test_the_index_is_cut() -> None:
    """60,000.000000000000000001 and 50,000 by halves: 55,000.0000000000000000005, cut."""
    driver = venue("0.5")
    driver.price(BTC, "60000.000000000000000001")
    driver.book(BTC, [("50000", "1")], [])
    sell(driver, "0.5")
    assert index(driver) == "55000"


def test_a_sale_through_several_levels_leaves_the_last() -> None:
    driver = venue("1")
    driver.book(BTC, [("69000", "0.1"), ("68000", "0.1"), ("60000", "5")], [])
    sell(driver, "0.2")
    assert index(driver) == "68000"


def test_only_the_pair_that_trades_moves() -> None:
    driver = venue("1")
    driver.book(BTC, [("69000", "1")], [])
    sell(driver, "0.1")
    assert (index(driver), index(driver, ETH)) == ("69000", "3000")


@pytest.mark.parametrize("hold_book", [False, True])
def test_the_next_price_pulls_the_index_back(hold_book: bool) -> None:
    driver = venue("1")
    driver.book(BTC, [("69000", "1")], [])
    sell(driver, "0.1")
    if not hold_book:
        driver.do(c.ReleaseMarket(instrument=BTC))
        assert index(driver) == "69000"
        driver.do(c.MoveMarket(instruments=(BTC,), prices=(atoms("69900"),)))
    else:
        driver.price(BTC, "69900")
    assert index(driver) == "69900"


def test_a_trade_before_the_last_price_has_no_share() -> None:
    """A last price between two ticks: half a share of the trade before it, or of its own tick, would be below it."""
    driver = venue("0")
    driver.book(BTC, [("69000", "1")], [])
    sell(driver, "0.1")
    driver.do(c.ReleaseMarket(instrument=BTC))
    driver.do(c.MoveMarket(instruments=(BTC,), prices=(atoms("69900.05"),)))
    half = c.Setting(table="constants", row="", field="index_own_share", value=atoms("0.5"))
    driver.do(c.ChangeParameters(settings=(half,)))
    assert index(driver) == "69900.05"


def test_without_a_recorded_price_there_is_no_index() -> None:
    driver = venue("1")
    driver.book("SOL-USDT", [("150", "10")], [])
    driver.deposit("SOL", "10", TRADER)
    assert of_kind(sell(driver, "1", "SOL-USDT"), OrderFilled)
    assert index(driver, "SOL-USDT") == "0"


def test_the_house_does_not_follow_a_sale() -> None:
    """Its quotes stand round the recorded price; only what was taken is missing."""
    driver = venue("1")
    pair = driver.parameters.instruments[BTC]
    before = prices.house_levels(driver.state, pair, "asks")
    sell(driver, "3")
    assert index(driver) != "70000"
    assert prices.house_levels(driver.state, pair, "asks") == before
    assert prices.house_levels(driver.state, pair, "bids")[-1] == (atoms("69300"), atoms("4.67532467"))


def test_another_share_counts_at_once_and_judges_at_once() -> None:
    """The account is due at 1.021 x 48,050 / 0.98 = 50,060.26: not at 50,100, but at 50,100 and 49,000 by halves."""
    driver = venue("0")
    owing(driver, A, "48050", BTC="1")
    driver.price(BTC, "50100")
    driver.book(BTC, [("49000", "20")], [])
    sell(driver, "0.1")
    assert index(driver) == "50100"
    half = c.Setting(table="constants", row="", field="index_own_share", value=atoms("0.5"))
    events = driver.do(c.ChangeParameters(settings=(half,)))
    assert begun(events) == [A]
    assert index(driver) == "49550"


# ---- whom it judges


def test_somebody_elses_trade_liquidates_in_the_same_entry() -> None:
    driver = venue("1")
    owing(driver, A, "48050", BTC="1")
    driver.price(BTC, "50100")
    driver.book(BTC, [("50061", "1"), ("50060", "5")], [])
    assert begun(sell(driver, "1")) == []
    assert begun(sell(driver, "0.1")) == [A]


def test_with_no_share_it_does_not() -> None:
    driver = venue("0")
    owing(driver, A, "48050", BTC="1")
    driver.price(BTC, "50100")
    driver.book(BTC, [("40000", "5")], [])
    assert begun(sell(driver, "1")) == []


def cascade(share: str, bids: Levels) -> tuple[Driver, list[Any]]:
    """Four accounts of 1 BTC each, due at 1.021 x debt / 0.98: 50,060.3, 49,643.5, 49,226.8 and 39,589.8.

    BTC falls to 50,000. The loan of D is liquidated at 47,300 / 0.9655 = 48,990.1.
    """
    driver = venue(share)
    for user_id, debt in ((D, "38000"), (C, "47250"), (B, "47650"), (A, "48050")):
        owing(driver, user_id, debt, BTC="1")
    driver.deposit("BTC", "1", D, "funding")
    driver.do(
        c.BorrowLoan(
            user_id=D,
            loan_id=0,
            ccy="USDT",
            amount=atoms("47300"),
            collateral=(("BTC", atoms("1")),),
            client_order_id="one",
        )
    )
    driver.book(BTC, bids, [])
    return driver, driver.do(c.SetPrices(prices=((BTC, atoms("50000")),)))


THIN = [("50000", "0.1"), ("49600", "0.3"), ("49200", "0.5"), ("48900", "10")]


def test_each_liquidation_brings_the_next_one_about() -> None:
    """A sells about 0.195 BTC for a fifth of its debt: 0.1 at 50,000, the rest at 49,600, where B is due. B's slices
    empty 49,600 and go on at 49,200, where C is due. C's take the rest there and end at 48,900, where the loan is due
    and A again: it stopped above 1.2 at 49,600, with about 0.61 BTC for 28,830 USDT, and 700 less a piece is 420 less.
    """
    driver, events = cascade("1", THIN)
    assert begun(events) == [A, B, C, A]
    assert [event.user_id for event in of_kind(events, LiquidationEnded)] == [A, B, C, A]
    assert {event.kind for event in of_kind(events, LoanMoved)} == {"partial_liquidation"}
    assert index(driver) == "48900"
    order = [
        (type(event).__name__, event.user_id) for event in events if type(event) in (LiquidationStarted, LoanMoved)
    ]
    assert order.index(("LoanMoved", D)) > order.index(("LiquidationStarted", C))


@pytest.mark.parametrize("share", ["0", "0.2"])
def test_an_index_the_book_hardly_moves_stops_at_the_first(share: str) -> None:
    """With a fifth of the say, sales at 50,000 and 49,600 leave 49,920: B is due at 49,643.5 only."""
    driver, events = cascade(share, THIN)
    assert begun(events) == [A]
    assert of_kind(events, LoanMoved) == []
    assert index(driver) == {"0": "50000", "0.2": "49920"}[share]


def test_the_bound_goes_with_the_index() -> None:
    """The first order may go to 49,500; the fall of the index to 49,600 lets the second one reach 49,200."""
    _, events = cascade("1", [("50000", "0.1"), ("49600", "0.01"), ("49200", "50")])
    sold = [text(event.price) for event in of_kind(events, OrderFilled) if event.user_id == A]
    assert sold[:3] == ["50000", "49600", "49200"]
    assert begun(events) == [A, B, C]


def test_a_deep_book_stops_the_fall() -> None:
    driver, events = cascade("1", [("50000", "10")])
    assert begun(events) == [A]
    assert index(driver) == "50000"


def test_whom_an_earlier_sale_has_helped_is_left_alone() -> None:
    """A is long and B short of BTC; when ETH becomes worthless both are due, A first. Its sale lowers what B owes.

    A: 0.98 x 50,000 + 19.6 - 48,050 = 969.6 of 1,009.05, 2.1 % of the debt. B: 51,490 + 19.6 - 50,000 = 1,509.6 of
    1,550, 3.1 % of the debt; at 49,600 it is 1,909.6 of 1,537.6.
    """
    driver = venue("1")
    driver.price(BTC, "50000")
    owing(driver, A, "48050", BTC="1", ETH="20")
    owing(driver, B, "1", "BTC", USDT="51490", ETH="20")
    driver.book(BTC, [("49900", "0.1"), ("49600", "5")], [])
    events = driver.do(c.SetPrices(prices=((ETH, atoms("1")),)))
    assert begun(events) == [A]
    assert index(driver) == "49600"


def test_rounds_have_an_end_and_the_next_price_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk, "ROUNDS_MAX", 1)
    driver, events = cascade("1", THIN)
    assert begun(events) == [A]
    assert index(driver) == "49600"
    assert begun(driver.do(c.SetPrices(prices=((BTC, atoms("49600")),)))) == [B]


def test_a_replay_of_the_events_comes_to_the_same_state() -> None:
    """Also one that begins in the middle, with no companions."""
    driver, _ = cascade("1", THIN)
    before = core.new_state(driver.parameters, NOON_MS)
    for stamp, command, events in driver.entries:
        # `owing` takes coins away beside the journal; the same is done here at the same moments.
        core.fold(before, stamp, events)
        if type(command) is c.ManualBorrow:
            for coin, amount in (("ETH", atoms("1000")), (command.ccy, command.amount)):
                account = f"trading:{command.user_id}"
                ledger.post(before, coin, (account, -amount), ("outside", amount))
                ledger.spend_exempt(before.users[command.user_id], coin, amount)
    assert core.state_hash(before) == core.state_hash(driver.state)
    again = core.decode_state(core.encode_state(before))
    stamp = core.Stamp(driver.seq + 1, driver.at_ms)
    order = c.PlaceOrder(
        user_id=TRADER, instrument=BTC, side="sell", kind="market", size=atoms("0.5"), price=0, size_in_quote=False
    )
    assert core.handle(again, stamp, order) == core.handle(before, stamp, order)
    assert core.state_hash(again) == core.state_hash(before)
