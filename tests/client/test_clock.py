"""The exchange's clock as the client knows it: a machine whose own clock is wrong still signs in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tallystick import Client
from tallystick.client.clock import MEASURED_FOR_S, Clock, from_ms, stamp, to_ms
from tallystick.client.flows import call
from tallystick.contract import account
from tests.client.venue import served

AT_MS = 1_768_500_000_123


def test_nothing_measured_is_this_machines_time() -> None:
    clock = Clock(wall=lambda: 1000.5, monotonic=lambda: 7.0)
    assert clock.stale()
    assert clock.now_ms() == 1_000_500


def test_an_offset_is_kept_and_measured_anew() -> None:
    now = [50.0]
    clock = Clock(wall=lambda: 0.0, monotonic=lambda: now[0])
    clock.measured(AT_MS, 50.0, 50.5)
    assert clock.uncertain_ms == 250
    now[0] = 50.5
    assert clock.now_ms() == AT_MS + 250
    now[0] = 50.25 + MEASURED_FOR_S
    assert not clock.stale()
    now[0] += 1
    assert clock.stale()
    clock.measured(AT_MS, now[0], now[0])
    assert not clock.stale()
    clock.forget()
    assert clock.stale()
    assert (clock.now_ms(), clock.told_ms()) == (AT_MS, AT_MS)


def test_stamps_and_moments() -> None:
    assert stamp(AT_MS) == "2026-01-15T18:00:00.123Z"
    assert from_ms(AT_MS) == datetime(2026, 1, 15, 18, microsecond=123_000, tzinfo=UTC)
    assert to_ms(from_ms(AT_MS)) == AT_MS
    assert to_ms(datetime(2026, 1, 16, 2, tzinfo=timezone(timedelta(hours=8)))) == 1_768_500_000_000
    assert to_ms(datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)) == -1


@pytest.mark.parametrize("off_s", [-86_400, -20, 20, 86_400])
def test_a_machine_whose_clock_is_wrong_signs_in_time(off_s: int) -> None:
    """Its wall clock is off against the venue's, which stands at 2026-01-15."""
    with served() as venue:
        client = Client(**venue.keys(), pace=False)
        client._session.clock._wall = lambda: 1_768_500_000 + off_s
        with client:
            assert client._run(call(client._session, account.CONFIG)).rows


def test_a_venue_that_was_advanced_is_followed() -> None:
    with served() as venue, Client(**venue.keys(), pace=False) as client:
        client._run(call(client._session, account.CONFIG))
        venue.control("clock/advance", {"by": "2d"})
        client._run(call(client._session, account.CONFIG))
