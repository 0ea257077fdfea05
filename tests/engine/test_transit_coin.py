"""No coin is written into the engine: a venue whose transit coin has another name does the same, by that name."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, spot_cost
from tallystick.engine.journaled import AnyCommand
from tallystick.venue.parameters import load_parameters, packaged_bytes, table_from
from tests.engine import test_levers as levers
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS

NAMES = ((b"USDT", b"ZUSD"), (b"USDC", b"YUSD"))
"""Transit and bridge coin. What is paid first where values are equal goes by name, so their order stays."""


def dollar_price(driver: Driver) -> str:
    """The transit coin at 0.99 USD: adjEq, a purchase and its cost, and back."""
    levers.priced(driver)
    driver.user(USER, BTC="1", USDT="1000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("1")))
    driver.price("USDT-USD", "0.99")
    driver.do(levers.order("buy", "ioc", "0.01", "61000"))
    driver.do(c.ReleaseMarket(instrument="USDT-USD"))
    return ""


STORIES: tuple[Callable[[Driver], object], ...] = (
    dollar_price,
    levers.warnings_in_two_minutes,
    levers.liquidated,
    levers.over_its_limit,
    levers.second_leg_after_first,
    levers.bound_of_a_purchase,
    levers.quoted("USDC"),
    levers.quoted("SOL"),
    levers.small_balances("USDT", "USDC", "SOL"),
    levers.liquidation,
    levers.kind_of_liquidation,
    levers.loan_warnings_in_two_hours,
    levers.repaid_from_two,
    levers.worth_after_two_minutes,
    levers.fees_of_a_trade,
)


def renamed(text: bytes) -> bytes:
    for before, after in NAMES:
        text = text.replace(before, after)
    return text


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__qualname__.partition(".")[0])
def test_the_same_story_by_another_name(story: Callable[[Driver], object]) -> None:
    """The commands of a story, with both coins renamed, give its events with both coins renamed, and its state.

    So do the costs of what was bought, which are shown and not kept.
    """
    told = Driver(NOON_MS + 1)
    story(told)
    state = core.new_state(load_parameters(table_from(renamed(packaged_bytes()))), NOON_MS + 1)
    for stamp, command, events in told.entries:
        again = msgspec.json.decode(renamed(msgspec.json.encode(command)), type=AnyCommand)
        assert msgspec.json.encode(core.handle(state, stamp, again)) == renamed(msgspec.json.encode(events))
    assert core.encode_state(state) == renamed(core.encode_state(told.state))
    for user_id, user in told.state.users.items():
        for ccy in user.costs:
            coin = renamed(ccy.encode()).decode()
            assert spot_cost.gain(state, state.users[user_id], coin) == spot_cost.gain(told.state, user, ccy)
