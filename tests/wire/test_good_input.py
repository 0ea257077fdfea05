"""What real clients send and must be understood."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.contract import ENDPOINTS, by_name
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import fields
from tallystick.wire import decode
from tests.wire.requests import good, send

BORROW = by_name["spot_manual_borrow_repay"]


def record(decoded: decode.Decoded) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(decoded.record)
    return found


def borrow(amt: str) -> dict[str, Any]:
    body = f'{{"ccy":"USDT","side":"borrow","amt":{amt}}}'
    return record(decode.decode_body(BORROW, "application/json", body.encode()))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_parameter_of_every_endpoint_can_be_given(endpoint: Endpoint) -> None:
    values = good(endpoint, whole=True)
    decoded = send(endpoint, values)
    assert decoded.unknown == ()
    given = record(decoded)
    for field in fields(endpoint.request):
        if field.name in values and not field.record and not field.flag:
            sent = values[field.name]
            expected = tuple(sent) if field.many else int(sent) if field.grammar and field.grammar.integer else sent
            assert given[field.name] == expected, field.name


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_empty_optional_parameters_are_absent(endpoint: Endpoint) -> None:
    values = good(endpoint)
    names = [field.name for field in fields(endpoint.request) if field.name not in values]
    assert send(endpoint, values | dict.fromkeys(names, "")).record == send(endpoint, values).record
    if endpoint.method == "POST":
        assert send(endpoint, values | dict.fromkeys(names)).record == send(endpoint, values).record
        assert send(endpoint, values | {name: [] for name in names}).record == send(endpoint, values).record


@pytest.mark.parametrize(
    ("written", "read"),
    [("100", "100"), ("0.1", "0.1"), ('"175.00000000"', "175.00000000"), ("123456789.123456789123456789",) * 2],
)
def test_numbers_keep_the_text_they_were_written_in(written: str, read: str) -> None:
    amt = borrow(written)["amt"]
    assert amt == read
    assert type(amt) is str


def test_numbers_may_stand_for_ids_times_and_digit_choices() -> None:
    body = b'{"ccy":"USDT","amt":1.5,"from":6,"to":18,"type":0}'
    given = record(decode.decode_body(by_name["transfer"], "application/json", body))
    assert (given["from"], given["to"], given["type"]) == ("6", "18", "0")
    body = b'{"instId":"BTC-USDT","ordId":312269865356374016}'
    given = record(decode.decode_body(by_name["cancel_order"], "application/json", body))
    assert given["ordId"] == 312269865356374016


@pytest.mark.parametrize("body", ['{"autoRepay": true}', '{"autoRepay":true}', '{"autoRepay":"true"}'])
def test_booleans_in_a_body(body: str) -> None:
    decoded = decode.decode_body(by_name["set_auto_repay"], "application/json", body.encode())
    assert record(decoded) == {"autoRepay": True}


@pytest.mark.parametrize("value", ["true", "false", "True", "False"])
def test_booleans_as_text(value: str) -> None:
    given = record(send(by_name["transfer"], good(by_name["transfer"]) | {"loanTrans": value}))
    assert given["loanTrans"] is (value.lower() == "true")


@pytest.mark.parametrize("query", ["ccy=BTC,ETH", "ccy=BTC%2CETH", "ccy=BTC%2cETH&", "&ccy=BTC,ETH&limit="])
def test_commas_of_both_kinds(query: str) -> None:
    assert record(decode.decode_query(by_name["balance"], query)) == {"ccy": ("BTC", "ETH")}


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;"]
)
def test_content_types(content_type: str) -> None:
    decoded = decode.decode_body(by_name["set_auto_repay"], content_type, b' {"autoRepay": false}\n')
    assert record(decoded) == {"autoRepay": False}


def test_small_cursors() -> None:
    history = by_name["one_click_repay_history_v2"]
    assert record(decode.decode_query(history, "before=0")) == {"after": None, "before": 0, "limit": 100}


def test_unknown_fields_are_named_and_ignored() -> None:
    body = b'{"autoRepay":true,"tag":"abc","autorepay":false,"empty":"","none":null}'
    decoded = decode.decode_body(by_name["set_auto_repay"], "application/json", body)
    assert record(decoded) == {"autoRepay": True}
    assert decoded.unknown == ("tag", "autorepay")


def test_names_of_unknown_fields_can_stand_in_a_header() -> None:
    names = ["a\r\nset-cookie: x", "\ud800", "币", "k" * 500, *(f"n{number}" for number in range(40))]
    decoded = send(by_name["set_auto_repay"], {"autoRepay": True} | dict.fromkeys(names, "1"))
    assert len(decoded.unknown) == decode.UNKNOWN_MAX
    assert all(name.isascii() and name.isprintable() and len(name) <= 64 for name in decoded.unknown)


def test_the_largest_id_and_the_largest_amount() -> None:
    history = by_name["loan_history"]
    assert record(decode.decode_query(history, f"after={2**63 - 1}"))["after"] == 2**63 - 1
    most = "9" * 20 + "." + "9" * 18
    assert borrow(most)["amt"] == most


def test_nesting_at_the_bound_is_still_json() -> None:
    nested = '{"autoRepay":true,"x":' + "[" * 31 + '"[[[[{{{{"' + "]" * 31 + "}"
    decoded = decode.decode_body(by_name["set_auto_repay"], "application/json", nested.encode())
    assert decoded.unknown == ("x",)
