"""Every channel as a typed subscription against the served venue; every field of what comes is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tallystick import Client
from tallystick.client import channels
from tallystick.client.levers import Levers
from tallystick.client.stream.events import Message
from tallystick.client.stream.subscription import Subscription
from tallystick.contract.channels import CHANNELS
from tests.client.test_methods import look
from tests.client.venue import Served, served
from tests.server.harness import TOKEN

ARGUMENTS = {"instId": "BTC-USDT", "instType": "SPOT", "bar": "1m"}
OF_ANY = {"instType": "ANY"}
NOTHING_TO_SAY = {"positions", "liquidation_warning", "status", "mark_price_candles"}
"""Channels that are silent here: there are no positions and no maintenance, and mark prices stand."""
MADE: dict[str, Callable[..., Subscription[Any]]] = {
    name: found
    for name, found in vars(channels).items()
    if inspect.isfunction(found) and found.__module__ == channels.__name__
}


def arguments(make: Callable[..., Subscription[Any]], given: dict[str, str]) -> dict[str, str]:
    needed = inspect.signature(make).parameters.values()
    return {each.name: given[each.name] for each in needed if each.default is each.empty}


def test_every_channel_of_the_contract_has_its_function() -> None:
    made = set()
    for name, make in MADE.items():
        bars = inspect.signature(make).parameters.get("bar")
        given = ARGUMENTS | (OF_ANY if name in ("positions", "liquidation_warning") else {})
        found = make(**arguments(make, given)).arg["channel"]
        made |= {channel.name for channel in CHANNELS if bars and channel.name.startswith(found[:-2])} or {found}
    assert made == {channel.name for channel in CHANNELS}


@pytest.fixture(scope="module")
def venue() -> Iterator[Served]:
    with served(highest_tier=True, surface="2026-08") as here:
        yield here


@pytest.mark.parametrize("path", ["public", "private", "business"])
def test_what_the_channels_of_a_path_tell_is_read_to_the_last_field(venue: Served, path: str) -> None:
    made = [make(**arguments(make, ARGUMENTS)) for name, make in sorted(MADE.items()) if name not in NOTHING_TO_SAY]
    subscriptions = [each for each in made if each.channel.path == path]
    missing = {each.channel.name for each in subscriptions}
    with Levers(venue.url, TOKEN) as levers, Client(**venue.keys(), pace=False) as client:
        levers.market.set_book(instId="BTC-USDT", bids=[(100, 5)], asks=[(102, 5)])
        with client.stream(*subscriptions) as stream:
            # Acknowledged before anything happens.
            while stream._talk._asked is not None or stream._socket is None:
                stream._step()
            for px in (103, 104, 105):
                client.place_order(
                    instId="BTC-USDT", tdMode="cash", side="buy", ordType="market", sz="0.1", tgtCcy="base_ccy"
                )
                levers.market.set_price(instId="BTC-USDT", px=px)
                levers.clock.advance(ms=61_000)
            for event in stream:
                assert isinstance(event, Message)
                for row in event.rows:
                    look(row)
                missing.discard(event.subscription.channel.name)
                if not missing:
                    break
