"""A good request of every endpoint, to spoil one parameter at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import Field, fields
from tallystick.wire import decode

GOOD_BY_GRAMMAR: dict[str, str] = {
    "currency": "USDT",
    "instrument": "BTC-USDT",
    "family": "BTC-USD",
    "amount": "1.5",
    "time": "1597026383085",
    "id": "680234819012345678",
    "quote id": "quoterETH-USDT16461885104612381",
    "client id": "b15",
    "loan client id": "my-borrow-001",
    "tag": "159881cb7207BCDE",
    "text": "mini",
    "limit": "7",
    "depth": "25",
    "bill type": "22",
    "timeout": "60",
    "lock interval": "500",
    "tier": "3",
    "names": "mini,second",
    "instrument or ANY": "ANY",
    "family or ANY": "BTC-USD",
}


def good_value(field: Field) -> Any:
    one: Any
    if field.record is not None:
        one = {inner.name: good_value(inner) for inner in fields(field.record)}
    elif field.flag:
        one = True
    elif field.choices:
        one = field.choices[0]
    else:
        assert field.grammar is not None
        one = GOOD_BY_GRAMMAR[field.grammar.name]
    return [one] if field.many is not None else one


def good(endpoint: Endpoint, *, whole: bool = False) -> dict[str, Any]:
    """Values for all required parameters, or with `whole` for every one that is not refused."""
    declared = [field for field in fields(endpoint.request) if field.since == "2026-01" and not field.refused]
    wanted = {field.name: good_value(field) for field in declared if field.required or whole}
    for either in endpoint.either:
        wanted.setdefault(either.names[0], next(good_value(one) for one in declared if one.name == either.names[0]))
    return wanted


def send(endpoint: Endpoint, values: dict[str, Any]) -> decode.Decoded:
    """Decode `values` the way the endpoint's method carries them."""
    if endpoint.method == "POST":
        return decode.decode_body(endpoint, "application/json", json.dumps(values).encode())
    return decode.decode_query(endpoint, query_of(values))


def query_of(values: dict[str, Any]) -> str:
    texts = {name: ",".join(value) if isinstance(value, list) else value for name, value in values.items()}
    return "&".join(f"{name}={quote(str(value), safe='')}" for name, value in texts.items())


def fields_with(*grammars: str) -> Iterator[tuple[Endpoint, Field]]:
    """Every scalar parameter of the surface that has one of these grammars."""
    for endpoint in ENDPOINTS:
        for field in fields(endpoint.request):
            if field.many is None and field.since == "2026-01" and field.grammar and field.grammar.name in grammars:
                yield endpoint, field
