"""OpenAPI 3.1 document of the control calls, made from their declarations."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from tallystick.server.control.endpoints import ENDPOINTS
from tallystick.server.control.form import PREFIX, ControlEndpoint, Empty
from tallystick.venue import settings

# A schema has any depth, and its values have any type.
Json = dict[str, Any]
REFERENCE = "#/components/schemas/{name}"


class Problem(Struct, frozen=True, kw_only=True):
    """The fault, and a remedy; `reason` has the numbers where the engine refused."""

    message: str
    hint: str
    reason: str = ""


class Refused(Struct, frozen=True, kw_only=True):
    error: Problem


def document(*, server_url: str = "/", version: str = "0") -> Json:
    """OpenAPI document of all control calls. `server_url` is the venue's address, `version` the package's."""
    records: set[type[Struct]] = {Refused}
    for endpoint in ENDPOINTS:
        records |= {endpoint.body, endpoint.answer}
    ordered = sorted(records, key=lambda record: record.__name__)
    found, components = msgspec.json.schema_components(ordered, ref_template=REFERENCE)
    components["Patch"] = settings.patch_schema()
    schemas = dict(zip(ordered, found, strict=True))
    paths: dict[str, Json] = {}
    for endpoint in ENDPOINTS:
        path = PREFIX + endpoint.path.replace("*", "{name}")
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tallystick, control calls", "version": version},
        "servers": [{"url": server_url}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "The control token"}},
            "schemas": components,
        },
    }


def _operation(endpoint: ControlEndpoint, schemas: dict[type[Struct], Json]) -> Json:
    name = endpoint.path.replace("/*/", "/").replace("*", "one").replace("/", "-")
    found: Json = {
        "operationId": f"{endpoint.method.lower()}-{name}",
        "tags": [endpoint.path.partition("/")[0]],
        "summary": endpoint.words.en,
        "x-summary-zh": endpoint.words.zh,
        "parameters": [
            *([_parameter("name", "path")] if "*" in endpoint.path else []),
            *(_parameter(field.name, "query") for field in msgspec.structs.fields(endpoint.query)),
        ],
        "responses": {
            "200": _json("Done", _answer(endpoint.answer, schemas[endpoint.answer])),
            "default": _json("Refused", schemas[Refused]),
        },
    }
    if endpoint.body is not Empty:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[endpoint.body]}}}
    return found


def _answer(record: type[Struct], schema: Json) -> Json:
    """The answer with the `ok` that stands before it, unless it says by itself whether all is well."""
    return schema if "ok" in record.__struct_fields__ else {"allOf": [{"properties": {"ok": {"const": True}}}, schema]}


def _parameter(name: str, place: str) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
