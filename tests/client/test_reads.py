"""Reads of both halves: the served venue on both surfaces, and the demo of the exchange if `TALLY_DEMO_PROFILE` is set.

Nothing here writes, so that a key with the permission to read is enough. What is asserted holds for any account.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from tallystick import AsyncClient, Client
from tallystick.client import errors
from tallystick.contract.core import SURFACES
from tests.client.venue import served

DEMO = os.environ.get("TALLY_DEMO_PROFILE", "")
Make = Callable[[Any], Any]


@pytest.fixture(scope="module", params=[*SURFACES, *filter(None, [DEMO])])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a client of a half, for the venue on each surface or with the demo's profile."""
    if request.param in SURFACES:
        with served(surface=request.param) as here:
            yield lambda half: half(**here.keys(), pace=False)
    else:
        yield lambda half: half.from_profile(request.param)


def test_the_clock_is_the_exchanges(make: Make) -> None:
    with make(Client) as client:
        told = client.time().ts
        client.config()
        assert abs(client._session.clock.now_ms() - int(told.timestamp() * 1000)) < 30_000
    assert told.tzinfo is not None


def test_rows_are_typed(make: Make) -> None:
    with make(Client) as client:
        balance = client.balance()
        assert isinstance(balance.totalEq, Decimal)
        assert all(isinstance(row.availBal, Decimal) for row in balance.details)
        assert client.config().uid
        assert isinstance(client.ticker(instId="BTC-USDT").last, Decimal)
        assert client.ticker(instId="BTC-USDT").ts > datetime(2021, 1, 1, tzinfo=UTC)
        assert any(row.ccy == "USDT" for row in client.convert_currencies())
        for loan in client.loan_info():
            assert isinstance(loan.curLTV, Decimal)


def test_histories_come_newest_first_and_end(make: Make) -> None:
    with make(Client) as client:
        since = client.time().ts - timedelta(days=6)
        histories = (
            client.account_bills(since=since),
            client.asset_bills(since=since),
            client.convert_history(since=since),
            client.spot_borrow_repay_history(since=since),
            client.loan_history(),
        )
        for history in histories:
            times = [row.ts for row in islice(history, 250)]
            assert times == sorted(times, reverse=True)


def test_what_the_exchange_does_not_know_is_refused(make: Make) -> None:
    with make(Client) as client, pytest.raises(errors.Refused) as caught:
        client.ticker(instId="NO-PAIR")
    assert caught.value.code == "51001"


def test_the_async_half_reads_the_same(make: Make) -> None:
    async def read() -> tuple[Any, Any, list[Any]]:
        async with make(AsyncClient) as client:
            config = await client.config()
            balance = await client.balance()
            bills = [row async for row in client.account_bills()][:50]
            return config, balance, bills

    config, balance, bills = asyncio.run(read())
    with make(Client) as client:
        assert client.config().uid == config.uid
        assert {row.ccy for row in client.balance().details} == {row.ccy for row in balance.details}
        assert [row.billId for row in islice(client.account_bills(), 50)] == [row.billId for row in bills]
