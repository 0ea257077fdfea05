"""Numbers that begin with the time: their documented form, that they rise, and how long they last."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tallystick.engine import commands as c
from tallystick.engine import numbers
from tallystick.engine.events import LoanMoved, LoanOpened, OrderFilled, OrderPlaced, QuoteGiven, QuoteTraded
from tallystick.engine.state import State
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms

LARGEST = 2**63 - 1
LAST_OF_63_BITS_MS = 1_947_380_306_943
"""2031-09-17 02:58:26.943 UTC: milliseconds since 2023 UTC+8 with 25 bits behind them end at 63 bits here."""


def moment(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def fresh() -> State:
    return State(load_parameters())


def test_the_documented_orders_are_milliseconds_and_the_account() -> None:
    """Both legs of the documented example, placed 7 ms after their cTime, by one account."""
    account = 26_238_976
    assert numbers.next_order_id(fresh(), 1_742_194_482_333, account) == 2338478237607288832
    assert numbers.next_order_id(fresh(), 1_742_194_485_446, account) == 2338478342062235648


def test_the_old_form_would_end_in_2031() -> None:
    epoch_ms = moment("2022-12-31 16:00")
    assert epoch_ms == numbers.ORDER_EPOCH_MS
    assert ((LAST_OF_63_BITS_MS - epoch_ms) << 25) + 2**25 - 1 == LARGEST
    assert moment("2031-09-17 02:58:26.943") == LAST_OF_63_BITS_MS


@pytest.mark.parametrize(
    ("at_ms", "user_id", "expected"),
    [
        # The last millisecond with 25 bits of the user, and the first with 18 where the other form ended.
        (moment("2031-01-01") - 1, 2**25 - 1, (252_489_600_000 << 25) - 1),
        (moment("2031-01-01"), 0, 252_489_600_000 << 25),
        (moment("2031-01-01"), 2**18 + 5, (252_489_600_000 << 25) + 5),
        (moment("2031-01-01") + 1, 7, (252_489_600_000 << 25) + 2**18 + 7),
        # Where the old form passed 63 bits.
        (LAST_OF_63_BITS_MS + 1, 1001, (252_489_600_000 << 25) + (22_388_306_944 << 18) + 1001),
        (moment("2100-12-31 23:59:59.999"), 2**18 - 1, (252_489_600_000 << 25) + (2_208_988_800_000 << 18) - 1),
    ],
)
def test_order_numbers_at_the_bounds(at_ms: int, user_id: int, expected: int) -> None:
    found = numbers.next_order_id(fresh(), at_ms, user_id)
    assert found == expected
    assert found <= LARGEST
    assert len(str(found)) == 19


def test_the_time_of_a_venue_ends_with_the_year_2100() -> None:
    assert moment("2101-01-01") == numbers.END_MS


def test_order_numbers_rise_across_the_change_whoever_asks() -> None:
    state, last = fresh(), 0
    for at_ms in range(numbers.LATER_MS - 3, numbers.LATER_MS + 3):
        for user_id in (2**25 - 1, 0, 5, 2**18, 5):
            found = numbers.next_order_id(state, at_ms, user_id)
            assert found > last
            state.last_order_id = last = found


@pytest.mark.parametrize(
    "at_ms",
    [
        moment("2026-01-15 18:00"),
        numbers.LATER_MS - 1,
        numbers.LATER_MS,
        LAST_OF_63_BITS_MS - 1,
        LAST_OF_63_BITS_MS,
        LAST_OF_63_BITS_MS + 1,
        numbers.END_MS - 1,
    ],
)
def test_what_is_done_gets_numbers_that_fit(at_ms: int) -> None:
    """An order that rests and is cancelled by its number, one that fills, a loan, a convert trade; and their rows."""
    driver = Driver(at_ms)
    driver.user(USER, USDT="100000", BTC="1", ETH="1")
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    driver.deposit("BTC", "1", account="funding")

    resting = driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("50000")
        )
    )[0]
    assert isinstance(resting, OrderPlaced)
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=resting.order_id))
    filled = driver.do(
        c.PlaceOrder(user_id=USER, instrument="BTC-USDT", side="buy", kind="market", size=atoms("0.1"), price=0)
    )
    (fill,) = (event for event in filled if isinstance(event, OrderFilled))
    borrowed = driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("1000"),
            collateral=(("BTC", atoms("0.5")),),
            client_order_id="a",
        )
    )
    loan_ids = [event.loan_id for event in borrowed if isinstance(event, LoanOpened)]
    ref_ids = [event.ref_id for event in borrowed if isinstance(event, LoanMoved)]
    quote = driver.do(
        c.AskQuote(user_id=USER, base_ccy="ETH", quote_ccy="USDT", side="buy", size=atoms("30"), size_ccy="USDT")
    )[0]
    assert isinstance(quote, QuoteGiven)
    traded = driver.do(
        c.TradeQuote(
            user_id=USER,
            quote_id=quote.quote_id,
            base_ccy="ETH",
            quote_ccy="USDT",
            side="buy",
            size=atoms("30"),
            size_ccy="USDT",
        )
    )[0]
    assert isinstance(traded, QuoteTraded)

    order_ids = [resting.order_id, fill.order_id, *loan_ids]
    assert len({resting.order_id, fill.order_id}) == 2
    assert all(len(str(number)) == 19 and number <= LARGEST for number in order_ids)
    assert all(len(str(number)) == 17 for number in ref_ids)
    assert quote.quote_id[-17:-4] == traded.trade_id[-17:-4] == str(at_ms)
    assert driver.state.last_posting_id <= LARGEST
    assert all(0 <= key <= LARGEST and row_id <= LARGEST for _, _, key, row_id in driver.rows)


def test_quotes_of_one_millisecond_are_all_told_apart() -> None:
    """10,000 commands later the last four digits begin anew; while the clock stands still the time does not help."""
    driver = Driver()
    driver.user(USER, USDT="1000")
    driver.price("BTC-USDT", "60000")
    ask = c.AskQuote(user_id=USER, base_ccy="BTC", quote_ccy="USDT", side="buy", size=atoms("30"), size_ccy="USDT")
    first = driver.do(ask)[0]
    driver.seq += 9_999
    second = driver.do(ask)[0]
    assert isinstance(first, QuoteGiven)
    assert isinstance(second, QuoteGiven)
    assert int(second.quote_id[-17:]) > int(first.quote_id[-17:])
