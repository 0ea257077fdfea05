"""A small venue for tests: frozen clock, memory, prices by hand or from a list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tallystick.engine.amounts import ONE
from tallystick.engine.commands import AdjustBalance, Command, CreateUser, ManualBorrow, MoveMarket, SwitchSpotBorrow
from tallystick.store.api import Store
from tallystick.store.memory import MemoryStore
from tallystick.venue.clock import Clock
from tallystick.venue.markets import DEFAULT
from tallystick.venue.parameters import load_parameters
from tallystick.venue.recording import Recording
from tallystick.venue.venue import Feed, Venue
from tallystick.venue.walk import walk

HOUR_MS = 3_600_000
START_MS = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""
USER = 7
PARAMETERS = load_parameters()
PRICES = MoveMarket(instruments=("BTC-USDT", "USDC-USDT"), prices=(50_000 * ONE, ONE))


def default_feed(origin_ms: int) -> Recording:
    """Prices of the default market, whose first day is that of `origin_ms`; with nothing in memory yet."""
    return Recording(origin_ms, walk(DEFAULT))


class ListFeed:
    """Prices of BTC at stated times."""

    origin_ms = 0

    def __init__(self, *prices: tuple[int, int]) -> None:
        self.prices = prices

    def begun_on(self, origin_ms: int) -> ListFeed:
        return self

    def next_at_ms(self, after_ms: int) -> int:
        return next((at_ms for at_ms, _ in self.prices if at_ms > after_ms), 2**62)

    def command_at(self, at_ms: int) -> MoveMarket:
        return MoveMarket(instruments=("BTC-USDT",), prices=(dict(self.prices)[at_ms] * ONE,))

    def command_now(self, at_ms: int) -> MoveMarket:
        known = [price for time, price in self.prices if time <= at_ms]
        return MoveMarket(instruments=PRICES.instruments, prices=((known[-1] if known else 50_000) * ONE, ONE))


def debtor() -> tuple[Command, ...]:
    """A user with 1 BTC who owes 1,000 USDT."""
    return (
        PRICES,
        CreateUser(user_id=USER, name="debtor"),
        AdjustBalance(user_id=USER, account="trading", ccy="BTC", delta=ONE),
        SwitchSpotBorrow(user_id=USER, enabled=True),
        ManualBorrow(user_id=USER, ccy="USDT", amount=1_000 * ONE),
    )


@asynccontextmanager
async def running(
    store: Store | None = None,
    *,
    feed: Feed | None = None,
    clock: Clock | None = None,
    seeds: Sequence[Command] | None = None,
    **options: Any,
) -> AsyncIterator[Venue]:
    venue = Venue(
        MemoryStore() if store is None else store,
        PARAMETERS,
        feed,
        Clock("frozen", at_ms=START_MS) if clock is None else clock,
        seeds=debtor() if seeds is None else seeds,
        **options,
    )
    await venue.start()
    try:
        yield venue
    finally:
        await venue.stop()


def pay(user: int = USER, amount: int = ONE) -> Command:
    """A command that always succeeds and always leaves an event."""
    return AdjustBalance(user_id=user, account="trading", ccy="USDT", delta=amount)
