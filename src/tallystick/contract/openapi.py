"""The declarations as an OpenAPI 3.1 document: what clients may send, what they get, and at which pace.

Made from the same records that decode and encode, so it lists exactly what is served. What OpenAPI has
no word for stands under `x-`: rate limits, permission, cursor rule, since when, source, and the Chinese words.
"""

from __future__ import annotations

import functools
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from tallystick.contract import ENDPOINTS
from tallystick.contract.core import SURFACES, Endpoint
from tallystick.contract.fields import Field, fields
from tallystick.contract.surface import limits
from tallystick.contract.words import words

Json = dict[str, Any]
KEY_HEADERS = ("OK-ACCESS-KEY", "OK-ACCESS-SIGN", "OK-ACCESS-TIMESTAMP", "OK-ACCESS-PASSPHRASE")
PERMISSION_OF = {"read_only": "Read", "trade": "Trade", "withdraw": "Withdraw"}


def document(surface: str = SURFACES[0], *, server_url: str = "/", version: str = "0") -> Json:
    """The whole surface. `server_url` is where it is served, `version` the package's."""
    paths: dict[str, Json] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, surface)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tallystick, an OKX-compatible credit venue",
            "version": version,
            "description": f"Surface of {surface}. Every amount, price, rate and time is decimal text.",
            "x-surface": surface,
        },
        "servers": [{"url": server_url}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": name, "description": _of_header(name)}
                for name in KEY_HEADERS
            },
            "schemas": {"Error": _error()},
        },
    }


def _of_header(name: str) -> str:
    return {
        "OK-ACCESS-KEY": "The API key",
        "OK-ACCESS-SIGN": "Base64 of HMAC-SHA256 over timestamp, method, path with query, and body",
        "OK-ACCESS-TIMESTAMP": "ISO 8601 with milliseconds, UTC, within 30 seconds",
        "OK-ACCESS-PASSPHRASE": "The passphrase of the key",
    }[name]


def _operation(endpoint: Endpoint, surface: str) -> Json:
    found: Json = {
        "operationId": endpoint.name,
        "tags": [endpoint.section],
        "summary": endpoint.title.en,
        "x-summary-zh": endpoint.title.zh,
        "x-since": endpoint.since,
        "x-source": f"{endpoint.source.kind}: {endpoint.source.where}",
        "x-rate-limits": [
            {"requests": limit.requests, "period-ms": limit.period_ms, "per": limit.per}
            for limit in limits(endpoint, surface)
        ],
    }
    if endpoint.permission is not None:
        found["security"] = [{name: [] for name in KEY_HEADERS}]
        found["x-permission"] = PERMISSION_OF[endpoint.permission.value]
    if endpoint.modes:
        found["x-account-modes"] = list(endpoint.modes)
    if endpoint.page is not None:
        page = endpoint.page
        found["x-cursor"] = {
            "by": page.cursor,
            "inclusive": page.inclusive,
            "retention-ms": page.retention_ms,
        }
    if endpoint.either:
        found["x-either"] = [list(either.names) for either in endpoint.either]
    if endpoint.method == "GET":
        found["parameters"] = [_parameter(field) for field in _served(endpoint.request, surface)]
    else:
        one = _record(endpoint.request, surface)
        body = {"type": "array", "items": one, "minItems": 1, "maxItems": endpoint.batch_max}
        found["requestBody"] = {
            "required": not endpoint.no_body_needed,
            "content": {"application/json": {"schema": body if endpoint.batch_max else one}},
        }
    found["responses"] = {
        "200": {
            "description": "Code 0 and the rows; or another code, and what it means in `msg`",
            "content": {"application/json": {"schema": _envelope(endpoint, surface)}},
        },
        "default": {
            "description": "Refused: code and message",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        },
    }
    return found


def _error() -> Json:
    return {
        "type": "object",
        "properties": {"code": {"type": "string"}, "msg": {"type": "string"}, "data": {"type": ["array", "object"]}},
        "required": ["code", "msg"],
    }


def _envelope(endpoint: Endpoint, surface: str) -> Json:
    one = _answer(endpoint.answer, surface)
    properties: Json = {
        "code": {"type": "string", "pattern": "^[0-9]+$"},
        "msg": {"type": "string"},
        # A refusal says "data": [] also where the answer is one object.
        "data": {"anyOf": [one, {"type": "array", "maxItems": 0}]}
        if endpoint.bare
        else {"type": "array", "items": one},
    }
    if endpoint.per_item:
        properties |= {"inTime": {"type": "string"}, "outTime": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["code", "msg", "data"]}


# ---- what is sent


def _served(record: type[Struct], surface: str) -> list[Field]:
    """Fields a client may send; without those this surface does not know yet or always refuses."""
    return [field for field in fields(record) if field.since <= surface and not field.refused]


def _parameter(field: Field) -> Json:
    schema = _value(field, in_query=True)
    found = {
        "name": field.name,
        "in": "query",
        "required": field.required,
        "description": words(field).en,
        "x-description-zh": words(field).zh,
        "schema": schema,
    }
    if field.many is not None:
        found |= {"style": "form", "explode": False}
    return found


def _record(record: type[Struct], surface: str) -> Json:
    served = _served(record, surface)
    found: Json = {"type": "object", "properties": {field.name: _described(field, surface) for field in served}}
    required = [field.name for field in served if field.required]
    return found | {"required": required} if required else found


def _described(field: Field, surface: str) -> Json:
    return _value(field, surface=surface) | {"description": words(field).en, "x-description-zh": words(field).zh}


def _value(field: Field, *, surface: str = SURFACES[0], in_query: bool = False) -> Json:
    one = _single(field, surface, in_query)
    if field.many is None:
        return one
    found: Json = {"type": "array", "items": one}
    if field.required:
        found["minItems"] = 1
    if field.many.most is not None:
        found["maxItems"] = field.many.most
    return found | {"uniqueItems": True} if field.many.unique else found


def _single(field: Field, surface: str, in_query: bool) -> Json:
    if field.record is not None:
        return _record(field.record, surface)
    if field.flag:
        return {"type": "string", "enum": ["true", "false"]} if in_query else {"type": "boolean"}
    if field.choices:
        return {"type": "string", "enum": list(field.choices)}
    if field.grammar is None:
        raise TypeError(f"{field.name} declares neither grammar nor choices")
    found: Json = {"type": "string", "pattern": f"^(?:{field.grammar.pattern})$"}
    return found | {"x-most": field.grammar.most} if field.grammar.most is not None else found


# ---- what comes back


@functools.cache
def _answer(record: type[Struct], surface: str) -> Json:
    hints = get_type_hints(record, include_extras=True)
    infos = {field.attribute: field for field in fields(record) if field.since <= surface}
    shown = [(info, infos[info.name]) for info in msgspec.structs.fields(record) if info.name in infos]
    if record.__struct_config__.array_like:
        return _tuple(len(shown), [field.name for _, field in shown])
    found: Json = {
        "type": "object",
        "properties": {
            field.name: _shape(hints[info.name], surface)
            | {"description": words(field).en, "x-description-zh": words(field).zh}
            for info, field in shown
        },
    }
    required = [field.name for info, field in shown if field.since != SURFACES[0] or not _may_lack(hints[info.name])]
    return found | {"required": required} if required else found


def _tuple(length: int, names: list[str]) -> Json:
    """A row sent as a list of texts in a fixed order."""
    found: Json = {"type": "array", "items": {"type": "string"}, "minItems": length, "maxItems": length}
    return found | {"x-items": names} if names else found


def _may_lack(hint: Any) -> bool:
    return msgspec.UnsetType in get_args(getattr(hint, "__origin__", hint)) or msgspec.UnsetType in get_args(hint)


def _shape(hint: Any, surface: str) -> Json:
    arguments = get_args(hint)
    if hasattr(hint, "__metadata__"):
        return _shape(hint.__origin__, surface)
    kinds = [part for part in arguments if part not in (msgspec.UnsetType, type(None))]
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _answer(hint, surface)
    if hint is bool:
        return {"type": "boolean"}
    if hint is int:
        return {"type": "integer"}
    if hint is str:
        return {"type": "string"}
    if get_origin(hint) is tuple:
        if arguments[1:] == (Ellipsis,):
            return {"type": "array", "items": _shape(arguments[0], surface)}
        return _tuple(len(arguments), [])
    if kinds and all(isinstance(part, str) for part in kinds):
        return {"type": "string", "enum": list(kinds)}
    if len(kinds) == 1:
        found = _shape(kinds[0], surface)
        return found | {"type": [found["type"], "null"]} if type(None) in arguments else found
    raise TypeError(f"no schema for {hint!r}")
