"""What is made of the contract and of the control calls into the client's tree is current."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct

from docs import client_levers, client_types
from tallystick.client.async_methods import AsyncMethods
from tallystick.client.sync_methods import SyncMethods
from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import fields
from tallystick.contract.kinds import KINDS, ONE_ROW


@pytest.fixture(scope="module")
def made() -> dict[Path, str]:
    return client_types.fresh()


def test_rows_and_methods_are_those_of_the_contract(made: dict[Path, str]) -> None:
    different = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert different == [], "run: python -m docs.client_types"
    assert client_types.stale(made) == [], "run: python -m docs.client_types"


def test_the_check_sees_a_field_that_was_added(made: dict[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A row with one field less is another text."""
    monkeypatch.setattr(
        client_types, "fields", lambda record: tuple(field for field in fields(record) if field.name != "refId")
    )
    path = client_types.CLIENT / "rows" / "flexible_loan.py"
    fewer = client_types.row_files()["flexible_loan.py"]
    assert "refId" in made[path]
    assert "refId" not in fewer


def test_levers_are_those_of_the_control_calls() -> None:
    different = [path.name for path, text in client_levers.fresh().items() if path.read_text(encoding="utf-8") != text]
    assert different == [], "run: python -m docs.client_levers"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_endpoint_is_a_method_of_both_halves(endpoint: Endpoint) -> None:
    for half in (SyncMethods, AsyncMethods):
        assert callable(getattr(half, endpoint.name))


def test_one_row_is_said_of_endpoints_that_are_there() -> None:
    assert {endpoint.name for endpoint in ENDPOINTS} >= ONE_ROW
    assert not [
        endpoint.name for endpoint in ENDPOINTS if endpoint.name in ONE_ROW and (endpoint.page or endpoint.batch_max)
    ]


def test_every_kind_is_of_a_name_that_is_there() -> None:
    records: set[type[Struct]] = set(client_types.uses())
    assert {field.name for record in records for field in fields(record)} >= set(KINDS)
