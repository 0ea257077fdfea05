"""The fixture `tally`: from the seed to the end of a test."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tallystick.client.errors import LeverRefused
from tallystick.testing.kit import clients
from tallystick.testing.kit.report import TALLY, Reporter
from tallystick.testing.kit.settings import OPTIONS, Seed, Unusable, balances_of_lines, seed_of
from tallystick.testing.kit.tally import Tally
from tallystick.testing.kit.user import SetupError
from tallystick.testing.kit.venues import CannotChange, FarVenue, OwnVenues, Venue, Venues

VENUES: pytest.StashKey[Venues | Unusable] = pytest.StashKey()


def lend(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Lend a venue to the test of this request, as its marker and the ini options want it."""
    found = fitting(request)
    if isinstance(found, Unusable):
        pytest.fail(str(found), pytrace=False)
    if isinstance(found, CannotChange):
        pytest.skip(str(found))
    seed, venue = found
    if venue.heard is not None:
        venue.heard.clear()
    tally = Tally(venue, seed)
    call_for_every_fault(request.node, tally)
    close_in_its_loop(request.node, tally)
    try:
        try:
            begin(tally, seed)
        except (LeverRefused, SetupError, TypeError) as refused:
            pytest.fail(f"the test cannot begin as it asks: {refused}", pytrace=False)
        request.node.stash[TALLY] = tally
        yield tally
        if never := tally.never_fired():
            pytest.fail(f"these faults never fired: {', '.join(map(repr, never))}{asked_instead(tally)}", pytrace=False)
    finally:
        close(tally)


def asked_instead(tally: Tally) -> str:
    """Operations that the venue was asked for, with how often each; "" where nobody tells."""
    if tally.heard is None:
        return ""
    counts = Counter(name for heard in tally.heard if (name := heard.operation))
    return "; the venue was asked " + (", ".join(f"{name} ({count})" for name, count in counts.items()) or "nothing")


def fitting(request: pytest.FixtureRequest) -> tuple[Seed, Venue] | Unusable | CannotChange:
    """Seed of a test and the venue that fits it, or why there is none."""
    try:
        seed = seed_of(asked_of(request))
        return seed, venues_of(request.config).lend(seed)
    except (Unusable, CannotChange) as reason:
        return reason


def asked_of(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of a test: ini options, over them its markers, the closest last."""
    found: dict[str, Any] = {}
    for name in OPTIONS:
        value = request.config.getini(f"tally_{name}")
        if value:
            found[name] = balances_of_lines(value) if name == "balances" else value
    for marker in reversed(list(request.node.iter_markers("tally"))):
        if marker.args:
            raise Unusable(f"the marker tally takes settings by name: {', '.join(f'{name}=' for name in OPTIONS)}")
        found |= marker.kwargs
    return found


def venues_of(config: pytest.Config) -> Venues:
    """Venues of the session, made at their first use. Raises Unusable, and the same again at each later use."""
    found = config.stash.get(VENUES, None)
    if found is None:
        url = config.getoption("tally_url")
        try:
            found = FarVenue(url) if url else OwnVenues()
        except Unusable as reason:
            found = reason
        else:
            config.add_cleanup(found.close)
            config.pluginmanager.register(Reporter(), "tallystick-report")
        config.stash[VENUES] = found
    if isinstance(found, Unusable):
        raise found
    return found


def begin(tally: Tally, seed: Seed) -> None:
    """Begin a test: at the seed's time, with the users of the seed."""
    tally.levers.clock.change(mode="frozen", speed=1)
    tally.levers.reset(at=seed.at)
    for name in tally.venue.left_over:
        tally.levers.snapshots.delete(name)
    for name, given in seed.balances.items():
        tally.user(name, **given)
    if seed.speed:
        tally.run(seed.speed)


def call_for_every_fault(item: pytest.Item, tally: Tally) -> None:
    """Let a test with the marker `tally_every_fault` run once for each pair of its requests and a fault."""
    marker = item.get_closest_marker("tally_every_fault")
    if marker is None or not isinstance(item, pytest.Function):
        return
    function = item.obj

    def call_of(given: dict[str, Any]) -> Callable[[], Any]:
        @functools.wraps(function)
        def call() -> Any:
            return function(**given)

        return call

    @functools.wraps(function)
    def each(**given: Any) -> None:
        tally.every_fault(call_of(given), **marker.kwargs)

    @functools.wraps(function)
    async def each_async(**given: Any) -> None:
        await tally.every_fault_async(call_of(given), **marker.kwargs)

    item.obj = each_async if inspect.iscoroutinefunction(function) else each


# ---- the end


def close_in_its_loop(item: pytest.Item, tally: Tally) -> None:
    """Let an async test end its async clients itself, in the loop that they belong to."""
    if not isinstance(item, pytest.Function) or not inspect.iscoroutinefunction(item.obj):
        return
    function = item.obj

    @functools.wraps(function)
    async def and_close(*given: Any, **named: Any) -> None:
        try:
            await function(*given, **named)
        finally:
            await clients.end_all(tally.ends())

    item.obj = and_close


def close(tally: Tally) -> None:
    """End the clients of a test that is over, and what it leaves at the venue."""
    with warnings.catch_warnings():
        # The loop that a client belongs to may be gone, and with it the way to end it in order.
        warnings.simplefilter("ignore", ResourceWarning)
        clients.end_now(tally.ends())
    tally.close()
