"""The catalogue of bad input, as far as it is the wire's to refuse, against every parameter it fits.

Rows that need keys, a clock, sizes of a body or a venue behind the wire are tested where those are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallystick.contract import ENDPOINTS, by_name
from tallystick.contract.core import Endpoint
from tallystick.contract.errors import ERRORS
from tallystick.contract.fields import Field, fields
from tallystick.wire import decode
from tests.wire.requests import fields_with, good, good_value, query_of, send

CATALOGUE: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "catalogue.json").read_text(encoding="utf-8")
)
TARGETS: dict[str, list[tuple[Endpoint, Field]]] = {
    "amount": list(fields_with("amount")),
    "int": [(endpoint, field) for endpoint, field in fields_with("limit") if field.name == "limit"],
    "cursor": [(endpoint, field) for endpoint, field in fields_with("time", "id") if field.name in ("after", "before")],
    "cid": list(fields_with("client id", "loan client id")),
    "ccy": list(fields_with("currency")),
    "bool": [(by_name["set_auto_repay"], fields(by_name["set_auto_repay"].request)[0])],
    "list": [(by_name["one_click_repay_v2"], fields(by_name["one_click_repay_v2"].request)[1])],
}


def fits(row: dict[str, Any], endpoint: Endpoint, field: Field) -> bool:
    """One row is about one kind of cursor."""
    assert field.grammar is not None or field.flag
    if row["name"] == "cursor microseconds":
        return field.grammar is not None and field.grammar.name == "time"
    return True


NOT_ABOVE_ZERO = ("zero", "zero with digits", "negative", "negative zero")
"""Transfers have a code of their own for these (documented)."""

VALUE_CASES = [
    pytest.param(row, endpoint, field, id=f"{row['name']}-{endpoint.name}.{field.name}")
    for row in CATALOGUE["values"]
    for endpoint, field in TARGETS[row["at"]]
    if fits(row, endpoint, field)
]


def check(fault: decode.Fault, row: dict[str, Any], parameter: str) -> None:
    assert fault.code == row["code"]
    assert ERRORS[fault.key].http_status == row["http"]
    assert fault.text("en") == row["msg"].replace("Parameter P ", f"Parameter {parameter} ")
    assert "{" not in fault.text("zh-CN")


def test_every_kind_of_value_has_parameters_to_spoil() -> None:
    assert {row["at"] for row in CATALOGUE["values"]} == TARGETS.keys()
    assert all(TARGETS.values())


def spoil(row: dict[str, Any], endpoint: Endpoint, field: Field) -> decode.Decoded:
    """Send a good request with one parameter as the row wants it."""
    values = good(endpoint)
    values.pop(field.name, None)
    if "query" in row:
        junk = row["query"].replace("after=", f"{field.name}=")
        return decode.decode_query(endpoint, "&".join(filter(None, (query_of(values), junk))))
    text, times = row.get("repeat", (row.get("value"), 1))
    return send(endpoint, values | {field.name: text * times if times > 1 else text})


@pytest.mark.parametrize(("row", "endpoint", "field"), VALUE_CASES)
def test_a_bad_value_is_the_fault_the_catalogue_says(row: dict[str, Any], endpoint: Endpoint, field: Field) -> None:
    with pytest.raises(decode.Fault) as caught:
        spoil(row, endpoint, field)
    if field.name == "amt" and "transfer" in endpoint.name and row["name"] in NOT_ABOVE_ZERO:
        row = row | {"code": "58114", "msg": "Transfer amount must be greater than 0"}
    check(caught.value, row, field.name)
    assert caught.value.field == field.name


def body_of(row: dict[str, Any]) -> bytes:
    if "hex" in row:
        return bytes.fromhex(row["hex"])
    if "nest" in row:
        opening, middle, closing, times = row["nest"]
        return str(opening * times + middle + closing * times).encode()
    if "keys" in row:
        return json.dumps({f"{'k' * 120}{number}": "1" for number in range(row["keys"])}).encode()
    if "repeat" in row:
        text, times = row["repeat"]
        before, after = row["around"]
        return str(before + text * times + after).encode()
    return str(row["body"]).encode()


@pytest.mark.parametrize("row", CATALOGUE["bodies"], ids=lambda row: row["name"])
def test_a_bad_body_is_the_fault_the_catalogue_says(row: dict[str, Any]) -> None:
    body = body_of(row)
    assert len(body) < 64 * 1024
    with pytest.raises(decode.Fault) as caught:
        decode.decode_body(by_name[row["endpoint"]], row.get("content_type", "application/json"), body)
    check(caught.value, row, "")


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if good(e)], ids=lambda endpoint: endpoint.name)
def test_the_first_missing_parameter_in_declared_order_is_named(endpoint: Endpoint) -> None:
    required = [field.name for field in fields(endpoint.request) if field.required]
    values = good(endpoint)
    for name in required:
        with pytest.raises(decode.Fault) as caught:
            send(endpoint, {other: "" if other >= name else value for other, value in values.items()} | {name: ""})
        assert caught.value.code == "50014"
        assert caught.value.field == next(other for other in required if other >= name)


def test_of_two_faults_the_first_declared_is_reported() -> None:
    borrow = by_name["spot_manual_borrow_repay"]
    for body, parameter in (
        ('{"amt":"x","side":"y","ccy":"z"}', "ccy"),
        ('{"amt":"x","side":"y","ccy":"USDT"}', "side"),
        ('{"amt":"x","side":"repay","ccy":"USDT"}', "amt"),
    ):
        with pytest.raises(decode.Fault) as caught:
            decode.decode_body(borrow, "application/json", body.encode())
        assert caught.value.field == parameter


def test_the_form_comes_before_the_parameters_and_the_content_type_before_all() -> None:
    borrow = by_name["spot_manual_borrow_repay"]
    too_many = json.dumps({f"k{number}": "1" for number in range(65)}).encode()
    cases = [("text/plain", b"{", "50006"), ("application/json", b"{", "50002"), (None, b"", "50000")]
    cases += [(None, b"{}", "50006"), ("application/json", too_many, "51000/too_many")]
    for content_type, body, key in cases:
        with pytest.raises(decode.Fault) as caught:
            decode.decode_body(borrow, content_type, body)
        assert caught.value.key == key


def test_one_of_two_ids_must_be_given() -> None:
    for name in ("get_order", "amend_order"):
        with pytest.raises(decode.Fault) as caught:
            send(by_name[name], {"instId": "BTC-USDT", "ordId": "", "clOrdId": ""})
        assert (caught.value.code, caught.value.text()) == ("50015", "Either parameter ordId or clOrdId is required")


def test_parameters_of_things_that_do_not_exist_here_are_refused_not_ignored() -> None:
    values = good(by_name["place_order"]) | {"attachAlgoOrds": [{"slTriggerPx": "1", "slOrdPx": "-1"}]}
    with pytest.raises(decode.Fault) as caught:
        send(by_name["place_order"], values)
    assert (caught.value.code, caught.value.field) == ("51000", "attachAlgoOrds")


def test_faults_inside_a_nested_record_name_the_way_to_it() -> None:
    borrow = by_name["loan_borrow"]
    values = good(borrow) | {"loanData": {"ccy": "USDT", "amt": "-1"}}
    with pytest.raises(decode.Fault) as caught:
        send(borrow, values)
    assert caught.value.field == "loanData.amt"
    for wrong in ("USDT", ["USDT"], 1, True):
        with pytest.raises(decode.Fault) as caught:
            send(borrow, values | {"loanData": wrong})
        assert (caught.value.code, caught.value.field) == ("51000", "loanData")


COINS = [
    pytest.param(endpoint, field, id=f"{endpoint.name}.{field.name}")
    for endpoint in ENDPOINTS
    for field in fields(endpoint.request)
    if field.many is not None and good_value(field)[0] in ("USDT", {"ccy": "USDT", "amt": "1.5"})
]


@pytest.mark.parametrize(("endpoint", "field"), COINS)
def test_no_list_of_coins_names_one_twice(endpoint: Endpoint, field: Field) -> None:
    (one,) = good_value(field)
    other = one | {"ccy": "BTC"} if isinstance(one, dict) else "BTC"
    values = good(endpoint)
    send(endpoint, values | {field.name: [one, other]})
    again = one | {"amt": "2"} if isinstance(one, dict) else one
    with pytest.raises(decode.Fault) as caught:
        send(endpoint, values | {field.name: [one, other, again]})
    assert (caught.value.code, caught.value.field) == ("51000", field.name)
    assert caught.value.reason == "names USDT twice"


def test_every_list_of_coins_is_among_them() -> None:
    assert {param.id for param in COINS} >= {
        "one_click_repay_v2.repayCcyList",
        "loan_borrow.collateralData",
        "loan_max_loan.supCollateral",
        "one_click_repay.debtCcy",
        "easy_convert.fromCcy",
        "balance.ccy",
        "asset_balances.ccy",
        "asset_currencies.ccy",
        "subaccount_max_withdrawal.ccy",
        "max_withdrawal.ccy",
    }


def test_lists_have_an_end() -> None:
    with pytest.raises(decode.Fault) as caught:
        decode.decode_query(by_name["balance"], "ccy=" + ",".join(f"C{number}" for number in range(21)))
    assert (caught.value.code, caught.value.text()) == ("50025", "Parameter ccy count exceeds the limit 20.")
    borrow = by_name["loan_borrow"]
    eleven = [{"ccy": f"C{number}", "amt": "1"} for number in range(11)]
    with pytest.raises(decode.Fault) as caught:
        send(borrow, good(borrow) | {"collateralData": eleven})
    assert caught.value.code == "50025"
