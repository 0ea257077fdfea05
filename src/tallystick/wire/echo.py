"""The item of a refused order. It repeats the ids that were sent, so that a client knows which order it is about.

Fields of the answer that the request has too are repeated as they were sent, also where one of them is
what is wrong (observed: a `clOrdId` of 35 characters comes back whole). A number of an order that is none
is left out (observed: sCode 51000 `Parameter ordId error` with `ordId` ""). See decisions/005.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tallystick.contract.core import Endpoint, Row
from tallystick.contract.fields import fields
from tallystick.wire.decode import value_of
from tallystick.wire.values import text_of


@functools.cache
def _repeated(answer: type[Struct], request: type[Struct]) -> dict[str, bool]:
    """Fields an item must carry, its time apart -> True for a number of the exchange's own.

    A name the request does not know is no number and nobody sends it.
    """
    sent = {field.name: field for field in fields(request)}
    found = {}
    for field in fields(answer):
        if field.required and field.name != "ts":
            asked = sent.get(field.name)
            found[field.name] = asked is None or (asked.grammar is not None and asked.grammar.integer)
    return found


def refused(endpoint: Endpoint, sent: Mapping[str, Any], at_ms: int, code: str, message: str) -> Row:
    """The item of an order that was sent as `sent` and refused at `at_ms`."""
    ids = {
        name: "" if number and value_of(endpoint.request, name, sent.get(name)) is None else text_of(sent.get(name))
        for name, number in _repeated(endpoint.answer, endpoint.request).items()
    }
    return endpoint.answer(ts=str(at_ms), sCode=code, sMsg=message, **ids)
