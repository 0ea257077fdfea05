"""Requests of commands: shown before they are sent, and sent by the client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from tallystick.cli.frame.language import Words
from tallystick.cli.frame.request_record import Request
from tallystick.client import texts
from tallystick.client.flows import call
from tallystick.client.sync import Client
from tallystick.contract.core import Endpoint

Values: TypeAlias = Mapping[str, object] | Sequence[Mapping[str, object]]
SENDS: Final = Words("Sends", "发送")


def request_of(endpoint: Endpoint, fields: Values) -> Request:
    """The request of a call. Raises TypeError and ValueError for a value that cannot be sent."""
    values: Any = texts.given(fields) if isinstance(fields, Mapping) else [texts.given(item) for item in fields]
    if endpoint.method == "GET":
        return Request("GET", endpoint.path + texts.query(values))
    return Request("POST", endpoint.path, values)


def told(request: Request) -> str:
    """A request in one line."""
    body = "" if request.body is None else f" {json.dumps(request.body, ensure_ascii=False)}"
    return f"{SENDS} {request.method} {request.path}{body}"


def send(client: Client, endpoint: Endpoint, fields: Values) -> list[Any]:
    """Rows of an answer as they were sent. Raises what calls raise."""
    return client._run(call(client._session, endpoint, fields)).rows
