"""Lints over every declaration, and every documented example through the records."""

from __future__ import annotations

import ast
import json
import re
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from msgspec import Struct

from tallystick.contract import ENDPOINTS, by_name, by_route
from tallystick.contract.core import SURFACES, Endpoint, Request, Row
from tallystick.contract.errors import ERRORS, has_data, text
from tallystick.contract.fields import Field, fields
from tallystick.contract.sub_codes import SUB_CODES
from tallystick.contract.words import WORDS, words
from tallystick.wire import decode, encode

EXAMPLES = files("tallystick.contract") / "examples"
PUBLIC = (
    "savings",
    "data_files",
    "market",
    "candles",
    "index",
    "trades",
    "public",
    "loan_e_mode_info",
    "exchange_list",
)
"""Sections and endpoints that need no key."""
each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


def example(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / f"{endpoint.name}.json").read_text(encoding="utf-8"))
    return found


def records(record: type[Struct]) -> list[type[Struct]]:
    """A record and all records inside it."""
    inner = [field.record for field in fields(record) if field.record is not None]
    return [record, *(found for nested in inner for found in records(nested))]


def all_fields(endpoint: Endpoint) -> list[Field]:
    return [field for top in (endpoint.request, endpoint.answer) for record in records(top) for field in fields(record)]


def test_the_same_choices_stand_in_the_same_order() -> None:
    """Python holds Literal["a", "b"] and Literal["b", "a"] for one, and hands out either where it has kept one."""
    orders: dict[frozenset[str], set[str]] = {}
    for path in Path(str(files("tallystick.contract"))).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
                choices = ast.unparse(node.slice).strip("()")
                orders.setdefault(frozenset(choices.split(", ")), set()).add(choices)
    assert len(orders) > 20
    assert [found for found in orders.values() if len(found) > 1] == []


def test_names_and_routes_are_unique() -> None:
    assert len(by_name) == len(ENDPOINTS)
    assert sum(len(methods) for methods in by_route.values()) == len(ENDPOINTS)


@each_endpoint
def test_an_endpoint_says_everything(endpoint: Endpoint) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", endpoint.name)
    assert re.fullmatch(r"/api/v5/[a-z0-9/-]+", endpoint.path)
    assert endpoint.source.where
    assert endpoint.limits, "every endpoint has a rate limit"
    assert all(limit.requests > 0 and limit.period_ms > 0 for limit in endpoint.limits)
    assert endpoint.title.en.isascii()
    assert re.search(r"[\u4e00-\u9fff]", endpoint.title.zh)
    assert endpoint.since in SURFACES
    assert (endpoint.permission is None) == (endpoint.section in PUBLIC or endpoint.name in PUBLIC)
    assert endpoint.method == "GET" or endpoint.permission is not None
    assert endpoint in import_module(f"tallystick.contract.{endpoint.section}").ENDPOINTS


@each_endpoint
def test_limits_count_by_what_the_request_has(endpoint: Endpoint) -> None:
    names = {field.name for field in fields(endpoint.request)}
    for limit in endpoint.limits:
        private = limit.per.startswith("user_id")
        assert private == (endpoint.permission is not None)
        what = limit.per.partition("+")[2]
        assert not what or what in names or (what == "instId" and {"baseCcy", "quoteCcy"} <= names)


@each_endpoint
def test_pages_have_their_cursors(endpoint: Endpoint) -> None:
    declared = {field.name: field for field in fields(endpoint.request)}
    if endpoint.page is None:
        assert not declared.keys() & {"after", "before"}
        return
    limit = declared["limit"]
    assert limit.grammar is not None
    assert (limit.default, limit.grammar.most) == (endpoint.page.default, endpoint.page.max)
    assert not declared["after"].required
    assert not declared["before"].required
    assert endpoint.page.cursor in {field.name for record in records(endpoint.answer) for field in fields(record)}
    kind = declared["after"].grammar
    assert kind is not None
    assert kind.name == ("time" if endpoint.page.cursor in ("ts", "uTime") else "id")


@each_endpoint
def test_every_field_can_be_read_and_is_described(endpoint: Endpoint) -> None:
    for record in records(endpoint.request):
        assert issubclass(record, Request)
        for field in fields(record):
            ways = [field.grammar, field.choices, field.record, field.flag, field.refused]
            assert sum(map(bool, ways)) == 1, f"{record.__name__}.{field.name} needs exactly one grammar"
    assert all(issubclass(record, Row) for record in records(endpoint.answer))
    for field in all_fields(endpoint):
        said = words(field)
        assert said.en.isascii(), field.name
        assert re.search(r"[\u4e00-\u9fff]", said.zh), field.name
        assert len(set(field.choices)) == len(field.choices)
        assert field.since in SURFACES


@each_endpoint
def test_no_record_holds_a_float(endpoint: Endpoint) -> None:
    for top in (endpoint.request, endpoint.answer):
        for record in records(top):
            assert not re.search(r"\bfloat\b", str(get_type_hints(record)))


def test_no_word_is_left_over() -> None:
    used = {field.name for endpoint in ENDPOINTS for field in all_fields(endpoint)}
    assert not WORDS.keys() - used


@each_endpoint
def test_example_answer_round_trips_byte_for_byte(endpoint: Endpoint) -> None:
    found = example(endpoint)
    assert found["source"] == endpoint.source.where
    answer = found["answer"]
    printed = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
    data = [answer["data"]] if endpoint.bare else answer["data"]
    rows: list[Row] = msgspec.convert(data, list[endpoint.answer])  # type: ignore[name-defined]
    if endpoint.per_item:
        in_us, out_us = int(answer["inTime"]), int(answer["outTime"])
        assert encode.per_item(rows, failed=0, in_us=in_us, out_us=out_us) == printed
    elif endpoint.bare:
        assert encode.success_bare(rows[0], endpoint.envelope) == printed
    else:
        assert encode.success(rows, endpoint.envelope) == printed


LATER_IN_EXAMPLES = {"loan_adjust_collateral": ("ordId",)}
"""Examples of later documents name parameters the default surface does not have."""


@each_endpoint
def test_example_request_decodes(endpoint: Endpoint) -> None:
    request = example(endpoint)["request"]
    if endpoint.method == "GET":
        path, _, query = request["target"].partition("?")
        assert path == endpoint.path
        decoded: decode.Decoded | decode.Fault = decode.decode_query(endpoint, query)
    else:
        body = json.dumps(request["body"]).encode()
        read = (lambda *given: decode.decode_batch(*given)[0]) if endpoint.batch_max else decode.decode_body
        decoded = read(endpoint, "application/json", body)
    assert isinstance(decoded, decode.Decoded)
    assert isinstance(decoded.record, endpoint.request)
    assert decoded.unknown == LATER_IN_EXAMPLES.get(endpoint.name, ())


def test_later_fields_belong_to_the_later_surface() -> None:
    history = by_name["loan_history"]
    assert decode.decode_query(history, "ordId=7").unknown == ("ordId",)
    later = decode.decode_query(history, "ordId=7", surface="2026-08")
    assert later.unknown == ()
    assert msgspec.to_builtins(later.record)["ordId"] == 7


@pytest.mark.parametrize("key", sorted(ERRORS))
def test_an_error_has_two_languages_with_the_same_placeholders(key: str) -> None:
    error = ERRORS[key]
    assert error.code == key.partition("/")[0]
    assert 200 <= error.http_status < 600
    assert re.search(r"[\u4e00-\u9fff]", error.zh)
    placeholders = set(re.findall(r"\{(\w+)\}", error.en))
    assert placeholders == set(re.findall(r"\{(\w+)\}", error.zh))
    assert placeholders <= {
        "param",
        "other",
        "ccy",
        "debtCcy",
        "min",
        "max",
        "ip",
        "id",
        "what",
        "op",
        "request",
        "ccy1",
        "ccy2",
        "number",
    }
    filled = text(key, "en", **dict.fromkeys(placeholders, "X1"))
    assert "{" not in filled


def test_reasons_behind_a_code_are_errors_of_that_code() -> None:
    """A key nobody says would be a reason nobody hears."""
    assert {key.partition("/")[0] for key in SUB_CODES} == {"51008", "51502"}
    assert SUB_CODES.keys() <= ERRORS.keys()
    assert len(set(SUB_CODES.values())) == len(SUB_CODES)


def test_error_texts_choose_the_language() -> None:
    assert text("51000", "en", param="limit") == "Parameter limit error"
    assert text("51000", "zh-CN", param="limit") == "limit参数错误"
    assert text("51000", "fr", param="limit") == "Parameter limit error"
    assert text("51000") == "Parameter {param} error"


def test_only_the_gateway_answers_without_data() -> None:
    assert [code for code in ("50113", "50011", "50120") if has_data(code)] == []
    assert all(has_data(code) for code in ("50000", "51000", "59413", "50014"))
