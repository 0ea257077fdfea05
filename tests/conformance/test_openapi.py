"""Schemathesis, which nobody here wrote, reads our OpenAPI document and tries what it allows and what it does not."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tallystick.contract import ENDPOINTS
from tallystick.contract.core import SURFACES
from tallystick.contract.openapi import document
from tests.conformance.served import Served, running


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A venue of its own: what schemathesis sends is odd on purpose."""
    with running(
        tmp_path_factory.mktemp("venue"), "--limits", "off", log=tmp_path_factory.mktemp("log") / "log"
    ) as one:
        yield one


CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
schema = schemathesis.openapi.from_dict(document())


def signed(request: requests.PreparedRequest, key: tuple[str, str, str]) -> dict[str, str]:
    """The four headers of a private request, over the very bytes that are sent."""
    api_key, secret, passphrase = key
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = request.body or b""
    assert isinstance(body, str | bytes)
    text = body.encode() if isinstance(body, str) else body
    prehash = f"{now}{request.method}{request.path_url}".encode() + text
    sign = base64.b64encode(hmac.new(secret.encode(), prehash, hashlib.sha256).digest()).decode()
    return {
        "OK-ACCESS-KEY": api_key,
        "OK-ACCESS-SIGN": sign,
        "OK-ACCESS-TIMESTAMP": now,
        "OK-ACCESS-PASSPHRASE": passphrase,
    }


def operation_of(found: Any) -> Any:
    assert isinstance(found, Ok), found
    return found.ok()


OPERATIONS = [operation_of(found) for found in schema.get_all_operations()]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as kept:
        yield kept


def ask(case: schemathesis.Case[Any], venue: Served, session: requests.Session) -> None:
    """Send what schemathesis made up, signed as a client would, and have it judge the answer."""
    arguments: dict[str, Any] = case.as_transport_kwargs(base_url=venue.url)
    arguments["headers"] = {
        name: value for name, value in arguments["headers"].items() if not name.startswith("OK-ACCESS")
    }
    arguments.pop("cookies", None)
    request = requests.Request(**{name: value for name, value in arguments.items() if value is not None}).prepare()
    request.headers.update(signed(request, venue.key()))
    case.validate_response(session.send(request, timeout=30), checks=list(CHECKS))


def tried(operation: Any, venue: Served, session: requests.Session, *, examples: int) -> None:
    """Cases of one operation, the same every time."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def each(case: schemathesis.Case[Any]) -> None:
        ask(case, venue, session)

    each()


each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)


@each_operation
def test_schemathesis_finds_nothing(operation: Any, venue: Served, session: requests.Session) -> None:
    tried(operation, venue, session, examples=4)


@pytest.mark.long
@each_operation
def test_schemathesis_finds_nothing_in_many_cases(operation: Any, venue: Served, session: requests.Session) -> None:
    tried(operation, venue, session, examples=25)


@pytest.mark.parametrize("surface", SURFACES)
def test_the_document_is_valid_and_lists_what_is_served(surface: str) -> None:
    found = document(surface)
    validate(found)
    served = {(method.upper(), path) for path, methods in found["paths"].items() for method in methods}
    assert served == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}


def test_the_document_is_served(venue: Served) -> None:
    with urllib.request.urlopen(f"{venue.url}/tally/openapi.json", timeout=30) as answer:
        assert answer.headers["content-type"] == "application/json"
        served = json.load(answer)
    assert served["servers"] == [{"url": venue.url}]
    assert served["paths"] == document()["paths"]


def test_a_later_field_is_only_on_the_later_surface() -> None:
    """Drift table: convertMode came after the five documents."""
    path = "/api/v5/asset/convert/estimate-quote"
    older, newer = (
        document(surface)["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        for surface in SURFACES
    )
    assert "convertMode" not in older
    assert newer["convertMode"]["enum"] == ["0", "1"]
