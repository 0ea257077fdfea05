"""What real clients send and must be understood."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tallystick.contract import ENDPOINTS, by_name
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import Field, fields
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


SCALARS = [
    # (as written in JSON, the text it stands for)
    ("5e-05", "0.00005"),
    ("0.00005", "0.00005"),
    ("5E-5", "0.00005"),
    ("1E2", "100"),
    ("1e+2", "100"),
    ("1.50e1", "15.0"),
    ("1.0", "1.0"),
    ("1e-18", "0.000000000000000001"),
    ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
    ("99999999999999999999", "99999999999999999999"),
    ("1.2345678901234567890e19", "12345678901234567890"),
    ("0.1", "0.1"),
    ("7", "7"),
]
"""A number is what its source text says, digit for digit: 0.1 + 0.2 is never asked of a float."""


@pytest.mark.parametrize(("written", "stands_for"), SCALARS)
def test_a_number_is_read_as_the_text_it_stands_for(written: str, stands_for: str) -> None:
    """Whatever the parameter: a number fits where its text would, and is refused where that would be."""
    for endpoint in ENDPOINTS:
        if endpoint.method != "POST":
            continue
        for field in fields(endpoint.request):
            if field.since != "2026-01" or field.refused or field.flag or field.many or field.record:
                continue
            assert in_body(endpoint, field.name, written) == in_body(endpoint, field.name, json.dumps(stands_for)), (
                endpoint.name,
                field.name,
            )


def in_body(endpoint: Endpoint, name: str, written: str) -> Any:
    """What a parameter reads as, or the code and the name of the fault."""
    others = {other: value for other, value in good(endpoint).items() if other != name}
    rest = "".join(f", {json.dumps(other)}: {json.dumps(value)}" for other, value in others.items())
    body = f"{{{json.dumps(name)}: {written}{rest}}}".encode()
    try:
        return record(decode.decode_body(endpoint, "application/json", body))[name]
    except decode.Fault as fault:
        return fault.code, fault.field


def test_every_kind_of_id_may_be_a_number() -> None:
    body = b'{"instId":"BTC-USDT","ordId":312269865356374016,"clOrdId":123456789012345678901234567890}'
    given = record(decode.decode_body(by_name["cancel_order"], "application/json", body))
    assert (given["ordId"], given["clOrdId"]) == (312269865356374016, "123456789012345678901234567890")
    body = b'{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit",'
    body += b'"sz":5e-05,"px":1e4,"tag":7,"clOrdId":1E2}'
    given = record(decode.decode_body(by_name["place_order"], "application/json", body))
    assert (given["sz"], given["px"], given["tag"], given["clOrdId"]) == ("0.00005", "10000", "7", "100")


def test_true_and_false_are_read_by_the_same_rule() -> None:
    cancel = by_name["cancel_order"]
    assert in_body(cancel, "clOrdId", "true") == in_body(cancel, "clOrdId", '"true"') == "true"
    assert in_body(cancel, "ordId", "true") == in_body(cancel, "ordId", '"true"') == ("51000", "ordId")
    transfer = by_name["transfer"]
    assert in_body(transfer, "omitPosRisk", "true") == in_body(transfer, "omitPosRisk", '"true"') == "true"


def test_numbers_and_texts_in_a_list_are_read_by_the_same_rule() -> None:
    repay = by_name["one_click_repay_v2"]
    read = record(decode.decode_body(repay, "application/json", b'{"debtCcy":"USDC","repayCcyList":[1,"BTC"]}'))
    assert read["repayCcyList"] == ("1", "BTC")


@pytest.mark.parametrize(
    ("body", "remarks"),
    [
        (b'{"instId":"BTC-USDT","clOrdId":"7"}', []),
        (b'{"instId":"BTC-USDT","clOrdId":7}', [("number", "clOrdId")]),
        (b'{"instId":"BTC-USDT","ordId":7}', [("number", "ordId")]),
        (b'{"instId":"BTC-USDT","clOrdId":true}', [("boolean", "clOrdId")]),
    ],
)
def test_what_is_no_text_is_named(body: bytes, remarks: list[tuple[str, str]]) -> None:
    assert list(decode.decode_body(by_name["cancel_order"], "application/json", body).remarks) == remarks


def test_numbers_are_named_inside_of_lists_and_records() -> None:
    body = b'{"debtCcy":"USDC","repayCcyList":["USDC",1]}'
    found = decode.decode_body(by_name["one_click_repay_v2"], "application/json", body)
    assert list(found.remarks) == [("number", "repayCcyList")]
    body = b'{"loanData":{"ccy":"USDT","amt":1e2},"collateralData":[{"ccy":"BTC","amt":0.1}],"clOrdId":"a"}'
    found = decode.decode_body(by_name["loan_borrow"], "application/json", body)
    assert list(found.remarks) == [("number", "loanData.amt"), ("number", "collateralData.amt")]


def test_a_flag_the_documents_have_as_text_may_be_one() -> None:
    body = b'{"ccy":"USDT","amt":"1","from":"6","to":"18","omitPosRisk":true,"loanTrans":false}'
    assert decode.decode_body(by_name["transfer"], "application/json", body).remarks == ()


PAGED = [
    pytest.param(endpoint, field, id=endpoint.name)
    for endpoint in ENDPOINTS
    for field in fields(endpoint.request)
    if field.name == "limit"
]


@pytest.mark.parametrize(("endpoint", "field"), PAGED)
def test_a_limit_above_the_maximum_counts_as_the_maximum_and_is_named(endpoint: Endpoint, field: Field) -> None:
    assert field.grammar is not None
    assert field.grammar.most is not None
    most = field.grammar.most
    for asked, given, remarks in (
        (most, most, []),
        (most + 1, most, [("cut", "limit")]),
        (1_000, most, [("cut", "limit")] if most < 1_000 else []),
        (10**17, most, [("cut", "limit")]),
        (1, 1, []),
    ):
        decoded = send(endpoint, good(endpoint) | {"limit": str(asked)})
        assert (record(decoded)["limit"], list(decoded.remarks)) == (given, remarks), asked


@pytest.mark.parametrize("name", ["books", "books_full", "books_rpi"])
def test_levels_of_a_book_are_not_cut(name: str) -> None:
    """The exchange answers 51000 `Parameter sz error` (observed)."""
    endpoint = by_name[name]
    most = next(field.grammar.most for field in fields(endpoint.request) if field.name == "sz" and field.grammar) or 0
    assert record(send(endpoint, good(endpoint) | {"sz": str(most)}))["sz"] == most
    with pytest.raises(decode.Fault) as caught:
        send(endpoint, good(endpoint) | {"sz": str(most + 1)})
    assert (caught.value.code, caught.value.field) == ("51000", "sz")


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
