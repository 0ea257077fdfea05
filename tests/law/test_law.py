"""The five documents against the contract, field by field, in both languages.

`facts.json` holds what `extract.py` reads out of the documents. Where they are at hand they are read
afresh, so that neither the facts nor the contract can drift from them.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint, Row
from tallystick.contract.fields import Field, fields
from tallystick.engine import commands as c
from tallystick.engine.rejects import Rejected
from tallystick.views.errors import refusal_of
from tallystick.wire import decode, encode
from tests.engine.driver import USER, Driver
from tests.law.documents import documents
from tests.law.extract import FACTS, extract_folder

LAW: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
ENDPOINT_OF = {endpoint.source.where: endpoint for endpoint in ENDPOINTS}
CASES = [pytest.param(ENDPOINT_OF[anchor], LAW[anchor][language], id=f"{ENDPOINT_OF[anchor].name}-{language}")
         for anchor in sorted(LAW) for language in ("en", "zh")]  # fmt: skip
each_document = pytest.mark.parametrize(("endpoint", "facts"), CASES)


def test_the_law_is_five_documents() -> None:
    assert {ENDPOINT_OF[anchor].name for anchor in LAW} == {
        "one_click_repay_v2",
        "one_click_repay_history_v2",
        "loan_history",
        "convert_history",
        "set_auto_repay",
    }


def test_the_facts_are_what_the_documents_say() -> None:
    assert extract_folder(documents()) == LAW


@each_document
def test_route_limit_and_mode(endpoint: Endpoint, facts: dict[str, Any]) -> None:
    assert (endpoint.method, endpoint.path) == (facts["method"], facts["path"])
    assert [msgspec.to_builtins(limit) for limit in endpoint.limits] == [{**facts["limit"], "per": facts["per"]}]
    assert endpoint.modes == (("1",) if facts["spot_only"] else ())


NEED_BORROWING: dict[str, c.Command] = {"set_auto_repay": c.SetAutoRepay(user_id=USER, enabled=True)}
"""Endpoints whose document asks for an account that has enabled borrowing, and what they ask of the engine."""


@each_document
def test_an_account_without_borrowing_is_refused(endpoint: Endpoint, facts: dict[str, Any]) -> None:
    """Where the document says so, with 51010: the account's mode does not support it."""
    assert (endpoint.name in NEED_BORROWING) is facts["needs_spot_borrow"]
    if facts["needs_spot_borrow"]:
        driver = Driver()
        driver.user(USER, borrow=False)
        reject = driver.refuse(NEED_BORROWING[endpoint.name])
        assert refusal_of(endpoint.name, Rejected(reject), "").code == "51010"


@pytest.mark.parametrize("anchor", sorted(LAW))
def test_permission(anchor: str) -> None:
    """Each language that prints a permission prints ours; convert history prints one in Chinese only."""
    printed = {language: LAW[anchor][language]["permission"] for language in ("en", "zh")}
    endpoint = ENDPOINT_OF[anchor]
    assert endpoint.permission is not None
    assert {value for value in printed.values() if value is not None} == {endpoint.permission.value}
    assert (printed["en"] is None) == (endpoint.name == "convert_history")


@each_document
def test_parameters(endpoint: Endpoint, facts: dict[str, Any]) -> None:
    declared = [field for field in fields(endpoint.request) if field.since == "2026-01"]
    assert [field.name for field in declared] == [parameter["name"] for parameter in facts["parameters"]]
    for field, parameter in zip(declared, facts["parameters"], strict=True):
        assert field.required is parameter["required"], field.name
        assert _request_type(field) == parameter["type"], field.name
        assert list(_choices(field)) == parameter["values"], field.name
        if parameter["length_max"] is not None:
            assert field.grammar is not None
            assert field.grammar.pattern.endswith(f"{{1,{parameter['length_max']}}}")


@each_document
def test_paging(endpoint: Endpoint, facts: dict[str, Any]) -> None:
    """Where a document does not say whether the cursor's own row belongs to the answer, it does not."""
    page, printed = endpoint.page, facts["page"]
    if printed is None:
        assert page is None
        return
    assert page is not None
    assert (page.max, page.default, page.inclusive) == (printed["max"], printed["default"], bool(printed["inclusive"]))
    assert printed["cursor"] in (page.cursor, None)
    days = facts["retention_days"]
    assert page.retention_ms == (None if days is None else days * 86_400_000)


@each_document
def test_answer_fields(endpoint: Endpoint, facts: dict[str, Any]) -> None:
    declared: dict[tuple[int, str], Field] = {}
    for field in fields(endpoint.answer):
        declared[0, field.name] = field
        for inner in fields(field.record) if field.record else ():
            declared[1, inner.name] = inner
    printed = {(row["depth"], row["name"]): row for row in facts["fields"]}
    assert declared.keys() == printed.keys()
    for key, row in printed.items():
        assert _answer_type(declared[key]) == row["type"], key
        choices = declared[key].choices
        if row["values"]:
            assert list(_choices(declared[key])) == row["values"], key
        elif choices:
            # The table of loan history names the types at the parameter only.
            assert key == (0, "type")


@each_document
def test_example_request_decodes_to_a_record(endpoint: Endpoint, facts: dict[str, Any]) -> None:
    if endpoint.method == "GET":
        path, _, query = facts["request"]["target"].partition("?")
        assert path == endpoint.path
        decoded = decode.decode_query(endpoint, query)
        assert decoded.record == endpoint.request()
    else:
        body = facts["request"]["body"]
        decoded = decode.decode_body(endpoint, "application/json", json.dumps(body).encode())
        assert msgspec.to_builtins(decoded.record) == {
            name: tuple(value) if isinstance(value, list) else value for name, value in body.items()
        }
    assert decoded.unknown == ()


@each_document
def test_example_answer_round_trips_byte_for_byte(endpoint: Endpoint, facts: dict[str, Any]) -> None:
    printed = json.dumps(facts["answer"], separators=(",", ":"), ensure_ascii=False).encode()
    rows = msgspec.convert(facts["answer"]["data"], list[endpoint.answer])  # type: ignore[name-defined]
    assert encode.success(rows, endpoint.envelope) == printed
    assert encode.success_raw([encode.row(row) for row in rows], endpoint.envelope) == printed
    assert all(isinstance(row, Row) for row in rows)


def test_the_two_languages_differ_in_the_convert_permission_and_cursor_name_only() -> None:
    differences = {
        (ENDPOINT_OF[anchor].name, key)
        for anchor, both in LAW.items()
        for key in both["en"]
        if both["en"][key] != both["zh"][key]
    }
    assert differences == {("convert_history", "permission"), ("convert_history", "page")}


def _choices(field: Field) -> tuple[str, ...]:
    return ("true", "false") if field.flag else field.choices


def _request_type(field: Field) -> str:
    if field.many is not None:
        return "Array of strings"
    return "Boolean" if field.flag else "String"


def _answer_type(field: Field) -> str:
    if field.many is not None:
        return "Array of objects" if field.record else "Array of strings"
    return "Boolean" if field.flag else "String"
