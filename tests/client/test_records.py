"""Typed rows: what each kind of text becomes, and what becomes of text that is none of them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from importlib.resources import files
from typing import Any

import pytest

from tallystick.client.errors import BadAnswer
from tallystick.client.rates import DailyRate, HourlyRate, Rate, YearlyRate
from tallystick.client.readers import Level
from tallystick.client.records import Maybe, Record
from tallystick.client.rows.bills import AccountBillsRow
from tallystick.client.rows.borrow import InterestAccruedRow
from tallystick.client.rows.candles import CandlesRow
from tallystick.client.rows.channel_rows import BookRow
from tallystick.client.rows.flexible_loan import LoanHistoryRow, LoanInfoRow, LoanInterestAccruedRow
from tallystick.client.rows.repay import OneClickRepayHistoryV2Row
from tallystick.client.rows.trade import GetOrderRow
from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint

LOAN_ROW = {
    "amt": "-0.001",
    "ccy": "DOT",
    "refId": "17316594851045086",
    "ts": "1731659485000",
    "type": "collateral_locked",
}
"""The row of the documented answer of loan-history."""


def test_the_documented_loan_row_is_typed() -> None:
    """1731659485 s are 15 November 2024, 08:31:25 UTC."""
    row = LoanHistoryRow(LOAN_ROW)
    assert row.amt == Decimal("-0.001")
    assert str(row.amt) == "-0.001"
    assert row.ts == datetime(2024, 11, 15, tzinfo=UTC) + timedelta(hours=8, minutes=31, seconds=25)
    assert row.ts.utcoffset() == timedelta(0)
    assert (row.ccy, row.refId, row.type) == ("DOT", "17316594851045086", "collateral_locked")
    assert row.raw == LOAN_ROW
    assert row.extra == {}


def test_digits_are_kept_to_the_last() -> None:
    """Twenty digits before the point and eighteen behind it: no float has room for them."""
    text = "12345678901234567890.123456789012345678"
    row = LoanHistoryRow({**LOAN_ROW, "amt": text})
    assert str(row.amt) == text
    assert row.raw["amt"] == text


def test_an_empty_text_is_none_where_the_contract_has_it() -> None:
    order = GetOrderRow({"px": "", "clOrdId": "", "ordId": "1", "fillTime": ""})
    assert (order.px, order.clOrdId, order.fillTime) == (None, None, None)
    assert order.ordId == "1"
    assert order.raw["px"] == ""


def test_an_unknown_word_survives_as_text() -> None:
    assert LoanHistoryRow({**LOAN_ROW, "type": "collateral_teleported"}).type == "collateral_teleported"


def test_what_is_added_later_stands_under_extra() -> None:
    later = {**LOAN_ROW, "ordId": "77", "parts": [{"a": "1"}]}
    row = LoanHistoryRow(later)
    assert row.extra == {"ordId": "77", "parts": [{"a": "1"}]}
    assert row.amt == Decimal("-0.001")


@pytest.mark.parametrize("sent", ["abc", 0.1, True, [], "1,5"])
def test_an_amount_of_another_form_is_a_bad_answer_of_its_field_alone(sent: object) -> None:
    row = LoanHistoryRow({**LOAN_ROW, "amt": sent})
    with pytest.raises(BadAnswer, match=r"LoanHistoryRow\.amt"):
        _ = row.amt
    assert row.ccy == "DOT"


def test_a_field_that_must_be_there_is_missed_by_name() -> None:
    with pytest.raises(BadAnswer, match=r"LoanHistoryRow\.refId: was not sent"):
        _ = LoanHistoryRow({"amt": "1"}).refId
    with pytest.raises(BadAnswer, match=r"LoanHistoryRow\.amt: is empty"):
        _ = LoanHistoryRow({**LOAN_ROW, "amt": ""}).amt


def test_a_field_of_the_later_surface_is_none_before_it() -> None:
    assert LoanInfoRow({"curLTV": "0.5"}).ordId is None
    assert LoanInfoRow({"ordId": "9"}).ordId == "9"


def test_a_row_that_is_no_object_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="LoanHistoryRow is list"):
        LoanHistoryRow(["-0.001"])


# ---- rates


def test_rates_say_their_period() -> None:
    """Spot interest is told by the hour, that of flexible loans by the year (both documented)."""
    spot = InterestAccruedRow({"interestRate": "0.0000040833333333"}).interestRate
    loan = LoanInterestAccruedRow({"interestRate": "0.0876"}).interestRate
    assert isinstance(spot, HourlyRate)
    assert isinstance(loan, YearlyRate)
    assert (spot.period, loan.period) == ("hour", "year")
    assert repr(loan) == "YearlyRate('0.0876')"


def test_rates_of_one_period_become_those_of_another() -> None:
    """0.0876 a year of 8,760 hours are 0.00001 an hour, 0.00024 a day."""
    year = YearlyRate("0.0876")
    assert (year.hourly, year.daily, year.yearly) == (Decimal("0.00001"), Decimal("0.00024"), Decimal("0.0876"))
    assert HourlyRate("0.00001").yearly == Decimal("0.0876")
    assert DailyRate("0.00024").hourly == Decimal("0.00001")
    assert isinstance(year.daily, DailyRate)


def test_a_rate_computes_as_the_decimal_it_is() -> None:
    assert HourlyRate("0.5") * Decimal(3) == Decimal("1.5")


# ---- lists, parts and odd names


def test_parts_are_records_of_their_own() -> None:
    leg = {"ordId": "5", "fillSz": "9.088651", "state": "filled", "cTime": "1742194485439"}
    row = OneClickRepayHistoryV2Row({"ordIdInfo": [leg], "repayCcyList": ["USDC", "BTC"], "status": "filled"})
    assert row.repayCcyList == ("USDC", "BTC")
    (read,) = row.ordIdInfo
    assert (read.ordId, read.fillSz) == ("5", Decimal("9.088651"))
    assert row.ordIdInfo[0] is read


def test_a_candle_is_a_list_with_names() -> None:
    row = CandlesRow(
        ["1597026383085", "3.721", "3.743", "3.677", "3.708", "8422410", "22698348.04", "12698348.04", "0"]
    )
    assert (row.o, row.h, row.l, row.c) == (Decimal("3.721"), Decimal("3.743"), Decimal("3.677"), Decimal("3.708"))
    assert row.confirm == "0"
    longer = CandlesRow(["1597026383085", "1", "1", "1", "1", "1", "1", "1", "1", "new"])
    assert longer.extra == {"9": "new"}


def test_levels_of_a_book_have_names() -> None:
    row = BookRow({"asks": [["41006.8", "0.60038921", "0", "1"]], "bids": [], "checksum": -855196043, "seqId": 7})
    assert row.asks == (Level(Decimal("41006.8"), Decimal("0.60038921"), 1),)
    assert row.bids == ()
    assert (row.checksum, row.seqId) == (-855196043, 7)


def test_a_name_that_python_keeps_for_itself_has_a_line_behind_it() -> None:
    assert AccountBillsRow({"from": "6", "to": "18"}).from_ == "6"


def test_records_compare_copy_and_show_themselves() -> None:
    row = LoanHistoryRow(dict(LOAN_ROW))
    assert row == LoanHistoryRow(LOAN_ROW)
    assert row != LoanHistoryRow({**LOAN_ROW, "amt": "1"})
    assert pickle.loads(pickle.dumps(row)) == row
    assert repr(row).startswith("LoanHistoryRow(amt='-0.001', ccy='DOT'")
    assert dict(row.items())["amt"] == Decimal("-0.001")


# ---- every documented answer


def sample_rows(endpoint: Endpoint) -> list[Any]:
    path = files("tallystick.contract") / "examples" / f"{endpoint.name}.json"
    data = json.loads(path.read_text(encoding="utf-8"))["answer"].get("data", [])
    return data if isinstance(data, list) else [data]


def record_of(endpoint: Endpoint) -> type[Record]:
    home = endpoint.answer.__module__.rpartition(".")[2]
    found: type[Record] = getattr(import_module(f"tallystick.client.rows.{home}"), endpoint.answer.__name__)
    return found


def values(row: Record) -> Iterator[tuple[str, object, Any]]:
    """(name, value, text) of every field that was sent, those of parts too."""
    for attribute, value in row.items():
        parts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(part, Record) for part in parts):
            for part in parts:
                yield from values(part)
        else:
            yield attribute, value, row.raw[row.declared[attribute]]


def fault_of(name: str, value: object, text: Any) -> str:
    """What is wrong with a value, looking at nothing but the text: digits and points say what it cannot be."""
    if not isinstance(text, str):
        return ""
    if text == "":
        return "" if value is None else "an empty text is a value"
    if isinstance(value, datetime):
        return "" if value.timestamp() * 1000 == int(text) else "another time than was sent"
    if isinstance(value, Decimal):
        return "" if str(Decimal(value)) == str(Decimal(text)) else "another amount than was sent"
    if isinstance(value, int) and not isinstance(value, bool):
        return "" if str(value) == text else "another number than was sent"
    if text.lstrip("-").replace(".", "", 1).isdigit() and "." in text:
        return "a number with a point stays text"
    if len(text) == 13 and text.isdigit() and not name.endswith("Id"):
        return "a time stays text"
    return "" if value == text or isinstance(value, bool) else "another text than was sent"


@pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in ENDPOINTS if endpoint.name != "underlying"], ids=lambda found: found.name
)
def test_every_documented_answer_is_read_to_the_last_field(endpoint: Endpoint) -> None:
    record = record_of(endpoint)
    for raw in sample_rows(endpoint):
        row = record(raw)
        assert row.extra == {}
        found = {name: fault for name, value, text in values(row) if (fault := fault_of(name, value, text))}
        assert found == {}
        lacking = [name for name, wire in row.declared.items() if wire not in row.raw]
        for name in lacking:
            assert isinstance(vars(record)[name], Maybe), f"{name} is not in the sample and not allowed to lack"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.5", "1.5"),
        ("1731659485000", "1731659485000"),
        (Decimal("1.5"), "1.50"),
        (datetime(2024, 11, 15, tzinfo=UTC), "1731659485000"),
        ("other", "text"),
        ("", ""),
    ],
)
def test_the_check_of_samples_can_fail(value: object, text: str) -> None:
    assert fault_of("amt", value, text)


def test_every_rate_has_a_period() -> None:
    assert {kind.period for kind in Rate.__subclasses__()} == {"hour", "day", "year"}
