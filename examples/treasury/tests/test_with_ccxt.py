"""The bot on async ccxt, which keeps a debt below a limit."""

from decimal import Decimal

import pytest
from treasury.with_ccxt import Watch


@pytest.fixture
def alice(tally):
    return tally.user("alice", trading={"ETH": "10"}, debts={"USDT": "900"})


def watch_of(tally, alice, limit):
    async def wait(seconds):
        tally.advance(f"{seconds}s")

    return Watch(alice.ccxt_async(), "USDT", Decimal(limit), "ETH", wait)


async def test_a_debt_below_the_limit_stays(tally, alice):
    assert not await watch_of(tally, alice, "1000").keep()
    assert alice.debts == {"USDT": 900}
    assert tally.repays(alice) == 0


async def test_a_debt_that_grows_above_the_limit_is_repaid(tally, alice):
    watch = watch_of(tally, alice, "900.5")
    assert not await watch.keep()
    tally.rate("USDT", "0.5")
    tally.advance("1d")
    assert await watch.keep()
    assert alice.debts == {}


@pytest.mark.tally_every_fault(requests=["one_click_repay_v2"])
async def test_it_survives_every_fault_of_the_repay(tally):
    alice = tally.user("alice", trading={"ETH": "10"}, debts={"USDT": "900"})
    await watch_of(tally, alice, "0").keep()
    assert alice.debts == {}
