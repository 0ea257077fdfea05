"""Account modes: every change of mode with every subset of what can stand in its way, asked first and then done.

Who may go where, and the order of the items, are the documents' (decisions/057); the expected answers stand in a table
of their own here.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, modes
from tallystick.engine.kinds import AccountMode, SwitchObstacle
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS
from tests.properties.planting import plant

MODES: Final[tuple[AccountMode, ...]] = (1, 3, 4)
BY_HAND: Final[tuple[SwitchObstacle, ...]] = ("algos", "fixed_loan", "region", "identity")
ITEMS: Final = ("assets", "orders", "algos", "fixed_loan", "debts", "region", "identity")
"""As the documents list them."""
REFUSED: Final = {
    "assets": Reject.SWITCH_ASSETS,
    "orders": Reject.SWITCH_ORDERS,
    "algos": Reject.SWITCH_ALGOS,
    "fixed_loan": Reject.SWITCH_FIXED_LOAN,
    "debts": Reject.SWITCH_DEBTS,
    "region": Reject.SWITCH_REGION,
    "identity": Reject.SWITCH_IDENTITY,
}
EDGE: Final = {"assets": {(1, 3), (1, 4)}, "debts": {(1, 3), (1, 4), (3, 1), (4, 1)}}
"""Changes that an item concerns, where it does not concern all of them."""


class Case(NamedTuple):
    start: AccountMode
    target: AccountMode
    given: frozenset[str]

    @property
    def expected(self) -> list[str]:
        """Items that stand in the way, in the documented order."""
        change = (self.start, self.target)
        if self.start == self.target:
            return []
        return [item for item in ITEMS if item in self.given and change in EDGE.get(item, {change})]


def cases() -> Iterator[Case]:
    subsets = [set(some) for size in range(len(ITEMS) + 1) for some in itertools.combinations(ITEMS, size)]
    for start, target, given in itertools.product(MODES, MODES, subsets):
        yield Case(start, target, frozenset(given))


def account(start: AccountMode, given: frozenset[str]) -> Driver:
    """An account in mode `start` with these items: below 10,000 USD, an open order, a debt, and those by hand.

    It leaves Spot mode rich and free, and becomes the rest afterwards.
    """
    driver = Driver(NOON_MS + 1)
    driver.price("BTC-USDT", "40000")
    driver.price("USDC-USDT", "1")
    driver.user(USER, USDT="30000")
    driver.do(modes.OpenModes(user_id=USER, modes=(3, 4)))
    if start != 1:
        driver.do(modes.SwitchMode(user_id=USER, mode=start))
    if "debts" in given:
        owe(driver, "USDC", "100")
    if "assets" in given:
        driver.deposit("USDT", "-21000")
    if "orders" in given:
        place(driver)
    driver.do(modes.SetObstacles(user_id=USER, obstacles=tuple(item for item in BY_HAND if item in given)))
    return driver


def owe(driver: Driver, ccy: str, amount: str) -> None:
    """Put a debt into the books, whatever way the mode has to come to one."""
    state = driver.state
    mode, state.users[USER].mode = state.users[USER].mode, 1
    driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(amount)))
    driver.deposit(ccy, f"-{amount}")
    state.users[USER].mode = mode


def place(driver: Driver) -> None:
    driver.do(
        c.PlaceOrder(
            user_id=USER,
            instrument="BTC-USDT",
            side="buy",
            kind="limit",
            size=atoms("0.01"),
            price=atoms("30000"),
        )
    )


def asked(driver: Driver, target: AccountMode) -> modes.Standing:
    return modes.standing(driver.state, driver.state.users[USER], target)


def done(state: State, driver: Driver, target: AccountMode) -> Reject | None:
    """Refusal of a switch on this state, None if it is done."""
    try:
        core.handle(state, core.Stamp(driver.seq + 1, driver.at_ms), modes.SwitchMode(user_id=USER, mode=target))
    except Rejected as refused:
        return refused.reject
    return None


def wrongs(judge: Callable[[Driver, AccountMode], modes.Standing] = asked) -> list[str]:
    """Cases whose check or whose switch is not as the table says; `judge` is the check."""
    found, seen = [], 0
    for (start, given), same in itertools.groupby(cases_by_account(), key=lambda case: (case.start, case.given)):
        driver = account(start, given)
        for case in same:
            seen += 1
            state, before = copy.deepcopy(driver.state), core.state_hash(driver.state)
            verdict = judge(driver, case.target)
            refused = done(state, driver, case.target)
            expected = REFUSED[case.expected[0]] if case.expected else None
            right = (
                list(verdict.items) == case.expected
                and refused is expected
                and verdict.passes == (refused is None)
                and (refused is None or core.state_hash(state) == before)
                and state.users[USER].mode == (case.start if refused else case.target)
            )
            if not right:
                found.append(f"{case}: {verdict}, {refused}")
    assert seen == 1_152
    return found


def cases_by_account() -> list[Case]:
    return sorted(cases(), key=lambda case: (case.start, sorted(case.given)))


def test_every_change_with_every_subset_of_what_can_stand_in_its_way() -> None:
    assert wrongs() == []


def test_a_check_that_is_blind_to_open_orders_is_found() -> None:
    def blind(driver: Driver, target: AccountMode) -> modes.Standing:
        found = asked(driver, target)
        return found._replace(items=tuple(item for item in found.items if item != "orders"))

    assert len(wrongs(blind)) == 6 * 64, "all changes but those to the same mode"


def test_a_run_of_one_click_repay_stands_in_the_way_between_its_orders() -> None:
    """0.1 BTC is owed, ETH pays: before the first leg there is no order, and after the last one nothing is left."""
    driver = Driver(NOON_MS + 1)
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000")):
        driver.price(pair, price)
        driver.book(pair, [(price, "100")], [(price + ".1", "100")])
    driver.user(USER, USDT="30000", ETH="10")
    driver.do(modes.OpenModes(user_id=USER, modes=(3, 4)))
    driver.do(modes.SwitchMode(user_id=USER, mode=3))
    sale = c.PlaceOrder(user_id=USER, instrument="BTC-USDT", side="sell", kind="market", size=atoms("0.1"), price=0)
    driver.do(sale)
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="BTC", repay_ccys=("ETH",)))
    assert not driver.state.orders
    assert asked(driver, 4).items == ("orders",)
    assert driver.refuse(modes.SwitchMode(user_id=USER, mode=4)) is Reject.SWITCH_ORDERS
    driver.wait(60_000)
    assert asked(driver, 4) == modes.Standing((), sound=True)
    driver.do(modes.SwitchMode(user_id=USER, mode=4))


BLIND: Final[dict[str, tuple[str, Callable[[], object]]]] = {
    "to open orders": (
        "bool(open_orders.of(state).of_user(user.user_id)) or ",
        test_every_change_with_every_subset_of_what_can_stand_in_its_way,
    ),
    "to runs": (
        " or user.user_id in state.runs",
        test_a_run_of_one_click_repay_stands_in_the_way_between_its_orders,
    ),
}
"""Half of the rule that check and switch both lack, and the test that finds it."""


@pytest.mark.parametrize("what", BLIND)
def test_a_planted_blindness_of_the_judge_is_found(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, test = BLIND[what]
    plant(monkeypatch, "modes._has_orders", lost, "")
    with pytest.raises(AssertionError):
        test()
