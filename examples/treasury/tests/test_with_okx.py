"""The bot on python-okx: what it does in peace, under each fault by itself, and when prices fall."""

from decimal import Decimal

import pytest
from okx.Trade import TradeAPI
from treasury.with_okx import Treasurer, Unreachable


@pytest.fixture
def alice(tally):
    return tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})


@pytest.fixture
def bot(tally, alice):
    return Treasurer(alice.okx(TradeAPI), wait=lambda seconds: tally.advance(f"{seconds}s"))


def test_it_repays(tally, alice, bot):
    bot.repay_everything()
    assert alice.debts == {}
    assert tally.repays(alice) == 1


def test_it_leaves_an_account_without_debts_alone(tally):
    bob = tally.user("bob", trading={"BTC": "1"})
    Treasurer(bob.okx(TradeAPI)).repay_everything()
    assert bob.trading == {"BTC": 1}
    assert tally.repays(bob) == 0


def test_it_repays_several_debts_one_after_the_other(tally):
    carol = tally.user("carol", trading={"BTC": "1"}, debts={"USDC": "100", "USDT": "50"})
    Treasurer(carol.okx(TradeAPI), wait=lambda seconds: tally.advance(f"{seconds}s")).repay_everything()
    assert carol.debts == {}
    assert tally.repays(carol) == 2


def test_it_pays_the_price_of_the_day(tally, alice, bot):
    tally.price("BTC-USDT", "30000")
    bot.repay_everything()
    (sale, _) = tally.events("OrderFilled", user=alice)
    assert sale.price < 30000
    assert Decimal("0.9966") < alice.trading["BTC"] < Decimal("0.9967")


def test_it_repays_the_interest_too(tally, alice, bot):
    tally.advance("7d")
    assert alice.debts["USDC"] > 100
    bot.repay_everything()
    assert alice.debts == {}


def test_an_answer_that_never_came_is_no_reason_to_pay_again(tally, alice, bot):
    tally.fault("one_click_repay_v2", "drop-after-commit", nth=1, must_fire=True)
    bot.repay_everything()
    assert alice.debts == {}
    assert tally.repays(alice) == 1


def test_it_says_when_the_exchange_is_down(tally, alice, bot):
    tally.fault("*", "http-503", user=alice)
    with pytest.raises(Unreachable):
        bot.repay_everything()
    assert alice.debts.keys() == {"USDC"}


def test_it_survives_every_fault(tally, alice, bot):
    def repay():
        bot.repay_everything()
        assert alice.debts == {}

    tally.every_fault(repay)
