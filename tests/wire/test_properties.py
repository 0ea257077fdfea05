"""Whatever arrives, decoding answers with a record or a fault, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint
from tallystick.contract.errors import ERRORS
from tallystick.contract.fields import fields
from tallystick.wire import decode
from tests.wire.requests import GOOD_BY_GRAMMAR, good

POSTS = [endpoint for endpoint in ENDPOINTS if endpoint.method == "POST"]
GETS = [endpoint for endpoint in ENDPOINTS if endpoint.method == "GET"]
NAMES = sorted({field.name for endpoint in ENDPOINTS for field in fields(endpoint.request)})
TEXTS = st.one_of(
    st.text(), st.sampled_from(sorted(GOOD_BY_GRAMMAR.values())), st.from_regex(r"\A[-+0-9.eE_ ]{0,30}\Z")
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
    max_leaves=12,
)
quick = settings(deadline=None, database=None, max_examples=300)


def checked(decoded: decode.Decoded, endpoint: Endpoint) -> None:
    """What got through obeys its grammar, and can be written as JSON again."""
    assert type(decoded.record) is endpoint.request
    for field in fields(endpoint.request):
        value = getattr(decoded.record, field.attribute)
        if value == field.default:
            continue
        for item in value if field.many else [value]:
            if field.grammar:
                assert re.fullmatch(field.grammar.pattern, str(item), re.ASCII)
                assert type(item) is (int if field.grammar.integer else str)
            if field.choices:
                assert item in field.choices
    msgspec.json.encode(decoded.record)
    ", ".join(decoded.unknown).encode("ascii")


def refused(fault: decode.Fault) -> None:
    assert ERRORS[fault.key].http_status in (200, 400)
    assert "{" not in fault.text("en")
    fault.text("zh").encode("utf-8")


@quick
@given(endpoint=st.sampled_from(GETS), query=st.text() | st.text(alphabet="abcd=&%12,.ÿ\x00"))
def test_any_query(endpoint: Endpoint, query: str) -> None:
    try:
        checked(decode.decode_query(endpoint, query), endpoint)
    except decode.Fault as fault:
        refused(fault)


@quick
@given(endpoint=st.sampled_from(GETS), pairs=st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=8))
def test_any_values_under_real_names(endpoint: Endpoint, pairs: list[tuple[str, str]]) -> None:
    try:
        checked(decode.decode_query(endpoint, "&".join(f"{name}={value}" for name, value in pairs)), endpoint)
    except decode.Fault as fault:
        refused(fault)


@quick
@given(
    endpoint=st.sampled_from(POSTS), content_type=st.none() | st.just("application/json") | st.text(), body=st.binary()
)
def test_any_bytes(endpoint: Endpoint, content_type: str | None, body: bytes) -> None:
    try:
        checked(decode.decode_body(endpoint, content_type, body), endpoint)
    except decode.Fault as fault:
        refused(fault)


@quick
@given(
    endpoint=st.sampled_from(POSTS), spoiled=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5), data=st.data()
)
def test_any_json_in_a_good_request(endpoint: Endpoint, spoiled: dict[str, Any], data: st.DataObject) -> None:
    body = json.dumps(good(endpoint, whole=True) | spoiled).encode()
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(body)))
        body = body[:at] + data.draw(st.binary(max_size=3)) + body[at + 1 :]
    try:
        checked(decode.decode_body(endpoint, "application/json", body), endpoint)
    except decode.Fault as fault:
        refused(fault)


def test_hostile_bodies_take_no_time_beyond_their_length() -> None:
    """Each is 64 KiB and once made some scanner quadratic: unclosed strings, quotes, brackets, digits."""
    size = 64 * 1024
    heads = [b"[" * 40 + b'"' + b'\\"' * (size // 2), b'{"' * (size // 2), b"[" * 40 + b'"' * size]
    heads += [b'{"amt":' + b"9" * size + b"}", b'{"ccy":"' + b"A" * size + b'"}', b"[" * 40 + b"\\" * size]
    for body in heads:
        try:
            decode.decode_body(POSTS[0], "application/json", body[:size])
        except decode.Fault as fault:
            refused(fault)
