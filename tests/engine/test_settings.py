"""Changing the exchange's numbers while the engine runs: kinds of values, refusals, effects, and the replay."""

from __future__ import annotations

import msgspec
import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, settings
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import Setting, SettingValue
from tallystick.engine.events import LoanClosed, OrderFilled, ParametersChanged
from tallystick.engine.journaled import AnyCommand, AnyEvent
from tallystick.engine.parameters import LEVERS, Currency, Instrument, Parameters
from tallystick.engine.rejects import Reject, Rejected
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, of_kind

KEYS = {Instrument: {"instrument"}, Currency: {"ccy"}, Parameters: {"instruments", "currencies"}}
ROWS: dict[str, type[msgspec.Struct]] = {"instruments": Instrument, "currencies": Currency, "constants": Parameters}


def change(*wanted: tuple[str, SettingValue]) -> c.ChangeParameters:
    """A command from (path, value) pairs, such as ("currencies.BTC.quota", 5 * ONE)."""
    found = []
    for path, value in wanted:
        table, _, rest = path.partition(".")
        row, _, field = rest.rpartition(".")
        found.append(Setting(table=table, row=row, field=field, value=value))
    return c.ChangeParameters(settings=tuple(found))


def reason(driver: Driver, *wanted: tuple[str, SettingValue]) -> Rejected:
    with pytest.raises(Rejected) as caught:
        core.handle(driver.state, core.Stamp(driver.seq + 1, driver.at_ms), change(*wanted))
    return caught.value


@pytest.mark.parametrize("table", ROWS)
def test_every_parameter_is_a_lever_or_says_why_not(table: str) -> None:
    shape = ROWS[table]
    known = {field.name for field in msgspec.structs.fields(shape)} - KEYS[shape]
    assert set(LEVERS[table]) == known, "declare a new parameter with a Lever in engine/parameters.py"


def test_the_packaged_numbers_are_within_their_own_ranges() -> None:
    """Setting everything to what it is changes nothing and is refused nowhere."""
    driver = Driver()
    parameters = driver.state.parameters
    rows = [
        *(("instruments", name) for name in parameters.instruments),
        *(("currencies", name) for name in parameters.currencies),
        ("constants", ""),
    ]
    whole = [
        Setting(table=table, row=row, field=field, value=getattr(settings.row_of(parameters, table, row), field))
        for table, row in rows
        for field, lever in LEVERS[table].items()
        if not lever.fixed
    ]
    assert len(whole) > 150
    assert driver.do(c.ChangeParameters(settings=tuple(whole))) == []
    assert driver.state.changed_parameters == {}
    assert driver.seq == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("currencies.BTC.quota", atoms("5")),
        ("currencies.BTC.discount_tiers", ((atoms("1"), ONE), (atoms("2"), atoms("0.5")))),
        ("currencies.BTC.discount_step", atoms("0.01")),
        ("currencies.BTC.margin_tiers", ((atoms("1"), atoms("0.03"), atoms("0.2")), (atoms("2"), atoms("0.05"), ONE))),
        ("currencies.BTC.margin_step", atoms("0.02")),
        ("currencies.BTC.margin_step_size", atoms("100")),
        ("currencies.BTC.rate_per_year", atoms("10")),
        ("currencies.BTC.borrowable", False),
        ("currencies.BTC.decimals", 8),
        ("instruments.BTC-USDT.depth_quote", 0),
        ("constants.taker_fee", atoms("0.002")),
        ("constants.repay_leg_delay_ms", 0),
        ("constants.stable_ccys", ("USDC",)),
        ("constants.loan_e_mode_pairs", (("USDT", "USDC"), ("USDC", "USDT"))),
    ],
)
def test_a_change_is_one_event_and_is_remembered(path: str, value: SettingValue) -> None:
    driver = Driver()
    before = driver.state.parameters
    command = change((path, value))
    assert driver.do(command) == [ParametersChanged(settings=command.settings)]
    table, row, field = (cell := command.settings[0]).table, cell.row, cell.field
    assert getattr(settings.row_of(driver.state.parameters, table, row), field) == value
    assert getattr(settings.row_of(before, table, row), field) != value
    assert driver.state.changed_parameters == {path: driver.at_ms}
    assert driver.do(command) == []


def test_only_what_differs_stands_in_the_event_and_the_last_word_counts() -> None:
    driver = Driver()
    events = driver.do(
        change(
            ("constants.taker_fee", atoms("0.003")),
            ("constants.maker_fee", atoms("0.0008")),
            ("constants.taker_fee", atoms("0.002")),
        )
    )
    assert events == [
        ParametersChanged(settings=(Setting(table="constants", row="", field="taker_fee", value=atoms("0.002")),))
    ]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("instruments.NO-PAIR.depth_quote", 1, Reject.UNKNOWN_INSTRUMENT),
        ("currencies.NOPE.quota", 1, Reject.UNKNOWN_CCY),
        ("currencies.BTC.nope", 1, Reject.UNKNOWN_PARAMETER),
        ("constants.nope", 1, Reject.UNKNOWN_PARAMETER),
        ("constants.currencies", 1, Reject.UNKNOWN_PARAMETER),
        ("constants.BTC.taker_fee", 1, Reject.UNKNOWN_PARAMETER),
        ("prices.BTC.quota", 1, Reject.UNKNOWN_PARAMETER),
        ("currencies.BTC.pool", 1, Reject.PARAMETER_FIXED),
        ("instruments.BTC-USDT.tick", 1, Reject.PARAMETER_FIXED),
        ("constants.transit_ccy", 1, Reject.PARAMETER_FIXED),
        ("constants.taker_fee", atoms("0.1") + 1, Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.taker_fee", -1, Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.taker_fee", True, Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.taker_fee", (), Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.repay_coins_max", 0, Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_step_size", 0, Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.borrowable", 1, Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", 1, Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", (), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ((0, ONE),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ((1, ONE + 1),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ((1, -1),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ((1, 1), (2, 2)), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ((2, 2), (1, 1)), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ((1, 1), (1, 1)), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ((1,),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ((1, "1"),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.discount_tiers", ("BTC",), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", (), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", ((1, 1),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", ((1, 1, "1"),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", ((0, 1, ONE),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", ((1, 0, ONE),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", ((1, 1, ONE + 1),), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", ((2, 1, ONE), (1, 1, ONE)), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", ((1, 2, ONE), (2, 1, ONE)), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_tiers", ((1, 1, ONE), (2, 1, ONE - 1)), Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_step", atoms("0.001") - 1, Reject.PARAMETER_OUT_OF_RANGE),
        ("currencies.BTC.margin_step_size", 0, Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.stable_ccys", ("NOPE",), Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.stable_ccys", ("USDT", "USDT"), Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.stable_ccys", (("USDT", "USDC"),), Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.loan_e_mode_pairs", ("USDT",), Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.loan_e_mode_pairs", (("USDT", "NOPE"),), Reject.PARAMETER_OUT_OF_RANGE),
        ("constants.loan_e_mode_pairs", (("USDT", "USDT"),), Reject.PARAMETER_OUT_OF_RANGE),
        ("instruments.BTC-USDT.min_size", 1, Reject.PARAMETERS_DISAGREE),
        ("currencies.BTC.discount_step", 1, Reject.PARAMETERS_DISAGREE),
        ("currencies.BTC.discount_step", atoms("0.001") - 1, Reject.PARAMETERS_DISAGREE),
        ("constants.convert_min_quote", atoms("10001"), Reject.PARAMETERS_DISAGREE),
        ("constants.loan_initial", atoms("1.015"), Reject.PARAMETERS_DISAGREE),
        ("constants.loan_margin_call_gap", atoms("0.3"), Reject.PARAMETERS_DISAGREE),
        ("constants.loan_e_mode_initial", atoms("0.94"), Reject.PARAMETERS_DISAGREE),
        ("constants.leverage", atoms("10"), None),
        # with the fee of 0.1 %: at a leverage of 3 a third of the value, or the initial rate where that is more
        (
            "currencies.BTC.margin_tiers",
            ((1, atoms("0.332333333333333333"), atoms("0.1")),),
            Reject.PARAMETERS_DISAGREE,
        ),
        ("currencies.BTC.margin_tiers", ((1, atoms("0.332333333333333332"), atoms("0.1")),), None),
        ("currencies.BTC.margin_tiers", ((1, atoms("0.399"), atoms("0.4")),), Reject.PARAMETERS_DISAGREE),
        ("currencies.BTC.margin_tiers", ((1, atoms("0.398999999999999999"), atoms("0.4")),), None),
    ],
)
def test_what_cannot_be_is_refused_without_a_trace(path: str, value: SettingValue, expected: Reject | None) -> None:
    driver = Driver()
    if expected is None:
        assert driver.do(change((path, value)))
        return
    assert driver.refuse(change(("constants.taker_fee", atoms("0.002")), (path, value))) is expected


def test_a_refusal_names_the_parameter_and_what_is_possible() -> None:
    driver = Driver()
    assert reason(driver, ("constants.taker_fee", ONE)).details == {
        "parameter": "constants.taker_fee",
        "least": "0",
        "most": "0.1",
    }
    assert reason(driver, ("constants.repay_coins_max", 51)).details["most"] == "50"
    assert "resting orders" in reason(driver, ("instruments.BTC-USDT.tick", 1)).details["because"]
    assert "loan_initial" in reason(driver, ("constants.loan_initial", ONE)).details["because"]


def test_limits_that_agree_only_together_are_changed_together() -> None:
    driver = Driver()
    assert driver.refuse(change(("constants.convert_min_quote", atoms("20000")))) is Reject.PARAMETERS_DISAGREE
    driver.do(change(("constants.convert_min_quote", atoms("20000")), ("constants.convert_max_quote", atoms("30000"))))


def test_a_quota_of_nothing_refuses_the_next_borrower_and_leaves_the_debt() -> None:
    driver = Driver()
    driver.price("BTC-USDT", "40000")
    driver.user(BTC="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.do(change(("currencies.USDT.quota", 0)))
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100"))) is Reject.ABOVE_BORROW_LIMIT
    assert driver.debt("USDT") == "100"
    driver.do(change(("currencies.USDT.quota", atoms("200")), ("currencies.USDT.min_borrow", atoms("50"))))
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("49"))) is Reject.BELOW_MIN_BORROW
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))


def test_a_rate_set_by_hand_counts_from_the_next_hour() -> None:
    """8,760 USDT at 100 % a year are 1 USDT an hour, at the 1 % of an unused pool 0.01."""
    driver = Driver(NOON_MS)
    driver.price("BTC-USDT", "40000")
    driver.user(BTC="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("8760")))
    driver.wait(HOUR_MS - 1)
    driver.do(change(("currencies.USDT.rate_per_year", ONE)))
    driver.wait(1)
    charged = driver.charges[-1:]
    assert [(text(event.interest), event.rate_per_year) for event in charged] == [("0.01", ONE // 100)]
    driver.wait(HOUR_MS)
    charged = driver.charges[-1:]
    assert [event.rate_per_year for event in charged] == [ONE]


def test_the_fee_of_the_next_fill() -> None:
    driver = Driver()
    driver.book("BTC-USDT", [("39999", "1")], [("40000", "1")])
    driver.user(USDT="80000", borrow=False)
    buy = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="ioc", size=atoms("0.5"), price=atoms("40000")
    )
    assert text(of_kind(driver.do(buy), OrderFilled)[0].fee) == "0.0005"
    driver.do(change(("constants.taker_fee", atoms("0.1"))))
    assert text(of_kind(driver.do(buy), OrderFilled)[0].fee) == "0.05"


def test_a_deeper_house_book_fills_the_order_it_crosses() -> None:
    """With little depth the nearest level has no lot in it; with more it reaches the resting order."""
    driver = Driver()
    driver.do(change(("instruments.BTC-USDT.depth_quote", ONE // 100)))
    driver.price("BTC-USDT", "40000")
    driver.user(USDT="80000", borrow=False)
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.5"), price=atoms("40001")
        )
    )
    assert len(driver.state.orders) == 1
    filled = of_kind(driver.do(change(("instruments.BTC-USDT.depth_quote", atoms("3600000")))), OrderFilled)
    assert filled
    assert filled[0].maker


def test_a_lower_tier_liquidates_the_loan_it_lets_down() -> None:
    driver = Driver()
    driver.price("BTC-USDT", "40000")
    driver.user()
    driver.deposit("BTC", "0.01", account="funding")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("200"),
            collateral=(("BTC", atoms("0.01")),),
            client_order_id="a",
        )
    )
    assert len(driver.state.loans) == 1
    events = driver.do(change(("currencies.BTC.discount_tiers", ((atoms("20"), atoms("0.4")),))))
    assert of_kind(events, LoanClosed)
    assert driver.state.loans == {}


def test_coins_that_are_no_collateral_any_more_count_for_nothing() -> None:
    driver = Driver()
    driver.price("BTC-USDT", "40000")
    driver.user(BTC="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.do(change(("currencies.BTC.collateral", False)))
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100"))) is Reject.MARGIN_INSUFFICIENT


def test_a_replay_passes_through_the_same_numbers() -> None:
    """From the bytes of the journal: folding the events and deciding anew both give the same state."""
    driver = Driver(NOON_MS)
    driver.price("BTC-USDT", "40000")
    driver.user(BTC="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.do(
        change(
            ("currencies.USDT.rate_per_year", ONE),
            ("currencies.BTC.discount_tiers", ((atoms("1"), ONE), (atoms("2"), atoms("0.5")))),
            ("currencies.BTC.borrowable", False),
            ("constants.stable_ccys", ("USDC",)),
            ("constants.loan_e_mode_pairs", (("USDT", "USDC"),)),
            ("constants.repay_coins_max", 2),
        )
    )
    driver.wait(3 * HOUR_MS)
    driver.do(change(("currencies.USDT.rate_per_year", 0), ("currencies.BTC.borrowable", True)))
    driver.wait(2 * HOUR_MS)
    folded, decided = (core.new_state(driver.parameters, NOON_MS) for _ in range(2))
    for stamp, command, events in driver.entries:
        stored = msgspec.json.encode(command), msgspec.json.encode(events)
        core.fold(folded, stamp, msgspec.json.decode(stored[1], type=list[AnyEvent]))
        again = core.handle(decided, stamp, msgspec.json.decode(stored[0], type=AnyCommand))
        assert msgspec.json.encode(again) == stored[1]
    assert core.state_hash(folded) == core.state_hash(decided) == core.state_hash(driver.state)
    kept = core.decode_state(core.encode_state(driver.state))
    assert kept.parameters == driver.state.parameters
    assert core.state_hash(kept) == core.state_hash(driver.state)
