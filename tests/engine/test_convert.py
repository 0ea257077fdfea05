"""Convert: quotes, their end, pro rata trades, roundings against the user (docs/rules/convert.md)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import convert, core
from tallystick.engine.events import QuoteGiven, QuotesExpired, QuoteTraded
from tallystick.engine.kinds import Side
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, of_kind, repaid

DAY_MS = 86_400_000


def trader(*, at_ms: int = NOON_MS + 1, **balances: str) -> Driver:
    """ETH at the price whose quote is the documented 2932.40104429; BTC at 60,000; USDC at 1."""
    driver = Driver(at_ms)
    driver.user(USER, balances or {"USDT": "1000", "ETH": "1", "BTC": "1", "USDC": "1000"})
    driver.price("ETH-USDT", "2930.93557650")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    return driver


def ask(driver: Driver, base: str, quote: str, side: Side, size: str, size_ccy: str) -> QuoteGiven:
    (given,) = driver.do(
        c.AskQuote(user_id=USER, base_ccy=base, quote_ccy=quote, side=side, size=atoms(size), size_ccy=size_ccy)
    )
    assert isinstance(given, QuoteGiven)
    return given


def take(quote: QuoteGiven, size: str | None = None, **changed: str) -> c.TradeQuote:
    said: dict[str, Any] = {
        "base_ccy": quote.base_ccy,
        "quote_ccy": quote.quote_ccy,
        "side": quote.side,
        "size_ccy": quote.size_ccy,
        "client_trade_id": "",
    } | changed
    return c.TradeQuote(
        user_id=USER,
        quote_id=quote.quote_id,
        base_ccy=said["base_ccy"],
        quote_ccy=said["quote_ccy"],
        side=said["side"],
        size=quote.size if size is None else atoms(size),
        size_ccy=said["size_ccy"],
        client_trade_id=said["client_trade_id"],
    )


def trade(driver: Driver, quote: QuoteGiven, size: str | None = None) -> tuple[str, str]:
    """(base, quote) that moved."""
    (traded,) = of_kind(driver.do(take(quote, size)), QuoteTraded)
    return text(traded.base_size), text(traded.quote_size)


# ---- sizes


def test_the_worked_quote_and_its_parts() -> None:
    """30 USDT at 2932.40104429 are 0.01023052 ETH; 12 of them 0.0040922."""
    driver = trader()
    quote = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    assert (text(quote.price), text(quote.base_size), text(quote.quote_size)) == ("2932.40104429", "0.01023052", "30")
    assert trade(driver, quote, "12") == ("0.0040922", "12")
    assert (driver.cash("ETH"), driver.cash("USDT")) == ("1.0040922", "988")


@pytest.mark.parametrize(
    ("side", "size", "size_ccy", "price", "base", "quote"),
    [
        # index 60,000 with half a spread of 0.05 % each way: 60,030 and 59,970
        ("buy", "0.01", "BTC", "60030", "0.01", "600.3"),
        ("buy", "100", "USDT", "60030", "0.00166583", "100"),  # 0.0016658337..., cut
        ("buy", "0.0123456789012345", "BTC", "60030", "0.0123456789012345", "741.11110445"),  # ...0444110..., up
        ("sell", "0.01", "BTC", "59970", "0.01", "599.7"),
        ("sell", "0.0123456789012345", "BTC", "59970", "0.0123456789012345", "740.3703637"),  # ...370707..., cut
        ("sell", "100", "USDT", "59970", "0.00166751", "100"),  # 0.0016675004..., up
    ],
)
def test_the_side_that_is_worked_out_is_rounded_against_the_user(
    side: Side, size: str, size_ccy: str, price: str, base: str, quote: str
) -> None:
    driver = trader()
    given = ask(driver, "BTC", "USDT", side, size, size_ccy)
    assert (text(given.price), text(given.base_size), text(given.quote_size)) == (price, base, quote)


def test_two_stable_coins_have_the_narrow_spread() -> None:
    driver = trader()
    assert text(ask(driver, "USDC", "USDT", "buy", "10", "USDT").price) == "1.0002"
    assert text(ask(driver, "USDC", "USDT", "sell", "10", "USDC").price) == "0.9998"


@pytest.mark.parametrize(
    ("base", "quote", "size", "price"),
    [
        ("DOT", "USDT", "10", "5.01"),  # 5 x 1.002
        ("USDT", "DOT", "10", "0.2004"),  # 1.002 / 5
        ("DOT", "BTC", "10", "0.0000835"),  # 5 / 60,000 x 1.002
        ("ETH", "BTC", "0.1", "0.04002"),  # 2,400 / 60,000 x 1.0005
        ("USDC", "BTC", "10", "0.000016675"),  # 1.0005 / 60,000
    ],
)
def test_the_dearer_class_of_two_coins_sets_the_spread(base: str, quote: str, size: str, price: str) -> None:
    """0.2 % with a coin beyond majors and stable coins, in either place; majors and stable coins among them 0.05 %."""
    driver = trader()
    driver.price("DOT-USDT", "5")
    driver.price("ETH-USDT", "2400")
    assert text(ask(driver, base, quote, "buy", size, base).price) == price


def test_a_reversed_pair_keeps_digits_enough() -> None:
    """USDT in BTC: 1.0005 / 60,000 = 0.000016675 to buy, 0.9995 / 60,000 cut to 0.0000166583333333 to sell."""
    driver = trader()
    buy = ask(driver, "USDT", "BTC", "buy", "300", "USDT")
    assert (text(buy.price), text(buy.base_size), text(buy.quote_size)) == ("0.000016675", "300", "0.0050025")
    sell = ask(driver, "USDT", "BTC", "sell", "300", "USDT")
    assert (text(sell.price), text(sell.quote_size)) == ("0.0000166583333333", "0.00499749")
    assert trade(driver, sell) == ("300", "0.00499749")
    assert (driver.cash("USDT"), driver.cash("BTC")) == ("700", "1.00499749")


def test_a_pair_without_a_market_is_priced_through_usdt() -> None:
    """60,000 / 2930.9355765 x 1.0005 = 20.48151602..., up at 8 decimals."""
    driver = trader()
    price = ask(driver, "BTC", "ETH", "buy", "0.01", "BTC").price
    exact = Fraction(60_000) / Fraction("2930.93557650") * Fraction("1.0005")
    assert 0 <= Fraction(text(price)) - exact < Fraction(1, 10**8)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["buy", "sell"]),
    st.integers(10**10, 10**22),
    st.booleans(),
    st.integers(10**14, 10**24),
)
def test_nobody_gains_by_rounding(side: Side, size: int, in_quote: bool, price: int) -> None:
    """C3 by fractions: what is got is at most, what is paid at least, the exact counter-value, within one 8th place."""
    base, quote = convert.sizes(side, price, size, in_quote)
    exact_quote = Fraction(base * price, 10**18)
    unit = 10**10
    if side == "buy":
        assert quote >= exact_quote
    else:
        assert quote <= exact_quote
    if in_quote:
        assert quote == size
        assert abs(Fraction(size * 10**18, price) - base) < unit
        assert base % unit == 0
    else:
        assert base == size
        assert abs(exact_quote - quote) < unit
        assert quote % unit == 0


@pytest.mark.parametrize("amount", ["2", "2.0000000000000001", "3.3333333333333333", "777.77", "999"])
def test_there_and_back_loses(amount: str) -> None:
    """L8: at unchanged prices no round trip gains, in either notation of the pair."""
    for base, other in (("BTC", "USDT"), ("USDT", "BTC"), ("USDC", "USDT"), ("USDT", "USDC"), ("ETH", "BTC")):
        driver = trader(USDT="2000", USDC="2000", BTC="1", ETH="10")
        size = amount if base in ("USDT", "USDC") else "0.0123456789012345"
        before = {ccy: atoms(driver.cash(ccy)) for ccy in (base, other)}
        there = ask(driver, base, other, "sell", size, base)
        _, got = trade(driver, there)
        back = ask(driver, base, other, "buy", got, other)
        trade(driver, back)
        assert atoms(driver.cash(base)) < before[base]
        assert atoms(driver.cash(other)) == before[other]


# ---- time


def test_a_quote_lives_ten_seconds_to_the_millisecond() -> None:
    for waited, alive in ((10_000, True), (10_001, False)):
        driver = trader()
        quote = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
        driver.wait(waited)
        if alive:
            assert trade(driver, quote) == ("0.01023052", "30")
        else:
            assert driver.refuse(take(quote)) is Reject.QUOTE_EXPIRED


def test_a_price_that_moved_does_not_move_the_quote() -> None:
    driver = trader()
    quote = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    driver.price("ETH-USDT", "6000")
    assert trade(driver, quote) == ("0.01023052", "30")


def test_an_old_quote_says_why_for_an_hour_and_is_forgotten_then() -> None:
    driver = trader(at_ms=NOON_MS + 1)
    quote = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    driver.wait(10_000 + 3_600_000 - 1)
    assert driver.refuse(take(quote)) is Reject.QUOTE_EXPIRED
    assert core.due_at_ms(driver.state) == driver.at_ms + 1
    driver.wait(1)
    assert driver.entries[-1][2] == [QuotesExpired(quote_ids=(quote.quote_id,))]
    assert driver.refuse(take(quote)) is Reject.UNKNOWN_QUOTE


# ---- refusals


def test_refusals_of_a_quote_in_their_order() -> None:
    driver = trader()

    def refuse(base: str, quote: str, size: int, size_ccy: str, user: int = USER) -> Reject:
        return driver.refuse(
            c.AskQuote(user_id=user, base_ccy=base, quote_ccy=quote, side="buy", size=size, size_ccy=size_ccy)
        )

    assert refuse("NONE", "USDT", 1, "DOT", 9) is Reject.UNKNOWN_USER
    assert refuse("NONE", "USDT", 1, "DOT") is Reject.UNKNOWN_CCY
    assert refuse("BTC", "NONE", 1, "DOT") is Reject.UNKNOWN_CCY
    assert refuse("BTC", "BTC", 1, "BTC") is Reject.NO_SUCH_PAIR
    assert refuse("BTC", "USDT", 1, "DOT") is Reject.NO_SUCH_PAIR
    assert refuse("SOL", "USDT", 1, "USDT") is Reject.NO_SUCH_PAIR  # no price yet
    assert refuse("BTC", "USDT", 1, "USDT") is Reject.AMOUNT_TOO_FINE
    assert refuse("BTC", "USDT", atoms("0.0001"), "USDT") is Reject.RESULT_TOO_SMALL
    assert refuse("BTC", "USDT", atoms("0.99999999"), "USDT") is Reject.BELOW_CONVERT_MIN
    assert refuse("BTC", "USDT", atoms("10000.00000001"), "USDT") is Reject.ABOVE_CONVERT_MAX
    ask(driver, "BTC", "USDT", "buy", "1", "USDT")
    ask(driver, "BTC", "USDT", "buy", "10000", "USDT")


def test_a_large_conversion_has_twenty_times_the_limit() -> None:
    """200,000 USD, where 10,000 is the ordinary limit; what was quoted as one kind is not traded as the other."""
    driver = trader(BTC="5")

    def large(size: str) -> c.AskQuote:
        return c.AskQuote(
            user_id=USER, base_ccy="BTC", quote_ccy="USDT", side="sell", size=atoms(size), size_ccy="USDT", large=True
        )

    assert driver.refuse(large("200000.00000001")) is Reject.ABOVE_CONVERT_MAX
    assert driver.refuse(large("0.99999999")) is Reject.BELOW_CONVERT_MIN
    (given,) = driver.do(large("200000"))
    assert driver.refuse(take(given)) is Reject.QUOTE_ALTERED
    (traded,) = of_kind(driver.do(replace(take(given), large=True)), QuoteTraded)
    assert text(traded.quote_size) == "200000"
    ordinary = ask(driver, "BTC", "USDT", "sell", "100", "USDT")
    assert driver.refuse(replace(take(ordinary), large=True)) is Reject.QUOTE_ALTERED
    driver.do(
        c.ChangeParameters(
            settings=(c.Setting(table="constants", row="", field="convert_large_factor", value=atoms("2")),)
        )
    )
    assert driver.refuse(large("20000.00000001")) is Reject.ABOVE_CONVERT_MAX
    driver.do(large("20000"))


def test_refusals_of_a_trade_in_their_order() -> None:
    """Each line mends one thing and meets the next refusal."""
    driver = trader(USDT="40", ETH="1")
    driver.user(2)
    first = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    old = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    driver.do(take(first, "10", client_trade_id="used"))
    driver.wait(10_001)
    tiny, more = "0.000000000000000001", "31"
    wrong = {"base_ccy": "BTC", "quote_ccy": "USDC", "side": "sell", "size_ccy": "ETH"}
    refuse = driver.refuse
    strange = c.TradeQuote(
        user_id=9,
        quote_id="quoterNONE",
        base_ccy="",
        quote_ccy="",
        side="buy",
        size=1,
        size_ccy="",
        client_trade_id="used",
    )
    assert refuse(strange) is Reject.UNKNOWN_USER
    assert (
        refuse(
            c.TradeQuote(
                user_id=2,
                quote_id=old.quote_id,
                base_ccy="",
                quote_ccy="",
                side="buy",
                size=1,
                size_ccy="",
                client_trade_id="used",
            )
        )
        is Reject.UNKNOWN_QUOTE
    )
    assert (
        refuse(
            c.TradeQuote(
                user_id=USER,
                quote_id="quoterNONE",
                base_ccy="",
                quote_ccy="",
                side="buy",
                size=1,
                size_ccy="",
                client_trade_id="used",
            )
        )
        is Reject.UNKNOWN_QUOTE
    )
    assert refuse(take(first, tiny, client_trade_id="used", **wrong)) is Reject.DUPLICATE_CLIENT_ID
    assert refuse(take(first, tiny, **wrong)) is Reject.QUOTE_TRADED
    assert refuse(take(old, tiny, **wrong)) is Reject.QUOTE_EXPIRED
    fresh = ask(driver, "ETH", "USDT", "buy", "35", "USDT")
    for param in ("base_ccy", "quote_ccy", "side", "size_ccy"):
        assert refuse(take(fresh, tiny, **{param: wrong[param]})) is Reject.QUOTE_ALTERED
    assert refuse(take(fresh, tiny)) is Reject.AMOUNT_TOO_FINE
    assert refuse(take(fresh, "36")) is Reject.ABOVE_QUOTED_SIZE
    assert refuse(take(fresh, "0.00001")) is Reject.RESULT_TOO_SMALL
    assert refuse(take(fresh, more)) is Reject.INSUFFICIENT_BALANCE
    driver.do(take(fresh, "30"))


def test_what_an_order_holds_cannot_be_converted() -> None:
    driver = trader(USDT="40", ETH="1")
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="ETH-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms("2000")
        )
    )
    quote = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    assert driver.refuse(take(quote)) is Reject.INSUFFICIENT_BALANCE
    assert trade(driver, quote, "20")[1] == "20"


def test_a_conversion_may_not_leave_the_debt_uncovered() -> None:
    """10,000 USDT own and 29,600 borrowed: 133.33 are free. ETH costs 1 - 0.98 / 1.0005 of what is converted: of 9,000
    184.41, of 5,000 102.45."""
    driver = trader(USDT="10000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("29600")))
    quote = ask(driver, "ETH", "USDT", "buy", "9000", "USDT")
    assert driver.refuse(take(quote)) is Reject.MARGIN_INSUFFICIENT
    trade(driver, quote, "5000")


def test_a_quote_is_used_once() -> None:
    driver = trader()
    quote = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    trade(driver, quote, "1")
    for _ in range(31):
        assert driver.refuse(take(quote, "1")) is Reject.QUOTE_TRADED


def test_a_trade_id_is_free_again_after_seven_days() -> None:
    driver = trader()
    driver.do(take(ask(driver, "ETH", "USDT", "buy", "3", "USDT"), client_trade_id="x"))
    began_ms = driver.at_ms
    driver.pass_to(began_ms + 7 * DAY_MS - 1)
    again = ask(driver, "ETH", "USDT", "buy", "3", "USDT")
    assert driver.refuse(take(again, client_trade_id="x")) is Reject.DUPLICATE_CLIENT_ID
    driver.wait(1)
    driver.do(take(again, client_trade_id="x"))


def test_ids_have_the_documented_form() -> None:
    driver = trader()
    driver.seq = 31
    quote = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    assert quote.quote_id == f"quoterETH-USDT{driver.at_ms}0032"
    (traded,) = driver.do(take(quote))
    assert traded.trade_id == f"trader{driver.at_ms}0033"


def test_a_conversion_moves_two_legs_and_nothing_else() -> None:
    """C4: user against desk, in the two coins, and auto repay of the coin that came in."""
    driver = trader(USDT="1000", USDC="100")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("50")))
    driver.deposit("USDC", "-150")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    quote = ask(driver, "USDC", "USDT", "buy", "30", "USDC")
    events = driver.do(take(quote))
    assert repaid(events) == [("USDC", "auto_repay", "30", "20")]
    assert (driver.cash("USDT"), driver.cash("USDC")) == ("969.994", "0")
    desk = driver.state.ledger["desk"]
    assert {ccy: text(amount) for ccy, amount in desk.items()} == {"USDC": "-30", "USDT": "30.006"}


# ---- refused by the market maker


def refuse_next(driver: Driver, count: int, user_id: int = USER) -> None:
    rule = c.FaultRule(fault_id=user_id + 1, kind="convert-rejected", user_id=user_id, count=count)
    driver.do(c.InjectFault(rule=rule))


def fired(driver: Driver) -> dict[int, int]:
    return {fault.rule.user_id: fault.fired for fault in driver.state.faults.values()}


def test_a_refused_trade_moves_nothing_and_stands_in_the_history() -> None:
    """One refusal: the row says rejected, the quote and the id are used up, the next quote trades again."""
    driver = trader()
    refuse_next(driver, 1)
    before = dict(driver.state.ledger[f"trading:{USER}"])
    quote = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    (refused,) = of_kind(driver.do(take(quote, client_trade_id="a")), QuoteTraded)
    assert (refused.state, refused.base_size, refused.quote_size) == ("rejected", 0, 0)
    assert driver.state.ledger[f"trading:{USER}"] == before
    (row,) = driver.table("convert")
    assert b'"state":"rejected"' in row
    assert b'"fillBaseSz":"0"' in row
    assert driver.refuse(take(quote)) is Reject.QUOTE_TRADED
    again = ask(driver, "ETH", "USDT", "buy", "30", "USDT")
    assert driver.refuse(take(again, client_trade_id="a")) is Reject.DUPLICATE_CLIENT_ID
    assert trade(driver, again) == ("0.01023052", "30")


def test_what_the_venue_refuses_itself_is_no_trade_of_the_market_maker() -> None:
    driver = trader()
    refuse_next(driver, 1)
    quote = ask(driver, "ETH", "USDT", "buy", "2000", "USDT")
    assert driver.refuse(take(quote)) is Reject.INSUFFICIENT_BALANCE
    assert fired(driver) == {USER: 0}


def test_ones_own_refusals_come_before_those_of_everybody() -> None:
    driver = trader()
    refuse_next(driver, 1, 0)
    refuse_next(driver, 1)
    states = []
    for _ in range(3):
        (traded,) = of_kind(driver.do(take(ask(driver, "ETH", "USDT", "buy", "30", "USDT"))), QuoteTraded)
        states.append((traded.state, fired(driver)))
    assert states == [
        ("rejected", {0: 0, USER: 1}),
        ("rejected", {0: 1, USER: 1}),
        ("fullyFilled", {0: 1, USER: 1}),
    ]


def test_a_refused_trade_repays_nothing() -> None:
    driver = trader(USDT="1000", ETH="1", BTC="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    refuse_next(driver, 1)
    events = driver.do(take(ask(driver, "ETH", "USDT", "sell", "0.01", "ETH")))
    assert repaid(events) == []


@pytest.mark.parametrize(("base", "quote", "side"), [("ETH", "USDC", "buy"), ("USDC", "ETH", "sell")])
def test_coins_of_a_manual_borrow_that_are_converted_are_no_longer_kept_back(base: str, quote: str, side: Side) -> None:
    """500 USDC borrowed by hand stay when coins come in; of the 300 that are left after 200 are paid, likewise."""
    driver = trader(BTC="1")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("500")))
    trade(driver, ask(driver, base, quote, side, size="200", size_ccy="USDC"))
    assert (driver.cash("USDC"), driver.debt("USDC")) == ("300", "500")
    driver.deposit("USDC", "50")
    assert (driver.cash("USDC"), driver.debt("USDC")) == ("300", "450")


def test_a_trade_that_says_otherwise_than_its_quote_is_told_where() -> None:
    """The first of the differing parameters is named, as the exchange spells it."""
    driver = trader()
    said = take(ask(driver, "ETH", "USDT", "buy", size="30", size_ccy="USDT"))
    changes: tuple[tuple[str, c.TradeQuote], ...] = (
        ("convertMode", replace(said, large=True)),
        ("szCcy", replace(said, size_ccy="ETH", large=True)),
        ("side", replace(said, side="sell", size_ccy="ETH")),
        ("quoteCcy", replace(said, quote_ccy="USDC", side="sell")),
        ("baseCcy", replace(said, base_ccy="BTC", quote_ccy="USDC")),
    )
    for name, changed in changes:
        refused = driver.refusal(changed)
        assert (refused.reject, refused.details) == (Reject.QUOTE_ALTERED, {"param": name})


def test_refusals_of_a_quote_say_which_coins_and_how_much() -> None:
    """0.00000001 USDT buy no BTC, 0.000000000001 BTC sell for no USDT; 1 USD is the least and 10,000 the most."""
    driver = trader()

    def details(side: Side, size: str, size_ccy: str) -> tuple[Reject, dict[str, str]]:
        quote = c.AskQuote(
            user_id=USER, base_ccy="BTC", quote_ccy="USDT", side=side, size=atoms(size), size_ccy=size_ccy
        )
        refused = driver.refusal(quote)
        return refused.reject, refused.details

    assert details("buy", "0.00000001", "USDT") == (Reject.RESULT_TOO_SMALL, {"ccy": "USDT", "other": "BTC"})
    assert details("sell", "0.0000000000001", "BTC") == (Reject.RESULT_TOO_SMALL, {"ccy": "BTC", "other": "USDT"})
    assert details("buy", "0.99", "USDT") == (Reject.BELOW_CONVERT_MIN, {"min_atoms": str(atoms("1"))})
    assert details("buy", "10000.01", "USDT") == (Reject.ABOVE_CONVERT_MAX, {"max_atoms": str(atoms("10000"))})
