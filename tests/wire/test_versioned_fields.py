"""What the later surface adds to answers on their way out."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from tallystick.contract import by_name
from tallystick.contract.account_limits import FeeGroup, TradeFeeRow
from tallystick.contract.trade import PlaceOrderRow
from tallystick.wire import encode, versioned_fields

FIRST, LATER = "2026-01", "2026-08"


def placed(**changes: str) -> PlaceOrderRow:
    return PlaceOrderRow(clOrdId="", ordId="7", tag="", ts="1", **changes)


def test_the_first_surface_leaves_rows_as_they_are() -> None:
    row = placed()
    assert versioned_fields.completed(row, FIRST) is row
    rows = [b'{"clOrdId":""}']
    assert versioned_fields.stored_completed(PlaceOrderRow, rows, FIRST) is rows


def test_what_nobody_has_said_is_put_in_and_what_somebody_has_said_stays() -> None:
    assert placed().subCode is UNSET
    assert versioned_fields.completed(placed(), LATER).subCode == ""
    assert versioned_fields.completed(placed(subCode="1019"), LATER).subCode == "1019"


def test_records_inside_of_records_are_completed_too() -> None:
    group = FeeGroup(groupId="1", maker="-0.0008", taker="-0.001")
    row = TradeFeeRow(feeGroup=(group,), instType="SPOT", level="Lv1", maker="-0.0008", taker="-0.001", ts="1")
    told = versioned_fields.completed(row, LATER)
    assert (told.settle, told.feeGroup[0].elpMaker, told.feeGroup[0].rpiMaker) == ("", "", "")
    assert (row.settle, group.elpMaker) == (UNSET, UNSET)


def test_rows_that_have_nothing_to_add_are_not_read_again() -> None:
    answer = by_name["loan_history"].answer
    rows = [b"not even JSON"]
    assert versioned_fields.stored_completed(answer, rows, LATER) is rows


def test_stored_rows_are_completed() -> None:
    (told,) = versioned_fields.stored_completed(PlaceOrderRow, [encode.row(placed())], LATER)
    assert told == encode.row(placed())[:-1] + b',"subCode":""}'
    assert msgspec.json.decode(told)["ordId"] == "7"
