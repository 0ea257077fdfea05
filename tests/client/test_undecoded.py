"""Rows that stay JSON until they are looked at: the same rows, and the same refusals, as those decoded at once."""

from __future__ import annotations

import pytest

from tallystick.client import errors
from tallystick.client.answers import read
from tallystick.client.rows.bills import AccountBillsRow
from tallystick.client.steps import Received
from tallystick.client.undecoded import reader
from tallystick.contract import bills, candles
from tallystick.contract.core import Endpoint

ROW = b'{"billId":"7","ccy":"USDT","bal":"1.50","notes":"\xe5\xad\x97"}'


def both(body: bytes, status: int = 200, endpoint: Endpoint = bills.ACCOUNT_BILLS) -> list[str]:
    """What either way of reading says of an answer: its rows, or the kind of its refusal."""
    said = []
    for one in (read, reader("billId")):
        try:
            answer = one(Received(status, body), endpoint, False, 0)
            rows = answer.rows if endpoint.answer.__struct_config__.array_like else map(AccountBillsRow, answer.rows)
            said.append(repr([row.raw if isinstance(row, AccountBillsRow) else row for row in rows]))
        except errors.ClientError as error:
            said.append(f"{type(error).__name__} {error.code} {error}")
    return said


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        (b'{"code":"0","data":[' + ROW + b'],"msg":""}', "[{'billId': '7'"),
        (b'{"code":"0","data":[],"msg":""}', "[]"),
        (b'{"code":0,"data":[{}],"msg":""}', "[{}]"),
        (b'{"code":"0","data":[{}],"msg":""}', "[{}]"),
        (b'{"code":"0","data":[{"billId":7}],"msg":""}', "[{'billId': 7}]"),
        (b'{"code":"0","data":[{"billId":"x"},{"billId":"7"}],"msg":""}', "[{'billId': 'x'}"),
        (b'{"code":"0","data":[' + ROW + b"," + ROW.replace(b"1.50", b"0.1") + b"]}", "[{'billId': '7'"),
        (b'{"code":"0","data":["text"],"msg":""}', "BadAnswer"),
        (b'{"code":"0","data":{"an":"object"},"msg":""}', "BadAnswer"),
        (b'{"code":"0","data":[1],"msg":""}', "BadAnswer"),
        (b'{"code":"0","data":null,"msg":""}', "BadAnswer"),
        (b'{"code":"0","msg":""}', "BadAnswer"),
        (b'{"code":"0","data":[{"a":"\xff"}],"msg":""}', "BadAnswer"),
        (b'{"code":"0","data":[{"a":', "BadAnswer"),
        (b'{"code":"0","data":[{"a" 1}]}', "BadAnswer"),
        (b"<html>", "BadAnswer"),
        (b'{"code":"50011","data":[],"msg":"Too Many Requests"}', "RateLimited 50011"),
        (b'{"code":"51000","data":[{"a":"b"}],"msg":"Parameter ccy error"}', "BadParameter 51000"),
    ],
)
def test_both_readers_say_the_same(body: bytes, begins: str) -> None:
    first, second = both(body)
    assert first == second
    assert first.startswith(begins)


def test_a_status_is_read_before_the_rows() -> None:
    first, second = both(b'{"code":"0","data":[],"msg":""}', 502)
    assert first == second
    assert first.startswith("BadAnswer")


def test_rows_that_are_lists_are_decoded_at_once() -> None:
    first, second = both(b'{"code":"0","data":[["1","2"]],"msg":""}', endpoint=candles.CANDLES)
    assert first == second == "[['1', '2']]"


def test_a_row_is_decoded_when_a_field_is_asked_for() -> None:
    answer = reader("billId")(
        Received(200, b'{"code":"0","data":[' + ROW + b'],"msg":""}'), bills.ACCOUNT_BILLS, False, 0
    )
    row = AccountBillsRow(answer.rows[0])
    assert not isinstance(row._sent, dict)
    assert str(row.bal) == "1.50"
    assert row.raw["notes"] == "字"
    assert isinstance(row._sent, dict)
