"""Injected faults: the rules that say when they fire, and refusals. Faults of repays and of loans stand beside."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, faults
from tallystick.engine.events import Borrowed, EasyConverted, OrderAmended, QuoteTraded, Repaid
from tallystick.engine.fault_events import CommandRefused, EasyConvertFailed, FaultMet, FaultsCleared
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Fault
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS, all_of, counts, inject, of_kind, repaid
from tests.engine.test_easy_convert import convert, holder


def borrower() -> Driver:
    """1 BTC at 60,000 and nothing owed, with another user beside."""
    driver = Driver(NOON_MS + 1)
    for user_id in (USER, 2):
        driver.user(user_id, BTC="1")
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    return driver


def borrow(amount: str = "10", ccy: str = "USDT", user_id: int = USER) -> c.ManualBorrow:
    return c.ManualBorrow(user_id=user_id, ccy=ccy, amount=atoms(amount))


def refused(driver: Driver, command: c.Command) -> Reject | None:
    """The reason a fault gives; None where the command is carried out."""
    events = driver.do(command)
    if not of_kind(events, CommandRefused):
        return None
    assert {type(event) for event in events} == {FaultMet, CommandRefused}
    with pytest.raises(Rejected) as caught:
        faults.require_not_refused(events)
    return caught.value.reject


def replayed(driver: Driver) -> None:
    """Folding the events, and deciding the commands anew, both come to the same state."""
    began_ms = driver.entries[0][0].at_ms
    folded, decided = (core.new_state(driver.parameters, began_ms) for _ in range(2))
    for stamp, command, events in driver.entries:
        core.fold(folded, stamp, events)
        assert core.handle(decided, stamp, command) == events
    assert core.state_hash(folded) == core.state_hash(decided) == core.state_hash(driver.state)


# ---- when a fault fires


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "xxxxxx"),
        ({"nth": 3}, "..xxxx"),
        ({"count": 2}, "xx...."),
        ({"nth": 2, "count": 3}, ".xxx.."),
        ({"user_id": 2}, "......"),
        ({"user_id": USER, "nth": 6}, ".....x"),
        ({"from_ms": NOON_MS + 3}, "..xxxx"),
        ({"until_ms": NOON_MS + 3}, "xx...."),
        ({"from_ms": NOON_MS + 2, "until_ms": NOON_MS + 5, "nth": 2}, "..xx.."),
    ],
)
def test_occasions_on_which_a_fault_fires(rule: dict[str, Any], expected: str) -> None:
    """Six borrowings, a millisecond apart from the first after noon on."""
    driver = borrower()
    inject(driver, "borrow-refused", reason="POOL_EXHAUSTED", **rule)
    found = ""
    for _ in range(6):
        found += "." if refused(driver, borrow()) is None else "x"
        driver.wait(1)
    assert found == expected
    assert counts(driver)[1][1] == expected.count("x")
    assert len(all_of(driver, Borrowed)) == expected.count(".")
    replayed(driver)


def test_chance_is_drawn_from_the_seed_and_the_number_of_the_occasion() -> None:
    """300,000 of a million of 400 occasions, one standard deviation is 9: four of them either way."""

    def pattern(seed: int) -> str:
        driver = borrower()
        inject(driver, "borrow-refused", reason="POOL_EXHAUSTED", ppm=300_000, seed=seed)
        return "".join("." if refused(driver, borrow("1")) is None else "x" for _ in range(400))

    first = pattern(7)
    assert first == pattern(7)
    assert first != pattern(8)
    assert abs(first.count("x") - 120) < 37


def test_a_fault_that_has_fired_as_often_as_it_may_meets_nothing_more_and_stays() -> None:
    driver = borrower()
    inject(driver, "borrow-refused", reason="POOL_EXHAUSTED", count=1)
    assert [refused(driver, borrow()) for _ in range(3)] == [Reject.POOL_EXHAUSTED, None, None]
    assert counts(driver) == {1: (1, 1)}
    assert of_kind(driver.do(borrow()), FaultMet) == []


def test_the_first_that_wants_an_occasion_has_it_and_the_others_count_it() -> None:
    """Everybody's was made first, but one's own comes before it."""
    driver = borrower()
    inject(driver, "borrow-refused", 1, reason="POOL_EXHAUSTED", count=1)
    inject(driver, "borrow-refused", 2, reason="ABOVE_BORROW_LIMIT", user_id=USER, count=1)
    inject(driver, "borrow-refused", 3, reason="NOT_BORROWABLE", user_id=USER, nth=3)
    reasons = [refused(driver, borrow()) for _ in range(3)]
    assert reasons == [Reject.ABOVE_BORROW_LIMIT, Reject.POOL_EXHAUSTED, Reject.NOT_BORROWABLE]
    assert counts(driver) == {1: (2, 1), 2: (1, 1), 3: (3, 1)}
    replayed(driver)


def test_a_command_that_is_refused_by_itself_is_no_occasion() -> None:
    driver = borrower()
    inject(driver, "borrow-refused", reason="POOL_EXHAUSTED", nth=2)
    assert driver.refuse(borrow("0.001", "NONE")) is Reject.UNKNOWN_CCY
    assert [refused(driver, borrow()) for _ in range(2)] == [None, Reject.POOL_EXHAUSTED]


def test_a_fault_with_a_known_number_takes_the_place_of_the_other() -> None:
    driver = borrower()
    inject(driver, "borrow-refused", reason="POOL_EXHAUSTED")
    refused(driver, borrow())
    events = inject(driver, "borrow-refused", reason="NOT_BORROWABLE")
    assert events[0] == FaultsCleared(fault_ids=(1,))
    assert counts(driver) == {1: (0, 0)}
    assert refused(driver, borrow()) is Reject.NOT_BORROWABLE
    driver.do(c.ClearFaults(fault_ids=(1, 99)))
    assert counts(driver) == {}
    assert refused(driver, borrow()) is None
    replayed(driver)


@pytest.mark.parametrize(
    ("rule", "param"),
    [
        ({"fault_id": 0}, "fault_id"),
        ({"fault_id": 1 << 63}, "fault_id"),
        ({"nth": 0}, "nth"),
        ({"count": -1}, "count"),
        ({"count": faults.NUMBER_MAX + 1}, "count"),
        ({"from_ms": -1}, "from"),
        ({"from_ms": 5, "until_ms": 5}, "until"),
        ({"ppm": 0}, "probability"),
        ({"ppm": 1_000_001}, "probability"),
        ({"seed": -1}, "seed"),
        ({"ms": 1}, "ms"),
        ({"kind": "repay-leg-late", "ms": faults.MS_MAX + 1}, "ms"),
        ({"leg": 1}, "leg"),
        ({"kind": "repay-leg-late", "leg": faults.LEG_MAX + 1}, "leg"),
        ({"share": 1}, "share"),
        ({"kind": "repay-leg-partly-filled", "share": atoms("1")}, "share"),
        ({"reason": "NO_DEBT"}, "reason"),
        ({"kind": "borrow-refused"}, "reason"),
        ({"kind": "borrow-refused", "reason": "NO_DEBT"}, "reason"),
        ({"what": "borrow"}, "what"),
    ],
)
def test_rules_that_cannot_be(rule: dict[str, Any], param: str) -> None:
    driver = borrower()
    command = c.InjectFault(rule=c.FaultRule(**{"fault_id": 1, "kind": "convert-rejected", **rule}))
    refusal = driver.refusal(command)
    assert (refusal.reject, refusal.details) == (Reject.FAULT_IMPOSSIBLE, {"param": param})


def test_there_is_a_most_of_faults_and_of_users_only_those_there_are() -> None:
    driver = borrower()
    unknown = c.FaultRule(fault_id=1, kind="convert-rejected", user_id=77)
    assert driver.refuse(c.InjectFault(rule=unknown)) is Reject.UNKNOWN_USER
    for number in range(1, faults.FAULTS_MAX + 1):
        driver.state.faults[number] = Fault(rule=c.FaultRule(fault_id=number, kind="convert-rejected"))
    more = c.FaultRule(fault_id=faults.FAULTS_MAX + 1, kind="convert-rejected")
    assert driver.refuse(c.InjectFault(rule=more)) is Reject.TOO_MANY_FAULTS
    inject(driver, "convert-rejected", 5)


# ---- refusals

COMMANDS: dict[str, c.Command] = {
    "one-click-refused": c.RepayDebt(user_id=USER, debt_ccy="USDT", repay_ccys=("USDT", "BTC")),
    "quote-refused": c.AskQuote(
        user_id=USER, base_ccy="BTC", quote_ccy="USDT", side="buy", size=atoms("50"), size_ccy="USDT"
    ),
    "easy-convert-refused": c.EasyConvert(user_id=USER, account="trading", source_ccys=("ETH",), target_ccy="USDT"),
    "borrow-refused": borrow(),
    "manual-repay-refused": c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("5")),
    "loan-refused": c.BorrowLoan(
        user_id=USER,
        loan_id=0,
        ccy="USDT",
        amount=atoms("100"),
        collateral=(("BTC", atoms("0.1")),),
        client_order_id="l1",
    ),
}
"""A command for each kind that refuses, which goes through without it."""
REFUSING = [(kind, reason.name) for kind, takes in faults.KINDS.items() for reason in takes.reasons]


@pytest.mark.parametrize(("kind", "reason"), REFUSING)
def test_a_refused_command_does_nothing(kind: Any, reason: str) -> None:
    """The state differs by the count of the fault alone; the next command goes through."""
    driver = borrower()
    driver.do(borrow())
    driver.deposit("ETH", "0.001")
    driver.deposit("BTC", "1", account="funding")
    inject(driver, kind, reason=reason, count=1)
    before = core.decode_state(core.encode_state(driver.state))
    assert refused(driver, COMMANDS[kind]) is Reject[reason]
    before.seq, before.faults[1].met, before.faults[1].fired = driver.state.seq, 1, 1
    assert core.encode_state(before) == core.encode_state(driver.state)
    assert refused(driver, COMMANDS[kind]) is None
    replayed(driver)


def test_every_refusal_has_its_command() -> None:
    assert {kind for kind, takes in faults.KINDS.items() if takes.reasons} == set(COMMANDS)
    assert {kind for kind, _ in faults.REFUSALS.values()} == set(COMMANDS)


# ---- convert


def ask(driver: Driver) -> Any:
    return driver.do(COMMANDS["quote-refused"])[0]


def take(quote: Any) -> c.TradeQuote:
    return c.TradeQuote(
        user_id=USER,
        quote_id=quote.quote_id,
        base_ccy="BTC",
        quote_ccy="USDT",
        side="buy",
        size=atoms("50"),
        size_ccy="USDT",
    )


@pytest.mark.parametrize(("ms", "last_ms"), [(0, -1), (1, 0), (5_000, 4_999), (9_999, 9_998), (60_000, 10_000)])
def test_a_quote_expires_before_its_time(ms: int, last_ms: int) -> None:
    """Its user is told ten seconds. `last_ms` is the last millisecond at which it can be traded."""
    driver = borrower()
    driver.deposit("USDT", "1000")
    inject(driver, "quote-expires-early", ms=ms)
    early, late = ask(driver), ask(driver)
    assert {quote.expires_at_ms - driver.at_ms for quote in (early, late)} == {10_000}
    if last_ms >= 0:
        driver.wait(last_ms)
        assert of_kind(driver.do(take(early)), QuoteTraded)[0].state == "fullyFilled"
    driver.wait(1)
    assert driver.refuse(take(late)) is Reject.QUOTE_EXPIRED
    replayed(driver)


def test_a_small_balance_is_accepted_and_not_converted() -> None:
    driver = holder(USDC="2.5")
    inject(driver, "easy-convert-failed", count=1)
    (failed,) = of_kind(driver.do(convert("USDT", "USDC")), EasyConvertFailed)
    assert (failed.source_amount, failed.target_amount) == (atoms("2.5"), atoms("2.4995"))
    assert (driver.cash("USDC"), driver.cash("USDT")) == ("2.5", "0")
    (row,) = driver.table("easy_convert")
    assert b'"status":"failed"' in row
    assert b'"fillFromSz":"0"' in row
    assert of_kind(driver.do(convert("USDT", "USDC")), EasyConverted)
    replayed(driver)


# ---- auto repay


def test_coins_that_come_in_repay_nothing_until_the_fault_is_cleared() -> None:
    """100 owed and spent: 40 come in and stay; after the fault 1 comes in, and all 41 repay."""
    driver = borrower()
    driver.do(borrow("100"))
    driver.deposit("USDT", "-100")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    inject(driver, "auto-repay-stalls")
    events = driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("40")))
    assert of_kind(events, Repaid) == []
    assert (driver.debt("USDT"), driver.cash("USDT"), counts(driver)) == ("100", "40", {1: (1, 1)})
    driver.do(c.ClearFaults(fault_ids=(1,)))
    events = driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("1")))
    assert repaid(events) == [("USDT", "auto_repay", "41", "59")]
    replayed(driver)


def test_coins_of_another_currency_that_are_freed_repay_nothing_that_stayed() -> None:
    """40 stayed under the fault: BTC freed by a smaller order are no USDT that come in, and a USDT that comes in is."""
    driver = borrower()
    driver.do(borrow("100"))
    driver.deposit("USDT", "-100")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.2"), price=atoms("70000")
        )
    )
    inject(driver, "auto-repay-stalls", count=1)
    driver.deposit("USDT", "40")
    (order_id,) = driver.state.orders
    events = driver.do(c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id, size=atoms("0.1")))
    assert [type(event) for event in events] == [OrderAmended]
    assert (driver.debt("USDT"), driver.cash("USDT")) == ("100", "40")
    events = driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("1")))
    assert repaid(events) == [("USDT", "auto_repay", "41", "59")]
    replayed(driver)
