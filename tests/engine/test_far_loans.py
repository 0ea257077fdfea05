"""Loans that share triggers after a start are judged no later than each of them would be by itself."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, far_loans, loan_judging, triggers
from tallystick.engine.amounts import ONE
from tallystick.engine.events import LoanClosed, LoanWarned
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import HOUR_MS, NOON_MS, of_kind, with_currency
from tests.engine.test_triggers import Crowd, counting, overlook_nobody

NO_END = 10**30
STARTED_EVERY = 9


class Restarted(Crowd):
    """A crowd whose venue starts anew time and again: everybody who is far shares triggers, again and again."""

    done = 0

    def do(self, command: c.Command) -> None:
        self.done += 1
        if self.done % STARTED_EVERY == 0:
            self.state = core.decode_state(core.encode_state(self.state))
        super().do(command)


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_same_journal_as_judging_everybody(seed: int) -> None:
    restarted, plain = Restarted(seed), Crowd(seed)
    restarted.live()
    with pytest.MonkeyPatch.context() as patched:
        overlook_nobody(patched)
        plain.live()
    assert restarted.journal == plain.journal


def lent(coins: dict[str, tuple[str, str]], amount: str, parameters: Parameters) -> Driver:
    """One loan of USDT. Coins are what is pledged, with the price of each."""
    driver = Driver(NOON_MS, parameters)
    driver.user()
    for ccy, (pledged, price) in coins.items():
        driver.price(f"{ccy}-USDT", price)
        driver.deposit(ccy, pledged, account="funding")
    collateral = tuple((ccy, atoms(pledged)) for ccy, (pledged, _) in coins.items())
    driver.do(
        c.BorrowLoan(
            user_id=USER, loan_id=0, ccy="USDT", amount=atoms(amount), collateral=collateral, client_order_id="a"
        )
    )
    return driver


def started(driver: Driver) -> State:
    """The state as a start reads it, with the loan in a group."""
    return core.decode_state(core.encode_state(driver.state))


def price(state: State, coin: str, text: str) -> list[object]:
    stamp = core.Stamp(state.seq + 1, state.at_ms)
    return core.handle(state, stamp, c.SetPrices(prices=((f"{coin}-USDT", atoms(text)),)))


def whole(ccy: str = "BTC") -> Parameters:
    """A coin that counts whole: called at 1 / 1.015 - 0.1 = 0.8852, liquidated at 0.9852."""
    return with_currency(ccy, discount_tiers=((NO_END, ONE),), discount_step=0, discount_step_size=0)


def test_a_loan_is_judged_when_its_group_may_be_at_the_line_and_not_before() -> None:
    """30,000 on 1 BTC is 0.8852 at 33,890, and 0.9852 at 30,450. At 60,000 the loan is covered 1.77 times, at a
    sixteenth less than its distance of 0.77, 1.72 times: from 34,800 or so it may be judged."""
    state = started(lent({"BTC": ("1", "60000")}, "30000", whole()))
    judged: list[int] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loan_judging, "standing", counting(judged, loan_judging.standing))
        for text in ("59999", "70000", "45000", "36000"):
            assert len(price(state, "BTC", text)) == 1
        assert judged == []
        assert not of_kind(price(state, "BTC", "33900"), LoanWarned)
        assert len(judged) == 1
    assert len(of_kind(price(state, "BTC", "33880"), LoanWarned)) == 1
    assert not of_kind(price(state, "BTC", "33880"), LoanWarned)
    assert len(of_kind(price(state, "BTC", "29000"), LoanClosed)) == 1


def test_more_of_a_coin_than_its_first_tier_is_judged_at_once() -> None:
    """2 BTC count 1 and a half, 0.75 each: called at 0.75 / 1.015 - 0.1 = 0.6389, not at 0.8852. 60,000 on 92,000 is
    0.6521."""
    tiers = ((ONE, ONE), (NO_END, ONE // 2))
    parameters = with_currency("BTC", discount_tiers=tiers, discount_step=0, discount_step_size=0)
    state = started(lent({"BTC": ("2", "60000")}, "60000", parameters))
    assert len(of_kind(price(state, "BTC", "46000"), LoanWarned)) == 1


def test_interest_since_the_last_charge_counts() -> None:
    """42,000 grow by 2 / 8760 an hour for 200 hours: to 43,961. On 49,000 that is 0.8971, and 42,000 are 0.8571."""
    parameters = with_currency("USDT", whole(), rate_per_year=2 * ONE, pool=10**12 * ONE)
    driver = lent({"BTC": ("1", "60000")}, "42000", parameters)
    driver.wait(200 * HOUR_MS)
    state = started(driver)
    assert next(iter(state.loans.values())).charged_ms < state.hour_ms
    assert len(of_kind(price(state, "BTC", "49000"), LoanWarned)) == 1


def test_each_pledged_coin_has_the_group_judged() -> None:
    """30,000 on 0.5 BTC and 10 ETH, each worth 30,000, both whole. With either alone at 3,000 it is 30,000 on 33,000:
    0.9090, above 0.8852."""
    for coin, text in (("BTC", "6000"), ("ETH", "300")):
        both = with_currency("ETH", whole(), discount_tiers=((NO_END, ONE),), discount_step=0, discount_step_size=0)
        state = started(lent({"BTC": ("0.5", "60000"), "ETH": ("10", "3000")}, "30000", both))
        assert not of_kind(price(state, coin, "60000" if coin == "BTC" else "3000"), LoanWarned)
        assert len(of_kind(price(state, coin, text), LoanWarned)) == 1


def test_new_parameters_are_heard_by_loans_that_had_triggers() -> None:
    """The gap of the margin call goes from 0.1 to 0.2: a loan is called at 0.7852.

    42,000 on 53,000 is 0.7924, which the price that comes next finds. 18,000 on 23,000 is 0.7826, and on 22,900 0.7860.
    """
    for amount, safe, called in (("42000", "54000", "53000"), ("18000", "23000", "22900")):
        driver = lent({"BTC": ("1", "60000")}, amount, whole())
        driver.price("BTC-USDT", "60001")
        gap = c.Setting(table="constants", row="", field="loan_margin_call_gap", value=2 * ONE // 10)
        driver.do(c.ChangeParameters(settings=(gap,)))
        assert not of_kind(driver.do(c.SetPrices(prices=(("BTC-USDT", atoms(safe)),))), LoanWarned)
        assert len(of_kind(driver.do(c.SetPrices(prices=(("BTC-USDT", atoms(called)),))), LoanWarned)) == 1


def test_a_group_lets_go_of_loans_that_have_triggers_of_their_own_or_are_closed() -> None:
    driver = lent({"BTC": ("1", "60000")}, "30000", whole())
    state = started(driver)
    price(state, "BTC", "59000")
    loan_id = next(iter(state.loans))
    for command in (
        c.AdjustBalance(user_id=USER, account="funding", ccy="USDT", delta=atoms("40000")),
        c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("40000"), client_order_id="b"),
    ):
        core.handle(state, core.Stamp(state.seq + 1, state.at_ms), command)
    assert not state.loans
    assert len(price(state, "BTC", "20000")) == 1


def test_groups_are_as_many_as_their_bound_says() -> None:
    """A thousand like loans share as many triggers as groups of 256 need."""
    driver = lent({"BTC": ("1", "60000")}, "30000", whole())
    state = started(driver)
    (loan,) = state.loans.values()
    state.loans = dict.fromkeys(range(1, 1_001), loan)
    armed = triggers.of(state)
    armed.anybody(state, state.at_ms)
    far_loans.sort_out(state, armed)
    assert [len(loan_ids) for loan_ids in armed._groups.values()] == [256, 256, 256, 232]


def test_a_loan_that_was_warned_waits_for_its_liquidation_or_the_next_warning() -> None:
    """30,000 on 1 BTC: called at 33,800 and liquidated from 30,450 on. Prices between judge it no more, a day does."""
    driver = lent({"BTC": ("1", "60000")}, "30000", whole())
    driver.price("BTC-USDT", "59000")
    judged: list[int] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loan_judging, "standing", counting(judged, loan_judging.standing))
        assert len(of_kind(driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("33800")),))), LoanWarned)) == 1
        judged.clear()
        for text in ("33700", "31000", "33800"):
            driver.price("BTC-USDT", text)
        assert judged == []
        driver.wait(24 * HOUR_MS)
        assert len(judged) == 1
    assert len(of_kind(driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("30400")),))), LoanClosed)) == 1
