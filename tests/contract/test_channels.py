"""Lints over every channel, its documented messages through the records, and words for every field."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any, get_type_hints

import msgspec
import pytest

from tallystick.contract import by_route
from tallystick.contract.channel_rows import PositionRow
from tallystick.contract.channels import CHANNELS, OPERATIONS, PATHS, Channel, by_name
from tallystick.contract.core import TRADE, Request, Row
from tallystick.contract.fields import fields
from tallystick.contract.words import words
from tallystick.views.channels import TELLERS
from tallystick.wire import frames
from tests.contract.test_declarations import records

EXAMPLES = files("tallystick.contract") / "examples" / "channels"
UNSHOWN = {"index-tickers", "mark-price", "price-limit", "positions", "liquidation-warning"}
"""No samples of the first three are at hand; of the others this venue makes no row."""
each_channel = pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)


def test_names_are_unique_and_every_channel_has_its_view() -> None:
    assert len(by_name) == len(CHANNELS)
    assert TELLERS.keys() == by_name.keys()


@each_channel
def test_a_channel_says_everything(channel: Channel) -> None:
    assert channel.path in PATHS
    assert channel.title.en.isascii()
    assert re.search(r"[\u4e00-\u9fff]", channel.title.zh)
    assert channel.source.where
    assert channel.interval_ms >= 0
    assert channel.login or channel.path != "private"
    assert channel.login or not channel.counted
    assert channel.login or not channel.tier


@each_channel
def test_every_field_is_described(channel: Channel) -> None:
    assert issubclass(channel.arguments, Request)
    for record in [channel.arguments, *records(channel.row)]:
        assert issubclass(record, Request | Row)
        assert not re.search(r"\bfloat\b", str(get_type_hints(record)))
        for field in fields(record):
            said = words(field)
            assert said.en.isascii(), field.name
            assert re.search(r"[\u4e00-\u9fff]", said.zh), field.name


@each_channel
def test_documented_messages_round_trip_byte_for_byte(channel: Channel) -> None:
    place = EXAMPLES / f"{channel.example or channel.name}.json"
    if channel.name in UNSHOWN:
        assert not place.is_file()
        return
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    assert found["source"] == channel.source.where
    for message in found["pushes"]:
        rows = msgspec.convert(message["data"], list[channel.row])  # type: ignore[name-defined]
        beside = {name: value for name, value in message.items() if name not in ("arg", "data")}
        printed = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
        assert frames.push(message["arg"], beside, rows) == printed


@pytest.mark.parametrize("op", [op for op, path in OPERATIONS.items() if path in by_route])
def test_order_operations_are_twins_of_endpoints(op: str) -> None:
    endpoint = by_route[OPERATIONS[op]]["POST"]
    # Mass cancel is of options only, so nothing here answers it item by item.
    assert endpoint.per_item or op == "mass-cancel"
    assert endpoint.permission is TRADE
    assert (endpoint.batch_max > 0) == op.startswith("batch")


def test_channels_of_what_is_not_there_have_empty_rows() -> None:
    assert {channel.name for channel in CHANNELS if channel.row is PositionRow} == {"positions", "liquidation-warning"}
