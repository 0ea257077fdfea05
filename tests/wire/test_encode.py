"""Shapes of answers. The documented examples go through in tests/contract."""

from __future__ import annotations

import json

from tallystick.contract.borrow import SetAutoRepayRow
from tallystick.contract.trade import PlaceOrderRow
from tallystick.wire import encode

ROWS = [SetAutoRepayRow(autoRepay=True), SetAutoRepayRow(autoRepay=False)]


def test_success_in_both_orders() -> None:
    assert encode.success(ROWS[:1]) == b'{"code":"0","data":[{"autoRepay":true}],"msg":""}'
    assert encode.success(ROWS[:1], "code,msg,data") == b'{"code":"0","msg":"","data":[{"autoRepay":true}]}'
    assert encode.success([]) == b'{"code":"0","data":[],"msg":""}'


def test_rows_kept_as_json_make_the_same_answer() -> None:
    raw = [encode.row(row) for row in ROWS]
    for count in (0, 1, 2):
        assert encode.success_raw(raw[:count]) == encode.success(ROWS[:count])
        assert encode.success_raw(raw[:count], "code,msg,data") == encode.success(ROWS[:count], "code,msg,data")


def test_refusals() -> None:
    assert encode.failure("51000", "Parameter limit error", True) == (
        b'{"code":"51000","data":[],"msg":"Parameter limit error"}'
    )
    assert encode.failure("50113", "Invalid signature.", False) == b'{"msg":"Invalid signature.","code":"50113"}'
    hostile = 'a"b\\c\n\u2028币'
    assert json.loads(encode.failure("51000", hostile, True))["msg"] == hostile


def test_an_unknown_path() -> None:
    assert json.loads(encode.not_found()) == {
        "code": 404,
        "data": {},
        "detailMsg": "",
        "error_code": "404",
        "error_message": "Not Found",
        "msg": "Not Found",
    }


def test_an_item_that_failed() -> None:
    row = PlaceOrderRow(clOrdId="b15", ordId="", tag="", ts="1695190491421", sCode="51008", sMsg="Order failed.")
    answer = encode.per_item([row], failed=1, in_us=1695190491421339, out_us=1695190491423240)
    assert answer == (
        b'{"code":"1","msg":"All operations failed","data":[{"clOrdId":"b15","ordId":"","tag":"",'
        b'"ts":"1695190491421","sCode":"51008","sMsg":"Order failed."}],'
        b'"inTime":"1695190491421339","outTime":"1695190491423240"}'
    )
